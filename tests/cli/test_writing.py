"""`generate` and `score`, as a script uses them."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from studio.collection.saved import Collection
from studio.corpus.poem import verse_lines
from studio.paths import Home
from studio.prosody.measure import Measure, scan_by
from tests.cli.conftest import Run


def test_a_seed_writes_the_same_poems_again(trained: Run) -> None:
    arguments = ["generate", "--count", "3", "--seed", "5", "--form", "七绝", "--json"]
    document = trained(*arguments).document
    assert document == trained(*arguments).document
    assert document["model"] == "a@4"
    assert document["request"]["seed"] == 5
    assert len(document["poems"]) == 3


def test_a_form_goes_by_its_name_however_it_was_asked_for(trained: Run) -> None:
    assert trained("generate", "--form", "qijue", "--json").document["request"]["form"] == "七绝"


def test_a_ci_stands_under_its_tune_as_in_a_file(trained: Run) -> None:
    assert trained("generate", "--form", "rumengling").out.startswith("如梦令\n")


def test_without_a_seed_each_call_writes_something_else_and_reports_its_seed(trained: Run) -> None:
    results = [trained("generate", "--temperature", "2") for _ in range(2)]
    assert results[0].out != results[1].out
    assert "seed" in results[0].err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--first", "龘"], 1, "never seen 龘"),
        (["--form", "十四行"], 2, "五绝"),
        (["--temperature", "0"], 2, "--temperature must be a number from 0.000001 to 10, not 0"),
        (["--temperature", "1e-45"], 2, "temperature"),
        (["--strategy", "beam"], 2, "--strategy must be greedy or sample, not 'beam'"),
        (["--tones", "loose"], 2, "--tones must be strict, tang or free"),
        (["--count", "0"], 2, "--count must be"),
        (["--strategy", "greedy", "--count", "2"], 2, "only one poem"),
        (["--longest", "9"], 2, "--longest applies only to --form free"),
        (["--form", "如梦令", "--tones", "free"], 2, "--tones"),
        (["--temperature", "nan"], 2, "--temperature must be"),
        (["--rhyme", "鬼"], 2, "not one of the 106"),
        (["--rhymes", "guangyun"], 2, "xinyun (中华新韵)"),
        (["--lines", "6"], 1, "has 4 lines"),
        (["--given", "□□"], 1, "2 characters"),
        (["--title", "送别"], 1, "reads no title"),
        (["--poet", "李白"], 1, "reads no poet"),
        (["--title", "farewell"], 2, "The title"),
        (["--run", "b"], 1, "no run called"),
        (["--run", "a@9"], 1, "step 9"),
        (["--run", "default"], 1, "default model"),
        (["--first", "\udce6"], 1, "UTF-8"),
    ],
)
def test_a_poem_that_cannot_be_written_is_answered_clearly(
    trained: Run, arguments: list[str], code: int, message: str
) -> None:
    result = trained("generate", *arguments)
    assert result.code == code
    assert message in result.err
    assert not result.out


def test_every_part_of_a_request_has_an_option(trained: Run) -> None:
    document = trained(
        *("generate", "--form", "古绝", "--acrostic", "春江", "--word", "海天", "--word", "石门"),
        *("--last", "日月心红风", "--rhyme", "东", "--tones", "tang", "--tries", "2", "--json"),
    ).document
    (poem,) = document["poems"]
    lines = poem["text"].replace("。", "，").split("，")
    assert (lines[0][0], lines[1][0], lines[3]) == ("春", "江", "日月心红风")
    assert "海天" in poem["text"] and "石门" in poem["text"]
    assert document["request"]["words"] == ["海天", "石门"]
    assert {"template", "rhyme", "score"} <= set(poem)


def test_a_poem_is_written_by_the_rhyme_book_of_choice(trained: Run) -> None:
    document = trained("generate", "--rhymes", "中华新韵", "--seed", "5", "--json").document
    assert document["request"]["measure"]["rhymes"] == "xinyun"
    (poem,) = document["poems"]
    scansion = scan_by(verse_lines(poem["text"]), "五绝", Measure("xinyun"))
    assert scansion.broken == []
    assert poem["rhyme"] == scansion.rhymes[0]


def test_a_poem_is_saved_with_the_text_as_it_is_written(trained: Run, home: Home) -> None:
    arguments = ["generate", "--form", "free", "--first", "紅日,", "--longest", "9", "--seed", "1"]
    shown = trained(*arguments, "--save", "--json").document
    (saved,) = Collection(home.collection).poems()
    assert saved.request.first == shown["request"]["first"] == "红日，"
    assert '"first":"红日，"' in home.collection.read_text(encoding="utf-8")
    assert saved.poem.text.startswith("红日，")
    again = trained("generate", "--form", "free", "--first", "红日，", *arguments[5:], "--save")
    assert "Saved already." in again.err


@pytest.mark.parametrize("words", ["海天 石门", "海天、石门", "海天，石门"])
def test_words_that_are_typed_together_are_words_of_their_own(trained: Run, words: str) -> None:
    document = trained(
        "generate", "--form", "古绝", "--word", words, "--word", "云", "--json"
    ).document
    assert document["request"]["words"] == ["海天", "石门", "云"]


@pytest.mark.parametrize("wish", ["--first", "--acrostic", "--last", "--word", "--given"])
def test_text_that_is_not_chinese_is_a_wrong_value(trained: Run, wish: str) -> None:
    result = trained("generate", wish, "春 spring")
    assert result.code == 2
    assert "is not a Chinese character" in " ".join(result.err.split())


def test_the_best_poem_comes_first(trained: Run) -> None:
    document = trained("generate", "--count", "5", "--allow-copies", "--json").document
    scores = [poem["score"] for poem in document["poems"]]
    assert scores == sorted(scores, reverse=True)
    assert document["request"]["copied_lines"]


def test_the_least_temperature_writes_the_likeliest(trained: Run) -> None:
    coldest = trained("generate", "--temperature", "1e-6", "--top-p", "1", "--json").document
    greedy = trained("generate", "--strategy", "greedy", "--json").document
    assert coldest["poems"][0]["text"] == greedy["poems"][0]["text"]


def test_an_output_without_chinese_is_reported(trained: Run, home: Home) -> None:
    command = [sys.executable, "-m", "studio", "generate", "--run", "a"]
    narrow = {**os.environ, "PYTHONIOENCODING": "ascii"}
    result = subprocess.run(command, capture_output=True, env=narrow, text=True)
    assert result.returncode == 1
    assert "UTF-8" in result.stderr
    assert "Traceback" not in result.stderr


def test_without_a_model_the_way_to_one_is_shown(tangshi: Run, home: Home) -> None:
    result = tangshi("generate")
    assert result.code == 1
    assert "tangshi-studio train" in result.err


def test_each_poem_of_a_file_is_scored_on_its_line(trained: Run, tmp_path: Path) -> None:
    file = tmp_path / "poems.txt"
    file.write_text("春江花月夜。\n\n红日，\n", encoding="utf-8")
    lines = trained("score", str(file)).out.split()
    document = trained("score", str(file), "--json").document
    assert [f"{row['perplexity']:.2f}" for row in document["poems"]] == lines
    assert [row["text"] for row in document["poems"]] == ["春江花月夜。", "红日，"]


def test_poems_are_scored_from_standard_input(
    trained: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("春江。".encode())))
    assert len(trained("score", "-").out.split()) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [("春江。\n".encode() + b"\xff\n", "line 2"), (b"\n", "no poem")],
)
def test_a_file_that_cannot_be_scored_is_named(
    trained: Run, tmp_path: Path, content: bytes, message: str
) -> None:
    file = tmp_path / "poems.txt"
    file.write_bytes(content)
    result = trained("score", str(file))
    assert result.code == 1
    assert "poems.txt" in result.err
    assert message in result.err


def test_a_line_that_no_other_can_face_is_an_error(tangshi: Run, home: Home) -> None:
    assert "There is no model yet" in tangshi("couplet", "明月松间照").err
    assert "is not a Chinese character" in tangshi("couplet", "abc").err
