# ruff: noqa: T201
"""Build data/rare_rhymes.txt, the rhymes that a character hardly ever has, from the library:

    tangshi-studio corpus fetch
    python data/build_rare_rhymes.py

The rhyme book gives 居 a reading in 支, and 台, which also stands for 臺. The poets rhyme them in
魚 and 灰. Counted are the feet of poems of one level rhyme, in lines of five or seven. A foot that
can have several level rhymes counts for the one that all other feet have in common. Where they
have several in common, or none, it does not count. So the foot itself decides nothing.

A rhyme is rare where a binomial test at the level SURE says that less than RARE of the character's
feet have it. Counted is a character in the script of the poem and, where that is another, in
simplified script.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from studio.corpus.library import Library
from studio.corpus.manifest import published_corpus
from studio.corpus.poem import Poem, verse_lines
from studio.paths import Home
from studio.prosody.rhyming import feet, level_rhymes

TARGET = Path(__file__).parent / "rare_rhymes.txt"
SURE, RARE = 0.05, 0.03
HEADER = """\
# Level rhymes that a character hardly ever has. Made by data/build_rare_rhymes.py, which says how
# it counts, from all {poems:,} poems of {source} (npm). A line holds the character, the
# rhyme, how many of its feet have that rhyme, and how many have one of its level rhymes.
"""


def main() -> None:
    """Count, decide, write."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    poems = 0
    with Library.open(Home.default().library) as library:
        for poem in library.poems():
            poems += 1
            for character, rhyme in rhyming(poem):
                counts[character][rhyme] += 1
    lines = []
    for character, its in sorted(counts.items(), key=lambda each: (-each[1].total(), each[0])):
        for rhyme in sorted(level_rhymes(character)):
            if is_rare(its[rhyme], its.total()):
                lines.append(f"{character} {rhyme} {its[rhyme]} {its.total()}")
    header = HEADER.format(poems=poems, source=published_corpus().specifier)
    TARGET.write_text(header + "\n" + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{len(lines)} rhymes are rare")


def rhyming(poem: Poem) -> Iterator[tuple[str, str]]:
    """The feet of a poem that have several level rhymes, each with the one it has here."""
    lines = verse_lines(poem.original)
    length = len(lines[0])
    if length not in (5, 7) or {len(line) for line in lines} != {length} or len(lines) % 2:
        return
    ends, folded = feet(lines), feet(verse_lines(poem.text))
    rhymes = [level_rhymes(end) for end in ends]
    for at, pair in enumerate(zip(ends, folded, strict=True)):
        others = rhymes[:at] + rhymes[at + 1 :]
        common = frozenset[str]().union(*others[:1]).intersection(*others)
        for form in set(pair) if len(common) == 1 else ():
            own = level_rhymes(form)
            if len(own) > 1 and common <= own:
                yield form, *common


def is_rare(met: int, count: int) -> bool:
    """Whether so few of so many are less than RARE, and hardly by chance."""
    exactly, total = (1 - RARE) ** count, 0.0
    for each in range(met + 1):
        total += exactly
        exactly *= (count - each) / (each + 1) * RARE / (1 - RARE)
    return total < SURE


if __name__ == "__main__":
    main()
