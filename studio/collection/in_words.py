"""Describing poems and requests in a few words, and matching them against search words."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache

from studio.corpus.poem import is_han, verse_lines
from studio.corpus.pronunciation import in_pinyin
from studio.corpus.script import simplified
from studio.prosody.forms import forms
from studio.prosody.rules import BLANK
from studio.prosody.spelling import searchable
from studio.translation import Translate, marked, tr, translator
from studio.verse.request import ComposeRequest, Sampling

# For files: they are the same in all languages.
in_english = translator("en")

_TONES = {"tang": marked("tones tang"), "free": marked("tones free")}


class Findable:
    """Poems with their model and request, as they are searched for.

    What they are searched for in is made once, when it is needed: the pinyin takes a while.
    """

    def __init__(self, texts: Iterable[str], model: str, request: ComposeRequest) -> None:
        self._written = "".join(texts)
        self._model, self._request = model, request

    def matches(self, words: str) -> bool:
        """Whether all the words are in the poems, the model or the request, in either script.

        A word in pinyin matches the poems, the form, the title and the poet.
        """
        return all(
            any(form in self._in_characters for form in forms)
            or (letters != "" and letters in self._in_letters)
            for forms, letters in _forms_of(words)
        )

    @cached_property
    def _in_characters(self) -> str:
        described = f"{describe(self._request)} {describe(self._request, in_english)}"
        return simplified(f"{self._written} {self._model} {described}").casefold()

    @cached_property
    def _in_letters(self) -> str:
        request = self._request
        named = f"{request.form} {request.title} {request.poet}"
        return searchable("".join(in_pinyin(f"{self._written} {named}")))


def matches(words: str, texts: Iterable[str], model: str, request: ComposeRequest) -> bool:
    """Whether all the words are in the poems, the model or the request, as `Findable.matches`."""
    return Findable(texts, model, request).matches(words)


@lru_cache(16)
def _forms_of(words: str) -> Sequence[tuple[tuple[str, str], str]]:
    """The words, each as it may be written, and in letters if it may be pinyin."""
    return [
        # As it was typed, too: 乾 alone becomes 干, but not in 乾坤.
        (
            (simplified(word), word),
            searchable(word) if word.isalpha() and not any(map(is_han, word)) else "",
        )
        for word in words.casefold().split()
    ]


def first_line(text: str, most: int = 16) -> str:
    """The first line of a poem with its blanks, which serves as its name: `most` characters."""
    line = next(iter(verse_lines(text)), "")
    return "".join(each for each in line if each.isalnum() or each == BLANK)[:most]


def heading_of(model: str, request: ComposeRequest) -> str:
    """What stands above a poem: its title, and the poet of one that no model wrote."""
    return " ".join(filter(None, (request.heading, "" if model else request.poet)))


def name_of(model: str, request: ComposeRequest, text: str, most: int = 16) -> str:
    """The name of a poem in a list: the title that a person gave it, or its first line."""
    return ("" if model else request.title[:most]) or first_line(text, most)


def source_in_words(model: str, request: ComposeRequest, translate: Translate = tr) -> str:
    """What wrote a poem and how, in a few words; `model` is "" for what a person wrote."""
    if model:
        return f"{model} · {describe(request, translate)}"
    by_hand = translate(marked("written by hand"))
    return f"{by_hand} · {request.form or translate(marked('free'))}"


def describe(request: ComposeRequest, translate: Translate = tr) -> str:
    """A request in a few words, the seed last."""
    seed = translate(marked("seed {seed}"), seed=request.seed)
    return f"{settings_in_words(request, translate)} · {seed}"


def settings_in_words(request: ComposeRequest, translate: Translate = tr) -> str:
    """A request and its sampling in a few words; settings without effect are left out."""
    form = request.form or translate(marked("free, at most {longest}"), longest=request.longest)
    if request.lines:
        form = translate(marked("{form}, {lines} lines"), form=form, lines=request.lines)
    is_titled = bool(request.title or request.poet)
    wishes: tuple[tuple[str, object], ...] = (
        (marked("on {wish}"), request.title),
        (marked("in the manner of {wish}"), request.poet),
        (marked("acrostic {wish}"), request.acrostic),
        (marked("to {wish}"), request.last),
        (marked("with {wish}"), " ".join(request.words)),
        (marked("partly given"), request.given),
        (marked("rhyme {wish}"), request.rhyme),
        (_TONES.get(request.tones, ""), request.form in forms() and request.tones != "strict"),
        *_drawn(request.sampling),
        (marked("guidance {wish:g}"), is_titled and request.sampling.guidance),
    )
    asked = [translate(message, wish=wish) for message, wish in wishes if wish]
    return " · ".join([form, *asked])


def _drawn(sampling: Sampling) -> Iterator[tuple[str, object]]:
    """What the sampling is, as messages with their values; a value without effect is false."""
    if sampling.strategy == "greedy":
        yield marked("greedy"), True
    else:
        yield marked("temperature {wish:g}"), sampling.temperature
        yield "top-k {wish}", sampling.top_k
        yield "top-p {wish:g}", sampling.top_p < 1 and sampling.top_p
        yield "min-p {wish:g}", sampling.min_p
        yield marked("sharpness {wish:g}"), sampling.sharpness
        yield marked("judgement {wish:g}"), sampling.judgement
    penalty = sampling.repetition_penalty
    yield marked("repetition {wish:g}"), penalty > 1 and penalty
