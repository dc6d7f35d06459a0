"""The small networks that lie beside a model and read what it finds."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import torch
from torch import nn

from studio.errors import RunError
from studio.files import open_regular, write_atomically
from studio.translation import tr

_Small = TypeVar("_Small", bound=nn.Module)


def write_beside(path: Path, network: nn.Module) -> None:
    """Write the weights in half precision, atomically."""
    from safetensors.torch import save

    weights = {name: each.half().contiguous() for name, each in network.state_dict().items()}
    write_atomically(path, save(weights))


def read_beside(
    path: Path, make: Callable[[int, int], _Small], first: str, inputs: int
) -> _Small | None:
    """The network in a file, to be used as it is; None if there is no file.

    `make(inputs, width)` makes one of that size. `first` names its matrix (width, inputs), which
    must fit the `inputs` that the model gives. Raises RunError if the file cannot be used.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not path.exists():
        return None
    try:
        open_regular(path).close()
        weights = load_file(path)
        width, expected = weights[first].shape
        if expected != inputs or not width:
            raise ValueError(tr("it belongs to another model"))
        for name, each in weights.items():
            if not torch.isfinite(each).all():
                raise ValueError(tr("{name} holds NaN or infinity", name=name))
        network = make(inputs, width)
        network.load_state_dict({name: each.float() for name, each in weights.items()})
    except (OSError, SafetensorError, KeyError, ValueError, RuntimeError) as error:
        raise RunError(
            tr(
                "{path} cannot be used: {error}. Copy the whole folder again, or delete this file: "
                "poems are then written without it.",
                path=path,
                error=error,
            )
        ) from error
    return network.eval()
