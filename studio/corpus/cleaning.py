"""Cleaning a raw text: the poem's characters and stops, or the reason for rejecting it."""

import re
import unicodedata
from collections import Counter

from studio.corpus.poem import HAN, STOPS
from studio.corpus.script import simplified
from studio.errors import CorpusError, VerseError
from studio.prosody.rules import BLANK, with_blanks
from studio.translation import marked, tr


class RejectedError(CorpusError):
    """A record that is not a clean poem. Its message is one of the reasons below, in English.

    `found` is the character or line that causes it, `at` its place in the text after normalisation
    (NFC).
    """

    def __init__(self, reason: str, found: str = "", at: int | None = None) -> None:
        super().__init__(reason)
        self.found, self.at = found, at


LACUNA = marked("lacuna")
FOREIGN = marked("foreign character")
UNBALANCED = marked("unbalanced bracket")
EMPTY = marked("empty")
NOT_UTF8 = marked("not UTF-8")
OVERLONG = marked("overlong line")

# Removed characters become this first, so that places in the text do not change.
_GAP = "\0"
# Half-width and variant punctuation -> the punctuation of the corpus. NFKC would turn full-width
# punctuation into half-width, so NFC is used; it replaces the compatibility ideographs as well.
_WRITTEN = str.maketrans(",.?!;:｡．﹐﹒﹔﹕﹖﹗()［］{}", "，。？！；：。。，。；：？！（）[]{}")
_INVISIBLE = re.compile(
    r"[\s\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    r"\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]+"
)
SURROGATE = re.compile(r"[\ud800-\udfff]")
# Marks inside a line of verse: quotation marks, and the comma of enumerations (诗、礼), which does
# not end a line.
_INSIDE = re.compile("[《》〈〉「」『』“”‘’\"'、､﹑]")
_OPENS = {"（": "）", "〖": "〗", "【": "】", "〔": "〕"}
_ROUND_BRACKET = re.compile("[（）〖〗【】〔〕]")
# Digits in square brackets refer to a note that was not copied. Editors never supply digits.
_FOOTNOTE = re.compile(r"\[\d{1,3}\]")
_MARK = re.compile(r"\[[一二三四五六七八九十百〇○\d\0]+\]")
_SUPPLIED = re.compile(r"\[([^\[\]]*)\]")
_BRACKET = re.compile(r"[（）〖〗【】〔〕\[\]]")
_LACUNA = re.compile("[□■○●◯…\ufffd]")
_LACUNA_BUT_BLANKS = re.compile("[…\ufffd]")
_FOREIGN = re.compile(f"[^{HAN}{STOPS}{BLANK}\0]")
_STOPS = re.compile(f"[{STOPS}]{{2,}}")
# The source has this ("blank") for a poem whose text is lost.
_PLACEHOLDER = "空。"
_WHOLE_LINE = re.compile(f"[^{STOPS}\n]+")
_USUAL = (5, 7)
_LOST = re.compile(r"\?\?|^\?(?=.)")
_ASKED = re.compile(r"\?")
_ASKED_INSIDE = re.compile(r"\?(?=.)")
_FINAL = re.compile("[。？！]")


def clean(text: str, unfinished: bool = False) -> str:
    """The poem's characters and stops, in its own script; raises RejectedError with the reason.

    Notes in round and lenticular brackets are removed, and so are the marks that refer to them
    ([一]). A character that an editor supplied in square brackets stays. Quotation marks and the
    comma of enumerations are removed, so that a line is only characters and one stop. In an
    `unfinished` poem □, or another sign for a blank, is a character to be written, not a lost one.
    """
    lacuna = _LACUNA_BUT_BLANKS if unfinished else _LACUNA
    text = with_blanks(text) if unfinished else text
    _refuse(NOT_UTF8, SURROGATE.search(text))
    kept = _without_notes(_tidy(text))
    _refuse(LACUNA, lacuna.search(kept))
    if (at := _lost_character(text, kept)) is not None:
        raise RejectedError(LACUNA, "?", at)
    _refuse(UNBALANCED, _BRACKET.search(kept))
    _refuse(FOREIGN, _FOREIGN.search(kept))
    kept = _STOPS.sub(_strongest, kept.replace(_GAP, "")).lstrip(STOPS)
    if kept in ("", _PLACEHOLDER):
        raise RejectedError(EMPTY)
    return kept


