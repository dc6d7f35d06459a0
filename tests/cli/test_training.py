"""`train` and `runs`, as a script uses them."""

import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from studio.corpus.library import Library
from studio.corpus.obtaining import fetch_and_build
from studio.corpus.vocabulary import Vocabulary
from studio.model.checkpoint import load_model
from studio.model.config import RECIPES
from studio.model.evaluate import score_poems, total
from studio.model.events import StepDone, Validated
from studio.paths import Home
from studio.runs import folders
from tests.cli.conftest import Run
from tests.model.conftest import CPU

LIMIT = 60  # seconds until a command that should end will not
SMALL = [
    *("--set", "embedding=8", "--set", "hidden=8", "--set", "batch_size=8"),
    *("--set", "validate_every=5", "--set", "checkpoint_every=5"),
]


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_each_cell_trains_and_continues_a_first_character(
    tangshi: Run, home: Home, cell: str
) -> None:
    arguments = ["--recipe", "classic", "--cell", cell, "--max-steps", "6", "--run", "first"]
    trained = tangshi("train", *arguments, *SMALL, "--json")
    assert trained.code == 0
    assert trained.document["outcome"] == "finished"
    assert len(trained.document["losses"]) == 6
    for first in "日红山夜湖海月":
        written = tangshi(
            *("generate", "--run", "first", "--first", first, "--strategy", "greedy", "--json")
        )
        assert written.code == 0
        (poem,) = written.document["poems"]
        assert poem["text"].startswith(first)
    assert tangshi("runs", "delete", "first", "--yes").code == 0
    assert tangshi("runs", "list", "--json").document == {"runs": []}


def test_a_run_is_resumed_with_more_epochs(tangshi: Run, home: Home) -> None:
    first = tangshi("train", "--recipe", "classic", "--epochs", "1", "--run", "a", *SMALL, "--json")
    more = tangshi("train", "--run", "a", "--resume", "--epochs", "1", "--json")
    assert more.code == 0
    assert more.document["step"] == 2 * first.document["step"]
    assert more.document["losses"][: first.document["step"]] == first.document["losses"]
    shown = tangshi("runs", "show", "a", "--json").document
    assert shown["config"]["train"]["epochs"] == 2
    assert shown["summary"]["status"] == "finished"
    said = tangshi("runs", "show", "a").out
    assert "{" not in said
    assert re.search(r"^status +finished\s*$", said, re.MULTILINE)
    # As --set takes them.
    assert " epochs=2 " in " ".join(said.split())
    assert " tied=false " in " ".join(said.split())


def test_an_epoch_more_for_a_run_of_few_steps_is_one_epoch(tangshi: Run, home: Home) -> None:
    tangshi("train", "--recipe", "classic", "--run", "whole", "--epochs", "2", *SMALL)
    whole = tangshi("runs", "show", "whole", "--json").document["summary"]["step"]
    few = ("--epochs", "9", "--max-steps", "2")
    tangshi("train", "--recipe", "classic", "--run", "a", *few, *SMALL)
    more = tangshi("train", "--run", "a", "--resume", "--epochs", "1", "--json")
    assert more.document["step"] == whole


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["train", "--recipe", "transformer"], 2, "classic"),
        (["train", "--set", "heads=8"], 2, "heads"),
        (["train", "--set", "hidden=many"], 2, "hidden must be a whole number from 1 to 8,192"),
        (["train", "--set", "cell=foo"], 2, "cell must be rnn, gru or lstm, not 'foo'"),
        (["train", "--cell", "foo"], 2, "--cell must be rnn, gru or lstm, not 'foo'"),
        (["train", "--max-steps", "-1"], 2, "--max-steps must be"),
        (["train", "--set", "hidden"], 2, "KEY=VALUE"),
        (["train", "--resume"], 1, "--run"),
        (["train", "--resume", "--run", "nowhere"], 1, "nowhere"),
        (["train", "--epochs", "few"], 2, "--epochs"),
        (["train", "--epochs", "-7"], 2, "--epochs"),
        (["train", "--seed", str(2**32)], 2, "seed"),
        (["runs", "show", "nowhere"], 1, "nowhere"),
        (["runs"], 2, "list"),
        (["runs", "list", "--where", "hiden > 3"], 2, "did you mean hidden?"),
        (["sing"], 2, "sing"),
    ],
)
def test_what_cannot_be_done_has_its_exit_code_and_a_message_on_standard_error(
    tangshi: Run, home: Home, arguments: list[str], code: int, message: str
) -> None:
    result = tangshi(*arguments)
    assert result.code == code
    assert message in result.err + result.out
    assert "Traceback" not in result.err


