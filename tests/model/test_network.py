"""The network reads a text in pieces as it reads it whole."""

from typing import Any

import pytest
import torch

from studio.corpus.vocabulary import END
from studio.model import network as module
from studio.model import recurrent
from studio.model.config import Cell, ModelConfig
from studio.model.network import Network, select_rows
from studio.model.parallel import Rows

TOKENS = torch.randint(0, 20, (3, 12), generator=torch.Generator().manual_seed(1))


def network(cell: Cell = "lstm", **settings: object) -> Network:
    config = ModelConfig(cell=cell, embedding=6, hidden=8, layers=2, **settings)  # type: ignore[arg-type]
    return Network(config, 20, seed=2, stops=(4, 5))


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("settings", [{}, {"skips": True}, {"skips": True, "lines_above": 2}])
def test_carrying_the_state_gives_what_reading_at_once_gives(
    cell: Cell, tied: bool, settings: dict[str, object]
) -> None:
    model = network(cell, tied=tied, **settings).eval()
    whole, _ = model(TOKENS)
    state, parts = None, []
    for column in TOKENS.split(1, dim=1):
        features, state = model(column, state)
        parts.append(features)
    torch.testing.assert_close(torch.cat(parts, dim=1), whole)
    assert model.logits(whole).shape == (3, 12, 20)


def test_a_poem_may_begin_as_after_an_end_token_though_not_in_training() -> None:
    zero, end = network(lines_above=1), network(lines_above=1, initial_state="end")
    after_end = torch.cat([torch.full((3, 1), END), TOKENS], dim=1)
    torch.testing.assert_close(end.eval()(TOKENS)[0], zero.eval()(after_end)[0][:, 1:])
    torch.testing.assert_close(end.train()(TOKENS)[0], zero.train()(TOKENS)[0])


def test_the_line_above_changes_what_is_expected() -> None:
    model = network(lines_above=1).eval()
    text = torch.tensor([[1, 11, 12, 4, 13], [1, 10, 12, 4, 13]])
    looking, _ = model(text)
    # As if no token ended a line: there is none above.
    model.breaks.zero_()
    blind, _ = model(text)
    torch.testing.assert_close(looking[:, :3], blind[:, :3])
    assert not torch.allclose(looking[:, 3:], blind[:, 3:])


def test_skips_carry_what_a_layer_reads_past_it() -> None:
    model = network(skips=True).eval()
    for layer in model.layers:
        for weights in layer.parameters():
            torch.nn.init.zeros_(weights)
    features, _ = model(TOKENS)
    torch.testing.assert_close(features, model.skips[0](model.embedding(TOKENS)))


@pytest.mark.parametrize("lines_above", [0, 2])
def test_rows_of_a_state_can_be_chosen(lines_above: int) -> None:
    model = network(lines_above=lines_above).eval()
    _, state = model(TOKENS)
    _, alone = model(TOKENS[2:])
    torch.testing.assert_close(select_rows(state, torch.tensor([2])), alone)


def test_a_seed_decides_the_weights() -> None:
    first, again = network().state_dict(), network().state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)


def test_tied_weights_are_counted_once() -> None:
    untied, tied = network(), Network(ModelConfig(embedding=6, hidden=6, tied=True), 20)
    assert tied.softmax_weight is tied.embedding.weight
    assert untied.parameter_count > tied.parameter_count


def test_dropout_leaves_half_precision_as_it_is() -> None:
    half, mask = torch.ones(3, 7, 8, dtype=torch.bfloat16), torch.full((3, 1, 8), 2.0)
    assert module._locked_dropout(half, mask, Rows(0, 3, 3)).dtype == torch.bfloat16


def test_locked_dropout_silences_the_same_units_at_all_steps_in_training_only() -> None:
    model = network(dropout=0.5).train()
    embedded = model.embedding(TOKENS)
    *masks, _ = model._masks(3)
    dropped = module._locked_dropout(embedded, masks[1], Rows(0, 3, 3)) / embedded
    assert torch.equal(dropped, dropped[:, :1].expand_as(dropped))
    assert set(dropped.unique().tolist()) == {0.0, 2.0}
    assert next(model.eval()._masks(3)) is None


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_recurrent_dropout_leaves_recurrent_weights_out(cell: Cell) -> None:
    model = network(cell, recurrent_dropout=0.5).train()
    # What is dropped can change what comes later, but not an earlier step.
    (first, _), (again, _) = model(TOKENS), model(TOKENS)
    torch.testing.assert_close(first[:, 0], again[:, 0])
    assert not torch.allclose(first[:, 1:], again[:, 1:])
    # With nothing dropped it is the layer itself.
    masks = list(model._masks(3))
    ones = [None if mask is None else torch.ones_like(mask) for mask in masks]
    model._masks = lambda rows: iter(ones)  # type: ignore[method-assign]
    torch.testing.assert_close(model(TOKENS), network(cell).train()(TOKENS))
    _, state = model(TOKENS[:, :5])
    torch.testing.assert_close(model(TOKENS[:, 5:], state)[0], model(TOKENS)[0][:, 5:])


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_the_layers_compute_in_the_precision_they_are_given(
    cell: Cell, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, state = network(cell).train()(TOKENS[:, :5])
    monkeypatch.setattr(recurrent, "recurrent_precision", lambda kind: torch.float64)
    whole = recurrent._run_with_weights

    def without_autocast(*arguments: Any) -> Any:
        assert not torch.is_autocast_enabled("cpu")
        return whole(*arguments)

    monkeypatch.setattr(recurrent, "_run_with_weights", without_autocast)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        features, after = network(cell).train()(TOKENS[:, :5])
        # The state of another precision is taken as well.
        following, _ = network(cell).train()(TOKENS[:, 5:], state)
    assert features.dtype == following.dtype == torch.float64
    torch.testing.assert_close(features, plain.double(), rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(after[0][0], state[0][0].double(), rtol=1e-5, atol=1e-6)


def test_embedding_dropout_hides_whole_characters() -> None:
    model = network(embedding_dropout=0.5, lines_above=1).train()
    seen, above = model._embed(next(model._masks(3)), TOKENS, TOKENS.flip(0))
    hidden = (seen == 0).all(dim=-1)
    assert 0 < len(TOKENS[hidden].unique()) < len(TOKENS.unique())
    assert set(TOKENS[hidden].tolist()).isdisjoint(TOKENS[~hidden].tolist())
    torch.testing.assert_close(seen[~hidden], 2 * model.embedding(TOKENS[~hidden]))
    torch.testing.assert_close(above, seen.flip(0))
    plain = model.embedding(TOKENS)
    torch.testing.assert_close(model._embed(next(model.eval()._masks(3)), TOKENS)[0], plain)
