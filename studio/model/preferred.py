"""The weights that readers prefer, beside those that a run has trained.

A short training towards readers' points makes them of a checkpoint's (data/build_preferred.py).
Poems are written with them; a run that is resumed continues with its own.
"""

from pathlib import Path

import msgspec

from studio.errors import DamageError
from studio.files import write_atomically
from studio.model.network import Network
from studio.translation import tr

# Beside the weights of the checkpoint.
FILE = "preferred.safetensors"
_LEARNT = "learnt"


class Preference(msgspec.Struct, frozen=True):
    """What the weights learnt from: poems with points, of so many requests, in so many seconds."""

    poems: int
    requests: int
    seconds: float


def write_preferred(folder: Path, network: Network, learnt: Preference) -> None:
    """Put a network's weights beside those of a checkpoint; raises OSError if that fails."""
    from safetensors.torch import save

    weights = {name: each.cpu().contiguous() for name, each in network.state_dict().items()}
    about = {_LEARNT: msgspec.json.encode(learnt).decode()}
    write_atomically(folder / FILE, save(weights, about))


def read_preference(folder: Path) -> Preference | None:
    """What the weights in a folder learnt from; None if there are none.

    Raises DamageError if it cannot be read.
    """
    from safetensors import SafetensorError, safe_open

    path = folder / FILE
    if not path.exists():
        return None
    try:
        with safe_open(path, "pt") as file:
            learnt = (file.metadata() or {}).get(_LEARNT, "")
        return msgspec.json.decode(learnt, type=Preference)
    except (OSError, SafetensorError, msgspec.MsgspecError) as error:
        raise DamageError(
            tr(
                "{path} does not say what it learnt from: {reason}. Make it again, or delete it.",
                path=path,
                reason=error,
            )
        ) from error
