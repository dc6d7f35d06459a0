"""Recording work on a GPU as CUDA graphs: the seam to CUDA of `recorded_steps`."""

from collections.abc import Callable

import torch

from studio.model.dropout import Dropout
from studio.model.recorded_steps import Recorder


class CudaGraphs:
    """Records work on the current GPU; all recordings share one pool of memory.

    That is safe in any order: a recording keeps nothing in the pool for its next replay.
    """

    def __init__(self, dropout: Dropout) -> None:
        """`dropout` draws the random numbers of the work; each replay draws others."""
        self._dropout = dropout
        self._stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        self._pool = torch.cuda.graph_pool_handle()

    def warm_up(self, work: Callable[[], None]) -> None:
        """Do the work on the stream that records: libraries keep their memory for each stream."""
        current = torch.cuda.current_stream()
        self._stream.wait_stream(current)
        with torch.cuda.stream(self._stream):
            work()
        current.wait_stream(self._stream)

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        """Return what launches the work; raises RuntimeError if a part of it cannot be recorded."""
        graph = torch.cuda.CUDAGraph()
        graph.register_generator_state(self._dropout.on_gpu)
        current = torch.cuda.current_stream()
        try:
            with torch.cuda.graph(
                graph, self._pool, self._stream, capture_error_mode="thread_local"
            ):
                work()
        except RuntimeError:
            # What a failed recording leaves: its stream as the current one, and a generator that
            # still believes that it is recorded.
            torch.cuda.set_stream(current)
            self._dropout.renew_on_gpu()
            raise
        return graph.replay


def recorder_for(device: torch.device, dropout: Dropout) -> Recorder | None:
    """What records steps on this device; None where that would not make them faster."""
    return CudaGraphs(dropout) if device.type == "cuda" else None
