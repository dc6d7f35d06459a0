# ruff: noqa: T201
"""Build data/variants.txt, the variants that are folded into one form, from its sources:

    apt-get download unicode-data && dpkg -x unicode-data_*.deb unicode-data
    tangshi-studio corpus fetch
    python data/build_variants.py unicode-data/usr/share/unicode

Conversion to simplified characters leaves apart what is one word in two forms (疎 疏). A character
of the library is folded where all of this holds:

- Neither it nor its simplified form is in the standard list of 8,105 characters (通用规范汉字表,
  kTGH in Unihan). What that list has twice is taken for two words (迺 乃).
- Unihan (kSemanticVariant, kZVariant) or OpenCC (hk2t, tw2t, jp2t), or the list SCRIBAL of
  build_rhymes.py, leads to a form that is in the list, or leads there in two steps.
- The two forms share a reading in Mandarin, and the readings of one in the rhyme book are among
  those of the other: a fold changes no tone and no rhyme.
- It is not in DIFFERENT. Every pair was read by hand, beside the verse. Of several forms the one
  that is more frequent in the library is taken, if NAMED has none.

NAMED adds what the sources lack. The simplified form of a variant is listed beside it (頴 颕).
"""

import argparse
import bz2
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from build_rhymes import SCRIBAL, converted, inverse, read_unihan

from studio.cli.output import exit_codes
from studio.corpus.library import Library
from studio.corpus.poem import is_common, is_han
from studio.corpus.script import fully_simplified
from studio.files import write_atomically
from studio.paths import Home
from studio.prosody.rhymes import readings

TARGET = Path(__file__).parent / "variants.txt"
HEADER = """\
# Variants that are folded into one form: the standard form, traditional where it has one, and then
# its variants. Made by data/build_variants.py, which says how they are chosen, for the characters
# of quantangshi. Sources: Unihan of Unicode 15.0 (Unicode License, (c) Unicode, Inc.; a selection,
# changed in form) and OpenCC 1.4.2 (Apache-2.0); every pair was read by hand.
"""

# Pairs of the sources that are two words in verse, or where the source means another word.
DIFFERENT = (
    "鶒敕 菑灾 菑災 菑甾 㝵碍 氜阳 蝃螮 箠捶 愬訴 朣瞳 搘支 炁氣 殽淆 箾簫 卍萬 卍万 "
    "嚵饞 妳奶 槀稿 蟺蟮 駪侁 駪詵 麰牟 㝵礙 埶藝 氜陽 煠炸 螆蚝 衤衣 栛荔 餧餒 汚洿 "
    "胷匈 簨栒 蹻蹺 楥楦 陻堙 鞙琄 豝羓 諕唬 稬糯 蜑蛋 尰腫 𤧚璁 紬綢 鰌魷 聼聽 哶咩 "
    "跥跺"
)
# The form of a variant where the sources have none, or several.
NAMED = (
    "嬾懶 桮杯 鑪爐 褭裊 秪祗 歛斂 顇悴 羇羈 壠壟 毬球 蹔暫 藂叢 牓榜 懃勤 慇殷 悮誤 "
    "虵蛇 蔕蒂 搆構 姪侄 嵒巖 瓌瑰 皐皋 颕穎 劚斸 飚飆 啣銜 塼磚 鄽廛 阯址 崐崑 "
    "勦剿 忩匆 猒厭 剏創 絏紲 旍旌 蠒繭 藳稿 磎溪 璚瓊 淛浙 柟楠 儛舞 塠堆 蝱虻 鷰燕 "
    "熳漫 躭耽 狥徇 卭邛 湏須 燄焰 椶棕 讐讎 燿耀 姉姊 阬坑 繖傘 攷考 瓟匏 覻覷 袴褲 "
    "廻迴 竝並 盌碗 駈驅 徃往 勑敕"
)


