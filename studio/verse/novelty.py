"""Whether written text is copied from the corpus: an index of the library's characters.

A poem is indexed as its Chinese characters without stops. So a span may cross the end of a line: a
couplet copied with other punctuation still counts as copied. Only a *line* is a whole line between
stops. Simplified and traditional forms of a character count as the same, so that a poem in one
script is found in a library in the other.

The index sorts all places of the corpus by the four characters that begin there. Each key is one
64-bit number of four 16-bit character codes, so it is exact, not a hash. Longer spans are compared
with the text itself. The index is built from the library within seconds at first use, and saved
next to it.
"""

import contextlib
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from studio.corpus.library import Library
from studio.corpus.poem import STOPS, Poem, is_han, verse_lines
from studio.corpus.script import simplified
from studio.files import write_atomically
from studio.verse.reading import CopiedSpan

# The number of characters in a key, and the bits of each.
GRAM, _BITS = 4, 16
# A character that is less often in the corpus is rare.
RARE = 200
# Codes: 0 separates the poems; the last one is for characters that are not in the corpus.
_SEPARATOR, _UNKNOWN = 0, 2**_BITS - 1
_VERSION = 1
# The type names of the safetensors format.
_TYPES = {"U16": np.uint16, "U32": np.uint32, "U64": np.uint64, "I32": np.int32}


class _Index(msgspec.Struct, frozen=True):
    """The arrays on disk; the poems of the training split come first.

    `text` (places,): the character codes, with a 0 after each poem. `lines` (places,): the length
    of the line that begins at a place, 0 within lines. `keys`: the sorted four-character keys.
    `order`: the place of each key. `starts` and `poems` (poems,): where each poem begins, and its
    id. `characters` and `codes`: the alphabet. `training` (1,): where the training split ends.
    """

    text: NDArray[np.uint16]
    lines: NDArray[np.uint16]
    keys: NDArray[np.uint64]
    order: NDArray[np.int32]
    starts: NDArray[np.int32]
    poems: NDArray[np.int32]
    characters: NDArray[np.uint32]
    codes: NDArray[np.uint16]
    training: NDArray[np.int32]


