# ruff: noqa: T201
"""Build data/rhyme_only.txt, the readings that occur as rhymes only, from the library of poems:

    tangshi-studio corpus fetch
    python data/build_rhyme_only.py

The rhyme book gives 不 a level reading, but the poets use it in rhymes only. Counted here are the
characters that have readings of both tones, in places where the template fixes the tone. What is
counted has no part in what decides that:

- A place is fixed where all patterns of its type of line agree on it, rescued and tolerated ones
  included. Left out are the rhymes, and the first line, which need not rhyme.
- A character is counted in a poem where all others in fixed places can have the tone of the
  template, and all rhyming lines one level rhyme. Whether it fits itself does not matter.

A tone is ruled out where two binomial tests at the level SURE say so. Slips explain how often it is
met: characters of a single tone are met as often where the other is required. And it is rarer than
RARE, which takes about a hundred places where it is never met.

Counted is a character in the script of the poem and, where that is another, in simplified script.
The rhyme book alone gives the readings here: what an earlier file ruled out changes nothing.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from studio.cli.output import exit_codes
from studio.corpus.library import Library
from studio.corpus.manifest import published_corpus
from studio.corpus.poem import Poem, verse_lines
from studio.files import write_atomically
from studio.paths import Home
from studio.prosody.forms import line_types, templates
from studio.prosody.rhymes import readings, rhyme_book
from studio.prosody.rhyming import feet, in_rhyme, rhyme_groups, rhyme_of

TARGET = Path(__file__).parent / "rhyme_only.txt"
SURE, RARE = 0.05, 0.03
HEADER = """\
# Readings that occur as rhymes only. Made by data/build_rhyme_only.py, which says how it counts,
# from all {poems:,} poems of {source} (npm), of which {counted:,} keep a template throughout
# or with one slip. A line holds the character, the tone that it has in rhymes only, in how many
# places the template requires that tone and in how many the other, the share of the former, and
# how often the character rhymes in that tone; with 0 the reading stands in the rhyme book alone.
# Of the places of characters that are always oblique {level:.2%} require level, of those that are
# always level {oblique:.2%} require oblique: these are slips, and what exceeds them is not listed.
"""
OTHER = {"平": "仄", "仄": "平"}

# Characters with a tone: how often each stands where that tone is required, or rhymes in it.
Counts = Counter[tuple[str, str]]


class Place(NamedTuple):
    """A character in a place whose tone the template fixes, between its neighbours in the line."""

    character: str
    tone: str
    before: str
    after: str


def main() -> None:
    """Count, decide, write."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    places, rhymes = Counts(), Counts()
    poems = counted = 0
    with Library.open(Home.default().library) as library:
        for poem in library.poems():
            fixed = list(fixed_places(poem))
            places.update((each.character, each.tone) for each in fixed)
            rhymes.update(rhyming(poem))
            poems += 1
            counted += bool(fixed)
    slips = {tone: slip_rate(places, tone) for tone in OTHER}
    lines = []
    for tone, other in OTHER.items():
        for character in sorted(rhyme_book(), key=lambda each: (-places[each, other], each)):
            here, there = places[character, tone], places[character, other]
            if len(tones(character)) == 2 and ruled_out(here, here + there, slips[tone]):
                share = here / (here + there)
                times = rhymes[character, tone]
                lines.append(f"{character} {tone} {here} {there} {share:.1%} {times}")
    header = HEADER.format(
        poems=poems,
        source=published_corpus().specifier,
        counted=counted,
        level=slips["平"],
        oblique=slips["仄"],
    )
    write_atomically(TARGET, (header + "\n" + "\n".join(lines) + "\n").encode())
    print(f"{len(lines)} readings occur as rhymes only")


def fixed_places(poem: Poem) -> Iterator[Place]:
    """The characters of a poem that can be counted, each with the tone that its place requires."""
    lines = verse_lines(poem.original)
    length = len(lines[0])
    if length not in (5, 7) or {len(line) for line in lines} != {length} or len(lines) % 2:
        return
    rhyme = rhyme_of(lines)
    if not rhyme or not all(in_rhyme(foot, rhyme) for foot in feet(lines)):
        return
    # Of the four templates each two differ in the first line alone.
    for template in templates(length, len(lines))[::2]:
        found = [
            (place_in(line, at, tone), place_in(simple, at, tone))
            for line, simple, type_ in zip(
                lines[1:], verse_lines(poem.text)[1:], template.types[1:], strict=True
            )
            for at, tone in enumerate(required(type_, length))
            if tone
        ]
        slips = [each for each in found if each[0].tone not in tones(each[0].character)]
        if len(slips) <= 1:
            for place, folded in slips or found:
                yield place
                if folded.character != place.character:
                    yield folded


def place_in(line: str, at: int, tone: str) -> Place:
    """The place of a character in a line that requires this tone there."""
    return Place(line[at], tone, line[:at][-1:], line[at + 1 :][:1])


def rhyming(poem: Poem) -> Iterator[tuple[str, str]]:
    """The characters that rhyme with at least one other, in any style, each with its tone."""
    lines = verse_lines(poem.original)
    for rhyme, places in rhyme_groups(lines):
        for at in places if len(places) > 1 else ():
            tone = "平" if rhyme[0] == "平" else "仄"
            forms = {lines[at][-1], verse_lines(poem.text)[at][-1]}
            yield from ((form, tone) for form in forms)


@cache
def required(type_: str, length: int) -> tuple[str, ...]:
    """The tone of each place on which all patterns of a type of line agree, "" elsewhere."""
    line = line_types()[type_]
    patterns = line.tang_patterns(length) + line.answered_patterns(length)
    agreed = [each[0] if len(set(each)) == 1 else "" for each in zip(*patterns, strict=True)]
    if type_.isupper():
        agreed[-1] = ""
    return tuple("" if tone == "中" else tone for tone in agreed)


@cache
def tones(character: str) -> frozenset[str]:
    """The tones of a character in the rhyme book; both where it is unknown."""
    its = readings(character)
    return frozenset("平" if each.level else "仄" for each in its) or frozenset(OTHER)


def slip_rate(places: Counts, tone: str) -> float:
    """How often a place requires this tone, of all places of characters that have the other."""
    always = [each for each in rhyme_book() if tones(each) == {OTHER[tone]}]
    slipped = sum(places[each, tone] for each in always)
    return slipped / (slipped + sum(places[each, OTHER[tone]] for each in always))


def ruled_out(met: int, count: int, slips: float) -> bool:
    """Whether a tone that is met in some of so many places is a slip there."""
    explained = 1 - at_most(met - 1, count, slips) >= SURE
    return explained and at_most(met, count, RARE) < SURE


def at_most(met: int, count: int, rate: float) -> float:
    """The chance of at most `met` of so many, each at this rate."""
    exactly, total = (1 - rate) ** count, 0.0
    for each in range(met + 1):
        total += exactly
        exactly *= (count - each) / (each + 1) * rate / (1 - rate)
    return total


if __name__ == "__main__":
    with exit_codes():
        main()