def main() -> None:
    """Read the sources, choose, write, count."""
    parser = argparse.ArgumentParser(description="Build data/variants.txt from its sources.")
    parser.add_argument("unihan", type=Path, help="folder with Unihan_*.txt.bz2")
    folder = parser.parse_args().unihan
    with Library.open(Home.default().library) as library:
        poems = list(library.poems())
    counts = Counter("".join(poem.original for poem in poems))
    found = variants(counts, folder)
    families: dict[str, list[str]] = defaultdict(list)
    for variant, form in found.items():
        own = fully_simplified(variant)
        if own not in (variant, fully_simplified(form)) and is_common(own):
            families[form].append(own)
        families[form].append(variant)
    lines = [f"{form} {''.join(sorted(set(families[form])))}" for form in sorted(families)]
    write_atomically(TARGET, ("\n".join([HEADER, *lines]) + "\n").encode())
    training = Counter("".join(poem.original for poem in poems if poem.split == "train"))
    folded = sum(training[each] for each in found)
    print(
        f"{TARGET.name}: {len(found):,} variants of {len(families):,} forms. They are {folded:,} "
        f"of {training.total():,} tokens of the training split, stops included."
    )


def variants(counts: Counter[str], unihan: Path) -> dict[str, str]:
    """Each variant among the counted characters, and its standard form."""
    standard = set(fields(unihan / "Unihan_OtherMappings.txt.bz2", "kTGH"))
    sounds = pinyin(unihan / "Unihan_Readings.txt.bz2")
    leads = authorities(unihan / "Unihan_Variants.txt.bz2", counts)
    different = set(DIFFERENT.split())
    named = {pair[0]: pair[1] for pair in NAMED.split()}

    def is_standard(character: str) -> bool:
        return fully_simplified(character) in standard

    def is_same(variant: str, form: str) -> bool:
        own, its = set(readings(variant)), set(readings(form))
        same_readings = own <= its or its <= own
        return bool(sounds[variant] & sounds[form]) and same_readings

    found: dict[str, str] = {}
    for each in filter(is_han, counts):
        if each in named:
            found[each] = named[each]
            continue
        if each in standard or is_standard(each):
            continue
        near = leads.get(each, set())
        far = {form for step in near if not is_standard(step) for form in leads.get(step, ())}
        for forms in (near, far):
            choices = [
                form
                for form in forms
                if is_standard(form)
                and is_common(form)
                and each + form not in different
                and is_same(each, form)
            ]
            if choices:
                # A traditional form before the simplified one, which another word may share.
                found[each] = max(choices, key=lambda form: (counts[form], form))
                break
    return found


def authorities(file: Path, characters: Iterable[str]) -> dict[str, set[str]]:
    """The forms that the sources give for each character, in either direction."""
    leads: dict[str, set[str]] = defaultdict(set)
    unihan = read_unihan(file)
    for name in ("kSemanticVariant", "kZVariant"):
        for table in (unihan[name], inverse(unihan[name])):
            for each, forms in table.items():
                leads[each].update(forms)
    for pair in SCRIBAL.split():
        leads[pair[0]].add(pair[1])
    for each in characters:
        leads[each].update({converted(name, each) for name in ("hk2t", "tw2t", "jp2t")} - {each})
    return leads


def pinyin(file: Path) -> dict[str, set[str]]:
    """The readings in Mandarin of each character."""
    sounds: dict[str, set[str]] = defaultdict(set)
    for name in ("kMandarin", "kHanyuPinyin", "kXHC1983"):
        for each, value in fields(file, name).items():
            sounds[each].update(part.split(":")[-1] for part in re.split("[ ,]", value))
    return sounds


def fields(file: Path, name: str) -> dict[str, str]:
    """The values of a field of Unihan by character."""
    rows = (line.split("\t") for line in bz2.decompress(file.read_bytes()).decode().splitlines())
    return {
        chr(int(row[0].removeprefix("U+"), 16)): row[2]
        for row in rows
        if len(row) == 3 and row[1] == name
    }


if __name__ == "__main__":
    with exit_codes():
        main()
