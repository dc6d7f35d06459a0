"""The keys of the playground. The ids are in the users' settings: they never change."""

from textual.binding import Binding, BindingType

from studio.translation import marked

PLAYGROUND_KEYS: list[BindingType] = [
    Binding("enter", "write", marked("Write"), id="playground.write"),
    Binding(
        "o",
        "options",
        marked("Setup"),
        id="playground.options",
        tooltip=marked("All options: form, rhyme, words, model, sampling"),
    ),
    Binding("f", "cycle('form')", marked("Form"), show=False, id="playground.form"),
    Binding("g", "cycle('strategy')", marked("Strategy"), show=False, id="playground.strategy"),
    Binding("m", "models", marked("Choose the model"), show=False, id="playground.model"),
    Binding("plus,equals_sign", "warm(1)", marked("Warmer"), show=False, id="playground.warmer"),
    Binding("minus", "warm(-1)", marked("Cooler"), show=False, id="playground.cooler"),
    Binding(
        "w",
        "work",
        marked("Work"),
        id="playground.work",
        tooltip=marked("Work on the poem: alternatives, kept characters, another line, undo"),
    ),
    Binding(
        "d",
        "own",
        marked("Own"),
        id="playground.own",
        tooltip=marked("A draft of your own: type, paste or open a poem and work on it"),
    ),
    Binding(
        "s", "save", marked("Save"), id="playground.save", tooltip=marked("Save to the collection")
    ),
    Binding(
        "c",
        "copy",
        marked("Copy"),
        id="playground.copy",
        tooltip=marked(
            "Send the poem, with its model and seed, to the terminal's clipboard (OSC 52). "
            "In tmux this needs: set -g set-clipboard on"
        ),
    ),
    Binding("e", "export", marked("Export"), id="playground.export"),
    Binding(
        "b",
        "collection",
        marked("Saved"),
        id="playground.collection",
        tooltip=marked("The saved poems"),
    ),
    Binding("i", "opening", marked("Opening"), id="playground.opening"),
    Binding(
        "n", "new", marked("New"), id="playground.new", tooltip=marked("Write with a new seed")
    ),
    Binding(
        "r",
        "again",
        marked("Again"),
        id="playground.again",
        tooltip=marked("Write with the same seed"),
    ),
    Binding(
        "h",
        "history",
        marked("History"),
        id="playground.history",
        tooltip=marked("The poems written since the studio started"),
    ),
    Binding(
        "t",
        "mark('tones')",
        marked("Tones"),
        id="playground.tones",
        tooltip=marked("Tones 平 仄 and rhymes 韵 under the characters; faults are highlighted"),
    ),
    Binding(
        "p",
        "mark('pinyin')",
        marked("Pinyin"),
        id="playground.pinyin",
        tooltip=marked("Pinyin over the characters"),
    ),
    Binding(
        "v",
        "mark('copied')",
        marked("Copied"),
        id="playground.copied",
        tooltip=marked("Underline four or more characters in a row that are also in the corpus"),
    ),
    Binding(
        "l",
        "mark('likelihood')",
        marked("Likelihood"),
        id="playground.likelihood",
        tooltip=marked("Tint the characters that are unlikely under the model"),
    ),
    Binding(
        "a",
        "more",
        marked("More"),
        show=False,
        id="playground.more",
        tooltip=marked("The best three of the drafts, or again the best"),
    ),
    Binding("left", "choose(-1)", marked("Previous candidate"), show=False, id="playground.left"),
    Binding("right", "choose(1)", marked("Next candidate"), show=False, id="playground.right"),
    Binding("up", "look(-1)", marked("Previous poem"), show=False, id="playground.older"),
    Binding("down", "look(1)", marked("Next poem"), show=False, id="playground.newer"),
    Binding("pageup", "scroll(-1)", marked("Scroll up"), show=False, id="playground.pageup"),
    Binding("pagedown", "scroll(1)", marked("Scroll down"), show=False, id="playground.pagedown"),
    Binding("escape", "escape", marked("Cancel"), show=False, id="playground.escape"),
]
# The keys for the poem on the workbench; all others are for requests.
WORKBENCH_ACTIONS = ("mark", "save", "copy", "export", "escape")
