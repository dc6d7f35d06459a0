"""Describing poems and requests in a few words, and matching them against search words."""

from collections.abc import Iterable
from functools import cache

from studio.corpus.poem import verse_lines
from studio.corpus.pronunciation import in_pinyin
from studio.corpus.script import simplified
from studio.prosody.spelling import searchable
from studio.verse.request import ComposeRequest


def matches(words: str, texts: Iterable[str], model: str, request: ComposeRequest) -> bool:
    """Whether all the words are in the poems, the model or the request, in either script.

    A word in pinyin matches the poems and the form.
    """
    written = "".join(texts)
    searched = simplified(f"{written} {model} {describe(request)}").casefold()
    return all(
        word in searched
        or (word.isalpha() and searchable(word) in _in_letters(written + request.form))
        for word in simplified(words).casefold().split()
    )


@cache
def _in_letters(text: str) -> str:
    return searchable("".join(in_pinyin(text)))


def first_line(text: str, most: int = 16) -> str:
    """The first line of a poem, which serves as its name: at most `most` Han characters."""
    line = next(iter(verse_lines(text)), "")
    return "".join(character for character in line if character.isalnum())[:most]


def describe(request: ComposeRequest) -> str:
    """A request in a few words, the seed last."""
    return f"{settings_in_words(request)} · seed {request.seed}"


def settings_in_words(request: ComposeRequest) -> str:
    """A request and its sampling in a few words; settings without effect are left out."""
    sampling = request.sampling
    if sampling.strategy == "greedy":
        drawn = ["greedy"]
    else:
        drawn = [f"temperature {sampling.temperature:g}"]
        drawn += [f"top-k {sampling.top_k}"] if sampling.top_k else []
        drawn += [f"top-p {sampling.top_p:g}"] if sampling.top_p < 1 else []
        drawn += [f"min-p {sampling.min_p:g}"] if sampling.min_p else []
    if sampling.repetition_penalty > 1:
        drawn.append(f"repetition {sampling.repetition_penalty:g}")
    form = request.form or f"free, at most {request.longest}"
    asked = [f"{form}, {request.lines} lines" if request.lines else form]
    asked += [f"on {request.title}"] if request.title else []
    asked += [f"in the manner of {request.poet}"] if request.poet else []
    asked += [f"acrostic {request.acrostic}"] if request.acrostic else []
    asked += [f"to {request.last}"] if request.last else []
    asked += [f"with {' '.join(request.words)}"] if request.words else []
    asked += ["partly given"] if request.given else []
    asked += [f"rhyme {request.rhyme}"] if request.rhyme else []
    asked += [f"tones {request.tones}"] if request.form and request.tones != "strict" else []
    return " · ".join([*asked, *drawn])
