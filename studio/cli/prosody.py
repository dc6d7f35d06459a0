"""`scan` and `corpus prosody`: check poems against the rules of verse."""

import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.cells import cell_len

from studio.cli.output import out, print_json, say
from studio.corpus import sources
from studio.corpus.cleaning import NOT_UTF8, RejectedError, clean, clean_label
from studio.corpus.library import Library
from studio.corpus.long_lines import with_lost_stops
from studio.corpus.poem import verse_lines
from studio.corpus.prosody import Prosody, measure
from studio.corpus.records import BadRecord, RawPoem, Record
from studio.errors import CorpusError
from studio.paths import Home
from studio.prosody.report import IN_ENGLISH, Line, Remark, Scansion
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
    json: Json = False,
) -> None:
    """Show tones, form, rhyme and faults of poems.

    They may be simplified or traditional. A poem that cannot be read is reported with its line.
    The other poems are scanned, and the exit code is 1.

    With --json each poem has its faults, and notes on what looks like a fault but is not. Each has
    a name, line, start and end (counted from 0), an explanation, and a severity: "fault" or "note".
    A repeated character (重字) is among the faults, with the severity "note".
    """
    name = "standard input" if file == "-" else file
    read = [_read(record) for record in _records(file, name)]
    if not read:
        raise CorpusError(f"{name} has no poem. Write one poem per line, with its punctuation.")
    unreadable = [each for each in read if isinstance(each, Unreadable)]
    scanned = [(each, scan_poem(each.lines)) for each in read if isinstance(each, Readable)]
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
        print_json({"poems": poems, "unreadable": unreadable})
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


def prosody(json: Json = False) -> None:
    """How far the poets keep the rules. Forms, faults and rhymes of the whole library."""
    with Library.open(Home.default().library) as library:
        if not json:
            say(f"Scanning {library.statistics().poems:,} poems ...")
        figures = measure(library.poems())
    if json:
        print_json(figures)
    else:
        _print_figures(figures)


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


def _print_figures(figures: Prosody) -> None:
    out.print(
        f"{figures.poems:,} poems, {figures.regulated:,} of them regulated; "
        f"{figures.read:.3%} of all characters have a reading.\n"
        f"{figures.eight_lines.share:.1%} of the poems with eight lines of five or seven "
        "characters that rhyme in the level tone have no rhyme fault.",
        soft_wrap=True,
    )
    for heading, shares in (
        ("Forms, of all poems", figures.forms),
        ("Faults, of regulated poems", figures.faults),
        ("Notes, of regulated poems", figures.notes),
    ):
        out.print(f"\n{heading}")
        for each in shares:
            name = f"{each.name}  {IN_ENGLISH.get(each.name, '')}".rstrip()
            out.print(f"  {name}{' ' * (40 - cell_len(name))}{each.poems:>7,}  {each.share:>6.1%}")
    out.print("\nShape      poems   tones  and rhyme  repeats  level  in rhyme")
    for anchor in figures.anchors:
        out.print(
            f"{anchor.shape}   {anchor.poems:>9,}  {anchor.tones:>6.1%}     "
            f"{anchor.tones_and_rhyme:>6.1%}   {anchor.repeats:>6.1%} {anchor.level:>6.1%}    "
            f"{anchor.level_in_rhyme:>6.1%}"
        )
    out.print("\nParallelism of the couplets 1 to 4, and of lines from different poems")
    for parallel in figures.parallelism:
        means = "  ".join(f"{mean:.2f}" for mean in parallel.couplets)
        out.print(f"{parallel.shape}   {parallel.poems:>9,}  {means}   {parallel.apart:.2f}")
