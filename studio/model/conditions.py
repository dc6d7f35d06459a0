"""What the network reads beside the characters: what the poem is, and where in it the next one is.

A poem is described by a row of tokens: its form, its poet and the characters of its title. 0 is
"not known", in each of them: one model writes with a title and without.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from studio.corpus.poem import About
from studio.corpus.vocabulary import BEGIN, END, PAD, UNKNOWN, Vocabulary
from studio.model.parallel import Rows
from studio.prosody.forms import SHAPES

# The characters of a title that are read, from its beginning.
TITLE = 12
# Lines and places are counted up to these.
LINES, PLACES = 40, 12
# The columns of a description: the form, the poet, the title.
FORM, POET, TITLE_FROM = 0, 1, 2
WIDTH = TITLE_FROM + TITLE
# Tokens whose places are found together.
_PART = 100_000
# The number of the line, the lines left with this one, the place in the line; from 1, 0: not known.
COUNTS = (LINES + 1, LINES + 1, PLACES + 1)


@dataclass(frozen=True, slots=True)
class Conditions:
    """The conditions of a batch of text, all int64; those of a whole epoch have fewer bits.

    `places` (batch, time, 3): the line, the lines left and the place of the *next* token. `poems`
    (batch, time): the row of `about` that describes the poem of the next token. `about` (poems,
    WIDTH).
    """

    places: Tensor
    poems: Tensor
    about: Tensor

    def of(self, rows: Rows) -> "Conditions":
        """Those of some rows of the batch."""
        return replace(self, places=rows.of(self.places), poems=rows.of(self.poems))

    def in_streams(self, count: int, length: int) -> "Conditions":
        """Those of one text, cut into `count` streams of `length`."""
        places = self.places[0, : count * length].view(count, length, 3)
        return replace(self, places=places, poems=self.poems[0, : count * length].view(count, -1))

    def during(self, start: int, end: int) -> "Conditions":
        """Those of a window of time, with the descriptions of the poems in it."""
        used, poems = torch.unique(self.poems[:, start:end].long(), return_inverse=True)
        places = self.places[:, start:end].long()
        return Conditions(places, poems, self.about[used])

    def padded(self, poems: int) -> "Conditions":
        """The same with descriptions of at least so many poems; nothing is known of those added."""
        more = max(0, poems - len(self.about))
        return replace(self, about=torch.nn.functional.pad(self.about, (0, 0, 0, more)))

    def to(self, device: torch.device) -> "Conditions":
        """The same on a device."""
        return Conditions(self.places.to(device), self.poems.to(device), self.about.to(device))


@dataclass(frozen=True, slots=True)
class Described:
    """What is known of poems: `about` (poems, WIDTH), and the tokens that end a line."""

    about: Tensor
    stops: Sequence[int]

    def of(self, poems: list[int]) -> "Described":
        """What is known of some of the poems, in this order."""
        return replace(self, about=self.about[poems])

    def without_some(self, share: float, generator: torch.Generator) -> "Described":
        """The same without the form, the poet or the title of a random share of the poems."""
        kept = torch.rand(len(self.about), 3, generator=generator) >= share
        columns = torch.tensor([FORM, POET, *[TITLE_FROM] * TITLE])
        return replace(self, about=self.about * kept[:, columns])


def describe(about: Sequence[About], vocabulary: Vocabulary) -> Described:
    """What is known of each poem, as tokens."""
    forms = {name: number for number, name in enumerate(SHAPES, start=1)}
    poets = {name: number for number, name in enumerate(vocabulary.poets, start=1)}
    rows = np.full((len(about), WIDTH), PAD, np.int64)
    for row, each in zip(rows, about, strict=True):
        row[FORM], row[POET] = forms.get(each.form, 0), poets.get(each.poet, 0)
        title = [index for index in vocabulary.encode(each.title) if index != UNKNOWN][:TITLE]
        row[TITLE_FROM : TITLE_FROM + len(title)] = title
    return Described(torch.from_numpy(rows), vocabulary.stops)


def conditions_of(tokens: Tensor, known: Described) -> Conditions:
    """The conditions of `tokens` (batch, time): the rows as one text have the poems in order."""
    text = tokens.flatten().numpy()
    poems = (text == BEGIN).cumsum(dtype=np.int32)
    poems[(text == END) | (text == PAD)] = 0
    about = torch.cat([known.about.new_zeros(1, WIDTH), known.about])
    places = places_of(text, known.stops)
    places *= (about[:, FORM] != 0).numpy()[poems, None]
    return Conditions(
        torch.from_numpy(places).view(*tokens.shape, 3),
        torch.from_numpy(poems).view_as(tokens),
        about,
    )


def places_of(tokens: NDArray[np.integer], stops: Sequence[int]) -> NDArray[np.uint8]:
    """For each of `tokens` (time,) where the next one is in its poem, (time, 3); see `Conditions`.

    The tokens are poems from begin to end token. After an end token nothing is known.
    """
    places = np.empty((len(tokens), 3), np.uint8)
    # In parts of whole poems that fit the processor's cache: an epoch has millions of tokens.
    begins = np.flatnonzero(tokens == BEGIN)
    after = np.searchsorted(begins, np.arange(_PART, len(tokens), _PART))
    cuts = np.unique(np.append(begins[after[after < len(begins)]], [0, len(tokens)]))
    for start, end in pairwise(cuts):
        _fill_places(places[start:end], tokens[start:end], stops)
    return places


def _fill_places(
    places: NDArray[np.uint8], tokens: NDArray[np.integer], stops: Sequence[int]
) -> None:
    at = np.arange(len(tokens))
    is_stop = np.isin(tokens, stops)
    begins = tokens == BEGIN
    first = np.maximum.accumulate(np.where(begins, at, 0))
    stopped = np.cumsum(is_stop)
    line: NDArray[np.int64] = stopped - stopped[first]
    place = at - np.maximum.accumulate(np.where(begins | is_stop, at, 0))
    # The lines of the poem: those at its last token.
    ends = np.append(begins[1:], True)
    last = np.minimum.accumulate(np.where(ends, at, len(tokens) - 1)[::-1])[::-1]
    counts = (line, line[last] - line, place)
    for column, (numbers, limit) in enumerate(zip(counts, COUNTS, strict=True)):
        places[:, column] = np.where(tokens == END, 0, numbers.clip(max=limit - 2) + 1)
