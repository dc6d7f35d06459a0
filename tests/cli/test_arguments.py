"""Arguments are UTF-8 in every locale; what is not is refused, not dropped."""

import fcntl
import json
import os
import shlex
import subprocess
import sys
import termios
import time
from array import array
from pathlib import Path

import pytest

from studio.cli.help_page import _with_ranges
from studio.corpus.library import Library, Query
from studio.paths import Home
from tests.cli.conftest import Run
from tests.terminal import PATIENCE

C_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
UTF8 = {"LC_ALL": "C.UTF-8"}
GB = "天山".encode("gb18030")


def command(*arguments: str | bytes, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command as a process of its own, with these very bytes."""
    left_out = ("LANG", "LC_ALL", "PYTHONIOENCODING")
    inherited = {key: value for key, value in os.environ.items() if key not in left_out}
    return subprocess.run(
        [sys.executable, "-m", "studio", *arguments],
        capture_output=True,
        env=inherited | environment,
    )


def test_a_stream_that_does_not_wait_for_its_reader_loses_nothing() -> None:
    program = (
        "import sys\n"
        "from studio.cli.arguments import open_streams\n"
        "open_streams()\n"
        "for _ in range(200):\n"
        "    print('x' * 1000, flush=True)\n"
    )
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with subprocess.Popen([sys.executable, "-c", program], stdout=writing) as process:
        os.close(writing)
        # The pipe holds less than half of it.
        waiting, end = array("i", [0]), time.monotonic() + PATIENCE
        while waiting[0] < 60_000 and time.monotonic() < end:
            fcntl.ioctl(reading, termios.FIONREAD, waiting)
        with os.fdopen(reading) as file:
            assert len(file.read()) == 200 * 1001
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("closed", "arguments", "code"),
    [("<&-", "scan -", 1), ("<&-", "score -", 1), (">&-", "corpus stats --json", 0)],
)
def test_a_stream_that_the_caller_closed_is_empty(
    home: Home, closed: str, arguments: str, code: int
) -> None:
    line = f"exec {shlex.quote(sys.executable)} -m studio {arguments} {closed}"
    result = subprocess.run(["sh", "-c", line], capture_output=True, env=os.environ | UTF8)
    assert (result.returncode, result.stdout) == (code, b"")
    assert b"Traceback" not in result.stderr


def test_in_a_folder_that_was_deleted_the_answer_is_clear(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tangshi: Run
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    result = tangshi("runs", "list")
    assert result.code == 1
    assert "The current folder has been deleted." in result.err


def test_in_a_c_locale_the_poems_asked_for_are_found(home: Home) -> None:
    found = json.loads(command("corpus", "search", "春江".encode(), "--json", **C_LOCALE).stdout)
    with Library.open(home.library) as library:
        assert found["count"] == library.count(Query("春江"))
        assert 0 < found["count"] < library.count(Query())


def test_in_a_c_locale_output_in_chinese_has_a_clear_answer(home: Home) -> None:
    result = command("corpus", "search", "春江".encode(), **C_LOCALE)
    assert result.returncode == 1
    assert b"The output is in ascii" in result.stderr
    assert b"Traceback" not in result.stderr


@pytest.mark.parametrize("locale", [UTF8, C_LOCALE], ids=["UTF-8", "C"])
@pytest.mark.parametrize("arguments", [("search", GB), ("search", b"--form=" + GB)])
def test_bytes_of_another_encoding_are_refused_by_name(
    home: Home, arguments: tuple[str | bytes, ...], locale: dict[str, str]
) -> None:
    result = command("corpus", *arguments, **locale)
    assert result.returncode == 1
    assert b"did not arrive as UTF-8" in result.stderr
    assert rb"\xcc" in result.stderr
    assert not result.stdout
    assert b"Traceback" not in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("corpus", "search", "--poet", GB),
        ("corpus", "show", "--words", GB),
        ("generate", "--first", GB),
        ("generate", "--run", GB),
        ("train", "--run", GB),
        ("train", "--set", b"cell=" + GB),
        ("runs", "show", GB),
        ("collection", "list", GB),
        ("evaluate", "poems", "--form", GB),
        ("scan", GB),
        (GB,),
    ],
)
def test_every_command_refuses_them(
    home: Home, tangshi: Run, arguments: tuple[str | bytes, ...]
) -> None:
    result = tangshi(*map(os.fsdecode, arguments))
    assert (result.code, result.out) == (1, "")
    assert "did not arrive as UTF-8" in result.err
    assert r"\xcc" in result.err


@pytest.mark.parametrize("locale", [UTF8, C_LOCALE], ids=["UTF-8", "C"])
@pytest.mark.parametrize("name", [GB + b".txt", "天山.txt".encode()], ids=["GB18030", "UTF-8"])
def test_a_file_may_have_any_name(
    home: Home, tmp_path: Path, name: bytes, locale: dict[str, str]
) -> None:
    path = os.fsencode(tmp_path) + b"/" + name
    Path(os.fsdecode(path)).write_text("春江潮水连海平，海上明月共潮生。", encoding="utf-8")
    result = command("scan", path, "--json", **locale)
    assert result.returncode == 0, result.stderr
    assert len(json.loads(result.stdout)["poems"]) == 1


@pytest.mark.parametrize(
    "group", [(), ("corpus",), ("runs",), ("collection",), ("evaluate",), ("bench",), ("lookup",)]
)
def test_the_help_of_a_group_cuts_no_sentence_at_80_columns(
    tangshi: Run, monkeypatch: pytest.MonkeyPatch, group: tuple[str, ...]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    helped = tangshi(*group, "--help")
    _, commands = helped.out.split("Commands:")
    assert "..." not in commands


def test_a_form_that_there_is_not_is_answered_with_all_that_there_are(tangshi: Run) -> None:
    assert ", free." in tangshi("generate", "--form", "sonnet").err
    assert "古体, other." in tangshi("corpus", "search", "--form", "sonnet").err


def test_a_file_that_is_not_there_is_a_matter_of_its_path(tangshi: Run) -> None:
    assert tangshi("scan", "/nowhere.txt").err.endswith("no file /nowhere.txt. Check the path.\n")


def test_poems_to_score_in_utf_16_are_recognised(tangshi: Run, tmp_path: Path) -> None:
    file = tmp_path / "poems.txt"
    file.write_text("白日依山尽", encoding="utf-16")
    assert "iconv -f UTF-16 -t UTF-8" in tangshi("score", str(file)).err


def test_ranges_in_help_are_said_in_words() -> None:
    assert _with_ranges("Seed.  [1<=x<=2147483647]") == "Seed.  [1 or more]"
    assert _with_ranges("Rows.  [default: 20; 1<=x<=1000]") == "Rows.  [default: 20; 1 to 1,000]"
    assert _with_ranges("Rounds.  [default: 5; x>=1]") == "Rounds.  [default: 5; 1 or more]"
    assert _with_ranges("Share.  [0.0<=x<=0.99]") == "Share.  [0.0 to 0.99]"


def test_no_help_has_a_formula(home: Home) -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "studio", "train", "--help"], capture_output=True, check=True
    )
    assert b"[1 or more]" in shown.stdout
    assert b"<=x" not in shown.stdout
