"""Several processes train a run as one does; whichever is killed, the run can be resumed."""

import importlib
import signal
import time
from functools import partial
from types import SimpleNamespace
from typing import cast

import msgspec
import pytest
import torch
from torch import Tensor
from torch.distributed import HashStore  # type: ignore[attr-defined]

from studio.errors import LostProcessError
from studio.model import loss
from studio.model.batches import Batch
from studio.model.checkpoint_names import name_of, step_of
from studio.model.config import RunConfig
from studio.model.device import Device
from studio.model.events import EpochDone, StepDone, TrainingEnded, Validated
from studio.model.learner import Learner
from studio.model.parallel import Member, World, _Processes
from studio.model.trainer import Trainer
from studio.paths import Home
from studio.runs import folders, processes
from studio.runs.folders import Run
from studio.runs.helping import HelpingSession, helping
from studio.runs.session import resume_run, start_run
from tests import together
from tests.killing import found, learnt, outcome, train
from tests.small import small
from tests.test_full_memory import FULL
from tests.together import here, take_part, train_together

# Of rows that 2 and 3 processes do not share evenly; the last batch of poems has fewer still.
ROWS = 7
LIMIT = 60  # seconds until what should happen will not


def steps(run: Run) -> list[StepDone]:
    return [event for event in run.events() if isinstance(event, StepDone)]


def losses(run: Run) -> list[float]:
    return [event.loss for event in steps(run)]


def perplexities(run: Run) -> list[float]:
    return [event.perplexity for event in run.events() if isinstance(event, Validated)]


def sample_the_softmax(patch: pytest.MonkeyPatch) -> None:
    """Have the softmax sampled although the characters are few."""
    patch.setattr(loss, "FREQUENT", 5)
    patch.setattr(loss, "SAMPLED", 2)


def take_part_sampling(home: Home, config: RunConfig, rank: int) -> None:
    sample_the_softmax(pytest.MonkeyPatch())
    take_part(rank, home, "two", config)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("recipe", ["classic", "studio"])
def test_two_processes_have_the_losses_of_one_with_the_same_rows(
    home: Home, monkeypatch: pytest.MonkeyPatch, recipe: str, cell: str
) -> None:
    sample_the_softmax(monkeypatch)
    dropout = {"dropout": 0.3, "recurrent_dropout": 0.2, "embedding_dropout": 0.1}
    config = small(recipe, cell=cell, batch_size=ROWS, max_steps=24, validate_every=12, **dropout)
    train(home, "one", config)
    with together.processes(2, partial(take_part_sampling, home, config)) as children:
        assert [outcome(child) for child in children] == [0, 0]
    one, two = found(home, "one"), found(home, "two")
    assert len(losses(one)) == 24
    assert losses(two) == pytest.approx(losses(one), rel=1e-5)
    assert perplexities(two) == pytest.approx(perplexities(one), rel=1e-5)
    kinds = [[type(event) for event in run.events()] for run in (one, two)]
    assert kinds[0] == kinds[1]


def test_a_process_knows_the_gpus_of_the_others_on_its_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = HashStore()
    for rank, host in ((1, here()), (2, "elsewhere")):
        member = Member(rank, 7, host, "cuda:1", f"GPU-{rank}")
        store.set(f"member/{rank}", msgspec.json.encode(member).decode())
    meeting = importlib.import_module("torch.distributed.rendezvous")
    monkeypatch.setattr(meeting, "rendezvous", lambda *_, **__: iter([(store, 0, 3)]))
    monkeypatch.setattr("torch.distributed.init_process_group", lambda *_, **__: None)
    monkeypatch.setenv("LOCAL_RANK", "0")
    monkeypatch.setattr(Device, "gpu", "GPU-0")
    assert _Processes().other_gpus == ("GPU-1",)


def test_a_process_without_rows_in_the_last_batch_of_an_epoch_changes_nothing(home: Home) -> None:
    # The library has 99 poems to train on.
    config = small(batch_size=49, dropout=0.3, validate_every=0)
    train(home, "one", config)
    assert train_together(2, home, "two", config) == [0, 0]
    one, two = found(home, "one"), found(home, "two")
    (*_, last), (*_, before) = steps(one), steps(one)[:-1]
    assert last.characters < before.characters / 20
    assert losses(two) == pytest.approx(losses(one), rel=1e-5)
    epochs = [
        [each.loss for each in run.events() if isinstance(each, EpochDone)] for run in (one, two)
    ]
    assert epochs[1] == pytest.approx(epochs[0], rel=1e-5)


