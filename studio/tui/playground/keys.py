"""The keys of the playground. The ids are in the users' settings: they never change."""

from textual.binding import Binding, BindingType

PLAYGROUND_KEYS: list[BindingType] = [
    Binding("enter", "write", "Write", id="playground.write"),
    Binding("o", "options", "Options", id="playground.options"),
    Binding("f", "cycle('form')", "Form", show=False, id="playground.form"),
    Binding("g", "cycle('strategy')", "Strategy", show=False, id="playground.strategy"),
    Binding("m", "models", "Choose the model", show=False, id="playground.model"),
    Binding("plus,equals_sign", "warm(1)", "Warmer", show=False, id="playground.warmer"),
    Binding("minus", "warm(-1)", "Cooler", show=False, id="playground.cooler"),
    Binding(
        "w",
        "work",
        "Work",
        id="playground.work",
        tooltip="Work on the poem: alternatives, kept characters, another line, undo",
    ),
    Binding("s", "save", "Save", id="playground.save", tooltip="Save to the collection"),
    Binding(
        "c",
        "copy",
        "Copy",
        id="playground.copy",
        tooltip="Send the poem, with its model and seed, to the terminal's clipboard (OSC 52). "
        "In tmux this needs: set -g set-clipboard on",
    ),
    Binding("e", "export", "Export", id="playground.export"),
    Binding("b", "collection", "Saved", id="playground.collection", tooltip="The saved poems"),
    Binding("i", "opening", "Opening", id="playground.opening"),
    Binding("n", "new", "New", id="playground.new", tooltip="Write with a new seed"),
    Binding("r", "again", "Again", id="playground.again", tooltip="Write with the same seed"),
    Binding(
        "h",
        "history",
        "History",
        id="playground.history",
        tooltip="The poems written since the studio started",
    ),
    Binding(
        "t",
        "mark('tones')",
        "Tones",
        id="playground.tones",
        tooltip="Tones 平 仄 and rhymes 韵 under the characters; faults are highlighted",
    ),
    Binding(
        "p",
        "mark('pinyin')",
        "Pinyin",
        id="playground.pinyin",
        tooltip="Pinyin over the characters",
    ),
    Binding(
        "v",
        "mark('copied')",
        "Copied",
        id="playground.copied",
        tooltip="Underline four or more characters in a row that are also in the corpus",
    ),
    Binding(
        "l",
        "mark('likelihood')",
        "Likelihood",
        id="playground.likelihood",
        tooltip="Tint the characters that are unlikely under the model",
    ),
    Binding("left", "choose(-1)", "Previous candidate", show=False, id="playground.left"),
    Binding("right", "choose(1)", "Next candidate", show=False, id="playground.right"),
    Binding("up", "look(-1)", "Previous poem", show=False, id="playground.older"),
    Binding("down", "look(1)", "Next poem", show=False, id="playground.newer"),
    Binding("pageup", "scroll(-1)", "Scroll up", show=False, id="playground.pageup"),
    Binding("pagedown", "scroll(1)", "Scroll down", show=False, id="playground.pagedown"),
    Binding("escape", "escape", "Cancel", show=False, id="playground.escape"),
]
# The keys for the poem on the workbench; all others are for requests.
WORKBENCH_ACTIONS = ("mark", "save", "copy", "export", "escape")
