"""The commands of the worker that wait, and those that were cancelled."""

from studio.inbox import Inbox
from studio.messages import CancelCompose


def test_a_request_stays_cancelled_when_another_one_is_cancelled_too_late() -> None:
    inbox = Inbox(lambda _: None)
    # The poems of 1 are complete, those of 2 are being written.
    for ticket in (2, 1):
        inbox.put(CancelCompose(ticket))
    inbox.collect(0)
    assert inbox.is_cancelled(2)
