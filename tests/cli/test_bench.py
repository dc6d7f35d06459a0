"""`bench` measures what it says; how fast it is, is not for a test."""

from pathlib import Path

import pytest
import torch

from studio.benchmarks import training
from studio.model.device import Device
from studio.paths import HOME_VARIABLE, Home
from studio.runs import folders
from tests.cli.conftest import Run


def test_bench_train_reports_ratios_of_what_it_measured(
    tangshi: Run, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "SIZES", ((8, 8), (12, 16)))
    monkeypatch.setattr(training, "VOCABULARY", 50)
    document = tangshi("bench", "train", "--rounds", "1", "--seconds", "0", "--json").document
    assert [size["name"] for size in document["sizes"]] == ["8/8", "12/16"]
    for size in document["sizes"]:
        ours, peak = size["rounds"]["ours"][0], size["rounds"]["peak"][0]
        assert size["chars_per_second"] == ours
        assert size["ratio_per_poem"] == pytest.approx(ours / size["rounds"]["per_poem"][0])
        assert size["ratio_batched"] == pytest.approx(ours / size["rounds"]["batched"][0])
        plain = size["rounds"]["batched_alike"][0]
        assert size["ratio_alike"] == pytest.approx(size["rounds"]["ours_alike"][0] / plain)
        assert size["share_of_peak"] == pytest.approx(ours * size["flop_per_char"] / peak)


def test_a_gpu_multiplies_every_character_and_the_processor_a_sample() -> None:
    poems = training._poems(200)
    on_gpu, on_processor = (
        training._softmax_rows(poems, Device(torch.device(kind), "float32"))
        for kind in ("cuda", "cpu")
    )
    assert on_processor < on_gpu == training.VOCABULARY


def test_bench_generate_reports_what_it_measured(tangshi: Run, home: Home) -> None:
    small = ["--set", "embedding=8", "--set", "hidden=8", "--set", "batch_size=8"]
    tangshi("train", "--recipe", "classic", "--run", "a", "--max-steps", "2", *small)
    document = tangshi("bench", "generate", "--rounds", "1", "--json").document
    assert document["model"] == "a@2"
    ratio = document["ms_per_char_recomputed"] / document["ms_per_char"]
    assert document["ratio"] == pytest.approx(ratio)
    assert document["ms_to_first_char"] > 0
    assert document["chars_per_second_of_64"] > 0


def test_bench_ui_reports_what_it_measured(tangshi: Run, home: Home) -> None:
    few = ["--rounds", "1", "--steps", "3", "--keys", "3"]
    small = ["--set", "embedding=8", "--set", "hidden=8", "--set", "batch_size=8"]
    document = tangshi("bench", "ui", *few, *small, "--json").document
    (headless,), (inside,) = document["seconds_headless"], document["seconds_in_studio"]
    assert document["training_cost"] == pytest.approx(inside / headless - 1)
    assert document["keys"] == 3
    assert 0 < document["key_ms_median"] <= document["key_ms_99"] <= document["key_ms_most"]
    assert not folders.all_runs(home.runs)


def test_bench_ui_without_poems_says_what_to_do(
    tangshi: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    outcome = tangshi("bench", "ui")
    assert outcome.code == 1
    assert "corpus fetch" in outcome.err


def test_bench_start_reports_what_it_measured_in_any_locale(
    tangshi: Run, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    document = tangshi("bench", "start", "--rounds", "1", "--json").document
    assert document["ratio"] == pytest.approx(document["first_frame_ms"] / document["floor_ms"])
    assert document["key_ms"] > 0
    assert document["floor_key_ms"] > 0
    assert document["first_frame_bytes"] > 0
