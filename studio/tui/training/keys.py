"""The keys of the training pane."""

from textual.binding import Binding, BindingType

# In the order of their use. Users' settings name keys by these ids, so they never change.
KEYS: list[BindingType] = [
    Binding("n", "view('new')", "New run", id="training.new"),
    Binding("space,p", "pause", "Pause", id="training.pause"),
    Binding("space,p", "resume", "Resume", id="training.go_on", tooltip="Resume the paused run"),
    Binding("x", "stop", "Stop", id="training.stop", tooltip="Save a checkpoint and stop"),
    Binding(
        "t",
        "take_over",
        "Take over",
        id="training.take_over",
        tooltip="Train the run here; the other process saves and ends",
    ),
    Binding("w", "watch", "Watch", id="training.watch", tooltip="Show the run in training"),
    Binding("r", "toggle_view('runs')", "Runs", id="training.runs", tooltip="Show or hide runs"),
    Binding("l", "toggle_view('log')", "Log lines", id="training.log", tooltip="Show or hide log"),
    Binding("m", "metric(1)", "Curve", id="training.metric", tooltip="Next curve"),
    Binding("M", "metric(-1)", show=False, id="training.metric_before", tooltip="Previous curve"),
    Binding(
        "v",
        "group",
        "Verse, device",
        id="training.group",
        tooltip="Curves of learning, of the verse written, of the device",
    ),
    Binding("g", "grid", "Grid", id="training.grid", tooltip="All curves, or one"),
    Binding("c", "checkpoint", "Save", id="training.checkpoint", tooltip="Save a checkpoint now"),
    Binding(
        "left_square_bracket",
        "sample(-1)",
        "Earlier",
        id="training.sample_before",
        tooltip="Previous sample poem, with a mark on the curves",
    ),
    Binding(
        "right_square_bracket",
        "sample(1)",
        "Later",
        id="training.sample_after",
        tooltip="Next sample poem",
    ),
    Binding(
        "i",
        "comparison",
        "Differences",
        id="training.comparison",
        tooltip="Settings that differ and best values of the runs compared",
    ),
    Binding(
        "e",
        "picture",
        "Picture",
        id="training.picture",
        tooltip="Save the charts as they stand, as SVG and PNG",
    ),
    Binding(
        "R",
        "report",
        "Report",
        id="training.report",
        tooltip="Write the lab report of the runs shown",
    ),
    Binding("slash", "filter", "Filter", id="training.filter", tooltip="Filter the runs"),
    Binding("y", "log_scale", "Log", id="training.log_scale", tooltip="Logarithmic scale"),
    Binding(
        "a",
        "axis",
        "Axis",
        id="training.axis",
        tooltip="Curves by step, epoch, characters, hours, time of day",
    ),
    Binding("s", "smoothing", "Smooth", id="training.smoothing", tooltip="Smooth the curves"),
    Binding("escape", "back", show=False, id="training.back", tooltip="Back to the curves"),
]
