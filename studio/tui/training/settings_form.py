"""The form for a new run: every field of ModelConfig and TrainConfig."""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, get_args, get_origin

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Button, Input

from studio.devices import GpuChoice, choose
from studio.model.config import RECIPES, ModelConfig, RunConfig, TrainConfig, with_settings
from studio.runs import folders
from studio.tui.training.gpu_lines import GpuList
from studio.tui.widgets.form_fields import Field, NameField, NumberField, StepField
from studio.tui.widgets.stepper import Stepper

# The groups of the form. A setting that is in none of them comes under "Other".
GROUPS: dict[str, tuple[str, ...]] = {
    "Network": (
        "cell",
        "embedding",
        "hidden",
        "layers",
        "lines_above",
        "form_input",
        "title_input",
        "poet_input",
        "skips",
        "initial_state",
        "dropout",
        "recurrent_dropout",
        "embedding_dropout",
        "tied",
    ),
    "Length": ("epochs", "max_steps"),
    "Learning": (
        "optimizer",
        "learning_rate",
        "schedule",
        "warmup_steps",
        "weight_decay",
        "clip",
        "loss",
    ),
    "Text": ("batching", "batch_size", "window", "longest_poem", "min_count", "condition_dropout"),
    "Watching": (
        "validate_every",
        "validation_poems",
        "verse_poems",
        "checkpoint_every",
        "keep",
        "report_every",
    ),
    "Machine": ("device", "precision", "seed"),
}
HINTS = {
    "embedding": "numbers per character",
    "hidden": "units per layer",
    "layers": "stacked recurrent layers",
    "lines_above": "previous lines as extra input",
    "form_input": "reads the form and the place in it",
    "title_input": "reads the title",
    "poet_input": "reads the poet",
    "skips": "skip connections",
    "initial_state": "zeros, or as after a poem (stream)",
    "dropout": "dropout rate of units",
    "recurrent_dropout": "dropout rate of recurrent weights",
    "embedding_dropout": "embedding dropout rate",
    "tied": "embedding and softmax share a matrix",
    "epochs": "passes over the corpus",
    "max_steps": "0: no limit",
    "warmup_steps": "steps to the full learning rate",
    "clip": "maximum gradient norm; 0: no limit",
    "loss": "sampled: fastest on a CPU",
    "batching": "one poem per row, or one long text",
    "batch_size": "rows per batch",
    "window": "characters per step (stream)",
    "longest_poem": "longer ones are left out (poems)",
    "min_count": "rarer characters become unknown",
    "condition_dropout": "poems read without form, title, poet",
    "validate_every": "steps; 0: every epoch",
    "validation_poems": "0: all",
    "verse_poems": "free poems measured at each validation",
    "checkpoint_every": "steps; 0: every epoch",
    "keep": "recent checkpoints, besides the best",
    "report_every": "steps between reports",
    "device": "auto: the GPU with the most room",
}


