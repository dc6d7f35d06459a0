"""The command line in Chinese."""

import inspect
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from rich.cells import cell_len

from studio.cli.command_line import app
from studio.cli.doctor import PACKAGES
from studio.cli.help_page import _with_ranges
from studio.cli.typer_words import in_words
from studio.line_breaks import wrapped
from studio.model.device import Device
from studio.paths import Home
from studio.translation import use_language
from tests.chinese import english_in
from tests.cli.conftest import Run

POEMS = "静夜思\n李白\n床前明月光，疑是地上霜。\n举头望明月，低头思故乡。\n"


@pytest.fixture(autouse=True)
def english_afterwards() -> Iterator[None]:
    yield
    use_language("en")


def test_ranges_in_help_stay_in_their_brackets() -> None:
    use_language("zh")
    assert _with_ranges("轮数。  [1<=x<=2147483647]") == "轮数。  [不小于1]"


def printed_help(*arguments: str) -> list[str]:
    """The lines of a help page; commands are imported anew, because their help is made then."""
    result = subprocess.run(
        [sys.executable, "-m", "studio", *arguments, "--help"],
        env=os.environ | {"LC_ALL": "zh_CN.UTF-8", "COLUMNS": "80"},
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    return result.stdout.splitlines()


@pytest.mark.parametrize("command", [(), ("train",), ("scan",)])
def test_help_is_in_chinese_and_in_straight_columns(home: Home, command: tuple[str, ...]) -> None:
    lines = printed_help(*command)
    assert lines[0].startswith("用法：tangshi-studio")
    assert "选项：" in lines
    assert max(map(cell_len, lines)) <= 80
    # No English but names: no two words of it follow one another in what is said of options.
    meanings = [line[line.index("  ", 3) :] for line in lines if line.startswith("  -")]
    assert meanings
    assert not [each for each in meanings if re.search(r"(?<!-)\b[A-Za-z]+ [A-Za-z]+", each)]
    options = lines[lines.index("选项：") + 1 :]
    rows = [re.match("(  -[^ ].*?  +)[^ ]", line) for line in options]
    assert len({cell_len(row[1]) for row in rows if row}) == 1


def test_a_line_is_broken_after_a_wide_character_but_not_before_its_punctuation() -> None:
    text = "训练的名称。用 --resume 时也可写 NAME@STEP：从该检查点续训（其后的检查点会被删除）。"
    for width in range(12, 80):
        lines = wrapped(text, width)
        assert max(map(cell_len, lines)) <= width
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert not [line for line in lines if line[0] in "，。：）" or line[-1] == "（"]
    assert wrapped(text, 12)[:2] == ["训练的名称。", "用 --resume"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", "--foo"), "错误：没有选项 --foo（是否指：--from）"),
        (("corpus", "sho"), "错误：没有命令 'sho'。是否指 'show'？"),
        (("scan",), "错误：缺少参数 'file'。"),
        (("train", "a", "b"), "错误：多余的参数（a b）"),
        (("train", "--epochs"), "错误：选项 '--epochs' 须带参数。"),
        (("corpus", "search", "--limit", "x"), "错误：'--limit' 的值无效：应为整数"),
        (("corpus", "search", "--limit", "0"), "错误：'--limit' 的值无效：不得小于1"),
        (
            ("corpus", "search", "--sort", "x"),
            "错误：'--sort' 的值无效：'x' 不在可取之列：'source', 'length', 'poet'。",
        ),
        (("train", "--set", "hidden=0"), "错误：值无效：hidden 应为：1至8,192的整数；现为 0。"),
        (("evaluate", "--split", "x"), "错误：--split 的值无效：'x' 不是 train、valid 或 test。"),
    ],
)
def test_wrong_usage_is_explained_in_chinese(
    tangshi: Run, home: Home, arguments: tuple[str, ...], message: str
) -> None:
    result = tangshi("--language", "zh", *arguments)
    assert result.code == 2
    assert result.err.splitlines()[-1] == message
    assert not re.search("[A-Z][a-z]", result.err)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("scan", "--language", "zh"), "错误：缺少参数 'file'。"),
        (("report", "--language", "zh"), "错误：缺少参数 'runs'。"),
        (("train", "--foo", "--language=zh"), "错误：没有选项 --foo（是否指：--from）"),
    ],
)
def test_wrong_usage_is_in_the_language_of_the_command_line_wherever_it_is_named(
    tangshi: Run, home: Home, arguments: tuple[str, ...], message: str
) -> None:
    result = tangshi(*arguments)
    assert (result.code, result.err.splitlines()[-1]) == (2, message)


