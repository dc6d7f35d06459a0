"""The form for a new run: every field of ModelConfig and TrainConfig."""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, get_args, get_origin

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.events import DescendantBlur
from textual.message import Message
from textual.widgets import Button, Input, Static

from studio.devices import GpuChoice, choose
from studio.messages import Estimated
from studio.model.config import (
    GPU_RECIPE,
    RECIPES,
    ModelConfig,
    RunConfig,
    TrainConfig,
    with_settings,
)
from studio.translation import marked, tr
from studio.tui.training.gpu_lines import GpuList
from studio.tui.training.run_names import RunNames
from studio.tui.training.setting_names import FIRST, HINTS, LABELS, groups_of
from studio.tui.widgets.form_fields import Field, Fold, NameField, NumberField, StepField
from studio.tui.widgets.stepper import Stepper
from studio.wording import compact, device_in_words, duration


class _Group(Vertical):
    """Settings with a title over them."""

    def __init__(self, title: str) -> None:
        super().__init__(classes="group")
        self._title = title
        self.say_again()

    def say_again(self) -> None:
        """Write the title in the language of now."""
        self.border_title = tr(self._title)


class SettingsForm(VerticalScroll, can_focus=False):
    """A new run: recipe, name, every setting, and the button that starts it."""

    KEYS_HEADING = marked("In the form for a new run")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", marked("Previous field"), show=False, id="form.up"),
        Binding("down", "move(1)", marked("Next field"), show=False, id="form.down"),
        Binding(
            "e",
            "estimate",
            marked("Estimate"),
            id="form.estimate",
            tooltip=marked("Parameters, steps, memory and time of the run, by some trial steps"),
        ),
        Binding(
            "slash",
            "find",
            marked("Find"),
            id="form.find",
            tooltip=marked("Go to a setting by a part of its name"),
        ),
    ]

    class Start(Message):
        """The user wants to start the run."""

        def __init__(self, run: str, config: RunConfig) -> None:
            super().__init__()
            self.run, self.config = run, config

    class EstimateWanted(Message):
        """The user wants to know what the run would come to."""

        def __init__(self, config: RunConfig) -> None:
            super().__init__()
            self.config = config

    def __init__(self, names: RunNames) -> None:
        super().__init__(id="form")
        self._names = names
        self._proposed = ""
        # The name of the run that was started last.
        self._started = ""
        self._gpus: Sequence[GpuChoice] = ()
        self._has_proposed = False
        # The settings that are being estimated, or were.
        self._estimated: RunConfig | None = None

    def compose(self) -> ComposeResult:
        first = next(iter(RECIPES))
        self.recipe = StepField("recipe", tr("recipe"), list(RECIPES), first)
        self.run_name = NameField("run-name", tr("name"), self._names.is_taken)
        self.fields = {
            name: _field(name, kind, _texts(RECIPES[first])[name]) for name, kind in _KINDS.items()
        }
        yield self.recipe
        yield self.run_name
        for name in FIRST:
            yield self.fields[name]
        yield GpuList()
        with Horizontal(classes="row"):
            yield Button(tr(_START), id="start", variant="primary", compact=True)
        yield Static(tr(_NOT_ESTIMATED), id="estimate", markup=False)
        yield Fold(self._fold_title, "fold")
        yield Input(placeholder=tr("part of a setting's name"), id="find", compact=True)
        with Vertical(id="groups"):
            for title, names in groups_of(list(self.fields)).items():
                with _Group(title):
                    for name in names:
                        yield self.fields[name]

    def _fold_title(self, opened: bool) -> str:
        if opened:
            return tr("- fewer settings")
        hidden = [field for name, field in self.fields.items() if name not in FIRST]
        changed = sum(field.has_class("-changed") for field in hidden)
        if changed:
            line = marked("+ {hidden} more settings, {changed} changed")
        else:
            line = marked("+ {hidden} more settings")
        return tr(line, hidden=len(hidden), changed=changed)

    def say_again(self) -> None:
        """Name the button in the language of now; the fields say themselves again."""
        self.query_one("#start", Button).label = tr(_START)

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
        mixed = RECIPES[recipe].mixed
        self.recipe.hint = tr("also reads {corpus}", corpus=mixed) if mixed else ""
        for name, text in _texts(RECIPES[recipe]).items():
            self.fields[name].text = text
            self._update(self.fields[name])
        self.propose_name()

    def offer(self, gpus: Sequence[GpuChoice], can_mix: bool) -> None:
        """Offer the GPUs of the machine, and show what they are doing.

        For a GPU its recipe is proposed, once, if nothing was changed and the poems that the recipe
        mixes in are there (`can_mix`).
        """
        self._gpus = gpus
        has_gpu = any(each.is_usable for each in gpus)
        if has_gpu and can_mix and not self._has_proposed:
            self._has_proposed = True
            untouched = self.recipe.text == next(iter(RECIPES)) and not self.query(".-changed")
            if untouched:
                self.use_recipe(GPU_RECIPE)
        names = [each.name for each in gpus if each.is_usable]
        device = self.fields["device"]
        assert isinstance(device, StepField)
        device.offer(["auto", "cpu", *names])
        self._mark_gpu()

    def _mark_gpu(self) -> None:
        """Mark the GPU that the run will get."""
        chosen = choose(self.fields["device"].text, self._gpus)
        self.query_one(GpuList).show(self._gpus, chosen)

    def propose_name(self) -> None:
        """Propose a free name, unless the user has typed one for the next run."""
        name = self.run_name.text.strip()
        is_used = name == self._started and self._names.is_taken(name)
        if name in ("", self._proposed) or is_used:
            self._proposed = self._names.new(self.recipe.text, self.fields["cell"].text)
            self.run_name.text = self._proposed

    def config(self) -> RunConfig | None:
        """The settings of the form; None if one cannot be used, which is focused."""
        wrong = [field for field in self.fields.values() if not field.check()]
        if wrong:
            self._go_to(wrong[0])
            return None
        values = {name: _value(field) for name, field in self.fields.items()}
        return with_settings(RECIPES[self.recipe.text], values)

    def start(self) -> None:
        """Ask the pane to start the run, or focus the first field with an error."""
        self.propose_name()
        if not self.run_name.check():
            self._go_to(self.run_name)
        elif config := self.config():
            self._started = self.run_name.text.strip()
            self.post_message(self.Start(self._started, config))

    def action_estimate(self) -> None:
        """Estimate what the run comes to."""
        if config := self.config():
            self._estimated = config
            self.query_one("#estimate", Static).update(tr("some trial steps ..."))
            self.post_message(self.EstimateWanted(config))

    def show_estimate(self, estimated: Estimated | None) -> None:
        """Show what a run with these settings comes to; None if that could not be found out."""
        text = tr(_NOT_ESTIMATED)
        if estimated and estimated.config == self._estimated:
            text = tr(
                "{parameters} parameters · {steps:,} steps · {time} plus validations · "
                "{memory:.1f} GB · {device}",
                parameters=compact(estimated.parameters),
                steps=estimated.steps,
                time=duration(estimated.seconds),
                memory=estimated.memory / 1e9,
                device=device_in_words(estimated.device),
            )
        self.query_one("#estimate", Static).update(text)

    @on(Fold.Toggled)
    def _fold(self, event: Fold.Toggled) -> None:
        event.stop()
        self.set_class(self.query_one(Fold).opened, "-more")

    def _go_to(self, field: Field) -> None:
        """Focus a field; a setting that the fold hides is shown first."""
        if field.field in self.fields and field.field not in FIRST:
            self.query_one(Fold).opened = True
            self.set_class(True, "-more")
        field.editor.focus()
        # A field that the fold hid has no place before it is laid out.
        self.call_after_refresh(field.scroll_visible, animate=False)

    def action_find(self) -> None:
        """Type a part of a setting's name, then go to it with enter."""
        self.add_class("-finding")
        self.query_one("#find").focus()

    def _find(self, find: Input) -> None:
        """Go to the first setting that has what was typed in its name, or in its key."""
        typed = find.value.strip().casefold()
        for name, field in self.fields.items():
            if typed and (typed in name or typed in tr(LABELS.get(name, name))):
                find.value = ""
                self._go_to(field)
                return
        self.notify(tr("No setting has {typed!r} in its name.", typed=typed), markup=False)

    @on(DescendantBlur)
    def _left(self, event: DescendantBlur) -> None:
        if event.widget.id == "find":
            self.remove_class("-finding")

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
        self.query_one(Fold).refresh()
        self._estimated = None
        self.query_one("#estimate", Static).update(tr(_NOT_ESTIMATED))
        usual = tr("recipe: {value}", value=tr(default) if default in _ANSWERS else default)
        field.hint = usual if changed else tr(HINTS.get(field.field, ""))
        if field.field == "device":
            self._mark_gpu()

    @on(Input.Submitted)
    @on(Button.Pressed)
    def _submitted(self, event: Input.Submitted | Button.Pressed) -> None:
        event.stop()
        if isinstance(event, Input.Submitted) and event.input.id == "find":
            self._find(event.input)
        else:
            self.start()


