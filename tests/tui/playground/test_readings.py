"""Poems read back, each once."""

from itertools import count

from studio.messages import Command, Inspect, Inspected
from studio.prosody.scansion import scan
from studio.tui.playground.readings import Readings
from studio.verse.novelty import CopiedSpan
from studio.verse.request import ComposeRequest


def reading(ticket: int, copied: tuple[CopiedSpan, ...] | None = ()) -> Inspected:
    return Inspected(ticket, "白日", "night@800", (), scan(["白日"]), copied)


def asked(sent: list[Command]) -> list[int]:
    return [command.ticket for command in sent if isinstance(command, Inspect)]


def test_a_poem_is_read_once() -> None:
    sent: list[Command] = []
    readings = Readings(sent.append, count(1))
    readings.ask(ComposeRequest(), "白日")
    readings.ask(ComposeRequest(), "白日")
    (ticket,) = asked(sent)
    readings.hear(reading(ticket))
    readings.ask(ComposeRequest(), "白日")
    assert len(sent) == 1
    assert readings.known(ComposeRequest(), "白日") is not None


def test_another_model_reads_for_itself() -> None:
    sent: list[Command] = []
    readings = Readings(sent.append, count(1))
    readings.ask(ComposeRequest(), "白日")
    readings.ask(ComposeRequest(model="night"), "白日")
    assert len(sent) == 2


def test_a_poem_is_read_again_while_its_copied_spans_are_not_known() -> None:
    sent: list[Command] = []
    readings = Readings(sent.append, count(1))
    readings.ask(ComposeRequest(), "白日")
    readings.hear(reading(asked(sent)[0], copied=None))
    assert readings.known(ComposeRequest(), "白日") is not None
    readings.ask(ComposeRequest(), "白日")
    assert len(sent) == 2


def test_a_reading_that_failed_can_be_asked_for_again() -> None:
    sent: list[Command] = []
    readings = Readings(sent.append, count(1))
    readings.ask(ComposeRequest(), "白日")
    assert readings.failed(asked(sent)[0])
    assert not readings.failed(asked(sent)[0])
    readings.ask(ComposeRequest(), "白日")
    assert len(sent) == 2
