"""How much verse a model writes without a form: a measure of what a training has learnt.

The poems are written without a form, so nothing forces a rule on them.
"""

import contextlib
from pathlib import Path

import msgspec

from studio.corpus.poem import verse_lines
from studio.corpus.prosody import keeps_level_rhyme
from studio.errors import StudioError
from studio.model.events import VerseMeasured
from studio.prosody.scansion import scan
from studio.verse.composer import write
from studio.verse.decoder import Writer
from studio.verse.novelty import Novelty
from studio.verse.quality import distinct, keeps_tones
from studio.verse.request import ComposeRequest

QUATRAIN = 4  # lines
# Four lines of seven characters, each with its stop. Always the same seed: only the weights differ.
REQUEST = ComposeRequest(form="", longest=QUATRAIN * 8, seed=20)


class FreeVerse:
    """Measures a model's free poems beside the training split of the library at a path."""

    def __init__(self, library: Path) -> None:
        self._library = library
        self._novelty: Novelty | None = None

    def measure(self, writer: Writer, step: int, count: int) -> VerseMeasured:
        """Write `count` poems and measure the first four lines of each.

        The first call opens the index of the library; it builds it, within seconds, if there is
        none. Raises VerseError if the model cannot write.
        """
        request = msgspec.structs.replace(REQUEST, candidates=count)
        poems = [verse_lines(poem.text)[:QUATRAIN] for poem in write(writer, request)]
        texts = ["".join(lines) for lines in poems]
        copied = self._copied(texts)
        return VerseMeasured(
            step=step,
            poems=count,
            length_kept=_mean([_is_quatrain(lines) for lines in poems]),
            tones_kept=_mean([_is_quatrain(lines) and keeps_tones(lines) for lines in poems]),
            rhyme_kept=_mean(
                [_is_quatrain(lines) and keeps_level_rhyme(lines, scan(lines)) for lines in poems]
            ),
            distinct_2=distinct(texts, 2),
            repeats=_mean([len(text) - len(set(text)) for text in texts]),
            grams_copied=None if copied is None else _mean(copied),
        )

    def _copied(self, texts: list[str]) -> list[bool] | None:
        """For each 4-gram, whether it is copied; None if there is no index."""
        if self._novelty is None:
            with contextlib.suppress(StudioError, OSError):
                self._novelty = Novelty.find(self._library, "train")
        if self._novelty is None:
            return None
        return [copied for text in texts for copied in self._novelty.copied(text)]

    def close(self) -> None:
        """Close the index."""
        if self._novelty:
            self._novelty.close()
        self._novelty = None


def _is_quatrain(lines: list[str]) -> bool:
    """Whether these are four lines of five, or of seven, characters."""
    return len(lines) == QUATRAIN and {len(line) for line in lines} in ({5}, {7})


def _mean(values: list[bool] | list[int]) -> float:
    return sum(values) / len(values) if values else 0.0
