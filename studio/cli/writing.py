"""`generate` and `score`: write poems with a model, and measure poems with it."""

import re
import secrets
import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from studio.cli.options import Device, RhymeBookOption
from studio.cli.output import option, out, print_json, say, usage_errors
from studio.collection.exporting import PICTURES, export, format_of, refuse_taken
from studio.collection.in_words import source_in_words
from studio.collection.saved import Collection, SavedPoem, saved_now
from studio.corpus.poem import STOPS, couplets
from studio.documents import converted
from studio.errors import ConfigError, CorpusError
from studio.files import read_regular
from studio.paths import Home, expanded
from studio.prosody.books import rhyme_book_named
from studio.prosody.couplet import COUPLET_FORM
from studio.prosody.forms import form_named
from studio.prosody.rhymes import PINGSHUI
from studio.prosody.tunes import tunes
from studio.reasons import system_reason
from studio.translation import tr
from studio.verse.request import USUAL, ComposeRequest, WrittenPoem

LARGEST = 2**27  # bytes of poems to score; several times the whole corpus
_BETWEEN_WORDS = re.compile(rf"[\s,.?!;:､﹑{STOPS}]+")
# Options whose names differ from the request's keys.
_OPTIONS = {"candidates": "--count", "model": "--run", "words": "--word"}
Run = Annotated[
    str, typer.Option("--run", "--model", help=tr('A run, "run@step", "default" or "auto".'))
]
Json = Annotated[bool, typer.Option("--json", help=tr("Report as JSON."))]


