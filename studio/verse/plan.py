"""What a request fixes before the first character is written: its lines, and what stands in them.

Of the templates and rhymes only those stay that everything fixed leaves possible. So no choice made
later can lead to where nothing fits, and what cannot be met is told with the rule in its way.
Imports no torch.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from studio.prosody.report import IN_ENGLISH, FaultName
from studio.verse.ways import Bits, Layout, Way, chosen_at, rhymes_at

# For each rhyme how many characters the model can end a line with.
Supply = Sequence[int]

# So many ways to place all words are looked at before it is given up.
_MOST_TRIES = 2000

# The lines of a poem as characters; "" is for the model to write.
Grid = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A layout with characters fixed in it, and what they leave possible.

    `rhymes[t]` are the rhymes that template t may keep, none where it is out of the question;
    `open[i][w]` tells whether way w of line i is possible.
    """

    layout: Layout
    grid: Grid
    rhymes: tuple[Bits, ...]
    open: tuple[tuple[bool, ...], ...]


@dataclass(frozen=True, slots=True)
class Obstacle:
    """The rule in the way of a fixed character; lines and places count from 0."""

    line: int
    place: int
    rule: FaultName
    why: str

    def __str__(self) -> str:
        return f"Line {self.line + 1}: {self.why} ({self.rule}, {IN_ENGLISH[self.rule]})."


def plan(frame: Layout, grid: Grid, supply: Supply, wanted: Bits) -> "Plan | Obstacle | None":
    """See what `grid` leaves possible; the obstacle where that is nothing.

    `wanted` are the rhymes asked for. None where the model lacks the characters that a rhyme needs.
    """
    rhymes: list[Bits] = []
    obstacles: list[Obstacle] = []
    for template in range(len(frame.templates)):
        left = _rhymes_left(frame, grid, template, wanted)
        if isinstance(left, Obstacle):
            obstacles.append(left)
            rhymes.append(0)
        else:
            rhymes.append(left)
    if not any(rhymes):
        # The template that goes wrong last is the nearest to what was asked.
        return max(obstacles, key=lambda each: each.line)
    for enough in (True, False):
        able = tuple(
            _able(frame, grid, template, bits, supply, enough)
            for template, bits in enumerate(rhymes)
        )
        if any(able):
            opened = tuple(
                tuple(
                    bool(able[way.template]) and way in _possible(frame, grid, at, way.template)
                    for way in ways
                )
                for at, ways in enumerate(frame.ways)
            )
            return Plan(frame, grid, able, opened)
    return None


def _rhymes_left(frame: Layout, grid: Grid, template: int, wanted: Bits) -> Bits | Obstacle:
    left = wanted
    for at, line in enumerate(grid):
        ways = [way for way in frame.ways[at] if way.template == template]
        if not _possible(frame, grid, at, template):
            alone = [way for way in ways if not way.owes]
            return _tone_obstacle(at, line, alone, frame.line_length)
        end, foot = line[-1], ways[0].foot
        if end:
            here = rhymes_at(foot, end, frame.rhymes)
            if not left & here:
                rule: FaultName = "撞韵" if foot == "plain" else "出韵"
                names = "".join(
                    each.rhyme for bit, each in enumerate(frame.rhymes) if left >> bit & 1
                )
                kept = f"the rhyme {names}" if len(names) <= 3 else "one rhyme with the others"
                verb = "sounds like" if foot == "plain" else "does not keep"
                return Obstacle(at, len(line) - 1, rule, f"{end} {verb} {kept}")
            left &= here
    return left


def _able(
    frame: Layout, grid: Grid, template: int, rhymes: Bits, supply: Supply, enough: bool
) -> Bits:
    """The rhymes of which the model knows enough characters for the feet that it writes.

    Each foot another one; where no rhyme has so many (`enough` false), at least one.
    """
    lines = frame.rhyming(template)
    feet = sum(not grid[at][-1] for at in lines)
    fixed = {grid[at][-1] for at in lines} - {""}
    left = 0
    for bit, _ in enumerate(frame.rhymes):
        if rhymes >> bit & 1:
            taken = sum(chosen_at("rhyme", each, frame.rhymes) >> bit & 1 for each in fixed)
            spare = supply[bit] - taken if enough else min(supply[bit], 1) * feet
            left |= (spare >= feet) << bit
    return left


