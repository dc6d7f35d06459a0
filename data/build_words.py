# ruff: noqa: T201
"""Build data/words.txt, common words of two characters, from the library of poems:

    tangshi-studio corpus fetch
    python data/build_words.py

Counted are the pairs at the head of the lines of five and of seven in the training split, two by
two up to the last three characters, where a word begins and ends with the pair (2+2+1, 2+2+3). A
word is a pair that comes ten times, and at least e times as often as its two characters would
side by side by chance. The commonest are written down, and the traditional forms that they have in
the original texts: figures of the corpus, not its text.
"""

import argparse
import math
from collections import Counter
from pathlib import Path

from studio.cli.output import exit_codes
from studio.corpus.library import Library
from studio.corpus.poem import verse_lines
from studio.files import write_atomically
from studio.paths import Home

TARGET = Path(__file__).parent / "words.txt"
WORDS, LEAST, LINE = 3000, 10, 30
HEADER = """\
# Common words of two characters in the verse of the Tang, the commonest first, each followed by its
# traditional forms. Made by data/build_words.py from the training split of the library.
"""


def main() -> None:
    """Count, choose, write."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    characters, pairs = Counter[str](), Counter[str]()
    forms: dict[str, Counter[str]] = {}
    with Library.open(Home.default().library) as library:
        poems = [poem for poem in library.poems() if poem.split == "train"]
    for poem in poems:
        for line, original in zip(verse_lines(poem.text), verse_lines(poem.original), strict=True):
            if len(line) not in (5, 7):
                continue
            characters.update(line)
            for at in range(0, len(line) - 3, 2):
                pair = line[at : at + 2]
                pairs[pair] += 1
                forms.setdefault(pair, Counter())[original[at : at + 2]] += 1

    def is_word(pair: str) -> bool:
        expected = characters[pair[0]] * characters[pair[1]] / characters.total() ** 2
        return math.log(pairs[pair] / pairs.total() / expected) > 1

    common = [pair for pair, count in pairs.most_common() if count >= LEAST and is_word(pair)]
    written = []
    for word in common[:WORDS]:
        others = [form for form, count in forms[word].most_common() if count >= LEAST]
        written += [word, *(form for form in others if form != word)]
    written = list(dict.fromkeys(written))
    lines = (" ".join(written[at : at + LINE]) for at in range(0, len(written), LINE))
    write_atomically(TARGET, (HEADER + "\n".join(lines) + "\n").encode())
    print(f"{len(common[:WORDS])} words in {len(written)} forms")


if __name__ == "__main__":
    with exit_codes():
        main()