def tidy(text: str) -> str:
    """The text in NFC, with the corpus's punctuation, no invisible characters and no quotes."""
    return _tidy(text).replace(_GAP, "")


def without_notes(text: str) -> str:
    """Remove notes and their marks; keep what an editor supplied, without its brackets."""
    return _without_notes(text).replace(_GAP, "")


def clean_label(text: str) -> str:
    """A title or a poet's name on one line, without notes, with single spaces."""
    label = plain_label(SURROGATE.sub("\ufffd", text))
    return " ".join(without_notes(label).split()) or label


def plain_label(text: str) -> str:
    """The same with its notes."""
    words = (_INVISIBLE.sub("", word) for word in text.split())
    return unicodedata.normalize("NFC", " ".join(word for word in words if word))


def normalise_typed(text: str) -> str:
    """Typed text as the corpus writes it: simplified, with full-width punctuation, without spaces.

    Normalising again changes nothing. Raises VerseError for lone surrogates.
    """
    refuse_surrogates(text)
    text = tidy(text)
    # One pass is not enough: 薴 becomes 苧, and 苧 becomes 苎.
    while (converted := simplified(text)) != text:
        text = converted
    return text


def refuse_surrogates(text: str) -> None:
    """Raise VerseError for lone surrogates: they come from a terminal that does not use UTF-8."""
    if SURROGATE.search(text):
        raise VerseError(
            tr(
                "The typed text did not arrive as UTF-8. Set the terminal to UTF-8 (for example "
                "export LANG=C.UTF-8, and UTF-8 in the terminal's own settings) and type it again."
            )
        )


def _refuse(reason: str, found: re.Match[str] | None) -> None:
    if found:
        raise RejectedError(reason, found[0], found.start())


def _tidy(text: str) -> str:
    text = _INVISIBLE.sub(_gap, unicodedata.normalize("NFC", text))
    return _INSIDE.sub(_GAP, text.translate(_WRITTEN))


def _without_notes(text: str) -> str:
    """Notes may be nested to any depth; one pass pairs their brackets."""
    if _BRACKET.search(text) is None:
        return text
    opened: list[tuple[str, int]] = []
    notes: list[tuple[int, int]] = []
    for bracket in _ROUND_BRACKET.finditer(text):
        if bracket[0] in _OPENS:
            opened.append((_OPENS[bracket[0]], bracket.start()))
        elif opened and opened[-1][0] == bracket[0]:
            _, start = opened.pop()
            while notes and notes[-1][0] > start:
                notes.pop()
            notes.append((start, bracket.end()))
        else:
            # A bracket without a partner. No note extends across it.
            opened.clear()
    refers = False
    kept: list[str] = []
    end = 0
    for start, after in notes:
        refers = refers or _MARK.search(text, start, after) is not None
        kept += text[end:start], _GAP * (after - start)
        end = after
    text = "".join(kept) + text[end:]
    if refers:
        text = _MARK.sub(_gap, text)
    text = _FOOTNOTE.sub(_gap, text)
    return _SUPPLIED.sub(rf"{_GAP}\1{_GAP}", text)


def _gap(found: re.Match[str]) -> str:
    return _GAP * len(found[0])


def _lost_character(text: str, kept: str) -> int | None:
    """Index of the first question mark that replaces a character lost in a conversion; else None.

    A half-width question mark is a lost character if it is one of several in a row, or begins a
    line. It is also one if, counted as a character, it makes its line as long as the others: either
    inside the line, or at its end if all other lines have the same length.
    """
    if "?" not in text:
        return None
    text = unicodedata.normalize("NFC", text)
    shown = [
        (at, raw if raw in "?\n" else each)
        for at, (raw, each) in enumerate(zip(text, kept, strict=True))
        if each != _GAP or raw == "\n"
    ]
    lines = list(_WHOLE_LINE.finditer("".join(each for _, each in shown)))
    lengths = Counter(len(line[0]) for line in lines if "?" not in line[0])
    usual = [length for length, _ in lengths.most_common(1)] or _USUAL
    for line in lines:
        mark = _LOST.search(line[0])
        if mark is None and len(line[0]) in usual:
            mark = (_ASKED if len(lengths) == 1 else _ASKED_INSIDE).search(line[0])
        if mark:
            return shown[line.start() + mark.start()][0]
    return None


def _strongest(run: re.Match[str]) -> str:
    """One stop instead of several in a row: the first that ends a sentence, if there is one."""
    final = _FINAL.search(run[0])
    return final[0] if final else run[0][0]
