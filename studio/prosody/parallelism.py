"""Parallelism (对仗): how well the two lines of a couplet match, character by character.

The score is from 0 to 1: 0.3 times the tones, 0.5 times the kinds and 0.2 times the rhythm. Each
part is a share of the characters or words compared. The score is halved if the two lines share a
character, and again if one line has a doubled character (茫茫) where the other has none.

- tones: the share of the second, fourth, sixth and last characters that are level in one line and
  oblique in the other. Any reading counts. A reading that occurs only in rhymes counts only at the
  end of the second line. An unknown character matches.
- kinds: two characters of the same kind (日 and 月, 一 and 千, 青 and 白: 工对) count 1, two of the
  same part of speech (日 and 花: 宽对) count one half. Pairs are left out if neither character is
  of a known kind. The kinds are in data/kinds.toml.
- rhythm: a line is made of pairs and three last characters, split as 2+1 or 1+2 (2+2+1, 2+1+2,
  2+2+3). These pairs and both pairs within the last three are counted: the share that are a common
  word in both lines or in neither. The words are in data/words.txt.

A half of a couplet (对联) may have several lines. Its parts are then the means over the pairs of
lines, by their length.

The score is a rough measure: it knows the kind of a few hundred characters, and no grammar. The
weights were chosen on the library (`tangshi-studio corpus prosody`): the middle couplets of
regulated poems (律诗), which must be parallel, score higher than the first and last couplets and
than pairs of lines from different poems.
"""

from collections.abc import Callable, Sequence
from functools import cache

import msgspec

from studio import paths
from studio.errors import ConfigError
from studio.prosody.rhymes import PINGSHUI, RhymeBook
from studio.prosody.tones import LEVEL, OBLIQUE, tones_of
from studio.translation import tr

_TONES, _KINDS, _RHYTHM = 0.3, 0.5, 0.2


class Parallelism(msgspec.Struct, frozen=True):
    """The parts of a couplet's score: shares from 0 to 1, and the two reasons for halving it."""

    tones: float
    kinds: float
    rhythm: float
    shared: str
    doubled_alike: bool

    @property
    def score(self) -> float:
        """From 0 to 1; the module's docstring defines it."""
        score = _TONES * self.tones + _KINDS * self.kinds + _RHYTHM * self.rhythm
        return score / (2 if self.shared else 1) / (1 if self.doubled_alike else 2)


def parallelism(first: str, second: str, *, book: RhymeBook = PINGSHUI) -> float:
    """The score of a couplet's two lines, without punctuation; 0 if their lengths differ."""
    return compare(first, second, book).score if first and len(first) == len(second) else 0.0


def middle_couplets(lines: Sequence[str]) -> list[tuple[str, str]]:
    """The couplets of a regulated poem that must be parallel: all except the first and last."""
    return [(lines[at], lines[at + 1]) for at in range(2, len(lines) - 3, 2)]


def metrical_places(length: int) -> list[int]:
    """The places of a line whose tones the metre decides: the second, fourth, sixth and last."""
    return [*range(1, length - 1, 2), length - 1]


def compare(first: str, second: str, book: RhymeBook = PINGSHUI) -> Parallelism:
    """Compare two lines of the same length, which must not be empty; the book gives the tones."""
    pairs = list(zip(first, second, strict=True))
    metrical = metrical_places(len(pairs))
    opposed = [_opposed(first[at], second[at], at == metrical[-1], book) for at in metrical]
    matches = [_match(one, other) for one, other in pairs]
    known = [each for each in matches if each is not None]
    return Parallelism(
        tones=sum(opposed) / len(metrical),
        kinds=sum(known) / len(known) if known else 0.0,
        rhythm=_agreement(_pairs_that_are_words(first), _pairs_that_are_words(second)),
        shared="".join(each for each in dict.fromkeys(first) if each in second),
        doubled_alike=_doubled(first) == _doubled(second),
    )


def compare_halves(
    upper: Sequence[str], lower: Sequence[str], book: RhymeBook = PINGSHUI
) -> Parallelism:
    """Compare the halves of a couplet: as many lines, each as long as the one it faces."""
    pairs = [compare(one, other, book) for one, other in zip(upper, lower, strict=True)]
    shares = [len(line) / sum(map(len, upper)) for line in upper]

    def mean(part: Callable[[Parallelism], float]) -> float:
        return sum(share * part(each) for share, each in zip(shares, pairs, strict=True))

    below = "".join(lower)
    return Parallelism(
        tones=mean(lambda each: each.tones),
        kinds=mean(lambda each: each.kinds),
        rhythm=mean(lambda each: each.rhythm),
        shared="".join(each for each in dict.fromkeys("".join(upper)) if each in below),
        doubled_alike=all(each.doubled_alike for each in pairs),
    )


def _opposed(one: str, other: str, ending: bool, book: RhymeBook) -> bool:
    """Whether one can be level and the other oblique. `ending`: the other may be a rhyme."""
    return tones_of(one, book=book) | tones_of(other, ending, book) == LEVEL | OBLIQUE


def _match(one: str, other: str) -> float | None:
    """How well two characters match in kind; None if neither is of a known kind."""
    kinds, parts = kind_tables()
    if one not in kinds and other not in kinds:
        return None
    if not kinds.get(one, frozenset()).isdisjoint(kinds.get(other, frozenset())):
        return 1.0
    return 0.0 if parts.get(one, frozenset()).isdisjoint(parts.get(other, frozenset())) else 0.5


def _pairs_that_are_words(line: str) -> list[bool]:
    """For each pair of characters that can be a word in the rhythm, whether it is a common word."""
    if len(line) % 2:
        pairs = [*range(0, len(line) - 3, 2), *range(max(len(line) - 3, 0), len(line) - 1)]
    else:
        pairs = [*range(0, len(line), 2)]
    return [line[at : at + 2] in common_words() for at in pairs]


def _agreement(one: list[bool], other: list[bool]) -> float:
    """The share of pairs that are equal in both lists."""
    same = [here == there for here, there in zip(one, other, strict=True)]
    return sum(same) / len(same) if same else 1.0


def _doubled(line: str) -> list[int]:
    """The places of characters that repeat the one before."""
    return [at for at in range(1, len(line)) if line[at] == line[at - 1]]


Table = dict[str, frozenset[str]]


@cache
def kind_tables() -> tuple[Table, Table]:
    """Two tables: character -> its kinds, and character -> its parts of speech."""
    path = paths.data() / "kinds.toml"
    try:
        table = msgspec.toml.decode(path.read_bytes(), type=dict[str, dict[str, str]])
    except (OSError, msgspec.MsgspecError) as error:
        raise ConfigError(
            tr("{path} cannot be read: {error}. Install the studio again.", path=path, error=error)
        ) from error
    kinds: dict[str, set[str]] = {}
    parts: dict[str, set[str]] = {}
    for part, characters_by_kind in table.items():
        for kind, characters in characters_by_kind.items():
            for character in characters:
                kinds.setdefault(character, set()).add(kind)
                parts.setdefault(character, set()).add(part)
    return _frozen(kinds), _frozen(parts)


def _frozen(table: dict[str, set[str]]) -> Table:
    return {character: frozenset(names) for character, names in table.items()}


@cache
def common_words() -> frozenset[str]:
    """The common words of two characters in the verse of the Tang."""
    path = paths.data() / "words.txt"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            tr("{path} cannot be read: {error}. Install the studio again.", path=path, error=error)
        ) from error
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())
