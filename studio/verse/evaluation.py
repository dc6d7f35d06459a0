"""Evaluation of a model by the poems that it writes, compared with poems by people."""

import random
import time
from collections.abc import Callable, Sequence

import msgspec

from studio.corpus.library import Library, Query
from studio.corpus.poem import Poem, Split, verse_lines
from studio.errors import VerseError
from studio.prosody.forms import Form, form_named, form_of
from studio.prosody.scansion import scan
from studio.verse.composer import write_best
from studio.verse.figures import keeps_length, keeps_rhyme, keeps_tones
from studio.verse.novelty import Novelty
from studio.verse.request import ComposeRequest, WrittenPoem
from studio.verse.writer import Writer

# How many poems are written in one batch.
_BATCH = 64
# Takes how many are done, and how many there are.
Report = Callable[[int, int], None]


def ignore(done: int, total: int) -> None:
    """Report nothing."""


class Failure(msgspec.Struct, frozen=True):
    """A request that did not result in a poem of its form, and why."""

    form: str
    opening: str
    reason: str


def human_poems(
    library: Library, form: Form, count: int, seed: int, split: Split = "test"
) -> list[Poem]:
    """Poems of a form from a split: `count` of them, drawn with the seed, or all.

    For a regulated form of fixed length these are the poems with its shape; otherwise those that
    the scanner assigns to the form.
    """
    if form.regulated and form.fixed:
        shapes = [form_of(length, form.usual, True) for length in form.line_lengths]
        poems = [
            library.poem(each)
            for shape in shapes
            for each in library.ids(Query(form=shape, split=split))
        ]
    else:
        poems = [
            poem
            for poem in library.poems()
            if poem.split == split and scan(verse_lines(poem.original)).form == form.name
        ]
    return random.Random(seed).sample(poems, min(count, len(poems)))


def lawful_texts(library: Library, form: Form, split: Split) -> list[str]:
    """The poems of a split that have the form's shape and keep its tones and its rhyme."""
    found = []
    for poem in human_poems(library, form, 2**31, 1, split):
        lines = verse_lines(poem.original)
        if keeps_rhyme(form, lines) and (not form.regulated or keeps_tones(lines)):
            found.append(poem.text)
    return found


def write_many(
    writer: Writer,
    request: ComposeRequest,
    count: int,
    novelty: Novelty | None = None,
    report: Report = ignore,
) -> tuple[list[WrittenPoem], float]:
    """Write `count` poems in batches, each with the next seed; also returns the seconds taken.

    Each is the best of the drafts that the request wants for one poem. `report` takes how many are
    written, and `count`.
    """
    poems: list[WrittenPoem] = []
    size = _BATCH if request.drafts == 1 else 1
    started = time.perf_counter()
    while len(poems) < count:
        batch = msgspec.structs.replace(
            request,
            seed=request.seed + len(poems) // size,
            candidates=min(size, count - len(poems)),
        )
        poems += write_best(writer, batch, novelty)
        report(len(poems), count)
    return poems, time.perf_counter() - started


def failures(
    writer: Writer,
    request: ComposeRequest,
    openings: Sequence[str],
    novelty: Novelty | None = None,
    report: Report = ignore,
) -> list[Failure]:
    """For each opening, request one poem; returns those that fail or break a rule of the form.

    `report` takes how many are requested, and how many there are.
    """
    form = form_named(request.form)
    failed = []
    for done, opening in enumerate(openings):
        report(done, len(openings))
        try:
            single = msgspec.structs.replace(request, first=opening, candidates=1)
            (poem,) = write_best(writer, single, novelty)
            reason = _broken_rules(form, poem)
        except VerseError as error:
            reason = str(error)
        if reason:
            failed.append(Failure(form.name, opening, reason))
    return failed


def _broken_rules(form: Form, poem: WrittenPoem) -> str:
    """The rules that a poem breaks, as text; "" if it keeps all."""
    lines = verse_lines(poem.text)
    rules = {
        "length": keeps_length(form, lines),
        "tones": not form.regulated or keeps_tones(lines),
        "rhyme": keeps_rhyme(form, lines),
    }
    broken = [name for name, keeps in rules.items() if not keeps]
    return f"{', '.join(broken)} not kept: {poem.text}" if broken else ""
