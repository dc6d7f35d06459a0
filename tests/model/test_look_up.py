"""Rows of a matrix by number."""

import pytest
import torch

from studio.model.look_up import look_up


def test_a_constant_row_has_no_gradient() -> None:
    weight = torch.ones(4, 3, requires_grad=True)
    look_up(weight, torch.tensor([[0, 1, 1]]), constant=0).sum().backward()
    assert weight.grad is not None
    assert weight.grad[:, 0].tolist() == [0, 2, 0, 0]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")
@pytest.mark.parametrize("constant", [None, 0])
def test_a_gpu_has_the_rows_and_gradients_of_the_processor(constant: int | None) -> None:
    source = torch.Generator().manual_seed(1)
    numbers = torch.randint(0, 20, (5, 7), generator=source)
    weight = torch.randn(20, 6, generator=source, requires_grad=True)
    upstream = torch.randn(5, 7, 6, generator=source)
    rows = look_up(weight, numbers, constant)
    (expected,) = torch.autograd.grad(rows, weight, upstream)
    on_gpu = weight.detach().cuda().requires_grad_()
    found = look_up(on_gpu, numbers.cuda(), constant)
    (gradient,) = torch.autograd.grad(found, on_gpu, upstream.cuda())
    torch.testing.assert_close(found.cpu(), rows)
    torch.testing.assert_close(gradient.cpu(), expected)
    with torch.autocast("cuda", dtype=torch.bfloat16):
        halved = look_up(on_gpu, numbers.cuda(), constant)
    assert halved.dtype == torch.bfloat16
    (gradient,) = torch.autograd.grad(halved, on_gpu, upstream.cuda().bfloat16())
    assert gradient.dtype == torch.float32
    torch.testing.assert_close(gradient.cpu(), expected, rtol=2e-2, atol=2e-2)
