"""A full memory ends what filled it, and nothing else."""

import gc
from collections.abc import Iterator

import pytest

from studio.messages import Compose, Composed, Failed, Resume, Train, TrainingStarted
from studio.model.events import TrainingEnded
from studio.paths import Home
from studio.runs import folders
from studio.verse.request import ComposeRequest
from tests.small import small
from tests.test_worker import Conversation

FULL = (
    "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.1 GiB. "
    "Of the allocated memory 70 GiB is allocated by PyTorch. See documentation."
)


@pytest.fixture
def talk(home: Home) -> Iterator[Conversation]:
    conversation = Conversation(home)
    yield conversation
    conversation.worker.close()


def test_a_full_memory_ends_the_run_at_its_last_checkpoint_and_another_can_start(
    talk: Conversation, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studio.model import device
    from studio.model.learner import Learner
    from studio.model.trainer import Trainer

    learn = Learner.learn
    freed: list[int] = []

    def learn_until_full(learner: Learner, batch: object, rate: float) -> object:
        if talk.losses.get(5):
            raise RuntimeError(FULL)
        talk.drain()
        return learn(learner, batch, rate)  # type: ignore[arg-type]

    def free() -> None:
        freed.append(sum(isinstance(each, Trainer) for each in gc.get_objects()))

    monkeypatch.setattr(Learner, "learn", learn_until_full)
    monkeypatch.setattr(device, "free_cached_memory", free)
    talk.send(Train("first", small(epochs=1000, report_every=1, checkpoint_every=4)))
    ended = talk.wait_for(TrainingEnded)
    assert isinstance(ended, TrainingEnded)
    assert ended.outcome == "failed"
    assert "memory of the GPU is full" in ended.reason
    assert "smaller batch_size" in ended.reason
    assert "--device" in ended.reason
    run = folders.find(home.runs, "first")
    saved = run.checkpoint_names()[-1]
    assert f"checkpoint is at step {int(saved.removeprefix('step-'))}." in ended.reason
    assert folders.summary(run).status == "failed"

    monkeypatch.setattr(Learner, "learn", learn)
    talk.send(Train("second", small(max_steps=2)))
    assert talk.wait_for(TrainingEnded) == TrainingEnded(2, "finished")
    # When the GPU's memory is given back, nothing of the run holds it any more.
    assert freed[0] == 0
    talk.send(Resume("first"))
    assert talk.wait(TrainingStarted).step == int(saved.removeprefix("step-"))


def test_a_full_memory_while_writing_is_reported_and_freed(
    talk: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    from studio.model import device

    freed: list[bool] = []
    monkeypatch.setattr(device, "free_cached_memory", lambda: freed.append(True))
    talk.send(Train("first", small(max_steps=2)))
    talk.wait_for(TrainingEnded)
    talk.send(Compose(0, ComposeRequest(form="", longest=8)))
    talk.wait(Composed)
    with monkeypatch.context() as full:

        def fail(*_: object) -> None:
            raise RuntimeError(FULL)

        full.setattr("studio.verse.composer.decode", fail)
        freed.clear()
        talk.send(Compose(1, ComposeRequest(form="", longest=8)))
        failed = talk.wait(Failed)
        assert "memory of the GPU is full" in failed.message
        assert not failed.bug
    talk.send(Compose(2, ComposeRequest(form="", longest=8)))
    talk.wait(Composed)
    assert freed == [True]
