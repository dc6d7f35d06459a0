"""The rhyme book: character -> its readings, each a tone and one of the 106 rhymes (平水韵)."""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from studio import paths
from studio.errors import ConfigError
from studio.translation import tr

Tone = Literal["平", "上", "去", "入"]

# The 106 rhymes of each tone in the order of the book, by their traditional names.
RHYMES: dict[Tone, str] = {
    "平": "東冬江支微魚虞齊佳灰真文元寒刪先蕭肴豪歌麻陽庚青蒸尤侵覃鹽咸",
    "上": "董腫講紙尾語麌薺蟹賄軫吻阮旱潸銑篠巧皓哿馬養梗迥有寢感琰豏",
    "去": "送宋絳寘未御遇霽泰卦隊震問願翰諫霰嘯效號箇禡漾敬徑宥沁勘豔陷",
    "入": "屋沃覺質物月曷黠屑藥陌錫職緝合葉洽",
}

# Neighbouring rhymes (邻韵): allowed in any line of an old-style poem, and those of the level tone
# in the first line of a regulated poem. The groups are Wang Li's (诗词格律), with 江 beside 阳; the
# oblique rhymes are joined as the level ones that they differ from only in tone.
_NEIGHBOURS = (
    "東冬 江陽 支微齊 魚虞 佳灰 真文元 元寒刪先 蕭肴豪 庚青蒸 覃鹽咸 "
    "董腫 講養 紙尾薺 語麌 蟹賄 軫吻阮 阮旱潸銑 篠巧皓 梗迥 感琰豏 "
    "送宋 絳漾 寘未霽 御遇 泰卦隊 震問願 願翰諫霰 嘯效號 敬徑 勘豔陷 "
    "屋沃 覺藥 質物月 月曷黠屑 陌錫職 合葉洽"
)

# Each level rhyme, followed by the oblique rhymes (上, 去) that differ from it only in tone. 泰
# belongs to two.
_COUNTERPARTS = (
    "東董送 冬腫宋 江講絳 支紙寘 微尾未 魚語御 虞麌遇 齊薺霽 佳蟹卦泰 灰賄隊泰 真軫震 文吻問 "
    "元阮願 寒旱翰 刪潸諫 先銑霰 蕭篠嘯 肴巧效 豪皓號 歌哿箇 麻馬禡 陽養漾 庚梗敬 青迥徑 蒸迥徑 "
    "尤有宥 侵寢沁 覃感勘 鹽琰豔 咸豏陷"
)


_OTHER = {"平": "仄", "仄": "平"}


class Reading(NamedTuple):
    """One reading of a character: its tone and its rhyme."""

    tone: Tone
    rhyme: str

    @property
    def level(self) -> bool:
        """Whether the tone is level (平) and not oblique (仄: 上, 去 or 入)."""
        return self.tone == "平"

    def named(self, rhyme: str) -> bool:
        """Whether this is the rhyme: 去送 is 去送, and 仄送 in ci, which do not tell them apart."""
        tones = (self.tone, "平" if self.level else "仄")
        return rhyme[1:] == self.rhyme and rhyme[:1] in tones


Entries = dict[str, tuple[Reading, ...]]
# Character -> a reading that it seldom has: 平 or 仄 within a line, or a level rhyme at its end ->
# the words of two characters that have it, the most frequent first.
RareReadings = dict[str, dict[str, tuple[str, ...]]]


class ReadingShare(NamedTuple):
    """The share of a reading in the uses of its character, and words that end with it."""

    share: float
    words: tuple[str, ...]


ReadingShares = dict[str, dict[Reading, ReadingShare]]
# A reading with a smaller share is one that a character seldom has.
SELDOM = 1 / 8
_EMPTY: dict[Reading, ReadingShare] = {}


