"""Make studio/locale/zh/studio.mo from the .po files beside it, and name what is not translated.

Needs Babel, of the extra `test`. Run it from the root: python data/build_translations.py
"""

import sys
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from studio.files import write_atomically

STUDIO = Path(__file__).parents[1] / "studio"
FOLDER = STUDIO / "locale" / "zh"
KEYWORDS = {"tr": None, "tr_n": (1, 2), "marked": None}
# In a report a function `text` translates.
IN_REPORTS = KEYWORDS | {"text": None}
_DATE = datetime(2026, 1, 1, tzinfo=UTC)
# A message, or its singular and plural.
Message = str | tuple[str, ...]


def messages_in_code() -> dict[Message, str]:
    """All messages of the program, with the place of each."""
    found: dict[Message, str] = {}
    for folder, keywords in ((STUDIO, KEYWORDS), (STUDIO / "report", IN_REPORTS)):
        for name, line, message, *_ in extract_from_dir(folder, keywords=keywords, comment_tags=()):
            found.setdefault(message, f"{folder / name}:{line}")
    return found


def translations() -> Catalog:
    """All .po files as one catalogue; the first translation of a message counts."""
    # With the time of now the same messages would make another file.
    whole = Catalog(
        locale="zh", charset="utf-8", fuzzy=False, creation_date=_DATE, revision_date=_DATE
    )
    for path in sorted(FOLDER.glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale="zh"):
                if message.id and message.id not in whole:
                    whole.add(message.id, message.string)
    return whole


def main() -> None:
    """Write the catalogue; exit with 1 if it does not fit the code."""
    code, catalogue = messages_in_code(), translations()
    translated = {message.id for message in catalogue if message.id and any(message.string)}
    content = BytesIO()
    write_mo(content, catalogue)
    write_atomically(FOLDER / "studio.mo", content.getvalue())
    missing = [
        f"{place}: not translated: {message!r}"
        for message, place in code.items()
        if message not in translated
    ]
    unused = [f"not in the code: {each!r}" for each in translated if each not in code]
    account = f"{len(translated)} messages, {len(missing)} missing, {len(unused)} not in the code"
    sys.stdout.write("\n".join([*missing, *unused, account, ""]))
    sys.exit(bool(missing or unused))


if __name__ == "__main__":
    main()
