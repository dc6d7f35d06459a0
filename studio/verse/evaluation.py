"""Measuring a model by the poems it writes, beside poems by people."""

import random
import time
from collections.abc import Sequence

import msgspec

from studio.corpus.library import Library, Query
from studio.corpus.poem import Poem, verse_lines
from studio.errors import VerseError
from studio.prosody.forms import Form, form_named
from studio.prosody.scansion import scan
from studio.verse.composer import write
from studio.verse.decoder import Writer
from studio.verse.novelty import Novelty
from studio.verse.quality import keeps_length, keeps_rhyme, keeps_tones
from studio.verse.request import ComposeRequest, WrittenPoem

# Poems asked for at once.
_BATCH = 64


class Failure(msgspec.Struct, frozen=True):
    """A request that gave no poem of its form, and why."""

    form: str
    opening: str
    reason: str


def human_poems(library: Library, form: Form, count: int, seed: int) -> list[Poem]:
    """Poems of a form from the test split: `count` of them drawn by the seed, or all there are.

    Those of its shape, where the form is regulated and its length fixed; else those that the
    scanner finds to be of it.
    """
    if form.regulated and form.fixed:
        poems = [library.poem(each) for each in library.ids(Query(form=form.name, split="test"))]
    else:
        poems = [
            poem
            for poem in library.poems()
            if poem.split == "test" and scan(verse_lines(poem.original)).form == form.name
        ]
    return random.Random(seed).sample(poems, min(count, len(poems)))


def write_many(
    writer: Writer, request: ComposeRequest, count: int, novelty: Novelty | None = None
) -> tuple[list[WrittenPoem], float]:
    """Write `count` poems in batches, each with the next seed, and the seconds that it took."""
    poems: list[WrittenPoem] = []
    began = time.perf_counter()
    while len(poems) < count:
        batch = msgspec.structs.replace(
            request,
            seed=request.seed + len(poems) // _BATCH,
            candidates=min(_BATCH, count - len(poems)),
        )
        poems += write(writer, batch, novelty)
    return poems, time.perf_counter() - began


def failures(
    writer: Writer,
    request: ComposeRequest,
    openings: Sequence[str],
    novelty: Novelty | None = None,
) -> list[Failure]:
    """The requests for one poem with each opening that give none, or one off the form's rules."""
    form = form_named(request.form)
    failed = []
    for opening in openings:
        try:
            asked = msgspec.structs.replace(request, first=opening, candidates=1)
            (poem,) = write(writer, asked, novelty)
            reason = _off(form, poem)
        except VerseError as error:
            reason = str(error)
        if reason:
            failed.append(Failure(form.name, opening, reason))
    return failed


def _off(form: Form, poem: WrittenPoem) -> str:
    """Which rule a poem breaks; empty where it keeps them all."""
    lines = verse_lines(poem.text)
    kept = {
        "length": keeps_length(form, lines),
        "tones": not form.regulated or keeps_tones(lines),
        "rhyme": keeps_rhyme(form, lines),
    }
    broken = [name for name, keeps in kept.items() if not keeps]
    return f"{', '.join(broken)} not kept: {poem.text}" if broken else ""
