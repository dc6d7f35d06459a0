"""The gates of the recurrent cells."""

from itertools import pairwise

import pytest
import torch

from studio.model.config import ModelConfig
from studio.model.gates import layer_gates, read_gates
from studio.model.network import Network

NAMES = {
    "rnn": ["activation"],
    "gru": ["reset", "update"],
    "lstm": ["input", "forget", "output"],
}
TOKENS = torch.tensor([[1, 7, 5, 9, 6, 8]])


@pytest.mark.parametrize("cell", NAMES)
@pytest.mark.parametrize("initial_state", ["zero", "end"])
def test_the_gates_lead_to_what_the_layers_put_out(cell: str, initial_state: str) -> None:
    config = ModelConfig(
        cell=cell,  # type: ignore[arg-type]  # a name of NAMES
        embedding=6,
        hidden=5,
        layers=3,
        initial_state=initial_state,  # type: ignore[arg-type]  # one of two
        lines_above=1,
    )
    network = Network(config, 12, seed=3, stops=(6,)).eval()
    with torch.inference_mode():
        read = network.layer_inputs(TOKENS)
        for layer, after in pairwise(read):
            # Without dropout a layer reads what the one below puts out.
            assert torch.allclose(layer_gates(layer)[1], after.features[0], atol=1e-6)
        output, _ = network(TOKENS)
        assert torch.allclose(layer_gates(read[-1])[1], output[0], atol=1e-6)


@pytest.mark.parametrize("cell", NAMES)
def test_each_cell_has_its_gates_within_their_range(cell: str) -> None:
    config = ModelConfig(cell=cell, embedding=6, hidden=5, layers=2)  # type: ignore[arg-type]
    network = Network(config, 12, seed=3).train()
    gates = read_gates(network, TOKENS)
    assert [(gate.layer, gate.name) for gate in gates] == [
        (layer, name) for layer in (1, 2) for name in NAMES[cell]
    ]
    for gate in gates:
        assert gate.values.shape == (6, 5)
        lowest = -1 if cell == "rnn" else 0
        assert lowest < gate.values.min() < gate.values.max() < 1
    assert network.training


def test_an_open_forget_gate_is_near_one() -> None:
    network = Network(ModelConfig(cell="lstm", embedding=6, hidden=5, layers=1), 12)
    with torch.no_grad():
        bias = network.layers[0].get_parameter("bias_ih_l0")
        bias.zero_()
        bias[5:10] = 9.0
        bias[:5] = -9.0
    into, forget, _ = read_gates(network, TOKENS)
    assert forget.values.min() > 0.99
    assert into.values.max() < 0.01
