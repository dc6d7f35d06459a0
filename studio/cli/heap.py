"""Memory for tensors that come and go with every step of a training."""

import contextlib
import ctypes

# What glibc's malloc.h calls M_TRIM_THRESHOLD, M_MMAP_THRESHOLD and M_ARENA_MAX.
_TRIM, _MMAP, _ARENAS = -1, -3, -8
# Bytes. More than 32 MiB glibc refuses for the second.
_KEPT, _FROM_HEAP = 2**30, 2**25


def keep_heap() -> None:
    """Have glibc keep what is freed, in one heap for all threads; call it before there are others.

    Left alone it gives freed memory back to the system, which fills it with zeros when it is taken
    again: with every step, if things fall out badly, and a step then takes a quarter longer. Does
    nothing where there is no glibc.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):
        mallopt = ctypes.CDLL(None).mallopt
        for setting, value in ((_ARENAS, 1), (_TRIM, _KEPT), (_MMAP, _FROM_HEAP)):
            mallopt(setting, value)
