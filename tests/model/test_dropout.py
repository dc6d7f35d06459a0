"""Dropout leaves out the share asked for, and draws the same again from the same state."""

from collections.abc import Callable, Iterator, Sequence

import pytest
import torch
from torch import Tensor

from studio.model.dropout import Dropout, MaskShape, draw_by_share, draw_in_order

Draw = Callable[[Sequence[MaskShape], torch.Generator], Iterator[Tensor]]
PROCESSOR = torch.device("cpu")


@pytest.mark.parametrize("draw", [draw_in_order, draw_by_share])
def test_masks_leave_out_the_share_asked_for_and_keep_the_mean(draw: Draw) -> None:
    wanted = [MaskShape((301, 1, 333), 0.05), MaskShape((100_003,), 0.3), MaskShape((9, 9999), 0.3)]
    masks = list(draw(wanted, torch.Generator().manual_seed(1)))
    assert [tuple(mask.shape) for mask in masks] == [each.shape for each in wanted]
    for mask, each in zip(masks, wanted, strict=True):
        assert mask.unique().tolist() == pytest.approx([0, 1 / (1 - each.share)])
        assert (mask == 0).float().mean().item() == pytest.approx(each.share, abs=0.01)
        assert mask.mean().item() == pytest.approx(1, abs=0.02)
    # Of the same size and share, but not the same.
    first, second = draw([MaskShape((99,), 0.5)] * 2, torch.Generator())
    assert not torch.equal(first, second)


def test_where_nothing_is_left_out_there_is_no_mask_and_nothing_is_drawn() -> None:
    dropout = Dropout()
    before = dropout.generator.get_state()
    assert list(dropout.masks([MaskShape((4,), 0.0)] * 3, PROCESSOR)) == [None] * 3
    assert torch.equal(dropout.generator.get_state(), before)
    masks = dropout.masks([MaskShape((4,), 0.0), MaskShape((5,), 0.5)], PROCESSOR)
    none, mask = masks
    assert none is None
    assert mask is not None
    assert mask.shape == (5,)


def test_the_state_of_the_generator_is_all_that_decides_what_is_drawn() -> None:
    dropout, wanted = Dropout(), [MaskShape((1000,), 0.5)]
    state = dropout.generator.get_state()
    dropout.start_step(PROCESSOR)
    (first,) = dropout.masks(wanted, PROCESSOR)
    (other,) = dropout.masks(wanted, PROCESSOR)
    dropout.generator.set_state(state)
    dropout.start_step(PROCESSOR)
    (again,) = dropout.masks(wanted, PROCESSOR)
    assert first is not None
    assert other is not None
    assert again is not None
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")
def test_a_gpu_draws_again_what_it_drew_in_a_step() -> None:
    gpu, dropout, wanted = torch.device("cuda"), Dropout(), [MaskShape((1000,), 0.5)]
    dropout.start_step(gpu)
    (first,) = dropout.masks(wanted, gpu)
    dropout.renew_on_gpu()
    (again,) = dropout.masks(wanted, gpu)
    assert first is not None
    assert again is not None
    assert torch.equal(first, again)
