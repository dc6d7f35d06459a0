"""The one record of a poem."""

import hashlib
import re
from typing import Literal

import msgspec

from studio.translation import marked, tr

Split = Literal["train", "valid", "test"]
Script = Literal["simplified", "traditional"]

# The punctuation that ends a line of verse in a cleaned poem.
STOPS = "，。？！；：、"
_LINE = re.compile(f"[^{STOPS}]+")
_SENTENCE = re.compile("[^。？！；]+[。？！；]*|[。？！；]+")
_STOPPED_LINE = re.compile(f"[^{STOPS}]+[{STOPS}]*|[{STOPS}]+")

# The unified ideographs of Unicode 15 (twelve are among the compatibility ideographs), and 〇.
HAN = (
    "〇\u3400-\u4dbf\u4e00-\u9fff\ufa0e\ufa0f\ufa11\ufa13\ufa14\ufa1f\ufa21\ufa23\ufa24\ufa27-\ufa29"
    "\U00020000-\U000323af"
)
_HAN = re.compile(f"[{HAN}]")
_SOURCE = re.compile(r"(?P<file>.*), line (?P<line>\d+)(?:, record (?P<record>\d+))?")
_IN_LINE = marked("{file}, line {line}")
_IN_RECORD = marked("{file}, line {line}, record {record}")


class About(msgspec.Struct, frozen=True):
    """What is known of a poem beside its text; "" if it is not known. `form` is one of `SHAPES`."""

    form: str = ""
    title: str = ""
    poet: str = ""


UNKNOWN_POEM = About()


class Poem(msgspec.Struct, frozen=True):
    """A poem in the library.

    `text` is the cleaned poem with punctuation and without line breaks: a model is trained on it.
    Each character has one form there (劒 becomes 剑). `original` is the same text before variants
    were folded and characters simplified, one character for each. It is kept because simplifying
    merges characters that differ in tone (裏 里). `source` is the file and position of the record.
    """

    title: str
    author: str
    text: str
    original: str
    form: str
    split: Split
    source: str
    id: int = 0

    @property
    def lines(self) -> list[str]:
        """The lines of verse without punctuation."""
        return verse_lines(self.text)

    @property
    def first_line(self) -> str:
        """The first line of verse."""
        return self.lines[0]


def verse_lines(text: str) -> list[str]:
    """Split a cleaned poem at its punctuation."""
    return _LINE.findall(text)


def couplets(text: str) -> list[str]:
    """Split a poem for display: one sentence per row, which is mostly a couplet.

    A text without a full stop is split into single lines of verse.
    """
    return (_SENTENCE if any(stop in text for stop in "。？！；") else _STOPPED_LINE).findall(text)


def first_lines(text: str, count: int) -> str:
    """The first lines of verse of a poem, with their punctuation."""
    return "".join(_STOPPED_LINE.findall(text)[:count])


def named(author: str, title: str) -> str:
    """A poem by its poet and its title: 李白《静夜思》. Either may be unknown."""
    return author + (f"《{title}》" if title else "")


def is_han(character: str) -> bool:
    """Whether this is a Chinese character, not punctuation or another script."""
    return _HAN.fullmatch(character) is not None


def is_common(character: str) -> bool:
    """Whether this is a Chinese character that common fonts have.

    Many fonts lack Extension A and everything beyond the basic plane.
    """
    return is_han(character) and (character == "〇" or "\u4e00" <= character <= "\uffff")


def split_of(fully_simplified_text: str) -> Split:
    """The split of a poem. It depends only on the first line, so versions share a split.

    The text must come from `script.fully_simplified`, which may differ from the text in a library.
    The sha256 of the line in UTF-8, as one integer, modulo 100: below 5 is test, below 10 is
    validation, the rest is training. This must never change: figures of different models are
    comparable only with the same splits.
    """
    lines = verse_lines(fully_simplified_text)
    digest = hashlib.sha256((lines[0] if lines else "").encode()).digest()
    remainder = int.from_bytes(digest) % 100
    if remainder < 5:
        return "test"
    return "valid" if remainder < 10 else "train"


def place_in_words(source: str) -> str:
    """Where a poem is in the files that it was read from; the library has it in English."""
    found = _SOURCE.fullmatch(source)
    if found is None:
        return source
    message = _IN_LINE if found["record"] is None else _IN_RECORD
    return tr(message, **found.groupdict())
