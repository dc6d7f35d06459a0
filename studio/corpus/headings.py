"""Deciding which lines of a text are verse, and which are a title or a poet above it.

A title does not end in a stop, and usually it is shorter or longer than the lines of verse. A line
that is just as long is a title only if the other lines are even in number, or if it begins with a
tune. A poet's name has two to four characters, with or without a dynasty.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import takewhile

import msgspec

from studio.corpus.cleaning import SURROGATE, clean_label, tidy, without_notes
from studio.corpus.long_lines import LONGEST
from studio.corpus.poem import HAN, STOPS, is_han, verse_lines
from studio.corpus.script import simplified
from studio.prosody.forms import forms
from studio.prosody.rhyming import unrhymed
from studio.prosody.tunes import has_lines_of_a_tune, tune_titled

# A text line with more lines of verse than a couplet is a whole poem.
COUPLET = 2
_NOT_SPLIT = rf"[^\s{STOPS},.?!;:]"
_SPACE = re.compile(rf"(?<={_NOT_SPLIT})\s(?=\s*{_NOT_SPLIT})")
_LEAST_OF_A_LINE = 3
_LEAST_OF_A_POEM = 4
# Rows of a poem that are looked at to know its heading.
_ROWS = 200
_SENTENCE_END = re.compile("[。？！；]")
_DYNASTY = "[先秦汉漢魏晋晉南北朝隋唐五代宋元明清]{1,4}"
_BESIDE_POET = re.compile(
    rf"^\s*#+\s|^\s*{_DYNASTY}\s+|\s{_DYNASTY}\s*$|^\s*[—–－-]+|"
    r"[〔〈（(\[【][^〔〈（(\[【〕〉）)\]】]*[〕〉）)\]】]|[^\s:：·・•]{1,4}\s*[:：·・•]|\s"
)
_NUMBER = "[一二三四五六七八九十百]+"
# What may follow a title after a space and is not a poet: a dynasty, a number, the kind of text.
# 章 ends a poet's name, too: 贺知章.
_NOT_A_POET = re.compile(
    rf"{_DYNASTY}代?|其.+|{_NUMBER}|.+[首篇韵序]|.*[一二三四五六七八九十百两兩数數]章"
)
# Which of several poems it is, and how many they are.
_OF_SEVERAL = re.compile(f"其{_NUMBER}|[一二三四五六七八九十百]{{1,3}}")
_SEVERAL = re.compile(f"其.+|{_NUMBER}|.+首")
# What stands before a title: a number, the sign of a heading in Markdown, a label.
_BEFORE_TITLE = re.compile(r"^\s*(?:\d{1,4}\s*[.．、]|#+\s)\s*")
_TITLE_LABEL = re.compile(
    r"^\s*(?:title|标题|題目|题目|標題|诗题|詩題|诗名|詩名|词牌名?|詞牌名?)\s*[:：]\s*",
    re.IGNORECASE,
)
_POET_LABEL = re.compile(r"^\s*(?:author|poet|作者|诗人|詩人|词人|詞人)\s*[:：]\s*", re.IGNORECASE)
_MARKED = re.compile(rf"{_TITLE_LABEL.pattern}|{_POET_LABEL.pattern}|\s*#+\s", re.IGNORECASE)
# The surnames of most poets of ci. After a tune alone, a word may be its title as well as its poet.
_SURNAMES = (
    "苏辛柳李晏秦周姜吴张范王陆贺岳刘史蒋陈杨朱赵宋毛叶韦温冯孙牛顾薛林程徐郑晁谢葛向吕曾曹蔡韩洪魏聂文"
    "许沈汪何胡郭丁潘侯仇卢戴邓罗彭袁龚欧纳万"
)
_POET = re.compile(f"[{HAN}]{{2,4}}")
_LONGEST_POET_LINE = 30
_APART = re.compile(r"(.*\S)\s{2,}(\S+)\s*")
_BRACKETED_DYNASTY = re.compile(rf"\[\s*{_DYNASTY}代?\s*\]")
# A title in brackets at the beginning is no note: 【静夜思】.
_IN_BRACKETS = re.compile(r"^\s*【([^【】《》]+)】")
_QUOTED = re.compile("([^《》]*)《([^《》]+)》([^《》]*)")


class Heading(msgspec.Struct, frozen=True):
    """The title and the poet above a poem."""

    title: str = ""
    author: str = ""


class TextLine:
    """A line of a text, and its lines of verse after cleaning. `raw` starts at `column`, from 1."""

    def __init__(self, number: int, raw: str, column: int = 1) -> None:
        self.number, self.raw, self.column = number, raw, column

    @cached_property
    def bare(self) -> str:
        return without_notes(tidy(self.raw))

    @cached_property
    def verse(self) -> list[str]:
        return verse_lines(without_notes(tidy(with_stops(_BEFORE_TITLE.sub("", self.raw)))))

    @cached_property
    def poet(self) -> str:
        """The poet's name if the line may be one, or has the label of a poet; else empty."""
        words = _POET_LABEL.sub("", self.raw, 1)
        if len(self.raw) <= _LONGEST_POET_LINE:
            name = _BESIDE_POET.sub("", words)
            if _POET.fullmatch(name) and not _SEVERAL.fullmatch(name):
                return name
        return clean_label(words) if self.names_poet else ""

    @cached_property
    def place(self) -> str:
        """Which of several poems under a title follows (其一), if the line says it, else empty."""
        words = self.raw.strip()
        return words if _OF_SEVERAL.fullmatch(words) else ""

    @cached_property
    def is_labelled(self) -> bool:
        """Whether a label, # or 《》 marks the line as a heading."""
        return bool(_MARKED.match(self.raw)) or _quoted(self.raw) is not None

    @property
    def names_poet(self) -> bool:
        """Whether the line has the label of a poet."""
        return _POET_LABEL.match(self.raw) is not None

    @property
    def is_poem(self) -> bool:
        """Whether the line is a whole poem. A line that is not UTF-8 is treated as one."""
        is_verse = len(self.verse) > COUPLET and not self.is_labelled
        return is_verse or SURROGATE.search(self.raw) is not None

    @cached_property
    def is_run(self) -> bool:
        """Whether the line has several lines of verse with nothing between them."""
        words = self.raw.split()
        is_spaced = len(words) > 1 and all(len(each) >= _LEAST_OF_A_LINE for each in words)
        return len(self.verse) > 1 and not is_spaced and all(map(is_han, self.bare))

    @cached_property
    def has_parts_of_a_title(self) -> bool:
        """Whether it has parts of different lengths, or with spaces between them; no sentence."""
        lengths = {len(each) for each in self.verse}
        is_spaced = len(self.verse) > 1 and all(map(is_han, self.bare)) and not self.is_run
        return (len(lengths) > 1 or is_spaced) and not _SENTENCE_END.search(self.bare)

    @property
    def lost_stop(self) -> str:
        """The stop to add at the end of the line. A colon is no stop here: it may end a title."""
        if self.is_labelled:
            return "，"
        return "，" if self.bare and self.bare[-1] not in STOPS.replace("：", "") else ""

    def fits(self, length: int) -> bool:
        """Whether all its lines of verse have that length."""
        return all(len(each) == length and all(map(is_han, each)) for each in self.verse)


