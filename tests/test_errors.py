"""Errors are told apart by whether the user can mend them."""

import pytest

from studio.errors import no_room_message


@pytest.mark.parametrize(
    "error",
    [
        MemoryError("no room"),
        RuntimeError("CUDA out of memory. Tried to allocate 20 MiB"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
    ],
)
def test_a_full_memory_is_reported_with_what_to_lower(error: Exception) -> None:
    assert "batch_size" in no_room_message(error)


def test_a_full_gpu_is_told_apart_and_advice_for_programmers_is_left_out() -> None:
    for text in (
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED",
        "CUDA out of memory. One. Two. Three.",
        # The error of the first process that uses a full GPU.
        "CUDA error: out of memory\nSearch for Two\nCUDA kernel errors might be reported later.\n",
        "NCCL error: unhandled cuda error\nLast error:\nCuda failure 2 'out of memory'",
        "CUDA driver error: CUDA_ERROR_OUT_OF_MEMORY",
        # The libraries take memory of their own, before the first product.
        "CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_NOT_INITIALIZED",
        "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED",
    ):
        message = no_room_message(RuntimeError(text))
        assert "another GPU" in message
        assert "Two" not in message
        assert "\n" not in message


@pytest.mark.parametrize(
    "text",
    [
        "CUDA error: all CUDA-capable devices are busy or unavailable\nSearch for Two\n",
        "CUDA error: CUDA-capable device(s) is/are busy or unavailable\nSearch for Two\n",
    ],
)
def test_a_gpu_that_another_process_has_to_itself_is_no_bug(text: str) -> None:
    message = no_room_message(RuntimeError(text))
    assert message.startswith("Another process uses the GPU exclusively (CUDA error: ")
    assert "another device" in message
    assert "Two" not in message


def test_another_failure_is_no_full_memory() -> None:
    assert no_room_message(RuntimeError("shapes differ")) == ""
