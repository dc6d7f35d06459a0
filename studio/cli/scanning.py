"""`scan`: check poems against the rules of verse."""

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.cells import cell_len

from studio.cli.output import out, print_json, say, usage_errors
from studio.cli.poems_in_files import Readable, Unreadable, read_poems, why
from studio.corpus.library import Library
from studio.errors import ConfigError, RunError
from studio.paths import Home
from studio.prosody.books import rhyme_book_named
from studio.prosody.report import IN_ENGLISH, Line, Remark, Scansion
from studio.prosody.rules import ScanRules
from studio.prosody.scansion import scan as scan_poem
from studio.verse.suggesting import ByFrequency, ByModel, Ranker, Suggestion, suggest

Json = Annotated[bool, typer.Option("--json", help="Report as JSON.")]
# A file that has no poems would give one message per line.
UNREADABLE_SHOWN = 20
SUGGESTED = 8


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
    suggestions: Annotated[
        bool,
        typer.Option(
            "--suggest",
            help="Offer characters that clear each fault and raise none, the likeliest first.",
        ),
    ] = False,
    run: Annotated[
        str,
        typer.Option("--run", "--model", help="The model that ranks what --suggest offers."),
    ] = "auto",
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
    read = read_poems(file, name)
    unreadable = [each for each in read if isinstance(each, Unreadable)]
    scanned = [
        (each, scan_poem(each.lines, rules=rules)) for each in read if isinstance(each, Readable)
    ]
    ranker = _ranker(run) if suggestions else None
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
            | ({"suggestions": _suggestions(poem, each, rules, ranker)} if ranker else {})
            for poem, each in scanned
        ]
        print_json({"rhyme_book": rules.book.name, "poems": poems, "unreadable": unreadable})
    else:
        for at, (poem, each) in enumerate(scanned):
            if at:
                out.print()
            _print("  ".join(part for part in (poem.title, poem.author) if part), each)
            if ranker:
                for suggestion in _suggestions(poem, each, rules, ranker):
                    _print_suggestion(suggestion, each)
    for missing in unreadable[:UNREADABLE_SHOWN]:
        say(f"tangshi-studio: {name}, {why(missing)}")
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


def _ranker(run: str) -> Ranker:
    """The model that is wished for; if there is none, the frequency in the library."""
    from studio.runs.loading import load_writer, locate

    home = Home.default()
    try:
        folder, name = locate(home, run)
    except RunError as error:
        if run != "auto":
            raise
        say(f"{error} Until then the most frequent characters of the library are offered first.")
        with Library.open(home.library) as library:
            return ByFrequency(poem.text for poem in library.poems())
    return ByModel(load_writer(folder, name))


def _suggestions(
    poem: Readable, scanned: Scansion, rules: ScanRules, ranker: Ranker
) -> list[Suggestion]:
    def again(lines: Sequence[str]) -> Scansion:
        return scan_poem(lines, rules=rules)

    return suggest(poem.text, poem.lines, scanned.broken, again, rules.book, ranker, SUGGESTED)


def _print_suggestion(suggestion: Suggestion, scanned: Scansion) -> None:
    fault = suggestion.fault
    heading = f"→ Line {fault.line + 1}, {fault.name}: "
    if not suggestion.offers:
        out.print(f"{heading}no single character clears it without another fault.")
        return
    by_place: dict[tuple[int, int], str] = {}
    for offer in suggestion.offers:
        at = offer.line, offer.place
        by_place[at] = by_place.get(at, "") + offer.character
    offered = [
        f"{scanned.lines[line].text[place]} in line {line + 1} → {' '.join(characters)}"
        for (line, place), characters in by_place.items()
    ]
    out.print(heading + "; ".join(offered), soft_wrap=True)


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
