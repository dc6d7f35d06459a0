"""Chinese characters for pinyin typed without tones, as in an input method.

Imports numpy and pypinyin only to build a table, which takes about a second.
"""

import contextlib
import itertools
import math
import sqlite3
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from heapq import nlargest
from pathlib import Path
from typing import NamedTuple

import msgspec

from studio.corpus.library import Library
from studio.corpus.poem import is_han
from studio.corpus.vocabulary import Vocabulary
from studio.errors import CorpusError, StudioError
from studio.files import write_atomically
from studio.paths import Home
from studio.reasons import system_reason
from studio.translation import tr

# Two characters that occur side by side this often are offered as a word.
LEAST_TOGETHER = 10
# How much rarer a reading is than the one listed before it, if no phrase says otherwise.
_RARER = 10
_READINGS = 4
_COMPLETIONS = 45
# Sequences of characters that are offered.
_PHRASES = 3
# The share of characters that follow another one without being a known pair with it.
_UNPAIRED = 0.5
_LONGEST_SYLLABLE = 6  # letters
_FORMAT = 2
LONGEST = 48  # letters


class Candidate(NamedTuple):
    """Characters offered for the first `letters` letters of the input."""

    text: str
    letters: int


_Path = tuple[float, str]
"""A sequence of characters after the logarithm of its probability."""
_Beginnings = dict[tuple[str, str], list[_Path]]


class _Table(msgspec.Struct, frozen=True):
    """`entries` are characters and words by their letters, the most frequent first.

    `source` identifies the library that was counted; `total` is the sum of all counts.
    """

    source: tuple[int, ...]
    entries: dict[str, list[tuple[float, str]]]
    syllables: frozenset[str]
    total: float


