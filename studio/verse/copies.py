"""What of a text is copied, and from which libraries."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from studio.corpus.poem import STOPS
from studio.paths import Home
from studio.prosody.rules import BLANK
from studio.prosody.tunes import tunes
from studio.verse.gram_index import GRAM
from studio.verse.reading import CopiedSpan

# Characters that stand side by side in a line.
_RUN = re.compile(rf"[^\s{STOPS}{BLANK}]+")


class Copies(Protocol):
    """Finds what is copied; `Novelty`, the index of a library, has the meaning of each."""

    def is_line(self, line: str) -> bool:
        """Whether this is a whole line of a poem."""

    def copied(self, text: str) -> tuple[bool, ...]:
        """For each window of four Chinese characters, whether a poem contains it."""

    def spans(self, text: str, min_length: int = GRAM) -> tuple[CopiedSpan, ...]:
        """The longest spans that are in a poem, in their order."""

    def firmness(self, text: str) -> float:
        """How firmly neighbouring characters of a text belong together, in nats."""

    def rare_share(self, text: str) -> float:
        """The share of the characters of a text that are rare."""

    def has_common_closing(self, text: str) -> bool:
        """Whether a text ends in a pair of characters in which many poems end."""


def is_copied_line(copies: Copies, line: str) -> bool:
    """Whether a line is copied; one of fewer than four characters belongs to nobody."""
    return len(line) >= GRAM and copies.is_line(line)


class CopiesOfAny:
    """What is copied from any of several libraries; the first has poems of the kind in question."""

    def __init__(self, libraries: Sequence[Copies]) -> None:
        self._libraries = libraries

    def is_line(self, line: str) -> bool:
        """Whether this is a whole line of a poem."""
        return any(each.is_line(line) for each in self._libraries)

    def copied(self, text: str) -> tuple[bool, ...]:
        """For each window of four Chinese characters, whether a poem contains it."""
        windows = zip(*(each.copied(text) for each in self._libraries), strict=True)
        return tuple(map(any, windows))

    def spans(self, text: str, min_length: int = GRAM) -> tuple[CopiedSpan, ...]:
        """The longest spans that are in a poem, in their order; none is inside another."""
        return _outermost(span for each in self._libraries for span in each.spans(text, min_length))

    def firmness(self, text: str) -> float:
        """How firmly neighbouring characters belong together, in poems of the kind."""
        return self._libraries[0].firmness(text)

    def rare_share(self, text: str) -> float:
        """The share of the characters that are rare in poems of the kind."""
        return self._libraries[0].rare_share(text)

    def has_common_closing(self, text: str) -> bool:
        """Whether it ends in a pair of characters in which many poems of the kind end."""
        return self._libraries[0].has_common_closing(text)


def cut_at_line_ends(text: str, spans: Iterable[CopiedSpan]) -> tuple[CopiedSpan, ...]:
    """The parts of spans within the lines of a text, of four characters or more.

    Four characters from the end of a line to the next one are together by chance. A blank ends a
    part, too.
    """
    return _outermost(
        msgspec.structs.replace(span, start=run.start(), end=run.end())
        for span in spans
        for run in _RUN.finditer(text, span.start, span.end)
        if run.end() - run.start() >= GRAM
    )


def _outermost(spans: Iterable[CopiedSpan]) -> tuple[CopiedSpan, ...]:
    """The spans that are not inside another, in their order."""
    found: list[CopiedSpan] = []
    for span in sorted(set(spans), key=lambda span: (span.start, -span.end, span.poem)):
        if not found or span.end > found[-1].end:
            found.append(span)
    return tuple(found)


def libraries_of(home: Home, form: str) -> tuple[Path, ...]:
    """The libraries that a poem of a form may be copied from: for a ci that of the ci, too."""
    return (home.ci, home.library) if form in tunes() else (home.library,)


def copies_in(indexes: Iterable[Copies | None]) -> Copies | None:
    """What is copied from those indexes that there are; None if there is none."""
    found = [each for each in indexes if each]
    return CopiesOfAny(found) if len(found) > 1 else next(iter(found), None)
