"""One thread trains and writes at once, and outlives what goes wrong."""

import os
import queue
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
import safetensors

from studio.corpus.poem import verse_lines
from studio.messages import (
    CancelCompose,
    Command,
    Compose,
    ComposeCancelled,
    Composed,
    Estimated,
    EstimateRun,
    Event,
    Failed,
    Inspect,
    Inspected,
    NetworkRead,
    Pause,
    ReadNetwork,
    ReadVectors,
    Ready,
    Resume,
    SaveCheckpoint,
    Stop,
    Suggest,
    Suggested,
    Train,
    Trained,
    TrainingPaused,
    TrainingResumed,
    TrainingStarted,
    TrainNext,
    VectorsRead,
    Wrote,
)
from studio.model.events import (
    CheckpointSaved,
    EpochDone,
    SampleWritten,
    StepDone,
    TrainingEnded,
    TrainingEvent,
    Validated,
)
from studio.model.trainer import Trainer
from studio.paths import Home
from studio.prosody.scansion import scan
from studio.runs import folders, processes
from studio.runs import queue as queued
from studio.runs.opening import RunOpening
from studio.tui.run_in_training import RunInTraining
from studio.verse.request import ComposeRequest
from studio.worker import Worker
from tests.small import small

E = TypeVar("E")
LIMIT = 60  # seconds until a test that waits for nothing fails


class Conversation:
    """A worker and all events so far."""

    def __init__(self, home: Home) -> None:
        self.seen: list[Event] = []
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.worker = Worker(home, self._events.put)
        self.worker.start()

    def send(self, command: Command) -> None:
        self.worker.send(command)

    def wait(
        self, kind: type[E], where: Callable[[E], bool] = lambda _: True, seconds: float = LIMIT
    ) -> E:
        """The next event of a kind; raises queue.Empty if nothing is reported for so long."""
        while True:
            event = self._events.get(timeout=seconds)
            self.seen.append(event)
            if isinstance(event, kind) and where(event):
                return event

    def wait_for(self, kind: type[TrainingEvent]) -> TrainingEvent:
        """The next event of a kind of the run."""
        return self.wait(Trained, lambda trained: isinstance(trained.event, kind)).event

    def drain(self) -> None:
        while not self._events.empty():
            self.seen.append(self._events.get())

    @property
    def losses(self) -> dict[int, float]:
        steps = [event.event for event in self.seen if isinstance(event, Trained)]
        return {event.step: event.loss for event in steps if isinstance(event, StepDone)}


@pytest.fixture
def talk(home: Home) -> Iterator[Conversation]:
    conversation = Conversation(home)
    yield conversation
    conversation.worker.close()


def test_the_worker_says_when_it_is_ready(talk: Conversation) -> None:
    ready = talk.wait(Ready)
    assert ready.torch
    assert ready.device


def test_the_network_in_training_is_looked_into_between_two_steps(talk: Conversation) -> None:
    talk.send(Train("first", small()))
    talk.wait_for(StepDone)
    talk.send(ReadNetwork("first", "山水"))
    reading = talk.wait(NetworkRead).reading
    assert reading.model.startswith("first@")
    assert all(len(gate.mean) == 2 for gate in reading.gates)
    assert all(each.gradients for each in reading.tensors)
    talk.send(ReadNetwork("nowhere", "山水"))
    assert "nowhere" in talk.wait(Failed).message


def test_a_run_can_be_started_after_an_estimate(talk: Conversation) -> None:
    talk.send(EstimateRun(small(max_steps=2)))
    assert talk.wait(Estimated).steps == 2
    known = RunInTraining()
    for event in talk.seen:
        known.receive(event)
    assert not known.is_busy


def test_a_run_is_reported_and_recorded_in_its_folder(talk: Conversation, home: Home) -> None:
    talk.send(Train("first", small()))
    started = talk.wait(TrainingStarted)
    ended = talk.wait_for(TrainingEnded)
    assert isinstance(ended, TrainingEnded)
    assert (ended.outcome, ended.step) == ("finished", started.total_steps)
    recorded = [event.event for event in talk.seen if isinstance(event, Trained)]
    run = folders.find(home.runs, "first")
    assert run.events() == recorded
    assert {type(event) for event in recorded} > {
        StepDone,
        Validated,
        SampleWritten,
        CheckpointSaved,
    }
    assert folders.summary(run).status == "finished"


