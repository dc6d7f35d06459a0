"""The vocabulary: characters to indices and back. Built from the training split, saved with the
model."""

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import msgspec

from studio.corpus.poem import is_han
from studio.corpus.script import folded, simplified, standard_forms, variants
from studio.documents import read_json
from studio.errors import DamageError
from studio.files import write_atomically
from studio.paths import VOCAB, is_published
from studio.translation import marked, tr

PAD, BEGIN, END, UNKNOWN = range(4)
SPECIAL = ("<pad>", "<begin>", "<end>", "<unknown>")
# Unicode has fewer Chinese characters than this. A file with more is damaged, and each character
# needs a row of the model's largest matrix.
MOST_CHARACTERS = 2**17
# The poets that a model can know by name: the most prolific ones.
MOST_POETS = 200
_LONGEST_NAME = 12
# Names of those whose name is lost.
_NAMELESS = frozenset(["不详", "无名氏", "缺名", "佚名"])
_REMEDY = marked("Copy the whole folder of the model again, or choose another model.")


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    special: tuple[str, ...]
    characters: str
    poets: tuple[str, ...] = ()


class _PublishedPoets(msgspec.Struct, frozen=True):
    """What config.json of a published model has of its vocabulary."""

    poets: tuple[str, ...] = ()


class Vocabulary(msgspec.Struct, frozen=True, dict=True):
    """The special tokens at 0 to 3, then `characters`, the most frequent first.

    The characters of older models have variants that the library has no more (劒 beside 剑). Each
    then stands for its standard form, and of several such tokens only the first, the most frequent,
    is read and written; the others are `superseded`.
    """

    characters: str
    # The poets that the model knows by name, the most prolific first; none if it reads no poet.
    poets: tuple[str, ...] = ()

    @classmethod
    def build(cls, texts: Iterable[str], min_count: int, poets: Iterable[str] = ()) -> "Vocabulary":
        """The characters that occur at least `min_count` times; ties are sorted by code point.

        `poets`: the poet of each text.
        """
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(text)
        kept = [character for character, count in counts.items() if count >= min_count]
        names = Counter(poet for poet in poets if poet not in _NAMELESS and _is_name(poet))
        prolific = sorted(names, key=lambda name: (-names[name], name))[:MOST_POETS]
        return cls(
            "".join(sorted(kept, key=lambda character: (-counts[character], character))),
            tuple(prolific),
        )

    @classmethod
    def load(cls, path: Path) -> "Vocabulary":
        """Read a file that `save` wrote; raises DamageError that names the file."""
        file = read_json(path, _File, DamageError, tr(_REMEDY))
        return cls._checked(path, file.special, file.characters, file.poets)

    @classmethod
    def load_published(cls, path: Path) -> "Vocabulary":
        """Read a file that `save_published` wrote; raises DamageError that names the file."""
        indices = read_json(path, dict[str, int], DamageError, tr(_REMEDY))
        tokens = sorted(indices, key=indices.__getitem__)
        if [indices[token] for token in tokens] != list(range(len(tokens))):
            raise _not_a_vocabulary(path, tr("its indices are not 0, 1, 2 and so on"))
        special, characters = tokens[: len(SPECIAL)], tokens[len(SPECIAL) :]
        if long := [each for each in characters if len(each) != 1]:
            wrong = tr("{token!r} is not one character", token=long[0][:20])
            raise _not_a_vocabulary(path, wrong)
        return cls._checked(path, tuple(special), "".join(characters), ())

    @classmethod
    def of_model(cls, folder: Path) -> "Vocabulary":
        """The vocabulary in the folder of a model, published or a checkpoint."""
        if is_published(folder):
            path = folder / "config.json"
            poets = read_json(path, _PublishedPoets, DamageError, tr(_REMEDY)).poets
            characters = cls.load_published(folder / VOCAB).characters
            return cls._checked(path, SPECIAL, characters, poets)
        return cls.load(folder / "vocabulary.json")

    @classmethod
    def _checked(
        cls, path: Path, special: tuple[str, ...], characters: str, poets: tuple[str, ...]
    ) -> "Vocabulary":
        if special != SPECIAL:
            wrong = tr("its special tokens are not {tokens}", tokens=tr(", ").join(SPECIAL))
        elif len(characters) > MOST_CHARACTERS:
            wrong = tr(
                "it has {count:,} characters, more than {most:,}",
                count=len(characters),
                most=MOST_CHARACTERS,
            )
        elif len(set(characters)) != len(characters):
            wrong = tr("it has a character twice")
        elif len(poets) > MOST_POETS or not all(map(_is_name, poets)):
            wrong = tr(
                "its poets are not at most {most} names in Chinese characters", most=MOST_POETS
            )
        # A model's poems are printed to the terminal.
        elif any(unicodedata.category(each) in ("Cc", "Cf", "Cs") for each in characters):
            wrong = tr("it has a control character")
        else:
            return cls(characters, poets)
        raise _not_a_vocabulary(path, wrong)

    def save(self, path: Path) -> None:
        """Write as JSON, atomically."""
        write_atomically(path, msgspec.json.encode(_File(SPECIAL, self.characters, self.poets)))

    def save_published(self, path: Path) -> None:
        """Write each token with its index as JSON, as other programs expect it; atomically."""
        tokens = (*SPECIAL, *self.characters)
        indices = {token: index for index, token in enumerate(tokens)}
        write_atomically(path, msgspec.json.format(msgspec.json.encode(indices), indent=1))

    @cached_property
    def _forms(self) -> str:
        """The standard form of each of `characters`, in the script of the vocabulary."""
        known = set(self.characters)
        table: dict[str, str | int | None] = {}
        for character in known & standard_forms().keys():
            choices = (folded(character), simplified(character))
            form = next((each for each in choices if each in known), choices[1])
            table[character] = form
        return self.characters.translate(str.maketrans(table))

    @cached_property
    def _indices(self) -> dict[str, int]:
        indices: dict[str, int] = {}
        for index, form in enumerate(self._forms, len(SPECIAL)):
            indices.setdefault(form, index)
        return indices

    @property
    def distinct(self) -> str:
        """The characters that are read and written, each once, the most frequent first."""
        return "".join(self._indices)

    @cached_property
    def superseded(self) -> list[int]:
        """The indices of variants for which another token is read and written."""
        return [
            index
            for index, form in enumerate(self._forms, len(SPECIAL))
            if self._indices[form] != index
        ]

    @cached_property
    def fingerprint(self) -> str:
        """The sha256 of characters and poets, in hexadecimal. A checkpoint records it."""
        return hashlib.sha256("\n".join((self.characters, *self.poets)).encode()).hexdigest()

    def __len__(self) -> int:
        return len(SPECIAL) + len(self.characters)

    def __contains__(self, character: object) -> bool:
        return character in self._indices

    def index(self, character: str) -> int:
        """The character's index; `UNKNOWN` if it has none."""
        return self._indices.get(character, UNKNOWN)

    def is_han(self, index: int) -> bool:
        """Whether the index is that of a Chinese character, not punctuation or a special token."""
        return index >= len(SPECIAL) and is_han(self._forms[index - len(SPECIAL)])

    @cached_property
    def stops(self) -> list[int]:
        """The indices of the punctuation, which ends a line."""
        return [index for index in range(len(SPECIAL), len(self)) if not self.is_han(index)]

    def encode(self, text: str) -> list[int]:
        """The index of each character, without begin and end tokens."""
        get = self._indices.get
        return [get(character, UNKNOWN) for character in text]

    def decode(self, indices: Iterable[int]) -> str:
        """The characters of the indices: □ for unknown, nothing for the other special tokens."""
        return "".join(self._shown(index) for index in indices)

    def _shown(self, index: int) -> str:
        if index >= len(SPECIAL):
            return self._forms[index - len(SPECIAL)]
        return "□" if index == UNKNOWN else ""

    def near(self, character: str, count: int) -> list[str]:
        """Known characters that may be meant by an unknown one.

        Its script variants come first, then the nearest in Unicode: close code points mostly have
        the same radical, because Unicode sorts by radical and strokes.
        """
        forms = [form for form in variants(character) if form in self]
        known = [other for other in self._indices if is_han(other) and other not in forms]
        if is_han(character):
            known.sort(key=lambda other: abs(ord(other) - ord(character)))
        return (forms + known)[:count]


def _not_a_vocabulary(path: Path, wrong: str) -> DamageError:
    return DamageError(
        tr(
            "{path} is not a vocabulary: {problem}. {remedy}",
            path=path,
            problem=wrong,
            remedy=tr(_REMEDY),
        )
    )


def _is_name(name: str) -> bool:
    return 0 < len(name) <= _LONGEST_NAME and all(map(is_han, name))