def stop_at(home: Home, name: str, config: RunConfig, size: int, step: int, rank: int) -> None:
    """Take part; the last process stops all at a step."""
    if rank < size - 1:
        take_part(rank, home, name, config)
        return
    with helping() as session:
        assert session
        for _ in session.steps():
            if session.trainer.progress.step == step - 1:
                session.trainer.stop()


def stopped_at(home: Home, name: str, config: RunConfig, size: int, step: int) -> Run:
    """A run that processes have trained to a step, where one that is not process 0 stops it."""
    action = partial(stop_at, home, name, config, size, step)
    with together.processes(size, action) as children:
        assert [outcome(child) for child in children] == [0] * size
    run = found(home, name)
    assert folders.summary(run).status == "stopped"
    assert folders.summary(run).step == step
    return run


def test_a_run_that_as_many_processes_resume_is_bit_for_bit_one_that_never_stopped(
    home: Home,
) -> None:
    # Of three, a ring adds up in an order that depends on where a gradient is in its bucket.
    config = small("studio", batch_size=ROWS, dropout=0.3, max_steps=20, report_every=1, hidden=24)
    assert train_together(3, home, "whole", config) == [0, 0, 0]
    run = stopped_at(home, "cut", config, 3, 8)
    assert run.checkpoint_names()[-1] == "step-00000008"
    assert train_together(3, home, "cut", config) == [0, 0, 0]
    whole, cut = learnt(found(home, "whole")), learnt(run)
    assert cut["model"] == whole["model"]
    assert cut["training"] == whole["training"]
    assert cut["progress"] == whole["progress"]
    assert losses(run) == losses(found(home, "whole"))


@pytest.mark.parametrize(("before", "after"), [(2, 1), (1, 2), (2, 3)])
def test_another_number_of_processes_resumes_a_run(home: Home, before: int, after: int) -> None:
    config = small("studio", batch_size=ROWS, dropout=0.3, max_steps=12, report_every=1)
    train(home, "whole", config)
    if before == 1:
        session = start_run(home, "cut", config)
        for _ in session.steps():
            if session.trainer.progress.step == 8:
                session.trainer.stop()
        session.close()
    else:
        stopped_at(home, "cut", config, before, 8)
    if after == 1:
        train(home, "cut", config)
    else:
        assert train_together(after, home, "cut", config) == [0] * after
    whole, cut = found(home, "whole"), found(home, "cut")
    assert folders.summary(cut).status == "finished"
    assert losses(cut) == pytest.approx(losses(whole), rel=1e-5)


def in_training(run: Run, step: int = 6) -> None:
    """Wait until a run that other processes train has come to a step."""
    give_up = time.monotonic() + LIMIT
    while not run.events_file.exists() or folders.summary(run).step < step:
        assert time.monotonic() < give_up
        time.sleep(0.02)


@pytest.mark.parametrize("killed", [0, 1])
def test_a_process_that_is_killed_ends_the_run_at_its_last_checkpoint(
    home: Home, capfd: pytest.CaptureFixture[str], killed: int
) -> None:
    config = small("studio", epochs=5000, validate_every=0, checkpoint_every=5, report_every=1)
    run = Run(home.runs / "a")
    action = partial(take_part, home=home, name="a", config=config)
    with together.processes(2, action) as children:
        in_training(run)
        process = run.process()
        assert process
        assert (process.pid, process.processes) == (children[0].pid, 2)
        assert process.device.startswith("2 × ")
        children[killed].kill()
        assert outcome(children[killed]) == -signal.SIGKILL
        assert outcome(children[1 - killed]) == 1
    said = capfd.readouterr().err
    assert (
        f"LostProcessError: Process {killed} of 2 (pid {children[killed].pid}, cpu on {here()})"
        in said
    )
    assert "train --run a --resume" in said
    assert said.count("LostProcessError") == 1
    assert folders.summary(run).status == "interrupted"
    last = step_of(run.checkpoint_names()[-1])
    session = resume_run(home, "a")
    assert session.trainer.progress.step == last >= 5
    session.close()


def fail_in_process_1(home: Home, config: RunConfig, rank: int) -> None:
    if rank == 0:
        take_part(0, home, "a", config)
        return
    with helping() as session:
        assert session
        for _ in session.steps():
            if session.trainer.progress.step == 7:
                raise ZeroDivisionError


def test_an_error_in_one_process_names_it_and_ends_the_run(
    home: Home, capfd: pytest.CaptureFixture[str]
) -> None:
    config = small("studio", epochs=5000, validate_every=0, checkpoint_every=5)
    with together.processes(2, partial(fail_in_process_1, home, config)) as children:
        assert [outcome(child) for child in children] == [1, 1]
    assert f"Process 1 of 2 (pid {children[1].pid}" in capfd.readouterr().err
    assert found(home, "a").checkpoint_names() == ["step-00000005"]


