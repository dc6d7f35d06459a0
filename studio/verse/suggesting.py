"""Suggestions for a poem that a person wrote: what would clear each of its faults, ranked.

Imports torch only if a model ranks.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import islice, zip_longest
from typing import TYPE_CHECKING, Protocol

import msgspec

from studio.corpus.poem import STOPS, is_common, verse_lines
from studio.corpus.script import simplified, traditional
from studio.errors import VerseError
from studio.prosody.forms import forms
from studio.prosody.measure import TANG_MEASURE, Measure, scan_by
from studio.prosody.offers import LineOffer, Offer, Scan, line_offers, offers
from studio.prosody.report import Remark
from studio.prosody.rhymes import RhymeBook
from studio.verse.request import BLANK, COUPLET_FORM, ComposeRequest

if TYPE_CHECKING:
    from torch import Tensor

    from studio.verse.writer import Writer

# Offers for each place that are ranked in the whole poem.
_RANKED = 24
# Lines that are written where one character is not enough.
_WRITTEN = 12


class Suggestion(msgspec.Struct, frozen=True):
    """A fault and the offers that clear it, place by place: the place with the best one first.

    `lines` are offered only if one character cannot clear it, and a model knows the rules.
    """

    fault: Remark
    offers: tuple[Offer, ...]
    lines: tuple[LineOffer, ...] = ()


class Ranker(Protocol):
    """What knows which characters are likely; all texts are simplified, with punctuation."""

    def candidates(self, text: str, at: int) -> Iterable[str]:
        """Characters for a place of a text, the likeliest first, after what is before it."""

    def scores(self, text: str, changes: Sequence[tuple[int, str]]) -> Sequence[float]:
        """How likely the whole text is with each of some changes: a place and its character."""

    def rewritten(self, lines: Sequence[str], form: str, span: range) -> Sequence[list[str]]:
        """Texts to put in the place of some lines, the best first; none if it cannot write."""


class ByFrequency:
    """Ranks characters by how often they occur."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._counts = Counter("".join(texts))
        self._order = [each for each, _ in self._counts.most_common() if is_common(each)]

    def candidates(self, text: str, at: int) -> Iterable[str]:
        """All characters, the most frequent first."""
        return self._order

    def scores(self, text: str, changes: Sequence[tuple[int, str]]) -> Sequence[float]:
        """The counts of the characters."""
        return [self._counts[character] for _, character in changes]

    def rewritten(self, lines: Sequence[str], form: str, span: range) -> Sequence[list[str]]:
        """Nothing: counts cannot write."""
        return ()


class ByModel:
    """Ranks characters by a model: by the text before them, then by the whole text."""

    def __init__(self, writer: "Writer", measure: Measure = TANG_MEASURE) -> None:
        """`measure` are the rules by which it writes lines."""
        self._writer, self._measure = writer, measure
        # The text that was read last, and what the model predicted in each of its places.
        self._read: tuple[str, Tensor] | None = None

    def candidates(self, text: str, at: int) -> Iterable[str]:
        """The model's vocabulary, the likeliest after the text before the place first."""
        from studio.verse.inspection import read

        vocabulary = self._writer.vocabulary
        if self._read is None or self._read[0] != text:
            self._read = text, read(self._writer, ComposeRequest(), text)
        order = self._read[1][at].argsort(descending=True).tolist()
        characters = (vocabulary.decode([index]) for index in order)
        return (each for each in characters if each and is_common(each))

    def scores(self, text: str, changes: Sequence[tuple[int, str]]) -> Sequence[float]:
        """The log-probabilities of the changed texts, in nats."""
        from studio.model.evaluate import score_poems
        from studio.verse.knowledge import about_poem

        texts = [text[:at] + character + text[at + 1 :] for at, character in changes]
        about = [about_poem(ComposeRequest(), text)] * len(texts)
        scored = self._writer.read(
            len(texts), lambda by: score_poems(by.network, by.vocabulary, texts, by.device, about)
        )
        return [-each.nats for each in scored]

    def rewritten(self, lines: Sequence[str], form: str, span: range) -> Sequence[list[str]]:
        """What the model writes in some lines while the others stay, under the rules of the Tang.

        Other lines that have faults do not bind it. Nothing for the tune of a ci.
        """
        from studio.verse.composer import written
        from studio.verse.facing import compose_any

        if form not in (*forms(), COUPLET_FORM):
            return ()
        # The lines of a form are alike; those of a couplet may differ.
        usual, _ = Counter(map(len, lines)).most_common(1)[0]
        lengths = [len(line) if form == COUPLET_FORM else usual for line in lines]
        faulty = {fault.line for fault in scan_by(lines, form, self._measure).broken}
        for open_lines in ({*span}, {*span, *faulty}):
            given = [
                BLANK * lengths[at] if at in open_lines else line for at, line in enumerate(lines)
            ]
            request = ComposeRequest(
                given="，".join(given),
                form=form,
                tones="tang",
                candidates=_WRITTEN,
                measure=self._measure,
            )
            try:
                poems = written(compose_any(self._writer, request))
            except VerseError:
                continue
            best_first = sorted(poems, key=lambda each: -each.score)
            return [verse_lines(each.text)[span.start : span.stop] for each in best_first]
        return ()


