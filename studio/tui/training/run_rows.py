"""The rows of the list of runs: one line each, in columns."""

from collections.abc import Mapping, Sequence

import msgspec
from rich.cells import cell_len

from studio.runs.folders import RunSummary
from studio.translation import tr
from studio.tui.drawing.charts import fitted, shortened
from studio.wording import compact, figure

# The facts that are shown: all that leave room for the names. Each layout needs less than the one
# before.
_LAYOUTS = ((0, 1, 2, 3), (0, 1, 2), (0, 2), (0,))
# Names are shortened to this width before a fact is left out.
_NAME_ROOM = 16
_GAP = "  "


class RunRow(msgspec.Struct, frozen=True):
    """A run in the list. `summary` is None until it is read; `problem` says why it cannot be.

    `fields` is what the filter can ask for.
    """

    name: str
    summary: RunSummary | None = None
    problem: str = ""
    fields: Mapping[str, object] = {}


def in_columns(rows: Sequence[RunRow], width: int) -> list[tuple[str, str]]:
    """The name and the facts of each row, together at most `width` cells."""
    table = [_facts(row) for row in rows]
    longest = max((cell_len(row.name) for row in rows), default=0)
    for layout in _LAYOUTS:
        widths = [max((cell_len(facts[at]) for facts in table), default=0) for at in layout]
        room = width - sum(len(_GAP) + each for each in widths)
        if room >= min(longest, _NAME_ROOM):
            break
    room = max(1, min(room, longest))
    lines = []
    for row, facts in zip(rows, table, strict=True):
        status, *figures = (
            " " * (each - cell_len(facts[at])) + facts[at] if at else fitted(facts[at], each)
            for at, each in zip(layout, widths, strict=True)
        )
        lines.append(
            (fitted(shortened(row.name, room), room), _GAP + _GAP.join((status, *figures)))
        )
    return lines


def _facts(row: RunRow) -> tuple[str, str, str, str]:
    """The state of a run, its steps, and its perplexities; empty where there is none."""
    if row.summary is None:
        return (tr("damaged") if row.problem else "", "", "", "")
    if row.summary.place:
        return (row.summary.status_in_words, "", "", "")
    steps = tr("{steps} steps", steps=compact(row.summary.step))
    perplexity = han = ""
    if row.summary.best_perplexity is not None:
        perplexity = tr("ppl {perplexity}", perplexity=figure(row.summary.best_perplexity))
        han = tr("Han {perplexity}", perplexity=figure(row.summary.best_perplexity_han))
    return (row.summary.status_in_words, steps, perplexity, han)
