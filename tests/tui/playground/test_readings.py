"""Readings of poems, each requested once."""

from itertools import count

from studio.messages import Command, Inspect, Inspected
from studio.tui.playground.readings import Readings
from studio.verse.reading import CopiedSpan
from studio.verse.request import ComposeRequest


def reading(ticket: int, copied: tuple[CopiedSpan, ...] | None = ()) -> Inspected:
    return Inspected(ticket, "白日", "night@800", (), copied)


def requested(sent: list[Command]) -> list[int]:
    return [command.ticket for command in sent if isinstance(command, Inspect)]


def test_a_poem_is_read_once() -> None:
    sent: list[Command] = []
    readings = Readings(sent.append, count(1))
    readings.request(ComposeRequest(), "白日")
    readings.request(ComposeRequest(), "白日")
    (ticket,) = requested(sent)
    readings.receive(reading(ticket))
    readings.request(ComposeRequest(), "白日")
    assert len(sent) == 1
    assert readings.find(ComposeRequest(), "白日") is not None


def test_each_model_has_its_own_reading() -> None:
    sent: list[Command] = []
    readings = Readings(sent.append, count(1))
    readings.request(ComposeRequest(), "白日")
    readings.request(ComposeRequest(model="night"), "白日")
    assert len(sent) == 2


def test_the_same_text_in_another_form_or_under_another_title_is_read_again() -> None:
    sent: list[Command] = []
    readings = Readings(sent.append, count(1))
    readings.request(ComposeRequest(), "白日")
    readings.request(ComposeRequest(seed=2, given="白□"), "白日")
    assert len(sent) == 1
    for said in ({"form": "古绝"}, {"title": "送别"}, {"poet": "李白"}, {"tones": "free"}):
        readings.request(ComposeRequest(**said), "白日")  # type: ignore[arg-type]
    assert len(sent) == 5


def test_a_poem_is_read_again_while_its_copied_spans_are_not_known() -> None:
    sent: list[Command] = []
    readings = Readings(sent.append, count(1))
    readings.request(ComposeRequest(), "白日")
    readings.receive(reading(requested(sent)[0], copied=None))
    assert readings.find(ComposeRequest(), "白日") is not None
    readings.request(ComposeRequest(), "白日")
    assert len(sent) == 2


def test_a_reading_that_failed_can_be_requested_again() -> None:
    sent: list[Command] = []
    readings = Readings(sent.append, count(1))
    readings.request(ComposeRequest(), "白日")
    assert readings.failed(requested(sent)[0])
    assert not readings.failed(requested(sent)[0])
    readings.request(ComposeRequest(), "白日")
    assert len(sent) == 2
