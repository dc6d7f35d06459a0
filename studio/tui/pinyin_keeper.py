"""The table of pinyin, read once for all fields."""

import asyncio

from studio.corpus.pinyin import Pinyin
from studio.paths import Home, default_model


class PinyinKeeper:
    """Reads the table of pinyin when it is first asked for, on a thread of its own."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._reading: asyncio.Task[Pinyin] | None = None

    @property
    def is_ready(self) -> bool:
        """Whether nobody has to wait for it."""
        return self._reading is not None and self._reading.done()

    async def get(self) -> Pinyin:
        """The table; the first time on a new library this takes a second or two."""
        if self._reading is None:
            find = asyncio.to_thread(Pinyin.find, self._home, default_model())
            self._reading = asyncio.create_task(find)
        return await asyncio.shield(self._reading)

    def forget(self) -> None:
        """Read it anew: there is another library."""
        self._reading = None
