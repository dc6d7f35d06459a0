"""Settings of glibc's heap for tensors that are allocated and freed in every training step."""

import contextlib
import ctypes

# M_TRIM_THRESHOLD, M_MMAP_MAX and M_ARENA_MAX in glibc's malloc.h.
_TRIM, _MAPPED, _ARENAS = -1, -4, -8
_KEPT = 2**30  # bytes


def keep_heap() -> None:
    """Make glibc keep freed memory, in one heap for all threads. Call it before starting threads.

    By default glibc returns freed memory to the system, which fills it with zeros when it is
    allocated again. If that happens in every step, a step takes a quarter longer. A block of
    more than 32 MiB would be mapped alone and returned whatever the threshold, so no block is: a
    step with 512 units has 160 MB of them. Does nothing without glibc.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):
        mallopt = ctypes.CDLL(None).mallopt
        for setting, value in ((_ARENAS, 1), (_TRIM, _KEPT), (_MAPPED, 0)):
            mallopt(setting, value)
