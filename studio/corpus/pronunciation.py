"""How a poem is read aloud today, in pinyin. Imports pypinyin only when a poem is read."""

from itertools import groupby

from studio.corpus.poem import is_han


def in_pinyin(text: str) -> tuple[str, ...]:
    """The reading of each character with its tone mark, as the words around it suggest.

    Empty for what is no Chinese character. Modern readings: they need not keep the old rhymes.
    """
    from pypinyin import Style, lazy_pinyin

    found: list[str] = []
    for han, characters in groupby(text, is_han):
        run = "".join(characters)
        found += lazy_pinyin(run, style=Style.TONE) if han else [""] * len(run)
    return tuple(found)
