"""A field and a text area for Chinese, typed by pinyin or pasted."""

from textual.geometry import Size
from textual.reactive import Reactive
from textual.widgets import Input, TextArea

from studio.tui.widgets.pinyin_typing import PinyinTyping


class PinyinInput(PinyinTyping, Input):
    """A field for one line; several lines that are pasted become one."""

    between_lines = ""
    """What is put between pasted lines."""

    # The size of the scrollable content. In Textual each change, so each key, lays out the whole
    # screen again. But the size of a field does not depend on its text.
    virtual_size = Reactive(Size(0, 0))

    def replace(self, text: str, start: int, end: int) -> None:
        """Put the printable characters in a place; refuse lone surrogates, with the reason."""
        if not self._refuses(text):
            text = self.between_lines.join(text.splitlines())
            super().replace("".join(filter(str.isprintable, text)), start, end)

    def _insert(self, text: str) -> None:
        self.replace(text, *self.selection)

    @property
    def _place(self) -> int:
        return min(self.selection)


class PinyinArea(PinyinTyping, TextArea):
    """A text area for a poem."""

    def _insert(self, text: str) -> None:
        if self._refuses(text):
            return
        if not self.selection.is_empty:
            self.delete(*self.selection)
        lines = "\n".join(text.splitlines()) + "\n" * text.endswith("\n")
        self.insert("".join(each for each in lines if each.isprintable() or each == "\n"))

    @property
    def _place(self) -> int:
        return min(self.selection)[1]
