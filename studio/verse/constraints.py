"""The tokens allowed at the next position of each poem in a batch, as masks over the vocabulary.

The masks are built from a few precomputed ones: by tone for the places within a line, by rhyme for
its end. The state of a poem is the templates, the rhymes and the ways of its line that are still
open.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Protocol

import numpy as np

from studio.corpus.vocabulary import BEGIN, END, PAD, UNKNOWN, Vocabulary
from studio.errors import VerseError
from studio.translation import tr
from studio.verse.character_tables import (
    allowed_table,
    by_tone,
    certain_table,
    common_mask,
    tone_bits,
    usual_tone_bits,
    word_readings,
    word_rhymes,
)
from studio.verse.fixed_characters import COUPLET
from studio.verse.plan import Plan
from studio.verse.request import BLANK
from studio.verse.sampling import Bools, Floats, Tokens
from studio.verse.ways import (
    ALLOWS,
    FEET,
    Foot,
    Layout,
)

# Marks a position that is not fixed.
FREE = -1


class Rules(Protocol):
    """The rules of a batch of poems, one per row; positions count from 0 and include stops.

    Characters that many fonts lack may be fixed, but the model may not choose them.

    `fixed` (rows, positions) are the fixed tokens, `FREE` elsewhere. A poem that reaches the last
    position is complete if that is the end token; otherwise it is cut. `lengths` are the numbers of
    characters in the lines, each of which a stop ends; empty if the poems have no lines.
    """

    fixed: Tokens
    lengths: tuple[int, ...]

    def allowed(self, position: int) -> Floats:
        """The tokens allowed at a position, as 0.0 and 1.0: (rows, vocabulary) or (vocabulary,)."""

    def take(self, position: int, tokens: Tokens) -> None:
        """Update the state with the tokens (rows,) written at a position."""

    def select_rows(self, rows: Tokens) -> None:
        """Keep only `rows` (any number,), in this order; rows may repeat."""


def too_few_characters() -> VerseError:
    """The error for a model that knows no suitable character for some place."""
    return VerseError(
        tr(
            "For some places of this poem the model knows no suitable character. Choose a model "
            "that was trained on more poems."
        )
    )


class FreeRules:
    """No form: an opening continued up to `longest`, or a `whole` text with blanks to fill."""

    lengths: tuple[int, ...] = ()

    def __init__(
        self, vocabulary: Vocabulary, text: str, longest: int, whole: bool, rows: int
    ) -> None:
        tokens = [FREE if each == BLANK else vocabulary.index(each) for each in text]
        tokens += [END] if whole else [FREE] * (longest - len(tokens))
        self.fixed = np.repeat(np.array([tokens]), rows, axis=0)
        self._whole = whole
        self._common = common_mask(vocabulary).astype(np.float32)
        self._any = (common_mask(vocabulary) | ~han_mask(vocabulary)).astype(np.float32)
        self._any[[PAD, BEGIN, UNKNOWN]] = 0.0
        if FREE in tokens and not self._common.any():
            raise too_few_characters()

    def allowed(self, position: int) -> Floats:
        # A poem begins with a character: not with the end token or a comma.
        return self._any if position and not self._whole else self._common

    def take(self, position: int, tokens: Tokens) -> None:
        """Nothing depends on earlier tokens."""

    def select_rows(self, rows: Tokens) -> None:
        self.fixed = self.fixed[rows]


class FormRules:
    """The rules of a form: one plan per row, all with the same layout."""

    def __init__(self, vocabulary: Vocabulary, plans: Sequence[Plan]) -> None:
        """Raises VerseError if the vocabulary lacks the stops that a form needs."""
        if not all(stop in vocabulary for stop in COUPLET):
            raise VerseError(
                tr(
                    "The model was trained on poems without punctuation, so it cannot write lines. "
                    "Choose no form, or another model."
                )
            )
        self._vocabulary = vocabulary
        self._layout = layout = plans[0].layout
        self.lengths = (layout.line_length,) * layout.line_count
        self._stride = layout.line_length + 1
        self.fixed = np.array([_tokens(vocabulary, plan) for plan in plans])
        # The rhymes that are open with each template: (rows, templates, rhymes).
        self._open_rhymes = np.array(
            [
                [
                    [bool(bits >> bit & 1) for bit in range(len(layout.rhymes))]
                    for bits in plan.rhymes
                ]
                for plan in plans
            ]
        )
        # For each line (rows, ways): the ways that the plans leave open.
        self._open = [np.array([plan.open[at] for plan in plans]) for at in range(len(layout.ways))]
        self._template = [np.array([way.template for way in ways]) for ways in layout.ways]
        # For each line (ways, places): the tones that a way allows at a place, as bits.
        self._tones = [
            np.array([[ALLOWS[each] for each in way.pattern] for way in ways])
            for ways in layout.ways
        ]
        # For each line (ways,): which need a rescue, and which rescue the line before.
        self._needs_rescue = [np.array([way.needs_rescue for way in ways]) for ways in layout.ways]
        self._is_rescue = [np.array([way.is_rescue for way in ways]) for ways in layout.ways]
        # For each line, the foot of each template.
        self._feet = [
            [
                next(way.foot for way in ways if way.template == template)
                for template in range(len(layout.templates))
            ]
            for ways in layout.ways
        ]
        regulated = layout.templates != ("",)
        self._masks = by_tone(vocabulary, regulated, layout.form.regulated, layout.book)
        self._tone_bits = tone_bits(vocabulary, False, layout.book)
        self._usual_tone_bits = usual_tone_bits(vocabulary, layout.book)
        self._end_tone_bits = tone_bits(vocabulary, True, layout.book)
        # What is read otherwise after a token: see `word_readings`.
        self._words = word_readings(vocabulary, layout.book) if regulated else {}
        self._before = np.full(len(plans), PAD)
        # What may end a line, (vocabulary,), by the feet and the rhymes open for each of them.
        self._endings: dict[tuple[tuple[Foot, ...], bytes], Floats] = {}
        # The last characters of lines, (rows, any number): the fixed ones, then those that are
        # written. None of them is used again.
        self._ends = np.maximum(self.fixed[:, layout.line_length - 1 :: self._stride], PAD)
        # The templates in which this line must rescue the line before: (rows, templates).
        self._rescue_due = np.zeros((len(plans), len(layout.templates)), np.bool_)
        self._ways = self._possible_ways(0)

    def allowed(self, position: int) -> Floats:
        line, place = divmod(position, self._stride)
        if place < self._layout.line_length - 1:
            return self._by_tones(line, place)
        allowed = self._by_foot(line)
        unused = allowed.copy()
        unused[np.arange(len(unused))[:, None], self._ends] = 0.0
        # A vocabulary of a few characters may leave none.
        for fallback in (allowed, np.broadcast_to(self._masks[-1], unused.shape)):
            none = unused.max(axis=1) == 0
            if not none.any():
                break
            unused[none] = fallback[none]
        return unused

    def take(self, position: int, tokens: Tokens) -> None:
        line, place = divmod(position, self._stride)
        if place < self._layout.line_length and line < self._layout.line_count:
            self._take_character(line, place, tokens, self.fixed[:, position] != FREE)
        elif line + 1 < self._layout.line_count:
            self._ways = self._possible_ways(line + 1)
        self._before = tokens

    def _take_character(self, line: int, place: int, tokens: Tokens, given: Bools) -> None:
        """Take a character of a line. Of one that is `given` (rows,) every reading counts."""
        ending = place == self._layout.line_length - 1
        if ending:
            # At the end of a line every reading counts: the foot decides whether it rhymes.
            bits = self._end_tone_bits[tokens]
        else:
            bits = np.where(given, self._tone_bits[tokens], self._usual_tone_bits[tokens])
            for row, readings in self._rows_with_words():
                if not given[row]:
                    bits[row] = readings.get(tokens[row], bits[row])
        self._ways = self._ways & (self._tones[line][:, place] & bits[:, None] != 0)
        if ending:
            left = self._open_rhymes & self._templates_left(line)[:, :, None]
            certain = left & self._certain(line, tokens)
            doubtful = given | ~certain.any(axis=(1, 2))
            allowed = left & self._allowed(line, tokens)
            self._open_rhymes = np.where(doubtful[:, None, None], allowed, certain)
            self._ends = np.concatenate([self._ends, tokens[:, None]], axis=1)
            self._rescue_due = ~self._templates_of(line, self._ways & ~self._needs_rescue[line])

    def _allowed(self, line: int, tokens: Tokens) -> Bools:
        """The rhymes that the ends of a line allow in each template, (rows, templates, rhymes)."""
        layout = self._layout
        return np.stack(
            [
                allowed_table(self._vocabulary, foot, layout.rhymes, layout.book)[tokens]
                for foot in self._feet[line]
            ],
            axis=1,
        )

    def _certain(self, line: int, tokens: Tokens) -> Bools:
        """The same by the readings that leave no doubt."""
        layout, feet = self._layout, self._feet[line]
        found = np.stack(
            [
                certain_table(self._vocabulary, foot, layout.rhymes, layout.book)[:, tokens].T
                for foot in feet
            ],
            axis=1,
        )
        for row, readings in self._rows_with_words():
            if int(tokens[row]) in readings:
                found[row] = self._word_rhymes(tuple(feet), row, int(tokens[row]))
        return found

    def select_rows(self, rows: Tokens) -> None:
        self.fixed, self._open_rhymes = self.fixed[rows], self._open_rhymes[rows]
        self._open = [each[rows] for each in self._open]
        self._ways, self._ends = self._ways[rows], self._ends[rows]
        self._rescue_due, self._before = self._rescue_due[rows], self._before[rows]

    def _rows_with_words(self) -> Iterator[tuple[int, dict[int, int]]]:
        """The rows whose last token may begin such a word, with the tokens that complete it."""
        for row, token in enumerate(self._before.tolist()):
            if token in self._words:
                yield row, self._words[token]

    def _word_rhymes(self, feet: tuple[Foot, ...], row: int, token: int) -> Bools:
        """The rhymes in which a token that completes a word may end a line, (feet, rhymes)."""
        word = self._vocabulary.decode([int(self._before[row]), token])
        return word_rhymes(feet, word, self._layout.rhymes, self._layout.book)

    def _possible_ways(self, line: int) -> Bools:
        """The open ways of a line: those of the templates that still have a rhyme."""
        alive = np.logical_or.reduce(self._open_rhymes, axis=2)
        of = self._template[line]
        fits = self._is_rescue[line] | ~self._rescue_due[:, of]
        ways: Bools = self._open[line] & alive[:, of] & fits
        return ways

    def _by_tones(self, line: int, place: int) -> Floats:
        """The characters with a tone that the open ways allow at a place, (rows, vocabulary)."""
        left = self._tones_left(line, place)
        found: Floats = self._masks[left]
        for row, readings in self._rows_with_words():
            for token, bits in readings.items():
                found[row, token] = bool(bits & left[row])
        return found

    def _tones_left(self, line: int, place: int) -> Tokens:
        """The tones that the open ways allow at a place, as bits, (rows,)."""
        left: Tokens = np.bitwise_or.reduce(self._ways * self._tones[line][:, place], axis=1)
        return left

    def _templates_left(self, line: int) -> Bools:
        """The templates with an open way for this line, (rows, templates)."""
        return self._templates_of(line, self._ways)

    def _templates_of(self, line: int, ways: Bools) -> Bools:
        """The templates that have one of `ways` (rows, ways) of a line, (rows, templates)."""
        of = self._template[line][:, None] == np.arange(len(self._layout.templates))
        left: Bools = ways @ of
        return left

    def _by_foot(self, line: int) -> Floats:
        """What may end a line, (rows, vocabulary)."""
        feet = tuple(foot for foot in FEET if foot in self._feet[line])
        if "any" in feet:
            return self._by_tones(line, self._layout.line_length - 1)
        open_rhymes = self._open_rhymes & self._templates_left(line)[:, :, None]
        # (rows, feet, rhymes)
        rhymes = np.stack(
            [
                open_rhymes[:, [each == foot for each in self._feet[line]]].any(axis=1)
                for foot in feet
            ],
            axis=1,
        )
        found = np.stack([self._ending(feet, each) for each in rhymes])
        for row, readings in self._rows_with_words():
            for token in readings:
                found[row, token] = (rhymes[row] & self._word_rhymes(feet, row, token)).any()
        return found

    def _ending(self, feet: tuple[Foot, ...], rhymes: Bools) -> Floats:
        """What may end a line with these feet and open `rhymes` (feet, rhymes), (vocabulary,).

        Cached, because the tries of a poem have the same open rhymes.
        """
        key = feet, rhymes.tobytes()
        if key not in self._endings:
            by_foot = [
                certain_table(self._vocabulary, foot, self._layout.rhymes, self._layout.book)[
                    each
                ].any(axis=0)
                for foot, each in zip(feet, rhymes, strict=True)
            ]
            self._endings[key] = np.any(by_foot, axis=0).astype(np.float32)
        return self._endings[key]


def rhyme_supply(vocabulary: Vocabulary, layout: Layout) -> list[int]:
    """For each rhyme, how many characters of the vocabulary the model can use for it."""
    table = certain_table(vocabulary, "rhyme", layout.rhymes, layout.book)
    return [int(each) for each in table.sum(axis=1)]


def _tokens(vocabulary: Vocabulary, plan: Plan) -> list[int]:
    tokens = []
    for at, line in enumerate(plan.grid):
        tokens += [vocabulary.index(each) if each else FREE for each in line]
        tokens.append(vocabulary.index(COUPLET[at % 2]))
    return [*tokens, END]


@lru_cache(maxsize=4)
def han_mask(vocabulary: Vocabulary) -> Bools:
    """Which indices are Chinese characters, (vocabulary,)."""
    return np.array([vocabulary.is_han(index) for index in range(len(vocabulary))])
