"""`lookup`: rhymes, words, facing words, lines and nearest lines, from the library."""

from collections.abc import Iterable
from typing import Annotated

import msgspec
import typer

from studio.cli.output import out, print_json, say, usage_errors
from studio.cli.scan_report import script_for
from studio.corpus import lookups
from studio.corpus.library import Library
from studio.corpus.lookups import Frequency, LineFound
from studio.corpus.poem import named
from studio.corpus.words import Words
from studio.paths import Home
from studio.prosody.books import rhyme_book_named
from studio.prosody.rhymes import PINGSHUI, RhymeBook
from studio.translation import tr

lookup_app = typer.Typer(
    help=tr("Look up rhymes, words and lines in the library."),
    no_args_is_help=True,
    rich_markup_mode=None,
)

Text = Annotated[str, typer.Argument(help=tr("A character or a word."))]
Count = Annotated[int, typer.Option(min=1, max=10**6, help=tr("Most results to show."))]
Rhymes = Annotated[str, typer.Option(help=tr("Rhyme book: pingshui, cilin, tongyun or xinyun."))]
Json = Annotated[bool, typer.Option("--json", help=tr("Report as JSON."))]


@lookup_app.command(
    help=tr(
        "Show the rhymes of a character and what is in them.\n\n"
        "The most frequent characters of the library come first; those that seldom have this "
        "reading come last."
    )
)
def rhyme(
    character: Annotated[str, typer.Argument(help=tr("One Chinese character."))],
    rhymes: Rhymes = PINGSHUI.key,
    count: Count = 60,
    json: Json = False,
) -> None:
    """Show the rhymes of a character and what is in them.

    The most frequent characters of the library come first; those that seldom have this
    reading come last.
    """
    book = _book(rhymes)
    with Library.open(Home.default().library) as library:
        counts = lookups.count_characters(library)
    found = lookups.rhyme_groups(character, book, counts, count)
    if json:
        print_json({"rhyme_book": book.name, "character": character, "rhymes": found})
        return
    in_script = script_for(each.text for group in found for each in group.characters)
    for group in found:
        characters = "".join(each.text for each in group.characters if not each.rare)
        rare = "".join(each.text for each in group.characters if each.rare)
        words = [f"{in_script(group.name)}  {characters}"]
        if group.rare:
            words.append(tr("(rare reading of {character})", character=character))
        if rare:
            words.append(tr("(rare reading: {characters})", characters=rare))
        out.print("  ".join(words), soft_wrap=True)


@lookup_app.command(
    help=tr("Show what begins and what ends with a text.\n\nThe most frequent come first.")
)
def word(text: Text, count: Count = 20, json: Json = False) -> None:
    """Show what begins and what ends with a text.

    The most frequent come first.
    """
    with Library.open(Home.default().library) as library:
        found = lookups.words_with(library, Words.of_library, text, count)
    if json:
        print_json(found)
        return
    _print_counts(f"{found.text}…", found.beginning)
    _print_counts(f"…{found.text}", found.ending)


@lookup_app.command(help=tr("Show what faces a text in parallel couplets (对仗)."))
def pair(text: Text, rhymes: Rhymes = PINGSHUI.key, count: Count = 20, json: Json = False) -> None:
    """Show what faces a text in parallel couplets (对仗)."""
    book = _book(rhymes)
    with Library.open(Home.default().library) as library:
        found = lookups.facing_words(library, Words.of_library, text, book, count)
    if json:
        print_json({"text": text, "facing": found})
        return
    _print_counts(text, found)


@lookup_app.command(help=tr("Show the lines that hold a text, with poet and title."))
def lines(text: Text, count: Count = 20, json: Json = False) -> None:
    """Show the lines that hold a text, with poet and title."""
    with Library.open(Home.default().library) as library:
        found = lookups.lines_with(library, text, count)
    if json:
        print_json(found)
        return
    for each in found.lines:
        out.print(f"{each.line}  {named(each.author, each.title)} {each.poem}", soft_wrap=True)
    say(tr("{count:,} lines hold {text}.", count=found.count, text=found.text))


@lookup_app.command(
    help=tr(
        "Show the lines of the library that are nearest to one.\n\n"
        "They are compared by the vectors that a model has for the characters and by their "
        "places. The number is how near a line is, up to 1."
    )
)
def near(
    line: Annotated[str, typer.Argument(help=tr("A line of verse."))],
    count: Count = 8,
    run: Annotated[
        str, typer.Option("--run", "--model", help=tr("The model that compares."))
    ] = "auto",
    json: Json = False,
) -> None:
    """Show the lines of the library that are nearest to one.

    They are compared by the vectors that a model has for the characters and by their places. The
    number is how near a line is, up to 1.
    """
    from studio.runs.loading import load_writer, locate
    from studio.verse.nearest import NearestLines

    home = Home.default()
    with Library.open(home.library) as library:
        text = lookups.checked(library, line)
        writer = load_writer(*locate(home, run))
        vectors = writer.network.embedding.weight.detach().cpu().numpy()
        index = NearestLines(library.poems(), writer.vocabulary, vectors)
        found = [(each, library.poem(each.poem)) for each in index.find(text, count)]
    if json:
        rows = [
            {"nearness": each.nearness}
            | msgspec.structs.asdict(LineFound(each.line, poem.author, poem.title, poem.id))
            for each, poem in found
        ]
        print_json({"model": writer.name, "text": text, "lines": rows})
        return
    for each, poem in found:
        out.print(
            f"{each.nearness:.2f}  {each.line}  {named(poem.author, poem.title)} {poem.id}",
            soft_wrap=True,
        )


def _print_counts(heading: str, found: Iterable[Frequency]) -> None:
    listed = "  ".join(f"{each.text} {each.count:,}" for each in found)
    out.print(
        f"{heading}  {listed}" if listed else tr("{text}  not in the library", text=heading),
        soft_wrap=True,
    )


@usage_errors()
def _book(name: str) -> RhymeBook:
    return rhyme_book_named(name)
