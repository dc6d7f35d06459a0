"""`corpus prosody`: how far the poets of the library keep the rules of verse."""

from typing import Annotated

import typer
from rich.cells import cell_len

from studio.cli.output import out, print_json, say
from studio.corpus.library import Library
from studio.corpus.prosody import Prosody, measure
from studio.paths import Home
from studio.prosody.report import IN_ENGLISH

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