def generate(
    first: Annotated[str, typer.Option(help=tr("The opening of the poem."))] = "",
    form: Annotated[
        str,
        typer.Option(
            help=tr(
                "五绝 七绝 五律 七律 排律 古绝 五古 七古 四言 (or wujue ...), "
                "a tune such as 如梦令 (or rumengling), or free."
            )
        ),
    ] = "五绝",
    lines: Annotated[
        int, typer.Option(help=tr("Number of lines, in forms of any length; 0: default."))
    ] = 0,
    acrostic: Annotated[str, typer.Option(help=tr("The first characters of the lines."))] = "",
    last: Annotated[str, typer.Option(help=tr("The last line; the poem ends with this."))] = "",
    word: Annotated[list[str] | None, typer.Option(help=tr("A word that must occur."))] = None,
    given: Annotated[
        str, typer.Option(help=tr("A poem to complete, with □ for characters to write."))
    ] = "",
    title: Annotated[
        str,
        typer.Option(
            help=tr("The title of the poem, such as 送别; its first 12 characters are read.")
        ),
    ] = "",
    poet: Annotated[str, typer.Option(help=tr("A poet to imitate, such as 李白."))] = "",
    rhyme: Annotated[str, typer.Option(help=tr("One of the 106 rhymes, such as 阳 or 東."))] = "",
    rhymes: RhymeBookOption = "",
    tones: Annotated[
        str,
        typer.Option(help=tr("Tone rules: strict, tang (as the Tang poets kept them) or free.")),
    ] = "strict",
    allow_copies: Annotated[
        bool, typer.Option("--allow-copies", help=tr("Allow lines copied from the corpus."))
    ] = False,
    strategy: Annotated[str, typer.Option(help=tr("greedy (argmax) or sample."))] = "sample",
    temperature: Annotated[
        float, typer.Option(help=tr("Above 1 more varied, below 1 more predictable."))
    ] = USUAL.sampling.temperature,
    top_k: Annotated[
        int, typer.Option(help=tr("Sample from the k most likely characters; 0: all."))
    ] = USUAL.sampling.top_k,
    top_p: Annotated[
        float,
        typer.Option(help=tr("Sample from the most likely characters with this total share.")),
    ] = USUAL.sampling.top_p,
    min_p: Annotated[
        float, typer.Option(help=tr("Leave out characters below this share of the likeliest one."))
    ] = USUAL.sampling.min_p,
    repetition_penalty: Annotated[
        float,
        typer.Option(help=tr("Make characters already in the poem less likely; 1: no penalty.")),
    ] = USUAL.sampling.repetition_penalty,
    guidance: Annotated[
        float,
        typer.Option(help=tr("How much title and poet are stressed; 0: as the model learnt it.")),
    ] = USUAL.sampling.guidance,
    sharpness: Annotated[
        float,
        typer.Option(help=tr("How much the likeliest try of a line is preferred; 0: not at all.")),
    ] = USUAL.sampling.sharpness,
    judgement: Annotated[
        float,
        typer.Option(
            help=tr(
                "How strongly to prefer the try of a line that readers would like best; 0: not at "
                "all."
            )
        ),
    ] = USUAL.sampling.judgement,
    tries: Annotated[
        int,
        typer.Option(
            help=tr("Versions to write of each line; one is drawn, likely ones more often.")
        ),
    ] = USUAL.tries,
    count: Annotated[int, typer.Option(help=tr("Number of poems."))] = 1,
    drafts: Annotated[
        int, typer.Option(help=tr("Poems written, of which the best are given."))
    ] = USUAL.drafts,
    seed: Annotated[int | None, typer.Option(help=tr("Set it to reproduce a poem."))] = None,
    longest: Annotated[int, typer.Option(help=tr("Most characters in a poem of free form."))] = 100,
    save: Annotated[
        bool, typer.Option("--save", help=tr("Save the poems in the collection."))
    ] = False,
    picture: Annotated[
        Path | None, typer.Option(help=tr("Draw the best to this file, .svg or .png."))
    ] = None,
    run: Run = "auto",
    device: Device = "auto",
    json: Json = False,
) -> None:
    """Write poems; the best comes first."""
    if picture:
        # The shell leaves --picture=~/poem.svg as it is.
        picture = expanded(picture)
        # Before the poem is written: without its seed it could not be written again.
        format_of(picture, PICTURES)
        refuse_taken(picture)
    request = _request(
        first=first,
        form=_form(form),
        lines=lines,
        acrostic=acrostic,
        last=last,
        words=[each for typed in word or [] for each in _BETWEEN_WORDS.split(typed)],
        given=given,
        title=title,
        poet=poet,
        rhyme=rhyme,
        measure={"rhymes": _book(rhymes)},
        tones=tones,
        copied_lines=allow_copies,
        sampling={
            "strategy": strategy,
            "temperature": temperature,
            "top_k": top_k,
            "top_p": top_p,
            "min_p": min_p,
            "repetition_penalty": repetition_penalty,
            "guidance": guidance,
            "sharpness": sharpness,
            "judgement": judgement,
        },
        tries=tries,
        candidates=count,
        drafts=drafts,
        seed=secrets.randbelow(2**31) if seed is None else seed,
        longest=longest,
        model=run,
        ranking=msgspec.to_builtins(USUAL.ranking),
    )
    model, drafts_written = write_poems(request, device)
    poems = drafts_written[:count]
    if json:
        print_json({"model": model, "request": request, "poems": poems})
    else:
        for poem in poems:
            out.print("\n".join([*filter(None, [request.heading]), *couplets(poem.text)]) + "\n")
        say(source_in_words(model, request))
    _keep([saved_now(poem, request, model) for poem in poems], save, picture)


def write_poems(
    request: ComposeRequest, device: str = "auto", around: bool = False
) -> tuple[str, list[WrittenPoem]]:
    """The full name of the model, and all drafts, the best first.

    With `around` the given text stays even if it breaks rules.
    """
    from studio.runs.loading import load_writer, locate
    from studio.verse.composer import written
    from studio.verse.copies import copies_in, libraries_of
    from studio.verse.facing import compose_any
    from studio.verse.novelty import Novelty
    from studio.verse.standing import compose_around

    home = Home.default()
    writer = load_writer(*locate(home, request.model), device)
    try:
        copies = copies_in(map(Novelty.find, libraries_of(home, request.form)))
    except CorpusError as error:
        # The library is only needed to find copied lines: poems are written without it too.
        say(tr("Copied lines cannot be found: {problem}", problem=error))
        copies = None
    compose = compose_around if around else compose_any
    poems = written(compose(writer, request, copies))
    return writer.name, list(poems)


