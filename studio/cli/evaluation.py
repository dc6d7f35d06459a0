"""`evaluate`: how well a model predicts held-out poems, and how good its own poems are."""

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.table import Table

from studio.cli.options import Device
from studio.cli.output import out, print_json, say, usage_errors
from studio.cli.writing import Json, Run
from studio.errors import CorpusError
from studio.paths import Home
from studio.prosody.forms import form_named

if TYPE_CHECKING:
    from studio.verse.quality import QualityMetrics

evaluate_app = typer.Typer(invoke_without_command=True)

# The forms that are measured by default.
_REGULATED = ("五绝", "七绝", "五律", "七律")


@evaluate_app.callback()
def held_out(
    context: typer.Context,
    split: Annotated[str, typer.Option(help="train, valid or test.")] = "test",
    run: Run = "auto",
    device: Device = "auto",
    json: Json = False,
) -> None:
    """Perplexity on a held-out split. `poems` measures the model's own poems."""
    if context.invoked_subcommand is not None:
        for name in ("split", "run", "device", "json"):
            source = context.get_parameter_source(name)
            if source is not None and source.name == "COMMANDLINE":
                raise typer.BadParameter(f"Give options after `{context.invoked_subcommand}`.")
        return
    if split not in ("train", "valid", "test"):
        raise typer.BadParameter(f"{split!r} is not train, valid or test.", param_hint="--split")
    home = Home.default()
    from studio.corpus.library import Library
    from studio.model.evaluate import score_poems, total
    from studio.runs.loading import load_writer, locate

    with Library.open(home.library) as library:
        texts = library.texts(split)  # type: ignore[arg-type]
    if not texts:
        raise CorpusError(
            f"The {split} split of {home.library} has no poems. Choose another with --split, or "
            "build the library from more poems: `tangshi-studio corpus fetch --again`."
        )
    writer = load_writer(*locate(home, run), device).for_rows(len(texts))
    say(f"Reading {len(texts):,} poems with {writer.name} ...")
    whole = total(score_poems(writer.network, writer.vocabulary, texts, writer.device))
    if json:
        print_json(
            {
                "model": writer.name,
                "split": split,
                "poems": len(texts),
                "perplexity": whole.perplexity_all,
                "perplexity_han": whole.perplexity,
                "tokens": whole.tokens,
                "tokens_han": whole.han,
                "unknown_share": whole.unknown_share,
                "end_token": "predicted once a poem; counted in perplexity, not in perplexity_han",
            }
        )
        return
    out.print(
        f"{writer.name} on {split} ({len(texts):,} poems)\n"
        f"perplexity over Han characters   {whole.perplexity:10.2f}   ({whole.han:,} characters)\n"
        f"with punctuation and end token   {whole.perplexity_all:10.2f}   "
        f"({whole.tokens:,} tokens)\n"
        f"unknown characters               {whole.unknown_share:10.2%}"
    )


@evaluate_app.command()
def poems(
    form: Annotated[
        list[str] | None,
        typer.Option(help="A form; repeat it for several. Default: 五绝 七绝 五律 七律."),
    ] = None,
    count: Annotated[
        int, typer.Option(min=1, max=10**6, help="Number of poems of each form.")
    ] = 200,
    seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, help="The random seed.")] = 1,
    openings: Annotated[
        int,
        typer.Option(min=0, help="Also request a poem for each of the N most frequent characters."),
    ] = 0,
    run: Run = "auto",
    device: Device = "auto",
    json: Json = False,
) -> None:
    """Write poems and measure them. Poems of the test split are measured for comparison."""
    home = Home.default()
    with usage_errors():
        forms = [form_named(name) for name in form or _REGULATED]
    from studio.corpus.library import Library
    from studio.corpus.poem import is_han
    from studio.runs.loading import load_writer, locate
    from studio.verse.evaluation import failures, human_poems, write_many
    from studio.verse.novelty import Novelty
    from studio.verse.quality import quality_metrics
    from studio.verse.request import ComposeRequest

    measured: list[dict[str, Any]] = []
    failed = []
    with (
        Library.open(home.library) as library,
        Novelty.open(home.library) as novelty,
        Novelty.open(home.library, "train") as training,
    ):
        writer = load_writer(*locate(home, run), device)
        frequent = [each for each in writer.vocabulary.distinct if is_han(each)][:openings]
        for each in forms:
            say(f"Writing {count:,} {each.name} with {writer.name} ...")
            request = ComposeRequest(form=each.name, seed=seed)
            written, seconds = write_many(writer, request, count, novelty)
            people = human_poems(library, each, count, seed)
            size = min(len(written), len(people)) or len(written)
            figured = quality_metrics(
                each, [poem.text for poem in written], writer, training, distinct_of=size
            )
            human = (
                quality_metrics(
                    each,
                    [poem.text for poem in people],
                    writer,
                    training,
                    originals=[poem.original for poem in people],
                    distinct_of=size,
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
            if frequent:
                say(f"Writing {each.name} with {len(frequent)} openings ...")
                failed += failures(writer, request, frequent, novelty)
            if not json:
                _print(each.name, figured, human, measured[-1]["milliseconds"])
    if json:
        document = {"model": writer.name, "count": count, "seed": seed, "forms": measured}
        if frequent:
            document |= {"openings": len(frequent), "failed": len(failed), "failures": failed}
        print_json(document)
    elif frequent:
        out.print(
            f"\n{len(failed)} of {len(frequent) * len(forms):,} requests with openings failed"
        )
        for one in failed:
            out.print(f"{one.form} {one.opening}: {one.reason}", soft_wrap=True)


_SHOWN = {
    "length_kept": "length kept",
    "tones_kept": "tones kept",
    "rhyme_kept": "rhyme kept",
    "lines_copied": "lines copied",
    "grams_copied": "4-grams copied",
    "distinct_1": "distinct-1",
    "distinct_2": "distinct-2",
    "distinct_3": "distinct-3",
    "repeated": "poems with a repeated character",
    "repeats": "repeated characters per poem",
    "perplexity_han": "perplexity over Han characters",
    "parallelism": "parallelism",
}
_SHARES = {"length_kept", "tones_kept", "rhyme_kept", "lines_copied", "grams_copied", "repeated"}


def _print(
    name: str, written: "QualityMetrics", human: "QualityMetrics | None", milliseconds: float
) -> None:
    people = f"{human.poems:,} by poets" if human else "none by poets"
    table = Table(title=name, box=None, title_justify="left")
    table.add_column(f"distinct over {written.distinct_of:,}")
    table.add_column(f"{written.poems:,} written", justify="right")
    table.add_column(people, justify="right")
    for field, words in _SHOWN.items():
        values = (getattr(each, field) if each else None for each in (written, human))
        table.add_row(words, *(_figure(value, field in _SHARES) for value in values))
    table.add_row("milliseconds per poem", f"{milliseconds:.0f}", "")
    out.print(table)


def _figure(value: float | None, share: bool) -> str:
    if value is None:
        return "—"
    return f"{value:.1%}" if share else f"{value:.3g}"
