"""Characters to indices and back. Built from the training split, saved with the model."""

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import msgspec

from studio.corpus.poem import is_han
from studio.corpus.script import variants
from studio.errors import CorpusError
from studio.files import write_atomically

PAD, BEGIN, END, UNKNOWN = range(4)
SPECIAL = ("<pad>", "<begin>", "<end>", "<unknown>")


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    special: tuple[str, ...]
    characters: str


class Vocabulary(msgspec.Struct, frozen=True, dict=True):
    """The special tokens at 0..3, then `characters` by falling frequency."""

    characters: str

    @classmethod
    def build(cls, texts: Iterable[str], min_count: int) -> "Vocabulary":
        """The characters seen at least `min_count` times; equally frequent ones by code point."""
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(text)
        kept = [character for character, count in counts.items() if count >= min_count]
        return cls("".join(sorted(kept, key=lambda character: (-counts[character], character))))

    @classmethod
    def load(cls, path: Path) -> "Vocabulary":
        """Read what `save` wrote; raises CorpusError that names the file."""
        try:
            file = msgspec.json.decode(path.read_bytes(), type=_File)
        except (OSError, UnicodeDecodeError, msgspec.MsgspecError) as error:
            raise CorpusError(f"{path} cannot be read as a vocabulary: {error}.") from error
        if file.special != SPECIAL:
            raise CorpusError(
                f"{path} is not a vocabulary of this studio: its special tokens are "
                f"{', '.join(file.special)}, not {', '.join(SPECIAL)}."
            )
        if len(set(file.characters)) != len(file.characters):
            raise CorpusError(f"{path} is damaged: it names a character twice.")
        # What a model writes reaches the terminal.
        if any(unicodedata.category(each) in ("Cc", "Cf", "Cs") for each in file.characters):
            raise CorpusError(f"{path} is damaged: it names a control character.")
        return cls(file.characters)

    def save(self, path: Path) -> None:
        """Write as JSON, atomically."""
        write_atomically(path, msgspec.json.encode(_File(SPECIAL, self.characters)))

    @cached_property
    def _indices(self) -> dict[str, int]:
        return {character: index for index, character in enumerate(self.characters, len(SPECIAL))}

    @cached_property
    def fingerprint(self) -> str:
        """The sha256 of the characters, in hexadecimal: which vocabulary a checkpoint fits."""
        return hashlib.sha256(self.characters.encode()).hexdigest()

    def __len__(self) -> int:
        return len(SPECIAL) + len(self.characters)

    def __contains__(self, character: object) -> bool:
        return character in self._indices

    def index(self, character: str) -> int:
        """The character's index, `UNKNOWN` where it has none."""
        return self._indices.get(character, UNKNOWN)

    def is_han(self, index: int) -> bool:
        """Whether the index stands for a Chinese character, not for punctuation or a token."""
        return index >= len(SPECIAL) and is_han(self.characters[index - len(SPECIAL)])

    @cached_property
    def stops(self) -> list[int]:
        """The indices of the punctuation: what ends a line."""
        return [index for index in range(len(SPECIAL), len(self)) if not self.is_han(index)]

    def encode(self, text: str) -> list[int]:
        """The index of each character; no begin or end is added."""
        get = self._indices.get
        return [get(character, UNKNOWN) for character in text]

    def decode(self, indices: Iterable[int]) -> str:
        """The characters of the indices: unknown as □, the other special tokens as nothing."""
        return "".join(self._shown(index) for index in indices)

    def _shown(self, index: int) -> str:
        if index >= len(SPECIAL):
            return self.characters[index - len(SPECIAL)]
        return "□" if index == UNKNOWN else ""

    def near(self, character: str, count: int) -> list[str]:
        """Known characters that a person may have meant by an unknown one.

        Its script variants first; then the neighbours in Unicode, which orders characters by
        radical and strokes, so that close code points mostly share the radical.
        """
        forms = [form for form in variants(character) if form in self]
        known = [other for other in self.characters if is_han(other) and other not in forms]
        if is_han(character):
            known.sort(key=lambda other: abs(ord(other) - ord(character)))
        return (forms + known)[:count]
