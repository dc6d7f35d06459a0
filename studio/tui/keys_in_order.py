"""Keys that are typed fast: each is handled completely before the next one is forwarded."""

from collections import deque

from textual import on
from textual.app import App
from textual.events import Event, Key, Paste
from textual.message import Message
from textual.message_pump import MessagePump
from textual.screen import Screen

# A key's action may post a message to its widget, whose handler posts another. Choosing from an
# open list takes this many rounds until the focus is back on the field.
_ROUNDS = 3


class _Follower(Message):
    """Follows a key through the same queue, behind the messages that the key caused."""

    def __init__(self, target: MessagePump, rounds: int = _ROUNDS) -> None:
        super().__init__()
        self.target, self.rounds = target, rounds


class KeysInOrder(App[None]):
    """An application in which a burst of keys does what the same keys do one by one.

    Textual gives a key to the focused widget at once, but runs its action only after the key has
    bubbled up to the application. Text typed right after a tab would go to the previous field, and
    a backspace would delete the text typed after it. A slow connection sends such bursts.
    """

    def __init__(self) -> None:
        super().__init__()
        self._waiting: deque[Key | Paste] = deque()
        # Behind the key that is being handled; None if there is none.
        self._follower: _Follower | None = None

    def on_mount(self) -> None:
        self.screen_change_signal.subscribe(self, self._screen_changed, immediate=True)

    def _screen_changed(self, screen: Screen[object]) -> None:
        # The key's target may have gone, and the follower with it. The new screen handles messages
        # as soon as it can handle keys.
        if self._follower:
            self._follow(screen)

    async def on_event(self, event: Event) -> None:
        if isinstance(event, Key | Paste) and not event.is_forwarded:
            self._waiting.append(event)
            await self._forward_next()
        else:
            await super().on_event(event)

    async def _forward_next(self) -> None:
        """Give the next key to the focused widget, unless a key is being handled."""
        if self._follower and not self._follower.target.is_attached:
            self._follower = None
        if self._follower is None and self._waiting:
            event = self._waiting.popleft()
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
            await self._forward_next()