def with_stops(line: str) -> str:
    """The line with stops instead of spaces between lines of verse.

    Characters spaced one by one are not split. A text without punctuation is split into lines if it
    is as long as a poem of one of the fixed forms.
    """
    lengths = [len(each) for each in line.split()]
    if min(lengths, default=0) >= _LEAST_OF_A_LINE or are_lines_of_a_ci(lengths):
        line = commas_for_spaces(line)
    verse = tidy(line)
    if not verse or not all(map(is_han, verse)):
        return line
    for form in forms().values():
        if form.fixed and len(verse) == form.line_length * form.line_count:
            starts = range(0, len(verse), form.line_length)
            return "，".join(verse[at : at + form.line_length] for at in starts)
    return line


def commas_for_spaces(line: str) -> str:
    """The line, as long as before, with a comma for each space between two words."""
    return _SPACE.sub("，", line)


def are_lines_of_a_ci(lengths: Sequence[int]) -> bool:
    """Whether words of these lengths are the lines of a tune."""
    return len(lengths) > _LEAST_OF_A_POEM and has_lines_of_a_tune(tuple(lengths))


def heading_of(lines: list[TextLine]) -> tuple[Heading, int]:
    """The heading made of the last one to three of these lines, and the number of lines used."""
    *above, last = lines
    if above and last.place:
        heading, used = heading_of(above[-2:])
        return Heading(f"{heading.title} {last.place}", heading.author), used + 1
    if above and last.poet:
        return Heading(_title(above[-1].raw).title, last.poet), 2
    if last.poet and _POET_LABEL.match(last.raw):
        return Heading("", last.poet), 1
    return _title_and_poet(last.raw), 1


