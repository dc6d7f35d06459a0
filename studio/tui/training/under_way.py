"""Whether something that a thread does for a widget is still under way."""

from textual.widget import Widget


def is_under_way(widget: Widget, group: str) -> bool:
    """Whether a worker of this widget and group has begun and not ended."""
    return any(
        each.group == group and each.node is widget and not each.is_finished
        for each in widget.workers
    )
