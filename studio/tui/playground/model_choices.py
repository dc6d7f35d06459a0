"""The models that can write, as listed in the run folders. Imports no torch."""

from studio.paths import Home, default_model
from studio.runs import folders
from studio.tui.widgets.form_fields import Option


def model_choices(home: Home) -> list[Option]:
    """The default model if one is shipped, then each run with its checkpoints, newest first.

    Empty if no model can write yet. Only lists folders, but may take a while if there are many.
    """
    choices = []
    if default_model():
        choices.append(Option("default", "default model"))
    for run in folders.all_runs(home.runs):
        names = run.checkpoint_names()
        if names:
            newest = f"{run.name}@{_step(names[-1])}"
            choices.append(Option(run.name, run.name, newest))
        for step in map(_step, reversed(names)):
            choices.append(Option(f"{run.name}@{step}", f"{run.name} at step {step}"))
    return choices


def _step(checkpoint: str) -> str:
    return checkpoint.removeprefix("step-").lstrip("0") or "0"


def model_in_words(model: str) -> str:
    """A model's full name in words: "night@800" is "night at step 800"."""
    run, _, step = model.partition("@")
    if step:
        return f"{run} at step {step}"
    return "the default model" if run == "default" else run
