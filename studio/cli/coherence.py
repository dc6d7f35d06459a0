"""`evaluate couplets`: whether a model finds what belongs together."""

from typing import Annotated

import msgspec
import typer

from studio.cli.evaluation import checked_split
from studio.cli.options import Device
from studio.cli.output import out, padded, print_json, say
from studio.cli.writing import Json, Run
from studio.errors import CorpusError
from studio.paths import Home
from studio.translation import tr

Split = Annotated[str, typer.Option(help=tr("train, valid or test."))]


def couplets(
    split: Split = "test",
    count: Annotated[int, typer.Option(min=1, max=10**6, help=tr("Most poems to test."))] = 500,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help=tr("The random seed."))] = 1,
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
            tr(
                "The {split} split of {library} has no regulated poem with {count} others of the "
                "same form, tones and rhyme. Choose another split, or build a larger library.",
                split=split,
                library=home.library,
                count=2 * CHOICES - 2,
            )
        )
    writer = load_writer(*locate(home, run), device)
    say(tr("Choosing for {count:,} poems with {model} ...", count=len(choices), model=writer.name))
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
        tr(
            "{model} on {split} ({poems:,} poems, {count} couplets each)",
            model=writer.name,
            split=split,
            poems=figures.poems,
            count=figures.choices,
        )
    )
    for label, share in (
        (tr("true couplet found"), figures.share),
        (tr("by coherence alone"), figures.by_coherence),
        (tr("by association alone"), figures.by_association),
        (tr("by likelihood alone"), figures.by_likelihood),
        (tr("by a guess"), figures.chance),
    ):
        if share is not None:
            out.print(f"{padded(label, 33)}{share:10.1%}")
