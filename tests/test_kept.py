"""What older versions wrote is still read: the files under tests/kept."""

import shutil
from pathlib import Path

import msgspec
import pytest

from studio.collection.saved import Collection
from studio.corpus.poem import verse_lines
from studio.model.events import (
    CheckpointSaved,
    EpochDone,
    SampleWritten,
    StepDone,
    TrainingEnded,
    Validated,
)
from studio.paths import Home
from studio.runs import folders, publishing
from studio.runs.loading import load_writer, locate
from studio.runs.publishing import publish
from studio.runs.session import TrainingSession
from studio.settings import read_settings, write_settings
from studio.tui.app import StudioApp
from studio.verse.composer import write
from studio.verse.request import USUAL, ComposeRequest
from tests.tui.fake_worker import FakeWorker

KEPT = Path(__file__).parent / "kept" / "0.1.0"


@pytest.fixture
def kept_home(home: Home) -> Home:
    """A home with the run and the saved poems, and a library of the same nonsense."""
    shutil.copytree(KEPT / "runs", home.runs)
    shutil.copy(KEPT / "collection.jsonl", home.collection)
    return home


def test_settings_have_the_values_that_were_written() -> None:
    settings = read_settings(KEPT / "settings.toml")
    assert (settings.theme, settings.layout) == ("paper", "single")
    assert settings.plain_charts
    assert settings.frames_per_second == 20
    assert settings.mirror == "https://mirror.example/poems"
    assert settings.request == ComposeRequest(
        first="明月",
        form="七律",
        # That studio had neither drafts nor coherence, guidance, sharpness or judgement: they are
        # as usual.
        sampling=msgspec.structs.replace(
            USUAL.sampling,
            strategy="greedy",
            temperature=1.1,
            top_k=40,
            top_p=0.9,
            min_p=0.02,
            repetition_penalty=1.2,
        ),
        candidates=4,
        seed=2**62,
        longest=64,
        model="kept@8",
        lines=8,
        acrostic="春江花月",
        last="白日依山尽",
        words=("春风", "江水"),
        given="□□□□□□月",
        rhyme="阳",
        drafts=USUAL.drafts,
        tones="tang",
        copied_lines=True,
        tries=16,
        ranking=msgspec.structs.replace(
            USUAL.ranking,
            likelihood=0.5,
            repetition=3.0,
            novelty=2.0,
            prosody=4.0,
            parallelism=0.0,
            variety=1.5,
        ),
    )


def test_settings_can_be_written_again_without_a_loss(tmp_path: Path) -> None:
    settings = read_settings(KEPT / "settings.toml")
    write_settings(tmp_path / "settings.toml", settings)
    assert read_settings(tmp_path / "settings.toml") == settings


async def test_changed_keys_work_and_every_name_is_known(home: Home) -> None:
    studio = StudioApp(home, read_settings(KEPT / "settings.toml"), FakeWorker)
    async with studio.run_test(size=(160, 48), notifications=True) as pilot:
        await studio.completion.wait()
        await pilot.press("f10")
        assert studio.current == "training"
        await pilot.press("f3")
        assert studio.current == "training"
        await pilot.press("f4")
        assert studio.current == "playground"
        messages = [each.message for each in studio._notifications]
        assert [each for each in messages if "keymap" in each] == []


def test_a_run_is_listed_with_its_figures(kept_home: Home) -> None:
    row = folders.summary(folders.find(kept_home.runs, "kept"))
    assert (row.name, row.recipe, row.cell, row.status) == ("kept", "studio", "lstm", "finished")
    assert (row.step, row.epoch) == (8, 1)
    assert row.loss == pytest.approx(3.3625, abs=1e-4)
    assert row.best_perplexity == pytest.approx(26.2229, abs=1e-4)
    assert row.best_perplexity_han == pytest.approx(26.8897, abs=1e-4)


