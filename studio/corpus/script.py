"""Traditional and simplified characters, through OpenCC, and one form for each character."""

from functools import cache

from opencc import OpenCC

from studio import paths
from studio.corpus.poem import is_common
from studio.errors import ConfigError
from studio.translation import tr


@cache
def _converter(name: str) -> OpenCC:
    return OpenCC(name)


@cache
def standard_forms() -> dict[str, str]:
    """The variants of data/variants.txt, each with its standard form: 劒 -> 劍, 疎 -> 疏."""
    path = paths.data() / "variants.txt"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            tr(
                "{path} cannot be read: {reason}. Install the studio again.",
                path=path,
                reason=error,
            )
        ) from error
    families = (line.split(" ") for line in lines if line and not line.startswith("#"))
    return {variant: form for form, its in families for variant in its}


@cache
def _table() -> dict[int, str]:
    return str.maketrans(standard_forms())


def folded(text: str) -> str:
    """The text with the standard form of each variant, one character for one."""
    return text.translate(_table())


def simplified(text: str) -> str:
    """Fold variants, and convert to simplified characters, one for one.

    A simplified form such as 𫛸 for 鵷 is often not displayed: such a character is not converted.
    """
    text = folded(text)
    pairs = zip(text, fully_simplified(text), strict=True)
    return "".join(
        before if after != before and is_common(before) and not is_common(after) else after
        for before, after in pairs
    )


def fully_simplified(text: str) -> str:
    """Convert all characters to simplified ones, one for one. The splits depend on it.

    Variants are not folded: what is split stays split as it was before there was a table of them.

    If a traditional character has two simplified forms, the phrase decides (乾坤, 干枯). If a
    phrase changes the length, the characters are converted one by one instead.
    """
    converted = str(_converter("t2s").convert(text))
    if len(converted) == len(text):
        return converted
    return "".join(_same_length(character) for character in text)


def traditional(text: str) -> str:
    """Convert to traditional characters, one for one, each in its most usual form."""
    converted = (str(_converter("s2t").convert(character)) for character in text)
    return "".join(
        form if len(form) == 1 else character
        for form, character in zip(converted, text, strict=True)
    )


def traditional_phrase(text: str) -> str:
    """Convert to traditional characters, one for one, as the phrase decides (頭髮, 發現)."""
    converted = str(_converter("s2t").convert(text))
    return converted if len(converted) == len(text) else traditional(text)


def variants(character: str) -> list[str]:
    """Other forms of a character: simplified, traditional, and the standard form of a variant."""
    found: list[str] = []
    converted = (
        str(_converter(name).convert(character)) for name in ("t2s", "s2t", "hk2s", "jp2t", "tw2s")
    )
    for other in (*converted, folded(character)):
        for form in (other, simplified(other)):
            if len(form) == 1 and form != character and form not in found:
                found.append(form)
    return found


def _same_length(character: str) -> str:
    converted = str(_converter("t2s").convert(character))
    return converted if len(converted) == 1 else character
