"""How much verse a model writes without a form: a measure of what a training has learnt.

The poems are written without a form, so nothing forces a rule on them. The same measure is taken at
each validation, by `evaluate poems --form free`, and in the report.
"""

import contextlib
from pathlib import Path

import msgspec

from studio.corpus.poem import first_lines
from studio.errors import StudioError
from studio.model.events import VerseMeasured
from studio.prosody.forms import Form
from studio.verse.evaluation import write_many
from studio.verse.figures import VerseFigures, verse_figures
from studio.verse.novelty import Novelty
from studio.verse.request import ComposeRequest
from studio.verse.writer import Writer

# What four lines of a free poem should be: a quatrain of five or of seven characters.
QUATRAIN = Form("free", "free", (5, 7), 4, 4, 4, True)
# Four lines of seven characters, each with its stop. Always the same seed: only the weights differ.
REQUEST = ComposeRequest(form="", longest=QUATRAIN.usual * 8, seed=20)


def write_quatrains(
    writer: Writer, count: int, seed: int = REQUEST.seed
) -> tuple[list[str], float]:
    """The first four lines of `count` free poems; also returns the seconds taken.

    Raises VerseError if the model cannot write.
    """
    poems, seconds = write_many(writer, msgspec.structs.replace(REQUEST, seed=seed), count)
    # With their stops: without them the model would find the end, and what is after it, unlikely.
    return [first_lines(poem.text, QUATRAIN.usual) for poem in poems], seconds


def measure_free_verse(writer: Writer, count: int, training: Novelty | None) -> VerseFigures:
    """The figures of what a model writes without a form, always from the same seed."""
    texts, _ = write_quatrains(writer, count)
    return verse_figures(QUATRAIN, texts, training)


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
        if self._novelty is None:
            with contextlib.suppress(StudioError, OSError):
                self._novelty = Novelty.find(self._library, "train")
        figures = measure_free_verse(writer, count, self._novelty)
        return VerseMeasured(step, **msgspec.structs.asdict(figures))

    def close(self) -> None:
        """Close the index."""
        if self._novelty:
            self._novelty.close()
        self._novelty = None
