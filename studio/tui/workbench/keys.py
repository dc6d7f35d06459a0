"""The keys of the workbench. The ids are in the users' settings: they never change."""

from textual.binding import Binding, BindingType

from studio.translation import marked

_TAKE = (
    marked("Put alternative 1 here and rewrite what follows"),
    marked("Put alternative 2 here and rewrite what follows"),
    marked("Put alternative 3 here and rewrite what follows"),
    marked("Put alternative 4 here and rewrite what follows"),
    marked("Put alternative 5 here and rewrite what follows"),
    marked("Put alternative 6 here and rewrite what follows"),
    marked("Put alternative 7 here and rewrite what follows"),
    marked("Put alternative 8 here and rewrite what follows"),
    marked("Put alternative 9 here and rewrite what follows"),
)
WORKBENCH_KEYS: list[BindingType] = [
    Binding(
        "enter",
        "rewrite",
        marked("Rewrite"),
        id="work.rewrite",
        tooltip=marked("Put the chosen alternative here and rewrite what follows"),
    ),
    Binding(
        "o",
        "offers",
        marked("Offers"),
        id="work.offers",
        tooltip=marked("Show what clears the fault at the cursor, or the next one"),
    ),
    Binding(
        "d",
        "look_up",
        marked("Look up"),
        id="work.look_up",
        tooltip=marked(
            "The dictionary: rhymes, words, pairs and lines with this character or word"
        ),
    ),
    Binding(
        "f",
        "finish",
        marked("Finish"),
        id="work.finish",
        tooltip=marked("Have the model write what is blank; all else stays"),
    ),
    Binding(
        "x",
        "replace",
        marked("Swap"),
        id="work.exchange",
        tooltip=marked("Put the chosen alternative here and change nothing else"),
    ),
    Binding(
        "space",
        "keep",
        marked("Keep"),
        id="work.keep",
        tooltip=marked("Keep or release the character"),
    ),
    Binding(
        "r",
        "rewrite_rest",
        marked("Rest"),
        id="work.around",
        tooltip=marked("Rewrite all that is not kept"),
    ),
    Binding(
        "i",
        "type",
        marked("Type"),
        id="work.type",
        tooltip=marked("Type other characters from here on, in pinyin or in Chinese"),
    ),
    Binding(
        "a", "rewrite_line", marked("Line"), id="work.line", tooltip=marked("Rewrite this line")
    ),
    Binding(
        "b",
        "rules",
        marked("Rules"),
        id="work.rules",
        tooltip=marked("Choose the rhyme book and the rescues"),
    ),
    Binding(
        "n",
        "next_reading",
        marked("Reading"),
        id="work.reading",
        tooltip=marked("Read the character in its next way, or as the scanner chooses"),
    ),
    Binding("u", "undo", marked("Undo"), id="work.undo"),
    Binding("y", "redo", marked("Redo"), id="work.redo"),
    Binding("k", "keep_line", marked("Keep line"), id="work.keep_line"),
    Binding(
        "comma", "alternative(-1)", marked("Previous alternative"), show=False, id="work.before"
    ),
    Binding("full_stop", "alternative(1)", marked("Next alternative"), show=False, id="work.next"),
    Binding("left", "move(-1)", marked("Previous character"), show=False, id="work.left"),
    Binding("right", "move(1)", marked("Next character"), show=False, id="work.right"),
    Binding("up", "move_line(-1)", marked("Previous line"), show=False, id="work.up"),
    Binding("down", "move_line(1)", marked("Next line"), show=False, id="work.down"),
    Binding("escape", "leave_line", show=False, id="work.leave_line"),
    Binding("home", "move_end(False)", marked("First character"), show=False, id="work.home"),
    Binding("end", "move_end(True)", marked("Last character"), show=False, id="work.end"),
    Binding("pageup", "scroll(-1)", marked("Scroll the remarks up"), show=False, id="work.pageup"),
    Binding(
        "pagedown", "scroll(1)", marked("Scroll the remarks down"), show=False, id="work.pagedown"
    ),
    *(
        Binding(
            str(number),
            f"rewrite_with({number})",
            show=False,
            id=f"work.take{number}",
            tooltip=tooltip,
        )
        for number, tooltip in enumerate(_TAKE, start=1)
    ),
]
