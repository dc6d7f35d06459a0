"""`scan` and `corpus prosody`: poems measured against the rules of verse."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.cells import cell_len

from studio.cli.output import out, print_json, say
from studio.corpus.cleaning import RejectedError, clean, clean_label, tidy
from studio.corpus.library import Library
from studio.corpus.poem import is_han, verse_lines
from studio.corpus.prosody import Prosody, measure
from studio.errors import CorpusError
from studio.paths import Home
from studio.prosody.forms import forms
from studio.prosody.report import IN_ENGLISH, Line, Remark, Scansion
from studio.prosody.scansion import scan as scan_poem

Json = Annotated[bool, typer.Option("--json", help="Report as JSON.")]


def scan(
    file: Annotated[
        str,
        typer.Argument(
            help="Poems: one a line, title:content lines, or verse with blank lines between "
            'the poems. "-" reads standard input.'
        ),
    ],
    json: Json = False,
) -> None:
    """Tones, form, rhyme and faults of poems, simplified or traditional.

    With --json each poem has its faults, and notes of what looks like one, with name, line, start
    and end (counted from 0), an explanation, and a severity: "fault", or "note" where the poets
    are not blamed. A repeated character (重字) is named among the faults with the severity "note".
    """
    scanned = [(title, scan_poem(verse_lines(text))) for title, text in _poems(file)]
    if json:
        poems = [
            {
                "title": title,
                "form": each.form,
                "regulated": each.regulated,
                "perfect": each.perfect if each.regulated else None,
                "template": each.template,
                "rhymes": each.rhymes,
                "lines": each.lines,
                "faults": each.faults,
                "notes": each.notes,
            }
            for title, each in scanned
        ]
        print_json({"poems": poems})
        return
    for at, (title, each) in enumerate(scanned):
        if at:
            out.print()
        _print(title, each)


def prosody(json: Json = False) -> None:
    """How the poets keep the rules: forms, faults and rhymes over the whole library."""
    with Library.open(Home.default().library) as library:
        if not json:
            say(f"Scanning {library.statistics().poems:,} poems ...")
        figures = measure(library.poems())
    if json:
        print_json(figures)
    else:
        _print_figures(figures)


def _poems(file: str) -> list[tuple[str, str]]:
    """Title and cleaned text of each poem; raises CorpusError that names the line."""
    name = "standard input" if file == "-" else file
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise CorpusError(f"{name} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CorpusError(
            f"{name}, line {line} is not UTF-8. "
            "Convert the file, for example with iconv -f GB18030 -t UTF-8."
        ) from error
    poems = []
    for number, title, verse in _records(text):
        try:
            cleaned = clean(verse)
        except RejectedError as error:
            raise CorpusError(
                f"{name}, line {number} cannot be scanned: {error}. "
                "A poem is Chinese characters and punctuation."
            ) from error
        if not verse_lines(cleaned):
            raise CorpusError(f"{name}, line {number} holds no verse.")
        poems.append((title, cleaned))
    if not poems:
        raise CorpusError(f"{name} holds no poem. Write one poem a line, with its punctuation.")
    return poems


def _records(text: str) -> list[tuple[int, str, str]]:
    """The line a poem begins at, its title and its verse.

    A line with more than a couplet is a poem. Lines of less belong together up to a blank line;
    a first line without a stop is their title where the others have stops.
    """
    records: list[tuple[int, str, str]] = []
    block: list[tuple[int, str]] = []
    lines = text.splitlines()
    for number, line in enumerate([*lines, ""], start=1):
        if line.strip():
            block.append((number, line))
        elif block:
            records += _block(block)
            block = []
    return records


def _block(block: list[tuple[int, str]]) -> list[tuple[int, str, str]]:
    titled = [(number, *_titled(line)) for number, line in block]
    parted = [(number, title, _with_stops(verse)) for number, title, verse in titled]
    whole = [bool(title) or len(_verses(verse)) > 2 for _, title, verse in parted]
    if all(whole):
        return parted
    # Verse over several lines. What ends no line of verse is a stop of its own.
    first, title, _ = parted[0]
    verses = [tidy(verse) for _, _, verse in parted]
    stopped = [not is_han(verse[-1:]) for verse in verses]
    if not title and not stopped[0] and len(verses) > 1 and all(stopped[1:]):
        title, verses = clean_label(verses[0]), verses[1:]
    joined = "".join(verse if not is_han(verse[-1:]) else verse + "，" for verse in verses if verse)
    return [(first, title, joined)]


def _titled(line: str) -> tuple[str, str]:
    title, colon, content = line.partition(":")
    return (clean_label(title), content) if colon and content.strip() else ("", line)


def _with_stops(verse: str) -> str:
    """A poem without punctuation, parted into the lines of the form that its length tells."""
    verse = tidy(verse)
    if not all(map(is_han, verse)):
        return verse
    for form in forms().values():
        if form.fixed and len(verse) == form.line_length * form.line_count:
            starts = range(0, len(verse), form.line_length)
            return "，".join(verse[at : at + form.line_length] for at in starts)
    return verse


def _verses(line: str) -> list[str]:
    return verse_lines(tidy(line))


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
        out.print(_said("✗", fault), soft_wrap=True)
    for note in scanned.noted:
        out.print(_said("·", note), soft_wrap=True)
    if not scanned.broken:
        out.print("No faults." if scanned.regulated else "Old style: length and rhyme only.")


def _marks(line: Line) -> str:
    """The tones under a line, each as wide as a character."""
    return "".join("？" if each.tone == "?" else each.tone for each in line.characters)


def _said(sign: str, remark: Remark) -> str:
    name = f"{remark.name} ({IN_ENGLISH[remark.name]})"
    return f"{sign} Line {remark.line + 1}, {name}: {remark.explanation}"


def _print_figures(figures: Prosody) -> None:
    out.print(
        f"{figures.poems:,} poems, {figures.regulated:,} of them regulated; "
        f"{figures.read:.3%} of all characters have a reading.\n"
        f"Of the poems of eight lines of five or seven in the level tone "
        f"{figures.eight_lines.share:.1%} have no rhyme fault.",
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
    out.print("\nParallelism of the couplets 1 to 4, and of lines of two poems")
    for parallel in figures.parallelism:
        means = "  ".join(f"{mean:.2f}" for mean in parallel.couplets)
        out.print(f"{parallel.shape}   {parallel.poems:>9,}  {means}   {parallel.apart:.2f}")