def test_steps_that_were_kept_back_are_reported_before_anything_else(
    talk: Conversation, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.worker.REPORT_EVERY", 3600.0)
    talk.send(Train("first", small(epochs=500, validate_every=0, checkpoint_every=0)))
    talk.wait(TrainingStarted)
    talk.wait_for(EpochDone)
    talk.send(Pause())
    talk.wait(TrainingPaused)
    recorded = [event.event for event in talk.seen if isinstance(event, Trained)]
    assert recorded == folders.find(home.runs, "first").events()


def test_a_poem_asked_for_during_training_comes_between_two_steps(talk: Conversation) -> None:
    talk.send(Train("first", small(epochs=500, validate_every=0)))
    talk.wait_for(StepDone)
    talk.send(Compose(7, ComposeRequest(first="日")))
    poem = talk.wait(Composed)
    assert poem.ticket == 7
    assert poem.poems[0].text.startswith("日")
    run, _, step = poem.model.partition("@")
    assert run == "first"
    assert int(step) >= 1
    columns = [event for event in talk.seen if isinstance(event, Wrote)]
    assert "".join(column.characters[0] for column in columns) == poem.poems[0].text
    talk.wait_for(StepDone)  # and training goes on
    talk.send(Stop())
    assert talk.wait_for(TrainingEnded).outcome == "stopped"


@pytest.mark.parametrize(
    ("validate_every", "times", "by"),
    # A run of nonsense knows twenty characters: its first validation is far below the default's.
    [(10_000, 2.0, "default"), (1, 2.0, "first"), (1, 1e-6, "default")],
)
def test_auto_is_the_run_in_training_only_once_it_has_learnt_something(
    talk: Conversation,
    shipped_model: Path,
    monkeypatch: pytest.MonkeyPatch,
    validate_every: int,
    times: float,
    by: str,
) -> None:
    monkeypatch.setattr("studio.runs.loading.LEARNT", times)
    talk.send(Train("first", small(epochs=500, validate_every=validate_every)))
    talk.wait_for(StepDone if validate_every > 1 else Validated)
    talk.send(Compose(7, ComposeRequest(first="日")))
    assert talk.wait(Composed).model.partition("@")[0] == by
    # The run writes whenever it is named.
    talk.send(Compose(8, ComposeRequest(first="日", model="first")))
    assert talk.wait(Composed).model.startswith("first@")


def test_a_resumed_run_has_learnt_what_it_had_learnt_before(
    talk: Conversation, shipped_model: Path
) -> None:
    talk.send(Train("first", small(epochs=500, validate_every=1, checkpoint_every=1)))
    talk.wait_for(Validated)
    talk.send(Stop())
    talk.wait_for(TrainingEnded)
    talk.send(Resume("first"))
    talk.send(Pause())
    talk.send(Compose(7, ComposeRequest(first="日")))
    assert talk.wait(Composed).model.startswith("first@")


def test_a_poem_is_read_back_character_by_character(talk: Conversation) -> None:
    talk.send(Train("first", small(max_steps=2)))
    talk.wait_for(TrainingEnded)
    text = "春江花月夜，山水日红海。天地人风雨，湖云石门心。"
    talk.send(Inspect(7, ComposeRequest(), text))
    read = talk.wait(Inspected)
    assert (read.ticket, read.text, read.model) == (7, text, "first@2")
    assert "".join(place.character for place in read.predictions) == text


def test_what_clears_a_fault_is_found_and_the_vectors_are_read(talk: Conversation) -> None:
    talk.send(Train("first", small(max_steps=2)))
    talk.wait_for(TrainingEnded)
    text = "白天依山尽，黄河入海流。欲穷千里目，更上一层楼。"
    request = ComposeRequest()
    (fault,) = scan(verse_lines(text)).broken
    talk.send(Suggest(7, request, text, fault))
    talk.send(ReadVectors(8, "first"))
    found = talk.wait(Suggested)
    assert (found.ticket, found.suggestion.fault) == (7, fault)
    offers = found.suggestion.offers
    assert offers
    for offer in offers:
        assert not scan(offer.put_into(verse_lines(text))).broken
    read = talk.wait(VectorsRead)
    assert (read.ticket, read.model) == (8, "first@2")
    assert read.vectors.shape == (len(read.vocabulary), 8)


def test_poems_asked_for_do_not_change_the_losses(talk: Conversation) -> None:
    config = small("studio", max_steps=12)
    talk.send(Train("alone", config))
    talk.wait_for(TrainingEnded)
    expected = talk.losses
    talk.seen.clear()
    talk.send(Train("disturbed", config))
    for ticket in range(3):
        talk.wait_for(StepDone)
        talk.send(Compose(ticket, ComposeRequest(candidates=2, seed=ticket)))
    talk.wait_for(TrainingEnded)
    assert talk.losses == expected


def test_a_pause_holds_the_training_and_poems_still_come(talk: Conversation) -> None:
    talk.send(Train("first", small(epochs=500)))
    talk.wait_for(StepDone)
    talk.send(Pause())
    talk.wait(TrainingPaused)
    seen = len(talk.losses)
    talk.send(Compose(1, ComposeRequest()))
    talk.wait(Composed)
    assert len(talk.losses) == seen
    talk.send(SaveCheckpoint())
    talk.wait_for(CheckpointSaved)
    talk.send(Resume("first"))
    talk.wait(TrainingResumed)
    talk.wait_for(StepDone)


def test_a_run_that_was_stopped_resumes_as_if_it_never_had(talk: Conversation, home: Home) -> None:
    config = small(max_steps=20, checkpoint_every=0, validate_every=0)
    talk.send(Train("whole", config))
    talk.wait_for(TrainingEnded)
    expected = talk.losses
    talk.seen.clear()
    talk.send(Train("cut", config))
    talk.wait_for(StepDone)
    talk.send(Stop())
    assert talk.wait_for(TrainingEnded).step < 20
    talk.send(Resume("cut"))
    assert talk.wait(TrainingStarted).step > 0
    assert talk.wait_for(TrainingEnded).outcome == "finished"
    assert talk.losses == expected
    recorded = [
        event for event in folders.find(home.runs, "cut").events() if isinstance(event, StepDone)
    ]
    assert {event.step: event.loss for event in recorded} == expected


def test_closing_saves_a_checkpoint(home: Home) -> None:
    talk = Conversation(home)
    talk.send(Train("first", small(epochs=500, checkpoint_every=0, validate_every=0)))
    talk.wait_for(StepDone)
    talk.worker.close()
    talk.drain()
    assert isinstance(talk.seen[-1], Trained)
    assert isinstance(talk.seen[-1].event, TrainingEnded)
    run = folders.find(home.runs, "first")
    assert run.checkpoint_names()
    assert folders.summary(run).status == "stopped"


def test_a_finished_run_takes_more_epochs(talk: Conversation) -> None:
    talk.send(Train("first", small()))
    end = talk.wait_for(TrainingEnded).step
    talk.send(Resume("first"))
    assert "more epochs" in talk.wait(Failed).message
    talk.send(Resume("first", epochs=1))
    assert talk.wait(TrainingStarted).step == end
    assert talk.wait_for(TrainingEnded).step == end * 3 // 2


def test_commands_can_be_cancelled_while_they_wait_or_while_they_are_written(
    talk: Conversation,
) -> None:
    talk.send(Train("first", small(max_steps=4)))
    talk.wait_for(TrainingEnded)
    long = ComposeRequest(form="七律", candidates=64)
    talk.send(Compose(1, long))
    talk.send(Compose(2, long))
    talk.wait(Wrote)
    talk.send(CancelCompose(2))
    talk.send(CancelCompose(1))
    assert {talk.wait(ComposeCancelled).ticket for _ in range(2)} == {1, 2}
    assert not [event for event in talk.seen if isinstance(event, Composed)]


def test_a_folder_that_cannot_be_used_is_no_bug(talk: Conversation, home: Home) -> None:
    home.runs.parent.mkdir(parents=True, exist_ok=True)
    home.runs.write_text("a file")
    talk.send(Train("first", small()))
    failed = talk.wait(Failed)
    assert failed.message.startswith(f"{home.runs} cannot be used: ")
    assert not failed.bug


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (Pause(), "No run is in training"),
        (Resume("nowhere"), "no run called"),
        (Compose(3, ComposeRequest(model="nowhere")), "no run called"),
        (Train("a/b", small()), "cannot be called"),
        (Train("first", small("studio", batch_size=4000)), "batch_size"),
    ],
)
def test_what_cannot_be_done_is_reported_and_the_worker_continues(
    talk: Conversation, home: Home, command: Command, message: str
) -> None:
    talk.send(command)
    failed = talk.wait(Failed)
    assert message in failed.message
    assert not failed.bug
    assert failed.ticket == (3 if isinstance(command, Compose) else None)
    assert folders.all_runs(home.runs) == []
    talk.send(Train("second", small(max_steps=1)))
    talk.wait_for(TrainingEnded)


