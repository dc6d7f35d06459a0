"""A worker that writes what a test tells it to, so that the playground can be played with."""

from collections.abc import Callable

from studio.messages import (
    CancelCompose,
    Command,
    Compose,
    ComposeCancelled,
    Composed,
    Event,
    Failed,
    Ready,
    Wrote,
)
from studio.paths import Home
from studio.verse.request import WrittenPoem

QUATRAIN = "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"


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

    def finish(self, *texts: str, model: str = "night@800", complete: bool = True) -> None:
        """Tell that the last order is complete."""
        order = self.orders[-1]
        poems = tuple(
            WrittenPoem(text, -3.0 - index / 4, complete) for index, text in enumerate(texts)
        )
        self.emit(Composed(order.ticket, order.request, model, poems, 0.25))

    def answer(self, *texts: str, model: str = "night@800", complete: bool = True) -> None:
        """Write all of these and finish."""
        self.write(*texts)
        self.finish(*texts, model=model, complete=complete)

    def fail(self, message: str) -> None:
        """Refuse the last order."""
        self.emit(Failed("writing", message, self.orders[-1].ticket))
