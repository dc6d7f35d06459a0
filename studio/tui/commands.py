"""The entries of the command palette: every key that does something now, and some without keys."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from textual.actions import parse
from textual.app import App
from textual.dom import DOMNode
from textual.widget import Widget

from studio.model.config import RECIPES
from studio.paths import Home
from studio.runs import folders
from studio.translation import marked, tr
from studio.tui.help_screen import key_rows, own_bindings
from studio.tui.pane import TITLES, Pane
from studio.tui.widgets.ask_screen import AskScreen

_MOST_RUNS = 20
# What can be done with a run, and the question before it. Deleting asks by itself.
_ON_RUNS = (
    ("open", marked("Open {run}"), marked("Show the curves of this run"), ""),
    (
        "resume",
        marked("Resume {run}"),
        marked("Resume the training of this run"),
        marked("Resume {run}?"),
    ),
    ("delete", marked("Delete {run}"), marked("Delete this run and its checkpoints"), ""),
)
_THEMES = {
    "ink": marked("Dark"),
    "paper": marked("Light"),
    "slate": marked("Dark, in blue and orange, for colour-blind people"),
}
_LAYOUTS = {
    "auto": marked("Side by side as far as there is room"),
    "columns": marked("Always all side by side"),
    "single": marked("One pane at a time"),
}
# Names that people find who read only that language.
_LANGUAGES = {
    "auto": (marked("Language auto"), marked("The language of the locale")),
    "en": (marked("Language English"), marked("Everything in English")),
    "zh": (marked("Language Chinese (中文)"), marked("Everything in Chinese")),
}
# A few letters match many entries, so keys that start, pause or stop a run ask from the palette:
# the question, and the answer that does it.
_ASKED = {
    "training.pause": (marked("Pause the run in training?"), marked("Pause")),
    "training.go_on": (marked("Resume the paused run?"), marked("Resume")),
    "training.stop": (marked("Save a checkpoint and stop the run in training?"), marked("Stop")),
    "training.take_over": (
        marked("Take over the run from the process that trains it?"),
        marked("Take over"),
    ),
    "runs.resume": (marked("Resume the run under the cursor?"), marked("Resume")),
}


class PaletteCommand(NamedTuple):
    """An entry: its title, a short help text, and the action that it runs.

    The action is that of `node` in `pane`; without them it is the application's. A `question`, with
    the answer that confirms it, is asked first.
    """

    title: str
    help_text: str
    action: str
    pane: Pane | None = None
    node: Widget | None = None
    question: tuple[str, str] | None = None


def key_commands(
    app: App[None], panes: Iterable[Pane], keymap: Mapping[str, str]
) -> Iterator[PaletteCommand]:
    """An entry for each key that does something now, here or in another pane."""
    yield from _commands_of(None, [app], app, keymap)
    for pane in panes:
        yield from _commands_of(pane, [pane, *_distinct_widgets(pane)], app, keymap)


def _commands_of(
    pane: Pane | None, nodes: Sequence[DOMNode], app: App[None], keymap: Mapping[str, str]
) -> Iterator[PaletteCommand]:
    rows = {name: row for *row, name in key_rows(nodes, app.get_key_display, keymap)}
    for node in nodes:
        heading = getattr(node, "KEYS_HEADING", TITLES[pane.id or ""] if pane else "")
        place = tr(heading)
        for binding in own_bindings([node]):
            name = binding.id or binding.action
            if name in rows and _is_enabled(node, binding.action):
                keys, effect = rows.pop(name)
                title = tr(binding.description) or effect
                question, answer = _ASKED.get(name, ("", ""))
                yield PaletteCommand(
                    tr("{place}: {title}", place=place, title=title) if place else title,
                    f"{keys} - {effect}",
                    binding.action,
                    pane,
                    node if isinstance(node, Widget) else None,
                    (tr(question), tr(answer)) if question else None,
                )


def _distinct_widgets(pane: Pane) -> list[Widget]:
    """The widgets in sight whose keys are not in doubt: focused, or the only one of a kind."""
    kinds: dict[type, list[Widget]] = {}
    for widget in pane.query("*"):
        if pane.is_displayed(widget):
            kinds.setdefault(type(widget), []).append(widget)
    last = pane.last_focus
    return [
        last if last in widgets else widgets[0]
        for widgets in kinds.values()
        if len(widgets) == 1 or last in widgets
    ]


def _is_enabled(node: DOMNode, action: str) -> bool:
    _, name, parameters = parse(action)
    return bool(node.check_action(name, parameters))


def other_commands(home: Home, training: Pane) -> Iterator[PaletteCommand]:
    """The entries that have no key. Reads the names of the runs from disk."""
    for recipe in RECIPES:
        yield PaletteCommand(
            tr("Train with the recipe {recipe}", recipe=recipe),
            tr("Start a new run with its settings, unchanged"),
            f"train_recipe({recipe!r})",
            training,
            training,
            (tr("Start a new run with the recipe {recipe}?", recipe=recipe), tr("Start")),
        )
    for run in [run.name for run in folders.all_runs(home.runs)[:_MOST_RUNS]]:
        for verb, title, help_text, question in _ON_RUNS:
            yield PaletteCommand(
                tr(title, run=run),
                tr(help_text),
                f"{verb}_run({run!r})",
                training,
                training,
                (tr(question, run=run), tr("Resume")) if question else None,
            )
    for theme, help_text in _THEMES.items():
        yield PaletteCommand(
            tr("Theme {theme}", theme=theme), tr(help_text), f"use_theme({theme!r})"
        )
    for layout, help_text in _LAYOUTS.items():
        yield PaletteCommand(
            tr("Layout {layout}", layout=layout), tr(help_text), f"use_layout({layout!r})"
        )
    for language, (title, help_text) in _LANGUAGES.items():
        yield PaletteCommand(tr(title), tr(help_text), f"use_language({language!r})")


def chosen(app: App[None], command: PaletteCommand) -> None:
    """Run a chosen entry; ask first if it has a question."""
    if not command.question:
        app.run_worker(_run(app, command))
        return

    async def answered(sure: bool | None) -> None:
        if sure:
            await _run(app, command)

    app.push_screen(AskScreen(*command.question, tr("Cancel")), answered)


async def _run(app: App[None], command: PaletteCommand) -> None:
    if command.pane:
        await app.run_action(f"pane({command.pane.id!r})")
    if command.node and command.node is not command.pane:
        command.node.focus()
    # The focus is moved first.
    app.call_later(app.run_action, command.action, command.node)
