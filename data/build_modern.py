# ruff: noqa: T201
"""Build data/modern.txt, the characters of the rhyme book by their readings of today:

    python data/build_modern.py

The readings are those of pypinyin. Of several, those count that are not rare: the first of its
list, and those that a character has in at least SHARE of its places in pypinyin's phrases. A
traditional character has no phrases: those of its simplified form count. A reading in the neutral
tone has no tone of its own and does not count, nor do the changed tones of 不 and 一 before others.
"""

import argparse
from collections import Counter, defaultdict
from pathlib import Path

import pypinyin
from pypinyin.phrases_dict import phrases_dict
from pypinyin.pinyin_dict import pinyin_dict
from pypinyin.style._utils import get_finals, get_initials

from studio.corpus.script import simplified
from studio.files import write_atomically
from studio.prosody.rhymes import rhyme_book

TARGET = Path(__file__).parent / "modern.txt"
SHARE = 0.03
WIDTH = 60
TONES = {"1": "平", "2": "平", "3": "上", "4": "去"}
# Tones that change before another character.
UNCHANGED = {"不": ["bù"], "一": ["yī"]}
HEADER = """\
# The characters of the rhyme book by their readings of today. Made by data/build_modern.py from
# pypinyin {version} (PyPI, MIT, (c) 2016 mozillazg). A line holds the tone (平 is the first and the
# second tone of today), the final, the source, and the characters. The final -i is that of zhi and
# zi. What pypinyin lists but hardly uses in its phrases is left out.
"""


def main() -> None:
    """Read pypinyin's lists and write the file."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for phrase, syllables in phrases_dict.items():
        for character, (syllable, *_) in zip(phrase, syllables, strict=False):
            seen[character][syllable] += 1
    lists: dict[tuple[str, str], list[str]] = defaultdict(list)
    for character in sorted(rhyme_book()):
        for key in dict.fromkeys(map(sound, readings(character, seen))):
            if key:
                lists[key].append(character)
    lines = [HEADER.format(version=pypinyin.__version__)]
    for (final, tone), characters in sorted(lists.items(), key=lambda each: each[0]):
        text = "".join(characters)
        lines += [
            f"{tone} {final} 今讀 {text[at : at + WIDTH]}" for at in range(0, len(text), WIDTH)
        ]
    write_atomically(TARGET, ("\n".join(lines) + "\n").encode())
    print(f"{TARGET.name}: {len({each for its in lists.values() for each in its}):,} characters")


def readings(character: str, seen: dict[str, Counter[str]]) -> list[str]:
    """The syllables that count, the first of pypinyin's list first."""
    if character in UNCHANGED:
        return UNCHANGED[character]
    listed = [each for each in pinyin_dict.get(ord(character), "").split(",") if sound(each)]
    counts = seen[character] or seen[simplified(character)]
    often = [each for each in listed if counts[each] >= SHARE * counts.total() > 0]
    return list(dict.fromkeys([*listed[:1], *often]))


def sound(syllable: str) -> tuple[str, str] | None:
    """The final and the tone of a syllable; None if it has no tone or no vowel."""
    from pypinyin.contrib.tone_convert import to_tone3

    numbered = to_tone3(syllable)
    if not numbered or numbered[-1] not in TONES:
        return None
    letters = numbered[:-1].replace("v", "ü")
    final = get_finals(letters, strict=True)
    if not final:
        return None
    whistling = get_initials(letters, strict=True) in ("zh", "ch", "sh", "r", "z", "c", "s")
    return ("-i" if final == "i" and whistling else final, TONES[numbered[-1]])


if __name__ == "__main__":
    main()