def test_a_run_starts_from_the_weights_and_characters_of_a_model(tangshi: Run, home: Home) -> None:
    tangshi("train", "--recipe", "classic", "--run", "a", "--max-steps", "5", *SMALL)
    folder = folders.find(home.runs, "a").checkpoints / "step-00000005"
    few = ["--set", "batch_size=8", "--set", "learning_rate=1e-9", "--set", "min_count=9"]
    for run, model in (("b", "a"), ("c", str(folder))):
        started = tangshi("train", "--from", model, "--run", run, "--max-steps", "1", *few)
        assert started.code == 0, started.err
        theirs, ours = (
            load_model(folders.find(home.runs, name).checkpoints / step)
            for name, step in (("a", "step-00000005"), (run, "step-00000001"))
        )
        assert ours[1] == theirs[1]
        for name, weights in theirs[0].state_dict().items():
            assert torch.allclose(ours[0].state_dict()[name], weights, atol=1e-6)
    more = tangshi("train", "--run", "b", "--resume", "--epochs", "1", "--json")
    assert more.document["step"] > 1


def test_a_run_that_starts_from_a_model_learns_as_its_own_recipe_says(
    tangshi: Run, home: Home
) -> None:
    tangshi("train", "--recipe", "classic", "--run", "a", "--max-steps", "1", *SMALL)
    few = ["--set", "batch_size=8", "--set", "window=8", "--max-steps", "1"]
    started = tangshi("train", "--recipe", "studio", "--from", "a", "--run", "b", *few)
    assert started.code == 0, started.err
    theirs, ours = (folders.find(home.runs, name).config().model for name in "ab")
    recipe = RECIPES["studio"].model
    assert ours == recipe.with_shape_of(theirs)
    assert ours.hidden == theirs.hidden != recipe.hidden
    assert ours.dropout == recipe.dropout != theirs.dropout


def put_beside(home: Home, folder: Path) -> None:
    """Put a corpus of 200 poems beside the library, as quansongshi."""
    source = folder / "song.txt"
    lines = [f"{number}:{chr(0x5C71 + number)}日依山尽，黄河入海流。" for number in range(200)]
    source.write_text("\n".join(lines), "utf-8")
    other = Home(folder / "song", folder, folder)
    fetch_and_build(other, source=source)
    other.library.rename(home.library_beside("quansongshi"))


def test_poems_beside_the_library_are_learnt_with_its_characters(
    tangshi: Run, home: Home, tmp_path: Path
) -> None:
    missing = tangshi("train", "--poems", "quansongshi", "--run", "a", *SMALL)
    assert missing.code == 1
    assert "corpus fetch --corpus quansongshi --beside" in missing.err
    assert not folders.all_runs(home.runs)
    put_beside(home, tmp_path)
    tangshi("train", "--poems", "quansongshi", "--run", "a", "--max-steps", "1", *SMALL)
    tangshi("train", "--run", "b", "--max-steps", "1", *SMALL)
    first, second = (
        load_model(folders.find(home.runs, name).checkpoints / "step-00000001") for name in "ab"
    )
    assert first[1] == second[1]
    run = folders.find(home.runs, "a")
    assert run.config().poems == "quansongshi"
    # It is validated on poems of their kind, too.
    with Library.open(home.library_beside("quansongshi")) as library:
        held_out = library.texts("valid")
    (validated,) = (each for each in run.events() if isinstance(each, Validated))
    network, vocabulary, _ = first
    assert validated.perplexity_all == pytest.approx(
        total(score_poems(network, vocabulary, held_out, CPU)).perplexity_all, rel=1e-4
    )


