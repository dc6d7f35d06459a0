"""The index of a library's characters, as arrays: how it is built, saved and read.

The index sorts all places of the corpus by the four characters that begin there. Each key is one
64-bit number of four 16-bit character codes, so it is exact, not a hash. Simplified and traditional
forms of a character have the same code.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from studio.corpus.poem import STOPS, Poem
from studio.corpus.script import simplified

# The number of characters in a key, and the bits of each.
GRAM, BITS = 4, 16
# Codes: 0 separates the poems; the last one is for characters that are not in the corpus.
SEPARATOR, UNKNOWN = 0, 2**BITS - 1
_VERSION = 1
# The type names of the safetensors format.
_TYPES = {"U16": np.uint16, "U32": np.uint32, "U64": np.uint64, "I32": np.int32}


class GramIndex(msgspec.Struct, frozen=True):
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


def identity_of(library: Path) -> str:
    """Identifies a library: its file is always replaced as a whole, never changed in place."""
    try:
        stat = library.stat()
    except OSError:
        return ""
    return f"{_VERSION}:{stat.st_size}:{stat.st_mtime_ns}"


def build_index(poems: Iterable[Poem]) -> GramIndex:
    ordered = sorted(poems, key=lambda poem: poem.split != "train")
    training = sum(poem.split == "train" for poem in ordered)
    # Both scripts: the library may be in either.
    seen = set().union(*(poem.text + poem.original for poem in ordered)) - set(STOPS)
    known = sorted(seen | set(map(simplified, seen)))
    folded = [simplified(character) for character in known]
    code = {each: min(at, UNKNOWN) for at, each in enumerate(sorted(set(folded)), start=1)}
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

    keys = keys_of(np.concatenate((text, np.zeros(GRAM - 1, np.uint16))), GRAM)
    inside = np.flatnonzero(text != SEPARATOR)
    order = inside[np.argsort(keys[inside], kind="stable")].astype(np.int32)
    separators = np.flatnonzero(text == SEPARATOR)
    starts = np.concatenate(([0], separators[:-1] + 1)).astype(np.int32)
    return GramIndex(
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


def keys_of(codes: NDArray[np.uint16], size: int) -> NDArray[np.uint64]:
    """Each window of `size` codes as one number, the first code in its highest bits."""
    count = len(codes) - size + 1
    keys = np.zeros(count, dtype=np.uint64)
    for at in range(size):
        keys = (keys << np.uint64(BITS)) | codes[at : at + count]
    return keys


def read_index(path: Path, identity: str) -> GramIndex | None:
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
        return GramIndex(
            **{
                name: data[slice(*each["data_offsets"])].view(_TYPES[each["dtype"]])
                for name, each in header.items()
            }
        )
    except (OSError, ValueError, KeyError, TypeError, msgspec.MsgspecError):
        return None
