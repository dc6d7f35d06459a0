"""What a character of the vocabulary may be by its readings, as tables of numpy."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from studio.corpus.poem import is_common
from studio.corpus.vocabulary import UNKNOWN, Vocabulary
from studio.prosody.rhymes import Reading, RhymeBook
from studio.prosody.tones import LEVEL, OBLIQUE, tones_of, usual_tones
from studio.verse.sampling import Bools, Floats, Tokens
from studio.verse.ways import ALLOWS, OLD_STYLE, Foot, allowed_rhymes, certain_rhymes


@lru_cache(maxsize=4)
def common_mask(vocabulary: Vocabulary) -> Bools:
    """Which characters the model may choose, (vocabulary,): those that common fonts have.

    A variant for which another token is written is none of them. A loaded model never writes one,
    but a network in training may.
    """
    common = np.array([is_common(each) for each in _characters(vocabulary)])
    common[vocabulary.superseded] = False
    return common


@lru_cache(maxsize=8)
def tone_bits(vocabulary: Vocabulary, rhyming: bool, book: RhymeBook) -> Tokens:
    """The tones of the readings of each character, (vocabulary,); both if it has no reading."""
    return np.array([tones_of(each, rhyming, book) for each in _characters(vocabulary)])


@lru_cache(maxsize=8)
def usual_tone_bits(vocabulary: Vocabulary, book: RhymeBook) -> Tokens:
    """The same without those that a character has in few words only."""
    usual = usual_tones(book)
    return np.array([usual.get(each, LEVEL | OBLIQUE) for each in _characters(vocabulary)])


@lru_cache(maxsize=8)
def by_tone(vocabulary: Vocabulary, known: bool, new_style: bool, book: RhymeBook) -> Floats:
    """Masks for no tone, oblique, level, and either tone, (4, vocabulary), as 0.0 and 1.0.

    With `known`, characters without a reading are left out; with `new_style`, those of the old
    style. An empty mask becomes the last one.
    """
    masks = usual_tones(book)
    bits = np.array(
        [masks.get(each, 0 if known else LEVEL | OBLIQUE) for each in _characters(vocabulary)]
    )
    usable = common_mask(vocabulary)
    if new_style:
        usable = usable & [each not in OLD_STYLE for each in _characters(vocabulary)]
    found = np.stack([bits & wanted != 0 for wanted in range(4)]) & usable
    return np.where(found.any(axis=1, keepdims=True), found, found[-1]).astype(np.float32)


@lru_cache(maxsize=32)
def allowed_table(
    vocabulary: Vocabulary, foot: Foot, rhymes: tuple[Reading, ...], book: RhymeBook
) -> Bools:
    """The rhymes in which each character may end a line, (vocabulary, rhymes)."""
    allowed = [allowed_rhymes(foot, each, rhymes, book) for each in _characters(vocabulary)]
    return unpack(allowed, len(rhymes))


@lru_cache(maxsize=32)
def certain_table(
    vocabulary: Vocabulary, foot: Foot, rhymes: tuple[Reading, ...], book: RhymeBook
) -> Bools:
    """The same for characters that the model may choose, (rhymes, vocabulary)."""
    certain = [certain_rhymes(foot, each, rhymes, book) for each in _characters(vocabulary)]
    return np.ascontiguousarray((unpack(certain, len(rhymes)) & common_mask(vocabulary)[:, None]).T)


@lru_cache(maxsize=8)
def word_readings(vocabulary: Vocabulary, book: RhymeBook) -> dict[int, dict[int, int]]:
    """A first token -> the second tokens that make such a word with it -> their tones, as bits."""
    found: dict[int, dict[int, int]] = {}
    writable = common_mask(vocabulary)
    for character, readings in book.rare_readings().items():
        for reading, words in readings.items():
            for word in words:
                first, second = map(vocabulary.index, word)
                if word[1] == character and UNKNOWN not in (first, second) and writable[second]:
                    its = found.setdefault(first, {})
                    # A word of rhymes alone says nothing of the tone within a line.
                    usual = its.get(second, usual_tones(book)[character])
                    its[second] = ALLOWS.get(reading, usual)
    return found


@lru_cache(maxsize=1024)
def word_rhymes(
    feet: tuple[Foot, ...], word: str, rhymes: tuple[Reading, ...], book: RhymeBook
) -> Bools:
    """The rhymes in which such a word may end a line with each foot, (feet, rhymes)."""
    bits = [certain_rhymes(foot, word[1], rhymes, book, word[0]) for foot in feet]
    return unpack(bits, len(rhymes))


def unpack(bits: Sequence[int], count: int) -> Bools:
    """The `count` lowest bits of each number, (numbers, count), the lowest first."""
    width = -(-count // 8)
    packed = np.frombuffer(b"".join(each.to_bytes(width, "little") for each in bits), np.uint8)
    unpacked = np.unpackbits(packed.reshape(-1, width), axis=1, bitorder="little")
    return unpacked[:, :count].astype(np.bool_)


def _characters(vocabulary: Vocabulary) -> Sequence[str]:
    """The character of each index; "" for special tokens."""
    return [vocabulary.decode([index]) for index in range(len(vocabulary))]
