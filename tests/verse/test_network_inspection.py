"""A look inside a network that reads a poem."""

import pytest
import torch

from studio.corpus.vocabulary import Vocabulary
from studio.model.config import ModelConfig
from studio.model.device import Device
from studio.model.network import Network
from studio.verse.network_inspection import UNITS, read_network
from studio.verse.writer import Writer

LINE = "白日依山尽，"


def reader(cell: str = "gru") -> Writer:
    config = ModelConfig(cell=cell, embedding=8, hidden=9, layers=1)  # type: ignore[arg-type]
    vocabulary = Vocabulary.build([LINE], 1)
    network = Network(config, len(vocabulary), seed=5)
    return Writer(network, vocabulary, Device(torch.device("cpu"), "float32"), "test@0")


def test_each_gate_has_its_mean_and_the_units_that_vary_most_at_each_character() -> None:
    reading = read_network(reader(), LINE)
    assert (reading.model, reading.text) == ("test@0", LINE)
    assert [gate.gate for gate in reading.gates] == ["reset", "update"]
    for gate in reading.gates:
        assert len(gate.mean) == len(LINE)
        assert len(gate.units) == UNITS
        spreads = [torch.tensor(values).std(correction=0) for _, values in gate.units]
        assert spreads == sorted(spreads, reverse=True)
        assert all(len(values) == len(LINE) for _, values in gate.units)


def test_weights_are_counted_and_gradients_only_in_training() -> None:
    writer = reader()
    for each in read_network(writer, LINE).tensors:
        tensor = writer.network.get_parameter(each.name).detach()
        assert sum(each.weights.counts) == tensor.numel()
        assert each.weights.low == pytest.approx(float(tensor.min()))
        assert each.weights.high == pytest.approx(float(tensor.max()))
        assert each.gradients is None
    # Training takes steps with such gradients.
    for parameter in writer.network.parameters():
        parameter.grad = torch.ones_like(parameter)
    for each in read_network(writer, LINE).tensors:
        assert each.gradients is not None
        assert (each.gradients.low, each.gradients.high) == (1.0, 1.0)


def test_without_a_text_there_are_weights_but_no_gates() -> None:
    reading = read_network(reader("lstm"), "")
    assert reading.gates == ()
    assert reading.tensors
