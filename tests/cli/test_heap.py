"""What is freed stays in the process, whichever thread freed it."""

import platform
import resource
import subprocess
import sys

import pytest

from studio import cli

pytestmark = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="only glibc can be told what to keep"
)

START = """
import ctypes, resource, threading
from studio.cli.heap import keep_heap
if {kept}: keep_heap()
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
"""
# Threads that allocate, then what malloc_info tells of the heaps there are.
HEAPS = """
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
# No huge pages, where the system would give them unasked: prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0).
# The same 64 MiB, ten times; how often the system had to provide a page.
PAGES = """
libc.prctl(41, 1, 0, 0, 0)
size = 2**26 // {count}
for _ in range(10):
    blocks = [ctypes.c_void_p(libc.malloc(ctypes.c_size_t(size))) for _ in range({count})]
    for block in blocks:
        ctypes.memset(block, 1, size)
    for block in blocks:
        libc.free(block)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
"""


def told_by(script: str, kept: bool) -> str:
    script = START.format(kept=kept) + script
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_all_threads_share_one_heap() -> None:
    assert told_by(HEAPS, kept=False).count("<heap nr=") > 1
    assert told_by(HEAPS, kept=True).count("<heap nr=") == 1


# glibc maps a block of more than 32 MiB alone, whatever its threshold is set to.
@pytest.mark.parametrize("count", [8, 1])
def test_what_is_freed_is_used_again(count: int) -> None:
    script = PAGES.format(count=count)
    pages = 2**26 // resource.getpagesize()
    assert int(told_by(script, kept=False)) > 3 * pages
    assert int(told_by(script, kept=True)) < 2 * pages


def test_the_command_keeps_its_heap(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[bool] = []
    monkeypatch.setattr(cli, "keep_heap", lambda: called.append(True))
    monkeypatch.setattr(sys, "argv", ["tangshi-studio", "--version"])
    with pytest.raises(SystemExit):
        cli.main()
    assert called
