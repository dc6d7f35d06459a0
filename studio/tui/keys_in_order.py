"""Keys that are typed fast: each is understood before the next one is handed on."""

from collections import deque

from textual import on
from textual.app import App
from textual.events import Event, Key, Paste
from textual.message import Message
from textual.message_pump import MessagePump
from textual.screen import Screen

# A key's action may post a message to its widget, whose handler posts another: choosing from an
# unfolded list takes this many before the focus is back on the field.
_ROUNDS = 3


class _Follower(Message):
    """Goes the way of a key, behind it and behind what it set off."""

    def __init__(self, target: MessagePump, rounds: int = _ROUNDS) -> None:
        super().__init__()
        self.target, self.rounds = target, rounds


class KeysInOrder(App[None]):
    """An application in which a burst of keys does what the same keys do one by one.

    Textual gives a key to the widget in focus at once, but acts on it only when it has come up to
    the application. What is typed right after a tab would still go to the field that is left, and
    a backspace would delete what was typed after it. A slow connection sends such bursts.
    """

    def __init__(self) -> None:
        super().__init__()
        self._typed: deque[Key | Paste] = deque()
        # Behind the key that is not understood yet.
        self._follower: _Follower | None = None

    def on_mount(self) -> None:
        self.screen_change_signal.subscribe(self, self._screen_changed, immediate=True)

    def _screen_changed(self, screen: Screen[object]) -> None:
        # What the key was given to may be gone, and who follows it with it. Another screen takes
        # in messages once it can take in keys.
        if self._follower:
            self._follow(screen)

    async def on_event(self, event: Event) -> None:
        if isinstance(event, Key | Paste) and not event.is_forwarded:
            self._typed.append(event)
            await self._hand_on()
        else:
            await super().on_event(event)

    async def _hand_on(self) -> None:
        """Give the next key to the widget in focus, unless one is under way."""
        if self._follower and not self._follower.target.is_attached:
            self._follower = None
        if self._follower is None and self._typed:
            event = self._typed.popleft()
            target = self.focused or self.screen
            await super().on_event(event)
            self._follow(target if event.is_forwarded else self)

    def _follow(self, target: MessagePump, rounds: int = _ROUNDS) -> None:
        self._follower = _Follower(target, rounds)
        target.post_message(self._follower)

    @on(_Follower)
    async def _followed(self, follower: _Follower) -> None:
        if follower is not self._follower:
            return
        if follower.rounds > 1:
            self._follow(follower.target, follower.rounds - 1)
        else:
            self._follower = None
            await self._hand_on()
