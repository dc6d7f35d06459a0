# ruff: noqa: T201
"""Build data/reading_shares.txt, how often a character has each of its readings, from the library:

    tangshi-studio corpus fetch
    python data/build_reading_shares.py

Counted is what the poems bear out, in places where the character itself decides nothing:

- Its tone within a line, where the template fixes it: see data/build_rhyme_only.py.
- Its rhyme at the end of a couplet, in lines of one length: a reading counts if it is the only one
  that the ends of the couplets nearest to it have in common, and the character has it too.

The share of a reading is that of its tone (level or oblique) in all these places, times that of its
rhyme among the rhymes of this tone. To each of both counts of a reading PRIOR is added, so that a
few places leave the shares about even. A character with fewer than LEAST places is left out.

The words of a reading that is not the most frequent of its tone are the pairs with the character
before it that have this rhyme OFTEN times, and twice as often as the other rhymes of the tone.

Counted is a character in the script of the poem and, where that is another, in simplified script.
"""

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from build_rhyme_only import fixed_places

from studio.cli.output import exit_codes
from studio.corpus.library import Library
from studio.corpus.manifest import published_corpus
from studio.corpus.poem import Poem, verse_lines
from studio.corpus.script import simplified
from studio.files import write_atomically
from studio.paths import Home
from studio.prosody.rhymes import Reading, readings, rhyme_book
from studio.prosody.rhyming import feet

TARGET = Path(__file__).parent / "reading_shares.txt"
PRIOR, LEAST, OFTEN, NEAR = 1, 10, 3, 2
HEADER = """\
# How often a character has each of its readings. Made by data/build_reading_shares.py, which says
# how it counts, from all {poems:,} poems of {source} (npm). A line holds the character, the
# reading, its share in per cent, and words of two characters that end with it.
"""

# Reading -> pairs with the character before; each use is counted under "" as well.
Uses = defaultdict[Reading, Counter[str]]


def main() -> None:
    """Count and write."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    tones = Counter[tuple[str, bool]]()
    rhymes: defaultdict[str, Uses] = defaultdict(lambda: defaultdict(Counter))
    poems = 0
    with Library.open(Home.default().library) as library:
        for poem in library.poems():
            poems += 1
            tones.update((each.character, each.tone == "平") for each in fixed_places(poem))
            for pair, reading in rhyming(poem):
                rhymes[pair[-1]][reading].update(["", pair])
    lines = []
    for character in sorted(rhyme_book()):
        within = {level: tones[character, level] for level in (True, False)}
        lines += shares(character, within, rhymes[character])
    header = HEADER.format(poems=poems, source=published_corpus().specifier)
    write_atomically(TARGET, (header + "\n" + "\n".join(lines) + "\n").encode())
    print(f"{len(lines)} readings of {len({line[0] for line in lines})} characters")


def shares(
    character: str, within: dict[bool, int], rhymes: dict[Reading, Counter[str]]
) -> list[str]:
    """The lines of the list for a character; none if it has one reading, or few places.

    `within` are its places within lines that require it to be level (True) or oblique.
    """
    its = readings(character)
    ends = {each: rhymes[each][""] if each in rhymes else 0 for each in its}
    if len(its) < 2 or sum(within.values()) + sum(ends.values()) < LEAST:
        return []
    by_tone = {
        level: [each for each in its if each.level == level]
        for level in (True, False)
        if any(each.level == level for each in its)
    }
    places = {
        level: PRIOR + within[level] + sum(ends[each] for each in alike)
        for level, alike in by_tone.items()
    }
    lines = []
    for level, alike in by_tone.items():
        ending = sum(ends[each] + PRIOR for each in alike)
        usual = max(alike, key=ends.__getitem__)
        for each in alike:
            tone = places[level] / sum(places.values())
            share = tone * (ends[each] + PRIOR) / ending
            others = [rhymes[other] for other in alike if other != each and other in rhymes]
            words = (
                words_of(character, rhymes[each], others) if each != usual and ends[each] else ()
            )
            lines.append(" ".join([character, "".join(each), f"{share:.1%}"[:-1], *words]))
    return lines


def words_of(character: str, pairs: Counter[str], others: list[Counter[str]]) -> Iterator[str]:
    """The pairs that have a rhyme often, and twice as often as others; simplified as well."""
    words: dict[str, None] = {}
    for pair, count in pairs.most_common():
        if pair and count >= OFTEN and count >= 2 * sum(other[pair] for other in others):
            forms = (pair, simplified(pair))
            words.update({form: None for form in forms if form[-1] == character})
    return iter(words)


def rhyming(poem: Poem) -> Iterator[tuple[str, Reading]]:
    """The ends of couplets with the characters before them, each with the reading it has here."""
    lines = verse_lines(poem.original)
    length = len(lines[0])
    if length not in (5, 7) or {len(line) for line in lines} != {length} or len(lines) % 2:
        return
    ends = [frozenset(readings(end)) for end in feet(lines)]
    pairs = zip(lines[1::2], verse_lines(poem.text)[1::2], strict=True)
    for at, (line, simple) in enumerate(pairs):
        others = ends[max(0, at - NEAR) : at] + ends[at + 1 : at + 1 + NEAR]
        common = frozenset[Reading]().union(*others[:1]).intersection(*others)
        for form in {simple[-1]: simple, line[-1]: line}.values() if len(common) == 1 else ():
            if common <= frozenset(readings(form[-1])):
                yield form[-2:], *common


if __name__ == "__main__":
    with exit_codes():
        main()