class Block:
    """Lines of a text without a blank line between them."""

    def __init__(self, lines: list[TextLine]) -> None:
        self.lines = lines
        self.stopped = any(line.bare and not line.lost_stop for line in lines)
        full = [line for line in lines if not line.lost_stop] or lines
        counts = Counter(len(each) for line in full for each in line.verse)
        self.usual = counts.most_common(1)[0][0] if counts else 0

    def is_heading_above(self, below: "Block | None", next_below: "Block | None") -> bool:
        """Whether it may be a title, a poet, or both, with a blank line before the next block."""
        first, *rest = self.lines
        if self.stopped:
            return False
        if below is not None and below.stopped:
            # Spaces may be in a title, however many.
            is_apart = _APART.fullmatch(first.raw) and _title_and_poet(first.raw).author
            if (len(rest) == 1 and rest[0].poet) or (not rest and is_apart):
                return True
        following = [line for block in (below, next_below) if block for line in block.lines]
        is_long = _is_long_title(first, following)
        if first.is_poem and not is_long:
            return False
        if _title(first.raw).author:
            return not rest
        if len(first.verse) > 1 and not first.is_labelled and not is_long:
            # Two parts of equal length are more likely two lines of verse, unless the block below
            # has stops and this line has none.
            lengths = {len(each) for each in first.verse}
            is_possible = len(lengths) > 1 or (below is not None and below.stopped)
            return not rest and is_possible and bool(_title_and_poet(first.raw).author)
        return not rest or (len(rest) == 1 and bool(rest[0].poet or rest[0].place))

    @property
    def _is_regular_below(self) -> bool:
        """Whether the lines below the first have one length, and the first ends in another."""
        first, *others = self.lines
        ends_otherwise = len(first.verse[-1]) != self.usual
        return ends_otherwise and all(each.fits(self.usual) for each in others)

    def _is_title(self, line: TextLine, below: TextLine) -> bool:
        """Whether a line without stops, which may have many spaces, is a title above a poet."""
        is_alone = self.stopped and not set(STOPS) & set(line.bare)
        return is_alone and bool(below.poet) and not below.fits(self.usual)

    @property
    def begins_with_verse(self) -> bool:
        """Whether the first line may be one of the lines of verse."""
        return self.lines[0].fits(self.usual)

    @cached_property
    def _alternates(self) -> bool:
        """Whether half of the lines are poems without punctuation, and the others may be titles."""
        runs = sum(line.is_run for line in self.lines)
        return runs > 1 and len(self.lines) <= 2 * runs <= len(self.lines) + 1

    def _is_between_poems(self, at: int) -> bool:
        """Whether a line has a whole poem below it, or below its poet, and one above if it can.

        One line, without a stop, between lines in couplets belongs to none of them.
        """
        above, below = self.lines[max(at - _ROWS, 0) : at][::-1], self._below(at)
        below = below[1:] if below and below[0].poet else below
        is_one = len(self.lines[at].verse) == 1
        return is_one and length_of_poem(below) > 0 and (not at or length_of_poem(above) > 0)

    def _below(self, at: int) -> list[TextLine]:
        return self.lines[at + 1 : at + 1 + _ROWS]

    def heading_at(self, at: int) -> tuple[Heading, int]:
        """The heading that starts at a line, and the number of its lines: 0 to 3.

        After the first line of the block only a certain heading counts: a title with its label or
        its poet, a title above a poem on one line, or one between two poems.
        """
        line, *rest = self.lines[at : at + 4]
        is_long = _is_long_title(line, self._below(at))
        is_title = bool(rest) and self._is_title(line, rest[0])
        is_open = line.lost_stop and (not line.is_poem or is_title)
        if not rest or not (line.is_labelled or is_open or is_long):
            return Heading(), 0
        has_poet = bool(_title_and_poet(line.raw).author)
        # The other lines have stops. This one has none; it ends in a name, or is 其二 or the like.
        is_certain = self.stopped and (has_poet or bool(line.place))
        as_verse = line.fits(self.usual) and not is_certain
        is_between = self._is_between_poems(at)
        below = rest[0]
        if (
            len(rest) > 1
            and (below.poet or below.place)
            and not below.fits(self.usual)
            and (line.is_labelled or not at or (self.stopped and not as_verse) or is_between)
        ):
            has_place = len(rest) > 2 and below.poet and rest[1].place
            return heading_of([line, below, rest[1]] if has_place else [line, below])
        if line.is_labelled or is_long or is_between:
            found = True
        elif at:
            has_poem_below = below.is_poem and (self.stopped or self._alternates)
            found = is_certain or (has_poem_below and not as_verse)
        elif as_verse:
            others = sum(len(each.verse) for each in self.lines[1:])
            found = len(line.verse) == 1 and (others % 2 == 0 or _begins_with_tune(line.raw))
        else:
            found = (
                len(line.verse) == 1
                or all(len(each) != self.usual for each in line.verse)
                # 送灵澈上人 刘长卿 above lines of five: only the title is as long as they are.
                or is_certain
                or (has_poet and self._is_regular_below)
            )
        return heading_of([line]) if found else (Heading(), 0)


