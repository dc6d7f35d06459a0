"""A worker that writes what a test tells it to, so that the playground can be played with."""

import math
from collections.abc import Callable, Sequence

from studio.corpus.poem import STOPS, verse_lines
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
from studio.prosody.scansion import scan
from studio.verse.inspection import Prediction
from studio.verse.novelty import CopiedSpan
from studio.verse.request import WrittenPoem

QUATRAIN = "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"
OTHER = "青山横北郭，白水绕东城。此地一为别，孤蓬万里征。"

# What could stand at every place, likeliest first.
ALTERNATIVES = (("山", 0.5), ("月", 0.25), ("江", 0.125))


class PlaygroundWorker:
    """Answers a Compose when told to: `write` some characters, `finish`, or `fail`."""

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
    def orders(self) -> list[Compose]:
        """The poems asked for."""
        return [command for command in self.sent if isinstance(command, Compose)]

    def write(self, *texts: str) -> None:
        """Tell these characters for the last order, a text a candidate."""
        length = max(map(len, texts))
        for column in zip(*(text.ljust(length, "\0") for text in texts), strict=True):
            characters = tuple("" if each == "\0" else each for each in column)
            self.emit(Wrote(self.orders[-1].ticket, characters))

    def finish(
        self,
        *texts: str,
        model: str = "night@800",
        complete: bool = True,
        scores: Sequence[float] = (),
        order: Compose | None = None,
    ) -> None:
        """Tell that an order, the last one, is complete."""
        order = order or self.orders[-1]
        poems = tuple(
            WrittenPoem(text, -3.0 - index / 4, complete, score=scores[index] if scores else 0.0)
            for index, text in enumerate(texts)
        )
        self.emit(Composed(order.ticket, order.request, model, poems, 0.25))

    def answer(self, *texts: str, model: str = "night@800", complete: bool = True) -> None:
        """Write all of these and finish."""
        self.write(*texts)
        self.finish(*texts, model=model, complete=complete)

    def fail(self, message: str) -> None:
        """Refuse the last order."""
        self.emit(Failed("writing", message, self.orders[-1].ticket))

    @property
    def read(self) -> list[str]:
        """The texts that were to be read back."""
        return [command.text for command in self.sent if isinstance(command, Inspect)]

    def tell_readings(self, *copied: CopiedSpan, index: bool = True) -> None:
        """Answer every poem that was to be read back; each holds these copied spans.

        Without an `index` none are known.
        """
        for command in self.sent:
            if isinstance(command, Inspect):
                places = tuple(
                    Prediction(each, math.log(0.01), () if each in STOPS else ALTERNATIVES)
                    for each in command.text
                )
                scansion = scan(verse_lines(command.text))
                ticket, text = command.ticket, command.text
                found = copied if index else None
                self.emit(Inspected(ticket, text, "night@800", places, scansion, found))