class RhymeBook:
    """What readings characters have, and which rhymes go together, in one book.

    `rhymes` are the level rhymes in the order of the book. `rhyme_only` are characters with a tone
    that occurs only in rhymes -> whether that tone is level. `rare_readings` are those that a
    character has in few words only. `neighbours` are the rhymes near a rhyme in its tone (邻韵),
    `counterparts` the oblique ones that differ from a level one only in tone. `shares` are how
    often a character has each of its readings; those of others are taken to be even. With
    `joins_oblique` the oblique tones of a rhyme rhyme together. Files are read when a book is first
    asked.
    """

    def __init__(
        self,
        key: str,
        name: str,
        entries: Callable[[], Entries],
        rhymes: Sequence[str],
        rhyme_only: Callable[[], dict[str, bool]] = dict,
        neighbours: Callable[[str], frozenset[str]] = lambda _: frozenset(),
        counterparts: Callable[[str], frozenset[str]] = lambda rhyme: frozenset({rhyme}),
        rare_readings: Callable[[], RareReadings] = dict,
        shares: Callable[[], ReadingShares] = dict,
        joins_oblique: bool = False,
    ) -> None:
        self.key, self.name = key, name
        self.rhymes = rhymes
        self.entries, self.rhyme_only, self.rare_readings = entries, rhyme_only, rare_readings
        self.neighbours, self.counterparts = neighbours, counterparts
        self.shares = shares
        self.joins_oblique = joins_oblique

    def readings(self, character: str) -> tuple[Reading, ...]:
        """All readings of a character, simplified or traditional; none if it is unknown.

        All of them count if the character is a rhyme; elsewhere only the `unrhymed_readings` count.
        """
        return self.entries().get(character, ())

    def group(self, reading: Reading) -> str:
        """The name of all that rhymes with a reading, such as 平東, 去送 or 仄第一部."""
        joined = self.joins_oblique and not reading.level
        return f"仄{reading.rhyme}" if joined else "".join(reading)

    def unrhymed_readings(self, character: str) -> tuple[Reading, ...]:
        """The readings that count if a character is not a rhyme: 不 is level only in rhymes."""
        level = self.rhyme_only().get(character)
        return tuple(each for each in self.readings(character) if each.level != level)

    def is_rare(self, character: str, reading: str, before: str = "", after: str = "") -> bool:
        """Whether a character seldom has a reading between its neighbours in the line.

        The reading is 平 or 仄 within a line, or a level rhyme at its end. A rare one counts in the
        words that have it. There the other tone is the rare one: 更 is level in 五更.
        """
        its = self.rare_readings().get(character, {})
        word = before + character
        if reading in its:
            return word not in its[reading] and character + after not in its[reading]
        return word in its.get(_OTHER.get(reading, ""), ())

    def share(self, character: str, reading: Reading) -> float:
        """How often a character has one of its readings, from 0 to 1."""
        its = self.shares().get(character, _EMPTY)
        if reading in its:
            return its[reading].share
        known = self.readings(character)
        return 1 / len(known) if reading in known else 0.0

    def seldom_rhymes(self, character: str, reading: Reading, before: str = "") -> bool:
        """Whether a character seldom rhymes so, except in words with the one before."""
        return self.seldom_read(character, [reading], before) or (
            reading.level and self.is_rare(character, reading.rhyme, before)
        )

    def seldom_read(
        self, character: str, taken: Collection[Reading], before: str = "", after: str = ""
    ) -> bool:
        """Whether a character seldom has one of some readings, except in words with neighbours."""
        if sum(self.share(character, each) for each in taken) >= SELDOM:
            return False
        its, rare = self.shares().get(character, _EMPTY), self.rare_readings().get(character, {})
        words = {
            word
            for each in taken
            for word in (
                *(its[each].words if each in its else ()),
                *rare.get("平" if each.level else "仄", ()),
                *(rare.get(each.rhyme, ()) if each.level else ()),
            )
        }
        return words.isdisjoint({before + character, character + after})


@cache
def rhyme_book() -> Entries:
    """The readings in data/rhymes.txt. A character that is not in it is unknown."""
    return read_rhyme_book(paths.data() / "rhymes.txt")


@cache
def rhyme_only() -> dict[str, bool]:
    """Characters with a tone that occurs only in rhymes -> whether that tone is level."""
    return read_rhyme_only(paths.data() / "rhyme_only.txt")


@cache
def rare_readings() -> RareReadings:
    """The readings that characters have in few words only."""
    return read_rare_readings(paths.data() / "rare_readings.txt")


@cache
def reading_shares() -> ReadingShares:
    """How often the characters have each of their readings, where the poems tell."""
    return read_reading_shares(paths.data() / "reading_shares.txt")


def neighbours(rhyme: str) -> frozenset[str]:
    """The neighbours of a rhyme, in the same tone."""
    return _neighbours().get(rhyme, frozenset())


def counterparts(rhyme: str) -> frozenset[str]:
    """The rising and departing rhymes that differ from a level rhyme only in tone."""
    return _counterparts().get(rhyme, frozenset())


