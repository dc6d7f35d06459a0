"""The fields of forms: numbers, names, choices, Chinese text; and a fold."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.app import RenderResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Input, Select

from studio.documents import converted
from studio.errors import ConfigError, StudioError
from studio.reasons import accepted_values
from studio.translation import again, marked, tr
from studio.tui.widgets.pinyin_input import PinyinInput
from studio.tui.widgets.search_select import SearchSelect
from studio.tui.widgets.stepper import Stepper
from studio.verse.request import request_text, title_text

GAP = 2  # cells before a note


@dataclass(frozen=True, slots=True)
class Option:
    """A value to choose: `value` as the settings name it, `label` as the list shows it.

    Two options with the same `weights` are the same model; the default is the value.
    """

    value: str
    label: str
    weights: str = ""

    @property
    def same(self) -> str:
        """The same for two options that are the same thing."""
        return self.weights or self.value


class Field(Widget):
    """A label, an editor, and a note: a hint, or why the value cannot be used.

    The note is beside the editor. If there is no room, a reason is below it, and a hint is left
    out. The field draws label and note itself: with a widget for each, a form has twice as many.
    """

    DEFAULT_CSS = """
    Field {
        height: auto;
        layout: horizontal;
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"field--label", "field--hint", "field--error"}

    hint: reactive[str] = reactive("")

    def __init__(
        self, name: str, label: str, editor: "Input | Stepper | Select[str]", more: bool = False
    ) -> None:
        """`name` is the editor's id. A closed fold hides the fields with `more`."""
        super().__init__(editor, id=f"field-{name}", classes="more" if more else None)
        self.field, self.editor, self._label = name, editor, label
        self._error = ""

    @property
    def text(self) -> str:
        """The text in the editor."""
        return str(self.editor.value)

    @text.setter
    def text(self, text: str) -> None:
        self.editor.value = text

    def reason(self) -> str:
        """Why the value cannot be used; "" if it can."""
        return ""

    def check(self) -> bool:
        """Show or clear the reason why the value cannot be used."""
        if self._error != (reason := self.reason()):
            self._error = reason
            self.refresh(layout=True)
        return not reason

    def say_again(self) -> None:
        """Show label, hint and reason in the language of now."""
        self._label, self.hint = again(self._label), again(self.hint)
        if self._error:
            self.check()

    def render(self) -> RenderResult:
        width, style = self.size.width, self.get_component_rich_style
        line = Text(self._label, style("field--label"), no_wrap=True, end="")
        if self._error and not self._is_room_beside(self._error, width):
            return Text("\n", end="").join([line, *self._lines_below(width)])
        note = Text(
            self._error or self.hint, style("field--error" if self._error else "field--hint")
        )
        if note and self._is_room_beside(note.plain, width):
            line.append(" " * (self._editor_end(width) + GAP - line.cell_len))
            line.append_text(note)
        return line

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return 1 + len(self._lines_below(width))

    def _lines_below(self, width: int) -> list[Text]:
        """The reason, if it is too long to be beside the editor."""
        if not self._error or self._is_room_beside(self._error, width):
            return []
        error = Text(self._error, self.get_component_rich_style("field--error"))
        return [
            Text(" " * GAP, end="").append_text(line)
            for line in error.wrap(self.app.console, max(1, width - GAP))
        ]

    def _is_room_beside(self, note: str, width: int) -> bool:
        return self._editor_end(width) + GAP + cell_len(note) <= width

    def _editor_end(self, width: int) -> int:
        """The column after the editor. Without a fixed width it takes the rest of the line."""
        styles = self.editor.styles
        fixed = styles.width.cells if styles.width else None
        return width if fixed is None else styles.margin.left + fixed


class TypedField(Field):
    """A field with text to type."""

    def __init__(self, name: str, label: str, editor: Input | None = None, more: bool = False):
        # The field checks the value. Textual would mark it as valid, and style it for that.
        super().__init__(name, label, editor or Input(id=name, compact=True, validate_on=()), more)


class NumberField(TypedField):
    """A number. `kind` is its type with bounds; `allowed` may describe it in other words."""

    def __init__(
        self, name: str, label: str, kind: Any, allowed: str = "", more: bool = False
    ) -> None:
        super().__init__(name, label, more=more)
        self._kind, self._allowed = kind, allowed

    def say_again(self) -> None:
        """Say what is allowed, too, in the language of now."""
        self._allowed = again(self._allowed)
        super().say_again()

    def value(self) -> int | float | None:
        """The number, or None if it cannot be used."""
        try:
            return self._number()
        except ConfigError:
            return None

    def reason(self) -> str:
        try:
            self._number()
        except ConfigError:
            # The field shows its name and its value itself.
            return tr("must be {allowed}", allowed=self._allowed or accepted_values(self._kind))
        return ""

    def _number(self) -> int | float:
        # Input methods for Chinese have full-width digits, and 。 on the key of the point.
        typed = unicodedata.normalize("NFKC", self.text).replace("。", ".").strip()
        number: int | float = converted(typed, self._kind, strict=False)
        return number