def test_a_request_to_stop_ends_all_processes_after_the_same_step(home: Home) -> None:
    config = small("studio", epochs=5000, validate_every=0, checkpoint_every=0)
    run = Run(home.runs / "a")
    action = partial(take_part, home=home, name="a", config=config)
    with together.processes(2, action) as children:
        in_training(run)
        processes.request_stop(run)
        assert [outcome(child) for child in children] == [0, 0]
    assert folders.summary(run).status == "stopped"
    assert run.checkpoint_names()[-1] == name_of(folders.summary(run).step)
    assert not run.is_busy()


def test_processes_see_together_that_training_diverges(home: Home) -> None:
    config = small(optimizer="sgd", learning_rate=1e4, clip=0, epochs=20)
    assert train_together(2, home, "a", config) == [0, 0]
    ended = found(home, "a").events()[-1]
    assert isinstance(ended, TrainingEnded)
    assert ended.outcome == "diverged"


def test_where_process_0_cannot_start_the_others_end_quietly(
    home: Home, capfd: pytest.CaptureFixture[str]
) -> None:
    assert train_together(2, home, "a", small(batch_size=1)) == [1, 0]
    said = capfd.readouterr().err
    assert "ConfigError: A batch has 1 rows, too few for 2 processes" in said
    assert said.count("Error") == 1
    assert not folders.all_runs(home.runs)


def fill_in_process_1(home: Home, config: RunConfig, rank: int) -> None:
    if rank == 1:
        learn, steps_left = Learner.learn, iter(range(7))

        def learn_until_full(learner: Learner, batch: Batch, rate: float) -> Tensor:
            if next(steps_left, None) is None:
                raise RuntimeError(FULL)
            return learn(learner, batch, rate)

        Learner.learn = learn_until_full  # type: ignore[method-assign]
    take_part(rank, home, "a", config)


def test_a_full_memory_of_any_process_ends_the_run_as_it_does_in_one_process(
    home: Home, capfd: pytest.CaptureFixture[str]
) -> None:
    config = small("studio", epochs=5000, validate_every=0, checkpoint_every=5, report_every=1)
    with together.processes(2, partial(fill_in_process_1, home, config)) as children:
        assert [outcome(child) for child in children] == [0, 1]
    run = found(home, "a")
    assert folders.summary(run).status == "failed"
    *_, ended = run.events()
    assert isinstance(ended, TrainingEnded)
    assert "memory of the GPU is full" in ended.reason
    assert "smaller batch_size" in ended.reason
    assert "The last good checkpoint is at step 5. Resume with --device" in ended.reason
    # Only one process says it.
    assert "ended" not in capfd.readouterr().err
    session = resume_run(home, "a")
    assert session.trainer.progress.step == 5
    session.close()


@pytest.mark.parametrize(("device", "said"), [("cpu", ""), ("cuda:1", "The memory is full.")])
def test_a_process_whose_gpu_is_full_says_so_where_process_0_cannot(device: str, said: str) -> None:
    failed = (TrainingEnded(7, "failed", "The memory is full."),)
    trainer = cast(Trainer, SimpleNamespace(run=lambda: iter([failed])))
    world = World()
    world.device = device
    with pytest.raises(LostProcessError) as raised:
        list(HelpingSession("a", trainer, world).steps())
    assert str(raised.value).partition(" The run a ends")[0] == said


def fail_in_process_0(home: Home, config: RunConfig, rank: int) -> None:
    """Process 0 has a full memory at step 3, and must then not wait for the other one."""
    if rank == 0:
        learn, steps_left = Learner.learn, iter(range(2))

        def learn_until_full(learner: Learner, batch: Batch, rate: float) -> Tensor:
            if next(steps_left, None) is None:
                raise RuntimeError(FULL)
            return learn(learner, batch, rate)

        def wait_for_the_other() -> None:
            raise AssertionError

        patch = pytest.MonkeyPatch()
        patch.setattr(Learner, "learn", learn_until_full)
        patch.setattr(torch.distributed, "destroy_process_group", wait_for_the_other)
    take_part(rank, home, "a", config)


def test_process_0_whose_memory_is_full_does_not_wait_for_the_others(home: Home) -> None:
    # NCCL may close its connections only together with them, and they wait for process 0.
    config = small("classic", epochs=5000, report_every=1)
    with together.processes(2, partial(fail_in_process_0, home, config)) as children:
        assert outcome(children[0]) == 0
        assert outcome(children[1]) == 1
    assert folders.summary(found(home, "a")).status == "failed"
