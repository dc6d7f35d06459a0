"""`corpus`: fetch, build, measure and search the poems."""

import shlex
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from studio.cli.output import out, padded, print_json, print_row, progress, say, usage_errors
from studio.corpus.library import LARGEST, Library, Query, Sort, built_from
from studio.corpus.long_lines import LongLine
from studio.corpus.manifest import Corpus, published_corpus
from studio.corpus.obtaining import (
    Wanted,
    current_statistics,
    fetch_and_build,
    how_to_obtain,
    rebuild,
    wanted,
)
from studio.corpus.poem import Poem, Script, Split, couplets, named, place_in_words
from studio.corpus.statistics import Statistics, length_of
from studio.errors import CorpusError
from studio.paths import Home
from studio.prosody.forms import SHAPES, form_named, forms
from studio.settings import read_settings
from studio.translation import marked, tr, tr_n

corpus_app = typer.Typer(
    help=tr("The poems: fetch them, build the library, search it."), no_args_is_help=True
)

From = Annotated[
    Path | None,
    typer.Option(
        "--from",
        help=tr(
            "The npm package as tarball or folder, or your own poems: JSON, JSON Lines, "
            "title:content lines, one poem per line, a table (CSV, TSV), or verse below its title "
            "and poet."
        ),
    ),
]
Named = Annotated[
    str,
    typer.Option(
        "--corpus",
        help=tr("quantangshi (Tang poems), quansongshi (Song poems) or songci (ci of the Song)."),
    ),
]
Beside = Annotated[
    bool,
    typer.Option(
        "--beside", help=tr("Keep the library; build a second one, for --poems and --mix.")
    ),
]
InScript = Annotated[
    Script | None,
    typer.Option(
        "--script",
        help=tr("simplified or traditional; default: as in the library, else simplified."),
    ),
]
Json = Annotated[bool, typer.Option("--json", help=tr("Report as JSON."))]
Words = Annotated[
    list[str] | None,
    typer.Argument(
        help=tr(
            "Find poems with all of these words, in any order, in the text or title. "
            "Words in quotation marks are not a phrase."
        )
    ),
]
OfForm = Annotated[str, typer.Option("--form", help=tr("五绝 七绝 五律 七律 排律 古体 or other."))]
OfPoet = Annotated[str, typer.Option("--poet", help=tr("A poet's name, or part of it."))]
OfSplit = Annotated[Split | None, typer.Option("--split", help=tr("train, valid or test."))]
# Words of the library that are shown in the language of the process.
_OF_LIBRARY = (
    marked("other"),
    marked("simplified"),
    marked("traditional"),
    marked("split"),
    marked("kept"),
    marked("rejected"),
)
BAR = 30
LONG_LINES_SHOWN = 5


@corpus_app.command(
    help=tr("Fetch the poems and build the library. Does nothing if there is a library already.")
)
def fetch(
    source: From = None,
    corpus: Named = "",
    beside: Beside = False,
    script: InScript = None,
    mirror: Annotated[str, typer.Option(help=tr("URL of a mirror to use if npm fails."))] = "",
    again: Annotated[bool, typer.Option("--again", help=tr("Rebuild even if one exists."))] = False,
    json: Json = False,
) -> None:
    """Fetch the poems and build the library. Does nothing if there is a library already."""
    home = Home.default()
    library, named = _place(home, corpus, beside)
    before = current_statistics(library)
    if (
        before is not None
        and (named is None or before.source == named.source)
        and (not script or before.script == script)
        and source is None
        and not again
    ):
        _report_built(library, before, json, is_new=False)
        return
    new = wanted(library, source, named, script)
    _say_what_is_lost(library, new, beside)
    mirror = mirror or read_settings(home.settings).mirror
    with progress() as report:
        built = fetch_and_build(
            home,
            source=new.source,
            script=new.script,
            mirror=mirror,
            progress=report,
            corpus=new.corpus,
            beside=beside,
        )
    _report_built(library, built, json, is_new=True)


def _place(home: Home, corpus: str, beside: bool) -> tuple[Path, Corpus | None]:
    """The library to build, and its corpus if one is named: beside the library one always is."""
    if beside:
        chosen = published_corpus(corpus)
        return home.library_beside(chosen.name), chosen
    return home.library, published_corpus(corpus) if corpus else None


