"""A network that learns what others expect."""

from pathlib import Path

import msgspec
import pytest
import torch

from studio.errors import DamageError, RunError
from studio.model import learner
from studio.model.checkpoint_names import name_of
from studio.model.config import RunConfig
from studio.model.loss import Taught, chunked_loss
from studio.model.network import Network
from studio.model.teachers import Teachers
from studio.model.trainer import Trainer
from tests.model.conftest import CPU, TRAIN, VALID, VOCABULARY
from tests.model.recording import Recordings
from tests.model.test_trainer import losses, run_to_end
from tests.small import small


def teacher(seed: int, **settings: object) -> Network:
    config = small("studio", **settings).model
    return Network(config, len(VOCABULARY), seed, VOCABULARY.stops)


def student(folder: Path, config: RunConfig, *teachers: Network) -> Trainer:
    return Trainer(config, VOCABULARY, TRAIN, VALID, CPU, folder, teachers=teachers)


def brief(**settings: object) -> RunConfig:
    few = {"max_steps": 16, "validate_every": 0, "verse_poems": 0, "form_input": False}
    return small("studio", **few | {"title_input": False, "poet_input": False} | settings)


def test_the_gradients_are_those_of_the_mixture_and_the_value_that_of_the_targets() -> None:
    source = torch.Generator().manual_seed(1)
    parameters = [
        torch.randn(*shape, generator=source, dtype=torch.float64).requires_grad_()
        for shape in ((30, 4), (9, 4), (9,))
    ]
    targets = torch.randint(0, 9, (30,), generator=source)
    expected = torch.randn(30, 9, generator=source, dtype=torch.float64).softmax(dim=-1)
    found = chunked_loss(*parameters, targets, Taught(expected, 0.7))
    counted = targets != 0
    log_p = torch.nn.functional.linear(*parameters).log_softmax(dim=-1)[counted]
    plain = -log_p[torch.arange(len(log_p)), targets[counted]].mean()
    taught = -(log_p * expected[counted]).sum(dim=-1).mean()
    torch.testing.assert_close(found, plain)
    gradients = torch.autograd.grad(found, parameters)
    rights = torch.autograd.grad(0.3 * plain + 0.7 * taught, parameters)
    for gradient, right in zip(gradients, rights, strict=True):
        torch.testing.assert_close(gradient, right)


def test_teachers_read_on_from_window_to_window() -> None:
    """In two windows they expect what they expect in one, and the mean is that of both."""
    networks = [teacher(1), teacher(2, hidden=12, cell="gru"), teacher(3, lines_above=0)]
    tokens = torch.randint(4, len(VOCABULARY), (3, 10), generator=torch.Generator().manual_seed(1))
    teachers = Teachers(networks, 0.5)
    whole, _ = teachers.read(tokens, (), None)
    first, state = teachers.read(tokens[:, :4], (), None)
    second, _ = teachers.read(tokens[:, 4:], state, None)
    parts = torch.cat([first.view(3, 4, -1), second.view(3, 6, -1)], dim=1)
    torch.testing.assert_close(parts.flatten(0, 1), whole)
    torch.testing.assert_close(whole.sum(dim=-1), torch.ones(30))
    each = torch.stack([Teachers([network], 0.5).read(tokens, (), None)[0] for network in networks])
    torch.testing.assert_close(whole, each.mean(dim=0))


def test_a_student_comes_to_expect_what_its_teacher_does(tmp_path: Path) -> None:
    expert = teacher(5, hidden=24, embedding=16)
    with torch.no_grad():
        expert.softmax_bias[7] += 5
    config = brief(max_steps=0, epochs=12, learning_rate=0.02)
    config = msgspec.structs.replace(config, teaching=0.99)
    before = student(tmp_path / "before", config, expert)
    taught, alone = (
        student(tmp_path / "taught", config, expert),
        student(tmp_path / "alone", config),
    )
    run_to_end(taught)
    run_to_end(alone)
    tokens = torch.tensor([VOCABULARY.encode(VALID[0])])

    def distance(network: Network) -> float:
        with torch.inference_mode():
            log_p, right = (
                each.logits(each.eval()(tokens)[0]).log_softmax(dim=-1)
                for each in (network, expert)
            )
            return float((right.exp() * (right - log_p)).sum(dim=-1).mean())

    assert distance(taught.network) < 0.2 * distance(before.network)
    assert distance(taught.network) < distance(alone.network)


def test_teachers_do_not_change(tmp_path: Path) -> None:
    expert = teacher(5)
    before = {name: each.clone() for name, each in expert.state_dict().items()}
    run_to_end(student(tmp_path, brief(), expert))
    assert all(torch.equal(each, before[name]) for name, each in expert.state_dict().items())


def test_a_run_with_teachers_resumes_as_if_it_had_never_stopped(tmp_path: Path) -> None:
    def trainer(folder: str) -> Trainer:
        return student(tmp_path / folder, brief(), teacher(5), teacher(6, cell="rnn"))

    whole = losses(run_to_end(trainer("whole")))
    first = losses(run_to_end(trainer("cut"), stop_at=6))
    resumed = trainer("cut")
    resumed.load(tmp_path / "cut" / name_of(6))
    assert first | losses(run_to_end(resumed)) == whole


def test_a_state_of_other_teachers_is_refused(tmp_path: Path) -> None:
    run_to_end(student(tmp_path, brief(), teacher(5)), stop_at=6)
    other = student(tmp_path, brief(), teacher(5, hidden=12))
    with pytest.raises(RunError, match="not those that it was trained with"):
        other.load(tmp_path / name_of(6))


def test_without_teachers_a_state_with_more_parts_is_damage(tmp_path: Path) -> None:
    run_to_end(student(tmp_path, brief(), teacher(5)), stop_at=6)
    alone = student(tmp_path, brief())
    with pytest.raises(DamageError, match="that of another network"):
        alone.load(tmp_path / name_of(6))


def test_recorded_steps_with_teachers_have_the_same_losses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = brief(loss="chunked")
    plain = losses(run_to_end(student(tmp_path / "plain", config, teacher(5))))
    recordings = Recordings()
    monkeypatch.setattr(learner, "recorder_for", lambda *_: recordings)
    recorded = losses(run_to_end(student(tmp_path / "recorded", config, teacher(5))))
    assert recorded.keys() == plain.keys()
    for step, measured in plain.items():
        assert recorded[step] == pytest.approx(measured, rel=1e-5), step
    assert recordings.replayed