def read_rhyme_book(path: Path) -> Entries:
    """Read a rhyme book; raises ConfigError that names a wrong line.

    A line has a tone, a rhyme, the source and the characters, separated by spaces; "#" starts a
    comment. A character has the readings of all lines that contain it, in their order.
    """
    found: dict[str, list[Reading]] = {}
    for number, (tone, rhyme, _, characters) in read_lists(path):
        if rhyme not in RHYMES[tone]:
            raise _not_a_rhyme(path, number)
        for character in characters:
            found.setdefault(character, []).append(Reading(tone, rhyme))
    return {character: tuple(each) for character, each in found.items()}


def read_lists(path: Path) -> Iterator[tuple[int, tuple[Tone, str, str, str]]]:
    """The numbered lines of a list of characters; raises ConfigError that names a wrong line.

    A line has a tone, a rhyme, a source or a group, and characters, separated by spaces.
    """
    for number, line in _lines(path):
        match line.split(" "):
            case [("平" | "上" | "去" | "入") as tone, rhyme, third, characters] if rhyme:
                yield number, (tone, rhyme, third, characters)
            case _:
                raise _not_a_rhyme(path, number)


def _not_a_rhyme(path: Path, number: int) -> ConfigError:
    return ConfigError(
        tr(
            "{path}, line {number} is not a valid line of a rhyme book. Install the studio again.",
            path=path,
            number=number,
        )
    )


def read_rhyme_only(path: Path) -> dict[str, bool]:
    """Read a list of tones that occur only in rhymes; raises ConfigError that names a wrong line.

    A line has a character, 平 or 仄, and figures, separated by spaces; "#" starts a comment.
    """
    found: dict[str, bool] = {}
    for number, line in _lines(path):
        character, tone, *_ = *line.split(" "), ""
        if len(character) != 1 or tone not in ("平", "仄"):
            raise ConfigError(
                tr(
                    "{path}, line {number} is not a character with a tone. Install the studio "
                    "again.",
                    path=path,
                    number=number,
                )
            )
        found[character] = tone == "平"
    return found


def read_rare_readings(path: Path) -> RareReadings:
    """Read a list of rare readings; raises ConfigError that names a wrong line.

    A line has a character, 平 or 仄 or a level rhyme, two figures, and words with the character,
    separated by spaces; "#" starts a comment.
    """
    found: RareReadings = {}
    for number, line in _lines(path):
        match line.split(" "):
            case [character, reading, _, _, *words] if (
                len(character) == 1
                and reading in ("平", "仄", *RHYMES["平"])
                and all(len(word) == 2 and character in word for word in words)
            ):
                found.setdefault(character, {})[reading] = tuple(words)
            case _:
                raise _not_a_rhyme(path, number)
    return found


def read_reading_shares(path: Path) -> ReadingShares:
    """Read a list of shares of readings; raises ConfigError that names a wrong line.

    A line has a character, a reading such as 平東, its share in per cent, and words that end with
    the character, separated by spaces; "#" starts a comment.
    """
    found: ReadingShares = {}
    tones: dict[str, Tone] = {each: each for each in RHYMES}
    for number, line in _lines(path):
        match line.split(" "):
            case [character, reading, share, *words] if (
                len(character) == 1
                and reading[:1] in tones
                and reading[1:] in RHYMES[tones[reading[0]]]
                and re.fullmatch(r"\d{1,3}\.\d", share)
                and all(len(word) == 2 and word[1] == character for word in words)
            ):
                its = found.setdefault(character, {})
                its[Reading(tones[reading[0]], reading[1:])] = ReadingShare(
                    float(share) / 100, tuple(words)
                )
            case _:
                raise _not_a_rhyme(path, number)
    return found


def _lines(path: Path) -> list[tuple[int, str]]:
    """The numbered lines of a data file, without comments and empty lines."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            tr("{path} cannot be read: {error}. Install the studio again.", path=path, error=error)
        ) from error
    return [
        (number, line)
        for number, line in enumerate(lines, start=1)
        if line and not line.startswith("#")
    ]


@cache
def _neighbours() -> dict[str, frozenset[str]]:
    groups = _NEIGHBOURS.split()
    return {
        rhyme: frozenset("".join(group for group in groups if rhyme in group)) - {rhyme}
        for rhyme in "".join(RHYMES.values())
    }


@cache
def _counterparts() -> dict[str, frozenset[str]]:
    return {group[0]: frozenset(group[1:]) for group in _COUNTERPARTS.split()}


PINGSHUI = RhymeBook(
    "pingshui",
    "平水韵",
    rhyme_book,
    RHYMES["平"],
    rhyme_only,
    neighbours,
    counterparts,
    rare_readings,
    reading_shares,
)
readings = PINGSHUI.readings
is_rare = PINGSHUI.is_rare
unrhymed_readings = PINGSHUI.unrhymed_readings
