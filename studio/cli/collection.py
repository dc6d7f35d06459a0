"""`collection`: list, show, rewrite, export and remove saved poems."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from studio.cli.output import out, print_json, say
from studio.cli.writing import write_poems
from studio.collection.again import compare
from studio.collection.exporting import export as write_file
from studio.collection.exporting import format_of
from studio.collection.in_words import first_line, heading_of, matches, name_of, source_in_words
from studio.collection.saved import Collection, SavedPoem
from studio.corpus.poem import couplets
from studio.errors import StudioError, VerseError
from studio.paths import Home
from studio.translation import tr, tr_n

collection_app = typer.Typer(
    help=tr("The saved poems: list, show, rewrite, export, remove."), rich_markup_mode=None
)

Id = Annotated[
    str, typer.Argument(help=tr("A poem's id, or the beginning of it: see `collection list`."))
]
Json = Annotated[bool, typer.Option("--json", help=tr("Report as JSON."))]


@collection_app.command("list", help=tr("List the saved poems, oldest first."))
def list_poems(
    words: Annotated[
        list[str] | None,
        typer.Argument(help=tr("Characters or pinyin in the text, form or model. All must match.")),
    ] = None,
    json: Json = False,
) -> None:
    """List the saved poems, oldest first."""
    found = [each for each in _saved().poems() if _matches(each, " ".join(words or ()))]
    if json:
        print_json([_document(each) for each in found])
        return
    for each in found:
        form = each.request.form or tr("free")
        name = name_of(each.model, each.request, each.poem.text)
        row = (each.id, name, form, each.model, each.saved)
        out.print("  ".join(row), soft_wrap=True)
    if not found:
        say(_none(words))


@collection_app.command(help=tr("Show a saved poem and its request."))
def show(poem: Id, json: Json = False) -> None:
    """Show a saved poem and its request."""
    saved = _saved().find(poem)
    if json:
        print_json(_document(saved))
        return
    heading = heading_of(saved.model, saved.request)
    out.print("\n".join([*filter(None, [heading]), *couplets(saved.poem.text)]))
    say(f"{source_in_words(saved.model, saved.request)} · {saved.saved}")


@collection_app.command(
    help=tr("Write a saved poem again with its request, seed and model. Exit code 1 if it differs.")
)
def again(
    poem: Id,
    model: Annotated[
        str, typer.Option("--run", "--model", help=tr("Use this model, not the one that wrote it."))
    ] = "",
    json: Json = False,
) -> None:
    """Write a saved poem again with its request, seed and model. Exit code 1 if it differs."""
    saved = _saved().find(poem)
    if not saved.model:
        raise VerseError(
            tr(
                "{poem} was written by hand, so no model can write it again. "
                "`tangshi-studio collection show {poem}` shows it.",
                poem=saved.id,
            )
        )
    request = saved.rewrite_request
    if model:
        request = msgspec.structs.replace(request, model=model)
    # On the workbench characters may have been put in that break a rule.
    writer, poems = write_poems(request, around=True)
    rewritten = compare(saved, writer, [each.text for each in poems])
    if json:
        print_json(
            {
                "id": saved.id,
                "model": writer,
                "saved": saved.poem.text,
                "text": rewritten.text,
                "same": rewritten.is_same,
                "differences": rewritten.differences,
            }
        )
    else:
        out.print("\n".join(couplets(rewritten.text)))
        say(rewritten.sentence)
    if not rewritten.is_same:
        raise typer.Exit(1)


@collection_app.command(
    help=tr("Export saved poems to a file. Text, Markdown, or a picture of one poem.")
)
def export(
    file: Annotated[
        Path, typer.Argument(help=tr("The suffix sets the format: .txt .md .svg .png"))
    ],
    poems: Annotated[
        list[str] | None,
        typer.Argument(help=tr("Ids, or the beginnings of ids; all poems if none is given.")),
    ] = None,
    words: Annotated[str, typer.Option(help=tr("Only poems that match these words."))] = "",
    replace: Annotated[
        bool, typer.Option("--replace", help=tr("Replace the file if it exists."))
    ] = False,
) -> None:
    """Export saved poems to a file. Text, Markdown, or a picture of one poem."""
    collection = _saved()
    chosen = [collection.find(each) for each in poems] if poems else collection.poems()
    chosen = [each for each in chosen if _matches(each, words)]
    if not chosen:
        raise StudioError(_none(words))
    write_file(file, chosen, format_of(file), replace)
    say(
        tr_n(
            "Wrote {count} poem to {file}.",
            "Wrote {count} poems to {file}.",
            len(chosen),
            file=file,
        )
    )


@collection_app.command(help=tr("Remove a poem from the collection."))
def remove(poem: Id) -> None:
    """Remove a poem from the collection."""
    collection = _saved()
    saved = collection.find(poem)
    collection.remove(saved)
    say(tr("Removed {line}.", line=first_line(saved.poem.text)))


def _saved() -> Collection:
    return Collection(Home.default().collection)


def _none(words: object) -> str:
    return tr("No saved poem matches.") if words else tr("There are no saved poems yet.")


def _matches(saved: SavedPoem, words: str) -> bool:
    return matches(words, [saved.poem.text], saved.model, saved.request)


def _document(saved: SavedPoem) -> dict[str, object]:
    return {"id": saved.id, **msgspec.structs.asdict(saved)}
