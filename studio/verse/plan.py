"""The fixed characters of a poem, and the templates and rhymes that remain possible with them.

The plan is made before the first character is written. So no later choice can lead to a dead end,
and a request that cannot be met is refused with the rule that it breaks. Imports no torch.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from studio.corpus.script import simplified
from studio.prosody.report import IN_ENGLISH, FaultName
from studio.prosody.rhymes import RhymeBook
from studio.translation import language, marked, tr
from studio.verse.ways import Bits, Layout, Way, allowed_rhymes, certain_rhymes

# For each rhyme, how many characters of the model have it.
Supply = Sequence[int]

# How many placements of the words are tried before giving up.
_MAX_PLACEMENTS = 2000

# The lines of a poem as characters; "" marks a character for the model to write.
Grid = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A layout with its fixed characters, and what remains possible with them.

    `rhymes[t]` are the rhymes that are possible with template t; none if the template is ruled out.
    `open[i][w]`: whether way w of line i is possible.
    """

    layout: Layout
    grid: Grid
    rhymes: tuple[Bits, ...]
    open: tuple[tuple[bool, ...], ...]


# For a rule of the line ends, and whether few enough rhymes are left to name them.
_WRONG_ENDS: dict[tuple[FaultName, bool], str] = {
    ("撞韵", True): marked("{character} sounds like the rhyme {rhymes}"),
    ("撞韵", False): marked("{character} sounds like the rhyme of the other lines"),
    ("出韵", True): marked("{character} does not have the rhyme {rhymes}"),
    ("出韵", False): marked("{character} does not have the rhyme of the other lines"),
}


@dataclass(frozen=True, slots=True)
class Obstacle:
    """The rule that a fixed character breaks; lines and places count from 0.

    `misses`: how many characters of its line break a rule.
    """

    line: int
    place: int
    rule: FaultName
    why: str
    misses: int = 1

    def __str__(self) -> str:
        rule = self.rule if language() != "en" else f"{self.rule}, {IN_ENGLISH[self.rule]}"
        return tr("Line {line}: {why} ({rule}).", line=self.line + 1, why=self.why, rule=rule)


def plan(layout: Layout, grid: Grid, supply: Supply, wanted: Bits) -> "Plan | Obstacle | None":
    """Find what is possible with `grid`; returns an obstacle if nothing is.

    `wanted` are the requested rhymes. Returns None if the model has no rhyme with the characters
    that the poem needs.
    """
    rhymes: list[Bits] = []
    obstacles: list[Obstacle] = []
    for template in range(len(layout.templates)):
        remaining = _remaining_rhymes(layout, grid, template, wanted)
        if isinstance(remaining, Obstacle):
            obstacles.append(remaining)
            rhymes.append(0)
        else:
            rhymes.append(remaining)
    if not any(rhymes):
        # The template that fails last, and by the fewest characters, is the closest to the request.
        return max(obstacles, key=lambda each: (each.line, -each.misses))
    for distinct in (True, False):
        possible_rhymes = tuple(
            _rhymes_in_supply(layout, grid, template, bits, supply, distinct)
            for template, bits in enumerate(rhymes)
        )
        if any(possible_rhymes):
            open_ways = tuple(
                tuple(
                    bool(possible_rhymes[way.template])
                    and way in _possible(layout, grid, at, way.template)
                    for way in ways
                )
                for at, ways in enumerate(layout.ways)
            )
            return Plan(layout, grid, possible_rhymes, open_ways)
    return None


def _remaining_rhymes(layout: Layout, grid: Grid, template: int, wanted: Bits) -> Bits | Obstacle:
    remaining = wanted
    for at, line in enumerate(grid):
        ways = [way for way in layout.ways[at] if way.template == template]
        if not _possible(layout, grid, at, template):
            unpaired = [way for way in ways if not way.needs_rescue]
            return _tone_obstacle(at, line, unpaired, layout)
        end, foot = line[-1], ways[0].foot
        if end:
            here = allowed_rhymes(foot, end, layout.rhymes, layout.book)
            if not remaining & here:
                rule: FaultName = "撞韵" if foot == "plain" else "出韵"
                names = "".join(
                    simplified(each.rhyme)
                    for bit, each in enumerate(layout.rhymes)
                    if remaining >> bit & 1
                )
                few = len(names) <= 3
                why = tr(_WRONG_ENDS[rule, few], character=end, rhymes=names)
                return Obstacle(at, len(line) - 1, rule, why)
            remaining &= here
    return remaining


