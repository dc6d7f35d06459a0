"""The one record of a poem."""

import re
from typing import Literal

import msgspec

Split = Literal["train", "valid", "test"]
Script = Literal["simplified", "traditional"]

# What ends a line of verse in a cleaned poem.
STOPS = "，。？！；：、"
_LINE = re.compile(f"[^{STOPS}]+")


class Poem(msgspec.Struct, frozen=True):
    """A poem as the library keeps it.

    `text` is the cleaned poem, punctuation included, without line breaks: the text a model learns.
    `original` is the same text before its script was converted, character for character where the
    conversion keeps lengths, because simplifying merges characters that differ in tone (裏 里).
    `source` tells where the record came from: file and position.
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
        """The lines of verse without their punctuation."""
        return verse_lines(self.text)


def verse_lines(text: str) -> list[str]:
    """Split a cleaned poem at its punctuation."""
    return _LINE.findall(text)
