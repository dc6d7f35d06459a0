"""A report as a list of blocks, the same for HTML and Markdown. All text is plain."""

import re
from pathlib import Path
from typing import Literal

import msgspec

from studio.paths import expanded, resolved
from studio.report.pictures import Drawing
from studio.wording import printable


class Section(msgspec.Struct, frozen=True):
    """A heading; level 1 is the title of the report."""

    level: int
    title: str


class Paragraph(msgspec.Struct, frozen=True):
    """A paragraph."""

    words: str


class Remarks(msgspec.Struct, frozen=True):
    """A list of sentences."""

    items: tuple[str, ...]


class Grid(msgspec.Struct, frozen=True):
    """A table; a cell may have several lines. The first column names the rows.

    Lines of `verse` are not wrapped, and columns of `prose` have the same width.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""
    kind: Literal["text", "numbers", "verse", "prose"] = "text"

    def is_numeric(self, column: int) -> bool:
        """Whether a column has numbers, and is aligned to the right."""
        # The name of a run may begin with a digit, too.
        if self.kind != "numbers" or column == 0:
            return False
        return any(row[column][:1].isdigit() for row in self.rows)


class Picture(msgspec.Struct, frozen=True):
    """A picture; `name` is the stem of its file."""

    name: str
    drawing: Drawing
    caption: str


class Commands(msgspec.Struct, frozen=True):
    """Commands for a terminal."""

    lines: tuple[str, ...]


class Blank(msgspec.Struct, frozen=True):
    """Room for the reader's own text."""

    hint: str


Block = Section | Paragraph | Remarks | Grid | Picture | Commands | Blank


class ReportDocument(msgspec.Struct, frozen=True):
    """A report in one language, a BCP 47 tag."""

    language: str
    blocks: tuple[Block, ...]

    @property
    def title(self) -> str:
        """The first heading."""
        return next(each.title for each in self.blocks if isinstance(each, Section))


def as_shown(text: str) -> str:
    """Text for any reader: without control characters, and with ~ for the user's own folder."""
    text = printable(text)
    for folder in {str(home(Path("~"))) for home in (expanded, resolved)} - {"/"}:
        # Only a path that begins with it.
        text = re.sub(rf"(?<![\w.~/-]){re.escape(folder)}(?=/)", "~", text, flags=re.ASCII)
    return text
