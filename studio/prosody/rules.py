"""The rules that a poem is measured by, as far as people choose them."""

from typing import NamedTuple

from studio.prosody.rhymes import PINGSHUI, RhymeBook

# Stands for a character that is not written yet. No rule speaks of it.
BLANK = "□"
# The same, as wide as a character.
WIDE_BLANK = f"{BLANK} "
# What people write for it.
_BLANK_SIGNS = str.maketrans(dict.fromkeys("_＿*＊○◯●■▢◻☐⬜", BLANK))


class ScanRules(NamedTuple):
    """A rhyme book, which gives the tones too, and which rescues (拗救) are allowed.

    `self_rescue`: a wrong tone may be made up for within its line (孤平拗救: 仄平平仄平 for
    平平仄仄平; 特拗: 平平仄平仄 for 平平平仄仄). `next_rescue`: one in the first line of a couplet
    may be made up for by the third last character of the second line (对句拗救).
    """

    book: RhymeBook = PINGSHUI
    self_rescue: bool = True
    next_rescue: bool = True


TANG = ScanRules()


def with_blanks(text: str) -> str:
    """The text with one sign for all that stand for a blank; no place in it changes."""
    return text.translate(_BLANK_SIGNS)