def test_poems_beside_the_library_are_mixed_in(tangshi: Run, home: Home, tmp_path: Path) -> None:
    missing = tangshi("train", "--mix", "quansongshi", "--run", "a", *SMALL)
    assert missing.code == 1
    assert "corpus fetch --corpus quansongshi --beside" in missing.err
    put_beside(home, tmp_path)
    stream = ["--recipe", "studio", *SMALL, "--set", "window=16"]
    one, with_others, two = (
        tangshi("train", "--run", run, *stream, *more, "--max-steps", "12", "--json").document
        for run, more in {
            "one": (),
            "with-others": ("--mix", "quansongshi"),
            "two": ("--mix", "quansongshi", "--devices", "cpu,cpu"),
        }.items()
    )
    assert folders.find(home.runs, "two").config().mixed == "quansongshi"
    assert one["losses"] != with_others["losses"]
    assert two["losses"] == pytest.approx(with_others["losses"], rel=1e-3)
    table = tangshi("runs", "show", "two").out
    assert "mixed with" in table and "quansongshi" in table


def test_the_recipe_for_a_gpu_mixes_unless_other_poems_are_asked_for(
    tangshi: Run, home: Home, tmp_path: Path
) -> None:
    put_beside(home, tmp_path)
    brief = ["--recipe", "gpu", "--max-steps", "1", *SMALL]
    for run, more in {"a": [], "b": ["--poems", "quansongshi"], "c": ["--mix", ""]}.items():
        assert tangshi("train", "--run", run, *brief, *more).code == 0
    configs = [folders.find(home.runs, run).config() for run in "abc"]
    assert [(each.poems, each.mixed) for each in configs] == [
        ("", "quansongshi"),
        ("quansongshi", ""),
        ("", ""),
    ]


def test_a_run_learns_from_others(tangshi: Run, home: Home) -> None:
    few = ["--recipe", "studio", "--max-steps", "6", *SMALL]
    tangshi("train", "--run", "first", *few)
    tangshi("train", "--run", "second", *few, "--seed", "2", "--set", "hidden=12")
    result = tangshi("train", "--run", "student", "--teachers", "first,second", *few, "--json")
    assert result.code == 0
    run = folders.find(home.runs, "student")
    # Their checkpoints are named, so that another training of theirs changes nothing.
    assert run.config().teachers == ("first@6", "second@6")
    alone = tangshi("train", "--run", "alone", *few, "--json").document["losses"]
    assert result.document["losses"][0] == pytest.approx(alone[0])
    assert result.document["losses"] != alone
    assert "first@6, second@6" in tangshi("runs", "show", "student").out


def test_a_run_that_reads_no_poets_learns_from_one_that_does(tangshi: Run, home: Home) -> None:
    few = ["--max-steps", "2", *SMALL]
    tangshi("train", "--run", "first", "--recipe", "studio", *few)
    first = folders.find(home.runs, "first").checkpoints / "step-00000002"
    assert Vocabulary.of_model(first).poets
    result = tangshi(
        "train", "--run", "student", "--recipe", "classic", "--teachers", "first", *few
    )
    assert result.code == 0, result.err


def test_a_run_whose_teacher_has_gone_says_so(tangshi: Run, home: Home) -> None:
    few = ["--recipe", "studio", "--max-steps", "6", *SMALL]
    tangshi("train", "--run", "first", *few)
    tangshi("train", "--run", "student", "--teachers", "first", "--teaching", "0.4", *few)
    assert folders.find(home.runs, "student").config().teaching == 0.4
    checkpoints = folders.find(home.runs, "student").checkpoint_names()
    tangshi("runs", "delete", "first", "--yes")
    result = tangshi("train", "--run", "student", "--resume", "--epochs", "1")
    assert result.code == 1
    assert "student learns from first@6, which is missing" in result.err
    assert "--from student --teachers" in " ".join(result.err.split())
    assert folders.find(home.runs, "student").checkpoint_names() == checkpoints


