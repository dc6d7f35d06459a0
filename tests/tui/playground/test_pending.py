"""Requests whose poems are being written."""

from itertools import count

from studio.messages import CancelCompose, Command, Compose, Composed
from studio.tui.playground.pending import PendingRequest, PendingRequests
from studio.verse.request import ComposeRequest, WrittenPoem


def received(text: str, request: ComposeRequest | None = None) -> PendingRequest:
    pending = PendingRequest(1, request or ComposeRequest())
    for character in text:
        pending.receive((character,))
    return pending


def composed(ticket: int, *scores: float) -> Composed:
    poems = tuple(WrittenPoem(f"{score}", -3.0, True, score=score) for score in scores)
    return Composed(ticket, ComposeRequest(), "night@800", poems, 0.1)


def started(*requests: ComposeRequest) -> tuple[PendingRequests, list[Command]]:
    sent: list[Command] = []
    pending = PendingRequests(sent.append, count(1))
    pending.start(requests)
    return pending, sent


def test_a_character_is_shown_at_each_tick() -> None:
    pending = received("白日")
    assert pending.advance()
    assert pending.texts == ["白"]
    assert pending.advance()
    assert pending.texts == ["白日"]
    assert not pending.advance()


def test_an_opening_is_shown_at_once() -> None:
    pending = received("白日依山", ComposeRequest(first="白日"))
    pending.advance()
    assert pending.texts == ["白日"]
    pending.advance()
    assert pending.texts == ["白日依"]


def test_the_further_behind_the_more_characters_are_shown_at_a_tick() -> None:
    pending = received("白" * 90)
    pending.advance()
    assert pending.texts == ["白" * 3]


def test_a_poem_that_has_ended_is_not_busy_while_another_is_written() -> None:
    pending = PendingRequest(1, ComposeRequest(candidates=2))
    pending.receive(("白", "青"))
    pending.receive(("", "山"))
    pending.show_all()
    assert (pending.texts, pending.busy) == (["白", "青山"], [False, True])


def test_new_requests_cancel_those_before() -> None:
    pending, sent = started(ComposeRequest())
    pending.start([ComposeRequest(seed=2)])
    assert sent == [
        Compose(1, ComposeRequest()),
        CancelCompose(1),
        Compose(2, ComposeRequest(seed=2)),
    ]
    assert pending.find(1) is None
    assert pending.find(2)


def test_a_cancelled_request_is_pending_until_it_is_dropped() -> None:
    pending, sent = started(ComposeRequest())
    pending.cancel()
    assert sent[-1] == CancelCompose(1)
    assert pending
    pending.drop()
    assert not pending


def test_the_poems_of_two_requests_are_complete_together() -> None:
    pending, _ = started(ComposeRequest(), ComposeRequest(model="night"))
    pending.finish(composed(1, 0.1, 0.9))
    assert not pending.is_composed
    assert pending.pop_composed() == ()
    assert pending
    pending.finish(composed(2, 0.5))
    first, second = pending.pop_composed()
    assert (first.ticket, second.ticket) == (1, 2)
    assert not pending


def test_what_is_not_shown_yet_is_not_complete() -> None:
    pending, _ = started(ComposeRequest())
    request = pending.find(1)
    assert request
    request.receive(("白",))
    pending.finish(composed(1, 0.5))
    assert pending.is_composed
    assert pending.pop_composed() == ()
    assert pending.advance()
    assert len(pending.pop_composed()) == 1
