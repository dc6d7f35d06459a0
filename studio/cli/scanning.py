"""`scan`: check poems against the rules of verse."""

from functools import partial
from typing import Annotated, NamedTuple

import msgspec
import typer

from studio.cli.options import RhymeBookOption
from studio.cli.output import out, print_json, say, usage_errors
from studio.cli.scan_report import print_scansion, print_suggestion
from studio.corpus.couplets_in_files import has_halves, joined_halves
from studio.corpus.library import Library
from studio.corpus.poems_in_files import Readable, Unreadable, read_poems, why
from studio.corpus.script import simplified
from studio.errors import ConfigError, RunError
from studio.paths import Home
from studio.prosody.books import rhyme_book_named
from studio.prosody.ci import scan_ci, tune_of
from studio.prosody.couplet import scan_couplet
from studio.prosody.measure import Measure
from studio.prosody.offers import Scan
from studio.prosody.report import Scansion
from studio.prosody.rhymes import PINGSHUI, RhymeBook
from studio.prosody.rules import ScanRules
from studio.prosody.scansion import scan as scan_poem
from studio.prosody.tunes import Tune, tune_named
from studio.translation import tr
from studio.verse.suggesting import ByFrequency, ByModel, Ranker, Suggestion, suggest

Json = Annotated[bool, typer.Option("--json", help=tr("Report as JSON."))]
# A file that has no poems would give one message per line.
UNREADABLE_SHOWN = 20
SUGGESTED = 8


class _Scanned(NamedTuple):
    """A poem with its scansion, and what scans it again after a change."""

    poem: Readable
    scansion: Scansion
    scan: Scan
    book: RhymeBook


def scan(
    file: Annotated[
        str,
        typer.Argument(
            help=tr(
                "Poems in a format of `corpus fetch --from`: one per line, title:content lines, "
                "verse below its title and poet, with blank lines between the poems, a table (CSV, "
                "TSV), or JSON. "
                '"-" reads standard input.'
            )
        ),
    ],
    rhymes: RhymeBookOption = "",
    tune: Annotated[
        str,
        typer.Option(
            help=tr(
                "The tune of ci (词), such as 如梦令 or rumengling; by default a poem whose lines "
                "are as long as those of a tune is measured by it."
            )
        ),
    ] = "",
    couplet: Annotated[
        bool,
        typer.Option(
            "--couplet",
            help=tr(
                "Measure each poem as a couplet (对联), the first half of its lines against the "
                "second. Otherwise only poems of two lines, or with ； between their halves, are "
                "couplets."
            ),
        ),
    ] = False,
    no_rescue: Annotated[
        list[str] | None,
        typer.Option(
            help=tr(
                "Allow no rescue (拗救): self, within a line (仄平平仄平, 平平仄平仄); "
                "next, by the next line of the couplet. Give it twice for both."
            )
        ),
    ] = None,
    suggestions: Annotated[
        bool,
        typer.Option(
            "--suggest",
            help=tr("Offer characters that clear each fault and raise none, the likeliest first."),
        ),
    ] = False,
    run: Annotated[
        str,
        typer.Option("--run", "--model", help=tr("The model that ranks what --suggest offers.")),
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
    if tune and couplet:
        raise typer.BadParameter(tr("A ci is not a couplet: give --tune or --couplet."))
    measure = _measure(rhymes or PINGSHUI.key, no_rescue or [])
    rules = measure.rules
    ci_rules = _measure(rhymes or "cilin", []).rules
    chosen = _tune(tune)
    name = tr("standard input") if file == "-" else file
    read = read_poems(file, name)
    unreadable = [each for each in read if isinstance(each, Unreadable)]
    readable = [each for each in read if isinstance(each, Readable)]
    if couplet:
        readable = joined_halves(readable)
    scanned = [_scan(each, rules, ci_rules, chosen, couplet) for each in readable]
    ranker = _ranker(run, measure) if suggestions else None
    if json:
        poems = [
            _as_json(each) | ({"suggestions": _suggestions(each, ranker)} if ranker else {})
            for each in scanned
        ]
        print_json({"poems": poems, "unreadable": unreadable})
    else:
        for at, each in enumerate(scanned):
            if at:
                out.print()
            heading = "  ".join(part for part in (each.poem.title, each.poem.author) if part)
            print_scansion(heading, each.scansion)
            for suggestion in _suggestions(each, ranker) if ranker else []:
                print_suggestion(suggestion, each.scansion)
    for missing in unreadable[:UNREADABLE_SHOWN]:
        say(tr("tangshi-studio: {name}, {problem}", name=name, problem=why(missing)))
    if len(unreadable) > UNREADABLE_SHOWN:
        say(
            tr(
                "{count:,} poems cannot be scanned. List them all with --json.",
                count=len(unreadable),
            )
        )
    if unreadable:
        raise typer.Exit(1)


def _scan(
    poem: Readable, rules: ScanRules, ci_rules: ScanRules, tune: Tune | None, couplet: bool
) -> _Scanned:
    """Scan a poem by the tune given, or what it seems to be: a couplet, a ci, a form of verse."""
    found = tune or (None if couplet else tune_of(simplified(poem.title), poem.lines, ci_rules))
    if found:
        scan_again: Scan = partial(scan_ci, tune=found, rules=ci_rules)
    elif couplet or len(poem.lines) == 2 or has_halves(poem):
        scan_again = partial(scan_couplet, rules=rules)
    else:
        scan_again = partial(scan_poem, rules=rules)
    book = ci_rules.book if found else rules.book
    return _Scanned(poem, scan_again(poem.lines), scan_again, book)


def _as_json(scanned: _Scanned) -> dict[str, object]:
    scansion = scanned.scansion
    return {
        "title": scanned.poem.title,
        "author": scanned.poem.author,
        "form": scansion.form,
        "regulated": scansion.regulated,
        "perfect": scansion.perfect if scansion.regulated else None,
        "template": scansion.template,
        "rhyme_book": scanned.book.name,
        "rhymes": scansion.rhymes,
        "lines": scansion.lines,
        "faults": scansion.faults,
        "notes": scansion.notes,
    }


@usage_errors()
def _tune(name: str) -> Tune | None:
    return tune_named(name) if name else None


@usage_errors()
def _measure(rhymes: str, forbidden: list[str]) -> Measure:
    for each in forbidden:
        if each not in ("self", "next"):
            raise ConfigError(tr("--no-rescue must be self or next, not {text!r}.", text=each))
    key = rhyme_book_named(rhymes).key
    return msgspec.convert({"rhymes": key, "no_rescue": forbidden}, Measure)


def _ranker(run: str, measure: Measure) -> Ranker:
    """The model that is wished for; if there is none, the frequency in the library."""
    from studio.runs.loading import load_writer, locate

    home = Home.default()
    try:
        folder, name = locate(home, run)
    except RunError as error:
        if run != "auto":
            raise
        say(
            tr(
                "{problem} Until then the most frequent characters of the library are offered "
                "first.",
                problem=error,
            )
        )
        with Library.open(home.library) as library:
            return ByFrequency(poem.text for poem in library.poems())
    return ByModel(load_writer(folder, name), measure)


def _suggestions(each: _Scanned, ranker: Ranker) -> list[Suggestion]:
    poem, scansion = each.poem, each.scansion
    return suggest(poem.text, poem.lines, scansion.broken, each.scan, each.book, ranker, SUGGESTED)
