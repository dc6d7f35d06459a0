"""`corpus prosody` and `corpus ci`: how far the poets keep the rules of verse."""

from typing import Annotated

import typer
from rich.cells import cell_len

from studio.cli.output import out, print_json, say
from studio.corpus.ci import measure_ci
from studio.corpus.library import Library
from studio.corpus.manifest import published_corpus
from studio.corpus.prosody import Prosody, measure
from studio.errors import CorpusError
from studio.paths import Home
from studio.prosody.books import rhyme_book_named
from studio.prosody.report import IN_ENGLISH
from studio.prosody.rules import ScanRules

Json = Annotated[bool, typer.Option("--json", help="Report as JSON.")]


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


def ci(
    corpus: Annotated[
        str, typer.Option(help='The ci, fetched with --beside; "" is the library itself.')
    ] = "songci",
    json: Json = False,
) -> None:
    """How far the ci (词) of the Song keep their tunes."""
    home = Home.default()
    path = home.library_beside(published_corpus(corpus).name) if corpus else home.library
    if not path.is_file():
        raise CorpusError(
            f"There are no ci yet: {path} does not exist. "
            f"Run `tangshi-studio corpus fetch --corpus {corpus} --beside`."
        )
    with Library.open(path) as library:
        figures = measure_ci(library.poems(), ScanRules(rhyme_book_named("cilin")))
    if json:
        print_json(figures)
        return
    out.print(f"{figures.poems:,} poems, measured with {figures.rhyme_book}")
    out.print("\nTune       poems  length   tones  no fault  at most 2  faults")
    for each in figures.tunes:
        name = each.tune + " " * (8 - cell_len(each.tune))
        faults = " ".join(f"{fault.name} {fault.share:.0%}" for fault in each.faults)
        out.print(
            f"{name} {each.poems:>7,} {each.length:>7.1%} {each.tones:>7.1%} {each.fit:>8.1%}"
            f" {each.near:>9.1%}   {faults}"
        )


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