def test_teachers_that_do_not_fit_start_nothing(tangshi: Run, home: Home) -> None:
    few = ["--recipe", "studio", "--max-steps", "1", *SMALL]
    tangshi("train", "--run", "other", *few, "--set", "min_count=100")
    for teachers, more, words in (
        ("other", [], "other@1 cannot teach this run: its characters or poets differ"),
        ("nobody", [], "nobody"),
        ("other,", [], "Name each teacher once"),
        ("other, other@1", [], "Name each teacher once"),
        ("other", ["--devices", "cpu,cpu"], "uses one process"),
    ):
        result = tangshi("train", "--run", "student", "--teachers", teachers, *more, *few)
        assert result.code == (2 if "Name" in words else 1)
        assert words in result.err
        assert [run.name for run in folders.all_runs(home.runs)] == ["other"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--poems", "quansongshi", "--mix", "songci"], "give one of them"),
        (["--teaching", "0.5"], "--teaching needs --teachers"),
        (["--recipe", "classic", "--mix", "quansongshi"], "set batching=stream"),
    ],
)
def test_settings_that_do_not_go_together_start_nothing(
    tangshi: Run, home: Home, arguments: list[str], words: str
) -> None:
    result = tangshi("train", "--run", "a", *arguments)
    assert result.code in (1, 2)
    assert words in " ".join(result.err.split())
    assert not folders.all_runs(home.runs)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--from", "none"], "no run called 'none'"),
        (["--from", "/nowhere/at/all"], "no model in /nowhere/at/all"),
        (["--from", "a", "--set", "hidden=9"], "Only dropout and initial state"),
        (["--from", "a", "--run", "a", "--resume"], "keeps its settings"),
    ],
)
def test_a_run_that_cannot_start_from_a_model_says_why(
    tangshi: Run, home: Home, arguments: list[str], told: str
) -> None:
    tangshi("train", "--recipe", "classic", "--run", "a", "--max-steps", "1", *SMALL)
    refused = tangshi("train", *arguments)
    assert refused.code == (2 if "--resume" in arguments else 1)
    assert told in refused.err
    assert [run.name for run in folders.all_runs(home.runs)] == ["a"]


# The last answer is a Chinese character without its last byte, which the terminal deleted.
@pytest.mark.parametrize("answer", [b"", b"n\n", "是".encode()[:-1] + b"\n"])
def test_a_run_is_not_deleted_without_a_yes(
    tangshi: Run, home: Home, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    folders.create(home.runs, "a", RECIPES["classic"])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(answer), "utf-8"))
    result = tangshi("runs", "delete", "a")
    assert (result.code, result.out) == (1, "")
    assert "--yes" in result.err
    assert folders.find(home.runs, "a").name == "a"