def _possible(frame: Layout, grid: Grid, at: int, template: int) -> list[Way]:
    """The ways of a line that fit what is fixed in it and in the other line of its couplet."""

    def fitting(line: int) -> list[Way]:
        ways = frame.ways[line]
        return [way for way in ways if way.template == template and _fits(way, grid[line])]

    opening = fitting(at - at % 2)
    closing = fitting(at - at % 2 + 1)
    answered = any(way.answers for way in closing)
    opening = [way for way in opening if answered or not way.owes]
    if at % 2 and opening and all(way.owes for way in opening):
        return [way for way in closing if way.answers]
    return closing if at % 2 else opening


def _fits(way: Way, line: Sequence[str]) -> bool:
    return all(not character or way.fits(place, character) for place, character in enumerate(line))


def _tone_obstacle(at: int, line: Sequence[str], ways: Sequence[Way], length: int) -> Obstacle:
    def misses(way: Way) -> list[int]:
        return [
            place
            for place, character in enumerate(line)
            if character and not way.fits(place, character)
        ]

    way = min(ways, key=lambda way: len(misses(way)))
    place = misses(way)[0]
    tail = length - 5
    level = way.pattern[place] == "平"
    rule: FaultName
    if place == length - 1:
        rule = "出韵" if way.type.isupper() else "失对"
    elif place % 2:
        alone = not any(line[other] for other in range(1, length - 1, 2) if other != place)
        rule = ("失对" if at % 2 else "失粘") if alone and at else "失替"
    elif way.type == "B" and place == tail:
        rule = "孤平"
    else:
        rule = "三平尾" if way.type == "A" else "三仄尾"
    tone, needed = ("oblique", "level") if level else ("level", "oblique")
    return Obstacle(
        at, place, rule, f"{line[place]} is {tone}, and place {place + 1} must be {needed} here"
    )


def with_words(
    start: Plan,
    words: Sequence[str],
    supply: Supply,
    wanted: Bits,
    source: random.Random,
    budget: Iterator[int] | None = None,
) -> Plan | None:
    """Place each word where the lines leave room and the rules allow it; None where nowhere.

    Which of the places is drawn. A word stands on the rhythm of the line: 2+2+1 or 2+2+3.
    """
    budget = budget or iter(range(_MOST_TRIES))
    missing = [word for word in words if not _stands(word, start.grid)]
    if not missing:
        return start
    word, rest = missing[0], missing[1:]
    length = start.layout.line_length
    free = [
        (line, place)
        for line in range(start.layout.line_count)
        for place in _rhythm(length, len(word))
    ]
    source.shuffle(free)
    # A line of its own for each word, as long as there are such.
    free.sort(key=lambda each: any(start.grid[each[0]]))
    for line, place in free:
        own = start.grid[line][place : place + len(word)]
        if any(there not in ("", each) for there, each in zip(own, word, strict=True)):
            continue
        row = (*start.grid[line][:place], *word, *start.grid[line][place + len(word) :])
        grid = (*start.grid[:line], row, *start.grid[line + 1 :])
        if next(budget, None) is None:
            return None
        placed = plan(start.layout, grid, supply, wanted)
        if isinstance(placed, Plan) and (
            found := with_words(placed, rest, supply, wanted, source, budget)
        ):
            return found
    return None


def _stands(word: str, grid: Grid) -> bool:
    return any(word in "".join(each or " " for each in line) for line in grid)


def _rhythm(line_length: int, length: int) -> list[int]:
    """The places where a word of some length can begin in a line."""
    last = line_length - length
    if length == 1:
        return list(range(line_length))
    return sorted({*range(0, last + 1, 2), last}) if last >= 0 else []
