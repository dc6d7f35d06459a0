"""Screens over the panes."""

from typing import ClassVar, TypeVar

from rich.align import Align
from rich.text import Text
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.command import CommandList, CommandPalette, Hit, Hits
from textual.screen import ModalScreen
from textual.system_commands import SystemCommandsProvider
from textual.widgets.option_list import Option

from studio.corpus.pronunciation import in_pinyin
from studio.prosody.spelling import searchable
from studio.translation import language, marked, tr

T = TypeVar("T")


class Modal(ModalScreen[T]):
    """A screen that is dismissed once, and never closes another one.

    Textual's screen closes whatever is on top. Two fast keys, a click that bubbles, or work that
    ends while another screen is on top would close that screen, or raise an error.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        # The application's keys do not work under a modal screen.
        Binding(
            "question_mark,f1",
            "app.help",
            marked("Help"),
            id="studio.help",
            tooltip=marked("This help"),
        ),
    ]

    _pending_result: tuple[T | None] | None = None

    def dismiss(self, result: T | None = None) -> AwaitComplete:
        """Close the screen: at once if it is on top, otherwise as soon as it is."""
        if self.is_active:
            return super().dismiss(result)
        if self in self.app.screen_stack:
            self._pending_result = (result,)
        return AwaitComplete()

    def on_screen_resume(self) -> None:
        """Close if it was dismissed while another screen was on top."""
        if self._pending_result:
            self.dismiss(*self._pending_result)


class Palette(CommandPalette):
    """The command palette; it is dismissed only once."""

    def __init__(self) -> None:
        super().__init__([_Commands], placeholder=tr("Search for commands…"))

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Close the palette if it is on top."""
        return super().dismiss(result) if self.is_active else AwaitComplete()

    def _start_no_matches_countdown(self, search_value: str) -> None:
        """Say soon that nothing was found, unless something is: Textual says it in English."""
        self._stop_no_matches_countdown()

        def show() -> None:
            if search_value:
                nothing = Align.center(Text(tr("No matches found"), style="not bold"))
                option = Option(nothing, disabled=True, id=self._NO_MATCHES)
                self.query_one(CommandList).add_option(option)
            self._list_visible = bool(search_value)

        self._no_matches_timer = self.set_timer(self._NO_MATCHES_COUNTDOWN, show)


class _Commands(SystemCommandsProvider):
    """The entries, found by their titles; those in Chinese also by the pinyin of a title."""

    async def search(self, query: str) -> Hits:
        matcher, letters = self.matcher(query), searchable("".join(query.split()))
        has_pinyin = language() != "en"
        for name, help_text, choose, *_ in self.app.get_system_commands(self.screen):
            if (match := matcher.match(name)) > 0:
                yield Hit(match, matcher.highlight(name), choose, help=help_text)
            elif has_pinyin and letters in searchable("".join(in_pinyin(name))):
                yield Hit(len(letters) / (1 + len(name)), name, choose, help=help_text)
