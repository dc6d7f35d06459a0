"""A worker for tests of the playground: it writes what the test says."""

import math
from collections.abc import Callable, Sequence

from studio.corpus.poem import STOPS
from studio.messages import (
    CancelCompose,
    Command,
    Compose,
    ComposeCancelled,
    Composed,
    Event,
    Failed,
    Inspect,
    Inspected,
    Ready,
    Wrote,
)
from studio.paths import Home
from studio.verse.reading import CopiedSpan, Prediction
from studio.verse.request import WrittenPoem

QUATRAIN = "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"
OTHER = "青山横北郭，白水绕东城。此地一为别，孤蓬万里征。"

# The alternatives at every position, most likely first.
ALTERNATIVES = (("山", 0.5), ("月", 0.25), ("江", 0.125))


class PlaygroundWorker:
    """Answers a Compose when the test calls `write`, `finish` or `fail`."""

    def __init__(self, home: Home, emit: Callable[[Event], None]) -> None:
        self.home = home
        self.emit = emit
        self.sent: list[Command] = []
        self.started = False

    def start(self) -> None:
        self.started = True
        self.emit(Ready("2.13", "a test's device", ""))

    def send(self, command: Command) -> None:
        self.sent.append(command)
        if isinstance(command, CancelCompose):
            self.emit(ComposeCancelled(command.ticket))

    def close(self) -> None:
        self.started = False

    @property
    def requested(self) -> list[Compose]:
        """The commands to write poems."""
        return [command for command in self.sent if isinstance(command, Compose)]

    def write(self, *texts: str) -> None:
        """Report these characters for the last request, a text for each candidate."""
        length = max(map(len, texts))
        for column in zip(*(text.ljust(length, "\0") for text in texts), strict=True):
            characters = tuple("" if each == "\0" else each for each in column)
            self.emit(Wrote(self.requested[-1].ticket, characters))

    def finish(
        self,
        *texts: str,
        model: str = "night@800",
        complete: bool = True,
        scores: Sequence[float] = (),
        command: Compose | None = None,
    ) -> None:
        """Report that a request, by default the last, is complete."""
        command = command or self.requested[-1]
        poems = [
            WrittenPoem(text, -3.0 - index / 4, complete, score=scores[index] if scores else 0.0)
            for index, text in enumerate(texts)
        ]
        best_first = tuple(sorted(poems, key=lambda poem: -poem.score))
        self.emit(Composed(command.ticket, command.request, model, best_first, 0.25))

    def answer(self, *texts: str, model: str = "night@800", complete: bool = True) -> None:
        """Write all of these and finish."""
        self.write(*texts)
        self.finish(*texts, model=model, complete=complete)

    def fail(self, message: str) -> None:
        """Refuse the last request."""
        self.emit(Failed("writing", message, self.requested[-1].ticket))

    @property
    def read(self) -> list[str]:
        """The texts of the readings requested."""
        return [command.text for command in self.sent if isinstance(command, Inspect)]

    def send_readings(self, *copied: CopiedSpan, index: bool = True) -> None:
        """Send every reading requested, each with these copied spans.

        Without an `index` the copied spans are unknown.
        """
        for command in self.sent:
            if isinstance(command, Inspect):
                places = tuple(
                    Prediction(each, math.log(0.01), () if each in STOPS else ALTERNATIVES)
                    for each in command.text
                )
                ticket, text = command.ticket, command.text
                found = copied if index else None
                self.emit(Inspected(ticket, text, "night@800", places, found))
