"""Muon takes steps along orthogonal matrices, one for each gate, and AdamW takes the rest."""

import pytest
import torch

from studio.model.config import Cell, ModelConfig, TrainConfig
from studio.model.muon import ADAMW_SHARE, orthogonalised
from studio.model.network import Network
from studio.model.optimiser import make_optimiser, set_learning_rate
from tests.model.conftest import CPU, MakeTrainer
from tests.model.test_trainer import losses, run_to_end
from tests.small import small


@pytest.mark.parametrize("shape", [(3, 6, 10), (3, 10, 6), (1, 8, 8)])
def test_singular_values_come_near_1_and_the_vectors_stay(shape: tuple[int, int, int]) -> None:
    # Condition numbers of a gradient's size: no value is so small that five times do not lift it.
    left, values, right = torch.linalg.svd(
        torch.randn(shape, generator=torch.Generator().manual_seed(3)), full_matrices=False
    )
    values = values.clamp(min=0.1)
    found = orthogonalised(left * values[:, None] @ right)
    turned = left.mT @ found @ right.mT
    diagonal = turned.diagonal(dim1=1, dim2=2)
    assert ((diagonal > 0.65) & (diagonal < 1.25)).all()
    torch.testing.assert_close(turned, torch.diag_embed(diagonal), atol=1e-4, rtol=0)


def test_a_matrix_of_zeros_stays_one() -> None:
    assert not orthogonalised(torch.zeros(2, 3, 4)).any()


@pytest.mark.parametrize(("cell", "gates"), [("rnn", 1), ("gru", 3), ("lstm", 4)])
def test_each_gate_has_a_step_of_its_own_and_the_embedding_one_of_adamw(
    cell: Cell, gates: int
) -> None:
    config = ModelConfig(cell=cell, embedding=8, hidden=8, tied=True, lines_above=1, skips=True)
    network = Network(config, 20, stops=(4,))
    train = TrainConfig(optimizer="muon", learning_rate=0.02)
    before = {name: each.detach().clone() for name, each in network.named_parameters()}
    optimiser = make_optimiser(network, train, CPU)
    for number, each in enumerate(network.parameters()):
        generator = torch.Generator().manual_seed(number)
        each.grad = torch.randn(each.shape, generator=generator)
    recurrent = network.layers[0].get_parameter("weight_hh_l0")
    gradient = recurrent.grad
    assert gradient is not None
    # The first gate has a gradient a thousand times that of the others: its step is as large.
    gradient[: len(recurrent) // gates] *= 1000
    optimiser.step()
    # A look inside the network shows the gradients of the last step.
    assert recurrent.grad is gradient
    steps = {name: (before[name] - each).detach() for name, each in network.named_parameters()}
    by_gate = steps["layers.0.weight_hh_l0"].view(gates, 8, 8)
    assert by_gate.norm(dim=(1, 2)).tolist() == pytest.approx([0.02 * 8**0.5] * gates, rel=0.3)
    for name in ("above.0.weight", "skips.0.weight", "skips.1.weight"):
        assert torch.linalg.matrix_norm(steps[name], 2) < 0.02 * 1.25 * 2
    # AdamW's first step is as large as its rate, wherever there is a gradient.
    for name in ("embedding.weight", "softmax_bias", "layers.1.bias_hh_l0"):
        assert steps[name].abs().max().item() == pytest.approx(0.02 * ADAMW_SHARE, rel=0.01)
        assert steps[name].abs().min().item() == pytest.approx(0.02 * ADAMW_SHARE, rel=0.01)

    set_learning_rate(optimiser, 0.01)
    assert [group["lr"] for group in optimiser.param_groups][:2] == [0.01 * ADAMW_SHARE] * 2
    assert {group["lr"] for group in optimiser.param_groups[2:]} == {0.01}


def test_weight_decay_shrinks_matrices_and_no_biases() -> None:
    network = Network(ModelConfig(embedding=8, hidden=8), 20)
    train = TrainConfig(optimizer="muon", learning_rate=0.5, weight_decay=0.2)
    optimiser = make_optimiser(network, train, CPU)
    with torch.no_grad():
        for each in network.parameters():
            each.fill_(1.0)
            each.grad = torch.zeros_like(each)
    optimiser.step()
    values = {name: each.unique().tolist() for name, each in network.named_parameters()}
    assert values["layers.0.weight_ih_l0"] == pytest.approx([1 - 0.5 * 0.2])
    assert values["embedding.weight"] == pytest.approx([1 - 0.5 * ADAMW_SHARE * 0.2])
    assert values["softmax_bias"] == [1.0]


def test_training_with_muon_lowers_the_loss(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer(
        small("studio", optimizer="muon", learning_rate=0.02, dropout=0, epochs=4)
    )
    found = losses(run_to_end(trainer))
    assert found[max(found)][0] < found[1][0] - 0.2
