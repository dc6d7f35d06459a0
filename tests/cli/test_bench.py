"""`bench` measures what it says; how fast it is, is not for a test."""

import pytest

from studio import benchmarks
from studio.paths import Home
from tests.cli.conftest import Run


def test_bench_train_reports_ratios_of_what_it_measured(
    tangshi: Run, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benchmarks, "SIZES", ((8, 8), (12, 16)))
    monkeypatch.setattr(benchmarks, "VOCABULARY", 50)
    document = tangshi("bench", "train", "--rounds", "1", "--seconds", "0", "--json").document
    assert [size["name"] for size in document["sizes"]] == ["8/8", "12/16"]
    for size in document["sizes"]:
        ours, peak = size["rounds"]["ours"][0], size["rounds"]["peak"][0]
        assert size["chars_per_second"] == ours
        assert size["ratio_per_poem"] == pytest.approx(ours / size["rounds"]["per_poem"][0])
        assert size["ratio_batched"] == pytest.approx(ours / size["rounds"]["batched"][0])
        assert size["share_of_peak"] == pytest.approx(ours * size["flop_per_char"] / peak)


def test_bench_generate_reports_what_it_measured(tangshi: Run, home: Home) -> None:
    small = ["--set", "embedding=8", "--set", "hidden=8", "--set", "batch_size=8"]
    tangshi("train", "--recipe", "classic", "--run", "a", "--max-steps", "2", *small)
    document = tangshi("bench", "generate", "--rounds", "1", "--json").document
    assert document["model"] == "a@2"
    ratio = document["ms_per_char_recomputed"] / document["ms_per_char"]
    assert document["ratio"] == pytest.approx(ratio)
    assert document["ms_to_first_char"] > 0
    assert document["chars_per_second_of_64"] > 0
