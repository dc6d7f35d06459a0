"""The poems the user saved, and writing them again. Imports no torch, no textual."""

import contextlib
import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from itertools import zip_longest
from pathlib import Path

import msgspec

from studio import __version__
from studio.corpus.poem import verse_lines
from studio.corpus.pronunciation import in_pinyin
from studio.corpus.script import simplified
from studio.errors import StudioError
from studio.files import locked, sync
from studio.json_lines import append_record, read_records, write_records
from studio.prosody.spelling import spelled
from studio.verse.request import ComposeRequest, WrittenPoem


class SavedPoem(msgspec.Struct, frozen=True):
    """A poem with all that it takes to write it again to the letter.

    `model` is the full name of what wrote it, `program` the studio and the torch that ran it (empty
    in poems saved before it was kept); `saved` is ISO 8601, UTC.
    """

    poem: WrittenPoem
    request: ComposeRequest
    model: str
    saved: str
    program: str = ""

    @property
    def id(self) -> str:
        """A short name that stays the same: eight hexadecimal digits."""
        told = f"{self.poem.text}\n{self.model}\n{self.request.seed}\n{self.saved}"
        return hashlib.sha256(told.encode()).hexdigest()[:8]

    @property
    def again(self) -> ComposeRequest:
        """The request to write it again: to the model that wrote it, whatever was asked for."""
        return msgspec.structs.replace(self.request, model=self.model)

    def is_same(self, other: "SavedPoem") -> bool:
        """Whether it is the same poem, written the same way, whenever it was saved."""
        return (self.poem, self.request, self.model) == (other.poem, other.request, other.model)


_decoder = msgspec.json.Decoder(SavedPoem)


def saved_now(poem: WrittenPoem, request: ComposeRequest, model: str) -> SavedPoem:
    """The poem with the time of day, to the second, and the program that runs."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return SavedPoem(poem, request, model, now, program())


@cache
def program() -> str:
    """What runs: the studio and torch, with their versions."""
    try:
        return f"tangshi-studio {__version__}, torch {version('torch')}"
    except PackageNotFoundError:
        return f"tangshi-studio {__version__}"


class Collection:
    """The user's poems in one file of JSON Lines, in the order they were saved."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def poems(self) -> list[SavedPoem]:
        """All of them, oldest first; raises StudioError that names a damaged line."""
        remedy = "Correct or delete that line to use the collection."
        return read_records(self.path, _decoder, StudioError, remedy)

    def find(self, name: str) -> SavedPoem:
        """The poem whose id begins with `name`; raises StudioError where not just one does."""
        poems = self.poems()
        found = [each for each in poems if name and each.id.startswith(name.lower())]
        if len(found) != 1:
            begun = "Several poems' ids begin" if found else "No saved poem's id begins"
            raise StudioError(
                f"{begun} with {name!r}. `tangshi-studio collection list` shows the poems "
                f"with their ids: there are {len(poems)}."
            )
        return found[0]

    def add(self, poem: SavedPoem) -> bool:
        """Append a poem; false, and nothing written, where it is there already.

        Raises StudioError where the file is damaged or cannot be written.
        """
        try:
            with self._locked():
                known = self.poems()
                if any(poem.is_same(other) for other in known):
                    return False
                self._append(poem, known)
        except OSError as error:
            raise StudioError(
                f"{self.path} cannot be written: {error.strerror}. Nothing was saved; "
                "free some room or mend its permissions, and save again."
            ) from error
        return True

    def _locked(self) -> contextlib.AbstractContextManager[None]:
        """Between reading the poems and writing them, no other process may."""
        return locked(self.path.with_name(f".{self.path.name}.lock"))

    def _append(self, poem: SavedPoem, known: list[SavedPoem]) -> None:
        if self.path.exists() and self.path.read_bytes()[-1:] not in (b"", b"\n"):
            # A crash cut the last line short: what is appended must not run on from it.
            write_records(self.path, known)
        append_record(self.path, poem)
        sync(self.path)

    def remove(self, poem: SavedPoem) -> None:
        """Take a poem out; raises StudioError where the file is damaged or cannot be written."""
        try:
            with self._locked():
                left = [other for other in self.poems() if not poem.is_same(other)]
                write_records(self.path, left)
        except OSError as error:
            raise StudioError(
                f"{self.path} cannot be written: {error.strerror}. Nothing was deleted; "
                "free some room or mend its permissions, and delete again."
            ) from error


