"""The judge's reading of poems that are being written."""

import numpy as np
import torch
from torch import Tensor

from studio.model.judge import Judge, Passage, passage_of, select_rows, stops_of
from studio.verse.sampling import Floats, Tokens
from studio.verse.step_reader import StepReader
from studio.verse.writer import Writer


class JudgedRows:
    """Reads the tokens of a batch of poems as they are chosen, one row each."""

    def __init__(
        self, writer: Writer, judge: Judge, reader: StepReader, prefix: list[int], rows: int
    ) -> None:
        """Read `prefix`, with which each of the poems begins; `reader` has read it."""
        self._network, self._judge, self._reader = writer.network, judge, reader
        self._judging, self._points = judge.start(rows), torch.zeros(rows)
        self._waiting: list[Passage] = []
        if prefix:
            tokens = torch.tensor([prefix])
            passage = passage_of(
                self._network, tokens, reader.of_prefix, stops_of(writer.vocabulary)
            )
            with torch.inference_mode():
                _, judging = judge(passage)
            self._judging = select_rows(judging, torch.zeros(rows, dtype=torch.long))

    @property
    def points(self) -> Floats:
        """How many points are expected of each poem, (rows,)."""
        self._read()
        points: Floats = self._points.numpy()
        return points

    @torch.inference_mode()
    def take(self, tokens: Tokens, nats: Floats) -> None:
        """Take the next tokens (rows,), which cost `nats` (rows,), 0 for stops.

        `reader` has not read them yet. They are judged together when the points are needed: at the
        end of a line, faster than one by one.
        """
        weight = self._network.embedding.weight
        characters = weight[torch.from_numpy(tokens).to(weight.device)].float().cpu()
        self._waiting.append(
            Passage(
                self._reader.features.float().cpu()[:, None],
                characters[:, None],
                torch.from_numpy(nats.astype(np.float32))[:, None],
            )
        )

    @torch.inference_mode()
    def _read(self) -> None:
        if self._waiting:
            passage = Passage(
                *(torch.cat(parts, dim=1) for parts in zip(*self._waiting, strict=True))
            )
            points, self._judging = self._judge(passage, self._judging, last=True)
            self._points = points[:, 0]
            self._waiting.clear()

    def select_rows(self, rows: Tensor) -> None:
        """Keep only `rows` (any number,), in this order; rows may repeat."""
        self._read()
        self._judging = select_rows(self._judging, rows)
        self._points = self._points.index_select(0, rows)
