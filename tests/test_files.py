"""Files and folders are whole or not there, at every moment."""

import errno
import threading
import tracemalloc
from functools import partial
from pathlib import Path

import pytest

from studio import files
from studio.files import build_folder_atomically, read_regular, write_atomically
from tests.killing import killed_at


def fill_with(text: str, folder: Path) -> None:
    (folder / "one").write_text(text)
    (folder / "two").write_text(text)


def content(folder: Path) -> set[str]:
    return {path.read_text() for path in folder.iterdir()}


def test_a_folder_that_is_replaced_is_there_whenever_the_process_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    build_folder_atomically(folder, partial(fill_with, "old"))
    replace = partial(build_folder_atomically, folder, partial(fill_with, "new"))
    point = 1
    while killed_at(point, tmp_path, replace):
        assert content(folder) in ({"old"}, {"new"}), f"killed at point {point}"
        point += 1
    assert point > 5
    assert content(folder) == {"new"}


def test_where_folders_cannot_be_exchanged_they_are_renamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Library:
        def renameat2(self, *_: object) -> int:
            return -1

    monkeypatch.setattr(files.ctypes, "CDLL", lambda *_, **__: Library())
    monkeypatch.setattr(files.ctypes, "get_errno", lambda: errno.EINVAL)
    for text in ("old", "new"):
        build_folder_atomically(tmp_path / "model", partial(fill_with, text))
    assert content(tmp_path / "model") == {"new"}
    assert list(tmp_path.iterdir()) == [tmp_path / "model"]


def test_a_folder_that_cannot_be_filled_leaves_the_old_one(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    build_folder_atomically(folder, partial(fill_with, "old"))

    def fail(staging: Path) -> None:
        fill_with("new", staging)
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        build_folder_atomically(folder, fail)
    assert content(folder) == {"old"}
    assert list(tmp_path.iterdir()) == [tmp_path / "model"]


def test_a_lock_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    inside: list[int] = []
    most = 0

    def work() -> None:
        nonlocal most
        for _ in range(50):
            with files.locked(tmp_path / "lock"):
                inside.append(1)
                most = max(most, len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_a_file_is_written_where_a_link_points(tmp_path: Path) -> None:
    kept = tmp_path / "dotfiles" / "settings.toml"
    kept.parent.mkdir()
    kept.write_text("old")
    link = tmp_path / "settings.toml"
    link.symlink_to(kept)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert kept.read_text() == "new"


def test_a_folder_is_written_where_a_link_points(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "disk" / "model"
    build_folder_atomically(kept, partial(fill_with, "old"))
    link = tmp_path / "model"
    link.symlink_to(kept)
    build_folder_atomically(link, partial(fill_with, "new"))
    assert link.is_symlink()
    assert content(kept) == {"new"}
    assert set(kept.parent.iterdir()) == {kept}
    monkeypatch.chdir(kept)
    build_folder_atomically(Path(), partial(fill_with, "newer"))
    assert content(kept) == {"newer"}


def test_what_is_no_folder_is_not_replaced_by_one(tmp_path: Path) -> None:
    file, loop = tmp_path / "file", tmp_path / "loop"
    file.write_text("mine")
    loop.symlink_to(loop)
    for path in (file, loop):
        with pytest.raises(NotADirectoryError, match=path.name):
            build_folder_atomically(path, pytest.fail)
    assert file.read_text() == "mine"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "loop"]


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "poems"
    with path.open("wb") as file:
        file.truncate(2**32)  # takes no room on the disk
    tracemalloc.start()
    with pytest.raises(OSError, match="larger than 33,554,432 bytes"):
        read_regular(path, 2**25)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()