class Rewritten(msgspec.Struct, frozen=True):
    """What came of writing a saved poem again: the text, and in words what differs and why."""

    text: str
    is_same: bool
    differences: tuple[str, ...] = ()

    @property
    def in_words(self) -> str:
        """Both in a sentence."""
        if self.is_same:
            return "Written again to the letter."
        return f"Not the same poem again: {'; '.join(self.differences)}."


def compare(saved: SavedPoem, model: str, texts: Sequence[str]) -> Rewritten:
    """Hold what was written again by `model` against the saved poem: the text nearest to it."""
    wanted = saved.poem.text
    text = max(texts, key=lambda each: sum(a == b for a, b in zip(each, wanted, strict=False)))
    if text == wanted:
        return Rewritten(text, is_same=True)
    lines = enumerate(zip_longest(verse_lines(text), verse_lines(wanted), fillvalue=""), start=1)
    differences = [
        f"line {number} is {now or 'missing'} instead of {before or 'missing'}"
        for number, (now, before) in lines
        if now != before
    ][:1] or ["the punctuation differs"]
    if model != saved.model:
        differences.append(f"it was written by {saved.model} and now by {model}")
    if program() != saved.program:
        differences.append(f"it was run by {saved.program or 'an older studio'}, now {program()}")
    if len(differences) == 1:
        differences.append(
            "model and program have the same names, so the weights, the library of poems that "
            "must not be copied, or the processor are others"
        )
    return Rewritten(text, is_same=False, differences=tuple(differences))


def finds(words: str, texts: Iterable[str], model: str, request: ComposeRequest) -> bool:
    """Whether all the words stand in poems, model or request, in either script.

    The poems and the form are found in pinyin as well.
    """
    written = "".join(texts)
    told = simplified(f"{written} {model} {describe(request)}").casefold()
    return all(
        word in told or (word.isalpha() and spelled(word) in _in_letters(written + request.form))
        for word in simplified(words).casefold().split()
    )


@cache
def _in_letters(text: str) -> str:
    return spelled("".join(in_pinyin(text)))


def first_line(text: str, most: int = 16) -> str:
    """The Han characters that a poem begins with: its name, at most `most` of them."""
    line = next(iter(verse_lines(text)), "")
    return "".join(character for character in line if character.isalnum())[:most]


def describe(request: ComposeRequest) -> str:
    """A request in a few words, the seed last."""
    return f"{settings_in_words(request)} · seed {request.seed}"


def settings_in_words(request: ComposeRequest) -> str:
    """What is asked of a poem, and its sampling, in a few words; what does nothing is left out."""
    sampling = request.sampling
    if sampling.strategy == "greedy":
        drawn = ["greedy"]
    else:
        drawn = [f"temperature {sampling.temperature:g}"]
        drawn += [f"top-k {sampling.top_k}"] if sampling.top_k else []
        drawn += [f"top-p {sampling.top_p:g}"] if sampling.top_p < 1 else []
        drawn += [f"min-p {sampling.min_p:g}"] if sampling.min_p else []
    if sampling.repetition_penalty > 1:
        drawn.append(f"repetition {sampling.repetition_penalty:g}")
    form = request.form or f"free, at most {request.longest}"
    asked = [f"{form}, {request.lines} lines" if request.lines else form]
    asked += [f"acrostic {request.acrostic}"] if request.acrostic else []
    asked += [f"to {request.last}"] if request.last else []
    asked += [f"with {' '.join(request.words)}"] if request.words else []
    asked += ["partly given"] if request.given else []
    asked += [f"rhyme {request.rhyme}"] if request.rhyme else []
    asked += [f"tones {request.tones}"] if request.form and request.tones != "strict" else []
    return " · ".join([*asked, *drawn])