def test_a_run_has_its_settings_events_and_checkpoints(kept_home: Home) -> None:
    run = folders.find(kept_home.runs, "kept")
    # 0.1.0 had no such setting.
    assert run.config().train.device == "auto"
    config = run.config()
    assert (config.model.hidden, config.model.lines_above, config.model.skips) == (8, 2, True)
    assert (config.train.max_steps, config.train.loss) == (8, "sampled")
    assert run.checkpoint_names() == ["step-00000004", "step-00000008"]
    steps = [1, 2, 3, 4, 4, 4, 4, 5, 6, 7, 8, 8, 8, 8, 8]
    events = run.events()
    assert [each.step for each in events] == steps
    assert [type(each) for each in events[3:7]] == [
        StepDone,
        Validated,
        SampleWritten,
        CheckpointSaved,
    ]
    assert events[5] == SampleWritten(4, "海红山夜石，月雨夜春风。天水心人地，门花日水红。")
    assert events[-1] == TrainingEnded(8, "finished")


@pytest.mark.parametrize(("name", "full_name"), [("kept", "kept@8"), ("kept@4", "kept@4")])
def test_a_runs_model_writes(kept_home: Home, name: str, full_name: str) -> None:
    writer = load_writer(*locate(kept_home, name))
    assert writer.name == full_name
    request = ComposeRequest(form="古绝", acrostic="春江花月", words=("春风",))
    (poem,) = write(writer, request)
    assert "".join(line[0] for line in verse_lines(poem.text)) == "春江花月"
    assert "春风" in poem.text


def test_a_run_is_continued(kept_home: Home) -> None:
    run = folders.find(kept_home.runs, "kept")
    before = run.events()[:-1]  # all but its end
    session = TrainingSession(kept_home, run, epochs=1)
    assert session.trainer.progress.step == 8
    for _ in session.steps():
        pass
    session.close()
    events = run.events()
    assert events[: len(before)] == before
    assert any(isinstance(each, EpochDone) for each in events)
    assert folders.summary(run).status == "finished"
    assert folders.summary(run).step > 8


def test_the_best_of_a_resumed_run_is_found_over_all_targets(kept_home: Home) -> None:
    run = folders.find(kept_home.runs, "kept")
    log = run.events_file.read_text()
    assert "26.630382925425522" in log
    # As if step 4 had been better over all targets, but not over Han characters.
    run.events_file.write_text(log.replace("26.630382925425522", "20.0"))
    session = TrainingSession(kept_home, run, epochs=1)
    progress = session.trainer.progress
    session.close()
    assert (progress.best_all, progress.best_step, progress.best) == (20.0, 4, None)


def test_a_run_is_published(
    kept_home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "SAMPLES", (ComposeRequest(form="", longest=12),))
    card = publish(kept_home, "kept", tmp_path / "model")
    assert (card.run, card.step) == ("kept@8", 8)
    assert load_writer(tmp_path / "model", "kept").vocabulary


def test_saved_poems_keep_their_ids_and_can_be_written_again(kept_home: Home) -> None:
    poems = Collection(kept_home.collection).poems()
    assert [each.id for each in poems] == ["e265b6ac", "672358ec", "18918eae"]
    assert [each.model for each in poems] == ["kept@8", "kept@4", "kept@8"]
    assert poems[0].poem.text == "夜花雨湖风，月山日地红。海天春水云，人石江天风。"
    assert poems[2].request.acrostic == "春江花月"
    for each in poems:
        writer = load_writer(*locate(kept_home, each.model))
        assert writer.name == each.model
        (again,) = write(writer, each.request)
        assert again.complete


def test_a_poem_is_saved_after_those_that_were_there(kept_home: Home) -> None:
    collection = Collection(kept_home.collection)
    before = collection.poems()
    assert not collection.add(before[1])
    poem = msgspec.structs.replace(before[0], model="default")
    assert collection.add(poem)
    assert collection.poems() == [*before, poem]