def test_a_full_disk_at_the_start_of_a_run_is_no_bug(
    talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device", "/disk/runs")

    monkeypatch.setattr(folders, "create", fail)
    talk.send(Train("first", small()))
    failed = talk.wait(Failed)
    assert failed.message.startswith("/disk/runs cannot be used: No space left on device. Check")
    assert not failed.bug


def test_without_a_model_the_error_says_how_to_get_one(talk: Conversation) -> None:
    talk.send(Compose(1, ComposeRequest()))
    assert "tangshi-studio train" in talk.wait(Failed).message


@pytest.mark.parametrize("wanted", ["a checkpoint that is due", "a checkpoint", "the end"])
def test_a_full_disk_pauses_the_training_and_loses_nothing(
    talk: Conversation, home: Home, monkeypatch: pytest.MonkeyPatch, wanted: str
) -> None:
    due = 5 if wanted == "a checkpoint that is due" else 0
    config = small(max_steps=20, checkpoint_every=due, validate_every=0)
    talk.send(Train("whole", config))
    talk.wait_for(TrainingEnded)
    expected = talk.losses
    talk.seen.clear()
    with monkeypatch.context() as full:

        def fail(*_: object) -> None:
            raise safetensors.SafetensorError("No space left on device")

        full.setattr("safetensors.torch.save_file", fail)
        talk.send(Train("first", config))
        if not due:
            talk.send(Pause())
            talk.wait(TrainingPaused)
            talk.send(Stop() if wanted == "the end" else SaveCheckpoint())
        talk.wait(TrainingPaused)
        failed = talk.wait(Failed)
        assert failed.what == "saving"
        assert not failed.run_ended
        assert "No space left" in failed.message
    talk.send(Resume("first"))
    assert talk.wait_for(TrainingEnded).outcome == "finished"
    assert talk.losses == expected
    run = folders.find(home.runs, "first")
    assert folders.summary(run).status == "finished"
    assert [event.step for event in run.events() if isinstance(event, StepDone)] == [*expected]


def test_a_paused_run_that_another_process_stops_on_a_full_disk_fails_once(
    talk: Conversation, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.worker.REQUEST_EVERY", 0.01)

    def fail(*_: object) -> None:
        raise safetensors.SafetensorError("No space left on device")

    with monkeypatch.context() as full:
        full.setattr("safetensors.torch.save_file", fail)
        talk.send(Train("first", small(epochs=5000, checkpoint_every=0, validate_every=0)))
        talk.send(Pause())
        talk.wait(TrainingPaused)
        processes.request_stop(folders.find(home.runs, "first"))
        assert "No space left" in talk.wait(Failed).message
        with pytest.raises(queue.Empty):
            talk.wait(Failed, seconds=1)
    talk.send(Resume("first"))
    assert talk.wait_for(TrainingEnded).outcome == "stopped"


def test_a_run_that_is_paused_for_long_is_not_silent(
    talk: Conversation, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.worker.REQUEST_EVERY", 0.01)
    talk.send(Train("first", small(epochs=5000)))
    talk.send(Pause())
    talk.wait(TrainingPaused)
    file = home.runs / "first" / "process.json"
    os.utime(file, (0, 0))
    end = time.monotonic() + LIMIT
    while not file.stat().st_mtime:
        assert time.monotonic() < end
        time.sleep(0.01)


def test_what_cannot_be_recorded_is_recorded_and_reported_when_it_can(
    talk: Conversation, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device", "events.jsonl")

    with monkeypatch.context() as full:
        full.setattr("studio.runs.folders.append_record", fail)
        talk.send(Train("first", small(max_steps=8)))
        talk.wait(TrainingPaused)
        message = talk.wait(Failed).message
        assert message.startswith("events.jsonl cannot be used: No space left on device. first")
    talk.send(Resume("first"))
    talk.wait_for(TrainingEnded)
    recorded = [event.event for event in talk.seen if isinstance(event, Trained)]
    assert folders.find(home.runs, "first").events() == recorded
    assert [event.step for event in recorded if isinstance(event, StepDone)] == [*range(1, 9)]


def test_a_bug_while_a_run_is_stopped_frees_it(
    talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("studio.model.checkpoint.save", fail)
    talk.send(Train("first", small(checkpoint_every=0, validate_every=0)))
    talk.send(Pause())
    talk.wait(TrainingPaused)
    talk.send(Stop())
    assert talk.wait(Failed).run_ended
    talk.send(Stop())
    assert "No run is in training" in talk.wait(Failed).message


def test_a_run_that_was_deleted_and_trained_anew_writes_with_its_new_weights(
    talk: Conversation, home: Home
) -> None:
    texts = []
    for seed in (1, 2):
        talk.send(Train("first", small(max_steps=5, seed=seed, learning_rate=0.1)))
        talk.wait_for(TrainingEnded)
        talk.send(Compose(seed, ComposeRequest(form="", longest=60, seed=1, model="first")))
        texts.append(talk.wait(Composed).poems[0].log_probability)
        folders.delete(folders.find(home.runs, "first"))
    assert texts[0] != texts[1]


def test_a_bug_in_training_frees_the_run(
    talk: Conversation, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studio.model.learner import Learner

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Learner, "learn", fail)
    talk.send(Train("first", small()))
    failed = talk.wait(Failed)
    assert failed.run_ended
    assert "ZeroDivisionError" in failed.bug
    assert folders.summary(folders.find(home.runs, "first")).status == "interrupted"


def test_a_gpu_that_has_failed_ends_the_run_and_not_the_worker(
    talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studio.model import device

    def fail() -> None:
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    monkeypatch.setattr(device, "_is_initialized", lambda: True)
    monkeypatch.setattr("torch.cuda.empty_cache", fail)
    talk.send(EstimateRun(small(max_steps=1)))
    talk.wait(Estimated)
    talk.send(Pause())
    assert "No run is in training" in talk.wait(Failed, seconds=10).message


def test_a_driver_that_hangs_while_nothing_is_trained_does_not_hold_the_end_up(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answers = threading.Event(), threading.Event()

    def hang(*_: object) -> None:
        asked.set()
        answers.wait(LIMIT)

    monkeypatch.setattr("studio.model.device.cuda_devices", hang)
    monkeypatch.setattr("studio.worker.PATIENCE", 0.01)
    worker = Worker(home, lambda event: None)
    worker.start()
    try:
        assert asked.wait(LIMIT)
        start = time.monotonic()
        worker.close()
        assert time.monotonic() - start < LIMIT / 2
    finally:
        answers.set()


def test_a_run_that_is_being_opened_is_waited_for_and_saved(
    talk: Conversation, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = RunOpening.trainer

    def take_long(opening: RunOpening, names: list[str], device: str) -> Trainer:
        begun.set()
        assert talk.worker._closing.wait(LIMIT)
        return trainer(opening, names, device)

    begun = threading.Event()
    monkeypatch.setattr("studio.worker.PATIENCE", 0.0)
    monkeypatch.setattr(RunOpening, "trainer", take_long)
    talk.send(Train("first", small(epochs=5000)))
    assert begun.wait(LIMIT)
    talk.worker.close()
    assert folders.summary(folders.find(home.runs, "first")).status == "stopped"


def test_the_runs_that_wait_are_trained_one_after_the_other(talk: Conversation, home: Home) -> None:
    for name in ("b", "a"):
        queued.join(folders.create(home.runs, name, small(max_steps=2)).folder)
    for name in ("b", "a"):
        talk.send(TrainNext())
        started = talk.wait(TrainingStarted)
        assert (started.run, started.waited) == (name, True)
        talk.wait_for(TrainingEnded)
    talk.send(TrainNext())
    talk.send(Train("c", small(max_steps=2)))
    assert talk.wait(TrainingStarted).run == "c"
    assert not [event for event in talk.seen if isinstance(event, Failed)]


def test_a_run_in_training_is_not_disturbed_by_those_that_wait(
    talk: Conversation, home: Home
) -> None:
    queued.join(folders.create(home.runs, "b", small(max_steps=2)).folder)
    talk.send(Train("a", small(epochs=500)))
    talk.wait_for(StepDone)
    talk.send(TrainNext())
    talk.send(Stop())
    talk.wait_for(TrainingEnded)
    assert not [event for event in talk.seen if isinstance(event, Failed)]
    assert queued.waiting(home.runs) == ["b"]


def test_a_run_that_another_process_has_taken_is_not_started_twice(
    talk: Conversation, home: Home
) -> None:
    taken = folders.create(home.runs, "taken", small())
    queued.join(taken.folder)
    broken = folders.create(home.runs, "broken", small(batch_size=8))
    queued.join(broken.folder)
    (broken.folder / "config.json").write_text('{"colour": "red"}')
    queued.join(folders.create(home.runs, "next", small(max_steps=2)).folder)
    with taken.lock():
        talk.send(TrainNext())
        # One that cannot start holds up nobody, and keeps its place.
        assert "colour" in talk.wait(Failed).message
        assert talk.wait(TrainingStarted).run == "next"
        talk.wait_for(TrainingEnded)
    assert queued.waiting(home.runs) == ["taken", "broken"]
