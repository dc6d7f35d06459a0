"""Offers for a fault: characters that clear it in one place and raise no other fault."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import msgspec

from studio.prosody.reading_taken import reading_taken
from studio.prosody.report import Character, Remark, Scansion
from studio.prosody.rhymes import RhymeBook

# Candidates for a place that the fault does not name.
_TRIED = 300

Scan = Callable[[Sequence[str]], Scansion]
# The candidates for a line and a place in it, the best first.
Candidates = Callable[[int, int], Iterable[str]]


class Offer(msgspec.Struct, frozen=True):
    """A character that clears a fault if it is put into a place; both count from 0."""

    line: int
    place: int
    character: str

    def put_into(self, lines: Sequence[str]) -> list[str]:
        """The lines with the character in its place."""
        changed = list(lines)
        line = changed[self.line]
        changed[self.line] = line[: self.place] + self.character + line[self.place + 1 :]
        return changed


class LineOffer(msgspec.Struct, frozen=True):
    """One or two whole lines that clear a fault in the place of those from `line`, from 0."""

    line: int
    texts: tuple[str, ...]

    def put_into(self, lines: Sequence[str]) -> list[str]:
        """The lines with these in their place."""
        return [*lines[: self.line], *self.texts, *lines[self.line + len(self.texts) :]]


def offers(
    lines: Sequence[str],
    fault: Remark,
    scan: Scan,
    book: RhymeBook,
    candidates: Candidates,
    count: int,
) -> list[Offer]:
    """At most `count` offers for each place that can clear the fault, as the candidates come.

    All places of the poem are tried: a rescue, the other line of a couplet, and a character that
    is repeated may be anywhere. In places that the fault does not name only the first `_TRIED`
    candidates are. The list is empty for a fault that takes more than one character.

    `scan` scans the lines under the rules of the poem, and each offer has passed it: what the poem
    has with it are its other faults, or fewer, in the same form. Characters with the same readings
    are scanned once, except those that are in the poem, since only they can be repeated. No offer
    rests on a reading that its character seldom has.
    """
    search = _Search(lines, scan(lines), fault, scan, book)
    return [
        offer
        for line, text in enumerate(lines)
        for place in range(len(text))
        for offer in islice(search.clearing(line, place, candidates(line, place)), count)
    ]


def line_offers(
    lines: Sequence[str], fault: Remark, scan: Scan, candidates: Iterable[LineOffer]
) -> list[LineOffer]:
    """The candidates that clear the fault and raise none, each once."""
    before = scan(lines)
    return [
        offer
        for offer in dict.fromkeys(candidates)
        if clears(before, scan(offer.put_into(lines)), fault)
    ]


def clears(before: Scansion, after: Scansion, fault: Remark) -> bool:
    """Whether a change has cleared a fault and raised none, and the poem is measured as before."""
    others = Counter(map(_identity, before.faults)) - Counter([_identity(fault)])
    return (after.form, after.regulated) == (before.form, before.regulated) and Counter(
        map(_identity, after.faults)
    ) <= others


def _identity(fault: Remark) -> tuple[str, int, int]:
    return fault.name, fault.line, fault.start


class _Search(NamedTuple):
    lines: Sequence[str]
    before: Scansion
    fault: Remark
    scan: Scan
    book: RhymeBook

    def clearing(self, line: int, place: int, candidates: Iterable[str]) -> Iterator[Offer]:
        """The candidates for a place that clear the fault, in their order."""
        present = set("".join(self.lines))
        named = line == self.fault.line and self.fault.start <= place < self.fault.end
        # What the scanner makes of a character that clears the fault; None if it does not.
        cleared: dict[Hashable, tuple[Character, str] | None] = {}
        for character in candidates if named else islice(candidates, _TRIED):
            if character in present or not self.book.readings(character):
                continue
            offer = Offer(line, place, character)
            alike = self._sound(line, place, character)
            if alike not in cleared:
                after = self.scan(offer.put_into(self.lines))
                scanned = after.lines[line]
                ending = place == len(scanned.characters) - 1
                cleared[alike] = (
                    (scanned.characters[place], scanned.rhyme if ending else "")
                    if clears(self.before, after, self.fault)
                    else None
                )
            found = cleared[alike]
            if found and not self._is_seldom(offer, *found):
                yield offer

    def _is_seldom(self, offer: Offer, alike: Character, rhyme: str) -> bool:
        """Whether an offer rests on a rare reading; `alike` is scanned in its place."""
        own = self.book.readings(offer.character)
        names = tuple(map("".join, own))
        scanned = msgspec.structs.replace(alike, character=offer.character, readings=names)
        names_taken = reading_taken(scanned, rhyme, "", self.book).readings
        taken = [each for each in own if "".join(each) in names_taken]
        line = self.lines[offer.line]
        before, after = line[: offer.place][-1:], line[offer.place + 1 :][:1]
        if rhyme:
            return all(self.book.seldom_rhymes(offer.character, each, before) for each in taken)
        return self.book.seldom_read(offer.character, taken, before, after) or self.book.is_rare(
            offer.character, alike.required, before, after
        )

    def _sound(self, line: int, place: int, character: str) -> Hashable:
        """What the scanner knows of a character in a place: its tones, at the end its rhymes."""
        tones = frozenset(each.level for each in self.book.unrhymed_readings(character))
        ending = place == len(self.lines[line]) - 1
        return tones, self.book.readings(character) if ending else ()