class NameField(TypedField):
    """A name for something new. `is_taken` says whether something else has the name."""

    def __init__(self, name: str, label: str, is_taken: Callable[[str], bool]) -> None:
        super().__init__(name, label)
        self._is_taken = is_taken

    def reason(self) -> str:
        return tr("already taken") if self._is_taken(self.text.strip()) else ""


class ChineseField(TypedField):
    """Chinese text, as it was typed. `placeholder` is shown while it is empty."""

    # What is put between pasted lines.
    BETWEEN_LINES: ClassVar[str] = ""

    def __init__(self, name: str, label: str, placeholder: str, more: bool = False) -> None:
        editor = PinyinInput(id=name, compact=True, placeholder=placeholder)
        editor.between_lines = self.BETWEEN_LINES
        super().__init__(name, label, editor, more)

    def reason(self) -> str:
        return _reason_against(self.text)


class TitleField(ChineseField):
    """The title of a poem: it may have digits, and signs between its parts."""

    def reason(self) -> str:
        return _reason_against(self.text, title_text)


class WordsField(ChineseField):
    """Words in Chinese, separated by spaces, punctuation or lines."""

    BETWEEN_LINES = " "

    def words(self) -> tuple[str, ...]:
        """The words, as they were typed."""
        words = "".join(each if each.isalnum() else " " for each in self.text)
        return tuple(words.split())

    def reason(self) -> str:
        return _reason_against("".join(self.words()))


def _reason_against(typed: str, read: Callable[[str], str] = request_text) -> str:
    """Why a request cannot have this text, as `read` takes it; "" if it can."""
    try:
        read(typed)
    except StudioError as error:
        return str(error)
    return ""


class StepField(Field):
    """One of a few values, changed with left and right."""

    def __init__(
        self,
        name: str,
        label: str,
        values: Sequence[str],
        value: str,
        id: str = "",
        said: Callable[[str], str] = str,
    ) -> None:
        """`id` is the editor's, if it is not `name`. `said` returns how a value is shown."""
        self._stepper = Stepper(values, value, id or name, said)
        super().__init__(name, label, self._stepper)

    def offer(self, values: Sequence[str]) -> None:
        """Offer other values. The chosen one stays, or else the first one is chosen."""
        self._stepper.values = values
        if self.text not in values:
            self.text = values[0]


class ChoiceField(Field):
    """One of several values, chosen from a list that unfolds."""

    def __init__(
        self, name: str, label: str, choices: Sequence[Option], more: bool = False
    ) -> None:
        self._choices = choices
        self._select = SearchSelect(_options(choices), id=name, allow_blank=False, compact=True)
        super().__init__(name, label, self._select, more)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        # A long value is on several lines.
        return self.layout.get_content_height(self, container, viewport, width)

    @property
    def value(self) -> str:
        """The value chosen."""
        return self.text

    @value.setter
    def value(self, value: str) -> None:
        self.text = value

    @property
    def values(self) -> list[str]:
        """All that can be chosen."""
        return [each.value for each in self._choices]

    def offer(self, choices: Sequence[Option]) -> None:
        """Offer other choices. The chosen value stays, or else the first one is chosen."""
        if choices == self._choices:
            return
        self._choices = choices
        self._select.offer(_options(choices))

    def say_again(self) -> None:
        """Name the values, too, in the language of now."""
        super().say_again()
        self.rename([replace(each, label=again(each.label)) for each in self._choices])

    def rename(self, choices: Sequence[Option]) -> None:
        """Show other labels for the same values."""
        self._choices = choices
        self._select.rename(_options(choices))

    def cycle(self) -> None:
        """Choose the next value."""
        self.value = self.values[(self.values.index(self.value) + 1) % len(self.values)]

    def unfold(self) -> None:
        """Unfold the list of values."""
        self._select.focus()
        self._select.action_show_overlay()


def _options(choices: Sequence[Option]) -> list[tuple[Content, str]]:
    return [(Content(each.label), each.value) for each in choices]


class Fold(Widget, can_focus=True):
    """A line that shows and hides the fields with `more`."""

    ALLOW_SELECT = False
    KEYS_HEADING = marked("On the line that shows more fields")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "fold", marked("More or fewer fields"), id="fold.toggle"),
    ]

    class Toggled(Message):
        """The fold was opened or closed."""

    opened: reactive[bool] = reactive(False, init=False)

    def __init__(self, title: Callable[[bool], str], id: str) -> None:
        """`title` returns the line's text, given whether the fold is open."""
        super().__init__(id=id)
        self._title = title

    def render(self) -> Content:
        return Content(self._title(self.opened))

    def watch_opened(self) -> None:
        self.post_message(self.Toggled())

    def action_fold(self) -> None:
        """Open or close it."""
        self.opened = not self.opened

    def on_click(self) -> None:
        self.action_fold()
