"""Makes tests of the interface wait and parse less than Textual 8.2 does. They show the same."""

import asyncio
from typing import Any

from textual.app import ScreenStackError
from textual.css.model import RuleSet
from textual.css.stylesheet import CSSLocation, Stylesheet
from textual.message_pump import MessagePump
from textual.pilot import Pilot, WaitForScreenTimeout

# Messages that a key causes may cause others.
_ROUNDS = 3

_parse = Stylesheet._parse_rules
_parsed: dict[tuple[object, ...], list[RuleSet]] = {}


def quicken() -> None:
    """Replace two functions of Textual, for all tests of this process."""
    Pilot._wait_for_screen = _wait_for_messages
    Stylesheet._parse_rules = _parse_once


def _has_messages(pump: MessagePump) -> bool:
    """Whether a widget handles a message, or has one to handle."""
    queue = pump._message_queue
    return not queue.empty() or not queue.ready_event._waiters


async def _wait_for_messages(pilot: Pilot[Any], timeout: float = 30.0) -> bool:
    """Wait until no widget has messages, in a few rounds, or the application fails.

    Textual's sends one more message to every widget, some 300 in the studio, four times for a key.
    It has one round; while that takes, the messages that follow from it are handled too.
    """
    for _ in range(_ROUNDS):
        try:
            screen = pilot.app.screen
        except ScreenStackError:
            return False
        pumps = (pilot.app, *screen.walk_children(with_self=True))
        busy = [each for each in pumps if _has_messages(each)]
        if not busy:
            return True
        if not await _handled(pilot, busy, timeout):
            return False
    return True


async def _handled(pilot: Pilot[Any], busy: list[MessagePump], timeout: float) -> bool:
    """Wait until some widgets have handled their messages; False if the application fails."""
    left = 0
    all_handled = asyncio.Event()

    def one_handled() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            all_handled.set()

    for each in busy:
        if each.call_later(one_handled):
            left += 1
    if left == 0:
        return True
    events = (all_handled, pilot.app._exception_event)
    ends = [asyncio.create_task(event.wait()) for event in events]
    ended, pending = await asyncio.wait(ends, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    if not ended:
        raise WaitForScreenTimeout("Widgets did not handle their messages in time.")
    return left == 0


def _parse_once(
    rules: Stylesheet,
    css: str,
    read_from: CSSLocation,
    is_default_rules: bool = False,
    tie_breaker: int = 0,
    scope: str = "",
) -> list[RuleSet]:
    """Parse a style sheet, unless an application before has done so with the same variables."""
    how = (css, read_from, is_default_rules, tie_breaker, scope)
    key = (*how, *rules._variables.items())
    if key not in _parsed:
        _parsed[key] = _parse(rules, *how)
    return _parsed[key]
