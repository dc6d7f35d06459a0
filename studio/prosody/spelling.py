"""Pinyin as people type it in a search."""

import unicodedata


def searchable(text: str) -> str:
    """The text in small letters, without tone marks, with ü and v as u.

    qīlǜ, qilü, qilv and qilu become equal.
    """
    parts = unicodedata.normalize("NFD", text.casefold())
    return "".join(each for each in parts if not unicodedata.combining(each)).replace("v", "u")
