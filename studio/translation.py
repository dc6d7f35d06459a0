"""The language that people read. English is the source text; the others are gettext catalogues.

The catalogues are in studio/locale: `zh/*.po` are written by hand, `zh/studio.mo` is made from them
by data/build_translations.py. Traditional Chinese is converted from the simplified text.

One process speaks one language, so it is a fact of the process, as a locale is. It can change:
a text of `tr` knows its message, and `again` gives it in the current language. Only a report has a
language of its own: `translator`.
"""

import gettext
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Literal, SupportsIndex

Language = Literal["en", "zh", "zh_TW"]
Translate = Callable[..., str]

_CATALOGUE = Path(__file__).parent / "locale" / "zh" / "studio.mo"
# Regions that write traditional characters.
_TRADITIONAL = ("zh_tw", "zh_hk", "zh_mo", "zh_hant")

_language: Language = "en"


class Translated(str):
    """A text with what it was made of: message, plural ("" for none), and values."""

    __slots__ = ("message", "plural", "values")

    message: str
    plural: str
    values: Mapping[str, object]

    def __new__(cls, message: str, plural: str, values: Mapping[str, object]) -> "Translated":
        """The text in the language of the process."""
        text = super().__new__(cls, _say(_language, message, plural, values))
        text.message, text.plural, text.values = message, plural, values
        return text

    def __str__(self) -> str:
        # Keeps it what it is in an error's text, and where a value is formatted.
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[type[str], tuple[str]]:
        return str, (plain(self),)


def tr(message: str, **values: object) -> str:
    """The message in the language of the process, with its {placeholders} filled in.

    Without values it is not formatted: braces in it are text.
    """
    return Translated(message, "", values)


def tr_n(singular: str, plural: str, count: int, **values: object) -> str:
    """The form of the message for a count, which is the value of {count}."""
    return Translated(singular, plural, {"count": count, **values})


def again(text: str) -> str:
    """A text of `tr` or `tr_n` in the language of now; any other is returned unchanged."""
    if not isinstance(text, Translated):
        return text
    values = {
        name: again(value) if isinstance(value, str) else value
        for name, value in text.values.items()
    }
    return Translated(text.message, text.plural, values)


def plain(text: object) -> str:
    """A text of `tr` as a plain str: msgspec encodes no other (its `enc_hook`)."""
    if isinstance(text, Translated):
        return str.__str__(text)
    raise NotImplementedError(f"{type(text).__name__} is not encoded")


def marked(message: str) -> str:
    """The message itself: marks a constant that `tr` translates where it is shown."""
    return message


def translator(language: Language) -> Translate:
    """`tr` in a language that need not be that of the process."""

    def text(message: str, /, **values: object) -> str:
        return _say(language, message, "", values)

    return text


def use_language(language: Language) -> None:
    """Speak this language from now on."""
    global _language
    _language = language


def language() -> Language:
    """The language of the process."""
    return _language


def as_option() -> str:
    """The language of the process as `--language` takes it; the locale says the script."""
    return "en" if _language == "en" else "zh"


def language_for(setting: str, environment: Mapping[str, str]) -> Language:
    """The language for a setting: "en", "zh", or "auto" for that of the locale."""
    locale = next(filter(None, map(environment.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    named = locale.replace("-", "_").lower()
    if setting == "en" or (setting == "auto" and not named.startswith("zh")):
        return "en"
    return "zh_TW" if named.startswith(_TRADITIONAL) else "zh"


def _say(language: Language, message: str, plural: str, values: Mapping[str, object]) -> str:
    catalogue = _catalogue(language != "en")
    if plural:
        count = values["count"]
        assert isinstance(count, int)
        text = catalogue.ngettext(message, plural, count)
    else:
        text = catalogue.gettext(message) if message else ""
    if language == "zh_TW":
        text = _traditional()(text)
    return text.format(**values) if values else text


@cache
def _catalogue(is_chinese: bool) -> gettext.NullTranslations:
    if not is_chinese:
        return gettext.NullTranslations()
    with _CATALOGUE.open("rb") as file:
        return gettext.GNUTranslations(file)


@cache
def _traditional() -> Callable[[str], str]:
    # Imported here: only few people need it.
    from opencc import OpenCC

    return cache(OpenCC("s2tw").convert)
