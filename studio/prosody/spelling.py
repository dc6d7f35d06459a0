"""How pinyin is spelled by those who search for it."""

import unicodedata


def searchable(text: str) -> str:
    """Pinyin and other text as it is searched for: small letters, no tones, ü and v as u.

    qīlǜ, qilü, qilv and qilu are the same then.
    """
    parts = unicodedata.normalize("NFD", text.casefold())
    return "".join(each for each in parts if not unicodedata.combining(each)).replace("v", "u")
