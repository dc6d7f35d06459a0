"""Stands in for CUDA graphs: records operations on the processor, with the memory that they use.

As with a graph, a replay does the same operations with the same numbers on the same memory, and
what would make the processor wait for the device cannot be recorded.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only

# What reads a value, or makes a tensor whose size depends on values.
WAITS = {"_local_scalar_dense", "nonzero", "equal", "is_nonzero", "masked_select", "_unique2"}


class Recordings:
    """A recorder of steps on the processor."""

    def __init__(self) -> None:
        self.warmed_up = self.recorded = self.replayed = 0

    def warm_up(self, work: Callable[[], None]) -> None:
        """Do the work."""
        self.warmed_up += 1
        work()

    def record(self, work: Callable[[], None]) -> Callable[[], None]:
        """Record the work; what it does meanwhile is undone."""
        operations = _Operations()
        try:
            with operations:
                work()
        finally:
            operations.undo()
        self.recorded += 1

        def replay() -> None:
            self.replayed += 1
            operations.repeat()

        return replay


class _Operations(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        # Each with its arguments, and with the tensors that it made, by their place in the result.
        self._done: list[tuple[Any, Any, Any, dict[int, Tensor]]] = []
        self._made: set[int] = set()
        self._undo: list[Callable[[], object]] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> object:
        kwargs = kwargs or {}
        if func._schema.name.removeprefix("aten::") in WAITS:
            raise RuntimeError(f"operation not permitted when recording: {func}")
        # The same memory, whatever is done later to the shape of the tensor itself.
        kept_args, kept_kwargs = tree_map_only(Tensor, torch.ops.aten.alias, (args, kwargs))
        given = {_memory(each) for each in _tensors((args, kwargs))}
        for argument, value in zip(func._schema.arguments, kept_args, strict=False):
            if argument.alias_info is not None and argument.alias_info.is_write:
                self._save(_tensors(value))
        if isinstance(generator := kwargs.get("generator"), torch.Generator):
            state = generator.get_state()
            self._undo.append(partial(generator.set_state, state))
        result = func(*args, **kwargs)
        made = {
            place: torch.ops.aten.alias(each)
            for place, each in enumerate(_tensors(result))
            if _memory(each) not in given
        }
        self._made |= set(map(_memory, made.values()))
        self._done.append((func, kept_args, kept_kwargs, made))
        return result

    def _save(self, changed: list[Tensor]) -> None:
        for each in changed:
            if _memory(each) not in self._made:
                self._undo.append(partial(each.copy_, each.clone()))

    @torch.no_grad()
    def undo(self) -> None:
        """Make the memory and the generators what they were."""
        for step in reversed(self._undo):
            step()

    def repeat(self) -> None:
        """Do all operations again."""
        with torch._C._AutoDispatchBelowAutograd():
            for func, args, kwargs, made in self._done:
                results = _tensors(func(*args, **kwargs))
                for place, first in made.items():
                    if first.numel():
                        first.copy_(results[place])


def _tensors(tree: object) -> list[Tensor]:
    return [each for each in tree_leaves(tree) if isinstance(each, Tensor)]


def _memory(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()