def _is_long_title(line: TextLine, below: list[TextLine]) -> bool:
    """Whether a line that could be a poem, or two lines of verse, is a title above others.

    As long as a poem without punctuation, it is one above a poem in several lines, and above one on
    a line, with stops, if it does not rhyme. With several parts, and no stop at its end, it is one
    above lines of another length that have stops. A poet may be between.
    """
    if not below or not line.lost_stop:
        return False
    verse = below[1:] if below[0].poet else below
    length = length_of_poem(verse)
    if not line.is_run:
        # Two parts, one of them as long as the lines, are a couplet that lacks a character.
        is_couplet = len(line.verse) == COUPLET and length in map(len, line.verse)
        is_other = not is_couplet and not line.fits(length)
        return line.has_parts_of_a_title and length > 0 and is_other
    if verse and verse[0].is_poem:
        return not verse[0].lost_stop and bool(unrhymed(line.verse))
    rows = [each.verse for each in verse[:_LEAST_OF_A_POEM]]
    lengths = {len(row[0]) if len(row) == 1 else 0 for row in rows}
    is_even = len(rows) == _LEAST_OF_A_POEM and len(lengths) == 1
    return length > 0 or (is_even and 0 < lengths.pop() <= LONGEST)


def length_of_poem(lines: Iterable[TextLine]) -> int:
    """The length of the lines of verse that these begin with, if that may be a whole poem; else 0.

    All of them have stops and one length, and they are in couplets.
    """
    full = takewhile(lambda line: not line.lost_stop, lines)
    lengths = [len(each) for line in full for each in line.verse]
    is_whole = len(lengths) >= _LEAST_OF_A_POEM and len(lengths) % 2 == 0
    return lengths[0] if is_whole and len(set(lengths)) == 1 else 0


def _title_and_poet(line: str) -> Heading:
    """A title, and the poet if a name is beside 《》 or follows the title after a space.

    After the tune of a ci a title of its own may come first. A title with spaces is separated from
    its poet by two spaces. A line with the label of a poet has only a poet.
    """
    if _POET_LABEL.match(line):
        return Heading("", TextLine(0, line).poet)
    heading = _title(line)
    if (apart := _APART.fullmatch(line)) and not heading.author:
        name = apart[2]
        if _POET.fullmatch(name) and not _NOT_A_POET.fullmatch(name):
            return Heading(_title(apart[1]).title, name)
    *parts, name = heading.title.split(" ")
    is_name = _POET.fullmatch(name) and not _NOT_A_POET.fullmatch(name)
    has_tune = bool(parts) and _is_tune(parts[0])
    if heading.author or not is_name or not 1 <= len(parts) <= 1 + has_tune:
        return heading
    if has_tune and len(parts) == 1 and simplified(name)[0] not in _SURNAMES:
        return heading
    return Heading(" ".join(parts), name)


def _begins_with_tune(line: str) -> bool:
    """Whether the first word of a line is a tune."""
    return _is_tune(_title(line).title.split(" ")[0])


def _is_tune(title: str) -> bool:
    """Whether a title is the name of a tune and nothing else."""
    tune = tune_titled(simplified(title))
    return tune is not None and simplified(title) in (tune.name, *tune.also)


def is_label_of_title(word: str) -> bool:
    """Whether a word before a colon says that a title follows, or a poet."""
    return bool(_TITLE_LABEL.fullmatch(f"{word}:") or _POET_LABEL.fullmatch(f"{word}:"))


def _title(line: str) -> Heading:
    """A title, and the poet if a name is beside 《》. The marks 《》 are removed."""
    return _quoted(line) or Heading(_label(line))


def _quoted(line: str) -> Heading | None:
    """The title in 《》, and the poet beside it, if a line has nothing else."""
    line = _IN_BRACKETS.sub(r"《\1》", line)
    if "《" not in line or (quoted := _QUOTED.fullmatch(_label(line))) is None:
        return None
    before, title, after = quoted.groups()
    beside = TextLine(0, before + after)
    return Heading(title, beside.poet) if beside.poet or not beside.raw.strip() else None


def _label(line: str) -> str:
    """A title without a number, a sign or a label before it."""
    line = _BRACKETED_DYNASTY.sub(" ", _BEFORE_TITLE.sub("", line))
    return clean_label(_TITLE_LABEL.sub("", line, 1)).rstrip(":：")