def test_an_error_is_reported_in_chinese_with_its_remedy(tangshi: Run, home: Home) -> None:
    result = tangshi("--language", "zh", "score", "no such file")
    assert result.code == 1
    assert result.err == (
        "tangshi-studio: no such file 无法读取：没有这个文件或文件夹。"
        "请换一个文件，或用“-”表示标准输入。\n"
    )


def test_a_poem_is_scanned_in_chinese(tangshi: Run, home: Home, tmp_path: Path) -> None:
    path = tmp_path / "poems.txt"
    path.write_text(f"{POEMS}\n床x\n", "utf-8")
    result = tangshi("--language", "zh", "scan", str(path))
    assert result.code == 1
    assert "古绝 · 韵 平阳\n无病犯（古体，只查字数与押韵）。\n" in result.out
    assert not re.search("[a-z]", result.out)
    assert result.err == (
        f"tangshi-studio: {path}，第6行第2列无法分析：非汉字（x）。诗只能由汉字和标点组成。\n"
    )


def test_json_is_the_same_in_every_language(tangshi: Run, home: Home, tmp_path: Path) -> None:
    path = tmp_path / "poems.txt"
    path.write_text(f"{POEMS}\n国破山河在，城春草木春。感时花溅泪，恨别鸟惊心。\n", "utf-8")
    english = tangshi("--language", "en", "scan", str(path), "--json")
    assert tangshi("--language", "zh", "scan", str(path), "--json") == english


def test_the_help_of_each_command_is_its_docstring() -> None:
    def check(command: object, path: str) -> int:
        commands = getattr(command, "commands", {})
        if not commands:
            documented = inspect.getdoc(command.callback)  # type: ignore[attr-defined]
            assert documented, path
            assert command.help.split() == documented.split(), path  # type: ignore[attr-defined]
        return 1 + sum(check(each, f"{path} {name}") for name, each in commands.items())

    assert check(typer.main.get_command(app), "") > 30


def test_typers_own_words_are_plain_in_english() -> None:
    for text in ("No such option: --foo (Possible options: --from)", "something else"):
        assert in_words(text) == text
    assert (
        in_words("Error: Invalid value for '--sort': Value error, 'x' is not one of 'a', 'b'.")
        == "Error: Invalid value for '--sort': 'x' is not one of 'a', 'b'."
    )


def test_a_value_that_is_no_number_is_refused_in_plain_words(tangshi: Run) -> None:
    for option, value, problem in (
        ("--judgement", "x", "it must be a number"),
        ("--longest", "x", "it must be a whole number"),
    ):
        error = tangshi("generate", option, value).err
        assert error.splitlines()[-1] == f"Error: Invalid value for '{option}': {problem}"
    error = tangshi("train", "--epochs", "0").err
    assert error.splitlines()[-1] == "Error: Invalid value for '--epochs': it must be 1 or more"


def test_the_installation_is_checked_in_chinese(
    tangshi: Run, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Device, "name", "ACME, 2 threads")
    result = tangshi("--language", "zh", "doctor")
    assert re.search("名称 +ACME，2个线程\n", result.out)
    labels = ("python", "sqlite", "term", "colorterm", "NVML", "ACME", "xterm", "linux", "dumb")
    assert english_in(result.out, *labels, *PACKAGES) == []