class SettingsForm(VerticalScroll, can_focus=False):
    """A new run: recipe, name, every setting, and the button that starts it."""

    KEYS_HEADING = "In the form for a new run"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Previous field", show=False, id="form.up"),
        Binding("down", "move(1)", "Next field", show=False, id="form.down"),
    ]

    class Start(Message):
        """The user wants to start the run."""

        def __init__(self, run: str, config: RunConfig) -> None:
            super().__init__()
            self.run, self.config = run, config

    def __init__(self, folder: Path) -> None:
        """`folder` holds the runs. A new run must have another name than these."""
        super().__init__(id="form")
        self._folder = folder
        self._proposed = ""
        self._gpus: Sequence[GpuChoice] = ()

    def compose(self) -> ComposeResult:
        first = next(iter(RECIPES))
        self.recipe = StepField("recipe", "recipe", list(RECIPES), first)
        self.run_name = NameField("run-name", "name", self._is_taken)
        self.fields = {
            name: _field(name, kind, _texts(RECIPES[first])[name]) for name, kind in _KINDS.items()
        }
        yield self.recipe
        yield self.run_name
        with Horizontal(classes="row"):
            yield Button("Start training", id="start", variant="primary", compact=True)
        with Vertical(id="groups"):
            for title, names in _groups(list(self.fields)).items():
                with Vertical(classes="group") as group:
                    group.border_title = title
                    for name in names:
                        yield self.fields[name]
                    if "device" in names:
                        yield GpuList()

    def on_mount(self) -> None:
        self.propose_name()

    def focus_start(self) -> None:
        """Focus the button, so that Enter starts the training."""
        self.query_one("#start").focus()
        self.scroll_home(animate=False)

    def action_move(self, by: int) -> None:
        """Focus the previous (-1) or next (1) field, but stay in the form."""
        stops = [each for each in self.screen.focus_chain if self in each.ancestors]
        at = stops.index(self.screen.focused) + by if self.screen.focused in stops else 0
        if 0 <= at < len(stops):
            stops[at].focus()

    def use_recipe(self, recipe: str) -> None:
        """Put a recipe's values into all fields."""
        self.recipe.text = recipe
        for name, text in _texts(RECIPES[recipe]).items():
            self.fields[name].text = text
            self._update(self.fields[name])
        self.propose_name()

    def offer(self, gpus: Sequence[GpuChoice]) -> None:
        """Offer the GPUs of the machine, and show what they are doing."""
        self._gpus = gpus
        names = [each.name for each in gpus if each.number is not None]
        device = self.fields["device"]
        assert isinstance(device, StepField)
        device.offer(["auto", "cpu", *names])
        self._mark_gpu()

    def _mark_gpu(self) -> None:
        """Mark the GPU that the run will get."""
        chosen = choose(self.fields["device"].text, self._gpus)
        self.query_one(GpuList).show(self._gpus, chosen)

    def propose_name(self) -> None:
        """Propose a free name, unless the user has typed one."""
        name = self.run_name.text
        if name in ("", self._proposed) or self._is_taken(name):
            self._proposed = folders.new_name(
                self._folder, self.recipe.text, self.fields["cell"].text
            )
            self.run_name.text = self._proposed

    def start(self) -> None:
        """Ask the pane to start the run, or focus the first field with an error."""
        self.propose_name()
        wrong = [field for field in self.fields.values() if not field.check()]
        if wrong:
            wrong[0].editor.focus()
            return
        values = {name: _value(field) for name, field in self.fields.items()}
        config = with_settings(RECIPES[self.recipe.text], values)
        self.post_message(self.Start(self.run_name.text.strip(), config))

    def _is_taken(self, name: str) -> bool:
        # A name that no folder can have is not taken. The worker refuses it and says why.
        with contextlib.suppress(OSError, ValueError):
            return bool(name) and (self._folder / name).exists()
        return False

    @on(Stepper.Stepped)
    @on(Input.Changed)
    def _changed(self, event: Stepper.Stepped | Input.Changed) -> None:
        event.stop()
        field = event.control.parent
        if field is self.recipe:
            self.use_recipe(self.recipe.text)
        elif isinstance(field, Field):
            self._update(field)
            if isinstance(field, StepField):
                self.propose_name()

    def _update(self, field: Field) -> None:
        """Check a field. If its value differs from the recipe, show the recipe's value."""
        field.check()
        if field is self.run_name:
            return
        default = _texts(RECIPES[self.recipe.text])[field.field]
        changed = field.text.strip() != default
        field.set_class(changed, "-changed")
        field.hint = f"recipe: {default}" if changed else HINTS.get(field.field, "")
        if field.field == "device":
            self._mark_gpu()

    @on(Input.Submitted)
    @on(Button.Pressed)
    def _start_pressed(self, event: Message) -> None:
        event.stop()
        self.start()


_KINDS: dict[str, Any] = {
    setting.name: setting.type
    for struct in (ModelConfig, TrainConfig)
    for setting in msgspec.structs.fields(struct)
}
_SWITCH = {"no": False, "yes": True}


def _texts(config: RunConfig) -> dict[str, str]:
    """The values of all settings as the fields show them."""
    values = msgspec.structs.asdict(config.model) | msgspec.structs.asdict(config.train)
    return {name: _text(value) for name, value in values.items()}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _field(name: str, kind: Any, text: str) -> Field:
    field: Field
    if name == "device":
        # The panel that shows the device has its name as id.
        field = StepField(name, name, ["auto", "cpu"], text, id="device-name")
    elif kind is bool:
        field = StepField(name, name, list(_SWITCH), text)
    elif get_origin(kind) is Literal:
        field = StepField(name, name, get_args(kind), text)
    else:
        field = NumberField(name, name, kind)
        field.text = text
    field.set_reactive(Field.hint, HINTS.get(name, ""))
    return field


def _value(field: Field) -> object:
    """The value of a field, for `with_settings`."""
    if isinstance(field, NumberField):
        return field.value()
    return _SWITCH.get(field.text, field.text)


def _groups(names: list[str]) -> dict[str, tuple[str, ...]]:
    placed = {name for group in GROUPS.values() for name in group}
    other = tuple(name for name in names if name not in placed)
    return GROUPS | ({"Other": other} if other else {})
