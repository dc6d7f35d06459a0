"""What a poem is asked for with, as a form."""

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Label, Select, Static

from studio.prosody.forms import forms
from studio.tui.line_input import LineInput
from studio.tui.model_choices import ModelChoice
from studio.verse.request import ComposeRequest, Sampling

FREE = "free"
MOST_CANDIDATES = 24  # as many as can be looked at
TEMPERATURE_STEP = 0.1

_AUTO = ModelChoice("auto", "auto")
_TYPES: dict[str, Any] = {
    field.name: field.type
    for struct in (Sampling, ComposeRequest)
    for field in msgspec.structs.fields(struct)
} | {"candidates": Annotated[int, Meta(ge=1, le=MOST_CANDIDATES)]}
# What draws at random: of no use where the likeliest character is taken.
_DRAWING = ("temperature", "top_k", "top_p", "min_p", "candidates")


class NumberField(Vertical):
    """A label, a number, and below them what is wrong with it."""

    def __init__(self, name: str, label: str, allowed: str) -> None:
        super().__init__(id=f"field-{name}", classes="field")
        self.field, self._label, self._allowed = name, label, allowed

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Label(self._label, markup=False)
            yield LineInput(id=self.field, compact=True)
        yield Static(classes="error", markup=False)

    @property
    def text(self) -> str:
        """What stands in the field."""
        return self.query_one(Input).value

    @text.setter
    def text(self, text: str) -> None:
        self.query_one(Input).value = text

    @property
    def is_used(self) -> bool:
        """Whether the request, as its other fields stand, looks at this one."""
        return self.display and not self.disabled

    def value(self) -> int | float | None:
        """The number, or None where it cannot be used."""
        try:
            number: int | float = msgspec.convert(
                self.text.strip(), _TYPES[self.field], strict=False
            )
        except msgspec.ValidationError:
            return None
        return number

    def check(self) -> bool:
        """Show or clear the reason why the value cannot be used."""
        fine = self.value() is not None
        self.set_class(not fine, "-bad")
        self.query_one(".error", Static).update("" if fine else f"must be {self._allowed}")
        return fine


class ChoiceField(Horizontal):
    """A label and one of several values."""

    def __init__(self, name: str, label: str, choices: Sequence[ModelChoice]) -> None:
        super().__init__(id=f"field-{name}", classes="field")
        self.field, self._label = name, label
        self._choices = choices

    def compose(self) -> ComposeResult:
        yield Label(self._label, markup=False)
        options = [(Content(each.label), each.value) for each in self._choices]
        yield Select(options, id=self.field, allow_blank=False, compact=True)

    @property
    def value(self) -> str:
        """The value chosen."""
        return str(self._select.value)

    @value.setter
    def value(self, value: str) -> None:
        self._select.value = value

    @property
    def values(self) -> list[str]:
        """All that can be chosen."""
        return [each.value for each in self._choices]

    def offer(self, choices: Sequence[ModelChoice]) -> None:
        """Offer other choices; the one chosen stays, or the first takes its place."""
        if choices == self._choices:
            return
        chosen = self.value
        self._choices = choices
        self._select.set_options([(Content(each.label), each.value) for each in choices])
        if chosen in self.values:
            self.value = chosen

    def cycle(self) -> None:
        """Choose the next."""
        self.value = self.values[(self.values.index(self.value) + 1) % len(self.values)]

    @property
    def _select(self) -> "Select[str]":
        return self.query_one(Select)


