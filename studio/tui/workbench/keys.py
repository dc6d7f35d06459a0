"""The keys of the workbench. The ids are in the users' settings: they never change."""

from textual.binding import Binding, BindingType

WORKBENCH_KEYS: list[BindingType] = [
    Binding(
        "enter",
        "rewrite",
        "Rewrite",
        id="work.rewrite",
        tooltip="Put the chosen alternative here and rewrite what follows",
    ),
    Binding(
        "x",
        "replace",
        "Swap",
        id="work.exchange",
        tooltip="Put the chosen alternative here and change nothing else",
    ),
    Binding("a", "rewrite_line", "Line", id="work.line", tooltip="Rewrite this line"),
    Binding("space", "keep", "Keep", id="work.keep", tooltip="Keep or release the character"),
    Binding("r", "rewrite_rest", "Rest", id="work.around", tooltip="Rewrite all that is not kept"),
    Binding(
        "i",
        "type",
        "Type",
        id="work.type",
        tooltip="Type other characters from here on, in pinyin or in Chinese",
    ),
    Binding("u", "undo", "Undo", id="work.undo"),
    Binding("y", "redo", "Redo", id="work.redo"),
    Binding("k", "keep_line", "Keep line", id="work.keep_line"),
    Binding("comma", "alternative(-1)", "Previous alternative", show=False, id="work.before"),
    Binding("full_stop", "alternative(1)", "Next alternative", show=False, id="work.next"),
    Binding("left", "move(-1)", "Previous character", show=False, id="work.left"),
    Binding("right", "move(1)", "Next character", show=False, id="work.right"),
    Binding("up", "move_line(-1)", "Previous line", show=False, id="work.up"),
    Binding("down", "move_line(1)", "Next line", show=False, id="work.down"),
    Binding("escape", "leave_line", show=False, id="work.leave_line"),
    Binding("home", "move_end(False)", "First character", show=False, id="work.home"),
    Binding("end", "move_end(True)", "Last character", show=False, id="work.end"),
    Binding("pageup", "scroll(-1)", "Scroll the remarks up", show=False, id="work.pageup"),
    Binding("pagedown", "scroll(1)", "Scroll the remarks down", show=False, id="work.pagedown"),
    *(
        Binding(
            str(number),
            f"rewrite_with({number})",
            show=False,
            id=f"work.take{number}",
            tooltip=f"Put alternative {number} here and rewrite what follows",
        )
        for number in range(1, 10)
    ),
]
