"""From a raw text to a poem's characters and stops, or a reason why not."""

import re
import unicodedata

from studio.corpus.poem import HAN, STOPS
from studio.corpus.script import simplified
from studio.errors import CorpusError, VerseError


class RejectedError(CorpusError):
    """A record that is no clean poem. Its message is the reason, one of those below."""


LACUNA = "lacuna"
FOREIGN = "foreign character"
UNBALANCED = "unbalanced bracket"
EMPTY = "empty"
NOT_UTF8 = "not UTF-8"

# Half-width and variant punctuation, as it is written in the corpus. Compatibility normalisation
# (NFKC) would go the other way, from full to half width: NFC is used, which folds the
# compatibility ideographs all the same.
_WRITTEN = str.maketrans(",.?!;:｡．､﹐﹒﹔﹕﹖﹗()［］{}", "，。？！；：。。、，。；：？！（）[]{}")
_INVISIBLE = re.compile(
    r"[\s\x00-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    r"\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]+"
)
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_QUOTES = re.compile("[《》〈〉「」『』“”‘’\"']")
_NOTE = re.compile(
    "（[^（）〖〗【】〔〕]*）|〖[^（）〖〗【】〔〕]*〗|【[^（）〖〗【】〔〕]*】|〔[^（）〖〗【】〔〕]*〕"
)
_MARK = re.compile(r"\[[一二三四五六七八九十百〇○\d]+\]")
_SUPPLIED = re.compile(r"\[([^\[\]]*)\]")
_BRACKET = re.compile(r"[（）〖〗【】〔〕\[\]]")
_LACUNA = re.compile("[□■○●◯…]")
_FOREIGN = re.compile(f"[^{HAN}{STOPS}]")
_STOPS = re.compile(f"[{STOPS}]{{2,}}")
# What the source writes ("blank") where a poem's text is lost.
_PLACEHOLDER = "空。"
_FINAL = re.compile("[。？！]")


def clean(text: str) -> str:
    """The poem's characters and stops, in its own script; raises RejectedError with the reason.

    Notes in round and lenticular brackets are removed with what they hold, and so are the marks
    that refer to them ([一]); a character that an editor supplied in square brackets stays.
    Quotation marks go, so that a line is characters and one stop.
    """
    if _SURROGATE.search(text):
        raise RejectedError(NOT_UTF8)
    text = without_notes(tidy(text))
    if _LACUNA.search(text):
        raise RejectedError(LACUNA)
    if _BRACKET.search(text):
        raise RejectedError(UNBALANCED)
    if _FOREIGN.search(text):
        raise RejectedError(FOREIGN)
    text = _STOPS.sub(_strongest, text).lstrip(STOPS)
    if text in ("", _PLACEHOLDER):
        raise RejectedError(EMPTY)
    return text


def tidy(text: str) -> str:
    """Normal form (NFC), punctuation of the corpus, nothing invisible, no quotation marks."""
    text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    return _QUOTES.sub("", text.translate(_WRITTEN))


def without_notes(text: str) -> str:
    """Remove notes and their marks, the innermost first; unwrap what an editor supplied."""
    refers = _MARK.search("".join(_NOTE.findall(text))) is not None
    count = 1
    while count:
        text, count = _NOTE.subn("", text)
    if refers:
        text = _MARK.sub("", text)
    return _SUPPLIED.sub(r"\1", text)


def clean_label(text: str) -> str:
    """A title or a poet's name on one line: no notes, nothing invisible but single spaces."""
    text = _SURROGATE.sub("\ufffd", text)
    words = (_INVISIBLE.sub("", word) for word in text.split())
    label = unicodedata.normalize("NFC", " ".join(word for word in words if word))
    return " ".join(without_notes(label).split()) or label


def typed_opening(text: str) -> str:
    """What a person typed, as the corpus writes it: simplified, with full-width punctuation.

    Raises VerseError for lone surrogates, which a terminal that is not in UTF-8 leaves behind.
    """
    if _SURROGATE.search(text):
        raise VerseError(
            "What was typed did not arrive as UTF-8. Set the terminal to UTF-8 (for example "
            "export LANG=C.UTF-8, and UTF-8 in the terminal's own settings) and type it again."
        )
    return simplified(tidy(text))


def _strongest(run: re.Match[str]) -> str:
    """One stop for a run of them, as removed notes leave it: the first that ends a sentence."""
    final = _FINAL.search(run[0])
    return final[0] if final else run[0][0]
