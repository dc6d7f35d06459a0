"""The keys of the corpus pane."""

from textual.binding import Binding, BindingType

from studio.translation import marked

# Users' settings name keys by these ids, so they never change.
KEYS: list[BindingType] = [
    Binding("slash", "field('words')", marked("Search"), id="corpus.search"),
    Binding(
        "p", "field('poet')", marked("Poet"), id="corpus.poet", tooltip=marked("Filter by a poet")
    ),
    Binding(
        "P",
        "poets",
        marked("Poets"),
        id="corpus.poets",
        tooltip=marked("Choose from a list of all poets"),
    ),
    Binding("f", "form(1)", marked("Form"), id="corpus.form", tooltip=marked("Next form")),
    Binding("F", "form(-1)", marked("Previous form"), show=False, id="corpus.form_back"),
    Binding(
        "o",
        "sort",
        marked("Order"),
        id="corpus.sort",
        tooltip=marked("Sort by source, length or poet"),
    ),
    Binding(
        "r",
        "random",
        marked("Random"),
        id="corpus.random",
        tooltip=marked("Random poem of the list"),
    ),
    Binding(
        "i",
        "figures",
        marked("Figures"),
        id="corpus.figures",
        tooltip=marked("Show or hide the charts"),
    ),
    Binding(
        "t",
        "script",
        marked("Script"),
        id="corpus.script",
        tooltip=marked("Switch between simplified characters and those of the source"),
    ),
    Binding(
        "w",
        "same_poet",
        marked("Same poet"),
        id="corpus.same_poet",
        tooltip=marked("Poems by this poet"),
    ),
    Binding(
        "c",
        "copy",
        marked("Copy"),
        id="corpus.copy",
        tooltip=marked("Send the poem, with title and poet, to the terminal's clipboard (OSC 52)"),
    ),
    Binding(
        "x", "clear", marked("Clear"), id="corpus.clear", tooltip=marked("Show all poems again")
    ),
    Binding(
        "escape",
        "list",
        marked("List"),
        show=False,
        id="corpus.list",
        tooltip=marked("Back to the list"),
    ),
]
