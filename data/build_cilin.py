# ruff: noqa: T201
"""Build data/cilin_splits.txt, the characters of the split rhymes of 词林正韵. Run by hand:

    npm pack tshet-uinh@0.15.4
    python data/build_cilin.py tshet-uinh-0.15.4.tgz

词林正韵 groups the rhymes of the older books, and 平水韵 has merged some that it keeps apart. So
nine of the 106 are split, and the Guangyun says which character belongs where: 灰 with 咍, 元 with
魂 and 痕 by their rhyme, 泰 by the mouth (closed and labial syllables go with 灰), 佳 and 卦
likewise (closed syllables go with 麻, as 话 of the rhyme 夬 does, and 佳 itself). A character that
the Guangyun does not have in that rhyme goes where another form of it does, or where its final of
today shows (data/modern.txt). One that has both places stays where its rhyme is.
"""

import argparse
import runpy
from collections import defaultdict
from pathlib import Path

from studio import paths
from studio.cli.output import exit_codes
from studio.corpus.script import variants
from studio.files import write_atomically
from studio.prosody.rhymes import Reading, read_lists, rhyme_book

TARGET = Path(__file__).parent / "cilin_splits.txt"
RHYMES = runpy.run_path(str(Path(__file__).parent / "build_rhymes.py"))
WIDTH = 60
# The split rhyme, the group that its second part goes to, the rhymes of the Guangyun in that part
# (with the mouth: 0 labial, 1 open, 2 closed), and the finals of today that show it.
SPLITS = {
    Reading("平", "灰"): ("第五部", {"咍": "012"}, "ai uai"),
    Reading("上", "賄"): ("第五部", {"海": "012"}, "ai uai"),
    Reading("去", "隊"): ("第五部", {"代": "012"}, "ai uai"),
    Reading("去", "泰"): ("第五部", {"泰": "1"}, "ai"),
    Reading("平", "元"): ("第六部", {"魂": "012", "痕": "012"}, "en uen in"),
    Reading("上", "阮"): ("第六部", {"混": "012", "很": "012"}, "en uen in"),
    Reading("去", "願"): ("第六部", {"慁": "012", "恨": "012"}, "en uen in"),
    Reading("平", "佳"): ("第十部", {"佳": "2"}, "a ia ua uo"),
    Reading("去", "卦"): ("第十部", {"卦": "2"}, "a ia ua uo"),
}
# What the mouth does not show: 佳 and its like are open, 话 is of another rhyme.
ALSO = {Reading("平", "佳"): "佳娃哇洼涯", Reading("去", "卦"): "話话"}
HEADER = """\
# The characters of the split rhymes of 词林正韵 that leave the group of their rhyme. Made by
# data/build_cilin.py from the Guangyun in tshet-uinh 0.15.4 (npm, MIT, (c) 2024 Project NK2028).
# A line holds the tone, the rhyme of the 106, the group that they belong to, and the characters.
"""
RHYMES_OF = {("去", "泰"): "泰"} | {
    (tone, old): group[0]
    for tone, groups in RHYMES["GUANGYUN"].items()
    for group in groups.split()
    for old in group
}


def main() -> None:
    """Decide for each character of a split rhyme and write those of the second parts."""
    parser = argparse.ArgumentParser(description="Build data/cilin_splits.txt.")
    parser.add_argument("guangyun", type=Path, help="npm package tshet-uinh, .tgz")
    places = guangyun(RHYMES["member"](parser.parse_args().guangyun, "index.js"))
    finals = defaultdict(set)
    for _, (_, final, _, characters) in read_lists(paths.data() / "modern.txt"):
        for each in characters:
            finals[each].add(final)
    lines = [HEADER]
    for reading, (group, parts, modern) in SPLITS.items():
        chosen = []

        def places_in(form: str, reading: Reading = reading) -> list[tuple[str, str]]:
            known = places[reading.tone][form]
            return [each for each in known if RHYMES_OF[reading.tone, each[0]] == reading.rhyme]

        for character in (each for each, its in rhyme_book().items() if reading in its):
            own = next(filter(None, map(places_in, (character, *variants(character)))), [])
            if character in ALSO.get(reading, ""):
                second = True
            elif own:
                second = all(mouth in parts.get(rhyme, "") for rhyme, mouth in own)
            else:
                second = not finals[character].isdisjoint(modern.split())
            if second:
                chosen.append(character)
        text = "".join(chosen)
        lines += [
            f"{reading.tone} {reading.rhyme} {group} {text[at : at + WIDTH]}"
            for at in range(0, len(text), WIDTH)
        ]
        print(reading, group, len(text))
    write_atomically(TARGET, ("\n".join(lines) + "\n").encode())


def guangyun(text: str) -> dict[str, dict[str, list[tuple[str, str]]]]:
    """Tone -> character -> its rhymes of the Guangyun, each with the mouth: 0, 1 or 2.

    The format is that of data/build_rhymes.py. The third sign of a sound has the mouth in its
    highest two bits.
    """
    found: dict[str, dict[str, list[tuple[str, str]]]] = {
        tone: defaultdict(list) for tone in RHYMES["TONES"]
    }
    start = text.index("\n#東\n")
    rhyme = ""
    for line in text[start : text.index("`", start)].splitlines():
        if line.startswith("#"):
            rhyme = line[1:]
        elif line:
            sounds, entries = RHYMES["_match"](r"((?:[A-Za-z0-9$_@]{3}..)+)(.*)", line)
            for entry in entries.split("|"):
                which = ord(entry[1]) - ord("a") if entry[1:2].islower() else 0
                sign = sounds[5 * which + 2]
                if sign != "@":
                    value = RHYMES["SIGNS"].index(sign)
                    tone = RHYMES["TONES"][value & 3]
                    if (tone, rhyme) in RHYMES_OF:
                        found[tone][entry[0]].append((rhyme, str(value >> 4)))
    return found


if __name__ == "__main__":
    with exit_codes():
        main()