def score(
    file: Annotated[
        str, typer.Argument(help=tr('A file with one poem per line; "-" reads standard input.'))
    ],
    run: Run = "auto",
    device: Device = "auto",
    json: Json = False,
) -> None:
    """Show the perplexity of each poem of a file."""
    texts = _lines(file)
    from studio.model.evaluate import score_poems
    from studio.runs.loading import load_writer, locate

    writer = load_writer(*locate(Home.default(), run), device)
    scores = writer.read(
        len(texts), lambda by: score_poems(by.network, by.vocabulary, texts, by.device)
    )
    if json:
        rows = [
            {
                "text": text,
                "perplexity": each.perplexity_all,
                "perplexity_han": _finite(each.perplexity),
                "tokens": each.tokens,
                "unknown": each.unknown,
            }
            for text, each in zip(texts, scores, strict=True)
        ]
        print_json({"model": writer.name, "poems": rows})
        return
    for each in scores:
        out.print(f"{each.perplexity_all:.2f}")


def _keep(poems: list[SavedPoem], save: bool, picture: Path | None) -> None:
    """Save the poems if `save`, the best first; draw the best if there is a `picture`."""
    if save:
        collection = Collection(Home.default().collection)
        for poem in poems:
            is_new = collection.add(poem)
            say(tr("Saved as {id}.", id=poem.id) if is_new else tr("Saved already."))
    if picture:
        export(picture, poems[:1], format_of(picture))
        say(tr("Drew {file}.", file=picture))


@usage_errors()
def _form(typed: str) -> str:
    """The form's own name, so that saved poems are the same however the form was typed."""
    if typed in ("", "free"):
        return ""
    if typed == COUPLET_FORM:
        raise ConfigError(
            tr("The form {form} has its own command: tangshi-studio couplet.", form=typed)
        )
    named = [each.name for each in tunes().values() if typed in (each.name, each.pinyin)]
    if named:
        return named[0]
    return form_named(
        typed, *(f"{each.name} ({each.pinyin})" for each in tunes().values()), "free"
    ).name


@usage_errors()
def _book(typed: str) -> str:
    """The key of a rhyme book, named by key or name."""
    return rhyme_book_named(typed or PINGSHUI.key).key


@usage_errors()
def _request(**fields: Any) -> ComposeRequest:
    request = converted(fields, ComposeRequest, lambda key: _OPTIONS.get(key, option(key)))
    # With words, each poem has them at other places, so that several poems are different.
    if request.sampling.strategy == "greedy" and request.candidates > 1 and not request.words:
        raise ConfigError(
            tr(
                "With --strategy greedy there is only one poem, the likeliest. Leave out --count, "
                "or use --strategy sample."
            )
        )
    if request.form and request.longest != ComposeRequest().longest:
        raise ConfigError(
            tr(
                "--longest applies only to --form free, not to {form}. Leave out --longest.",
                form=request.form,
            )
        )
    if request.form in tunes() and request.tones != "strict":
        raise ConfigError(
            tr("{form} is a ci and keeps its tones. Leave out --tones.", form=request.form)
        )
    return request


def _lines(file: str) -> list[str]:
    """The poems of a file, cleaned like the corpus; raises CorpusError that names the line."""
    from studio.corpus.cleaning import normalise_typed
    from studio.corpus.sources import check_encoding

    name = tr("standard input") if file == "-" else file
    try:
        if file == "-":
            content = sys.stdin.buffer.read(LARGEST + 1)
        else:
            content = read_regular(Path(file), LARGEST)
    except OSError as error:
        raise CorpusError(
            tr(
                '{name} cannot be read: {reason}. Name another file, or "-" for standard input.',
                name=name,
                reason=system_reason(error),
            )
        ) from error
    if len(content) > LARGEST:
        raise CorpusError(
            tr(
                "{name} is larger than {size:,} bytes. Split it and score the parts.",
                name=name,
                size=LARGEST,
            )
        )
    check_encoding(content, name)
    texts = []
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            text = normalise_typed(line.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise CorpusError(
                tr(
                    "{name}, line {line} is not UTF-8 (byte {byte}). "
                    "Convert the file, for example with iconv -f GB18030 -t UTF-8.",
                    name=name,
                    line=number,
                    byte=error.start + 1,
                )
            ) from error
        if text:
            texts.append(text)
    if not texts:
        raise CorpusError(tr("{name} has no poem. Write one poem per line.", name=name))
    return texts


def _finite(value: float) -> float | None:
    return value if value == value and abs(value) != float("inf") else None
