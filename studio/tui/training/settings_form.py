"""The settings of a new run, made from the fields of ModelConfig and TrainConfig."""

import contextlib
from pathlib import Path
from typing import ClassVar, Literal, get_args, get_origin

import msgspec
from rich.text import Text
from textual import on
from textual.app import ComposeResult, RenderResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from studio.errors import ConfigError
from studio.model.config import RECIPES, ModelConfig, RunConfig, TrainConfig, with_settings
from studio.runs import folders

# Which fields stand together; a field named nowhere here comes under "Other".
GROUPS: dict[str, tuple[str, ...]] = {
    "Network": (
        "cell",
        "embedding",
        "hidden",
        "layers",
        "lines_above",
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
    "Text": ("batching", "batch_size", "window", "longest_poem", "min_count"),
    "Watching": ("validate_every", "validation_poems", "checkpoint_every", "keep", "report_every"),
    "Machine": ("precision", "seed"),
}
HINTS = {
    "embedding": "numbers that stand for a character",
    "hidden": "units in a layer",
    "layers": "stacked on one another",
    "lines_above": "read along, place by place",
    "skips": "layers are passed by, too",
    "initial_state": "zeros, or as after a poem (stream)",
    "dropout": "share of units left out while learning",
    "recurrent_dropout": "share of recurrent weights left out",
    "embedding_dropout": "share of characters not seen",
    "tied": "embedding and softmax share a matrix",
    "epochs": "times all poems are read",
    "max_steps": "0: no limit",
    "warmup_steps": "steps until the full rate",
    "clip": "largest gradient norm; 0: none",
    "loss": "sampled: fastest on a CPU",
    "batching": "a poem a row, or one long text",
    "batch_size": "rows read at a time",
    "window": "characters a step (stream)",
    "longest_poem": "longer ones left out (poems)",
    "min_count": "rarer characters are unknown",
    "validate_every": "steps; 0: each epoch",
    "validation_poems": "0: all",
    "checkpoint_every": "steps; 0: each epoch",
    "keep": "checkpoints besides the best",
    "report_every": "steps between two reports",
}
# Where in a field its editor stands, and how wide it is; the style sheet says the same.
EDITOR_AT, EDITOR_WIDTH = 18, 14


class Choice(Widget, can_focus=True):
    """One of a few values, changed with left and right."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "Other value", show=False, id="form.before"),
        Binding("right,space", "step(1)", "Other value", show=False, id="form.next"),
    ]
    COMPONENT_CLASSES = {"choice--mark"}  # noqa: RUF012

    value: reactive[str] = reactive("", layout=True)

    class Changed(Message):
        """Another value was chosen."""

        def __init__(self, choice: "Choice") -> None:
            super().__init__()
            self.choice = choice

        @property
        def control(self) -> "Choice":
            return self.choice

    def __init__(self, options: tuple[str, ...], value: str, id: str | None = None) -> None:
        super().__init__(id=id)
        self._options = options
        self.set_reactive(Choice.value, value)

    def render(self) -> RenderResult:
        mark = self.get_component_rich_style("choice--mark", partial=True)
        return Text.assemble(("< ", mark), self.value, (" >", mark), no_wrap=True)

    def action_step(self, by: int) -> None:
        """Go to the option before or after."""
        at = self._options.index(self.value)
        self.value = self._options[(at + by) % len(self._options)]
        self.post_message(self.Changed(self))

    def on_click(self) -> None:
        self.action_step(1)


class Field(Widget):
    """A setting: its name, its value, and what is wrong with it or what it means.

    It draws name and note itself, under the editor: the form would be twice the widgets otherwise.
    """

    COMPONENT_CLASSES = {"field--name", "field--changed", "field--note", "field--bad"}  # noqa: RUF012

    def __init__(self, section: str, field: msgspec.structs.FieldInfo, value: object) -> None:
        super().__init__()
        self.path = f"{section}.{field.name}"
        self._field = field.name
        self._options = _options(field.type)
        self._default = value
        self._reason = ""

    def compose(self) -> ComposeResult:
        if self._options:
            yield Choice(self._options, _text(self._default))
        else:
            yield Input(_text(self._default), compact=True, classes="field-value")

    def render(self) -> RenderResult:
        changed = self.editor.value.strip() != _text(self._default)
        line = Text(no_wrap=True, end="")
        name = "field--changed" if changed else "field--name"
        line.append(f"{self._field:<{EDITOR_AT}}", self.get_component_rich_style(name))
        room = self.size.width - EDITOR_AT - EDITOR_WIDTH
        hint = f"recipe: {_text(self._default)}" if changed else HINTS.get(self._field, "")
        note = Text(self._reason or hint, end="")
        note.stylize(self.get_component_rich_style("field--bad" if self._reason else "field--note"))
        if note.cell_len <= room - 2:
            line.append(" " * (EDITOR_WIDTH + 2))
            line.append_text(note)
        elif self._reason:
            line.append("\n  ")
            line.append_text(note)
        return line

    @property
    def editor(self) -> Choice | Input:
        """The widget that holds the value."""
        return self.query_one(Choice) if self._options else self.query_one(Input)

    @property
    def value(self) -> object:
        """The value as `with_settings` takes it."""
        text = self.editor.value.strip()
        return text == "yes" if self._options == ("no", "yes") else text

    def reset(self, value: object) -> None:
        """Put a recipe's value in."""
        self._default = value
        self.editor.value = _text(value)
        self.check()

    def check(self) -> bool:
        """Whether the value can be used; if not, the reason is shown beside it, or under it."""
        self._reason = ""
        try:
            with_settings(RunConfig(), {self.path: self.value})
        except ConfigError as error:
            # The field shows its name and its value itself.
            self._reason = str(error).removeprefix(f"{self.path} ").rpartition(", not ")[0]
        self.on_resize()
        self.refresh()
        return not self._reason

    def on_resize(self) -> None:
        room = self.size.width - EDITOR_AT - EDITOR_WIDTH - 2
        self.styles.height = 2 if self._reason and len(self._reason) > room else 1


class SettingsForm(VerticalScroll, can_focus=False):
    """A new run: recipe, name, every setting, and the button that starts it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "app.focus_previous", "Field before", show=False, id="form.up"),
        Binding("down", "app.focus_next", "Next field", show=False, id="form.down"),
    ]

    class Start(Message):
        """The run is to begin."""

        def __init__(self, run: str, config: RunConfig) -> None:
            super().__init__()
            self.run, self.config = run, config

    def __init__(self, folder: Path) -> None:
        """`folder` holds the runs: a new one must have a name of its own."""
        super().__init__(id="form")
        self._folder = folder
        self._proposed = ""

    def compose(self) -> ComposeResult:
        recipe = next(iter(RECIPES))
        with Horizontal(classes="row"):
            yield Static("recipe", classes="row-name")
            yield Choice(tuple(RECIPES), recipe, id="recipe")
        with Horizontal(classes="row"):
            yield Static("name", classes="row-name")
            yield Input(compact=True, id="run-name")
            yield Static(id="name-note", markup=False)
        with Horizontal(classes="row"):
            yield Static(classes="row-name")
            yield Button("Start training", id="start", variant="primary", compact=True)
        fields = _fields(RECIPES[recipe])
        with Vertical(id="groups"):
            for title, names in _groups(list(fields)).items():
                with Vertical(classes="group") as group:
                    group.border_title = title
                    for name in names:
                        yield fields[name]

    def on_mount(self) -> None:
        self.propose_name()

    def focus_start(self) -> None:
        """Stand on the button: one more Enter and the training starts."""
        self.query_one("#start").focus()
        self.scroll_home(animate=False)

    def use_recipe(self, recipe: str) -> None:
        """Put a recipe's values into all fields."""
        self.query_one("#recipe", Choice).value = recipe
        config = RECIPES[recipe]
        for field in self.query(Field):
            section, _, name = field.path.partition(".")
            field.reset(getattr(getattr(config, section), name))
        self.propose_name()

    def propose_name(self) -> None:
        """Write a free name, unless the person has written one."""
        name = self.query_one("#run-name", Input)
        if name.value not in ("", self._proposed) and not self._is_taken(name.value):
            return
        cell = next(f.editor.value for f in self.query(Field) if f.path == "model.cell")
        recipe = self.query_one("#recipe", Choice).value
        self._proposed = folders.new_name(self._folder, recipe, cell)
        name.value = self._proposed

    def start(self) -> None:
        """Ask for the run to be started, or go to the first field that is wrong."""
        self.propose_name()
        wrong = [field for field in self.query(Field) if not field.check()]
        if wrong:
            wrong[0].editor.focus()
            return
        name = self.query_one("#run-name", Input).value.strip()
        recipe = RECIPES[self.query_one("#recipe", Choice).value]
        values = {field.path: field.value for field in self.query(Field)}
        self.post_message(self.Start(name, with_settings(recipe, values)))

    def _is_taken(self, name: str) -> bool:
        # What no folder can be called is not taken; starting such a run says what is wrong.
        with contextlib.suppress(OSError, ValueError):
            return bool(name) and (self._folder / name).exists()
        return False

    @on(Choice.Changed)
    def _chosen(self, event: Choice.Changed) -> None:
        event.stop()
        if event.choice.id == "recipe":
            self.use_recipe(event.choice.value)
        else:
            self._check(event.choice)
            self.propose_name()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if event.input.id != "run-name":
            self._check(event.input)
            return
        taken = "taken already" if self._is_taken(event.value) else ""
        self.query_one("#name-note", Static).update(taken)

    def _check(self, editor: Widget) -> None:
        if isinstance(editor.parent, Field):
            editor.parent.check()

    @on(Input.Submitted)
    @on(Button.Pressed)
    def _start_pressed(self, event: Message) -> None:
        event.stop()
        self.start()


def _fields(config: RunConfig) -> dict[str, Field]:
    return {
        info.name: Field(section, info, getattr(getattr(config, section), info.name))
        for section, struct in (("model", ModelConfig), ("train", TrainConfig))
        for info in msgspec.structs.fields(struct)
    }


def _groups(names: list[str]) -> dict[str, tuple[str, ...]]:
    placed = {name for group in GROUPS.values() for name in group}
    other = tuple(name for name in names if name not in placed)
    return GROUPS | ({"Other": other} if other else {})


def _options(kind: object) -> tuple[str, ...]:
    if kind is bool:
        return ("no", "yes")
    return tuple(map(str, get_args(kind))) if get_origin(kind) is Literal else ()


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
