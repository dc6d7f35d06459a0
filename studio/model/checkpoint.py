"""A model on disk: safetensors and JSON in one folder, either complete or absent.

```
step-00000200/
  model.safetensors     the weights
  model.json            their shape, the step, the vocabulary's fingerprint
  vocabulary.json       the characters
  training.safetensors  to resume: optimiser, recurrent state, random state
  training.json         the position in the epoch and the running sums
  preferred.safetensors the weights that readers prefer, if they were trained
  coherence.safetensors which couplet follows which, if it was trained
  judge.safetensors     how a reader would judge a poem, if it was trained
```

A folder with the first three files is a model that can write; training needs the next two as well.
A published model has other names for two of them, see runs/publishing.py.
"""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import safetensors
import safetensors.torch
import torch
from msgspec import Meta
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from studio.corpus.vocabulary import Vocabulary
from studio.documents import read_json
from studio.errors import DamageError, RunError
from studio.files import build_folder_atomically, open_regular
from studio.model.checkpoint_names import name_of, names_in, step_of
from studio.model.config import ModelConfig, Natural, Positive
from studio.model.eight_bits import SCALE, from_eight_bits, in_eight_bits
from studio.model.events import Validated
from studio.model.network import Network
from studio.model.preferred import FILE as PREFERRED
from studio.paths import is_published, model_description
from studio.staging import staging_path
from studio.translation import marked, tr

FORMAT = 1
WEIGHTS = "model.safetensors"
# The types that weights may have, as safetensors names them; the buffer `breaks` is boolean.
_WEIGHT_TYPES, _BUFFER_TYPES, _EIGHT_BITS = ("F32", "F16", "BF16"), ("BOOL",), "I8"
_REMEDY = marked("Choose another checkpoint or model.")
# The bias of a character that is not predicted any more: half precision holds it, and its
# probability is zero.
_NEVER = -1e4
NonNegative = Annotated[float, Meta(ge=0)]


