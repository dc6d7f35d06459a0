"""`evaluate`: how well a model predicts held-out poems, and how good its own poems are."""

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.table import Table

from studio.cli.options import Device
from studio.cli.output import out, padded, print_json, say, usage_errors
from studio.cli.writing import Json, Run
from studio.errors import CorpusError
from studio.paths import Home
from studio.prosody.forms import form_named
from studio.translation import marked, tr
from studio.verse.request import USUAL

if TYPE_CHECKING:
    from studio.corpus.poem import Split
    from studio.verse.quality import QualityMetrics

evaluate_app = typer.Typer(invoke_without_command=True)

# The forms that are measured by default.
_REGULATED = ("五绝", "七绝", "五律", "七律")
_FREE = "free"


def checked_split(name: str) -> "Split":
    """The split with this name; raises BadParameter if there is none."""
    if name not in ("train", "valid", "test"):
        raise typer.BadParameter(
            tr("{name!r} is not train, valid or test.", name=name), param_hint="--split"
        )
    return name  # type: ignore[return-value]


@evaluate_app.callback(
    help=tr("Perplexity on a held-out split. `poems` and `couplets` measure other things.")
)
def held_out(
    context: typer.Context,
    split: Annotated[str, typer.Option(help=tr("train, valid or test."))] = "test",
    poems: Annotated[
        str, typer.Option(help=tr("A corpus fetched with --beside instead, as songci."))
    ] = "",
    run: Run = "auto",
    device: Device = "auto",
    json: Json = False,
) -> None:
    """Perplexity on a held-out split. `poems` and `couplets` measure other things."""
    if context.invoked_subcommand is not None:
        for name in ("split", "poems", "run", "device", "json"):
            source = context.get_parameter_source(name)
            if source is not None and source.name == "COMMANDLINE":
                raise typer.BadParameter(
                    tr("Give options after `{command}`.", command=context.invoked_subcommand)
                )
        return
    wanted, home = checked_split(split), Home.default()
    from studio.corpus.library import Library
    from studio.runs.beside import library_beside
    from studio.runs.held_out import split_figures
    from studio.runs.loading import load_writer, locate

    with library_beside(home, poems) if poems else Library.open(home.library) as library:
        texts, about = library.texts(wanted), library.about(wanted)
    if not texts:
        raise CorpusError(
            tr(
                "The {split} split of {library} has no poems. Choose another with --split, or "
                "build the library from more poems: `tangshi-studio corpus fetch --again`.",
                split=split,
                library=home.library,
            )
        )
    writer = load_writer(*locate(home, run), device)
    say(tr("Reading {count:,} poems with {model} ...", count=len(texts), model=writer.name))
    found = split_figures(writer, wanted, texts, about)
    if json:
        print_json(
            {
                "model": writer.name,
                **msgspec.structs.asdict(found),
                "end_token": "predicted once a poem; counted in perplexity, not in perplexity_han",
            }
        )
        return
    out.print(
        tr(
            "{model} on {split} ({count:,} poems)",
            model=writer.name,
            split=split,
            count=found.poems,
        )
    )
    tokens = tr("({count:,} tokens)", count=found.tokens)
    characters = tr("({count:,} characters)", count=found.tokens_han)
    for label, figure, note in (
        (tr("perplexity over all targets"), found.perplexity, tokens),
        (tr("perplexity over Han characters"), found.perplexity_han, characters),
        (tr("all targets, form known"), found.perplexity_form, ""),
        (tr("all targets, form, title and poet known"), found.perplexity_titled, ""),
        (tr("lines 2 to 4 of quatrains"), found.perplexity_quatrains, ""),
    ):
        if figure is not None:
            out.print(f"{padded(label, 41)}{figure:10.2f}   {note}".rstrip())
    unknown = tr("unknown characters")
    out.print(f"{padded(unknown, 41)}{found.unknown_share:10.2%}")


@evaluate_app.command(
    help=tr("Write poems and measure them. Poems of the split are measured for comparison.")
)
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
        bool, typer.Option("--discriminator", help=tr("Tell ours from people's by a classifier."))
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
    from studio.verse.discriminator import Frequencies, discriminate
    from studio.verse.evaluation import failures, human_poems, lawful_texts, write_many
    from studio.verse.figures import common_closings
    from studio.verse.free_verse import QUATRAIN, write_quatrains
    from studio.verse.novelty import Novelty
    from studio.verse.quality import quality_metrics
    from studio.verse.themes import THEME_WORDS, measure_themes

    measured: list[dict[str, Any]] = []
    failed = []
    # As many of ours as of people's in each form, for the classifier.
    ours: list[str] = []
    lawful: list[str] = []
    with (
        Library.open(home.library) as library,
        Novelty.open(home.library) as novelty,
        Novelty.open(home.library, "train") as training,
    ):
        writer = load_writer(*locate(home, run), device)
        closings = common_closings(library.texts("train"))
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
                poems_written, seconds = write_many(writer, request, count, novelty)
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
                kept = lawful_texts(library, each, wanted)[: len(written)]
                lawful += kept
                ours += written[: len(kept)]
            # A free poem has no form to miss.
            if frequent and name:
                say(
                    tr(
                        "Writing {form} with {count} openings ...",
                        form=name,
                        count=len(frequent),
                    )
                )
                failed += failures(writer, request, frequent, novelty)
            if not json:
                _print(title, figured, human, measured[-1]["milliseconds"])
        say(tr("Measuring themes ..."))
        size = max(1, count // len(THEME_WORDS))
        themes = measure_themes(writer, library, wanted, size, seed, novelty, drafts)
        told = None
        if discriminator:
            say(tr("Telling ours from people's ..."))
            frequencies = Frequencies(library.texts("train"))
            told = discriminate(writer, ours, lawful, frequencies, training)
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
        if told:
            document["discriminator"] = told
        if frequent:
            document |= {"openings": len(frequent), "failed": len(failed), "failures": failed}
        print_json(document)
        return
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
    if told:
        tells = tr(", ").join(f"{name} {weight:+.2f}" for name, weight in told.tells.items())
        out.print(
            tr(
                "told from poems by people that keep the rules: {share:.1%} of {poems:,}, 50% by "
                "a guess, by {tells}",
                share=told.accuracy,
                poems=told.poems,
                tells=tells,
            )
        )
    if frequent:
        out.print(
            "\n"
            + tr(
                "{failed} of {count:,} requests with openings failed",
                failed=len(failed),
                count=len(frequent) * len(list(filter(None, names))),
            )
        )
        for one in failed:
            out.print(
                tr(
                    "{form} {opening}: {reason}",
                    form=one.form,
                    opening=one.opening,
                    reason=one.reason,
                ),
                soft_wrap=True,
            )


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
    out.print(table)


def _figure(value: float | None, share: bool) -> str:
    if value is None:
        return "—"
    return f"{value:.1%}" if share else f"{value:.3g}"
