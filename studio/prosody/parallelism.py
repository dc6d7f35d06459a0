"""Parallelism (对仗): how far the lines of a couplet answer each other, place by place.

The score lies between 0 and 1: 0.3 times the tones, 0.5 times the kinds and 0.2 times the rhythm,
each a share of what could answer, and halved where the two lines share a character, and again
where a doubled character (茫茫) is not answered by another in its place.

- tones: of the places that the metre listens to, the second, fourth, sixth and last, those where
  one line can be level and the other oblique. Any reading counts. A reading that occurs only in
  rhymes counts only at the end of the second line. An unknown character passes.
- kinds: a character answered by one of its kind (日 by 月, 一 by 千, 青 by 白: 工对) counts 1,
  by one of the same part of speech (日 by 花: 宽对) one half, over the places where at least one
  of the two is of a known kind. The kinds stand in data/kinds.toml.
- rhythm: lines fall into pairs and a last three, which are 2+1 or 1+2 (2+2+1, 2+1+2, 2+2+3). Of
  the pairs of neighbours, two by two and both of the last three, those that are a common word in
  both lines or in neither. The words stand in data/words.txt.

A score, not a judgement: it knows a few hundred characters by kind and nothing of grammar. The
weights were chosen on the library, where the middle couplets of regulated poems (律诗), which must
be parallel, stand apart from their first and last and from lines of different poems
(`tangshi-studio corpus prosody`).
"""

from collections.abc import Sequence
from functools import cache

import msgspec

from studio import paths
from studio.errors import ConfigError
from studio.prosody.tones import LEVEL, OBLIQUE, tones_of

_TONES, _KINDS, _RHYTHM = 0.3, 0.5, 0.2


class Parallelism(msgspec.Struct, frozen=True):
    """What the score of a couplet is made of: shares from 0 to 1, and what halves it."""

    tones: float
    kinds: float
    rhythm: float
    shared: str
    doubled_alike: bool

    @property
    def score(self) -> float:
        """From 0 to 1, as the module says."""
        score = _TONES * self.tones + _KINDS * self.kinds + _RHYTHM * self.rhythm
        return score / (2 if self.shared else 1) / (1 if self.doubled_alike else 2)


def parallelism(first: str, second: str) -> float:
    """The score of a couplet's two lines, without their stops; 0 where their lengths differ."""
    return compare(first, second).score if first and len(first) == len(second) else 0.0


def middle_couplets(lines: Sequence[str]) -> list[tuple[str, str]]:
    """The couplets of a regulated poem that must be parallel: all but the first and last."""
    return [(lines[at], lines[at + 1]) for at in range(2, len(lines) - 3, 2)]


def compare(first: str, second: str) -> Parallelism:
    """Two lines of the same length, at least one character long, in what they have in common."""
    places = list(zip(first, second, strict=True))
    heard = [*range(1, len(places) - 1, 2), len(places) - 1]
    answers = [_answer(one, other) for one, other in places]
    known = [each for each in answers if each is not None]
    return Parallelism(
        tones=sum(_opposed(first[at], second[at], at == heard[-1]) for at in heard) / len(heard),
        kinds=sum(known) / len(known) if known else 0.0,
        rhythm=_agreement(_word_places(first), _word_places(second)),
        shared="".join(each for each in dict.fromkeys(first) if each in second),
        doubled_alike=_doubled(first) == _doubled(second),
    )


def _opposed(one: str, other: str, ending: bool) -> bool:
    """Whether one can be level and the other oblique; the second line's end rhymes."""
    return tones_of(one) | tones_of(other, rhyming=ending) == LEVEL | OBLIQUE


def _answer(one: str, other: str) -> float | None:
    """How well a character answers another; None where neither is of a known kind."""
    kinds, parts = _tables()
    if one not in kinds and other not in kinds:
        return None
    if not kinds.get(one, frozenset()).isdisjoint(kinds.get(other, frozenset())):
        return 1.0
    return 0.0 if parts.get(one, frozenset()).isdisjoint(parts.get(other, frozenset())) else 0.5


def _word_places(line: str) -> list[bool]:
    """For each pair of neighbours that the rhythm may join, whether it is a common word."""
    if len(line) % 2:
        pairs = [*range(0, len(line) - 3, 2), *range(max(len(line) - 3, 0), len(line) - 1)]
    else:
        pairs = [*range(0, len(line), 2)]
    return [line[at : at + 2] in _words() for at in pairs]


def _agreement(one: list[bool], other: list[bool]) -> float:
    same = [here == there for here, there in zip(one, other, strict=True)]
    return sum(same) / len(same) if same else 1.0


def _doubled(line: str) -> list[int]:
    return [at for at in range(1, len(line)) if line[at] == line[at - 1]]


_Table = dict[str, frozenset[str]]


@cache
def _tables() -> tuple[_Table, _Table]:
    """Character -> its kinds, and its parts of speech."""
    path = paths.data() / "kinds.toml"
    try:
        table = msgspec.toml.decode(path.read_bytes(), type=dict[str, dict[str, str]])
    except (OSError, msgspec.MsgspecError) as error:
        raise ConfigError(f"{path} cannot be read: {error}. Install the studio again.") from error
    kinds: dict[str, set[str]] = {}
    parts: dict[str, set[str]] = {}
    for part, its in table.items():
        for kind, characters in its.items():
            for character in characters:
                kinds.setdefault(character, set()).add(kind)
                parts.setdefault(character, set()).add(part)
    return _frozen(kinds), _frozen(parts)


def _frozen(table: dict[str, set[str]]) -> _Table:
    return {character: frozenset(names) for character, names in table.items()}


@cache
def _words() -> frozenset[str]:
    """The common words of two characters."""
    path = paths.data() / "words.txt"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}. Install the studio again.") from error
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())
