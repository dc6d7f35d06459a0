"""The verse forms (诗体) by their shape: characters a line and lines."""

from functools import cache

import msgspec

from studio import paths
from studio.errors import ConfigError

# How a poem's shape is called in the library; tones and rhyme are not looked at here.
SHAPES = ("五绝", "七绝", "五律", "七律", "排律", "古体", "other")


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A form that the studio can write."""

    name: str
    pinyin: str
    line_length: int
    line_count: int


class _Forms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    form: tuple[Form, ...]


@cache
def forms() -> dict[str, Form]:
    """The forms of data/forms.toml by name, in that order."""
    path = paths.data() / "forms.toml"
    try:
        table = msgspec.toml.decode(path.read_bytes(), type=_Forms)
    except (OSError, msgspec.MsgspecError) as error:
        raise ConfigError(f"{path} cannot be read: {error}. Install the studio again.") from error
    return {form.name: form for form in table.form}


def form_named(name: str) -> Form:
    """Look a form up by its name (五绝) or its pinyin, with or without the ü (wulü, wulv, wulu)."""
    for form in forms().values():
        if name == form.name or _plain(name) == _plain(form.pinyin):
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
        if lengths == {form.line_length} and len(lines) == form.line_count:
            return form.name
    if lengths == {5} and len(lines) >= 10 and len(lines) % 2 == 0:
        return "排律"
    if len(lines) >= 2 and max(lengths) <= 9:
        return "古体"
    return "other"


def _plain(pinyin: str) -> str:
    return pinyin.strip().lower().replace("ü", "u").replace("v", "u")
