"""The corpus subcommands, as a script would use them."""

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from studio.cli import main
from studio.corpus import sources
from studio.corpus.build import build
from studio.corpus.library import Library
from studio.corpus.manifest import published_corpus
from studio.errors import CorpusError

POEMS = (
    "登鸛雀樓:白日依山盡，黃河入海流。欲窮千里目，更上一層樓。\n"
    "靜夜思:牀前看月光，疑是地上霜。舉頭望山月，低頭思故鄉。\n"
    "再:白日依山盡，黃河入海流。欲窮千里目，更上一層樓。\n"
    "殘:山□水。\n"
    "沒有冒號\n"
)


class Command:
    """Runs `tangshi-studio` in this process."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
    ) -> None:
        self._monkeypatch, self._captured = monkeypatch, capfdbinary
        self.code = 0
        self.out = self.err = ""

    def __call__(self, *arguments: str) -> "Command":
        self._monkeypatch.setattr("sys.argv", ["tangshi-studio", "corpus", *arguments])
        self.code = 0
        try:
            main()
        except SystemExit as leave:
            self.code = int(leave.code or 0)
        captured = self._captured.readouterr()
        self.out, self.err = captured.out.decode(), captured.err.decode()
        return self

    def json(self, *arguments: str) -> Any:
        self(*arguments, "--json")
        assert self.code == 0, self.err
        return json.loads(self.out)


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Command:
    monkeypatch.setenv("TANGSHI_STUDIO_HOME", str(tmp_path / "home"))
    return Command(monkeypatch, capfdbinary)


@pytest.fixture
def own(tmp_path: Path) -> str:
    path = tmp_path / "poems.txt"
    path.write_text(POEMS, "utf-8")
    return str(path)


def test_the_account_of_the_records_adds_up(command: Command, own: str) -> None:
    command.json("fetch", "--from", own)
    stats = command.json("stats")
    assert stats["records_read"] == 5
    assert (stats["kept"], stats["merged"]) == (2, 1)
    assert stats["rejected"] == {"lacuna": 1, "malformed record": 1}


def test_fetching_does_nothing_where_there_is_a_library(command: Command, own: str) -> None:
    first = command.json("fetch", "--from", own)
    assert command.json("fetch") == first
    assert command("fetch").err.startswith("The library exists already: 2 poems")


def test_other_poems_than_the_library_holds_are_obtained(
    command: Command, own: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    command.json("fetch", "--from", own)
    # Neither npm nor an address: that it is sought at all is what shows.
    monkeypatch.setenv("PATH", "")
    refused = command("fetch", "--corpus", "quansongshi", "--mirror", "nowhere")
    assert refused.code == 1
    assert "nowhere is not an http address" in refused.err
    assert f"To build it again: `tangshi-studio corpus fetch --from {own}`." in refused.err
    assert command.json("stats")["poems"] == 2


@pytest.mark.parametrize("how", ["fetch", "build"])
def test_own_poems_do_not_replace_the_library_where_it_is_to_stay(
    command: Command, own: str, tmp_path: Path, how: str
) -> None:
    before = command.json("fetch", "--from", own)
    more = tmp_path / "more.txt"
    more.write_text("一首:白日依山尽，黄河入海流。\n", "utf-8")
    refused = command(how, "--from", str(more), "--beside")
    assert refused.code == 1
    assert "Omit --beside" in refused.err
    assert command.json("fetch") == before


def test_poems_are_found_as_json(command: Command, own: str) -> None:
    command("build", "--from", own)
    found = command.json("search", "千里", "--form", "wujue")
    assert found["count"] == 1
    (poem,) = found["poems"]
    assert poem["first_line"] == "白日依山尽"
    assert poem["text"] == "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"
    assert command.json("show", str(poem["id"])) == {
        name: value for name, value in poem.items() if name not in ("first_line", "length")
    }


@pytest.mark.parametrize("words", [("黃河", "千里"), ("千里 黃河",), ("黃河", "千里 白日")])
def test_all_words_must_be_in_a_poem_however_they_are_given(
    command: Command, own: str, words: tuple[str, ...]
) -> None:
    command("build", "--from", own)
    assert command.json("search", *words)["count"] == 1
    assert command.json("search", *words, "故鄉")["count"] == 0


def test_a_poem_is_shown_as_verse(command: Command, own: str) -> None:
    command("build", "--from", own)
    command("show", "2")
    assert command.out == "静夜思\n\n床前看月光，疑是地上霜。\n举头望山月，低头思故乡。\n"
    assert command.json("show", "2")["original"].startswith("牀前")
    # The poem with this number may be by another poet.
    assert command("show", "2", "--poet", "李白").code == 2


def test_the_statistics_are_printed_for_people_too(command: Command, own: str) -> None:
    command("build", "--from", own)
    assert "2 poems by 0 poets" in command("stats").out
    assert "—  " in command.out.partition("Most prolific poets")[2]


def test_poems_without_title_or_poet_are_listed_without_empty_marks(
    command: Command, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("白日依山尽，黄河入海流。欲穷千里目，更上一层楼。\n", "utf-8")
    command("build", "--from", str(tmp_path / "a.txt"))
    assert command("search").out.split() == ["1", "五绝", "—", "白日依山尽"]
    assert command.err == "1 poem\n"


def test_long_lines_are_listed(command: Command, tmp_path: Path) -> None:
    line = "雨雪风霜天地人"
    path = tmp_path / "long.txt"
    path.write_text(f"甲:{line}，{line}。{line * 2}。\n乙:{line * 3}。\n", "utf-8")
    command("build", "--from", str(path))
    assert "Long lines: 1 split, 1 rejected" in command("stats").out
    assert [each["outcome"] for each in command.json("stats")["long_lines"]] == [
        "split",
        "rejected",
    ]


def test_the_traditional_script_is_kept_when_asked(command: Command, own: str) -> None:
    command("build", "--from", own, "--script", "traditional")
    assert command.json("show", "1")["title"] == "登鸛雀樓"


@pytest.mark.parametrize("arguments", [("stats",), ("search", "月"), ("show", "1"), ("build",)])
def test_without_a_library_the_error_names_the_remedy(
    command: Command, arguments: tuple[str, ...]
) -> None:
    command(*arguments)
    assert command.code == 1
    assert command.out == ""
    assert "tangshi-studio corpus fetch" in command.err.replace("\n", " ")


def test_errors_and_wrong_usage_have_their_exit_codes(command: Command, own: str) -> None:
    command("build", "--from", own)
    assert command("show", "99").code == 1
    assert command("search", "--form", "sonnet").code == 2
    assert command("search", "--sort", "mood").code == 2
    assert command("show", str(10**30)).code == 1
    assert command("search", "--limit", str(10**30)).code == 2
    assert command("build", "--from", f"{own}.missing").code == 1


def test_a_file_whose_name_is_not_utf_8_is_read(command: Command, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"poems-\xff.txt")
    path.write_text("床前明月光，疑是地上霜。", encoding="utf-8")
    assert command.json("build", "--from", str(path))["source"].endswith("poems-?.txt")


def test_a_control_character_in_a_path_does_not_reach_the_terminal(command: Command) -> None:
    command("build", "--from", "/nowhere\x1b[31m")
    assert command.code == 1
    assert "/nowhere" in command.err
    assert "\x1b" not in command.err


def test_a_control_character_in_the_name_of_a_file_does_not_either(
    command: Command, tmp_path: Path
) -> None:
    path = tmp_path / "a\x1b[31mb.txt"
    path.write_text(f"长:{'雨雪风霜天地人' * 2}。\n甲:雨雪风霜天地人，雨雪风霜天地人。\n", "utf-8")
    command("fetch", "--from", str(path))
    assert command("stats").out.count("a[31mb.txt") == 2
    assert "\x1b" not in command("show", "1").out + command("stats").out


def test_a_name_that_begins_with_a_tilde_may_be_no_users(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "~poems.txt").write_text("山水一重重，江花两岸红。", "utf-8")
    monkeypatch.chdir(tmp_path)
    assert command("fetch", "--from", "~poems.txt").code == 0
    monkeypatch.setenv("TANGSHI_STUDIO_HOME", "~nobody of this name/home")
    assert command("stats").code == 1
    assert "There are no poems yet" in command.err


def test_json_names_a_home_folder_that_is_not_utf_8(
    command: Command, own: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TANGSHI_STUDIO_HOME", os.fsdecode(os.fsencode(tmp_path / "home") + b"\xff"))
    assert command.json("fetch", "--from", own)["library"].endswith("home?/data/library.sqlite")


def test_a_pipe_is_said_to_be_no_file(command: Command, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert command("fetch", "--from", str(tmp_path / "pipe")).code == 1
    assert "neither a file nor a folder" in command.err


def test_poems_that_are_replaced_are_named_with_the_command_that_builds_them_again(
    command: Command, own: str, tmp_path: Path
) -> None:
    command("fetch", "--from", own)
    other = tmp_path / "other poems.txt"
    other.write_text("山水一重重，江花两岸红。", "utf-8")
    assert command("fetch", "--from", str(other)).code == 0
    assert f"`tangshi-studio corpus fetch --from {own}`" in command.err
    assert command("build", "--from", own).code == 0
    assert f"`tangshi-studio corpus fetch --from '{other}'`" in command.err


def test_a_library_knows_its_file_from_any_folder(
    command: Command, own: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command("fetch", "--from", Path(own).name)
    assert command.json("stats")["source"] == own
    command("fetch", "--from", Path(own).name, "--script", "traditional")
    assert f"`tangshi-studio corpus fetch --from {own}`" in command.err


def test_poems_in_another_script_are_built(command: Command, own: str) -> None:
    command("fetch", "--from", own)
    assert (
        command.json("build", "--from", own, "--script", "traditional")["script"] == "traditional"
    )
    assert command.json("fetch")["script"] == "traditional"


def test_the_command_for_poems_beside_the_library_leaves_the_library_as_it_is(
    command: Command, own: str, tmp_path: Path
) -> None:
    beside = tmp_path / "home" / "data" / "songci.sqlite"
    build(beside, sources.read(Path(own)), source=published_corpus("songci").source)
    command("build", "--corpus", "songci", "--beside", "--script", "traditional")
    assert "`tangshi-studio corpus fetch --corpus songci --beside`" in command.err


def test_remedies_for_poems_beside_the_library_are_about_these_poems(
    command: Command, tmp_path: Path
) -> None:
    assert command("build", "--corpus", "songci", "--beside").code == 1
    assert "`tangshi-studio corpus fetch --again --corpus songci --beside`" in command.err
    beside = tmp_path / "home" / "data" / "songci.sqlite"
    beside.parent.mkdir(parents=True)
    beside.write_bytes(b"damaged")
    with pytest.raises(CorpusError, match="`tangshi-studio corpus build --corpus songci --beside`"):
        Library.open(beside)


def test_a_line_in_a_file_or_a_pipe_is_not_broken_or_cut(command: Command, tmp_path: Path) -> None:
    title = "送友人歸山中" * 9
    (tmp_path / "long.txt").write_text(f"{title}:白日依山盡，黃河入海流。", "utf-8")
    command("fetch", "--from", str(tmp_path / "long.txt"), "--script", "traditional")
    assert command("show", "1").out.splitlines()[0] == title
    assert title in command("search").out


def test_poems_of_an_older_version_that_are_replaced_are_named_too(
    command: Command, own: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # The command works in another folder.
    command("fetch", "--from", "poems.txt")
    _outdate(tmp_path / "home" / "data" / "library.sqlite")
    assert command("stats").code == 1
    command("build", "--from", str(tmp_path / "none.txt"))
    assert f"`tangshi-studio corpus fetch --from {own}`" in command.err


@pytest.mark.parametrize("how", [("fetch",), ("build",), ("fetch", "--again")])
def test_poems_of_ones_own_are_only_replaced_by_others_that_are_named(
    command: Command, own: str, tmp_path: Path, how: tuple[str, ...]
) -> None:
    command("fetch", "--from", own, "--script", "traditional")
    before = command.json("stats")
    _outdate(tmp_path / "home" / "data" / "library.sqlite")
    assert "Run `tangshi-studio corpus build` to build it again." in command("stats").err
    assert command(*how).code == 0
    assert command.err.startswith("Built: 2 poems")
    assert command.json("stats") == before
    _outdate(tmp_path / "home" / "data" / "library.sqlite")
    Path(own).unlink()
    assert command(*how).code == 1
    assert f"built from {own}, which is no longer there" in command.err


def _outdate(library: Path) -> None:
    """Make a library one of an older version."""
    with closing(sqlite3.connect(library)) as opened:
        opened.execute("PRAGMA user_version = 1")
