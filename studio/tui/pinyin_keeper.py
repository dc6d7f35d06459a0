"""The pinyin table, read once for all fields."""

import asyncio

from studio.corpus.pinyin import Pinyin
from studio.paths import Home, default_model


class PinyinKeeper:
    """Reads the pinyin table on a separate thread when it is first needed."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._reading: asyncio.Task[Pinyin] | None = None

    @property
    def is_ready(self) -> bool:
        """Whether the table has been read, so that `get` does not wait."""
        return self._reading is not None and self._reading.done()

    async def get(self) -> Pinyin:
        """The table. The first call for a new library takes a second or two."""
        if self._reading is None:
            reading = asyncio.to_thread(Pinyin.find, self._home, default_model())
            self._reading = asyncio.create_task(reading)
        return await asyncio.shield(self._reading)

    def reload(self) -> None:
        """Read the table again at the next call: the library has changed."""
        self._reading = None