def suggest(
    text: str,
    lines: Sequence[str],
    faults: Iterable[Remark],
    scan: Scan,
    book: RhymeBook,
    ranker: Ranker,
    count: int,
) -> list[Suggestion]:
    """For each fault at most `count` offers, in each place the likeliest in the whole poem first.

    `text` is the poem with punctuation, `lines` are its lines without. Offers are in the script of
    the poem, and the model, which knows simplified characters, reads it in those.
    """
    desk = _Desk(text, lines, scan, book, ranker)
    found = []
    for fault in faults:
        characters = _from_every_place(desk.characters(fault), count)
        whole = [] if characters else desk.whole_lines(fault)[:count]
        found.append(Suggestion(fault, tuple(characters), tuple(whole)))
    return found


def _from_every_place(ranked: Sequence[Offer], count: int) -> list[Offer]:
    """The best `count` offers, as evenly from all places as there are offers; place by place.

    An isolated level tone (孤平) can be cleared in two places. The likelier ones can all be in one.
    """
    places: dict[tuple[int, int], list[Offer]] = {}
    for offer in ranked:
        places.setdefault((offer.line, offer.place), []).append(offer)
    in_turn = [each for row in zip_longest(*places.values()) for each in row if each]
    chosen = set(in_turn[:count])
    return [offer for its in places.values() for offer in its if offer in chosen]


def suggest_for(
    writer: "Writer", request: ComposeRequest, text: str, fault: Remark, count: int
) -> Suggestion:
    """The suggestion for a fault of a poem that is measured by the form and rules of a request."""
    scan = partial(scan_by, form=request.scanned_as, measure=request.measure)
    book = request.measure.book_for(request.form)
    (found,) = suggest(
        text, verse_lines(text), [fault], scan, book, ByModel(writer, request.measure), count
    )
    return found


class _Desk:
    """A poem with what scans and ranks it."""

    def __init__(
        self, text: str, lines: Sequence[str], scan: Scan, book: RhymeBook, ranker: Ranker
    ) -> None:
        self._lines, self._scan, self._book, self._ranker = lines, scan, book, ranker
        self._plain = simplified(text)
        self._in_script: Callable[[str], str] = str if self._plain == text else traditional
        inside = (at for at, each in enumerate(text) if each not in STOPS)
        # The places of the lines' characters in the text.
        self._places = [list(islice(inside, len(line))) for line in lines]

    def characters(self, fault: Remark) -> list[Offer]:
        """The characters that clear a fault, the likeliest first."""
        found = offers(self._lines, fault, self._scan, self._book, self._candidates, _RANKED)
        if not found:
            return []
        changes = [
            (self._places[each.line][each.place], simplified(each.character)) for each in found
        ]
        scores = self._ranker.scores(self._plain, changes)
        ranked = sorted(zip(scores, found, strict=True), key=lambda each: -each[0])
        return [offer for _, offer in ranked]

    def whole_lines(self, fault: Remark) -> list[LineOffer]:
        """What clears it in the place of its line, else of the line before, else of its couplet."""
        form = self._scan(self._lines).form
        plain = [simplified(line) for line in self._lines]
        at = fault.line
        couplet = at - at % 2
        for span in (range(at, at + 1), range(at - 1, at), range(couplet, couplet + 2)):
            if span.start < 0 or span.stop > len(plain):
                continue
            candidates = (
                LineOffer(span.start, tuple(map(self._in_script, texts)))
                for texts in self._ranker.rewritten(plain, form, span)
            )
            if found := line_offers(self._lines, fault, self._scan, candidates):
                return found
        return []

    def _candidates(self, line: int, place: int) -> Iterable[str]:
        characters = self._ranker.candidates(self._plain, self._places[line][place])
        return dict.fromkeys(map(self._in_script, characters))