class Description(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """model.json.

    `perplexity` is that over Han characters, `perplexity_all` that over all targets, which older
    versions did not write.
    """

    format: int
    config: ModelConfig
    vocabulary: str
    step: Natural
    perplexity: NonNegative | None = None
    perplexity_all: NonNegative | None = None


class PublishedDescription(Description, frozen=True, forbid_unknown_fields=False, kw_only=True):
    """config.json of a published model. Other programs may have added fields."""

    model_type: Literal["tangshi-studio"]


class Progress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """training.json: how far training has come.

    `position` is the number of batches of `epoch` that are done; `nats` and `characters` are sums
    over them. `best_all` is the lowest perplexity over all targets, at `best_step`. Older versions
    wrote `best` instead, the lowest over Han characters. `poems` is the sha256 of the training
    texts, "" in older checkpoints.
    """

    step: Natural = 0
    epoch: Positive = 1
    position: Natural = 0
    elapsed: NonNegative = 0.0
    nats: float = 0.0
    characters: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0
    best: NonNegative | None = None
    best_all: NonNegative | None = None
    best_step: Natural | None = None
    poems: str = ""


def save(
    folder: Path,
    network: Network,
    vocabulary: Vocabulary,
    tensors: dict[str, Tensor],
    progress: Progress,
    validated: Validated | None,
) -> None:
    """Write a checkpoint; after a crash at any moment the folder is complete or absent.

    Raises OSError if it cannot be written.
    """

    def fill(staging: Path) -> None:
        write_model(staging, network, vocabulary, progress.step, validated)
        _write_tensors(_on_cpu(tensors), staging / "training.safetensors")
        (staging / "training.json").write_bytes(msgspec.json.encode(progress))

    build_folder_atomically(folder, fill)


def write_model(
    folder: Path,
    network: Network,
    vocabulary: Vocabulary,
    step: int,
    validated: Validated | None,
) -> None:
    """Write the three files of a model that can write; the folder is not written atomically.

    `validated` is its validation, if it had one.
    """
    weights = _on_cpu(network.state_dict())
    _write_tensors(weights, folder / WEIGHTS)
    vocabulary.save(folder / "vocabulary.json")
    description = Description(
        FORMAT,
        network.config,
        vocabulary.fingerprint,
        step,
        validated.perplexity if validated else None,
        validated.perplexity_all if validated else None,
    )
    (folder / "model.json").write_bytes(msgspec.json.encode(description))


def write_small_weights(folder: Path, network: Network) -> None:
    """Write the weights in eight bits; raises OSError if they cannot be written."""
    _write_tensors(in_eight_bits(_on_cpu(network.state_dict())), folder / WEIGHTS)


class _WithoutDrawing(TorchFunctionMode):
    """Leave out drawing initial weights, which are replaced by those that are read.

    On the meta device, PyTorch would import its compiler for it; that takes seconds.
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        if getattr(func, "__module__", "") == nn.init.__name__:
            return kwargs["tensor"]
        return func(*args, **(kwargs or {}))


def load_model(folder: Path, preferred: bool = True) -> tuple[Network, Vocabulary, Description]:
    """Read a model for writing or scoring; raises RunError that names the file and the reason.

    Where the folder has weights that readers prefer, these are read, unless `preferred` is False.
    """
    description = read_description(folder)
    vocabulary = Vocabulary.of_model(folder)
    if vocabulary.fingerprint != description.vocabulary:
        raise DamageError(
            tr(
                "{folder} does not have the vocabulary of the model. "
                "Copy the whole folder again, or choose another model.",
                folder=folder,
            )
        )
    # On the meta device, without memory: the weights must fit before memory is allocated.
    with torch.device("meta"), _WithoutDrawing():
        expected = Network(description.config, len(vocabulary))
    preferred = preferred and (folder / PREFERRED).exists()
    weights = _read_weights(expected, folder / (PREFERRED if preferred else WEIGHTS))
    weights["softmax_bias"][vocabulary.superseded] = _NEVER
    with _WithoutDrawing():
        network = Network(description.config, len(vocabulary))
    network.load_state_dict(weights)
    return network.eval(), vocabulary, description


def read_description(folder: Path) -> Description:
    """The description of a model, without its weights; raises RunError if it cannot be used."""
    file = model_description(folder)
    kind = PublishedDescription if is_published(folder) else Description
    description = read_json(file, kind, DamageError, tr(_REMEDY))
    if description.format != FORMAT:
        raise RunError(
            tr(
                "{file} has format {format}, but this studio reads "
                "{known}. Use the version of the studio that wrote it.",
                file=file,
                format=description.format,
                known=FORMAT,
            )
        )
    return description


def load_weights(network: Network, folder: Path) -> None:
    """Load a checkpoint's weights, of any precision, into `network`.

    Raises DamageError if they do not fit the network.
    """
    network.load_state_dict(_read_weights(network, folder / WEIGHTS))


def load_training(folder: Path) -> tuple[dict[str, Tensor], Progress]:
    """The tensors and the progress to resume from; raises DamageError if they cannot be used."""
    with _open_tensors(folder / "training.safetensors") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    return tensors, read_progress(folder)


def read_progress(folder: Path) -> Progress:
    """The progress of training; raises DamageError if the file is missing or damaged."""
    return read_json(folder / "training.json", Progress, DamageError, tr(_REMEDY))


def best_of(checkpoints: Path, names: list[str]) -> str:
    """The checkpoint with the lowest validation perplexity among `names`, or the last one.

    That is over all targets. If an older version wrote one of them, it is over Han characters,
    which is all that they have in common. One whose model.json cannot be read is skipped.
    """
    han: list[tuple[float, str]] = []
    over_all: list[tuple[float, str]] = []
    for name in names:
        with contextlib.suppress(RunError):
            description = read_description(checkpoints / name)
            if description.perplexity is not None:
                han.append((description.perplexity, name))
            if description.perplexity_all is not None:
                over_all.append((description.perplexity_all, name))
    validated = over_all if len(over_all) == len(han) else han
    return min(validated)[1] if validated else names[-1]


def prune(checkpoints: Path, keep: int, best: int | None) -> None:
    """Delete the oldest checkpoints beyond `keep`; the one at step `best` stays.

    Temporary folders of a process that was killed while saving are deleted as well. What cannot be
    deleted now stays until the next time.
    """
    for temporary in checkpoints.glob(".step-*"):
        shutil.rmtree(temporary, ignore_errors=True)
    for name in names_in(checkpoints)[:-keep]:
        if best is None or name != name_of(best):
            with contextlib.suppress(OSError):
                _delete(checkpoints / name)


def delete_after(checkpoints: Path, step: int) -> list[str]:
    """Delete the checkpoints after `step`; returns their names."""
    later = [name for name in names_in(checkpoints) if step_of(name) > step]
    for name in later:
        _delete(checkpoints / name)
    return later


def _delete(folder: Path) -> None:
    """Delete a checkpoint; where a person has put a link to one, only the link.

    Raises OSError if it stays. A process that is killed meanwhile leaves no half of a checkpoint.
    """
    if folder.is_symlink():
        folder.unlink()
    else:
        removed = staging_path(folder)
        folder.rename(removed)
        shutil.rmtree(removed, ignore_errors=True)


def _on_cpu(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}


def _write_tensors(tensors: dict[str, Tensor], path: Path) -> None:
    try:
        safetensors.torch.save_file(tensors, path)
    except safetensors.SafetensorError as error:
        raise OSError(tr("{path} cannot be written: {reason}", path=path, reason=error)) from error


def _read_weights(expected: Network, path: Path) -> dict[str, Tensor]:
    """The weights in a file for a network like `expected`, which may be on the meta device.

    The header is checked before any weight is read. Raises DamageError that names the file.
    """
    shapes = expected.state_dict()
    with _open_tensors(path) as file:
        found = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
        for name in [name for name, each in found.items() if each.get_dtype() == _EIGHT_BITS]:
            if name in shapes and shapes[name].dim() == 2:
                shapes[name + SCALE] = shapes[name][:, :1]
        wrong = [
            name
            for name in sorted(shapes.keys() | found.keys())
            if name not in shapes
            or name not in found
            or list(shapes[name].shape) != found[name].get_shape()
        ]
        if wrong:
            raise DamageError(
                tr(
                    "{path} does not fit {description} and the vocabulary: {names}. "
                    "The files belong to different models; choose another checkpoint.",
                    path=path,
                    description=model_description(path.parent).name,
                    names=_first_names(wrong),
                )
            )
        for name, each in found.items():
            types = _WEIGHT_TYPES if shapes[name].is_floating_point() else _BUFFER_TYPES
            if name + SCALE in shapes:
                types = (_EIGHT_BITS,)
            if each.get_dtype() not in types:
                raise DamageError(
                    tr(
                        "{path} holds {type} for {name}, not {types}. {remedy}",
                        path=path,
                        type=each.get_dtype(),
                        name=name,
                        types=tr(" or ").join(types),
                        remedy=tr(_REMEDY),
                    )
                )
        weights = from_eight_bits({name: file.get_tensor(name) for name in found})
    wrong = [name for name, each in weights.items() if not torch.isfinite(each).all()]
    if wrong:
        raise DamageError(
            tr(
                "{path} holds NaN or infinity in {names}. {remedy}",
                path=path,
                names=_first_names(wrong),
                remedy=tr(_REMEDY),
            )
        )
    return weights


@contextlib.contextmanager
def _open_tensors(path: Path) -> Iterator[Any]:
    """A file of tensors with a valid header; raises DamageError that names the file."""
    try:
        open_regular(path).close()
        with safetensors.safe_open(path, framework="pt") as file:
            yield file
    except (OSError, safetensors.SafetensorError) as error:
        why = (isinstance(error, OSError) and error.strerror) or error
        raise DamageError(
            tr(
                "{path} cannot be read: {reason}. {remedy}",
                path=path,
                reason=why,
                remedy=tr(_REMEDY),
            )
        ) from error


def _first_names(names: list[str]) -> str:
    """The first few of `names`: those from a file may be many and long."""
    shown = [name if len(name) <= 60 else f"{name[:60]}..." for name in names[:3]]
    more = len(names) - len(shown)
    first = tr(", ").join(shown)
    return tr("{names} and {more:,} more", names=first, more=more) if more else first
