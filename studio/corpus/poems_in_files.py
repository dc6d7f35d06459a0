"""Poems in files, read for scanning, and messages about those that cannot be read."""

import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import msgspec

from studio.corpus import sources
from studio.corpus.cleaning import NOT_UTF8, RejectedError, clean, clean_label
from studio.corpus.long_lines import with_lost_stops
from studio.corpus.poem import verse_lines
from studio.corpus.records import MALFORMED, BadRecord, RawPoem, Record
from studio.errors import CorpusError
from studio.translation import tr
from studio.wording import printable

# Characters of an overlong line that a message shows.
_LONGEST_SHOWN = 30


class Unreadable(msgspec.Struct, frozen=True):
    """A poem that cannot be scanned. `character` is the cause, or empty; `column` is its place in
    the line, counted from 1, or 0 if unknown."""

    line: int
    column: int
    character: str
    reason: str


class Readable(msgspec.Struct, frozen=True):
    """A poem that can be scanned; `text` has its punctuation.

    `row` is the first line of the file that it is in, from 1, or 0 if the file has no lines.
    """

    title: str
    author: str
    text: str
    row: int = 0

    @property
    def lines(self) -> list[str]:
        """The lines of verse without punctuation."""
        return verse_lines(self.text)


def read_poems(file: str, name: str) -> list[Readable | Unreadable]:
    """The poems of a file, or of standard input for "-"; raises CorpusError if there are none."""
    read = [_read(record) for record in _records(file, name)]
    if not read:
        raise CorpusError(
            tr("{name} has no poem. Write one poem per line, with its punctuation.", name=name)
        )
    return read


def _records(file: str, name: str) -> Iterator[Record]:
    if file == "-":
        content = sys.stdin.buffer.read(sources.LARGEST + 1)
        if len(content) > sources.LARGEST:
            raise CorpusError(
                tr(
                    "{name} is larger than {size:,} bytes. Split it.",
                    name=name,
                    size=sources.LARGEST,
                )
            )
        return sources.records(content, name)
    return sources.read(Path(file))


def _read(record: Record) -> Readable | Unreadable:
    """A poem as lines, or the reason why it cannot be scanned."""
    if isinstance(record, BadRecord):
        return Unreadable(record.line, 0, "", record.reason)
    try:
        text = with_lost_stops(clean(record.text, unfinished=True))
    except RejectedError as rejected:
        return _unreadable(record, rejected)
    return Readable(clean_label(record.title), clean_label(record.author), text, record.line)


def _unreadable(record: RawPoem, rejected: RejectedError) -> Unreadable:
    line, column = record.line, 0
    if rejected.at is not None and record.column:
        before = unicodedata.normalize("NFC", record.text)[: rejected.at]
        line += before.count("\n")
        column = len(before) - (before.rfind("\n") + 1) + 1
        if line == record.line:
            column += record.column - 1
    return Unreadable(line, column, printable(rejected.found), str(rejected))


def why(missing: Unreadable) -> str:
    """The place, the reason and the remedy, in a sentence or two."""
    if missing.reason == NOT_UTF8:
        return tr(
            "line {line} is not UTF-8. "
            "Convert the file, for example with iconv -f GB18030 -t UTF-8.",
            line=missing.line,
        )
    place, reason = tr("line {line}", line=missing.line), tr(missing.reason)
    if missing.reason == MALFORMED:
        return tr(
            "{place} cannot be read as a poem. JSON needs the key paragraphs. A row of a table "
            "needs as many cells as the first row. A line title:content needs a colon.",
            place=place,
        )
    if missing.column:
        place = tr("line {line}, column {column}", line=missing.line, column=missing.column)
    if missing.character:
        found = missing.character[:_LONGEST_SHOWN]
        found += "…" * (len(found) < len(missing.character))
        reason = tr("{reason} ({character})", reason=reason, character=found)
    return tr(
        "{place} cannot be scanned: {reason}. A poem is Chinese characters and punctuation.",
        place=place,
        reason=reason,
    )
