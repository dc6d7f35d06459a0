"""The optimisers by name, the learning rate of each step, and the state as named tensors."""

import math
import warnings

import torch
from torch import Tensor

from studio.model.config import TrainConfig
from studio.model.network import Network

# What each optimiser keeps of a parameter, as torch names it; plain SGD keeps nothing.
_STATE_NAMES: dict[type[torch.optim.Optimizer], tuple[str, ...]] = {
    torch.optim.AdamW: ("step", "exp_avg", "exp_avg_sq"),
    torch.optim.RMSprop: ("step", "square_avg"),
    torch.optim.SGD: (),
}


# torch expects that steps which can be recorded are always recorded; ours are not at first.
warnings.filterwarnings("ignore", "This instance was constructed with capturable=True")


def make_optimiser(
    network: Network, config: TrainConfig, recorded: bool = False
) -> torch.optim.Optimizer:
    """RMSprop (Tieleman and Hinton 2012), AdamW (Loshchilov and Hutter 2019) or plain SGD.

    Weight decay applies to matrices only: biases set no scale to limit. `recorded`: its steps are
    recorded, so the learning rate is a tensor, beside the weights.
    """
    matrices = [parameter for parameter in network.parameters() if parameter.dim() > 1]
    biases = [parameter for parameter in network.parameters() if parameter.dim() == 1]
    groups = [
        {"params": matrices, "weight_decay": config.weight_decay},
        {"params": biases, "weight_decay": 0.0},
    ]
    on_gpu = network.softmax_bias.is_cuda
    rate: float | Tensor = config.learning_rate
    if recorded:
        # A GPU's kernels read the rate in single precision, the processor's in double.
        dtype = torch.float32 if on_gpu else torch.float64
        rate = torch.tensor(rate, dtype=dtype, device=network.softmax_bias.device)
    capturable = recorded and on_gpu
    if config.optimizer == "adamw":
        return torch.optim.AdamW(groups, lr=rate, fused=True, capturable=capturable)
    if config.optimizer == "rmsprop":
        return torch.optim.RMSprop(groups, lr=rate, capturable=capturable)
    # Only the fused kernel reads the rate on the GPU.
    return torch.optim.SGD(groups, lr=rate, fused=capturable or None)


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
        if isinstance(group["lr"], Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate


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
        if int(number) not in range(len(shapes)) or tensor.shape not in ((), shapes[int(number)]):
            raise ValueError(f"optimiser.{key} of shape {list(tensor.shape)} fits no parameter")
        state.setdefault(int(number), {})[name] = tensor
    for parameter, found in state.items():
        for name in _STATE_NAMES[type(optimiser)]:
            # torch would notice it only at the next step, with a KeyError.
            if name not in found:
                raise ValueError(f"optimiser.{parameter}.{name} is missing")
    groups = optimiser.state_dict()["param_groups"]
    optimiser.load_state_dict({"state": state, "param_groups": groups})