class RequestForm(VerticalScroll, can_focus=False):
    """All of a request but its opening."""

    class Changed(Message):
        """A value changed."""

    def compose(self) -> ComposeResult:
        names = [*forms(), FREE]
        yield ChoiceField("form", "Form", [ModelChoice(name, name) for name in names])
        yield NumberField("longest", "At most", "a whole number from 1 to 2000")
        yield ChoiceField(
            "strategy",
            "Strategy",
            [ModelChoice("sample", "sample"), ModelChoice("greedy", "greedy (argmax)")],
        )
        yield NumberField("temperature", "Temperature", "above 0, at most 10")
        yield NumberField("top_k", "Top-k", "a whole number; 0 keeps all")
        yield NumberField("top_p", "Top-p", "above 0, at most 1")
        yield NumberField("min_p", "Min-p", "0 or more, below 1")
        yield NumberField("repetition_penalty", "Repetition", "from 1 to 10")
        yield NumberField("candidates", "Poems", f"a whole number from 1 to {MOST_CANDIDATES}")
        yield ChoiceField(
            "seeding",
            "Seed",
            [ModelChoice("fresh", "new each time"), ModelChoice("fixed", "this one")],
        )
        yield NumberField("seed", "", "a whole number, 0 or more")
        yield ChoiceField("model", "Model", [_AUTO])
        yield Static("tab goes on · escape goes back", classes="hint", markup=False)

    def fill(self, request: ComposeRequest) -> None:
        """Show a request; what is not there to be chosen any more is left as it was."""
        self._choice("form").value = request.form if request.form in forms() else FREE
        self._choice("strategy").value = request.sampling.strategy
        for name in ("temperature", "top_k", "top_p", "min_p", "repetition_penalty"):
            self._number(name).text = f"{getattr(request.sampling, name):.10g}"
        self._number("candidates").text = str(min(request.candidates, MOST_CANDIDATES))
        self._number("longest").text = str(request.longest)
        self.seed = request.seed
        if request.model in self.models:
            self.model = request.model

    def focus_bad(self) -> None:
        """Go to the first value that cannot be used; its reason stands below it."""
        for field in self.query(NumberField):
            if field.is_used and field.value() is None:
                field.query_one(Input).focus()
                return

    def request(self, first: str) -> ComposeRequest | None:
        """The request that begins with `first`, or None where a value cannot be used."""
        if any(field.is_used and field.value() is None for field in self.query(NumberField)):
            return None
        numbers = {
            name: value if (value := self._number(name).value()) is not None else default
            for name, default in _defaults().items()
        }
        sampling = {name: numbers.pop(name) for name in list(numbers) if hasattr(Sampling(), name)}
        form = self._choice("form").value
        greedy = self._choice("strategy").value == "greedy"
        return msgspec.convert(
            {
                **numbers,
                "first": first,
                "form": "" if form == FREE else form,
                "sampling": {**sampling, "strategy": self._choice("strategy").value},
                # The likeliest poem is one.
                "candidates": 1 if greedy else numbers["candidates"],
                "model": self._choice("model").value,
            },
            ComposeRequest,
        )

    @property
    def seed(self) -> int | None:
        """The seed that stands in the form, or None where it is no number."""
        value = self._number("seed").value()
        return None if value is None else int(value)

    @seed.setter
    def seed(self, seed: int) -> None:
        with self.prevent(Input.Changed):
            self._number("seed").text = str(seed)
        self._number("seed").check()

    @property
    def seeds_afresh(self) -> bool:
        """Whether each poem gets a seed of its own."""
        return self._choice("seeding").value == "fresh"

    @property
    def model(self) -> str:
        """The model chosen."""
        return self._choice("model").value

    @model.setter
    def model(self, model: str) -> None:
        self._choice("model").value = model

    @property
    def models(self) -> list[str]:
        """The models that can be chosen."""
        return self._choice("model").values

    def offer_models(self, choices: Sequence[ModelChoice], training: str | None) -> None:
        """Offer models to choose from; `training` is the run in training."""
        offered = [_AUTO]
        if training:
            offered.append(ModelChoice(training, f"{training} (in training)"))
        offered += [choice for choice in choices if choice.value != training]
        self._choice("model").offer(offered)

    def cycle(self, name: str) -> None:
        """Choose the next form, strategy ..."""
        self._choice(name).cycle()

    def warm(self, steps: int) -> None:
        """Raise the temperature by a tenth, or lower it."""
        field = self._number("temperature")
        value = round((field.value() or 0.0) + steps * TEMPERATURE_STEP, 2)
        field.text = f"{min(10.0, max(TEMPERATURE_STEP, value)):g}"

    def open_models(self) -> None:
        """Unfold the list of models."""
        select = self._choice("model").query_one(Select)
        select.focus()
        select.action_show_overlay()

    def focus_first(self) -> None:
        """Begin at the first field."""
        self._choice("form").query_one(Select).focus()

    @on(Input.Changed)
    def _number_typed(self, event: Input.Changed) -> None:
        event.stop()
        field = self._number(str(event.input.id))
        field.check()
        if event.input.id == "seed" and event.input.has_focus:
            # Who types a seed wants that one.
            self._choice("seeding").value = "fixed"
        self.post_message(self.Changed())

    @on(Select.Changed)
    def _choice_made(self, event: "Select.Changed") -> None:
        event.stop()
        self._number("longest").display = self._choice("form").value == FREE
        for name in _DRAWING:
            self._number(name).disabled = self._choice("strategy").value == "greedy"
        self.post_message(self.Changed())

    def _number(self, name: str) -> NumberField:
        return self.query_one(f"#field-{name}", NumberField)

    def _choice(self, name: str) -> ChoiceField:
        return self.query_one(f"#field-{name}", ChoiceField)


def _defaults() -> dict[str, int | float]:
    """The numbers of the default request, by name."""
    request = ComposeRequest()
    return {
        **{
            name: getattr(request.sampling, name)
            for name in Sampling.__struct_fields__
            if name != "strategy"
        },
        **{name: getattr(request, name) for name in ("candidates", "longest", "seed")},
    }
