"""A batch of any number of rows is read in the tiles of the processor, with the same result."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from studio.model import recurrent
from studio.model.recurrent import run_layer


@pytest.fixture
def has_tiles(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A processor with AMX in bfloat16, as far as the code can see; the rows of each batch read."""
    monkeypatch.setattr(torch, "is_autocast_enabled", lambda kind: kind == "cpu")
    monkeypatch.setattr(recurrent, "processor_has", lambda *features: "amx_tile" in features)
    rows: list[int] = []
    run = recurrent._run_with_weights

    def counted(layer: nn.Module, features: Tensor, *others: Any) -> Any:
        rows.append(len(features))
        return run(layer, features, *others)

    monkeypatch.setattr(recurrent, "_run_with_weights", counted)
    return rows


@pytest.mark.parametrize("has_state", [False, True])
def test_a_batch_fills_the_tiles_and_its_rows_read_the_same(
    has_state: bool, has_tiles: list[int]
) -> None:
    torch.manual_seed(1)
    layer = nn.LSTM(6, 8, batch_first=True)
    mask = torch.ones(32, 8)
    text = torch.randn(53, 5, 6, requires_grad=True)
    before = (torch.randn(1, 53, 8), torch.randn(1, 53, 8)) if has_state else None
    expected, expected_state = layer(text, before)
    (expected_slope,) = torch.autograd.grad(expected.square().sum(), text)
    for number, each in enumerate((None, mask), start=1):
        features, after = run_layer(layer, text, before, each)
        assert has_tiles == [64] * number
        torch.testing.assert_close((features, after), (expected, expected_state))
        (slope,) = torch.autograd.grad(features.square().sum(), text)
        torch.testing.assert_close(slope, expected_slope)


def test_few_rows_and_full_tiles_are_read_as_they_are(has_tiles: list[int]) -> None:
    for cell, rows in ((nn.LSTM, 48), (nn.LSTM, 64), (nn.GRU, 53)):
        layer = cell(6, 8, batch_first=True)
        assert len(run_layer(layer, torch.randn(rows, 5, 6), None, torch.ones(1))[0]) == rows
    assert has_tiles == [48, 64, 53]


def test_without_tiles_rows_are_read_as_they_are(
    has_tiles: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recurrent, "processor_has", lambda *features: False)
    run_layer(nn.LSTM(6, 8, batch_first=True), torch.randn(53, 5, 6), None, torch.ones(1))
    assert has_tiles == [53]
