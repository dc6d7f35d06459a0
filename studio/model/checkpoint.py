"""A model on disk: safetensors and JSON in one folder, complete or not there at all.

```
step-00000200/
  model.safetensors     the weights
  model.json            their shape, the step, the vocabulary's fingerprint
  vocabulary.json       the characters
  training.safetensors  what going on needs: optimiser, recurrent state, random state
  training.json         the position in the epoch and the running sums
```

A folder with the first three is a model that can write; training needs all five.
"""

import contextlib
import shutil
from pathlib import Path
from typing import TypeVar

import msgspec
import safetensors
import safetensors.torch
import torch
from torch import Tensor

from studio.corpus.vocabulary import Vocabulary
from studio.errors import DamageError, RunError
from studio.files import build_folder_atomically
from studio.model.config import ModelConfig
from studio.model.network import Network

FORMAT = 1
T = TypeVar("T")


class Description(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """model.json."""

    format: int
    config: ModelConfig
    vocabulary: str
    step: int
    perplexity: float | None = None


class Progress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """training.json: where training stands.

    `position` is the number of batches of `epoch` that have been learnt; `nats` and `characters`
    are summed over them. `poems` is the sha256 of the texts learnt, "" in older checkpoints.
    """

    step: int = 0
    epoch: int = 1
    position: int = 0
    elapsed: float = 0.0
    nats: float = 0.0
    characters: int = 0
    best: float | None = None
    best_step: int | None = None
    poems: str = ""


def name_of(step: int) -> str:
    """The folder's name; names sort by step."""
    return f"step-{step:08}"


def step_of(name: str) -> int:
    """The step in a folder's name."""
    return int(name.removeprefix("step-"))


def save(
    folder: Path,
    network: Network,
    vocabulary: Vocabulary,
    tensors: dict[str, Tensor],
    progress: Progress,
    perplexity: float | None,
) -> None:
    """Write a checkpoint; after a crash at any moment the folder is complete or absent.

    Raises OSError where it cannot be written.
    """

    def fill(staging: Path) -> None:
        write_model(staging, network, vocabulary, progress.step, perplexity)
        _write_tensors(_plain(tensors), staging / "training.safetensors")
        (staging / "training.json").write_bytes(msgspec.json.encode(progress))

    build_folder_atomically(folder, fill)


def write_model(
    folder: Path,
    network: Network,
    vocabulary: Vocabulary,
    step: int,
    perplexity: float | None,
    precision: torch.dtype = torch.float32,
) -> None:
    """Write the three files of a model that can write; not atomically."""
    weights = {
        name: each.to(precision) if each.is_floating_point() else each
        for name, each in _plain(network.state_dict()).items()
    }
    _write_tensors(weights, folder / "model.safetensors")
    vocabulary.save(folder / "vocabulary.json")
    described = Description(FORMAT, network.config, vocabulary.fingerprint, step, perplexity)
    (folder / "model.json").write_bytes(msgspec.json.encode(described))


def load_model(folder: Path) -> tuple[Network, Vocabulary, Description]:
    """Read a model for writing or scoring; raises RunError that names the file and the reason."""
    described = describe(folder)
    vocabulary = Vocabulary.load(folder / "vocabulary.json")
    if vocabulary.fingerprint != described.vocabulary:
        raise RunError(
            f"{folder / 'vocabulary.json'} is not the vocabulary that the model was trained with. "
            "Copy the whole checkpoint folder again, or choose another checkpoint."
        )
    network = Network(described.config, len(vocabulary))
    load_weights(network, folder)
    return network.eval(), vocabulary, described


def describe(folder: Path) -> Description:
    """What a model is, without its weights; raises RunError where it cannot be used."""
    described = _read_json(folder / "model.json", Description)
    if described.format != FORMAT:
        raise RunError(
            f"{folder / 'model.json'} has format {described.format}, this studio reads {FORMAT}. "
            "Use the version of the studio that wrote it."
        )
    return described


def load_weights(network: Network, folder: Path) -> None:
    """Put a checkpoint's weights, of any precision, into `network`.

    Raises RunError where their shapes differ.
    """
    path = folder / "model.safetensors"
    weights = _read_tensors(path)
    expected = network.state_dict()
    wrong = sorted(
        name
        for name in expected.keys() | weights.keys()
        if name not in expected
        or name not in weights
        or expected[name].shape != weights[name].shape
    )
    if wrong:
        raise DamageError(
            f"{path} does not fit its model.json and vocabulary.json: {', '.join(wrong)}. "
            "The files are of different models; choose another checkpoint."
        )
    network.load_state_dict(weights)


def load_training(folder: Path) -> tuple[dict[str, Tensor], Progress]:
    """What going on needs besides the weights; raises RunError where it is missing or damaged."""
    return _read_tensors(folder / "training.safetensors"), progress_of(folder)


def progress_of(folder: Path) -> Progress:
    """Where the training stood; raises RunError where the file is missing or damaged."""
    return _read_json(folder / "training.json", Progress)


def best_of(checkpoints: Path, names: list[str]) -> str:
    """The checkpoint of lowest validation perplexity among `names`, or the last.

    One whose model.json cannot be read is passed over.
    """
    validated: list[tuple[float, str]] = []
    for name in names:
        with contextlib.suppress(RunError):
            described = _read_json(checkpoints / name / "model.json", Description)
            if described.perplexity is not None:
                validated.append((described.perplexity, name))
    return min(validated)[1] if validated else names[-1]


def prune(checkpoints: Path, keep: int, best: int | None) -> None:
    """Delete the oldest checkpoints beyond `keep`; the one at step `best` stays.

    What a process that was killed while it saved has left goes as well.
    """
    for left in checkpoints.glob(".step-*"):
        shutil.rmtree(left)
    names = sorted(path.name for path in checkpoints.glob("step-*"))
    for name in names[:-keep]:
        if best is None or name != name_of(best):
            shutil.rmtree(checkpoints / name)


def drop_after(checkpoints: Path, step: int) -> list[str]:
    """Delete the checkpoints of later steps than `step`; returns their names."""
    later = sorted(path for path in checkpoints.glob("step-*") if path.name > name_of(step))
    for folder in later:
        shutil.rmtree(folder)
    return [folder.name for folder in later]


def _plain(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}


def _write_tensors(tensors: dict[str, Tensor], path: Path) -> None:
    try:
        safetensors.torch.save_file(tensors, path)
    except safetensors.SafetensorError as error:
        raise OSError(f"{path} cannot be written: {error}") from error


def _read_tensors(path: Path) -> dict[str, Tensor]:
    try:
        return safetensors.torch.load_file(path)
    except (OSError, safetensors.SafetensorError) as error:
        raise DamageError(
            f"{path} cannot be read: {error}. Choose another checkpoint of the run."
        ) from error


def _read_json(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.MsgspecError) as error:
        raise DamageError(
            f"{path} cannot be read: {error}. Choose another checkpoint of the run."
        ) from error
