"""Help pages laid out by cells, for languages of wide characters.

English pages are typer's own, but for ranges of numbers, which it writes as formulas.
"""

import contextlib
import re
import shutil
from collections.abc import Iterator, Sequence
from typing import Any

import typer
from rich.cells import cell_len
from typer.core import TyperCommand, TyperGroup

from studio.cli.output import padded
from studio.cli.typer_words import in_words
from studio.line_breaks import wrapped
from studio.model.config import MAX_COUNT
from studio.translation import language, marked, tr

WIDEST = 80
# Most cells of the first of two columns.
_FIRST = 30
# The words that typer has for options, arguments and their values.
_HEADINGS = (marked("Options"), marked("Arguments"), marked("Commands"))
_OF_OPTIONS = (marked("default: "), marked("; "), marked("required"))
_RANGE = re.compile(r"([\d.]+)<=x<=([\d.]+)|x>=([\d.]+)")
# From this bound on a number has a limit only because computers have one.
_UNLIMITED = MAX_COUNT
_METAVARS = {
    "[OPTIONS]": marked("[OPTIONS]"),
    "COMMAND [ARGS]...": marked("COMMAND [ARGS]..."),
    "<list[str]>": marked("<text, several times>"),
    "<str>": marked("<text>"),
    "<int range>": marked("<whole number>"),
    "<int>": marked("<whole number>"),
    "<float range>": marked("<number>"),
    "<float>": marked("<number>"),
    "<path>": marked("<path>"),
}


class HelpPage:
    """Takes the place of click's HelpFormatter: it has the methods that commands call."""

    def __init__(self) -> None:
        self._columns = min(shutil.get_terminal_size().columns, WIDEST) - 2
        # Commands cut their help at this many letters, but here it is cut after a sentence.
        self.width = 10**6
        self._lines: list[str] = []
        self._indent = ""
        self._is_cut = False

    def write_usage(self, prog: str, args: str = "") -> None:
        """The line that names the arguments."""
        head = tr("Usage: {program} ", program=prog)
        self._write(head, wrapped(_with_metavars(args), self._columns - cell_len(head)))

    def write_paragraph(self) -> None:
        """An empty line."""
        self._lines.append("")

    def write_text(self, text: str) -> None:
        """Paragraphs."""
        for number, paragraph in enumerate(text.split("\n\n")):
            if number:
                self.write_paragraph()
            words = " ".join(paragraph.split("\n"))
            self._write(self._indent, wrapped(words, self._columns - len(self._indent)))

    def write_dl(self, rows: Sequence[tuple[str, str]]) -> None:
        """Two columns: names, and what they mean."""
        named = [(_with_metavars(name), _meaning(meaning)) for name, meaning in rows]
        first = min(max(cell_len(name) for name, _ in named), _FIRST) + 2
        for name, meaning in named:
            if self._is_cut:
                meaning = re.match("[^。\n]*。?", meaning)[0]  # type: ignore[index]
            head = self._indent + padded(name, first)
            if cell_len(name) > first - 2:
                self._lines.append(head.rstrip())
                head = self._indent + " " * first
            self._write(head, wrapped(meaning, self._columns - cell_len(head)))

    @contextlib.contextmanager
    def section(self, name: str) -> Iterator[None]:
        """A part with a heading."""
        self.write_paragraph()
        self._lines.append(tr("{heading}:", heading=tr(name)))
        self._is_cut = name == "Commands"
        with self.indentation():
            yield

    @contextlib.contextmanager
    def indentation(self) -> Iterator[None]:
        """Lines further in."""
        before = self._indent
        self._indent += "  "
        yield
        self._indent = before

    def getvalue(self) -> str:
        """The page."""
        return "\n".join(self._lines)

    def _write(self, head: str, lines: list[str]) -> None:
        rest = " " * cell_len(head)
        for number, line in enumerate(lines):
            self._lines.append(f"{rest if number else head}{line}".rstrip())


class _Context(typer.Context):
    """A context with pages in the language of the process."""

    def make_formatter(self) -> Any:
        if language() != "en":
            return HelpPage()
        formatter: Any = super().make_formatter()
        write = formatter.write_dl
        formatter.write_dl = lambda rows: write([(name, _with_ranges(text)) for name, text in rows])
        return formatter


def use_help_pages() -> None:
    """Let all commands use these pages if the language is not English."""
    for kind in (TyperCommand, TyperGroup):
        kind.context_class = _Context


def _with_metavars(name: str) -> str:
    for word, message in _METAVARS.items():
        name = name.replace(word, tr(message))
    return name


def _with_ranges(text: str) -> str:
    """The help of an option, with the range of its value in words."""
    return _RANGE.sub(_range, text)


def _range(found: re.Match[str]) -> str:
    low, high = found[1] or found[3], found[2]
    if high and float(high) < _UNLIMITED:
        return tr("{low} to {high}", low=low, high=f"{int(high):,}" if high.isdigit() else high)
    return tr("{low} or more", low=low)


def _meaning(text: str) -> str:
    """The help of an option, with what typer adds: its default and whether it is required."""
    text, bracket, extra = _with_ranges(text).rpartition("  [")
    for word in _OF_OPTIONS:
        extra = extra.replace(word, tr(word))
    return in_words(text or extra) if not bracket else f"{in_words(text)}  [{extra}"
