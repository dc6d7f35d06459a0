"""`--device`, and a GPU that is not here or whose memory is full."""

import pytest

from studio.paths import Home
from studio.runs import folders
from tests.cli.conftest import Run
from tests.cli.test_training import SMALL


@pytest.mark.parametrize(
    "command",
    [
        ("train", "--run", "b"),
        ("train", "--run", "a", "--resume"),
        ("generate",),
        ("score", "-"),
        ("evaluate",),
        ("evaluate", "poems"),
        ("bench", "train"),
        ("bench", "generate"),
    ],
)
def test_a_word_that_is_no_device_is_wrong_usage(trained: Run, command: tuple[str, ...]) -> None:
    refused = trained(*command, "--device", "gpu one")
    assert refused.code == 2
    assert "auto, cpu, cuda:0 or the UUID of a GPU" in " ".join(refused.err.split())


def test_the_device_is_a_setting_of_the_run_and_may_be_another_when_it_is_resumed(
    trained: Run, home: Home
) -> None:
    trained("train", "--recipe", "classic", "--run", "b", "--max-steps", "1", *SMALL)
    assert folders.find(home.runs, "b").config().train.device == "auto"
    more = ("--device", "cpu", *SMALL)
    trained("train", "--recipe", "classic", "--run", "c", "--max-steps", "1", *more)
    assert folders.find(home.runs, "c").config().train.device == "cpu"
    assert trained("train", "--run", "b", "--resume", "--epochs", "1", "--device", "cpu").code == 0
    assert folders.find(home.runs, "b").config().train.device == "auto"


def test_a_process_of_its_own_is_told_the_device_when_it_resumes(
    trained: Run, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []

    class Ended:
        pid, returncode = 1, 0

        def __init__(self, command: list[str], **_: object) -> None:
            commands.append(command)

        def poll(self) -> int:
            return 0

    monkeypatch.setattr("studio.runs.processes.subprocess.Popen", Ended)
    assert trained("train", "--run", "a", "--resume", "--device", "cuda:1", "--detach").code == 0
    trained("train", "--recipe", "classic", "--run", "b", "--device", "cuda:1", "--detach")
    assert "--device cuda:1" in " ".join(commands[0])
    # For a new run it is a setting.
    assert "--device" not in commands[1]
    assert folders.find(home.runs, "b").config().train.device == "cuda:1"


def test_a_gpu_that_is_not_here_is_refused_and_no_run_is_left(trained: Run, home: Home) -> None:
    refused = trained("train", "--recipe", "classic", "--run", "b", "--device", "cuda:7", *SMALL)
    assert refused.code == 1
    assert "cuda:7" in refused.err
    assert "Choose auto" in refused.err
    assert [run.name for run in folders.all_runs(home.runs)] == ["a"]


def test_a_training_that_runs_out_of_memory_is_an_error_with_the_remedy(
    tangshi: Run, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studio.model.learner import Learner

    def fail(*_: object) -> None:
        raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB. And so on.")

    monkeypatch.setattr(Learner, "learn", fail)
    failed = tangshi("train", "--recipe", "classic", "--run", "a", *SMALL)
    assert failed.code == 1
    for words in ("The memory of the GPU is full", "another GPU", "batch_size", "no checkpoint"):
        assert words in failed.err
    assert "And so on" not in failed.err
    assert tangshi("runs", "list", "--json").document["runs"][0]["status"] == "failed"