class Pinyin:
    """Finds characters and words for letters."""

    def __init__(self, counts: Mapping[str, float]) -> None:
        """`counts` is how often each character and word occurs."""
        self._use(_build_table(counts, ()))

    def _use(self, table: _Table) -> None:
        self._entries, self._syllables, self._total = table.entries, table.syllables, table.total
        self._keys = sorted(table.entries)
        # Beginnings of syllables, shorter than the syllable.
        self._prefixes = {each[:end] for each in self._syllables for end in range(1, len(each))}

    @classmethod
    def of_order(cls, characters: Iterable[str]) -> "Pinyin":
        """Built from a list of characters, the most frequent first."""
        return cls({each: 1 / place for place, each in enumerate(characters, 1) if is_han(each)})

    @classmethod
    def of_library(cls, library: Path, cache: Path) -> "Pinyin":
        """Built from the characters, words and poets of a library; raises CorpusError.

        The table is kept in the file `cache` until the library changes.
        """
        try:
            stat = library.stat()
        except OSError as error:
            raise CorpusError(
                tr("{path} cannot be read: {reason}.", path=library, reason=system_reason(error))
            ) from error
        source = (_FORMAT, stat.st_size, stat.st_mtime_ns)
        table = _read_cache(cache)
        if table is None or table.source != source:
            table = _build_table(_counts(library), source)
            # If the cache cannot be written, the table is built again next time.
            with contextlib.suppress(OSError):
                write_atomically(cache, msgspec.msgpack.encode(table))
        pinyin = cls.__new__(cls)
        pinyin._use(table)
        return pinyin

    @classmethod
    def find(cls, home: Home, model: Path | None) -> "Pinyin":
        """Built from the library; else from the model's vocabulary, which is sorted by frequency;
        else from the common characters of GB 2312."""
        with contextlib.suppress(StudioError, sqlite3.Error):
            return cls.of_library(home.library, home.cache / "pinyin.msgpack")
        if model:
            with contextlib.suppress(StudioError):
                return cls.of_order(Vocabulary.of_model(model).distinct)
        return cls(dict.fromkeys(_common(), 1.0))

    def candidates(self, letters: str) -> tuple[Candidate, ...]:
        """The candidates for some letters, the likeliest first; none if this is not pinyin.

        Candidates for all letters come first: those that are read so, then those that begin so,
        then, if none is read so, the likeliest sequences of characters. Candidates for only the
        first letters follow, words before characters.
        """
        letters = letters_of(letters)[:LONGEST]
        if not letters:
            return ()
        found: dict[str, int] = {text: len(letters) for _, text in self._entries.get(letters, ())}
        is_whole = bool(found)
        for _, text in self._starting(letters):
            found.setdefault(text, len(letters))
        for phrase in self._phrases(letters) if not is_whole else ():
            found.setdefault(phrase, len(letters))
        readable = self._readable(letters)
        for length in range(len(letters) - 1, 0, -1):
            if readable[length]:
                for _, text in self._entries.get(letters[:length], ()):
                    found.setdefault(text, length)
        return tuple(Candidate(text, length) for text, length in found.items())

    def _starting(self, letters: str) -> list[tuple[float, str]]:
        """The most frequent characters and words whose letters begin so, with their counts."""
        start = bisect_left(self._keys, letters)
        keys = itertools.takewhile(
            lambda key: key.startswith(letters), itertools.islice(self._keys, start, None)
        )
        found = itertools.chain.from_iterable(self._entries[key] for key in keys)
        return nlargest(_COMPLETIONS, found, key=lambda each: each[0])

    def _phrases(self, letters: str) -> list[str]:
        """The likeliest sequences of characters read so; the last syllable may be incomplete.

        A Viterbi search over the ends of the syllables. The probability of a character depends on
        the one before it.
        """
        # For each place, the beginnings up to it by their last syllable and character.
        ends: list[_Beginnings] = [{("", ""): [(0.0, "")]}, *({} for _ in letters)]
        for end in range(1, len(letters) + 1):
            for start in range(max(0, end - _LONGEST_SYLLABLE), end):
                part = letters[start:end]
                is_begun = end == len(letters) and part in self._prefixes
                if ends[start] and (part in self._syllables or is_begun):
                    ends[end].update(self._longer(ends[start], part, is_begun))
        return [text for _, text in _best(itertools.chain.from_iterable(ends[-1].values()))]

    def _longer(self, beginnings: _Beginnings, part: str, is_begun: bool) -> _Beginnings:
        """Beginnings with one more syllable, `part`; `is_begun` if it may be incomplete."""
        likeliest = _best(itertools.chain.from_iterable(beginnings.values()))
        longer: _Beginnings = {}
        for count, character in self._read_as(part, 1, is_begun):
            chance = math.log(_UNPAIRED * count / self._total)
            longer[part, character] = [
                (score + chance, text + character) for score, text in likeliest
            ]
        for syllable in {each for each, _ in beginnings}:
            counts = {text: count for count, text in self._entries.get(syllable, ())}
            for count, pair in self._read_as(syllable + part, 2, is_begun):
                first, second = pair[0], pair[1]
                for score, text in beginnings.get((syllable, first), ()):
                    chance = math.log(count / counts[first])
                    longer.setdefault((part, second), []).append((score + chance, text + second))
        return {key: _best(found) for key, found in longer.items()}

    def _read_as(self, letters: str, length: int, is_begun: bool) -> list[tuple[float, str]]:
        """Texts of some length with these letters; if there are none, those that begin so."""
        found = self._entries.get(letters, []) or (self._starting(letters) if is_begun else [])
        return [each for each in found if len(each[1]) == length]

    def _readable(self, letters: str) -> list[bool]:
        """For each place: are the letters after it syllables? The last may be incomplete."""
        end = len(letters)
        readable = [False] * end + [True]
        for start in range(end - 1, -1, -1):
            readable[start] = letters[start:] in self._prefixes or any(
                readable[stop] and letters[start:stop] in self._syllables
                for stop in range(start + 1, min(end, start + 6) + 1)
            )
        return readable


def _best(paths: Iterable[_Path]) -> list[_Path]:
    """The likeliest paths, each text once."""
    score = dict[str, float]()
    for each, text in sorted(paths):
        score[text] = each
    return nlargest(_PHRASES, ((each, text) for text, each in score.items()))


def _read_cache(cache: Path) -> _Table | None:
    try:
        return msgspec.msgpack.decode(cache.read_bytes(), type=_Table)
    except (OSError, UnicodeDecodeError, msgspec.MsgspecError):
        return None