def _say_what_is_lost(library: Path, new: Wanted, beside: bool) -> None:
    """Say what a library has before it is replaced by another, and how to build it again.

    With `beside` it is not the library itself but one beside it.
    """
    before = built_from(library)
    if before is None:
        if library.exists():
            say(tr("{library} will be replaced.", library=library))
    elif (before.source, before.script) != (new.name, new.script):
        say(
            tr(
                "{library} will be replaced. It has {poems:,} poems from {source}. "
                "To build it again: `{command}`.",
                library=library,
                poems=before.poems,
                source=before.source,
                command=shlex.join(["tangshi-studio", *how_to_obtain(before, beside)]),
            )
        )


@corpus_app.command(help=tr("Build the library again from the same files."))
def build(
    source: Annotated[
        Path | None, typer.Option("--from", help=tr("Build from your own poems instead."))
    ] = None,
    corpus: Named = "",
    beside: Beside = False,
    script: InScript = None,
    json: Json = False,
) -> None:
    """Build the library again from the same files."""
    home = Home.default()
    library, named = _place(home, corpus, beside)
    new = wanted(library, source, named, script)
    _say_what_is_lost(library, new, beside)
    with progress() as report:
        if new.source is None:
            built = rebuild(
                home, script=new.script, progress=report, corpus=new.corpus, beside=beside
            )
        else:
            built = fetch_and_build(
                home,
                source=new.source,
                script=new.script,
                progress=report,
                corpus=new.corpus,
                beside=beside,
            )
    _report_built(library, built, json, is_new=True)


@corpus_app.command(help=tr("Show figures of the library."))
def stats(json: Json = False) -> None:
    """Show figures of the library."""
    with Library.open(Home.default().library) as library:
        statistics = library.statistics()
    if json:
        print_json(statistics)
        return
    _print_statistics(statistics)


@corpus_app.command(help=tr("Find poems in the library."))
def search(
    words: Words = None,
    form: OfForm = "",
    poet: OfPoet = "",
    split: OfSplit = None,
    sort: Annotated[Sort, typer.Option(help=tr("source, length or poet."))] = "source",
    limit: Annotated[int, typer.Option(min=1, max=LARGEST)] = 20,
    offset: Annotated[int, typer.Option(min=0, max=LARGEST)] = 0,
    json: Json = False,
) -> None:
    """Find poems in the library."""
    query = Query(" ".join(words or ()), _shape(form), poet, split or "")
    with Library.open(Home.default().library) as library:
        count = library.count(query)
        poems = library.search(query, sort, limit, offset)
    if json:
        print_json({"count": count, "offset": offset, "poems": list(map(_whole, poems))})
        return
    for poem in poems:
        line = f"{poem.id:>6}  {padded(tr(poem.form), 5)} {padded(poem.author or '—', 8)} "
        text = f"{line}{poem.first_line}  {named('', poem.title)}".rstrip()
        print_row(text)
    if len(poems) < count:
        say(tr("{count:,} poems, {shown} shown", count=count, shown=len(poems)))
    else:
        say(tr_n("{count:,} poem", "{count:,} poems", count))


def _whole(poem: Poem) -> dict[str, Any]:
    return {
        **msgspec.structs.asdict(poem),
        "first_line": poem.first_line,
        "length": length_of(poem.text),
    }


@corpus_app.command(help=tr("Show a poem, or a random one."))
def show(
    number: Annotated[
        int | None, typer.Argument(help=tr("The poem's number; a random poem if not given."))
    ] = None,
    words: Annotated[str, typer.Option(help=tr("A random poem with these words."))] = "",
    form: OfForm = "",
    poet: OfPoet = "",
    seed: Annotated[
        int | None, typer.Option(help=tr("Set it to get the same random poem."))
    ] = None,
    json: Json = False,
) -> None:
    """Show a poem, or a random one."""
    if number is not None and (words or form or poet or seed is not None):
        raise typer.BadParameter(
            tr("The number names the poem: leave out --words, --form, --poet and --seed.")
        )
    with Library.open(Home.default().library) as library:
        if number is not None:
            poem: Poem | None = library.poem(number)
        else:
            poem = library.random(Query(words, _shape(form), poet), seed)
    if poem is None:
        raise CorpusError(tr("No poem matches. Try fewer words, or leave out form or poet."))
    if json:
        print_json(poem)
        return
    heading = "  ".join(part for part in (poem.title, poem.author) if part)
    out.print("\n".join([*([heading, ""] if heading else []), *couplets(poem.text)]))
    say(f"\n{poem.id} · {tr(poem.form)} · {tr(poem.split)} · {place_in_words(poem.source)}")


