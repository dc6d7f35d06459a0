"""Traditional and simplified characters, through OpenCC."""

from functools import cache

from opencc import OpenCC

from studio.corpus.poem import is_common


@cache
def _converter(name: str) -> OpenCC:
    return OpenCC(name)


def simplified(text: str) -> str:
    """Convert to simplified characters, one for one, except forms that few fonts have.

    A simplified form such as 𬬻 for 鑪 is often not displayed, so the character stays as it is.
    """
    pairs = zip(text, fully_simplified(text), strict=True)
    return "".join(
        before if after != before and is_common(before) and not is_common(after) else after
        for before, after in pairs
    )


def fully_simplified(text: str) -> str:
    """Convert all characters to simplified ones, one for one. The splits depend on it.

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


def variants(character: str) -> list[str]:
    """Other forms of a character: simplified, traditional, and the standard form of a variant."""
    found: list[str] = []
    for name in ("t2s", "s2t", "hk2s", "jp2t", "tw2s"):
        other = str(_converter(name).convert(character))
        for form in (other, simplified(other)):
            if len(form) == 1 and form != character and form not in found:
                found.append(form)
    return found


def _same_length(character: str) -> str:
    converted = str(_converter("t2s").convert(character))
    return converted if len(converted) == 1 else character
