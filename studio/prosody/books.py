"""The rhyme books to choose from: 平水韵, and groupings of its rhymes or of the finals of today."""

from collections.abc import Callable
from functools import cache

import msgspec

from studio import paths
from studio.errors import ConfigError
from studio.prosody.rhymes import (
    PINGSHUI,
    RHYMES,
    Entries,
    Reading,
    ReadingShare,
    ReadingShares,
    RhymeBook,
    Tone,
    rare_readings,
    read_lists,
    reading_shares,
    rhyme_only,
)
from studio.translation import tr

_MODERN_TONES: tuple[Tone, ...] = ("平", "上", "去")


class _Grouping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rhyme book as rhymes that take in others; data/rhyme_books.toml explains the fields."""

    key: str
    name: str
    file: str
    rhymes: dict[str, str]
    splits: str = ""
    old_tones: bool = False

    def entries(self) -> Entries:
        """The readings of each character in this book."""
        found: dict[str, dict[Reading, None]] = {}
        regrouped = self._regrouping()
        for tone, rhyme, _, characters in _lists(self.file):
            for character in characters:
                if name := regrouped(tone, rhyme, character):
                    found.setdefault(character, {})[Reading(tone, name)] = None
        return {character: tuple(each) for character, each in found.items()}

    def shares(self) -> ReadingShares:
        """How often a character has each of its readings in this book, for one with old tones."""
        found: ReadingShares = {}
        regrouped = self._regrouping()
        for character, its in reading_shares().items():
            own = found.setdefault(character, {})
            for (tone, rhyme), (share, words) in its.items():
                reading = Reading(tone, regrouped(tone, rhyme, character))
                before = own.get(reading, ReadingShare(0.0, ()))
                own[reading] = ReadingShare(before.share + share, before.words + words)
        return found

    def _regrouping(self) -> Callable[[Tone, str, str], str]:
        """What gives the rhyme of this book for a character of a rhyme in its file; "" for none."""
        taken_in = self._taken_in()
        elsewhere = {
            (tone, rhyme, character): group
            for tone, rhyme, group, characters in _lists(self.splits)
            for character in characters
        }

        def regrouped(tone: Tone, rhyme: str, character: str) -> str:
            group = taken_in.get((tone, rhyme), "")
            return elsewhere.get((tone, rhyme, character), group) if group else ""

        return regrouped

    def _taken_in(self) -> dict[tuple[Tone, str], str]:
        """The rhyme of this book for each tone and rhyme, or tone and final, of its file."""
        found: dict[tuple[Tone, str], str] = {}
        for name, members in self.rhymes.items():
            for member in members.split():
                if self.old_tones:
                    tone: Tone = next(each for each in RHYMES if each == member[0])
                    found.update({(tone, rhyme): name for rhyme in member[1:]})
                else:
                    found.update({(tone, member): name for tone in _MODERN_TONES})
        return found


class _Groupings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    book: tuple[_Grouping, ...]


@cache
def rhyme_books() -> dict[str, RhymeBook]:
    """The rhyme books by key: pingshui, cilin, tongyun, xinyun."""
    path = paths.data() / "rhyme_books.toml"
    try:
        table = msgspec.toml.decode(path.read_bytes(), type=_Groupings)
    except (OSError, msgspec.MsgspecError) as error:
        raise ConfigError(
            tr("{path} cannot be read: {error}. Install the studio again.", path=path, error=error)
        ) from error
    books = [
        RhymeBook(
            each.key,
            each.name,
            cache(each.entries),
            tuple(each.rhymes),
            rhyme_only if each.old_tones else dict,
            rare_readings=rare_readings if each.old_tones else dict,
            shares=cache(each.shares) if each.old_tones else dict,
            joins_oblique=True,
        )
        for each in table.book
    ]
    return {each.key: each for each in (PINGSHUI, *books)}


def rhyme_book_named(name: str) -> RhymeBook:
    """A rhyme book by key (cilin) or name (词林正韵); raises ConfigError that lists them."""
    for book in rhyme_books().values():
        if name in (book.key, book.name):
            return book
    known = tr(", ").join(f"{each.key} ({each.name})" for each in rhyme_books().values())
    raise ConfigError(
        tr(
            "There is no rhyme book called {name!r}. The rhyme books are {known}.",
            name=name,
            known=known,
        )
    )


def _lists(name: str) -> list[tuple[Tone, str, str, str]]:
    return [line for _, line in read_lists(paths.data() / name)] if name else []