def _build_table(counts: Mapping[str, float], source: tuple[int, ...]) -> _Table:
    readings = _readings({character for text in counts for character in text})
    entries: dict[str, list[tuple[float, str]]] = {}
    for text, count in counts.items():
        for letters, share in _spellings(text, readings):
            entries.setdefault(letters, []).append((count * share, text))
    for found in entries.values():
        # The sort is stable: equally frequent texts keep their order.
        found.sort(key=lambda each: -each[0])
    syllables = frozenset(
        typed for each in readings.values() for letters in each for typed in _typed(letters)
    )
    return _Table(source, entries, syllables, sum(counts.values()))


def _counts(library: Path) -> dict[str, float]:
    """How often the characters, words and poets of a library occur."""
    with Library.open(library) as opened:
        poems = list(opened.poems())
    counts = _count("\n".join(poem.text for poem in poems))
    for name, count in Counter(poem.author for poem in poems).items():
        if 1 < len(name) <= 4 and all(map(is_han, name)):
            counts[name] = counts.get(name, 0) + count
    return counts


def _readings(characters: Set[str]) -> dict[str, dict[str, float]]:
    """The readings of each character in letters, and the share of each in its use.

    pypinyin's list gives the readings; its phrases give how often each occurs.
    """
    from pypinyin.phrases_dict import phrases_dict
    from pypinyin.pinyin_dict import pinyin_dict

    seen: Counter[tuple[str, str]] = Counter()
    for phrase, syllables in phrases_dict.items():
        for character, (syllable, *_) in zip(phrase, syllables, strict=False):
            seen[character, syllable] += 1
    readings: dict[str, dict[str, float]] = {}
    for character in characters:
        weights: dict[str, float] = {}
        for place, syllable in enumerate(pinyin_dict.get(ord(character), "").split(",")):
            letters = letters_of(syllable)
            if any(vowel in letters for vowel in "aeiouv"):
                weight = seen[character, syllable] + 1 / _RARER**place
                weights[letters] = weights.get(letters, 0) + weight
        usual = sorted(weights.items(), key=lambda each: -each[1])[:_READINGS]
        total = sum(weight for _, weight in usual)
        readings[character] = {letters: weight / total for letters, weight in usual}
    return readings


def _spellings(
    text: str, readings: Mapping[str, Mapping[str, float]]
) -> Iterable[tuple[str, float]]:
    """All spellings of a text in letters, each with its share of the text's use."""
    found: dict[str, float] = {}
    for chosen in itertools.product(*(readings[each].items() for each in text)):
        letters = "".join(reading for reading, _ in chosen)
        share = math.prod(part for _, part in chosen)
        for typed, part in _typed(letters).items():
            found[typed] = found.get(typed, 0) + share * part
    return found.items()


def _typed(letters: str) -> dict[str, float]:
    """The ways to type a reading, with u for ü as well, and the weight of each.

    lue and nue for lüe and nüe are not ambiguous and have full weight; lu and nu for lü and nü
    have little.
    """
    return {letters.replace("v", "u"): 1 / _RARER, letters.replace("ve", "ue"): 1.0, letters: 1.0}


def letters_of(written: str) -> str:
    """The letters a to z of a text: without tones, with ü as v."""
    spread = unicodedata.normalize("NFD", written.lower()).replace("u\u0308", "v")
    return "".join(each for each in spread if "a" <= each <= "z")


def _count(text: str) -> dict[str, float]:
    """How often each character occurs, and each pair of neighbours that is frequent enough."""
    import numpy as np

    codes = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
    single, counts = np.unique(codes, return_counts=True)
    han = np.array([code for code in single if is_han(chr(code))], dtype=np.uint32)
    is_character = np.isin(codes, han)
    beside = is_character[:-1] & is_character[1:]
    pairs = codes[:-1][beside].astype(np.uint64) << np.uint64(32) | codes[1:][beside]
    pair, together = np.unique(pairs, return_counts=True)
    known = set(han.tolist())
    found: dict[str, float] = {
        chr(code): count
        for code, count in zip(single.tolist(), counts.tolist(), strict=True)
        if code in known
    }
    often = together >= LEAST_TOGETHER
    for code, count in zip(pair[often].tolist(), together[often].tolist(), strict=True):
        found[chr(code >> 32) + chr(code & 0xFFFFFFFF)] = count
    return found


def _common() -> str:
    """The common characters of GB 2312, rows 16 to 55, in its order."""
    cells = (bytes((row, cell)) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF))
    return b"".join(cells).decode("gb2312", "ignore")
