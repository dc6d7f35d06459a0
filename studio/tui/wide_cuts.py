"""Draws wide characters over the edges of what is hidden below them.

Textual 8.2 cuts each line of the screen at the edges of all widgets, also of those that another one
hides there. A wide character of the front one, of a notice or a list, that stands across such an
edge becomes two blanks.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.strip import Strip


def repair_cuts() -> None:
    """Apply the fix in this process. Called before an application starts."""
    partial = Compositor.render_partial_update

    def partial_update_between_cuts(compositor: Compositor) -> ChopsUpdate | None:
        update = partial(compositor)
        if update:
            # What changes below a wide character must not cut it.
            update.spans = [
                (
                    y,
                    max(cut for cut in cuts if cut <= start),
                    min(cut for cut in cuts if cut >= end),
                )
                for y, start, end in update.spans
                for cuts in [compositor.cuts[y]]
            ]
        return update

    Compositor.render_partial_update = partial_update_between_cuts  # type: ignore[assignment, method-assign]
    Compositor.cuts = property(_visible_cuts)  # type: ignore[assignment, method-assign]
    Compositor._render_chops = _render_chops  # type: ignore[assignment, method-assign]


def _visible_cuts(compositor: Any) -> list[list[int]]:
    """The columns where the frontmost widget changes, for every line."""
    if compositor._cuts is None:
        width, height = compositor.size
        cuts = [{0, width} for _ in range(height)]
        in_front: list[list[tuple[int, int]]] = [[] for _ in range(height)]
        # From front to back.
        for region, clip in compositor.visible_widgets.values():
            x, y, region_width, region_height = region.intersection(clip)
            if region_width and region_height:
                edges = (x, x + region_width)
                for line, others in zip(
                    cuts[y : y + region_height], in_front[y : y + region_height], strict=True
                ):
                    line.update(
                        edge
                        for edge in edges
                        if not any(start < edge < end for start, end in others)
                    )
                    others.append(edges)
        compositor._cuts = [sorted(line) for line in cuts]
    found: list[list[int]] = compositor._cuts
    return found


def _render_chops(
    compositor: Any, crop: Region, is_rendered_line: Callable[[int], bool]
) -> Sequence[Mapping[int, Strip]]:
    """What is between two cuts, for every line: all of it is of one widget, the frontmost."""
    cuts = compositor.cuts
    chops: list[dict[int, Any]] = [dict.fromkeys(line[:-1]) for line in cuts]
    for region, clip, strips in compositor._get_renders(crop):
        visible = region.intersection(clip)
        start, end = visible.column_span
        for y, strip in zip(visible.line_range, strips, strict=False):
            if is_rendered_line(y):
                within = [cut for cut in cuts[y] if start <= cut <= end]
                # What is before the first cut and after the last is hidden.
                pieces = strip.divide([cut - start for cut in within])[1:]
                for cut, piece in zip(within, pieces, strict=False):
                    if chops[y][cut] is None:
                        chops[y][cut] = piece
    return chops
