"""The modern pronunciation of a poem, in pinyin. Imports pypinyin only when it is needed."""

from itertools import groupby

from studio.corpus.poem import is_han


def in_pinyin(text: str) -> tuple[str, ...]:
    """The modern reading of each character with its tone mark, chosen by the words around it.

    Empty for anything but a Chinese character. Modern readings may not show the old rhymes.
    """
    from pypinyin import Style, lazy_pinyin

    found: list[str] = []
    for han, characters in groupby(text, is_han):
        run = "".join(characters)
        found += lazy_pinyin(run, style=Style.TONE) if han else [""] * len(run)
    return tuple(found)
