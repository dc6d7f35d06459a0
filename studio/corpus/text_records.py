"""Poems from plain text, as people write it or copy it from the web.

Three layouts: one `title:poem` per line; one poem per line; verse over several lines, with blank
lines between the poems, and with title and poet above each poem or without them.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import zip_longest

from studio.corpus.cleaning import clean_label
from studio.corpus.headings import (
    COUPLET,
    Block,
    Heading,
    TextLine,
    heading_of,
    is_label_of_title,
    length_of_poem,
    with_stops,
)
from studio.corpus.records import MALFORMED, BadRecord, RawPoem, Record
from studio.corpus.script import simplified
from studio.prosody.tunes import has_lines_of_a_tune, tune_titled

_BREAK = re.compile("\r\n?|[\n\u2028\u2029]")
_COLON = re.compile("[:：]")
_STOP = re.compile("[，。？！；]")
_NUMBER = re.compile(r"^\s*\d{1,5}(?:[.．、]|(?=[\s,]))\s*,?")
_BETWEEN_CELLS = re.compile(r"[\s,]+")
# Labels that web sites put between title and verse. The poet's label is read with the poet.
_TEXT = "原文|正文|全文|内容|內容|诗文|詩文|诗句|詩句"
_LABEL = re.compile(rf"\s*(?:(?:朝代|年代)[:：].*|(?:{_TEXT})\s*[:：]?\s*)")
_LABEL_OF_TEXT = re.compile(rf"\s*(?:{_TEXT})\s*[:：]\s*")
_SAMPLED = 100
# A poem below its title may be written in a few long lines; more lines are several poems.
_LINES_OF_A_POEM = 4
_SENTENCE = 3


class _Draft:
    """A poem that is not complete yet. If it `grows`, further single couplets are added to it."""

    def __init__(self, heading: Heading, lines: list[TextLine], grows: bool = False) -> None:
        self.heading, self.lines, self.grows = heading, lines, grows

    def lacks(self, stanza: list[TextLine]) -> bool:
        """Whether the poem is the first stanza of a ci, and these lines are the second."""
        tune = tune_titled(simplified(self.heading.title))
        if tune is None:
            return False
        first, second = (_length(lines) for lines in (self.lines, stanza))
        lengths = {tune.pattern_for(length).length for length in (first, first + second)}
        return first not in lengths and first + second in lengths


def heading_above(text: str) -> tuple[Heading, int, int]:
    """The heading of the first poem of a text, and where its verse begins.

    That is a row and a column, both from 0. They are 0 if there is no heading.
    """
    drafts = _drafts(list(_blocks(text)))
    if not drafts or drafts[0].heading == Heading():
        return Heading(), 0, 0
    first = drafts[0].lines[0]
    return drafts[0].heading, first.number - 1, first.column - 1


def read_text(text: str, name: str) -> Iterator[Record]:
    """All poems of a text, each with its first line number."""
    blocks = list(_blocks(text))
    sample = [line for block in blocks[:_SAMPLED] for line in block.lines[:_SAMPLED]][:_SAMPLED]
    if 2 * sum(bool(_titled(line)[0].title) for line in sample) > len(sample):
        for line in (line for block in blocks for line in block.lines):
            heading, content = _titled(line)
            if heading.title or line.is_poem:
                yield _record(_Draft(heading, [content]), name)
            else:
                yield BadRecord(f"{name}, line {line.number}", MALFORMED, line.number)
    else:
        for draft in _drafts(blocks):
            yield _record(draft, name)


def joined(lines: Iterable[str], between: str = "") -> str:
    """Verse over several lines as one text. A line that does not end in a stop gets one."""
    *before, last = [with_stops(line) for line in lines] or [""]
    return between.join([*(each + TextLine(0, each).lost_stop for each in before), last])


def _drafts(blocks: list[Block]) -> list[_Draft]:
    drafts: list[_Draft] = []
    waiting: list[TextLine] = []
    for block, below, next_below in zip_longest(blocks, blocks[1:], blocks[2:]):
        if drafts and not waiting and drafts[-1].lacks(block.lines):
            drafts[-1].lines += block.lines
            continue
        if block.is_heading_above(below, next_below):
            waiting += block.lines
            continue
        heading, taken = block.heading_at(0)
        if taken == 1 and waiting and heading_of(waiting)[0].author and block.begins_with_verse:
            heading, taken = Heading(), 0
        used = 0
        is_poet = taken == 1 and block.lines[0].poet and not (heading.title and heading.author)
        if waiting and (taken == 0 or is_poet):
            heading, used = heading_of([*waiting, *block.lines[:taken]])
            used -= taken
        # A line without verse below it is not a heading: it is kept as a poem of one line.
        drafts += [_Draft(Heading(), [line]) for line in waiting[: len(waiting) - used]]
        lines = block.lines[taken:]
        short = sum(len(line.verse) for line in lines) <= COUPLET
        if not taken and not waiting and short and drafts and drafts[-1].grows:
            drafts[-1].lines += lines
        else:
            drafts += _poems(heading, Block(lines))
            drafts[-1].grows = bool(used) and short
        waiting = []
    return drafts + [_Draft(Heading(), [line]) for line in waiting]


def _poems(heading: Heading, block: Block) -> Iterator[_Draft]:
    """The poems of a block, split before further headings, or one poem per line."""
    lines = block.lines
    start = at = above = 0
    while at < len(lines):
        following, taken = block.heading_at(at) if at else (heading, 0)
        if taken and start < at:
            yield from _split(heading, lines[start:at])
        elif taken:
            # Two headings in a row: the lines of the upper one are kept as poems.
            yield from (_Draft(Heading(), [line]) for line in lines[start - above : start])
        if taken:
            heading, start, above = following, at + taken, taken
        at += taken or 1
    yield from _split(heading, lines[start:])


def _split(heading: Heading, lines: list[TextLine]) -> Iterator[_Draft]:
    # Three lines may be a sentence of a ci.
    poems = sum(line.is_poem and len(line.verse) != _SENTENCE for line in lines)
    of_one = (heading != Heading() and len(lines) <= _LINES_OF_A_POEM) or _is_ci(lines)
    if lines[0].is_poem and 2 * poems > len(lines) and not of_one:
        for line in lines:
            own, content = _titled(line) if line.is_poem else (Heading(), line)
            yield _Draft(own if own.title else heading, [content])
            heading = Heading()
        return
    own, content = _titled(lines[0]) if not heading.title else (Heading(), lines[0])
    yield _Draft(own if own.title else heading, [content, *lines[1:]])


def _titled(line: TextLine) -> tuple[Heading, TextLine]:
    """Split `title:content` at the first colon; the title is empty if there is none.

    A full-width colon after a stop is part of the verse. A title, and a poet after it, may also be
    separated from a whole poem by spaces, or by the commas of a table.
    """
    colon = _COLON.search(line.raw)
    if colon is None or not line.raw[colon.end() :].strip():
        return _titled_in_a_row(line)
    before = line.raw[: colon.start()]
    if (colon[0] == "：" and _STOP.search(before)) or is_label_of_title(before):
        return Heading(), line
    content = TextLine(line.number, line.raw[colon.end() :], colon.end() + 1)
    return Heading(clean_label(_NUMBER.sub("", before) or before)), content


def _titled_in_a_row(line: TextLine) -> tuple[Heading, TextLine]:
    """Split `title content` or `title poet content`, if the content is a poem with stops.

    A number before them is left out.
    """
    raw = line.raw.replace('"', " ")
    row = _NUMBER.sub("", raw).strip()
    for count in (2, 1, 0):
        *above, rest = _BETWEEN_CELLS.split(row, count) if count else [row]
        if len(above) < count or "," in rest or any(map(_STOP.search, above)):
            continue
        content = TextLine(line.number, rest, raw.rindex(rest) + 1)
        length = length_of_poem([content]) if with_stops(rest) == rest else 0
        poet = TextLine(0, above[-1]).poet if count == 2 else ""
        # Two words may be two lines of verse.
        is_heading = count < 2 or (poet and len(poet) != length)
        if length and is_heading:
            return Heading(clean_label("".join(above[:1])), poet), content
    return Heading(), line


def _is_ci(lines: list[TextLine]) -> bool:
    """Whether several lines together have the lines of a tune."""
    lengths = tuple(len(each) for line in lines for each in line.verse)
    return len(lines) > 1 and has_lines_of_a_tune(lengths)


def _length(lines: list[TextLine]) -> int:
    """The characters of verse in lines of text."""
    return sum(len(each) for line in lines for each in line.verse)


def _record(draft: _Draft, name: str) -> RawPoem:
    first = draft.lines[0]
    return RawPoem(
        draft.heading.title,
        draft.heading.author,
        joined((line.raw for line in draft.lines), "\n"),
        f"{name}, line {first.number}",
        first.number,
        first.column,
    )


def _blocks(text: str) -> Iterator[Block]:
    """The blocks of a text: lines between blank lines."""
    lines: list[TextLine] = []
    for number, raw in enumerate(_BREAK.split(text), start=1):
        if _LABEL.fullmatch(raw):
            continue
        start = labelled.end() if (labelled := _LABEL_OF_TEXT.match(raw)) else 0
        line = TextLine(number, raw[start:], start + 1)
        # The label of a poet without a name is left out.
        if line.poet or not line.names_poet:
            lines.append(line)
    for at in range(1, len(lines)):
        poet, title = lines[at - 1 : at + 1]
        is_below_title = at > 1 and lines[at - 2].is_labelled
        is_before_title = title.is_labelled and not title.names_poet
        if poet.names_poet and is_before_title and not is_below_title:
            lines[at - 1 : at + 1] = [title, poet]
    block: list[TextLine] = []
    for line in lines:
        if line.raw.strip():
            block.append(line)
        elif block:
            yield Block(block)
            block = []
    if block:
        yield Block(block)
