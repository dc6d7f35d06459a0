"""The verse forms (诗体): their shape, and the tone templates of the regulated ones."""

from functools import cache

import msgspec

from studio import paths
from studio.errors import ConfigError
from studio.prosody.spelling import searchable

# How a poem's shape is called in the library; tones and rhyme are not looked at here.
SHAPES = ("五绝", "七绝", "五律", "七律", "排律", "古体", "other")


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A form of verse.

    `line_lengths` are the characters a line may have, `usual` the lines of a poem where nothing
    else is said; `least_lines` to `most_lines` may stand, any number where `most_lines` is 0.
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
        """The characters of a line that is written."""
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
        """Whether a poem of that shape may be of this form."""
        return (
            line_length in self.line_lengths
            and self.least_lines <= line_count <= (self.most_lines or line_count)
            and not (self.regulated and line_count % 2)
        )


class LineType(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A type of line, five characters long: 平 level, 仄 oblique, 中 either.

    `rescue` is another pattern that passes (拗救), `tolerated` one that the Tang poets allowed
    themselves (拗), `answered` one that passes where the next line makes up for it (对句拗救) by
    its `answer` or its rescue; `seven` is what seven characters put before.
    """

    name: str
    pattern: str
    seven: str
    rescue: str = ""
    tolerated: str = ""
    answered: str = ""
    answer: str = ""

    def patterns(self, line_length: int) -> tuple[str, ...]:
        """The pattern in lines of five or seven, and after it the rescue if there is one."""
        return self._as_long(line_length, self.pattern, self.rescue)

    def tang_patterns(self, line_length: int) -> tuple[str, ...]:
        """Those, and after them one that is tolerated or answers the line before, if there is."""
        return self._as_long(line_length, self.pattern, self.rescue, self.tolerated, self.answer)

    def answered_patterns(self, line_length: int) -> tuple[str, ...]:
        """The pattern that passes where the next line answers it, if there is one."""
        return self._as_long(line_length, self.answered)

    def answering_pattern(self, line_length: int) -> str:
        """The pattern, no rescue, that makes up for the line before; only B has one."""
        return self._as_long(line_length, self.answer)[0]

    def _as_long(self, line_length: int, *patterns: str) -> tuple[str, ...]:
        before = self.seven if line_length == 7 else ""
        return tuple(before + each for each in patterns if each)


class Template(msgspec.Struct, frozen=True):
    """One way to set the tones of a regulated poem: its name, and the type of each line."""

    name: str
    types: str

    def patterns(self, line_length: int) -> tuple[str, ...]:
        """The tones that each line requires, rescues left out."""
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
        raise ConfigError(f"{path} cannot be read: {error}. Install the studio again.") from error


@cache
def forms() -> dict[str, Form]:
    """The forms by name, in the order of data/forms.toml: 绝句 and 律诗 come first."""
    return {form.name: form for form in _table().form}


@cache
def line_types() -> dict[str, LineType]:
    """The four types of line by their letter: a and A, b and B."""
    return {line.name: line for line in _table().line}


def form_of(line_length: int, line_count: int, regulated: bool) -> str:
    """Name the form of a poem of this shape; empty where there is none."""
    for form in forms().values():
        if form.regulated == regulated and form.has_shape(line_length, line_count):
            return form.name
    return ""


@cache
def templates(line_length: int, line_count: int) -> tuple[Template, ...]:
    """The four templates of a regulated form: oblique or level start, first line rhyming or not.

    The start is the tone of the second character. The lines of a couplet are opposed (对): a with
    B, b with A. Between couplets the next line adheres to the one before (粘): B to b, A to a.
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


def form_named(name: str) -> Form:
    """Look a form up by its name (五绝) or its pinyin, with or without the ü (wulü, wulv, wulu)."""
    for form in forms().values():
        if name == form.name or searchable(name.strip()) == searchable(form.pinyin):
            return form
    known = ", ".join(f"{form.name} ({form.pinyin})" for form in forms().values())
    raise ConfigError(f"There is no form called {name!r}. The forms are {known}.")


def shape_of(lines: list[str]) -> str:
    """Name a poem by its shape alone, one of `SHAPES`.

    Four or eight lines of five or seven are 绝句 and 律诗; ten or more lines of five in couplets
    are called 排律; other poems in lines of at most nine characters are 古体. Whether a poem keeps
    the tones that these names promise is for the scanner to say.
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