class Novelty:
    """The index of a library, opened for reading. Only one thread may use it at a time."""

    def __init__(self, library: Library, index: _Index, split: Literal["train"] | None) -> None:
        self._library = library
        self._index = index
        # Places from here on are outside the requested split.
        self._end = int(index.training[0]) if split else len(index.text)
        pairs = zip(index.characters.tolist(), index.codes.tolist(), strict=True)
        self._code = {chr(character): code for character, code in pairs}

    @classmethod
    def open(cls, library: Path, split: Literal["train"] | None = None) -> "Novelty":
        """Open the index of the library at a path, for all poems or only the training split.

        If there is no index of exactly this library, it is built and saved next to the library. If
        it cannot be saved, it is only used this time. Raises CorpusError if there is no library.
        """
        # Taken before opening: if the library is replaced meanwhile, the index will not pass for
        # one of the new file.
        identity = _identity(library)
        opened = Library.open(library)
        try:
            index_file = library.with_suffix(".novelty")
            index = _read(index_file, identity)
            if index is None:
                index = _build(opened.poems())
                with contextlib.suppress(OSError):
                    write_atomically(
                        index_file, save(msgspec.structs.asdict(index), {"of": identity})
                    )
            return cls(opened, index, split)
        except BaseException:
            opened.close()
            raise

    @classmethod
    def find(cls, library: Path, split: Literal["train"] | None = None) -> "Novelty | None":
        """Open the index; None if there is no library."""
        return cls.open(library, split) if library.is_file() else None

    def __enter__(self) -> "Novelty":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the library."""
        self._library.close()

    def copied(self, text: str) -> tuple[bool, ...]:
        """For each window of four Chinese characters in `text`, whether a poem contains it.

        Stops are left out.
        """
        first, last = self._ranges(self._encoded(_han(text)), GRAM)
        # The places of one key are sorted: if the first is outside the split, all are.
        places = self._index.order.take(first, mode="clip")
        return tuple(((first < last) & (places < self._end)).tolist())

    def firmness(self, text: str) -> float:
        """How firmly neighbouring characters of a text belong together, in nats.

        This is the mean pointwise mutual information of the pairs within its lines, by how often
        the corpus has them; a pair that it has not counts as 0. 0 if there is no pair.
        """
        found = []
        for line in verse_lines(text):
            codes = self._encoded(line)
            alone, pairs = self._counts(codes, 1), self._counts(codes, 2)
            chance = alone[:-1] * alone[1:] / len(self._index.order)
            found += [math.log(n / c) if n else 0.0 for n, c in zip(pairs, chance, strict=True)]
        return sum(found) / len(found) if found else 0.0

    def rare_share(self, text: str) -> float:
        """The share of the characters of a text that the corpus has less than `RARE` times."""
        counts = self._counts(self._encoded(_han(text)), 1)
        return float((counts < RARE).mean()) if len(counts) else 0.0

    def spans(self, text: str, min_length: int = GRAM) -> tuple[CopiedSpan, ...]:
        """The longest spans of at least `min_length` characters that are in a poem, in their order.

        No span is inside another, but two may overlap if they are from different poems. The bounds
        of a span are positions in `text`, which has stops.
        """
        han_positions = [at for at, character in enumerate(text) if is_han(character)]
        codes = self._encoded("".join(text[at] for at in han_positions))
        size = min(min_length, GRAM)
        first, last = self._ranges(codes, size)
        found, end = [], 0
        for start in np.flatnonzero(first < last).tolist():
            # A new span must end after the last one.
            length = max(min_length, end - start + 1)
            if start + length > len(codes):
                break
            places = self._in_split(self._index.order[first[start] : last[start]])
            places = self._matching(places, codes[start : start + length], size)
            if not len(places):
                continue
            while start + length < len(codes):
                longer = places[self._characters_after(places, length) == codes[start + length]]
                if not len(longer):
                    break
                places, length = longer, length + 1
            end = start + length
            found.append(
                self._span(han_positions[start], han_positions[end - 1] + 1, int(places.min()))
            )
        return tuple(found)

    def is_line(self, line: str) -> bool:
        """Whether this is a whole line of a poem."""
        places = self._places(self._encoded(line))
        return line != "" and bool((self._index.lines[places] == len(line)).any())

    def _encoded(self, text: str) -> NDArray[np.uint16]:
        return np.array([self._code.get(each, _UNKNOWN) for each in text], dtype=np.uint16)

    def _places(self, codes: NDArray[np.uint16]) -> NDArray[np.int32]:
        """The places where these characters are, in no particular order."""
        size = min(len(codes), GRAM)
        if size == 0:
            return self._in_split(self._index.order)
        first, last = self._ranges(codes[:size], size)
        return self._matching(self._in_split(self._index.order[first[0] : last[0]]), codes, size)

    def _ranges(self, codes: NDArray[np.uint16], size: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """For each window of `size` (1 to 4), the range of the sorted keys that begin with it."""
        keys = _keys(codes, size) if len(codes) >= size else np.empty(0, np.uint64)
        rest = np.uint64(_BITS * (GRAM - size))
        first = self._index.keys.searchsorted(keys << rest)
        last = self._index.keys.searchsorted((keys << rest) + ((np.uint64(1) << rest) - 1), "right")
        return first, last

    def _counts(self, codes: NDArray[np.uint16], size: int) -> NDArray[np.int64]:
        """How often the corpus has each window of `size` (1 to 4) characters."""
        first, last = self._ranges(codes, size)
        counts: NDArray[np.int64] = last - first
        return counts

    def _in_split(self, places: NDArray[np.int32]) -> NDArray[np.int32]:
        """The places that are in the requested split."""
        return places if self._end == len(self._index.text) else places[places < self._end]

    def _matching(
        self, places: NDArray[np.int32], codes: NDArray[np.uint16], known: int
    ) -> NDArray[np.int32]:
        """The places that match all of `codes`; all of them match the first `known` characters."""
        for at in range(known, len(codes)):
            places = places[self._characters_after(places, at) == codes[at]]
        return places

    def _characters_after(self, places: NDArray[np.int32], distance: int) -> NDArray[np.uint16]:
        """The characters `distance` after the places, which match up to there.

        A match stays within its poem, and the text ends with a separator. So no index is out of
        range.
        """
        return self._index.text[places + distance]

    def _span(self, start: int, end: int, place: int) -> CopiedSpan:
        at = int(self._index.starts.searchsorted(place, "right")) - 1
        poem = self._library.poem(int(self._index.poems[at]))
        return CopiedSpan(start, end, poem.id, poem.title, poem.author)


def _identity(library: Path) -> str:
    """Identifies a library: its file is always replaced as a whole, never changed in place."""
    try:
        stat = library.stat()
    except OSError:
        return ""
    return f"{_VERSION}:{stat.st_size}:{stat.st_mtime_ns}"


def _han(text: str) -> str:
    return "".join(filter(is_han, text))


def _build(poems: Iterable[Poem]) -> _Index:
    ordered = sorted(poems, key=lambda poem: poem.split != "train")
    training = sum(poem.split == "train" for poem in ordered)
    # Both scripts: the library may be in either.
    seen = set().union(*(poem.text + poem.original for poem in ordered)) - set(STOPS)
    known = sorted(seen | set(map(simplified, seen)))
    folded = [simplified(character) for character in known]
    code = {each: min(at, _UNKNOWN) for at, each in enumerate(sorted(set(folded)), start=1)}
    characters = np.array([ord(each) for each in known], dtype=np.uint32)
    codes = np.array([code[each] for each in folded], dtype=np.uint16)

    written = "".join(poem.text + "\n" for poem in ordered)
    raw = np.frombuffer(written.encode("utf-32-le"), dtype=np.uint32)
    table = np.zeros(0x110000, dtype=np.uint16)
    table[characters] = codes
    stops = np.isin(raw, [ord(stop) for stop in STOPS])
    breaks = stops | (raw == ord("\n"))
    kept = ~stops
    place = np.cumsum(kept) - 1
    before = np.concatenate(([True], breaks[:-1]))
    after = np.concatenate((breaks[1:], [True]))
    begins, ends = place[~breaks & before], place[~breaks & after]
    text = table[raw[kept]]
    lines = np.zeros(len(text), dtype=np.uint16)
    lines[begins] = np.minimum(ends - begins + 1, 2**16 - 1)

    keys = _keys(np.concatenate((text, np.zeros(GRAM - 1, np.uint16))), GRAM)
    inside = np.flatnonzero(text != _SEPARATOR)
    order = inside[np.argsort(keys[inside], kind="stable")].astype(np.int32)
    separators = np.flatnonzero(text == _SEPARATOR)
    starts = np.concatenate(([0], separators[:-1] + 1)).astype(np.int32)
    return _Index(
        text=text,
        lines=lines,
        keys=keys[order],
        order=order,
        starts=starts,
        poems=np.array([poem.id for poem in ordered], dtype=np.int32),
        characters=characters,
        codes=codes,
        training=np.array([starts[training] if training < len(starts) else len(text)], np.int32),
    )


def _keys(codes: NDArray[np.uint16], size: int) -> NDArray[np.uint64]:
    """Each window of `size` codes as one number, the first code in its highest bits."""
    count = len(codes) - size + 1
    keys = np.zeros(count, dtype=np.uint64)
    for at in range(size):
        keys = (keys << np.uint64(_BITS)) | codes[at : at + count]
    return keys


def _read(path: Path, identity: str) -> _Index | None:
    """The index at a path; None if it is missing, damaged, or of another library.

    The file is mapped into memory, so that unused parts are never read; `safe_open` would copy all.
    """
    try:
        content = np.asarray(np.memmap(path, mode="r"))
        size = int.from_bytes(content[:8].tobytes(), "little")
        header = msgspec.json.decode(
            content[8 : 8 + size].tobytes(), type=dict[str, dict[str, Any]]
        )
        if header.pop("__metadata__")["of"] != identity:
            return None
        data = content[8 + size :]
        if len(data) != max(each["data_offsets"][1] for each in header.values()):
            return None
        return _Index(
            **{
                name: data[slice(*each["data_offsets"])].view(_TYPES[each["dtype"]])
                for name, each in header.items()
            }
        )
    except (OSError, ValueError, KeyError, TypeError, msgspec.MsgspecError):
        return None
