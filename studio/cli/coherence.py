"""`evaluate couplets`: whether a model finds what belongs together."""

from typing import Annotated

import msgspec
import typer

from studio.cli.evaluation import checked_split
from studio.cli.options import Device
from studio.cli.output import out, print_json, say
from studio.cli.writing import Json, Run
from studio.errors import CorpusError
from studio.paths import Home

Split = Annotated[str, typer.Option(help="train, valid or test.")]


def couplets(
    split: Split = "test",
    count: Annotated[int, typer.Option(min=1, max=10**6, help="Most poems to ask about.")] = 500,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="The random seed.")] = 1,
    run: Run = "auto",
    device: Device = "auto",
    json: Json = False,
) -> None:
    """Choose the true second couplet of poems. All four offered fit in tone and rhyme."""
    wanted, home = checked_split(split), Home.default()
    from studio.corpus.library import Library
    from studio.runs.loading import load_writer, locate
    from studio.verse.couplets import CHOICES, couplet_choices, measure_couplets

    with Library.open(home.library) as library:
        choices = couplet_choices(
            (poem for poem in library.poems() if poem.split == wanted), count, seed
        )
    if not choices:
        raise CorpusError(
            f"The {split} split of {home.library} has no regulated poem with {2 * CHOICES - 2} "
            "others of the same form, tones and rhyme. Choose another split, or build a larger "
            "library."
        )
    writer = load_writer(*locate(home, run), device)
    say(f"Choosing for {len(choices):,} poems with {writer.name} ...")
    figures = measure_couplets(writer, choices)
    if json:
        print_json(
            {
                "model": writer.name,
                "split": split,
                "seed": seed,
                **msgspec.structs.asdict(figures),
            }
        )
        return
    out.print(
        f"{writer.name} on {split} ({figures.poems:,} poems, {figures.choices} couplets each)\n"
        f"true couplet found               {figures.share:10.1%}\n"
        f"by likelihood alone              {figures.by_likelihood:10.1%}\n"
        f"by a guess                       {figures.chance:10.1%}"
    )
