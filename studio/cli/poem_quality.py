"""`evaluate poems`: how good the poems of a model are."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.table import Table

from studio.cli.evaluation import checked_split
from studio.cli.options import Device
from studio.cli.output import out, print_json, print_table, progress, say, usage_errors
from studio.cli.writing import Json, Run
from studio.paths import Home
from studio.prosody.forms import form_named
from studio.translation import marked, tr
from studio.verse.request import USUAL

if TYPE_CHECKING:
    from studio.verse.discriminator import DiscriminatorFigures
    from studio.verse.evaluation import Failure
    from studio.verse.quality import QualityMetrics
    from studio.verse.themes import ThemeFigures

# The forms that are measured by default.
_REGULATED = ("五绝", "七绝", "五律", "七律")
_FREE = "free"


def poems(
    form: Annotated[
        list[str] | None,
        typer.Option(
            help=tr(
                "A form, or free: the first four lines of poems without rules, as a validation "
                "measures them. Repeat it for several. Default: 五绝 七绝 五律 七律."
            )
        ),
    ] = None,
    count: Annotated[
        int, typer.Option(min=1, max=10**6, help=tr("Number of poems of each form."))
    ] = 200,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help=tr("The random seed."))] = 1,
    split: Annotated[str, typer.Option(help=tr("Whose poems to compare with."))] = "test",
    discriminator: Annotated[
        bool,
        typer.Option(
            "--discriminator",
            help=tr("How well a classifier separates the model's poems from people's."),
        ),
    ] = False,
    drafts: Annotated[
        int, typer.Option(min=1, max=256, help=tr("Drafts of each poem; the best is measured."))
    ] = USUAL.drafts,
    openings: Annotated[
        int,
        typer.Option(
            min=0, help=tr("Also request a poem for each of the N most frequent characters.")
        ),
    ] = 0,
    run: Run = "auto",
    device: Device = "auto",
    json: Json = False,
) -> None:
    """Write poems and measure them. Poems of the split are measured for comparison."""
    wanted, home = checked_split(split), Home.default()
    with usage_errors():
        names = ["" if name == _FREE else form_named(name).name for name in form or _REGULATED]
    from studio.corpus.library import Library
    from studio.corpus.poem import is_han
    from studio.runs.loading import load_writer, locate
    from studio.verse.discriminator import Frequencies, discriminate, refuse_too_few
    from studio.verse.evaluation import failures, human_poems, lawful_texts, write_many
    from studio.verse.figures import common_closings
    from studio.verse.free_verse import QUATRAIN, write_quatrains
    from studio.verse.novelty import Novelty
    from studio.verse.quality import quality_metrics
    from studio.verse.themes import THEME_WORDS, measure_themes

    measured: list[dict[str, Any]] = []
    failed: list[Failure] = []
    # As many of ours as of people's in each form, for the classifier.
    ours: list[str] = []
    lawful: list[str] = []
    with (
        Library.open(home.library) as library,
        Novelty.open(home.library) as novelty,
        Novelty.open(home.library, "train") as training,
        progress() as report,
    ):
        writer = load_writer(*locate(home, run), device)
        closings = common_closings(library.texts("train"))
        # Before anything is written: what is measured would be lost.
        kept: dict[str, list[str]] = {}
        if discriminator:
            for name in names:
                each = form_named(name) if name else QUATRAIN
                kept[name] = lawful_texts(library, each, wanted)[:count]
            refuse_too_few(sum(len(kept[name]) for name in names))
        frequent = [each for each in writer.vocabulary.distinct if is_han(each)][:openings]
        for name in names:
            each = form_named(name) if name else QUATRAIN
            title = name or tr("free quatrains")
            say(
                tr(
                    "Writing {count:,} {form} with {model} ...",
                    count=count,
                    form=title,
                    model=writer.name,
                )
            )
            request = msgspec.structs.replace(USUAL, form=name, seed=seed, drafts=drafts)
            if name:
                poems_written, seconds = write_many(
                    writer, request, count, novelty, partial(report, title)
                )
                written = [poem.text for poem in poems_written]
            else:
                written, seconds = write_quatrains(writer, count, seed)
            people = human_poems(library, each, count, seed, wanted)
            size = min(len(written), len(people)) or len(written)
            measure = partial(
                quality_metrics,
                each,
                writer=writer,
                training=training,
                distinct_of=size,
                closings=closings,
            )
            figured = measure(written)
            human = (
                measure(
                    [poem.text for poem in people],
                    originals=[poem.original for poem in people],
                )
                if people
                else None
            )
            measured.append(
                {
                    "form": each.name,
                    **msgspec.structs.asdict(figured),
                    "milliseconds": 1000 * seconds / count,
                    "human": human,
                }
            )
            if discriminator:
                lawful += kept[name]
                ours += written[: len(kept[name])]
            # A free poem has no form to miss.
            if frequent and name:
                say(tr("Writing {form} with {count} openings ...", form=name, count=len(frequent)))
                failed += failures(writer, request, frequent, novelty, partial(report, title))
            if not json:
                _print(title, figured, human, measured[-1]["milliseconds"])
        say(tr("Measuring themes ..."))
        size = max(1, count // len(THEME_WORDS))
        themes = measure_themes(
            writer,
            library,
            wanted,
            size,
            seed,
            novelty,
            drafts,
            partial(report, tr("Measuring themes ...")),
        )
        found = None
        if discriminator:
            say(tr("Telling ours from people's ..."))
            frequencies = Frequencies(library.texts("train"))
            found = discriminate(writer, ours, lawful, frequencies, training)
    if json:
        document = {
            "model": writer.name,
            "count": count,
            "seed": seed,
            "drafts": drafts,
            "forms": measured,
            "theme_kept": themes.kept,
            "theme_kept_people": themes.people,
            "theme_chance": themes.chance,
        }
        if found:
            document["discriminator"] = found
        if frequent:
            document |= {"openings": len(frequent), "failed": len(failed), "failures": failed}
        print_json(document)
        return
    _print_themes(themes)
    if found:
        _print_discriminator(found)
    if frequent:
        _print_failures(failed, len(frequent) * len(list(filter(None, names))))


_SHOWN = {
    "length_kept": marked("length kept"),
    "tones_kept": marked("tones kept"),
    "rhyme_kept": marked("rhyme kept"),
    "lines_copied": marked("lines copied"),
    "grams_copied": marked("4-grams copied"),
    "distinct_1": marked("distinct-1"),
    "distinct_2": marked("distinct-2"),
    "distinct_3": marked("distinct-3"),
    "repeated": marked("poems with a repeated character"),
    "repeats": marked("repeated characters per poem"),
    "doubled": marked("doubled characters per poem"),
    "closings_common": marked("poems with a common closing"),
    "perplexity_han": marked("perplexity over Han characters"),
    "parallelism": marked("parallelism"),
}
_SHARES = {
    "length_kept",
    "tones_kept",
    "rhyme_kept",
    "lines_copied",
    "grams_copied",
    "repeated",
    "closings_common",
}


def _print(
    name: str, written: "QualityMetrics", human: "QualityMetrics | None", milliseconds: float
) -> None:
    people = tr("{count:,} by poets", count=human.poems) if human else tr("none by poets")
    table = Table(title=name, box=None, title_justify="left")
    table.add_column(tr("distinct over {count:,}", count=written.distinct_of))
    table.add_column(tr("{count:,} written", count=written.poems), justify="right")
    table.add_column(people, justify="right")
    for field, words in _SHOWN.items():
        values = (getattr(each, field) if each else None for each in (written, human))
        table.add_row(tr(words), *(_figure(value, field in _SHARES) for value in values))
    table.add_row(tr("milliseconds per poem"), f"{milliseconds:.0f}", "")
    print_table(table)


def _figure(value: float | None, share: bool) -> str:
    if value is None:
        return "—"
    return f"{value:.1%}" if share else f"{value:.3g}"


def _print_themes(themes: "ThemeFigures") -> None:
    out.print(
        "\n"
        + tr(
            "kept the theme of the title: {share} of {poems:,} written, {share_of_people} of "
            "{poems_of_people:,} by poets, {chance:.1%} by a guess",
            share=_figure(themes.kept, True),
            poems=themes.poems,
            share_of_people=_figure(themes.people, True),
            poems_of_people=themes.people_poems,
            chance=themes.chance,
        )
    )


def _print_discriminator(found: "DiscriminatorFigures") -> None:
    tells = tr(", ").join(f"{name} {weight:+.2f}" for name, weight in found.tells.items())
    out.print(
        tr(
            "told from poems by people that keep the rules: {share:.1%} of {poems:,}, 50% by "
            "a guess, by {tells}",
            share=found.accuracy,
            poems=found.poems,
            tells=tells,
        )
    )


def _print_failures(failed: "list[Failure]", requests: int) -> None:
    failing = tr(
        "{failed} of {count:,} requests with openings failed", failed=len(failed), count=requests
    )
    out.print("\n" + failing)
    for one in failed:
        reason = tr(
            "{form} {opening}: {reason}", form=one.form, opening=one.opening, reason=one.reason
        )
        out.print(reason, soft_wrap=True)
