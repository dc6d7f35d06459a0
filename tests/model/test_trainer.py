"""Training learns, resumes as if it had never stopped, and ends well when it goes wrong."""

from pathlib import Path
from typing import Literal

import pytest
import safetensors.torch
import torch

from studio.errors import DamageError, RunError
from studio.model import checkpoint, loss
from studio.model.checkpoint_names import name_of, step_of
from studio.model.device import Device, choose_device
from studio.model.events import (
    CheckpointSaved,
    EpochDone,
    StepDone,
    TrainingEnded,
    TrainingEvent,
    Validated,
)
from studio.model.parallel import World
from studio.model.trainer import Trainer
from tests.model.conftest import CPU, TRAIN, VALID, VOCABULARY, MakeTrainer
from tests.small import small


def run_to_end(trainer: Trainer, stop_at: int | None = None) -> list[TrainingEvent]:
    events: list[TrainingEvent] = []
    for item in trainer.run():
        events.extend(item)
        if stop_at is not None and trainer.progress.step >= stop_at:
            trainer.stop()
    return events


def losses(events: list[TrainingEvent]) -> dict[int, tuple[float, float]]:
    return {
        event.step: (event.loss, event.gradient_norm)
        for event in events
        if isinstance(event, StepDone)
    }


@pytest.mark.parametrize(
    "precision",
    [
        "float32",
        pytest.param(
            "bfloat16",
            marks=pytest.mark.skipif(
                choose_device().precision == "float32", reason="no bfloat16 in this hardware"
            ),
        ),
    ],
)
@pytest.mark.parametrize("recipe", ["classic", "studio"])
def test_training_lowers_the_loss(
    make_trainer: MakeTrainer, recipe: str, precision: Literal["float32", "bfloat16"]
) -> None:
    trainer = make_trainer(small(recipe, learning_rate=0.02, dropout=0, epochs=12))
    trainer.learner.device = Device(torch.device("cpu"), precision)
    events = run_to_end(trainer)
    epochs = [event.loss for event in events if isinstance(event, EpochDone)]
    assert len(epochs) == 12
    assert epochs[-1] < epochs[0] - 0.3
    assert isinstance(events[-1], TrainingEnded)
    assert events[-1].outcome == "finished"


