"""Packed weights: the same steps from half as many bytes."""

import pytest
import torch

from studio.model import packed
from studio.model.conditions import WIDTH, Conditions
from studio.model.config import ModelConfig
from studio.model.network import Network, State, select_rows

ABOUT = torch.zeros(2, WIDTH, dtype=torch.long)
ABOUT[1, :4] = torch.tensor([2, 3, 7, 8])
TOKENS = torch.randint(6, 40, (3, 9), generator=torch.Generator().manual_seed(1))


def network(**settings: object) -> Network:
    config = ModelConfig(embedding=12, hidden=16, **settings)  # type: ignore[arg-type]
    return Network(config, 40, seed=3, stops=(4, 5)).eval()


def halved(model: Network) -> Network:
    return model.half().float()


def steps(model: Network) -> tuple[torch.Tensor, State | None]:
    state: State | None = None
    logits = []
    with torch.inference_mode():
        for at, column in enumerate(TOKENS.split(1, dim=1)):  # type: ignore[no-untyped-call]
            places = torch.tensor([1, 4, at + 1]).expand(3, 1, 3)
            known = Conditions(places, torch.tensor([[0], [1], [0]]), ABOUT)
            features, state = model(column, state, conditions=known)
            logits.append(model.logits(features[:, -1]))
    return torch.stack(logits), state


needs_fbgemm = pytest.mark.skipif(
    "fbgemm" not in torch.backends.quantized.supported_engines,
    reason="this build of torch packs no weights",
)


@needs_fbgemm
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"tied": True, "lines_above": 2, "skips": True},
        {"initial_state": "end", "skips": True},
        {"lines_above": 1, "skips": True, "form_input": True, "title_input": True},
        {"poet_input": True},
    ],
)
def test_packed_steps_give_what_the_layers_give(settings: dict[str, object]) -> None:
    plain, quick = halved(network(**settings)), halved(network(**settings))
    quick.pack()
    assert quick._packed
    expected, state = steps(plain)
    found, after = steps(quick)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    assert state is not None and after is not None
    torch.testing.assert_close(
        select_rows(after, torch.tensor([2, 0])), select_rows(state, torch.tensor([2, 0]))
    )


@needs_fbgemm
@pytest.mark.parametrize("packs", [False, True])
def test_what_is_known_of_all_rows_is_one_row(packs: bool) -> None:
    model = halved(network(poet_input=True, form_input=True, skips=True))
    if packs:
        model.pack()
    column = TOKENS[:, :1]
    one = Conditions(torch.tensor([[[1, 4, 1]]]), torch.tensor([[1]]), ABOUT)
    each = Conditions(one.places.expand(3, 1, 3), one.poems.expand(3, 1), ABOUT)
    nothing = Conditions(torch.zeros(1, 1, 3, dtype=torch.long), torch.tensor([[0]]), ABOUT)
    with torch.inference_mode():
        expected, _ = model(column, None, conditions=each)
        known = model.known(one)
        found, _ = model(column, None, conditions=known)
        unknown, _ = model(column, None)
        zero, _ = model(column, None, conditions=nothing)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(unknown, zero)
    assert not torch.allclose(found, unknown)


@needs_fbgemm
@pytest.mark.parametrize(
    ("features", "near"), [("amx_tile vnni", 0.02), ("vnni avx512_bf16", 0.02), ("", 1e-5)]
)
def test_many_rows_are_multiplied_in_the_fastest_format_of_the_processor(
    features: str, near: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("amx_tile", "avx512_bf16", "vnni")
    for name in names:
        check = bool if name not in features.split() else lambda: True
        monkeypatch.setattr(torch.cpu, f"_is_{name}_supported", check)
    monkeypatch.setattr(packed, "MANY_ROWS", len(TOKENS))
    expected, _ = steps(halved(network(skips=True)))
    quick = halved(network(skips=True))
    quick.pack()
    found, _ = steps(quick)
    torch.testing.assert_close(found, expected, rtol=near, atol=near)
    assert torch.allclose(found, expected, rtol=1e-5, atol=1e-5) is (not features)


@needs_fbgemm
@pytest.mark.parametrize("feature", ["amx_tile", "vnni"])
def test_inputs_of_one_number_are_multiplied(feature: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("amx_tile", "avx512_bf16", "vnni"):
        monkeypatch.setattr(
            torch.cpu, f"_is_{name}_supported", (lambda: True) if name == feature else bool
        )
    generator = torch.Generator().manual_seed(1)
    weight, rows = (torch.randn(each, 1, generator=generator) for each in (9, 40))
    found = packed._product(weight)(rows[None])
    torch.testing.assert_close(found, rows[None] @ weight.T, rtol=0.02, atol=0.02)


def test_a_row_in_eight_bits_does_not_depend_on_the_others() -> None:
    generator = torch.Generator().manual_seed(1)
    weight = torch.randn(24, 16, generator=generator)
    rows = torch.randn(1, 40, 16, generator=generator)
    rows[0, 7:] *= 100
    rows[0, 3] = 0
    multiply = packed._product_in_eight_bits(weight)
    few, many = multiply(rows[:, :7]), multiply(rows)
    assert torch.equal(few, many[:, :7])
    assert not few[0, 3].any()
    exact = rows @ weight.T
    for found, wanted in zip(many[0], exact[0], strict=True):
        torch.testing.assert_close(found, wanted, rtol=0, atol=float(wanted.abs().max()) * 0.02)


@needs_fbgemm
def test_weights_that_do_not_fit_half_precision_are_rounded_for_every_way_of_reading() -> None:
    model, rounded = network(skips=True), halved(network(skips=True))
    expected, _ = steps(rounded)
    model.pack()
    assert model._packed
    found, _ = steps(model)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    assert all(map(torch.equal, model.parameters(), rounded.parameters()))


@pytest.mark.parametrize("weight", [1e5, float("inf"), float("nan")])
def test_weights_beyond_half_precision_are_not_packed(weight: float) -> None:
    model = network()
    with torch.no_grad():
        model.softmax_bias[7] = weight
    before = [each.clone() for each in model.parameters()]
    model.pack()
    assert not model._packed
    for each, old in zip(model.parameters(), before, strict=True):
        torch.testing.assert_close(each, old, rtol=0, atol=0, equal_nan=True)


def test_only_an_lstm_is_packed() -> None:
    model = network(cell="gru")
    model.pack()
    assert not model._packed
