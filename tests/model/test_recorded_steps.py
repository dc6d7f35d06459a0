"""Steps that are recorded and replayed have the losses of steps that are not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.utils import get_total_norm

from studio.model import learner, recorded_steps
from studio.model.checkpoint_names import name_of
from studio.model.config import RECIPES, RunConfig
from studio.model.cuda_graphs import recorder_for
from studio.model.device import Device, choose_device
from studio.model.events import Noted, StepDone, TrainingEnded
from studio.model.learner import Learner
from studio.model.trainer import Trainer
from tests.model.conftest import TRAIN, VOCABULARY, MakeTrainer
from tests.model.recording import Recordings
from tests.model.test_trainer import losses, run_to_end
from tests.small import small

Reported = dict[int, tuple[float, float]]


def brief(recipe: str = "studio", **settings: object) -> RunConfig:
    """More than an epoch, in steps that can be recorded on the processor."""
    few = {"optimizer": "adamw", "max_steps": 16, "validate_every": 6, "verse_poems": 0}
    loss = {"loss": "chunked"} if recipe == "studio" else {}
    return small(recipe, **few | loss | settings)


@pytest.fixture
def recordings(monkeypatch: pytest.MonkeyPatch) -> Recordings:
    """What records the steps of all trainers."""
    recorder = Recordings()
    monkeypatch.setattr(learner, "recorder_for", lambda *_: recorder)
    return recorder


@pytest.fixture
def unrecorded(make_trainer: MakeTrainer) -> Callable[[RunConfig], Reported]:
    """The losses of a training whose steps are not recorded."""

    def train(config: RunConfig) -> Reported:
        with pytest.MonkeyPatch.context() as without:
            without.setattr(learner, "recorder_for", lambda *_: None)
            return losses(run_to_end(make_trainer(config, "unrecorded")))

    return train


@pytest.mark.parametrize(
    ("recipe", "cell", "optimizer"),
    [
        *((recipe, cell, "adamw") for recipe in RECIPES for cell in ("rnn", "gru", "lstm")),
        ("studio", "lstm", "muon"),
    ],
)
def test_recorded_steps_have_the_same_losses(
    make_trainer: MakeTrainer,
    unrecorded: Callable[[RunConfig], Reported],
    recordings: Recordings,
    recipe: str,
    cell: str,
    optimizer: str,
) -> None:
    config = brief(recipe, cell=cell, optimizer=optimizer)
    assert losses(run_to_end(make_trainer(config))) == unrecorded(config)
    # The last window of an epoch is shorter; poems of a batch have any length.
    assert 0 < recordings.replayed < 16 - recorded_steps.WARM_UP
    assert recordings.recorded < recordings.replayed


def test_recorded_steps_are_resumed_as_if_they_had_never_stopped(
    make_trainer: MakeTrainer,
    tmp_path: Path,
    unrecorded: Callable[[RunConfig], Reported],
    recordings: Recordings,
) -> None:
    config = brief(lines_above=2)
    first = losses(run_to_end(make_trainer(config, "cut"), stop_at=6))
    replayed = recordings.replayed
    resumed = make_trainer(config, "cut")
    resumed.load(tmp_path / "cut" / name_of(6))
    assert first | losses(run_to_end(resumed)) == unrecorded(config)
    assert recordings.recorded == 2
    assert 0 < replayed < recordings.replayed


def test_a_trainer_that_goes_back_to_a_checkpoint_records_anew(
    make_trainer: MakeTrainer,
    tmp_path: Path,
    unrecorded: Callable[[RunConfig], Reported],
    recordings: Recordings,
) -> None:
    config = brief()
    trainer = make_trainer(config, "cut")
    steps = trainer.run()
    while trainer.progress.step < 6:
        next(steps)
    trainer.load(tmp_path / "cut" / name_of(5))
    again = losses(run_to_end(trainer))
    assert again == {step: each for step, each in unrecorded(config).items() if step > 5}
    assert recordings.recorded == 2


def norms(trainer: Trainer) -> tuple[list[float], list[float]]:
    """The norm of the gradients that each step reports, and of those that it leaves."""
    reported, left = [], []
    for events in trainer.run():
        for event in events:
            if isinstance(event, StepDone):
                reported.append(min(event.gradient_norm, trainer.config.train.clip))
                found = (each.grad for each in trainer.network.parameters())
                left.append(float(get_total_norm(each for each in found if each is not None)))
    return reported, left


def test_each_recorded_step_leaves_its_own_gradients(
    make_trainer: MakeTrainer, recordings: Recordings
) -> None:
    # A step of another shape comes between two of the same: the last window of an epoch is shorter.
    reported, left = norms(make_trainer(brief(report_every=1, validate_every=0)))
    assert 0 < recordings.recorded < recordings.replayed
    assert left == pytest.approx(reported, rel=1e-4)


def test_a_step_is_taken_on_the_gpu_of_the_run_whichever_was_used_meanwhile(
    make_trainer: MakeTrainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    current: list[object] = []
    used: list[object] = []
    monkeypatch.setattr(Device, "make_current", lambda device: current.append(device))
    take_step = Learner._take_step

    def note(taking: Learner, *arguments: Any) -> object:
        used.append(current[-1])
        return take_step(taking, *arguments)

    monkeypatch.setattr(Learner, "_take_step", note)
    trainer = make_trainer(brief())
    steps = trainer.run()
    next(steps)
    # A poem of many drafts may be written on another one, between two steps.
    Device(torch.device("cuda", 1), "float32").make_current()
    next(steps)
    assert used == [trainer.device, trainer.device]


def test_only_so_many_shapes_are_recorded(
    make_trainer: MakeTrainer,
    unrecorded: Callable[[RunConfig], Reported],
    recordings: Recordings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recorded_steps, "WARM_UP", 1)
    monkeypatch.setattr(recorded_steps, "MOST", 1)
    config = brief("classic")
    assert losses(run_to_end(make_trainer(config))) == unrecorded(config)
    assert recordings.recorded == 1


def test_where_recording_fails_the_run_trains_all_the_same_and_notes_why(
    make_trainer: MakeTrainer,
    unrecorded: Callable[[RunConfig], Reported],
    recordings: Recordings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The sample is drawn by values that the processor reads.
    config = brief(loss="sampled")
    events = run_to_end(make_trainer(config))
    assert losses(events) == unrecorded(config)
    (noted,) = [event for event in events if isinstance(event, Noted)]
    assert noted.step == recorded_steps.WARM_UP + 1
    assert "slower" in noted.text
    assert "(operation not permitted when recording: aten.nonzero.default)" in noted.text
    assert recordings.recorded == recordings.replayed == 0


def test_a_recorded_run_that_diverges_is_ended(
    make_trainer: MakeTrainer, recordings: Recordings
) -> None:
    trainer = make_trainer(brief(report_every=1, checkpoint_every=2, validate_every=0))
    events = []
    for item in trainer.run():
        events.extend(item)
        if trainer.progress.step == 7:
            with torch.no_grad():
                trainer.network.softmax_bias[7] = torch.nan
    assert recordings.replayed > 3
    ended = events[-1]
    assert isinstance(ended, TrainingEnded)
    assert ended.outcome == "diverged"
    assert "At step 8" in ended.reason
    assert "checkpoint is at step 6" in ended.reason


def test_the_processor_records_nothing(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer(brief())
    assert recorder_for(trainer.device.torch_device, trainer.network.dropout) is None
    assert not trainer.learner.not_recorded


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("recipe", ["classic", "studio"])
def test_cuda_graphs_have_the_losses_of_kernels_launched_one_by_one(
    tmp_path: Path, recipe: str, cell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = small(recipe, cell=cell, max_steps=20, epochs=9, validate_every=0)

    def trainer(folder: str) -> Trainer:
        device = choose_device("float32", "cuda:0")
        return Trainer(config, VOCABULARY, TRAIN, [], device, tmp_path / folder)

    recorded = run_to_end(trainer("recorded"))
    assert not [event for event in recorded if isinstance(event, Noted)]
    first = run_to_end(trainer("cut"), stop_at=7)
    resumed = trainer("cut")
    resumed.load(tmp_path / "cut" / name_of(max(losses(first))))
    rest = run_to_end(resumed)
    monkeypatch.setattr(learner, "recorder_for", lambda *_: None)
    expected = losses(run_to_end(trainer("plain")))
    assert len(expected) == 20
    for reported in (losses(recorded), losses(first) | losses(rest)):
        for step, (loss, norm) in expected.items():
            # A GPU adds up gradients in any order: after 20 steps of RMSprop norms differ by 0.3%.
            assert reported[step][0] == pytest.approx(loss, rel=1e-3), step
            assert reported[step][1] == pytest.approx(norm, rel=1e-2), step


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")
@pytest.mark.parametrize("recipe", ["classic", "studio"])
def test_a_step_on_a_gpu_waits_for_nothing(tmp_path: Path, recipe: str) -> None:
    config = small(recipe, max_steps=12, report_every=100, validate_every=0, checkpoint_every=0)
    device = choose_device("auto", "cuda:0")
    trainer = Trainer(config, VOCABULARY, TRAIN, [], device, tmp_path)
    steps = trainer.run()
    for _ in range(recorded_steps.WARM_UP + 2):
        next(steps)
    torch.cuda.set_sync_debug_mode("error")
    try:
        next(steps)
        next(steps)
    finally:
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")
@pytest.mark.parametrize("optimizer", ["rmsprop", "adamw", "sgd"])
def test_cuda_graphs_leave_the_gradients_of_their_step(tmp_path: Path, optimizer: str) -> None:
    # Two shapes are recorded, and replayed in turn.
    config = small(
        "studio", optimizer=optimizer, max_steps=60, epochs=9, report_every=1, validate_every=0
    )
    device = choose_device("float32", "cuda:0")
    reported, left = norms(Trainer(config, VOCABULARY, TRAIN, [], device, tmp_path))
    assert len(left) == 60
    assert left == pytest.approx(reported, rel=1e-3)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")
def test_a_step_that_waits_for_the_gpu_is_launched_kernel_by_kernel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = torch.nn.utils.clip_grad_norm_

    def waiting(*arguments: Any) -> torch.Tensor:
        norm = clip(*arguments)
        assert float(norm) >= 0
        return norm

    config = small("studio", max_steps=12, validate_every=0, dropout=0.3)

    def trainer(folder: str) -> Trainer:
        device = choose_device("float32", "cuda:0")
        return Trainer(config, VOCABULARY, TRAIN, [], device, tmp_path / folder)

    expected = losses(run_to_end(trainer("recorded")))
    monkeypatch.setattr(torch.nn.utils, "clip_grad_norm_", waiting)
    events = run_to_end(trainer("waiting"))
    assert len([event for event in events if isinstance(event, Noted)]) == 1
    for step, (loss, _) in losses(events).items():
        assert loss == pytest.approx(expected[step][0], rel=1e-3), step


@pytest.mark.gpu
@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="fewer than two GPUs")
def test_a_run_keeps_its_losses_while_another_gpu_is_used_between_its_steps(tmp_path: Path) -> None:
    # The last window of an epoch is shorter: its steps are not recorded at first.
    config = small("studio", max_steps=60, epochs=9, validate_every=0)

    def trained(folder: str, other: int) -> dict[int, tuple[float, float]]:
        device = choose_device("float32", "cuda:0")
        trainer = Trainer(config, VOCABULARY, TRAIN, [], device, tmp_path / folder)
        events = []
        for item in trainer.run():
            events.extend(item)
            torch.cuda.set_device(other)
        return losses(events)

    alone, beside = trained("alone", 0), trained("beside", 1)
    for step, (loss, _) in alone.items():
        assert beside[step][0] == pytest.approx(loss, rel=1e-3), step
