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
from studio.translation import language, tr
from studio.wording import printable

Json = Annotated[bool, typer.Option("--json", help=tr("Report as JSON."))]
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
            help=tr(
                "Poems in a format of `corpus fetch --from`: one per line, title:content lines, "
                "verse below its title and poet, with blank lines between the poems, or JSON. "
                '"-" reads standard input.'
            )
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
    name = tr("standard input") if file == "-" else file
    read = [_read(record) for record in _records(file, name)]
    if not read:
        raise CorpusError(
            tr("{name} has no poem. Write one poem per line, with its punctuation.", name=name)
        )
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
        say(tr("tangshi-studio: {name}, {problem}", name=name, problem=_why(missing)))
    if len(unreadable) > UNREADABLE_SHOWN:
        say(
            tr(
                "{count:,} poems cannot be scanned. List them all with --json.",
                count=len(unreadable),
            )
        )
    if unreadable:
        raise typer.Exit(1)


def prosody(json: Json = False) -> None:
    """How far the poets keep the rules. Forms, faults and rhymes of the whole library."""
    with Library.open(Home.default().library) as library:
        if not json:
            say(tr("Scanning {count:,} poems ...", count=library.statistics().poems))
        figures = measure(library.poems())
    if json:
        print_json(figures)
    else:
        _print_figures(figures)


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
        return tr(
            "line {line} is not UTF-8. "
            "Convert the file, for example with iconv -f GB18030 -t UTF-8.",
            line=missing.line,
        )
    place, why = tr("line {line}", line=missing.line), tr(missing.reason)
    if missing.column:
        place = tr("line {line}, column {column}", line=missing.line, column=missing.column)
    if missing.character:
        why = tr("{reason} ({character})", reason=why, character=missing.character)
    return tr(
        "{place} cannot be scanned: {reason}. A poem is Chinese characters and punctuation.",
        place=place,
        reason=why,
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
    parts = [scanned.form, scanned.template, tr("rhyme {rhymes}", rhymes=rhymes)]
    out.print(" · ".join(part for part in parts if part))
    for fault in scanned.broken:
        out.print(_remark("✗", fault), soft_wrap=True)
    for note in scanned.noted:
        out.print(_remark("·", note), soft_wrap=True)
    if not scanned.broken:
        out.print(
            tr("No faults.")
            if scanned.regulated
            else tr("No faults (old style: only length and rhyme are checked).")
        )


def _marks(line: Line) -> str:
    """The tones under a line, each as wide as a character."""
    return "".join("？" if each.tone == "?" else each.tone for each in line.characters)


def _remark(sign: str, remark: Remark) -> str:
    meaning = _meaning(remark.name)
    return tr(
        "{sign} Line {line}, {name}: {explanation}",
        sign=sign,
        line=remark.line + 1,
        name=f"{remark.name} ({meaning})" if meaning else remark.name,
        explanation=remark.explanation,
    )


def _meaning(name: str) -> str:
    """What the name of a fault means, for people who do not read Chinese."""
    return IN_ENGLISH.get(name, "") if language() == "en" else ""


def _print_figures(figures: Prosody) -> None:
    out.print(
        tr(
            "{poems:,} poems, {regulated:,} of them regulated; {read:.3%} of all characters have "
            "a reading.\n"
            "{share:.1%} of the poems with eight lines of five or seven characters that rhyme in "
            "the level tone have no rhyme fault.",
            poems=figures.poems,
            regulated=figures.regulated,
            read=figures.read,
            share=figures.eight_lines.share,
        ),
        soft_wrap=True,
    )
    for heading, shares in (
        (tr("Forms, of all poems"), figures.forms),
        (tr("Faults, of regulated poems"), figures.faults),
        (tr("Notes, of regulated poems"), figures.notes),
    ):
        out.print(f"\n{heading}")
        for each in shares:
            name = f"{each.name}  {_meaning(each.name)}".rstrip()
            out.print(f"  {name}{' ' * (40 - cell_len(name))}{each.poems:>7,}  {each.share:>6.1%}")
    out.print("\n" + tr("Shape      poems   tones  and rhyme  repeats  level  in rhyme"))
    for anchor in figures.anchors:
        out.print(
            f"{anchor.shape}   {anchor.poems:>9,}  {anchor.tones:>6.1%}     "
            f"{anchor.tones_and_rhyme:>6.1%}   {anchor.repeats:>6.1%} {anchor.level:>6.1%}    "
            f"{anchor.level_in_rhyme:>6.1%}"
        )
    out.print("\n" + tr("Parallelism of the couplets 1 to 4, and of lines from different poems"))
    for parallel in figures.parallelism:
        means = "  ".join(f"{mean:.2f}" for mean in parallel.couplets)
        out.print(f"{parallel.shape}   {parallel.poems:>9,}  {means}   {parallel.apart:.2f}")
