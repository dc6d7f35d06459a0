"""The poems the user saved, and how they leave the studio. Imports no torch, no textual."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from studio.corpus.poem import couplets, verse_lines
from studio.errors import StudioError
from studio.files import append_record, read_records, write_atomically, write_records
from studio.verse.request import ComposeRequest, WrittenPoem

Format = Literal["text", "markdown"]
SUFFIXES: dict[Format, str] = {"text": ".txt", "markdown": ".md"}


class SavedPoem(msgspec.Struct, frozen=True):
    """A poem with what it was asked with and what wrote it; `saved` is ISO 8601, UTC."""

    poem: WrittenPoem
    request: ComposeRequest
    model: str
    saved: str

    def is_same(self, other: "SavedPoem") -> bool:
        """Whether it is the same poem, written the same way, whenever it was saved."""
        return (self.poem, self.request, self.model) == (other.poem, other.request, other.model)


_decoder = msgspec.json.Decoder(SavedPoem)


def saved_now(poem: WrittenPoem, request: ComposeRequest, model: str) -> SavedPoem:
    """The poem with the time of day, to the second."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return SavedPoem(poem, request, model, now)


class Collection:
    """The user's poems in one file of JSON Lines, in the order they were saved."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def poems(self) -> list[SavedPoem]:
        """All of them, oldest first; raises StudioError that names a damaged line."""
        remedy = "Mend or delete that line to use the collection."
        return read_records(self.path, _decoder, StudioError, remedy)

    def add(self, poem: SavedPoem) -> bool:
        """Append a poem; false, and nothing written, where it is there already.

        Raises StudioError where the file is damaged or cannot be written.
        """
        known = self.poems()
        if any(poem.is_same(other) for other in known):
            return False
        try:
            self._append(poem, known)
        except OSError as error:
            raise StudioError(
                f"{self.path} cannot be written: {error.strerror}. Nothing was saved; "
                "free some room or mend its permissions, and save again."
            ) from error
        return True

    def _append(self, poem: SavedPoem, known: list[SavedPoem]) -> None:
        if self.path.exists() and self.path.read_bytes()[-1:] not in (b"", b"\n"):
            # A crash cut the last line short: what is appended must not run on from it.
            write_records(self.path, known)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        append_record(self.path, poem)

    def remove(self, poem: SavedPoem) -> None:
        """Take a poem out."""
        write_records(self.path, [other for other in self.poems() if not poem.is_same(other)])


def as_text(poems: Sequence[SavedPoem]) -> str:
    """Plain text: a couplet a line, an empty line between two poems."""
    return "\n".join("".join(f"{row}\n" for row in couplets(each.poem.text)) for each in poems)


def as_markdown(poems: Sequence[SavedPoem]) -> str:
    """Markdown: the first line as the heading, the couplets, then how it was written."""
    return "\n".join(_markdown(each) for each in poems)


def export(path: Path, poems: Sequence[SavedPoem], form: Format, replace: bool = False) -> None:
    """Write poems to a file; raises StudioError where it exists, unless `replace`.

    Raises StudioError too where the file cannot be written.
    """
    if path.is_dir():
        raise StudioError(f"{path} is a folder. Give the name of a file in it.")
    if path.exists() and not replace:
        raise StudioError(f"{path} exists already. Choose another name, or replace it.")
    content = as_text(poems) if form == "text" else as_markdown(poems)
    try:
        write_atomically(path, content.encode())
    except OSError as error:
        raise StudioError(
            f"{path} cannot be written: {error.strerror}. Choose another place."
        ) from error


def free_path(folder: Path, poem: WrittenPoem, form: Format) -> Path:
    """A path in `folder` named for the poem's first line, numbered where that is taken."""
    stem = first_line(poem.text) or "poem"
    path, count = folder / f"{stem}{SUFFIXES[form]}", 1
    while path.exists():
        count += 1
        path = folder / f"{stem}-{count}{SUFFIXES[form]}"
    return path


def first_line(text: str, most: int = 16) -> str:
    """The Han characters that a poem begins with: its name, at most `most` of them."""
    line = next(iter(verse_lines(text)), "")
    return "".join(character for character in line if character.isalnum())[:most]


def describe(request: ComposeRequest) -> str:
    """A request in a few words, the seed last."""
    return f"{settings_in_words(request)} · seed {request.seed}"


def settings_in_words(request: ComposeRequest) -> str:
    """A request's form and sampling in a few words; what does nothing is left out."""
    sampling = request.sampling
    if sampling.strategy == "greedy":
        words = ["greedy"]
    else:
        words = [f"temperature {sampling.temperature:g}"]
        words += [f"top-k {sampling.top_k}"] if sampling.top_k else []
        words += [f"top-p {sampling.top_p:g}"] if sampling.top_p < 1 else []
        words += [f"min-p {sampling.min_p:g}"] if sampling.min_p else []
    if sampling.repetition_penalty > 1:
        words.append(f"repetition {sampling.repetition_penalty:g}")
    form = request.form or f"free, at most {request.longest}"
    return " · ".join([form, *words])


def _markdown(each: SavedPoem) -> str:
    rows = "\\\n".join(_escaped(row) for row in couplets(each.poem.text))
    by = f"{each.model} · {describe(each.request)} · {each.saved}"
    return f"## {_escaped(first_line(each.poem.text))}\n\n{rows}\n\n*{_escaped(by)}*\n"


def _escaped(text: str) -> str:
    return "".join(f"\\{each}" if each in "\\`*_[]<>#|~" else each for each in text)
