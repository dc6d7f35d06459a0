"""`scan`: check poems against the rules of verse."""

import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.cells import cell_len

from studio.cli.output import out, print_json, say, usage_errors
from studio.corpus import sources
from studio.corpus.cleaning import NOT_UTF8, RejectedError, clean, clean_label
from studio.corpus.long_lines import with_lost_stops
from studio.corpus.poem import verse_lines
from studio.corpus.records import BadRecord, RawPoem, Record
from studio.errors import ConfigError, CorpusError
from studio.prosody.books import rhyme_book_named
from studio.prosody.report import IN_ENGLISH, Line, Remark, Scansion
from studio.prosody.rules import ScanRules
from studio.prosody.scansion import scan as scan_poem
from studio.wording import printable

Json = Annotated[bool, typer.Option("--json", help="Report as JSON.")]
# A file that has no poems would give one message per line.
UNREADABLE_SHOWN = 20


class Unreadable(msgspec.Struct, frozen=True):
    """A poem that cannot be scanned. `character` is the cause, or empty; `column` is its place in
    the line, counted from 1, or 0 if unknown."""

    line: int
    column: int
    character: str
    reason: str


class Readable(msgspec.Struct, frozen=True):
    """A poem that can be scanned."""

    title: str
    author: str
    lines: list[str]


def scan(
    file: Annotated[
        str,
        typer.Argument(
            help="Poems in a format of `corpus fetch --from`: one per line, title:content lines, "
            "verse below its title and poet, with blank lines between the poems, or JSON. "
            '"-" reads standard input.'
        ),
    ],
    rhymes: Annotated[
        str,
        typer.Option(
            help="Rhyme book: pingshui (平水韵) or cilin (词林正韵), with the tones of the Tang; "
            "tongyun (中华通韵) or xinyun (中华新韵), with those of today."
        ),
    ] = "pingshui",
    no_rescue: Annotated[
        list[str] | None,
        typer.Option(
            help="Allow no rescue (拗救): self, within a line (仄平平仄平, 平平仄平仄); "
            "next, by the next line of the couplet. Give it twice for both."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Show tones, form, rhyme and faults of poems.

    They may be simplified or traditional. A poem that cannot be read is reported with its line.
    The other poems are scanned, and the exit code is 1.

    With --json each poem has its faults, and notes on what looks like a fault but is not. Each has
    a name, line, start and end (counted from 0), an explanation, and a severity: "fault" or "note".
    A repeated character (重字) is among the faults, with the severity "note".
    """
    rules = _rules(rhymes, no_rescue or [])
    name = "standard input" if file == "-" else file
    read = [_read(record) for record in _records(file, name)]
    if not read:
        raise CorpusError(f"{name} has no poem. Write one poem per line, with its punctuation.")
    unreadable = [each for each in read if isinstance(each, Unreadable)]
    scanned = [
        (each, scan_poem(each.lines, rules=rules)) for each in read if isinstance(each, Readable)
    ]
    if json:
        poems = [
            {
                "title": poem.title,
                "author": poem.author,
                "form": each.form,
                "regulated": each.regulated,
                "perfect": each.perfect if each.regulated else None,
                "template": each.template,
                "rhymes": each.rhymes,
                "lines": each.lines,
                "faults": each.faults,
                "notes": each.notes,
            }
            for poem, each in scanned
        ]
        print_json({"rhyme_book": rules.book.name, "poems": poems, "unreadable": unreadable})
    else:
        for at, (poem, each) in enumerate(scanned):
            if at:
                out.print()
            _print("  ".join(part for part in (poem.title, poem.author) if part), each)
    for missing in unreadable[:UNREADABLE_SHOWN]:
        say(f"tangshi-studio: {name}, {_why(missing)}")
    if len(unreadable) > UNREADABLE_SHOWN:
        say(f"{len(unreadable):,} poems cannot be scanned. List them all with --json.")
    if unreadable:
        raise typer.Exit(1)


@usage_errors()
def _rules(rhymes: str, forbidden: list[str]) -> ScanRules:
    for each in forbidden:
        if each not in ("self", "next"):
            raise ConfigError(f"--no-rescue must be self or next, not {each!r}.")
    return ScanRules(rhyme_book_named(rhymes), "self" not in forbidden, "next" not in forbidden)


def _records(file: str, name: str) -> Iterator[Record]:
    if file == "-":
        content = sys.stdin.buffer.read(sources.LARGEST + 1)
        if len(content) > sources.LARGEST:
            raise CorpusError(f"{name} is larger than {sources.LARGEST:,} bytes. Split it.")
        return sources.records(content, name)
    return sources.read(Path(file))


def _read(record: Record) -> Readable | Unreadable:
    """A poem as lines, or the reason why it cannot be scanned."""
    if isinstance(record, BadRecord):
        return Unreadable(record.line, 0, "", record.reason)
    try:
        lines = verse_lines(with_lost_stops(clean(record.text)))
    except RejectedError as rejected:
        return _unreadable(record, rejected)
    return Readable(clean_label(record.title), clean_label(record.author), lines)


def _unreadable(record: RawPoem, rejected: RejectedError) -> Unreadable:
    line, column = record.line, 0
    if rejected.at is not None and record.column:
        before = unicodedata.normalize("NFC", record.text)[: rejected.at]
        line += before.count("\n")
        column = len(before) - (before.rfind("\n") + 1) + 1
        if line == record.line:
            column += record.column - 1
    return Unreadable(line, column, printable(rejected.found), str(rejected))


def _why(missing: Unreadable) -> str:
    """The place, the reason and the remedy, in a sentence or two."""
    if missing.reason == NOT_UTF8:
        return (
            f"line {missing.line} is not UTF-8. "
            "Convert the file, for example with iconv -f GB18030 -t UTF-8."
        )
    column = f", column {missing.column}" if missing.column else ""
    found = f" ({missing.character})" if missing.character else ""
    return (
        f"line {missing.line}{column} cannot be scanned: {missing.reason}{found}. "
        "A poem is Chinese characters and punctuation."
    )


def _print(title: str, scanned: Scansion) -> None:
    if title:
        out.print(title)
    width = max(cell_len(line.text) for line in scanned.lines)
    for at, line in enumerate(scanned.lines):
        marks = _marks(line)
        out.print(f"  {line.text}{' ' * (width - cell_len(line.text))}  {line.rhyme}".rstrip())
        wrong = [each.name for each in scanned.broken if each.line == at]
        named = " ".join(dict.fromkeys(wrong))
        out.print(f"  {marks}{' ' * (width - cell_len(marks))}  {named}".rstrip())
    rhymes = "、".join(scanned.rhymes) or "—"
    parts = [scanned.form, scanned.template, f"rhyme {rhymes}"]
    out.print(" · ".join(part for part in parts if part))
    for fault in scanned.broken:
        out.print(_remark("✗", fault), soft_wrap=True)
    for note in scanned.noted:
        out.print(_remark("·", note), soft_wrap=True)
    if not scanned.broken:
        out.print(
            "No faults."
            if scanned.regulated
            else "No faults (old style: only length and rhyme are checked)."
        )


def _marks(line: Line) -> str:
    """The tones under a line, each as wide as a character."""
    return "".join("？" if each.tone == "?" else each.tone for each in line.characters)


def _remark(sign: str, remark: Remark) -> str:
    name = f"{remark.name} ({IN_ENGLISH[remark.name]})"
    return f"{sign} Line {remark.line + 1}, {name}: {remark.explanation}"
