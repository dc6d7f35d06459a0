"""Finding a model by its name, and loading it to write with it."""

import contextlib
from dataclasses import replace
from functools import cache
from pathlib import Path

import torch

from studio.corpus.vocabulary import BEGIN
from studio.documents import read_json
from studio.errors import RunError, is_of_gpu
from studio.model import checkpoint
from studio.model.checkpoint_names import step_of
from studio.model.coherence import read_coherence
from studio.model.device import choose_device, has_gpu
from studio.model.judge import read_judge
from studio.paths import Home, default_model, model_description, resolved
from studio.runs import folders
from studio.runs.card import Card
from studio.translation import tr
from studio.verse.writer import Writer

DEFAULT = "default"
# The run in training writes for "auto" from the time its validation perplexity is at most this many
# times that of the default model. Before that it writes noise.
LEARNT = 2.0


def has_learnt(perplexity: float | None) -> bool:
    """Whether a run with this validation perplexity may write where nobody named a model.

    The perplexity is over all targets; None before the first validation. Without a default model
    any run may: there is nothing better. So may any run if the default model was made from too few
    poems to be validated. Raises RunError if the card of the model is damaged.
    """
    folder = default_model()
    if folder is None:
        return True
    card = read_json(folder / "card.json", Card, RunError, tr("Install the studio again."))
    default = [each.perplexity for each in card.figures if each.split == "valid"]
    return not default or (perplexity is not None and perplexity <= LEARNT * default[0])


def locate(home: Home, name: str) -> tuple[Path, str]:
    """The folder of a model and its full name.

    "default" is the shipped model, "run@step" a checkpoint, "run" the best checkpoint of a run (the
    last if none was validated). "auto" is the default model, else the newest run that has a
    checkpoint. A name with a slash is the path of a folder. Raises RunError that lists the choices.
    """
    if "/" in name:
        try:
            path = resolved(Path(name))
            # It stands in the settings of a run that starts from it.
            str(path).encode()
        except ValueError as error:
            raise RunError(
                tr(
                    "{name!r} is not the path of a model: {reason}. Give a run, default, or the "
                    "folder of a checkpoint.",
                    name=name,
                    reason=error,
                )
            ) from error
        if not model_description(path).is_file():
            raise RunError(
                tr(
                    "There is no model in {path}: it has neither vocab.json nor model.json. Give a "
                    "run, default, or the folder of a checkpoint or of a published model.",
                    path=path,
                )
            )
        return path, str(path)
    if name == "auto":
        if folder := default_model():
            return folder, DEFAULT
        for run in folders.all_runs(home.runs):
            with contextlib.suppress(OSError):  # a folder that cannot be read hides no other
                if run.checkpoint_names():
                    return locate(home, run.name)
        raise RunError(
            tr(
                "There is no model yet. Train one with `tangshi-studio train`, or in pane 2 of the "
                "studio. The first checkpoint is saved within minutes."
            )
        )
    if name == DEFAULT:
        if folder := default_model():
            return folder, DEFAULT
        raise RunError(
            tr("The default model is not installed. Name a run: see `tangshi-studio runs list`.")
        )
    run_name, _, step = name.partition("@")
    run = folders.find(home.runs, run_name)
    names = run.checkpoint_names()
    if not names:
        raise RunError(
            tr("The run {run} has no checkpoint yet. Wait for one, or resume it.", run=run_name)
        )
    if step:
        known = {str(step_of(each)): each for each in names}
        if step not in known:
            raise RunError(
                tr(
                    "The run {run} has no checkpoint at step {step}. Choose one of: {known}.",
                    run=run_name,
                    step=step,
                    known=tr(", ").join(known),
                )
            )
        chosen = known[step]
    else:
        chosen = checkpoint.best_of(run.checkpoints, names)
    return run.checkpoints / chosen, f"{run_name}@{step_of(chosen)}"


def load_writer(folder: Path, name: str, wish: str = "auto", preferred: bool = True) -> Writer:
    """Load the model that `locate` found, onto the device `wish`.

    "auto" is the processor, where a poem is written faster, and a GPU for many rows at once.
    `preferred`: with the weights that readers prefer, if it has them.
    """
    network, vocabulary, _ = checkpoint.load_model(folder, preferred)
    beside = read_coherence(folder, network), read_judge(folder, network)
    device = choose_device("float32", "cpu" if wish == "auto" else wish)
    if device.is_gpu:
        device.make_current()
        return Writer(network.to(device.torch_device), vocabulary, device, name, None, *beside)
    network.pack()
    here = Writer(network, vocabulary, device, name, None, *beside)
    if wish != "auto" or not has_gpu():
        return here

    @cache
    def copied() -> Writer:
        gpu = choose_device("float32")
        if not gpu.is_gpu:
            return here
        gpu.make_current()
        moved = network.copied_to(gpu.torch_device)
        # The first product makes the GPU's libraries take memory, too: try one here.
        with torch.inference_mode():
            moved(gpu.put(torch.tensor([[BEGIN]])))
        return Writer(moved, vocabulary, gpu, name, None, *beside)

    def on_gpu() -> Writer:
        try:
            return copied()
        except RuntimeError as error:
            if not is_of_gpu(error):
                raise
            # The GPU is full, or another process uses it alone. The user did not ask for it.
            return here

    return replace(here, on_gpu=on_gpu)