_KINDS: dict[str, Any] = {
    setting.name: setting.type
    for struct in (ModelConfig, TrainConfig)
    for setting in msgspec.structs.fields(struct)
}
# False and True.
_ANSWERS = (marked("no"), marked("yes"))
_START = marked("Start training")
_NOT_ESTIMATED = marked("e estimates size, memory and time")


def _texts(config: RunConfig) -> dict[str, str]:
    """The values of all settings as the fields show them."""
    values = msgspec.structs.asdict(config.model) | msgspec.structs.asdict(config.train)
    return {name: _text(value) for name, value in values.items()}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return _ANSWERS[value]
    return f"{value:g}" if isinstance(value, float) else str(value)


def _field(name: str, kind: Any, text: str) -> Field:
    field: Field
    label = tr(LABELS.get(name, name))
    if name == "device":
        # The panel that shows the device has its name as id.
        field = StepField(name, label, ["auto", "cpu"], text, id="device-name")
    elif kind is bool:
        field = StepField(name, label, _ANSWERS, text, said=tr)
    elif get_origin(kind) is Literal:
        field = StepField(name, label, get_args(kind), text)
    else:
        field = NumberField(name, label, kind)
        field.text = text
    field.set_reactive(Field.hint, tr(HINTS.get(name, "")))
    return field


def _value(field: Field) -> object:
    """The value of a field, for `with_settings`."""
    if isinstance(field, NumberField):
        return field.value()
    return _ANSWERS.index(field.text) == 1 if field.text in _ANSWERS else field.text
