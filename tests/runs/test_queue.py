"""Runs that wait: an order that every process sees, kept in the folders."""

import shutil
import time
from unittest.mock import Mock

import pytest

from studio.errors import RunError
from studio.model.config import RECIPES
from studio.paths import Home
from studio.runs import folders, queue
from studio.runs.folders import Run
from studio.runs.session import resume_run
from tests.small import small


def wait(home: Home, *names: str) -> list[Run]:
    runs = [folders.create(home.runs, name, small(max_steps=2)) for name in names]
    for run in runs:
        queue.join(run.folder)
    return runs


def test_runs_wait_in_the_order_in_which_they_were_asked_for(home: Home) -> None:
    folders.create(home.runs, "a", RECIPES["classic"])
    wait(home, "rnn", "gru", "lstm")
    assert queue.waiting(home.runs) == ["rnn", "gru", "lstm"]
    gru, other = (folders.summary(folders.find(home.runs, name)) for name in ("gru", "a"))
    assert (gru.status, gru.place, gru.status_in_words) == ("waiting", 2, "waiting, 2nd")
    assert (other.status, other.place) == ("interrupted", 0)


def test_a_clock_that_is_set_back_lets_nobody_jump_the_queue(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait(home, "a")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - 3600)
    wait(home, "c", "b")
    assert queue.waiting(home.runs) == ["a", "c", "b"]


def test_a_folder_with_the_name_of_no_run_holds_up_nobody(home: Home) -> None:
    (first,) = wait(home, "first")
    shutil.copytree(first.folder, home.runs / "first (copy)")
    assert queue.waiting(home.runs) == ["first"]


def test_a_run_that_is_trained_leaves_the_queue_and_the_others_move_up(home: Home) -> None:
    first, second = wait(home, "first", "second")
    session = resume_run(home, "first")
    try:
        assert queue.waiting(home.runs) == ["second"]
        assert folders.summary(first).status_in_words == "training"
        assert folders.summary(second).status_in_words == "waiting, 1st"
    finally:
        session.close()
    # It was interrupted; it does not wait again.
    assert folders.summary(first).status_in_words == "interrupted"


def test_a_run_that_cannot_be_opened_keeps_its_place(home: Home) -> None:
    (run,) = wait(home, "first")
    with run.lock(), pytest.raises(RunError, match="another process"):
        resume_run(home, "first")
    assert queue.waiting(home.runs) == ["first"]


def test_a_process_that_was_killed_while_it_opened_a_run_has_not_added_epochs_twice(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = folders.create(home.runs, "first", small())
    epochs = run.config().train.epochs
    queue.join(run.folder, 3)
    with monkeypatch.context() as killed:
        killed.setattr(queue, "leave", Mock(side_effect=KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            resume_run(home, "first")
    assert queue.waiting(home.runs) == ["first"]
    resume_run(home, "first").close()
    assert run.config().train.epochs == epochs + 3


def test_a_folder_without_settings_does_not_wait(home: Home) -> None:
    (first,) = wait(home, "first")
    (home.runs / "none").mkdir()
    (home.runs / "none" / "waiting.json").write_bytes((first.folder / "waiting.json").read_bytes())
    assert queue.waiting(home.runs) == ["first"]


def test_a_run_that_is_deleted_waits_no_longer(home: Home) -> None:
    first, _ = wait(home, "first", "second")
    folders.delete(first)
    assert queue.waiting(home.runs) == ["second"]


def test_a_damaged_place_is_the_last(home: Home) -> None:
    first, second, third = wait(home, "first", "second", "third")
    (first.folder / "waiting.json").write_text("{")
    (second.folder / "waiting.json").write_text('{"since": -1}')
    assert queue.waiting(home.runs) == ["third", "first", "second"]
    assert folders.summary(third).place == 1


def test_a_run_that_waited_for_more_epochs_gets_them_once(home: Home) -> None:
    run = folders.create(home.runs, "first", small())
    epochs = run.config().train.epochs
    queue.join(run.folder, 3)
    resume_run(home, "first").close()
    assert run.config().train.epochs == epochs + 3
    assert queue.more_epochs(run.folder) == 0
    resume_run(home, "first").close()
    assert run.config().train.epochs == epochs + 3
