"""What is set before the studio opens."""

import platform
import subprocess
import sys

import pytest

# Threads that allocate, then what malloc_info tells of the heaps there are.
HEAPS = """
import ctypes, threading
from studio.tui import launch
{before}
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
held = threading.Barrier(5)
def allocate():
    libc.malloc(ctypes.c_size_t(100_000))
    held.wait()
for _ in range(4):
    threading.Thread(target=allocate).start()
held.wait()
out = ctypes.c_void_p(libc.fopen(b"/dev/stdout", b"w"))
libc.malloc_info(0, out)
libc.fclose(out)
"""


def heaps(before: str) -> int:
    script = [sys.executable, "-c", HEAPS.format(before=before)]
    told = subprocess.run(script, capture_output=True, text=True, check=True).stdout
    return told.count("<heap nr=")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has a heap a thread")
def test_the_threads_share_one_heap() -> None:
    assert heaps("") > 1
    assert heaps("launch.share_heap()") == 1
