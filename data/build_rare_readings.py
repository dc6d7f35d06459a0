# ruff: noqa: T201
"""Build data/rare_readings.txt, the readings that a character seldom has, from the library:

    tangshi-studio corpus fetch
    python data/build_rare_readings.py

The rhyme book gives 居 a reading in 支, and 更 a level one, which the poets use in 五更 and 三更.
Counted is how often the poems bear out each reading, in places where the character itself decides
nothing:

- Within a line, where the template fixes the tone and all other characters keep it: see
  data/build_rhyme_only.py. What that lists is left out, since it never counts there.
- As a rhyme, in poems of one level rhyme, in lines of five or seven, where all other feet have one
  level rhyme in common and the character has it too. Of how many: its level rhymes, and the places
  within a line that require it to be oblique.

A reading is rare where a binomial test at the level SURE says that less than RARE of the places
have it. Its words are the pairs with a neighbour in the line that have it OFTEN times, and twice as
often as other readings; of a rhyme, the pairs with the character before it.

Counted is a character in the script of the poem and, where that is another, in simplified script.
"""

import argparse
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from build_rhyme_only import OTHER, fixed_places, tones

from studio.cli.output import exit_codes
from studio.corpus.library import Library
from studio.corpus.manifest import published_corpus
from studio.corpus.poem import Poem, verse_lines
from studio.corpus.script import simplified
from studio.files import write_atomically
from studio.paths import Home
from studio.prosody.rhymes import RHYMES, rhyme_only
from studio.prosody.rhyming import feet, level_rhymes

TARGET = Path(__file__).parent / "rare_readings.txt"
SURE, RARE, OFTEN = 0.05, 1 / 8, 3
HEADER = """\
# Readings that a character seldom has. Made by data/build_rare_readings.py, which says how it
# counts, from all {poems:,} poems of {source} (npm). A line holds the character, the
# reading (平 or 仄 within a line, or the level rhyme at its end), how often it is met, of how many
# places, and the words that have it.
"""

# Character -> reading -> pairs with a neighbour; each use is counted under "" as well.
Uses = defaultdict[str, defaultdict[str, Counter[str]]]


def main() -> None:
    """Count, decide, write."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    inside, ending = uses(), uses()
    poems = 0
    with Library.open(Home.default().library) as library:
        for poem in library.poems():
            poems += 1
            for place in fixed_places(poem):
                character, before, after = place.character, place.before, place.after
                pairs = {before + character, character + after} - {character}
                inside[character][place.tone].update(["", *pairs])
            for pair, rhyme in rhyming(poem):
                ending[pair[-1]][rhyme].update(["", pair])
    lines = []
    for character in sorted({*inside, *ending}):
        if len(tones(character)) == 2 and character not in rhyme_only():
            lines += list(rare_of(character, inside[character], [*OTHER]))
        oblique = inside[character]["仄"][""] if "仄" in tones(character) else 0
        rhymes = sorted(level_rhymes(character), key=RHYMES["平"].index)
        if oblique or len(rhymes) > 1:
            lines += list(rare_of(character, ending[character], rhymes, oblique))
    header = HEADER.format(poems=poems, source=published_corpus().specifier)
    lines.sort(key=lambda line: -int(line.split(" ")[3]))
    write_atomically(TARGET, (header + "\n" + "\n".join(lines) + "\n").encode())
    print(f"{len(lines)} readings are rare")


def uses() -> Uses:
    """No uses yet."""
    return defaultdict(lambda: defaultdict(Counter))


def rare_of(
    character: str, counts: dict[str, Counter[str]], readings: list[str], elsewhere: int = 0
) -> Iterator[str]:
    """The lines of the list for a character, of whose places `elsewhere` have none of these."""
    total = elsewhere + sum(counts[each][""] for each in readings)
    for reading in readings:
        pairs = counts[reading]
        if not is_rare(pairs[""], total):
            continue
        words: dict[str, None] = {}
        for pair, count in pairs.most_common():
            others = sum(counts[each][pair] for each in readings if each != reading)
            if pair and count >= OFTEN and count >= 2 * others:
                forms = (pair, simplified(pair))
                words.update({form: None for form in forms if character in form})
        yield " ".join([character, reading, str(pairs[""]), str(total), *words])


def rhyming(poem: Poem) -> Iterator[tuple[str, str]]:
    """The feet of a poem with the characters before them, each with the rhyme it has here."""
    lines = verse_lines(poem.original)
    length = len(lines[0])
    if length not in (5, 7) or {len(line) for line in lines} != {length} or len(lines) % 2:
        return
    rhymes = [level_rhymes(end) for end in feet(lines)]
    pairs = zip(lines[1::2], verse_lines(poem.text)[1::2], strict=True)
    for at, (line, simple) in enumerate(pairs):
        others = rhymes[:at] + rhymes[at + 1 :]
        common = frozenset[str]().union(*others[:1]).intersection(*others)
        for form in {simple[-1]: simple, line[-1]: line}.values() if len(common) == 1 else ():
            if common <= level_rhymes(form[-1]):
                yield form[-2:], *common


def is_rare(met: int, count: int) -> bool:
    """Whether so few of so many are less than RARE, and hardly by chance."""
    exactly, total = (1 - RARE) ** count, 0.0
    for each in range(met + 1):
        total += exactly
        exactly *= (count - each) / (each + 1) * RARE / (1 - RARE)
    return total < SURE


if __name__ == "__main__":
    with exit_codes():
        main()
