"""What killed processes leave half written."""

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from studio.files import build_folder_atomically, replacing, write_atomically
from studio.staging import leftovers, remove_leftovers

A_FILE = """
    from studio.files import replacing
    with replacing(path) as file:
        file.write(b"half")
        file.flush()
        wait()
"""
A_FOLDER = """
    from studio.files import build_folder_atomically
    def fill(staging):
        (staging / "part").write_bytes(b"half")
        wait()
    build_folder_atomically(path, fill)
"""


@contextmanager
def _writing(what: str, path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process in the middle of writing; killed at the end."""
    start = f"""
        from pathlib import Path
        path = Path({str(path)!r})
        def wait():
            print(flush=True)
            input()
    """
    program = textwrap.dedent(start) + textwrap.dedent(what)
    command = [sys.executable, "-c", program]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        process.stdout.readline()
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()


def _age(folder: Path) -> None:
    """As if an hour had passed."""
    for path in folder.iterdir():
        os.utime(path, (0, path.stat().st_mtime - 3600))


@pytest.mark.parametrize("what", [A_FILE, A_FOLDER])
def test_what_a_killed_process_left_is_swept_and_what_a_living_one_writes_is_not(
    tmp_path: Path, what: str
) -> None:
    with _writing(what, tmp_path / "a"), _writing(what, tmp_path / "b") as living:
        before = sorted(tmp_path.iterdir())
        _age(tmp_path)
        remove_leftovers(tmp_path)
        assert sorted(tmp_path.iterdir()) == before
        assert len(before) == 2
        living.send_signal(signal.SIGKILL)
        living.wait()
        assert [path.name[:3] for path in leftovers(tmp_path)] == [".b."]
        remove_leftovers(tmp_path)
        assert [path.name[:3] for path in tmp_path.iterdir()] == [".a."]


def test_the_next_folder_that_is_built_sweeps_the_litter_beside_it(tmp_path: Path) -> None:
    with _writing(A_FOLDER, tmp_path / "a"):
        pass
    _age(tmp_path)
    build_folder_atomically(tmp_path / "b", lambda staging: None)
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_litter_is_found_in_all_folders_where_asked(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with _writing(A_FILE, tmp_path / "in" / "a"):
        pass
    _age(tmp_path / "in")
    assert leftovers(tmp_path) == []
    assert len(leftovers(tmp_path, deep=True)) == 1


def test_what_others_wrote_is_no_litter(tmp_path: Path) -> None:
    for name in (".model.20260101", ".unfinished", ".a.unfinished", "a.0123abcd.unfinished"):
        (tmp_path / name).touch()
    (tmp_path / ".link.0123abcd.unfinished").symlink_to(tmp_path / "a.0123abcd.unfinished")
    os.mkfifo(tmp_path / ".pipe.0123abcd.unfinished.more")
    before = sorted(tmp_path.iterdir())
    for path in before:
        os.utime(path, (0, 0), follow_symlinks=False)
    remove_leftovers(tmp_path)
    assert sorted(tmp_path.iterdir()) == before


def test_a_file_that_cannot_be_written_leaves_the_old_one_and_no_litter(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a", b"old")
    with pytest.raises(KeyboardInterrupt), replacing(tmp_path / "a") as file:
        file.write(b"new")
        raise KeyboardInterrupt
    assert (tmp_path / "a").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
