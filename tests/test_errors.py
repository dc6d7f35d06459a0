"""Errors are told apart by whether the user can mend them."""

import pytest

from studio.errors import out_of_memory_message


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("no room"),
        RuntimeError("CUDA out of memory. Tried to allocate 20 MiB"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
    ],
)
def test_a_full_memory_is_reported_with_what_to_lower(error: Exception) -> None:
    assert "batch_size" in out_of_memory_message(error)


def test_a_full_gpu_is_told_apart_and_advice_for_programmers_is_left_out() -> None:
    for text in (
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED",
        "CUDA out of memory. One. Two. Three.",
        # The error of the first process that uses a full GPU.
        "CUDA error: out of memory\nSearch for Two\nCUDA kernel errors might be reported later.\n",
        "NCCL error: unhandled cuda error\nLast error:\nCuda failure 2 'out of memory'",
    ):
        message = out_of_memory_message(RuntimeError(text))
        assert "another GPU" in message
        assert "Two" not in message
        assert "\n" not in message


def test_another_failure_is_no_full_memory() -> None:
    assert out_of_memory_message(RuntimeError("shapes differ")) == ""
