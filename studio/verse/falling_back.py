"""Writing on the processor if the GPU has no room and nobody asked for it."""

from collections.abc import Callable

from studio.errors import is_of_gpu
from studio.verse.decoder import Columns
from studio.verse.request import WrittenPoem
from studio.verse.writer import Writer


def falling_back(writer: Writer, write: Callable[[Writer], Columns]) -> Columns:
    """What `write` writes; if the GPU that `writer` may use fails, again without it.

    The GPU may have had room for the model and be full by now. Columns that were shown are not
    shown again. The processor may write another poem; that poem is returned.
    """
    columns = write(writer)
    if writer.on_gpu is None:
        return columns
    return _falling_back(columns, lambda: write(writer.kept_here()))


def _falling_back(columns: Columns, again: Callable[[], Columns]) -> Columns:
    shown = taken = 0
    fallen = False
    while True:
        fails = False
        try:
            column = next(columns)
        except StopIteration as end:
            poems: tuple[WrittenPoem, ...] = end.value
            return poems
        except RuntimeError as error:
            if fallen or not is_of_gpu(error):
                raise
            fails = True
        if fails:
            # Only now: until then the error holds what was put on the GPU.
            columns, taken, fallen = again(), 0, True
            continue
        taken += 1
        if taken > shown:
            shown = taken
            yield column
