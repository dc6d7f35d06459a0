"""`evaluate`: how well a model predicts held-out poems."""

from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from studio.cli.options import Device, is_given
from studio.cli.output import out, padded, print_json, say
from studio.cli.writing import Json, Run
from studio.errors import CorpusError
from studio.paths import Home
from studio.translation import tr

if TYPE_CHECKING:
    from studio.corpus.poem import Split

evaluate_app = typer.Typer(invoke_without_command=True)


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
            if is_given(context, name):
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
        corpus = library.statistics().source
    if not texts:
        raise CorpusError(
            tr(
                "The {split} split of {library} has no poems. Choose another with --split, or "
                "build the library from more poems: `tangshi-studio corpus fetch --from PATH`.",
                split=split,
                library=home.library_beside(poems) if poems else home.library,
            )
        )
    writer = load_writer(*locate(home, run), device)
    say(tr("Reading {count:,} poems with {model} ...", count=len(texts), model=writer.name))
    found = split_figures(writer, wanted, texts, about)
    if json:
        print_json(
            {
                "model": writer.name,
                "corpus": corpus,
                **msgspec.structs.asdict(found),
                "end_token": "predicted once a poem; counted in perplexity, not in perplexity_han",
            }
        )
        return
    out.print(
        tr(
            "{model} on {split} of {corpus} ({count:,} poems)",
            model=writer.name,
            split=split,
            corpus=corpus,
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
