"""The keys that work in every pane."""

from textual.binding import Binding, BindingType

from studio.translation import marked

# Users' settings name keys by these ids, so they never change.
KEYS: list[BindingType] = [
    # The tab line or the frames of the panes show these.
    Binding("1,f2", "pane('corpus')", marked("Go to Corpus"), show=False, id="studio.corpus"),
    Binding("2,f3", "pane('training')", marked("Go to Training"), show=False, id="studio.training"),
    Binding(
        "3,f4",
        "pane('playground')",
        marked("Go to Playground"),
        show=False,
        id="studio.playground",
    ),
    Binding(
        "z",
        "zoom",
        marked("Zoom"),
        id="studio.zoom",
        tooltip=marked("Give the pane the whole terminal, or share it again"),
    ),
    Binding(
        "T,f9",
        "toggle_theme",
        marked("Theme"),
        id="studio.theme",
        show=False,
        tooltip=marked("Next theme: dark, light, or for colour-blind people"),
    ),
    Binding(
        "ctrl+o",
        "jump",
        marked("Jump"),
        id="studio.jump",
        show=False,
        tooltip=marked("Put a letter on each place; the letter goes there"),
    ),
    Binding(
        "escape",
        "leave_field",
        show=False,
        id="studio.leave",
        tooltip=marked("Leave a field; letters are keys again"),
    ),
    Binding(
        "question_mark,f1",
        "help",
        marked("Help"),
        id="studio.help",
        tooltip=marked("This help"),
    ),
    Binding("q,ctrl+q", "quit", marked("Quit"), id="studio.quit"),
]
