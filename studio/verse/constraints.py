"""What may stand at the next position of each poem of a batch, as masks over the vocabulary.

The masks are made of a few precomputed ones: by tone for the places within a line, by rhyme for its
end. A poem's state is which templates, rhymes and ways of its line are still open to it.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol

import numpy as np

from studio.corpus.poem import is_common
from studio.corpus.vocabulary import BEGIN, END, PAD, UNKNOWN, Vocabulary
from studio.errors import VerseError
from studio.prosody.rhymes import Reading
from studio.prosody.tones import LEVEL, OBLIQUE, tone_masks, tones_of
from studio.verse.plan import Plan
from studio.verse.request import BLANK
from studio.verse.sampling import Bools, Floats, Tokens
from studio.verse.sheet import COUPLET
from studio.verse.ways import ALLOWS, FEET, Foot, chosen_at, rhymes_at

# A position that nothing fixes.
FREE = -1


class Rules(Protocol):
    """The rules of a batch of poems, one a row; positions count from 0, stops included.

    Characters that many fonts lack may be fixed, but are never allowed by themselves.

    `fixed` (rows, positions) are the tokens that are decided, `FREE` elsewhere. A poem that comes
    to their end is complete where they end with the end token, else cut. `stride` is the length of
    a line with its stop; 0 where the poems have no lines.
    """

    fixed: Tokens
    stride: int

    def allowed(self, position: int) -> Floats:
        """What may be chosen at a position, as 0.0 and 1.0: (rows, vocabulary) or (vocabulary,)."""

    def take(self, position: int, tokens: Tokens) -> None:
        """Go on with the tokens (rows,) that stand at a position."""

    def select(self, rows: Tokens) -> None:
        """Go on with some of the rows (any number,), in their order."""


class FreeRules:
    """Any text: an opening and then on to `longest`, or a `whole` text with blanks to fill."""

    stride = 0

    def __init__(
        self, vocabulary: Vocabulary, text: str, longest: int, whole: bool, rows: int
    ) -> None:
        tokens = [FREE if each == BLANK else vocabulary.index(each) for each in text]
        tokens += [END] if whole else [FREE] * (longest - len(tokens))
        self.fixed = np.repeat(np.array([tokens]), rows, axis=0)
        self._whole = whole
        self._common = _common(vocabulary).astype(np.float32)
        self._any = (_common(vocabulary) | ~han(vocabulary)).astype(np.float32)
        self._any[[PAD, BEGIN, UNKNOWN]] = 0.0

    def allowed(self, position: int) -> Floats:
        # A poem begins with a character: neither empty nor with a comma.
        return self._any if position and not self._whole else self._common

    def take(self, position: int, tokens: Tokens) -> None:
        """Nothing depends on what stands before."""

    def select(self, rows: Tokens) -> None:
        self.fixed = self.fixed[rows]


class FormRules:
    """The rules of a form: one plan a row, all of one layout."""

    def __init__(self, vocabulary: Vocabulary, plans: Sequence[Plan]) -> None:
        """Raises VerseError where the vocabulary lacks the stops that a form needs."""
        if not all(stop in vocabulary for stop in COUPLET):
            raise VerseError(
                "The model was trained on poems without punctuation and cannot set lines. "
                "Ask for a poem of free form."
            )
        self._vocabulary = vocabulary
        self._layout = layout = plans[0].layout
        self.stride = layout.line_length + 1
        self.fixed = np.array([_tokens(vocabulary, plan) for plan in plans])
        # Which templates and rhymes go together: (rows, templates, rhymes).
        self._keys = np.array(
            [
                [[bool(bits >> bit & 1) for bit in range(len(layout.rhymes))] for bits in its]
                for its in (plan.rhymes for plan in plans)
            ]
        )
        # For each line (rows, ways): what the plans leave open.
        self._open = [np.array([plan.open[at] for plan in plans]) for at in range(len(layout.ways))]
        self._template = [np.array([way.template for way in ways]) for ways in layout.ways]
        # For each line (ways, places): the tones that a way allows in a place, as bits.
        self._tones = [
            np.array([[ALLOWS[each] for each in way.pattern] for way in ways])
            for ways in layout.ways
        ]
        # For each line (ways,): which owe an answer, and which answer the line before.
        self._owes = [np.array([way.owes for way in ways]) for ways in layout.ways]
        self._answers = [np.array([way.answers for way in ways]) for ways in layout.ways]
        # For each line the foot of each template.
        self._feet = [
            [
                next(way.foot for way in ways if way.template == template)
                for template in range(len(layout.templates))
            ]
            for ways in layout.ways
        ]
        regulated = layout.templates != ("",)
        self._masks = _by_tone(vocabulary, known=regulated)
        self._bits = _tone_bits(vocabulary, rhyming=False)
        self._end_bits = _tone_bits(vocabulary, rhyming=True)
        # What may end a line, (vocabulary,), by feet and the rhymes that are open for each.
        self._endings: dict[tuple[tuple[Foot, ...], bytes], Floats] = {}
        # The ends of the lines so far, (rows, lines): no character rhymes with itself.
        self._ends = np.zeros((len(plans), 0), np.int64)
        # The templates in which the line before must be answered: (rows, templates).
        self._due = np.zeros((len(plans), len(layout.templates)), np.bool_)
        self._ways = self._begun(0)

    def allowed(self, position: int) -> Floats:
        line, place = divmod(position, self.stride)
        if place < self._layout.line_length - 1:
            return self._by_tones(line, place)
        allowed = self._by_foot(line)
        fresh = allowed.copy()
        fresh[np.arange(len(fresh))[:, None], self._ends] = 0.0
        # With a vocabulary of a few characters there may be none.
        for otherwise in (allowed, np.broadcast_to(self._masks[-1], fresh.shape)):
            none = fresh.max(axis=1) == 0
            if not none.any():
                break
            fresh[none] = otherwise[none]
        return fresh

    def take(self, position: int, tokens: Tokens) -> None:
        line, place = divmod(position, self.stride)
        if place == self._layout.line_length:
            if line + 1 < self._layout.line_count:
                self._ways = self._begun(line + 1)
            return
        if line == self._layout.line_count:
            return
        ending = place == self._layout.line_length - 1
        # Every reading passes at the end: whether it rhymes there is for the foot to decide.
        bits = self._end_bits if ending else self._bits
        self._ways = self._ways & (self._tones[line][:, place] & bits[tokens][:, None] != 0)
        if ending:
            kept = np.stack(
                [
                    _given(self._vocabulary, foot, self._layout.rhymes)[tokens]
                    for foot in self._feet[line]
                ],
                axis=1,
            )
            self._keys = self._keys & kept & self._templates_left(line)[:, :, None]
            self._ends = np.concatenate([self._ends, tokens[:, None]], axis=1)
            self._due = ~self._templates_of(line, self._ways & ~self._owes[line])

    def select(self, rows: Tokens) -> None:
        self.fixed, self._keys = self.fixed[rows], self._keys[rows]
        self._open = [each[rows] for each in self._open]
        self._ways, self._ends, self._due = self._ways[rows], self._ends[rows], self._due[rows]

    def _begun(self, line: int) -> Bools:
        """The ways of a line that are open: those of the templates that can go on."""
        goes_on = np.logical_or.reduce(self._keys, axis=2)
        of = self._template[line]
        begun: Bools = self._open[line] & goes_on[:, of] & (self._answers[line] | ~self._due[:, of])
        return begun

    def _by_tones(self, line: int, place: int) -> Floats:
        """What has the tones that the open ways allow in a place, (rows, vocabulary)."""
        return self._masks[self._tones_left(line, place)]

    def _tones_left(self, line: int, place: int) -> Tokens:
        """The tones that the open ways allow in a place, as bits, (rows,)."""
        left: Tokens = np.bitwise_or.reduce(self._ways * self._tones[line][:, place], axis=1)
        return left

    def _templates_left(self, line: int) -> Bools:
        """The templates with an open way in this line, (rows, templates)."""
        return self._templates_of(line, self._ways)

    def _templates_of(self, line: int, ways: Bools) -> Bools:
        """The templates of some ways of a line (rows, ways), (rows, templates)."""
        of = self._template[line][:, None] == np.arange(len(self._layout.templates))
        left: Bools = ways @ of
        return left

    def _by_foot(self, line: int) -> Floats:
        """What may end a line, (rows, vocabulary)."""
        feet = tuple(foot for foot in FEET if foot in self._feet[line])
        if "any" in feet:
            return self._by_tones(line, self._layout.line_length - 1)
        open_keys = self._keys & self._templates_left(line)[:, :, None]
        # (rows, feet, rhymes)
        rhymes = np.stack(
            [
                open_keys[:, [each == foot for each in self._feet[line]]].any(axis=1)
                for foot in feet
            ],
            axis=1,
        )
        return np.stack([self._ending(feet, each) for each in rhymes])

    def _ending(self, feet: tuple[Foot, ...], rhymes: Bools) -> Floats:
        """What may end a line of such feet where `rhymes` (feet, rhymes) are open, (vocabulary,).

        Kept, as the tries of a poem have the same rhymes before them.
        """
        key = feet, rhymes.tobytes()
        if key not in self._endings:
            its = [
                _chosen(self._vocabulary, foot, self._layout.rhymes)[each].any(axis=0)
                for foot, each in zip(feet, rhymes, strict=True)
            ]
            self._endings[key] = np.any(its, axis=0).astype(np.float32)
        return self._endings[key]


def rhyme_supply(vocabulary: Vocabulary, rhymes: tuple[Reading, ...]) -> list[int]:
    """For each rhyme how many characters of the vocabulary the model can rhyme with."""
    return [int(each) for each in _chosen(vocabulary, "rhyme", rhymes).sum(axis=1)]


def _tokens(vocabulary: Vocabulary, plan: Plan) -> list[int]:
    tokens = []
    for at, line in enumerate(plan.grid):
        tokens += [vocabulary.index(each) if each else FREE for each in line]
        tokens.append(vocabulary.index(COUPLET[at % 2]))
    return [*tokens, END]


@lru_cache(maxsize=4)
def han(vocabulary: Vocabulary) -> Bools:
    """Which indices are Chinese characters, (vocabulary,)."""
    return np.array([vocabulary.is_han(index) for index in range(len(vocabulary))])


@lru_cache(maxsize=4)
def _common(vocabulary: Vocabulary) -> Bools:
    """Which of them common fonts have, (vocabulary,): what a model may choose by itself."""
    return np.array([is_common(each) for each in _characters(vocabulary)])


@lru_cache(maxsize=4)
def _tone_bits(vocabulary: Vocabulary, rhyming: bool) -> Tokens:
    """The tones that each character can be read in, (vocabulary,); both where it is unknown."""
    return np.array([tones_of(each, rhyming) for each in _characters(vocabulary)])


@lru_cache(maxsize=8)
def _by_tone(vocabulary: Vocabulary, known: bool) -> Floats:
    """For no tone, oblique, level, and either what has it, (4, vocabulary), as 0.0 and 1.0.

    With `known` characters without a reading are left out. Where nothing would be left, anything.
    """
    masks = tone_masks()
    bits = np.array(
        [masks.get(each, 0 if known else LEVEL | OBLIQUE) for each in _characters(vocabulary)]
    )
    found = np.stack([bits & wanted != 0 for wanted in range(4)]) & _common(vocabulary)
    return np.where(found.any(axis=1, keepdims=True), found, found[-1]).astype(np.float32)


@lru_cache(maxsize=32)
def _given(vocabulary: Vocabulary, foot: Foot, rhymes: tuple[Reading, ...]) -> Bools:
    """The rhymes in which each character may end a line, (vocabulary, rhymes)."""
    its = [rhymes_at(foot, each, rhymes) for each in _characters(vocabulary)]
    return _unpack(its, len(rhymes))


@lru_cache(maxsize=32)
def _chosen(vocabulary: Vocabulary, foot: Foot, rhymes: tuple[Reading, ...]) -> Bools:
    """The same of characters that the model chooses, (rhymes, vocabulary)."""
    its = [chosen_at(foot, each, rhymes) for each in _characters(vocabulary)]
    return np.ascontiguousarray((_unpack(its, len(rhymes)) & _common(vocabulary)[:, None]).T)


def _unpack(bits: Sequence[int], count: int) -> Bools:
    """Numbers as their `count` lowest bits, (numbers, count), the lowest first."""
    width = -(-count // 8)
    packed = np.frombuffer(b"".join(each.to_bytes(width, "little") for each in bits), np.uint8)
    unpacked = np.unpackbits(packed.reshape(-1, width), axis=1, bitorder="little")
    return unpacked[:, :count].astype(np.bool_)


def _characters(vocabulary: Vocabulary) -> Sequence[str]:
    """A character for each index; the special tokens are none."""
    return [vocabulary.decode([index]) for index in range(len(vocabulary))]
