"""The language that people read. English is the source text; the others are gettext catalogues.

The catalogues are in studio/locale: `zh/*.po` are written by hand, `zh/studio.mo` is made from them
by data/build_translations.py. Traditional Chinese is converted from the simplified text.

One process speaks one language, so it is a fact of the process, as a locale is. It is set once,
before any text is made.
"""

import gettext
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Literal

Language = Literal["en", "zh", "zh_TW"]

_CATALOGUE = Path(__file__).parent / "locale" / "zh" / "studio.mo"
# Regions that write traditional characters.
_TRADITIONAL = ("zh_tw", "zh_hk", "zh_mo", "zh_hant")

_language: Language = "en"
_catalogue: gettext.NullTranslations = gettext.NullTranslations()


def tr(message: str, **values: object) -> str:
    """The message in the language of the process, with its {placeholders} filled in.

    Without values it is not formatted: braces in it are text.
    """
    text = _convert(_catalogue.gettext(message)) if message else ""
    return text.format(**values) if values else text


def tr_n(singular: str, plural: str, count: int, **values: object) -> str:
    """The form of the message for a count, which is the value of {count}."""
    text = _convert(_catalogue.ngettext(singular, plural, count))
    return text.format(count=count, **values)


def marked(message: str) -> str:
    """The message itself: marks a constant that `tr` translates where it is shown."""
    return message


def use_language(language: Language) -> None:
    """Speak this language from now on."""
    global _language, _catalogue
    _language = language
    if language == "en":
        _catalogue = gettext.NullTranslations()
    else:
        with _CATALOGUE.open("rb") as file:
            _catalogue = gettext.GNUTranslations(file)


def language() -> Language:
    """The language of the process."""
    return _language


def language_for(setting: str, environment: Mapping[str, str]) -> Language:
    """The language for a setting: "en", "zh", or "auto" for that of the locale."""
    locale = next(filter(None, map(environment.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    named = locale.replace("-", "_").lower()
    if setting == "en" or (setting == "auto" and not named.startswith("zh")):
        return "en"
    return "zh_TW" if named.startswith(_TRADITIONAL) else "zh"


def _convert(text: str) -> str:
    return _traditional()(text) if _language == "zh_TW" else text


@cache
def _traditional() -> Callable[[str], str]:
    # Imported here: only few people need it.
    from opencc import OpenCC

    return cache(OpenCC("s2tw").convert)
