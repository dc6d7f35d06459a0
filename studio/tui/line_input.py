"""A line to type in, whose editing keys keep their place among the characters."""

from textual.events import Key
from textual.widgets import Input


class LineInput(Input):
    """An input that obeys its own keys at once.

    Elsewhere a key goes up to the app before it acts. In a burst, as a slow connection or a busy
    processor makes it, backspace would then delete what was typed after it.
    """

    async def _on_key(self, event: Key) -> None:
        if event.is_printable:
            return
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            event.stop()
            await self.run_action(binding.action)
            return
