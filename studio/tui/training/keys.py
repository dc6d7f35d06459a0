"""The keys of the training pane."""

from textual.binding import Binding, BindingType

from studio.translation import marked

# In the order of their use. Users' settings name keys by these ids, so they never change.
KEYS: list[BindingType] = [
    Binding("n", "view('new')", marked("New run"), id="training.new"),
    Binding("space,p", "pause", marked("Pause"), id="training.pause"),
    Binding(
        "space,p",
        "resume",
        marked("Resume"),
        id="training.go_on",
        tooltip=marked("Resume the paused run"),
    ),
    Binding(
        "x",
        "stop",
        marked("Stop"),
        id="training.stop",
        tooltip=marked("Save a checkpoint and stop"),
    ),
    Binding(
        "t",
        "take_over",
        marked("Take over"),
        id="training.take_over",
        tooltip=marked("Train the run here; the other process saves and ends"),
    ),
    Binding(
        "w",
        "watch",
        marked("Watch"),
        id="training.watch",
        tooltip=marked("Show the run in training"),
    ),
    Binding(
        "r",
        "toggle_view('runs')",
        marked("Runs"),
        id="training.runs",
        tooltip=marked("Show or hide runs"),
    ),
    Binding(
        "l",
        "toggle_view('log')",
        marked("Log lines"),
        id="training.log",
        tooltip=marked("Show or hide log"),
    ),
    Binding("m", "metric(1)", marked("Curve"), id="training.metric", tooltip=marked("Next curve")),
    Binding(
        "M", "metric(-1)", show=False, id="training.metric_before", tooltip=marked("Previous curve")
    ),
    Binding(
        "v",
        "group",
        marked("Verse, device"),
        id="training.group",
        tooltip=marked("Curves of learning, of the verse written, of the device"),
    ),
    Binding("g", "grid", marked("Grid"), id="training.grid", tooltip=marked("All curves, or one")),
    Binding(
        "c",
        "checkpoint",
        marked("Save"),
        id="training.checkpoint",
        tooltip=marked("Save a checkpoint now"),
    ),
    Binding(
        "left_square_bracket",
        "sample(-1)",
        marked("Earlier"),
        id="training.sample_before",
        tooltip=marked("Previous sample poem, with a mark on the curves"),
    ),
    Binding(
        "right_square_bracket",
        "sample(1)",
        marked("Later"),
        id="training.sample_after",
        tooltip=marked("Next sample poem"),
    ),
    Binding(
        "i",
        "comparison",
        marked("Differences"),
        id="training.comparison",
        tooltip=marked("Settings that differ and best values of the runs compared"),
    ),
    Binding(
        "e",
        "picture",
        marked("Picture"),
        id="training.picture",
        tooltip=marked("Save the charts as they stand, as SVG and PNG"),
    ),
    Binding(
        "R",
        "report",
        marked("Report"),
        id="training.report",
        tooltip=marked("Write the lab report of the runs shown"),
    ),
    Binding(
        "h",
        "inside",
        marked("Inside"),
        id="training.inside",
        tooltip=marked("Gates over the sample poem, weights, gradients"),
    ),
    Binding(
        "slash", "filter", marked("Filter"), id="training.filter", tooltip=marked("Filter the runs")
    ),
    Binding(
        "y",
        "log_scale",
        marked("Log"),
        id="training.log_scale",
        tooltip=marked("Logarithmic scale"),
    ),
    Binding(
        "a",
        "axis",
        marked("Axis"),
        id="training.axis",
        tooltip=marked("Curves by step, epoch, characters, hours, time of day"),
    ),
    Binding(
        "s",
        "smoothing",
        marked("Smooth"),
        id="training.smoothing",
        tooltip=marked("Smooth the curves"),
    ),
    Binding("escape", "back", show=False, id="training.back", tooltip=marked("Back to the curves")),
]
