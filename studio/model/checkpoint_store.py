"""The checkpoints that a training keeps: the newest ones and the best."""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from studio.corpus.vocabulary import Vocabulary
from studio.errors import RunError
from studio.model import checkpoint
from studio.model.checkpoint import Progress
from studio.model.checkpoint_names import name_of
from studio.model.events import Validated
from studio.model.network import Network
from studio.model.parallel import World
from studio.model.unreported import DivergenceError
from studio.translation import tr


class CheckpointStore:
    """Writes checkpoints of a network to a folder; of several processes only process 0 writes."""

    def __init__(
        self, folder: Path, keep: int, network: Network, vocabulary: Vocabulary, world: World
    ) -> None:
        """`keep`: how many of the newest checkpoints stay, besides the best."""
        self._folder, self._keep = folder, keep
        self._network, self._vocabulary = network, vocabulary
        self._world = world

    def save(
        self,
        progress: Progress,
        tensors: Callable[[], dict[str, Tensor]],
        validated: Validated | None,
    ) -> None:
        """Write a checkpoint of the present weights, then delete the oldest.

        `tensors` are called by all processes together. Raises DivergenceError if a weight is not
        finite, OSError if the checkpoint cannot be written, and with several processes RunError.
        """
        step = progress.step
        for name, parameter in self._network.named_parameters():
            if not torch.isfinite(parameter).all():
                raise DivergenceError(
                    tr("After step {step} {name} contained NaN or infinity.", step=step, name=name)
                )
        state = tensors()
        if self._world.rank > 0:
            return
        folder = self._folder / name_of(step)
        try:
            checkpoint.save(folder, self._network, self._vocabulary, state, progress, validated)
        except OSError as error:
            if self._world.size == 1:
                raise
            # The other processes do not wait for another attempt.
            raise RunError(
                tr(
                    "The checkpoint of step {step} cannot be written: {reason}. The run ends at "
                    "the checkpoint before. Free some space or fix the permissions, then resume "
                    "it.",
                    step=step,
                    reason=error,
                )
            ) from error
        checkpoint.prune(self._folder, self._keep, progress.best_step)