def _rhymes_in_supply(
    layout: Layout, grid: Grid, template: int, rhymes: Bits, supply: Supply, distinct: bool
) -> Bits:
    """The rhymes with enough characters of the model for the feet that it writes.

    With `distinct` every foot needs another character. Otherwise one character is enough for all.
    """
    lines = layout.rhyming_lines(template)
    feet = sum(not grid[at][-1] for at in lines)
    fixed = {grid[at][-1] for at in lines} - {""}
    found = 0
    for bit, _ in enumerate(layout.rhymes):
        if rhymes >> bit & 1:
            taken = sum(
                certain_rhymes("rhyme", each, layout.rhymes, layout.book) >> bit & 1
                for each in fixed
            )
            spare = supply[bit] - taken if distinct else min(supply[bit], 1) * feet
            found |= (spare >= feet) << bit
    return found


def _possible(layout: Layout, grid: Grid, at: int, template: int) -> list[Way]:
    """The ways of a line that fit the fixed characters of it and of its partner in the couplet."""

    def fitting(line: int) -> list[Way]:
        ways = layout.ways[line]
        return [
            way for way in ways if way.template == template and _fits(way, grid[line], layout.book)
        ]

    opening = fitting(at - at % 2)
    closing = fitting(at - at % 2 + 1)
    rescued = any(way.is_rescue for way in closing)
    opening = [way for way in opening if rescued or not way.needs_rescue]
    if at % 2 and opening and all(way.needs_rescue for way in opening):
        return [way for way in closing if way.is_rescue]
    return closing if at % 2 else opening


def _fits(way: Way, line: Sequence[str], book: RhymeBook) -> bool:
    return all(not each or way.fits(place, each, book) for place, each in enumerate(line))


def _tone_obstacle(at: int, line: Sequence[str], ways: Sequence[Way], layout: Layout) -> Obstacle:
    def misses(way: Way) -> list[int]:
        return [
            place
            for place, character in enumerate(line)
            if character and not way.fits(place, character, layout.book)
        ]

    length = layout.line_length
    way = min(ways, key=lambda way: len(misses(way)))
    places = misses(way)
    place = places[0]
    tail = length - 5
    level = way.pattern[place] == "平"
    rule: FaultName
    if place == length - 1:
        rule = "出韵" if way.type.isupper() else "失对"
    elif place % 2:
        is_only_one = not any(line[other] for other in range(1, length - 1, 2) if other != place)
        rule = ("失对" if at % 2 else "失粘") if is_only_one and at else "失替"
    elif way.type == "B" and place == tail:
        rule = "孤平"
    else:
        rule = "三平尾" if way.type == "A" else "三仄尾"
    why = marked("{character} is level, and place {place} must be oblique")
    if level:
        why = marked("{character} is oblique, and place {place} must be level")
    why = tr(why, character=line[place], place=place + 1)
    return Obstacle(at, place, rule, why, len(places))


def place_words(
    start: Plan,
    words: Sequence[str],
    supply: Supply,
    wanted: Bits,
    generator: random.Random,
    budget: Iterator[int] | None = None,
) -> Plan | None:
    """Place each word where the lines have room and the rules allow it; None if it is impossible.

    The places are drawn at random. A word keeps to the rhythm of the line: 2+2+1 or 2+2+3.
    """
    budget = budget or iter(range(_MAX_PLACEMENTS))
    missing = [word for word in words if not _contains(word, start.grid)]
    if not missing:
        return start
    word, rest = missing[0], missing[1:]
    length = start.layout.line_length
    free = [
        (line, place)
        for line in range(start.layout.line_count)
        for place in _word_places(length, len(word))
    ]
    generator.shuffle(free)
    # A separate line for each word, as long as there are free lines.
    free.sort(key=lambda each: any(start.grid[each[0]]))
    for line, place in free:
        present = start.grid[line][place : place + len(word)]
        if any(fixed not in ("", each) for fixed, each in zip(present, word, strict=True)):
            continue
        row = (*start.grid[line][:place], *word, *start.grid[line][place + len(word) :])
        grid = (*start.grid[:line], row, *start.grid[line + 1 :])
        if next(budget, None) is None:
            return None
        placed = plan(start.layout, grid, supply, wanted)
        if isinstance(placed, Plan) and (
            found := place_words(placed, rest, supply, wanted, generator, budget)
        ):
            return found
    return None


def _contains(word: str, grid: Grid) -> bool:
    return any(word in "".join(each or " " for each in line) for line in grid)


def _word_places(line_length: int, length: int) -> list[int]:
    """The places in a line where a word of `length` can begin."""
    last = line_length - length
    if length == 1:
        return list(range(line_length))
    return sorted({*range(0, last + 1, 2), last}) if last >= 0 else []