@pytest.mark.parametrize("width", [80, 120])
def test_the_list_of_runs_cuts_no_word(
    tangshi: Run, home: Home, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setattr("studio.cli.output.out.width", width)
    run = folders.create(home.runs, "classic-lstm-1126-1834", RECIPES["classic"])
    with run.lock():
        run.record_process("a processor", 12345)
        listed = tangshi("runs", "list").out
    assert "…" not in listed
    assert "perplexity" in listed
    assert f"training by {os.getpid()}" in listed
    assert len(listed.splitlines()) == 2


def test_a_pipe_gets_all_columns_of_the_list_and_whole_lines(tangshi: Run, home: Home) -> None:
    folders.create(home.runs, "a", RECIPES["classic"])
    listed, shown = (
        tangshi("runs", *words).out.splitlines() for words in (["list"], ["show", "a"])
    )
    assert {"cell", "epoch", "loss", "trained"} < {*listed[0].split()}
    (settings,) = (line for line in shown if line.startswith("settings"))
    assert " batch_size=100 " in settings
    assert " window=64" in settings
    # In a pager, blanks after each line would be empty lines.
    assert [line.rstrip() for line in (*listed, *shown)] == [*listed, *shown]


def test_a_damaged_run_does_not_hide_the_others(tangshi: Run, home: Home) -> None:
    folders.create(home.runs, "good", RECIPES["classic"])
    bad = folders.create(home.runs, "bad", RECIPES["classic"])
    (bad.folder / "config.json").write_text('{"recipe": "classic", "colour": "red"}')
    result = tangshi("runs", "list", "--json")
    assert result.code == 0
    assert [row["name"] for row in result.document["runs"]] == ["good"]
    assert "colour" in result.err


def test_a_suspended_process_that_is_to_stop_is_named_with_the_remedy(
    tangshi: Run, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wait(_: object, report: Callable[[], None]) -> bool:
        report()
        return True

    monkeypatch.setattr("studio.runs.processes.wait_until_stopped", wait)
    run = folders.create(home.runs, "a", RECIPES["classic"])
    with subprocess.Popen(["sleep", "60"]) as sleeping, run.lock():
        run.record_process("", 0, pid=sleeping.pid)
        assert "finish its step" in tangshi("runs", "stop", "a").err
        sleeping.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, sleeping.pid, os.WSTOPPED | os.WNOWAIT)
        assert (
            f"Process {sleeping.pid}, which trains a, is susp" in tangshi("runs", "stop", "a").err
        )
        sleeping.kill()


def test_a_folder_of_runs_that_may_not_be_read_is_not_an_empty_one(
    tangshi: Run, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied", str(path))

    home.runs.mkdir()
    monkeypatch.setattr(Path, "iterdir", refuse)
    result = tangshi("runs", "list")
    assert result.code == 1
    assert f"{home.runs} cannot be used: Permission denied" in result.err


def test_the_list_has_only_the_runs_that_match(tangshi: Run, home: Home) -> None:
    for recipe in ("classic", "studio"):
        folders.create(home.runs, f"a-{recipe}", RECIPES[recipe])
    result = tangshi("runs", "list", "--where", "recipe = studio and step < 1", "--json")
    assert [row["name"] for row in result.document["runs"]] == ["a-studio"]
    assert tangshi("runs", "list", "--where", "step > 1").out == "No run matches.\n"


def test_more_epochs_for_a_run_in_training_leave_its_settings_alone(
    tangshi: Run, home: Home
) -> None:
    run = folders.create(home.runs, "a", RECIPES["classic"])
    with run.lock():
        result = tangshi("train", "--run", "a", "--resume", "--epochs", "2")
    assert result.code == 1
    assert "another process" in result.err
    assert run.config() == RECIPES["classic"]


def test_a_damaged_training_state_is_named(tangshi: Run, home: Home) -> None:
    tangshi("train", "--recipe", "classic", "--max-steps", "1", "--run", "a", *SMALL)
    run = folders.find(home.runs, "a")
    (state,) = run.checkpoints.glob("*/training.safetensors")
    state.write_bytes(b"\x02\x00\x00\x00\x00\x00\x00\x00{}")  # no tensors at all
    result = tangshi("train", "--run", "a", "--resume", "--epochs", "1")
    assert result.code == 1
    assert str(state) in result.err
    assert "Traceback" not in result.err


def test_a_folder_that_cannot_be_written_is_named(tangshi: Run, home: Home) -> None:
    home.runs.write_text("no folder")
    result = tangshi("train", "--run", "a")
    assert result.code == 1
    assert str(home.runs) in result.err
    assert "Traceback" not in result.err


def test_a_run_that_diverges_is_an_error_with_its_reason(tangshi: Run, home: Home) -> None:
    wild = ["--set", "optimizer=sgd", "--set", "learning_rate=1e5", "--set", "clip=0"]
    result = tangshi("train", "--recipe", "classic", "--run", "a", *SMALL, *wild, "--json")
    assert result.code == 1
    assert result.document["outcome"] == "diverged"
    assert "learning_rate" in result.err


@contextmanager
def training(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`train` as a process of its own, for ever if it is let."""
    command = [
        *(sys.executable, "-m", "studio", "train", "--recipe", "classic", "--run", "a", *SMALL),
        *("--epochs", "5000", "--set", "report_every=1", *arguments),
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=os.environ, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_until_told(process: subprocess.Popen[str], word: str) -> None:
    """Read what the process says until it says this."""
    assert process.stderr
    assert any(word in line for line in process.stderr)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_training_with_a_checkpoint(
    tangshi: Run, home: Home, number: signal.Signals
) -> None:
    # Where this process ignores the signal, as a shell's background job does, its children would
    # inherit that; a handler they do not inherit.
    before = signal.signal(number, signal.default_int_handler)
    try:
        with training() as process:
            wait_until_told(process, "saved")
            if number == signal.SIGHUP:
                process.stderr.close()  # the terminal has gone: nobody reads any more
            process.send_signal(number)
            assert process.wait(LIMIT) == 130
    finally:
        signal.signal(number, before)
    run = folders.find(home.runs, "a")
    steps = [event.step for event in run.events() if isinstance(event, StepDone)]
    assert run.checkpoint_names()[-1] == f"step-{steps[-1]:08}"
    assert folders.summary(run).status == "stopped"


def test_a_closed_terminal_may_send_its_signal_twice() -> None:
    """First the shell sends it, then the system."""
    program = (
        "import os, signal, sys\n"
        "from studio.cli.signals import stopping_on_signals\n"
        "signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"
        "with stopping_on_signals(lambda: None) as received:\n"
        "    for _ in range(2):\n"
        "        os.kill(os.getpid(), signal.SIGHUP)\n"
        "sys.exit(40 + len(received))\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 42


def test_what_goes_to_a_file_is_written_there_though_the_terminal_is_closed(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys\n"
        "from studio.cli.signals import stopping_on_signals\n"
        "signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"
        "with stopping_on_signals(lambda: None):\n"
        "    os.kill(os.getpid(), signal.SIGHUP)\n"
        "    print('stopped at step 7', flush=True)\n"
        "    print('to the terminal', file=sys.stderr)\n"
    )
    with (tmp_path / "report.json").open("w+") as report:
        ended = subprocess.run(
            [sys.executable, "-c", program], stdout=report, stderr=subprocess.PIPE, check=True
        )
        report.seek(0)
        assert report.read() == "stopped at step 7\n"
    assert ended.stderr == b""


def test_a_reader_that_leaves_costs_nothing_learnt(home: Home) -> None:
    with training("--set", "checkpoint_every=100000") as process:
        wait_until_told(process, "perplexity")
        process.stderr.close()
        assert process.wait(LIMIT) == 1
    run = folders.find(home.runs, "a")
    steps = [event.step for event in run.events() if isinstance(event, StepDone)]
    assert run.checkpoint_names()[-1] == f"step-{steps[-1]:08}"


def test_a_detached_training_is_listed_and_stopped_from_anywhere(tangshi: Run, home: Home) -> None:
    arguments = ["--recipe", "classic", "--epochs", "5000", "--run", "far", *SMALL]
    started = tangshi("train", "--detach", *arguments, "--json")
    assert started.code == 0
    run = folders.find(home.runs, "far")
    process = run.process()
    assert process is not None
    assert f"Process {process.pid} trains far" in started.err
    assert started.document == {"run": "far", "pid": process.pid}
    (row,) = tangshi("runs", "list", "--json").document["runs"]
    assert (row["status"], row["process"]["pid"]) == ("training", process.pid)
    refused = tangshi("train", "--run", "far", "--resume", "--detach")
    assert refused.code == 1
    assert "being trained by another process" in refused.err
    assert folders.summary(run).status == "training"
    stopped = tangshi("runs", "stop", "far")
    assert stopped.code == 0
    assert "far: stopped at step" in stopped.err
    again = tangshi("runs", "stop", "far")
    assert again.code == 1
    assert "not in training" in again.err
    assert not run.is_busy()


def test_a_detached_training_that_cannot_start_says_why_and_leaves_nothing(
    tangshi: Run, home: Home
) -> None:
    home.library.unlink()
    failed = tangshi("train", "--detach", "--recipe", "classic", "--run", "far", *SMALL)
    assert failed.code == 1
    assert "did not start" in failed.err
    assert "corpus fetch" in failed.err
    assert folders.all_runs(home.runs) == []
    log = home.runs / "far.log"
    assert f"All of its output is in {log}." in failed.err
    assert "corpus fetch" in log.read_text("utf-8")


def test_a_detached_training_whose_process_cannot_be_made_leaves_nothing(
    tangshi: Run, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("studio.runs.processes.start_detached", fail)
    failed = tangshi("train", "--detach", "--recipe", "classic", "--run", "far", *SMALL)
    assert failed.code == 1
    assert "temporarily unavailable" in failed.err
    assert folders.all_runs(home.runs) == []
