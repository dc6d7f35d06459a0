"""The models that can write, as listed in the run folders. Imports no torch."""

import contextlib

from studio.model.checkpoint_names import step_of
from studio.paths import Home, default_model
from studio.runs import folders
from studio.translation import tr
from studio.tui.widgets.form_fields import Option


def model_choices(home: Home) -> list[Option]:
    """The default model if one is shipped, then each run with its checkpoints, newest first.

    Empty if no model can write yet. Only lists folders, but may take a while if there are many.
    """
    choices = []
    if default_model():
        choices.append(Option("default", tr("default model")))
    for run in folders.all_runs(home.runs):
        names = list[str]()
        with contextlib.suppress(OSError):  # a folder that cannot be read hides no other
            names = run.checkpoint_names()
        if names:
            newest = f"{run.name}@{step_of(names[-1])}"
            choices.append(Option(run.name, run.name, newest))
        for step in map(str, map(step_of, reversed(names))):
            choices.append(Option(f"{run.name}@{step}", _at_step(run.name, step)))
    return choices


def model_in_words(model: str) -> str:
    """A model's full name in words: "night@800" is "night at step 800"."""
    run, _, step = model.partition("@")
    if step:
        return _at_step(run, step)
    return {"default": tr("the default model"), "auto": tr("auto")}.get(run, run)


def step_in_words(model: str) -> str:
    """Only the step of a model's full name in words; all of it if it has none."""
    step = model.partition("@")[2]
    return tr("step {step}", step=step) if step else model_in_words(model)


def _at_step(run: str, step: str) -> str:
    return tr("{run} at step {step}", run=run, step=step)
