"""Fields of forms: numbers, choices, Chinese text, and a fold."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Input, Label, Select, Static
from textual.widgets._select import SelectCurrent, SelectOverlay

from studio.errors import StudioError
from studio.prosody.spelling import searchable
from studio.tui.widgets.pinyin_input import PinyinInput
from studio.verse.request import request_text


@dataclass(frozen=True, slots=True)
class Option:
    """One of several values: `value` as the settings name it, `label` as the list shows it.

    `weights` names the same for two options that are the same thing; by default the value.
    """

    value: str
    label: str
    weights: str = ""

    @property
    def same(self) -> str:
        """What two options for the same thing have in common."""
        return self.weights or self.value


class TypedField(Vertical):
    """A label, a line to type in, and below it what is wrong with it."""

    def __init__(self, name: str, label: str, more: bool = False) -> None:
        """With `more` it stands behind the fold."""
        super().__init__(id=f"field-{name}", classes="field more" if more else "field")
        self.field, self._label = name, label

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Label(self._label, markup=False)
            yield self.line()
        yield Static(classes="error", markup=False)

    def line(self) -> Input:
        """The line to type in."""
        return Input(id=self.field, compact=True)

    @property
    def text(self) -> str:
        """What stands in the field."""
        return self.query_one(Input).value

    @text.setter
    def text(self, text: str) -> None:
        self.query_one(Input).value = text

    def reason(self) -> str:
        """Why what stands there cannot be used; empty where it can."""
        return ""

    def check(self) -> bool:
        """Show or clear the reason why the value cannot be used."""
        reason = self.reason()
        self.set_class(bool(reason), "-bad")
        self.query_one(".error", Static).update(Content(reason))
        return not reason


class NumberField(TypedField):
    """A number; `kind` is its type with its bounds, `allowed` these in words."""

    def __init__(self, name: str, label: str, kind: Any, allowed: str, more: bool = False) -> None:
        super().__init__(name, label, more)
        self._kind, self._allowed = kind, allowed

    def value(self) -> int | float | None:
        """The number, or None where it cannot be used."""
        try:
            number: int | float = msgspec.convert(self.text.strip(), self._kind, strict=False)
        except msgspec.ValidationError:
            return None
        return number

    def reason(self) -> str:
        return "" if self.value() is not None else f"must be {self._allowed}"


class ChineseField(TypedField):
    """Chinese characters, as they were typed; `hint` says what belongs there."""

    def __init__(self, name: str, label: str, hint: str, more: bool = False) -> None:
        super().__init__(name, label, more)
        self._hint = hint

    def line(self) -> Input:
        return PinyinInput(id=self.field, compact=True, placeholder=self._hint)

    def parts(self) -> tuple[str, ...]:
        """The words, parted by spaces or punctuation."""
        words = "".join(each if each.isalnum() else " " for each in self.text)
        return tuple(words.split())

    def reason(self) -> str:
        try:
            request_text(self.text)
        except StudioError as error:
            return str(error)
        return ""


class ChoiceField(Horizontal):
    """A label and one of several values."""

    def __init__(
        self, name: str, label: str, choices: Sequence[Option], more: bool = False
    ) -> None:
        super().__init__(id=f"field-{name}", classes="field more" if more else "field")
        self.field, self._label = name, label
        self._choices = choices

    def compose(self) -> ComposeResult:
        yield Label(self._label, markup=False)
        yield _Choices(_options(self._choices), id=self.field, allow_blank=False, compact=True)

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

    def offer(self, choices: Sequence[Option]) -> None:
        """Offer other choices; the one chosen stays, or the first takes its place."""
        if choices == self._choices:
            return
        chosen = self.value
        self._choices = choices
        self._select.set_options(_options(choices))
        if chosen in self.values:
            self.value = chosen

    def cycle(self) -> None:
        """Choose the next."""
        self.value = self.values[(self.values.index(self.value) + 1) % len(self.values)]

    def unfold(self) -> None:
        """Show the list of values."""
        self._select.focus()
        self._select.action_show_overlay()

    @property
    def _select(self) -> "Select[str]":
        return self.query_one(Select)


class _Choices(Select[str]):
    """Values to choose from; letters that are typed search them as pinyin is spelled."""

    def compose(self) -> ComposeResult:
        yield SelectCurrent(self.prompt)
        yield _Offered().data_bind(compact=Select.compact)


class _Offered(SelectOverlay):
    def _find_search_match(self, query: str) -> int | None:
        texts = (searchable(str(option.prompt)) for option in self.options)
        places = ((text.find(searchable(query)), at) for at, text in enumerate(texts))
        return min((found for found in places if found[0] >= 0), default=(0, None))[1]


def _options(choices: Sequence[Option]) -> list[tuple[Content, str]]:
    return [(Content(each.label), each.value) for each in choices]


class Fold(Widget, can_focus=True):
    """A line that stands for the fields behind it, until it is opened."""

    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "fold", "Open, close", id="fold.toggle"),
    ]

    class Toggled(Message):
        """It was opened or closed."""

    opened: reactive[bool] = reactive(False, init=False)

    def __init__(self, title: Callable[[bool], str], id: str) -> None:
        """`title` is the line's text, by whether it is open."""
        super().__init__(id=id)
        self._title = title

    def render(self) -> Content:
        return Content(self._title(self.opened))

    def watch_opened(self) -> None:
        self.post_message(self.Toggled())

    def action_fold(self) -> None:
        """Open it, or close it."""
        self.opened = not self.opened

    def on_click(self) -> None:
        self.action_fold()
