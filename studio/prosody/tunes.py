"""The tunes of ci (词牌): the lines, tones and rhymes that each asks for."""

from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from typing import NamedTuple

import msgspec

from studio import paths
from studio.errors import ConfigError
from studio.prosody.forms import form_of
from studio.prosody.spelling import searchable
from studio.translation import tr

# What separates the name of a tune from a title of the poem's own.
_SEPARATORS = " ・·•．（(，,:："
# What stands in a pattern for the line before it.
_AGAIN = "="


class TunePlace(NamedTuple):
    """A character of a tune: its tone (平, 仄, 中), and the letter of its rhyme if it has one.

    data/ci_tunes.toml explains the letters.
    """

    tone: str
    rhyme: str = ""


class TunePattern(NamedTuple):
    """One form of a tune: its lines, each a sequence of places."""

    lines: tuple[tuple[TunePlace, ...], ...]
    # The lines that begin a stanza, but for the first.
    breaks: tuple[int, ...] = ()
    # The lines that say the one before them again (叠句).
    again: tuple[int, ...] = ()

    @property
    def lengths(self) -> tuple[int, ...]:
        """The number of characters in each line."""
        return tuple(map(len, self.lines))

    @property
    def length(self) -> int:
        """The number of characters of a poem."""
        return sum(self.lengths)


class Tune(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tune with its other names and its patterns as data/ci_tunes.toml writes them."""

    name: str
    pinyin: str
    also: tuple[str, ...]
    patterns: tuple[str, ...]

    def pattern_for(self, length: int) -> TunePattern:
        """The pattern that is closest in length to a poem."""
        return min(map(_pattern, self.patterns), key=lambda each: abs(each.length - length))

    def pattern_holding(self, length: int) -> TunePattern:
        """The shortest pattern that an unfinished poem can grow to; the longest if it is longer."""
        return min(
            map(_pattern, self.patterns),
            key=lambda each: (each.length < length, abs(each.length - length)),
        )


def stanza_breaks(form: str, lengths: Sequence[int]) -> tuple[int, ...]:
    """The lines that begin a stanza of a ci, but for the first, by the lengths of its lines.

    Between two rhymes lines may be divided in any way, but a stanza ends with a line. No other form
    has stanzas.
    """
    if form not in tunes():
        return ()
    pattern = tunes()[form].pattern_for(sum(lengths))
    ends = list(accumulate(lengths, initial=0))
    before = list(accumulate(pattern.lengths, initial=0))
    return tuple(ends.index(before[at]) for at in pattern.breaks if before[at] in ends)


def said_again(form: str, lengths: Sequence[int]) -> tuple[int, ...]:
    """The lines that say the one before them again, by the lengths of the lines of a ci.

    There are none in other forms, and none if the lines are divided otherwise than in the tune.
    """
    if form not in tunes():
        return ()
    pattern = tunes()[form].pattern_for(sum(lengths))
    return pattern.again if pattern.lengths == tuple(lengths) else ()


class _Tunes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    tune: tuple[Tune, ...]


@cache
def tunes() -> dict[str, Tune]:
    """The tunes by name, in the order of data/ci_tunes.toml."""
    path = paths.data() / "ci_tunes.toml"
    try:
        table = msgspec.toml.decode(path.read_bytes(), type=_Tunes)
    except (OSError, msgspec.MsgspecError) as error:
        raise ConfigError(
            tr("{path} cannot be read: {error}. Install the studio again.", path=path, error=error)
        ) from error
    return {tune.name: tune for tune in table.tune}


def tune_named(name: str) -> Tune:
    """A tune by one of its names or its pinyin; raises ConfigError that lists the tunes."""
    for tune in tunes().values():
        if name in (tune.name, *tune.also) or searchable(name.strip()) == tune.pinyin:
            return tune
    known = tr(", ").join(f"{tune.name} ({tune.pinyin})" for tune in tunes().values())
    raise ConfigError(
        tr("There is no tune called {name!r}. The tunes are {known}.", name=name, known=known)
    )


def tune_titled(title: str) -> Tune | None:
    """The tune that a title begins with, as 念奴娇 赤壁怀古; None if there is none."""
    for separator in _SEPARATORS:
        title = title.partition(separator)[0]
    return next((each for each in tunes().values() if title in (each.name, *each.also)), None)


def has_lines_of_a_tune(lengths: tuple[int, ...]) -> bool:
    """Whether a poem with lines of these lengths has those of a tune."""
    return any(each.pattern_for(sum(lengths)).lengths == lengths for each in tunes().values())


def is_verse(tune: Tune, lengths: Sequence[int]) -> bool:
    """Whether all lines have one length, as in a form of verse, and those of the tune do not.

    步虚词 is a name of 西江月, and the title of poems in lines of five.
    """
    pattern = tune.pattern_for(sum(lengths))
    one_length = len(set(lengths)) == 1 < len(set(pattern.lengths))
    return one_length and bool(form_of(lengths[0], len(lengths), regulated=False))


@cache
def _pattern(written: str) -> TunePattern:
    stanzas = [stanza.split() for stanza in written.split("|")]
    *breaks, _ = accumulate(map(len, stanzas))
    lines: list[tuple[TunePlace, ...]] = []
    again = []
    for token in (token for stanza in stanzas for token in stanza):
        if token == _AGAIN:
            again.append(len(lines))
        lines.append(lines[-1] if token == _AGAIN else _line(token))
    return TunePattern(tuple(lines), tuple(breaks), tuple(again))


def _line(token: str) -> tuple[TunePlace, ...]:
    rhyme = token[-1] if token[-1].isascii() else ""
    tones = token.removesuffix(rhyme)
    return (*map(TunePlace, tones[:-1]), TunePlace(tones[-1], rhyme))
