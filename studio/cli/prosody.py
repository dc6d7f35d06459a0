"""`corpus prosody` and `corpus ci`: how far the poets keep the rules of verse."""

from typing import Annotated

import typer

from studio.cli.output import out, padded, print_json, say
from studio.cli.scan_report import meaning_of
from studio.corpus.ci import measure_ci
from studio.corpus.library import Library
from studio.corpus.manifest import published_corpus
from studio.corpus.prosody import Prosody, measure
from studio.errors import CorpusError
from studio.paths import CI_CORPUS, Home
from studio.prosody.books import rhyme_book_named
from studio.prosody.rules import ScanRules
from studio.translation import tr

Json = Annotated[bool, typer.Option("--json", help=tr("Report as JSON."))]


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


def ci(
    corpus: Annotated[
        str, typer.Option(help=tr('The ci, fetched with --beside; "" is the library itself.'))
    ] = CI_CORPUS,
    json: Json = False,
) -> None:
    """How far the ci (词) of the Song keep their tunes."""
    home = Home.default()
    path = home.library_beside(published_corpus(corpus).name) if corpus else home.library
    if corpus and not path.is_file():
        raise CorpusError(
            tr(
                "There are no ci yet: {path} does not exist. "
                "Run `tangshi-studio corpus fetch --corpus {corpus} --beside`.",
                path=path,
                corpus=corpus,
            )
        )
    with Library.open(path) as library:
        figures = measure_ci(library.poems(), ScanRules(rhyme_book_named("cilin")))
    if json:
        print_json(figures)
        return
    out.print(
        tr("{count:,} poems, measured with {book}", count=figures.poems, book=figures.rhyme_book)
    )
    out.print("\n" + tr("Tune       poems  length   tones  no fault  at most 2  faults"))
    for each in figures.tunes:
        name = padded(each.tune, 8)
        faults = " ".join(f"{fault.name} {fault.share:.0%}" for fault in each.faults)
        out.print(
            f"{name} {each.poems:>7,} {each.length:>7.1%} {each.tones:>7.1%} {each.fit:>8.1%}"
            f" {each.near:>9.1%}   {faults}"
        )


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
            name = f"{each.name}  {meaning_of(each.name)}".rstrip()
            out.print(f"  {padded(name, 40)}{each.poems:>7,}  {each.share:>6.1%}")
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
