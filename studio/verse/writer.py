"""A model that can write."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from studio.corpus.vocabulary import Vocabulary
from studio.errors import is_of_gpu
from studio.model.coherence import Coherence
from studio.model.device import FEW_ROWS, Device
from studio.model.judge import Judge
from studio.model.network import Network

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Writer:
    """A network that can write, with the name to show for it: a run and step, or "default".

    `on_gpu`, if given, returns the same model on a GPU, which it copies there the first time.
    `coherence` and `judge` are those beside the model, if it has them.
    """

    network: Network
    vocabulary: Vocabulary
    device: Device
    name: str
    on_gpu: "Callable[[], Writer] | None" = None
    coherence: Coherence | None = None
    judge: Judge | None = None

    def for_rows(self, rows: int) -> "Writer":
        """The model where it reads so many rows at once faster: on the GPU, or as it is."""
        return self.on_gpu() if self.on_gpu and rows > FEW_ROWS else self

    def read(self, rows: int, read: "Callable[[Writer], T]") -> T:
        """What `read` finds in so many rows; on the processor if a GPU fails that nobody chose."""
        reader = self.for_rows(rows)
        if reader is not self:
            try:
                return read(reader)
            except RuntimeError as error:
                if not is_of_gpu(error):
                    raise
        return read(self)

    def kept_here(self) -> "Writer":
        """The model without a copy on the GPU, however many rows it reads at once."""
        return replace(self, on_gpu=None)
