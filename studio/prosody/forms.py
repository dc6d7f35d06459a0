"""The verse forms (诗体): their shape, and the tone templates of the regulated ones."""

from functools import cache

import msgspec

from studio import paths
from studio.errors import ConfigError
from studio.prosody.spelling import searchable
from studio.translation import tr

# The names of a poem's shape in the library. They ignore tones and rhyme.
SHAPES = ("五绝", "七绝", "五律", "七律", "排律", "古体", "other")


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A form of verse.

    `line_lengths` are the numbers of characters that a line may have. A poem has `usual` lines by
    default, and from `least_lines` to `most_lines` are allowed; 0 means that there is no limit.
    """

    name: str
    pinyin: str
    line_lengths: tuple[int, ...]
    usual: int
    least_lines: int
    most_lines: int
    regulated: bool

    @property
    def line_length(self) -> int:
        """The number of characters in a line when the studio writes this form."""
        return self.line_lengths[0]

    @property
    def line_count(self) -> int:
        """The usual number of lines."""
        return self.usual

    @property
    def fixed(self) -> bool:
        """Whether all poems of the form have the same number of lines."""
        return self.least_lines == self.most_lines

    def has_shape(self, line_length: int, line_count: int) -> bool:
        """Whether a poem of that shape can have this form."""
        return (
            line_length in self.line_lengths
            and self.least_lines <= line_count <= (self.most_lines or line_count)
            and not (self.regulated and line_count % 2)
        )


class LineType(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A type of line, five characters long: 平 level, 仄 oblique, 中 either.

    `rescue` is another pattern that is correct (拗救). `tolerated` is one that the Tang poets
    allowed themselves (拗). `answered` is one that is correct if the next line makes up for it
    (对句拗救) with its `answer` or its rescue. `seven` comes before the pattern in lines of seven.
    """

    name: str
    pattern: str
    seven: str
    rescue: str = ""
    tolerated: str = ""
    answered: str = ""
    answer: str = ""

    def patterns(self, line_length: int) -> tuple[str, ...]:
        """The pattern for lines of five or seven, followed by the rescue if there is one."""
        return self._as_long(line_length, self.pattern, self.rescue)

    def tang_patterns(self, line_length: int) -> tuple[str, ...]:
        """Those of `patterns`, followed by `tolerated` and `answer` if there are any."""
        return self._as_long(line_length, self.pattern, self.rescue, self.tolerated, self.answer)

    def answered_patterns(self, line_length: int) -> tuple[str, ...]:
        """The pattern that is correct if the next line answers it; empty if there is none."""
        return self._as_long(line_length, self.answered)

    def answering_pattern(self, line_length: int) -> str:
        """The pattern, not a rescue, that makes up for the previous line; only B has one."""
        return self._as_long(line_length, self.answer)[0]

    def _as_long(self, line_length: int, *patterns: str) -> tuple[str, ...]:
        before = self.seven if line_length == 7 else ""
        return tuple(before + each for each in patterns if each)


class Template(msgspec.Struct, frozen=True):
    """One tone scheme of a regulated poem: its name, and the type of each line."""

    name: str
    types: str

    def patterns(self, line_length: int) -> tuple[str, ...]:
        """The tones that each line requires, without rescues."""
        return tuple(line_types()[each].patterns(line_length)[0] for each in self.types)


class _Forms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    form: tuple[Form, ...]
    line: tuple[LineType, ...]


@cache
def _table() -> _Forms:
    path = paths.data() / "forms.toml"
    try:
        return msgspec.toml.decode(path.read_bytes(), type=_Forms)
    except (OSError, msgspec.MsgspecError) as error:
        raise ConfigError(
            tr("{path} cannot be read: {error}. Install the studio again.", path=path, error=error)
        ) from error


@cache
def forms() -> dict[str, Form]:
    """The forms by name, in the order of data/forms.toml: 绝句 and 律诗 are first."""
    return {form.name: form for form in _table().form}


@cache
def line_types() -> dict[str, LineType]:
    """The four types of line by letter: a and A, b and B."""
    return {line.name: line for line in _table().line}


def form_of(line_length: int, line_count: int, regulated: bool) -> str:
    """The name of the form that a poem of this shape has; empty if there is none."""
    for form in forms().values():
        if form.regulated == regulated and form.has_shape(line_length, line_count):
            return form.name
    return ""


@cache
def templates(line_length: int, line_count: int) -> tuple[Template, ...]:
    """The four templates of a regulated form: oblique or level start, first line rhyming or not.

    The start is the tone of the second character. The lines of a couplet are opposed (对): a with
    B, b with A. The first line of a couplet adheres to the line before it (粘): b to B, a to A.
    """
    found = []
    for start, pair in (
        (("仄起", "aA"), ("平起", "bB"))
        if line_length == 5
        else (
            ("仄起", "bB"),
            ("平起", "aA"),
        )
    ):
        pairs = (pair, "bB" if pair == "aA" else "aA")
        for rhyming, name in ((False, "首句不入韵"), (True, "首句入韵")):
            types = "".join(
                pairs[(at + 1) // 2 % 2][at % 2 or (at == 0 and rhyming)]
                for at in range(line_count)
            )
            found.append(Template(start + name, types))
    return tuple(found)


def form_named(name: str, *others: str) -> Form:
    """A form by its name (五绝) or its pinyin, with or without the ü (wulü, wulv, wulu).

    Raises ConfigError that lists the forms, and `others`, which the caller takes, too.
    """
    for form in forms().values():
        if name == form.name or searchable(name.strip()) == searchable(form.pinyin):
            return form
    known = tr(", ").join([*(f"{form.name} ({form.pinyin})" for form in forms().values()), *others])
    raise ConfigError(
        tr("There is no form called {name!r}. The forms are {known}.", name=name, known=known)
    )


def shape_of(lines: list[str]) -> str:
    """The name of a poem's shape, one of `SHAPES`.

    Four or eight lines of five or seven characters are 绝句 and 律诗. An even number of ten or more
    lines of five is 排律. Other poems in lines of at most nine characters are 古体. Whether a poem
    keeps the tones of such a form is decided by the scanner (scansion.py), not here.
    """
    lengths = {len(line) for line in lines}
    for form in forms().values():
        shape = ({form.line_length}, form.line_count)
        if form.regulated and form.fixed and shape == (lengths, len(lines)):
            return form.name
    if lengths == {5} and len(lines) >= 10 and len(lines) % 2 == 0:
        return "排律"
    if len(lines) >= 2 and max(lengths) <= 9:
        return "古体"
    return "other"