@usage_errors()
def _shape(form: str) -> str:
    """A form by its name or pinyin; raises ConfigError that lists the forms."""
    others = [shape for shape in SHAPES if shape not in forms()]
    return form if form in ("", *SHAPES) else form_named(form, *others).name


def _report_built(library: Path, statistics: Statistics, json: bool, *, is_new: bool) -> None:
    if json:
        print_json({"library": str(library), **_account(statistics)})
        return
    say(_poems_in(library, statistics, is_new))
    rejected = sum(statistics.rejected.values())
    figures = {
        "read": statistics.records_read,
        "merged": statistics.merged,
        "rejected": rejected,
    }
    if not rejected:
        say(
            tr(
                "{read:,} records read, {merged:,} duplicates merged, {rejected:,} rejected.",
                **figures,
            )
        )
        return
    reasons = (f"{tr(reason)} {count:,}" for reason, count in statistics.rejected.items())
    say(
        tr(
            "{read:,} records read, {merged:,} duplicates merged, {rejected:,} rejected "
            "({reasons}).",
            **figures,
            reasons=tr(", ").join(reasons),
        )
    )


def _poems_in(library: Path, statistics: Statistics, is_new: bool) -> str:
    figures = {"library": library, "poems": statistics.poems, "poets": statistics.poets}
    if is_new:
        return tr("Built: {poems:,} poems by {poets:,} poets in {library}.", **figures)
    return tr(
        "The library exists already: {poems:,} poems by {poets:,} poets in {library}.", **figures
    )


def _account(statistics: Statistics) -> dict[str, Any]:
    names = ("source", "script", "records_read", "kept", "merged", "rejected", "poems", "poets")
    return {name: msgspec.to_builtins(getattr(statistics, name)) for name in names}


def _print_statistics(statistics: Statistics) -> None:
    out.print(
        tr(
            "{poems:,} poems by {poets:,} poets, {characters:,} characters, {distinct:,} "
            "distinct.\n"
            "{source}, {script}: {read:,} records read, {kept:,} kept, {merged:,} merged.",
            poems=statistics.poems,
            poets=statistics.poets,
            characters=statistics.characters,
            distinct=statistics.distinct,
            source=statistics.source,
            script=tr(statistics.script),
            read=statistics.records_read,
            kept=statistics.kept,
            merged=statistics.merged,
        )
    )
    _bars(tr("Rejected"), [(tr(name), count) for name, count in statistics.rejected.items()])
    _print_long_lines(statistics.long_lines)
    _bars(tr("Splits"), [(tr(name), count) for name, count in statistics.splits.items()])
    _bars(tr("Forms"), [(tr(name), count) for name, count in statistics.forms.items()])
    _bars(tr("Characters per poem"), [(each.label, each.poems) for each in statistics.lengths])
    _bars(tr("Most frequent characters"), statistics.frequent[:20])
    _bars(tr("Most prolific poets"), [(name or "—", n) for name, n in statistics.prolific[:20]])
    out.print("\n" + tr("Share of the text covered by the most frequent characters"))
    for size, share in statistics.coverage:
        out.print(f"  {size:>18,}  {share:>7.2%}  {'█' * round(share * BAR)}")


def _print_long_lines(lines: list[LongLine]) -> None:
    """The number of lines too long for verse, and the first of them."""
    if not lines:
        return
    counts = Counter(line.outcome for line in lines)
    account = tr(", ").join(
        tr("{count:,} {outcome}", count=count, outcome=tr(outcome))
        for outcome, count in counts.most_common()
    )
    out.print("\n" + tr("Long lines: {account} (all with --json)", account=account))
    for line in lines[:LONG_LINES_SHOWN]:
        text = f"  {padded(tr(line.outcome), 8)}  {line.line}  {place_in_words(line.source)}"
        print_row(text)


def _bars(heading: str, counts: list[tuple[str, int]]) -> None:
    if not counts:
        return
    out.print(f"\n{heading}")
    largest = max(count for _, count in counts) or 1
    for name, count in counts:
        bar = "█" * round(BAR * count / largest)
        out.print(f"  {padded(name, 18)}  {count:>7,}  {bar}")
