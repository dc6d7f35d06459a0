"""Exporting poems as text, Markdown, or a picture. Imports no torch, no textual."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

from studio.collection import picture
from studio.collection.in_words import first_line, heading_of, in_english, source_in_words
from studio.collection.saved import SavedPoem
from studio.corpus.poem import couplets, verse_lines
from studio.errors import StudioError
from studio.files import write_atomically
from studio.paths import is_there
from studio.translation import tr
from studio.verse.request import WrittenPoem

Format = Literal["text", "markdown", "svg", "png"]
SUFFIXES: dict[Format, str] = {"text": ".txt", "markdown": ".md", "svg": ".svg", "png": ".png"}
PICTURES: tuple[Format, ...] = ("svg", "png")
_NUMERALS = "〇一二三四五六七八九十"


def as_text(poems: Sequence[SavedPoem]) -> str:
    """Plain text: the title, one couplet per line, an empty line between two poems."""
    return "\n".join("".join(f"{row}\n" for row in _rows(each)) for each in poems)


def as_markdown(poems: Sequence[SavedPoem]) -> str:
    """Markdown: title or first line as heading, the couplets, then the model, request and time."""
    return "\n".join(_markdown(each) for each in poems)


def as_sheet(saved: SavedPoem) -> picture.Sheet:
    """The poem as a picture, with its form, the day, the model and the request."""
    foot = source_in_words(saved.model, saved.request, in_english)
    title = heading_of(saved.model, saved.request) or saved.request.form
    return picture.sheet(verse_lines(saved.poem.text), title, _day(saved.saved), foot)


def format_of(path: Path, among: Iterable[Format] = SUFFIXES) -> Format:
    """The format for a file's suffix; raises StudioError if it is not one of those."""
    suffixes = {SUFFIXES[form]: form for form in among}
    if form := suffixes.get(path.suffix.lower()):
        return form
    raise StudioError(
        tr(
            "{name} has no suffix of a known format. Use one of {suffixes}.",
            name=path.name,
            suffixes=" ".join(suffixes),
        )
    )


def refuse_taken(path: Path, replace: bool = False) -> None:
    """Raise StudioError if the path is a folder, or a file that may not be replaced."""
    if path.is_dir():
        raise StudioError(tr("{path} is a folder. Give the name of a file.", path=path))
    if path.exists() and not replace:
        raise StudioError(
            tr("{path} exists already. Choose another name, or replace it.", path=path)
        )


def export(path: Path, poems: Sequence[SavedPoem], form: Format, replace: bool = False) -> None:
    """Write poems to a file.

    Raises StudioError if the file exists (unless `replace`) or cannot be written, if a picture is
    to hold several poems, or if this machine has no font for it.
    """
    refuse_taken(path, replace)
    content = _content(poems, form)
    try:
        write_atomically(path, content)
    except OSError as error:
        raise StudioError(
            tr(
                "{path} cannot be written: {error}. Choose another place.",
                path=path,
                error=error.strerror,
            )
        ) from error


def _content(poems: Sequence[SavedPoem], form: Format) -> bytes:
    if form == "text":
        return as_text(poems).encode()
    if form == "markdown":
        return as_markdown(poems).encode()
    if len(poems) != 1:
        raise StudioError(
            tr(
                "A picture has one poem, not {count}. Choose one, or export them as text.",
                count=len(poems),
            )
        )
    drawn = as_sheet(poems[0])
    return picture.as_svg(drawn).encode() if form == "svg" else picture.as_png(drawn)


def free_path(folder: Path, poem: WrittenPoem, form: Format) -> Path:
    """A new path in `folder`, named after the poem's first line, with a number if it is taken."""
    stem = first_line(poem.text) or "poem"
    path, count = folder / f"{stem}{SUFFIXES[form]}", 1
    # No error in a folder that cannot be read: the export says why it cannot be written.
    while is_there(path):
        count += 1
        path = folder / f"{stem}-{count}{SUFFIXES[form]}"
    return path


def _rows(each: SavedPoem) -> list[str]:
    return [*filter(None, [heading_of(each.model, each.request)]), *couplets(each.poem.text)]


def _markdown(each: SavedPoem) -> str:
    rows = "\\\n".join(_escaped(row) for row in couplets(each.poem.text))
    by = f"{source_in_words(each.model, each.request, in_english)} · {each.saved}"
    heading = heading_of(each.model, each.request) or first_line(each.poem.text)
    return f"## {_escaped(heading)}\n\n{rows}\n\n*{_escaped(by)}*\n"


def _escaped(text: str) -> str:
    return "".join(f"\\{each}" if each in "\\`*_[]<>#|~" else each for each in text)


def _day(saved: str) -> str:
    """Local year, month and day in Chinese numerals; empty if the time cannot be read."""
    try:
        day = datetime.fromisoformat(saved).astimezone()
    except (ValueError, OverflowError):
        return ""
    year = "".join(_NUMERALS[int(digit)] for digit in str(day.year))
    return f"{year}年{_number(day.month)}月{_number(day.day)}日"


def _number(number: int) -> str:
    """A number from 1 to 99 in Chinese."""
    tens, ones = divmod(number, 10)
    return (_NUMERALS[tens] if tens > 1 else "") + "十" * (tens > 0) + _NUMERALS[ones] * (ones > 0)