def test_every_step_is_reported_once_in_order(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer(small(epochs=3))
    steps = [event.step for event in run_to_end(trainer) if isinstance(event, StepDone)]
    assert steps == list(range(1, trainer.total_steps + 1))


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("recipe", ["classic", "studio"])
def test_a_resumed_run_has_the_losses_of_one_that_never_stopped(
    make_trainer: MakeTrainer, tmp_path: Path, recipe: str, cell: str
) -> None:
    # Stopped off the beat of reports, validations and checkpoints, in the second epoch.
    config = small(recipe, cell=cell, epochs=3)
    whole = run_to_end(make_trainer(config, "whole"))
    first = run_to_end(make_trainer(config, "cut"), stop_at=13)
    assert isinstance(first[-1], TrainingEnded)
    assert first[-1].outcome == "stopped"

    resumed = make_trainer(config, "cut")
    resumed.load(tmp_path / "cut" / name_of(13))
    rest = run_to_end(resumed)
    assert losses(first) | losses(rest) == losses(whole)
    assert losses(first).keys().isdisjoint(losses(rest).keys())
    perplexities = [
        [
            (event.step, event.perplexity, event.best)
            for event in events
            if isinstance(event, Validated)
        ]
        for events in (first + rest, whole)
    ]
    assert perplexities[0] == perplexities[1]
    epochs = [
        [event for event in events if isinstance(event, EpochDone)]
        for events in (first + rest, whole)
    ]
    assert epochs[0] == epochs[1]


def test_a_deep_run_with_a_sampled_loss_is_resumed_exactly(
    make_trainer: MakeTrainer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loss, "FREQUENT", 5)
    monkeypatch.setattr(loss, "SAMPLED", 2)
    config = small("studio", layers=11, max_steps=6)
    whole = run_to_end(make_trainer(config, "whole"))
    first = run_to_end(make_trainer(config, "cut"), stop_at=3)
    resumed = make_trainer(config, "cut")
    resumed.load(tmp_path / "cut" / name_of(3))
    assert losses(first) | losses(run_to_end(resumed)) == losses(whole)


def test_a_run_with_muon_is_resumed_exactly(make_trainer: MakeTrainer, tmp_path: Path) -> None:
    config = small("studio", optimizer="muon", max_steps=6)
    whole = run_to_end(make_trainer(config, "whole"))
    first = run_to_end(make_trainer(config, "cut"), stop_at=3)
    resumed = make_trainer(config, "cut")
    resumed.load(tmp_path / "cut" / name_of(3))
    assert losses(first) | losses(run_to_end(resumed)) == losses(whole)
    # What belongs to another optimiser is refused.
    other = make_trainer(small("studio", optimizer="adamw", max_steps=6))
    with pytest.raises(DamageError, match="does not fit this run"):
        other.load(tmp_path / "cut" / name_of(3))


def test_a_run_that_reads_one_character_at_a_time_is_resumed_exactly(
    make_trainer: MakeTrainer, tmp_path: Path
) -> None:
    # Its products depend in the last bit on where in memory the state lies.
    config = small(cell="rnn", batching="stream", window=1, max_steps=12)
    whole = run_to_end(make_trainer(config, "whole"))
    first = run_to_end(make_trainer(config, "cut"), stop_at=3)
    resumed = make_trainer(config, "cut")
    resumed.load(tmp_path / "cut" / name_of(3))
    assert losses(first) | losses(run_to_end(resumed)) == losses(whole)


class Second(World):
    """The second of two processes."""

    rank, size = 1, 2


def test_the_rows_that_a_process_resumes_lie_where_new_ones_do(
    make_trainer: MakeTrainer, tmp_path: Path
) -> None:
    config = small(cell="rnn", batching="stream", batch_size=7, hidden=23)
    run_to_end(make_trainer(config), stop_at=3)
    resumed = Trainer(config, VOCABULARY, TRAIN, VALID, CPU, tmp_path / "checkpoints", Second())
    resumed.load(tmp_path / "checkpoints" / name_of(3))
    assert resumed.learner._state
    assert all(part.data_ptr() % 64 == 0 for parts in resumed.learner._state for part in parts)


def test_other_use_of_random_numbers_does_not_change_a_run(make_trainer: MakeTrainer) -> None:
    config = small("studio", epochs=3)
    expected = losses(run_to_end(make_trainer(config, "one")))
    trainer, events = make_trainer(config, "two"), []
    for item in trainer.run():
        torch.rand(3)
        torch.manual_seed(0)
        events.extend(item)
    assert losses(events) == expected


def test_max_steps_ends_in_the_middle_of_an_epoch(make_trainer: MakeTrainer) -> None:
    events = run_to_end(make_trainer(small(max_steps=6)))
    assert max(losses(events)) == 6
    assert [event.step for event in events if isinstance(event, Validated)] == [5, 6]
    assert [event.step for event in events if isinstance(event, CheckpointSaved)][-1] == 6


def test_the_last_validation_is_in_a_checkpoint_that_was_due_at_the_same_step(
    make_trainer: MakeTrainer, tmp_path: Path
) -> None:
    config = small(max_steps=6, checkpoint_every=3, validate_every=4, learning_rate=1e-4)
    events = run_to_end(make_trainer(config))
    last = [event for event in events if isinstance(event, Validated)][-1]
    assert last.step == 6
    folder = tmp_path / "checkpoints" / name_of(6)
    described = checkpoint.read_description(folder)
    assert described.perplexity == last.perplexity
    assert described.perplexity_all == last.perplexity_all
    assert checkpoint.read_progress(folder).best_all == last.perplexity_all


def test_a_checkpoint_that_could_not_be_written_is_written_before_the_next_step(
    make_trainer: MakeTrainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = small(checkpoint_every=3, validate_every=0)
    expected = losses(run_to_end(make_trainer(config, "whole")))
    trainer, events = make_trainer(config, "full"), []

    def fail(*_: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as full:
        full.setattr(checkpoint, "save", fail)
        with pytest.raises(OSError, match="no space"):
            for item in trainer.run():
                events.extend(item)
    assert trainer.progress.step == 3
    rest = run_to_end(trainer)
    assert rest[0] == CheckpointSaved(3, name_of(3))
    assert losses(events + rest) == expected


def test_a_run_in_half_precision_is_resumed_in_single(
    make_trainer: MakeTrainer, tmp_path: Path
) -> None:
    config = small("studio", max_steps=6)
    run_to_end(make_trainer(config), stop_at=3)
    folder = tmp_path / "checkpoints" / name_of(3)
    tensors = safetensors.torch.load_file(folder / "training.safetensors")
    halves = {
        name: each.bfloat16() if name.startswith("state.") and each.is_floating_point() else each
        for name, each in tensors.items()
    }
    assert any(each.dtype == torch.bfloat16 for each in halves.values())
    safetensors.torch.save_file(halves, folder / "training.safetensors")
    resumed = make_trainer(config)
    resumed.load(folder)
    assert max(losses(run_to_end(resumed))) == 6


def test_a_run_is_not_resumed_with_other_poems(make_trainer: MakeTrainer, tmp_path: Path) -> None:
    config = small(max_steps=6)
    run_to_end(make_trainer(config), stop_at=3)
    folder = tmp_path / "checkpoints"
    other = Trainer(config, VOCABULARY, TRAIN[::-1], VALID, CPU, folder)
    with pytest.raises(RunError, match="other poems"):
        other.load(folder / name_of(3))


def test_a_validation_that_gives_no_number_ends_the_run_as_diverged(
    make_trainer: MakeTrainer,
) -> None:
    trainer = make_trainer(
        small(optimizer="sgd", learning_rate=1e30, clip=0, max_steps=1, validate_every=0)
    )
    events = run_to_end(trainer)
    assert isinstance(events[-1], TrainingEnded)
    assert events[-1].outcome == "diverged"
    assert not any(isinstance(event, Validated) for event in events)


def test_the_newest_checkpoints_and_the_best_one_are_kept(
    make_trainer: MakeTrainer, tmp_path: Path
) -> None:
    events = run_to_end(make_trainer(small(keep=2, checkpoint_every=1)))
    saved = [event.step for event in events if isinstance(event, CheckpointSaved)]
    best = [event.step for event in events if isinstance(event, Validated) and event.best][-1]
    kept = {step_of(path.name) for path in (tmp_path / "checkpoints").iterdir()}
    assert kept == {best, *saved[-2:]}


def test_a_checkpoint_asked_for_between_two_steps_is_saved_at_once(
    make_trainer: MakeTrainer,
) -> None:
    trainer = make_trainer(small(checkpoint_every=0, validate_every=0))
    steps = trainer.run()
    for _ in range(3):
        next(steps)
    before, after = trainer.save()
    assert [event.step for event in before] == [1, 2, 3]
    assert after == (CheckpointSaved(3, name_of(3)),)


def test_what_happened_before_a_checkpoint_is_handed_over_before_it_is_saved(
    make_trainer: MakeTrainer, tmp_path: Path
) -> None:
    trainer = make_trainer(small(checkpoint_every=2, validate_every=4, report_every=3, epochs=1))
    handed_over: list[TrainingEvent] = []
    checkpoints = tmp_path / "checkpoints"
    announced = 0
    for events in trainer.run():
        handed_over.extend(events)
        if trainer.saves_next:
            announced += 1
            step = trainer.progress.step
            assert not (checkpoints / name_of(step)).exists()
            assert max(losses(handed_over)) == step
    assert announced == sum(isinstance(event, CheckpointSaved) for event in handed_over) > 3


def test_a_loss_that_is_no_number_ends_the_run_at_the_last_good_checkpoint(
    make_trainer: MakeTrainer, tmp_path: Path
) -> None:
    trainer = make_trainer(small(checkpoint_every=2, validate_every=0, report_every=1))
    events: list[TrainingEvent] = []
    for item in trainer.run():
        events.extend(item)
        if trainer.progress.step == 5:
            with torch.no_grad():
                trainer.network.softmax_bias[7] = torch.nan
    assert isinstance(events[-1], TrainingEnded)
    assert events[-1].outcome == "diverged"
    assert "step 6" in events[-1].reason
    assert "step 4" in events[-1].reason
    assert max(losses(events)) == 5
    network, _, card = checkpoint.load_model(tmp_path / "checkpoints" / name_of(4))
    assert card.step == 4
    assert all(parameter.isfinite().all() for parameter in network.parameters())


@pytest.mark.parametrize(("clip", "advice"), [(0, "clip=1"), (1, "smaller clip")])
def test_a_learning_rate_far_too_high_is_reported_as_divergence(
    make_trainer: MakeTrainer, clip: float, advice: str
) -> None:
    config = small(optimizer="sgd", learning_rate=1e4, clip=clip, epochs=20)
    events = run_to_end(make_trainer(config))
    assert isinstance(events[-1], TrainingEnded)
    assert events[-1].outcome == "diverged"
    assert "learning_rate" in events[-1].reason
    assert advice in events[-1].reason


def test_too_few_poems_are_reported_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="batch_size"):
        Trainer(small("studio", batch_size=4000), VOCABULARY, TRAIN, VALID, CPU, tmp_path / "none")


def test_a_corpus_without_validation_poems_trains_all_the_same(tmp_path: Path) -> None:
    trainer = Trainer(small(max_steps=6), VOCABULARY, TRAIN, [], CPU, tmp_path)
    events = run_to_end(trainer)
    assert not [event for event in events if isinstance(event, Validated)]
    assert isinstance(events[-1], TrainingEnded)
