"""The modern pronunciation of a poem, in pinyin. Imports pypinyin only when it is needed."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import groupby

from studio.corpus.poem import is_han
from studio.prosody.rhymes import Reading, RhymeBook

# The tone marks of pinyin as combining characters, and the tones that became of the old ones.
_MARKS = {"\u0304": 1, "\u0301": 2, "\u030c": 3, "\u0300": 4}
_TODAY = {"平": (1, 2), "上": (3, 4), "去": (3, 4), "入": (1, 2, 3, 4)}
_INITIAL = re.compile("[bcdfghjklmnpqrstwxyz]*")
# How likely a sound is to have come from a reading whose other characters sound otherwise.
_IRREGULAR = 0.02
# A reading of today that fewer of the phrases with its character have is not in use.
_IN_USE = 0.03
# Readings in verse, outside the phrases that pypinyin knows. Its first reading is that of another
# word: jǐn is 儘, not 盡, and dōu is not the reading in 皇都.
_IN_VERSE = {
    "尽": "jìn",
    "塞": "sài",
    "阙": "què",
    "颇": "pō",
    "鹄": "hú",
    "都": "dū",
    "着": "zhuó",
}


def in_pinyin(text: str) -> tuple[str, ...]:
    """The modern reading of each character with its tone mark, chosen by the words around it.

    Empty for anything but a Chinese character. Modern readings may not show the old rhymes, but
    verse has no neutral tone: 子 is zǐ in 天子.
    """
    from pypinyin import Style, lazy_pinyin

    found: list[str] = []
    for han, characters in groupby(text, is_han):
        run = "".join(characters)
        syllables = lazy_pinyin(run, style=Style.TONE) if han else [""] * len(run)
        found += [_of_verse(run, at, each) for at, each in enumerate(syllables)]
    return tuple(found)


def _of_verse(run: str, at: int, syllable: str) -> str:
    """The reading of a character in verse, which may differ from pypinyin's."""
    from pypinyin.phrases_dict import phrases_dict
    from pypinyin.pinyin_dict import pinyin_dict

    character = run[at]
    pairs = run[max(0, at - 1) : at + 1], run[at : at + 2]
    own = _IN_VERSE.get(character)
    if own and not any(pair in phrases_dict for pair in pairs):
        return own
    if not syllable or _sound(syllable)[1]:
        return syllable
    toned = (each for each in pinyin_dict.get(ord(character), "").split(",") if _sound(each)[1])
    return next(toned, syllable)


def as_read(
    character: str, taken: Sequence[Reading], usual: str, book: RhymeBook, before: str = ""
) -> str:
    """The modern reading that came from one of those taken of a character; "" if none did.

    `usual` is its modern reading otherwise, which is kept if it came from one of them. Of several
    readings the one counts that the word with the character `before` has, if one is known; else
    those that are not much rarer than the most frequent: 行 is xíng, but háng in 雁行.
    """
    if usual == _IN_VERSE.get(character) and any(
        _likeness(usual, each, book) > _IRREGULAR for each in taken
    ):
        return usual
    its = book.shares().get(character, {})
    counted = [each for each in taken if each in its and before + character in its[each].words]
    if not counted:
        shares = {each: book.share(character, each) for each in taken}
        most = max(shares.values(), default=0.0)
        counted = [each for each, share in shares.items() if share >= most / 2]
    could_be = any(_sound(usual)[1] in _TODAY[each.tone] for each in counted)
    # It may rather have come from another reading: xíng is not from 陽.
    others = [each for each in book.readings(character) if each not in counted]
    if could_be and _weight(character, usual, counted, book) >= _weight(
        character, usual, others, book
    ):
        return usual
    scores = {
        each: max(_likeness(each, old, book) for old in counted) / number
        for number, each in enumerate(_readings_of_today(character), start=1)
        if each != usual
    }
    best = max(scores, key=scores.__getitem__, default="")
    if best and scores[best] > _IRREGULAR:
        return best
    return usual if could_be else ""


def _weight(character: str, today: str, olds: Sequence[Reading], book: RhymeBook) -> float:
    """How likely a sound of a character is to have come from one of some readings."""
    return max(
        (book.share(character, each) * _likeness(today, each, book) for each in olds), default=0.0
    )


def _likeness(today: str, old: Reading, book: RhymeBook) -> float:
    """The share of the characters of an old reading that sound so today; 0 in another tone."""
    final, tone = _sound(today)
    sounds = _sounds_of_today(book).get(old, Counter[tuple[str, int]]())
    if tone not in _TODAY[old.tone]:
        return 0.0
    # The entering tone has become any of the four, in no order.
    tones = range(1, 5) if old.tone == "入" else (tone,)
    return max(_IRREGULAR, sum(sounds[final, each] for each in tones) / max(1, sounds.total()))


@cache
def _sounds_of_today(book: RhymeBook) -> dict[Reading, Counter[tuple[str, int]]]:
    """How the characters are read today that have a single reading, both then and today."""
    from pypinyin.pinyin_dict import pinyin_dict

    found: dict[Reading, Counter[tuple[str, int]]] = {}
    for character, its in book.entries().items():
        today = pinyin_dict.get(ord(character), "") if len(its) == 1 else ""
        if today and "," not in today:
            found.setdefault(its[0], Counter())[_sound(today)] += 1
    return found


def _readings_of_today(character: str) -> list[str]:
    """The readings in use that pypinyin lists, the most frequent first."""
    from pypinyin.pinyin_dict import pinyin_dict

    first, *others = pinyin_dict.get(ord(character), "").split(",")
    counts = _in_phrases().get(character, Counter[str]())
    often = [each for each in others if counts[each] >= _IN_USE * counts.total() > 0]
    return [each for each in (first, *often) if each]


@cache
def _in_phrases() -> dict[str, Counter[str]]:
    """How often each character has each reading in the phrases of pypinyin."""
    from pypinyin.phrases_dict import phrases_dict

    found: dict[str, Counter[str]] = {}
    for phrase, syllables in phrases_dict.items():
        for character, (syllable, *_) in zip(phrase, syllables, strict=False):
            found.setdefault(character, Counter())[syllable] += 1
    return found


@cache
def _sound(syllable: str) -> tuple[str, int]:
    """The final and the tone of a syllable; the tone is 0 if it has none."""
    spread = unicodedata.normalize("NFD", syllable)
    tone = next((_MARKS[each] for each in spread if each in _MARKS), 0)
    letters = "".join(each for each in spread if each not in _MARKS)
    return _INITIAL.sub("", letters, count=1), tone
