"""Couplets (对联) in files: in one row, or the halves in two rows between blank ones."""

from collections.abc import Sequence

from studio.corpus.poem import STOPS, verse_lines
from studio.corpus.poems_in_files import Readable
from studio.prosody.couplet import BETWEEN_HALVES, ends_as_couplet, scan_couplet


def joined_halves(poems: Sequence[Readable]) -> list[Readable]:
    """The couplets; two rows between blank ones are the halves of one if they are as long."""
    found: list[Readable] = []
    rows = {poem.row for poem in poems}
    for poem in poems:
        alone = poem.row - 1 in rows and rows.isdisjoint({poem.row - 2, poem.row + 1})
        if alone and found and _face_each_other(found[-1], poem):
            upper = found.pop()
            text = upper.text.rstrip(STOPS) + BETWEEN_HALVES + poem.text
            found.append(Readable(upper.title, upper.author, text, upper.row))
        else:
            found.append(poem)
    return found


def has_halves(poem: Readable) -> bool:
    """Whether the halves of a poem, with ； between them, end as those of a couplet do."""
    halves = [verse_lines(half) for half in poem.text.split(BETWEEN_HALVES)]
    return (
        len(halves) == 2
        and _lengths(halves[0]) == _lengths(halves[1])
        and "。" not in poem.text[:-1]
        and ends_as_couplet(poem.lines)
    )


def _face_each_other(upper: Readable, lower: Readable) -> bool:
    """Whether two rows are as long, and not each a couplet without a fault by itself."""
    whole = all(
        len(each.lines) % 2 == 0 and not scan_couplet(each.lines).broken for each in (upper, lower)
    )
    return _lengths(upper.lines) == _lengths(lower.lines) and not whole and not lower.title


def _lengths(lines: Sequence[str]) -> list[int]:
    return [*map(len, lines)]
