"""The optimisers by name, the learning rate of each step, and the state as named tensors."""

import math
import warnings
from typing import Any

import torch
from torch import Tensor

from studio.model.config import TrainConfig
from studio.model.device import Device
from studio.model.muon import ADAMW_SHARE, Muon
from studio.model.network import Network
from studio.translation import tr

# What each optimiser keeps of a parameter, as torch names it; plain SGD keeps nothing, and Muon
# keeps something else of its matrices.
_STATE_NAMES: dict[type[torch.optim.Optimizer], tuple[str, ...]] = {
    torch.optim.AdamW: ("step", "exp_avg", "exp_avg_sq"),
    Muon: ("step", "exp_avg", "exp_avg_sq"),
    torch.optim.RMSprop: ("step", "square_avg"),
    torch.optim.SGD: (),
}


# torch expects that steps which can be recorded are always recorded; ours are not at first.
warnings.filterwarnings("ignore", "This instance was constructed with capturable=True")


def _leave_compiler_out() -> None:
    """Keep torch's optimisers from importing torch's compiler.

    They import it only to say that it must not compile them: more than a second, and 800 modules.
    """
    for method in vars(torch.optim.Optimizer).values():
        if original := getattr(method, "__wrapped__", None):
            # Where `torch._disable_dynamo` keeps what the compiler would give back.
            original.__dynamo_disable = original
    for kind in (torch.optim.AdamW, torch.optim.RMSprop, torch.optim.SGD):
        if original := getattr(kind.step, "__wrapped__", None):
            kind.step = torch.no_grad()(original)  # type: ignore[method-assign]


_leave_compiler_out()


def make_optimiser(
    network: Network, config: TrainConfig, device: Device, recorded: bool = False
) -> torch.optim.Optimizer:
    """RMSprop (Tieleman and Hinton 2012), AdamW (Loshchilov and Hutter 2019), Muon or plain SGD.

    Weight decay applies to matrices only: biases set no scale to limit. `recorded`: its steps are
    recorded, so the learning rate is a tensor, beside the weights.
    """
    capturable = recorded and device.is_gpu
    layers = _matrices_of_layers(network) if config.optimizer == "muon" else {}
    share = ADAMW_SHARE if layers else 1.0
    rest = [each for each in network.parameters() if each not in layers]
    groups: list[dict[str, Any]] = [
        {"params": [each for each in rest if each.dim() > 1], "rate_share": share},
        {"params": [each for each in rest if each.dim() == 1], "rate_share": share},
    ]
    for gates in sorted(set(layers.values())):
        params = [each for each, number in layers.items() if number == gates]
        groups.append({"params": params, "rate_share": 1.0, "gates": gates})
    for group in groups:
        is_biases = group["params"][0].dim() == 1
        group["weight_decay"] = 0.0 if is_biases else config.weight_decay
        group["lr"] = config.learning_rate * group["rate_share"]
        if recorded:
            # A GPU's kernels read the rate in single precision, the processor's in double.
            dtype = torch.float32 if device.is_gpu else torch.float64
            group["lr"] = torch.tensor(group["lr"], dtype=dtype, device=device.torch_device)
    match config.optimizer:
        case "adamw":
            return torch.optim.AdamW(groups, fused=True, capturable=capturable)
        case "muon":
            half = device.precision == "bfloat16"
            return Muon(groups, torch.bfloat16 if half else torch.float32, capturable)
        case "rmsprop":
            return torch.optim.RMSprop(groups, capturable=capturable)
        case "sgd":
            # Only the fused kernel reads the rate on the GPU.
            return torch.optim.SGD(groups, fused=capturable or None)


def _matrices_of_layers(network: Network) -> dict[Tensor, int]:
    """The matrices of all layers and projections, with the number of gates in each."""
    found: dict[Tensor, int] = {
        each: 1 for part in (network.above, network.skips) for each in part.parameters()
    }
    for layer in network.layers:
        recurrent = layer.get_parameter("weight_hh_l0")
        gates = len(recurrent) // recurrent.shape[1]
        found |= {recurrent: gates, layer.get_parameter("weight_ih_l0"): gates}
    return found


def learning_rate(config: TrainConfig, step: int, total_steps: int) -> float:
    """The rate of step number `step`, from 1: a linear warm-up, then constant or half a cosine."""
    rate = config.learning_rate
    if step <= config.warmup_steps:
        return rate * step / config.warmup_steps
    if config.schedule == "constant":
        return rate
    remaining = max(1, total_steps - config.warmup_steps)
    return (
        rate
        * 0.5
        * (1 + math.cos(math.pi * min(1.0, (step - config.warmup_steps - 1) / remaining)))
    )


def set_learning_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Use `rate` from the next step on."""
    for group in optimiser.param_groups:
        of_group = rate * group["rate_share"]
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(of_group)
        else:
            group["lr"] = of_group


def state_tensors(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The state of each parameter as `NUMBER.NAME`; numbers count parameters in group order."""
    return {
        f"{number}.{name}": torch.as_tensor(value)
        for number, state in optimiser.state_dict()["state"].items()
        for name, value in state.items()
    }


def load_state_tensors(optimiser: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Load the result of `state_tensors`; raises ValueError if it fits other parameters."""
    shapes = [each.shape for group in optimiser.param_groups for each in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        number, _, name = key.partition(".")
        is_known = int(number) in range(len(shapes))
        if not is_known or tensor.shape != (() if name == "step" else shapes[int(number)]):
            shape = list(tensor.shape)
            raise ValueError(
                tr("optimiser.{key} of shape {shape} fits no parameter", key=key, shape=shape)
            )
        state.setdefault(int(number), {})[name] = tensor
    kept = [
        ("momentum",) if "gates" in group else _STATE_NAMES[type(optimiser)]
        for group in optimiser.param_groups
        for _ in group["params"]
    ]
    for parameter, found in state.items():
        for name in kept[parameter]:
            # torch would notice it only at the next step, with a KeyError.
            if name not in found:
                raise ValueError(tr("{key} is missing", key=f"optimiser.{parameter}.{name}"))
    groups = optimiser.state_dict()["param_groups"]
    optimiser.load_state_dict({"state": state, "param_groups": groups})
