"""Alternatives at the cursor that are ranked by what is kept after it, too."""

from collections.abc import Callable

from textual.timer import Timer
from textual.widget import Widget

from studio.messages import Weigh, Weighed
from studio.tui.workbench.draft import Draft
from studio.tui.workbench.questions import Answer, Questions
from studio.verse.request import ComposeRequest

# Seconds that the cursor rests before the question is asked.
REST = 0.15

_Question = tuple[ComposeRequest, str, int, tuple[int, ...]]
Alternatives = tuple[tuple[str, float], ...]


class Weighing:
    """Asks the worker once for each place where the cursor rests. Only the last answer counts."""

    def __init__(self, widget: Widget, questions: Questions, found: Callable[[], None]) -> None:
        """`found` is called when an answer has come."""
        self._widget, self._questions, self._found = widget, questions, found
        self._question: _Question | None = None
        self._answer: Alternatives = ()
        self._resting: Timer | None = None

    def find(self, draft: Draft) -> Alternatives:
        """The alternatives at the cursor; none if nothing after it is kept, or none came yet."""
        kept = tuple(sorted(at for at in draft.kept if at > draft.cursor))
        question = (draft.state.request, draft.text, draft.cursor, kept)
        if question != self._question:
            self._question, self._answer = question, ()
            if self._resting:
                self._resting.stop()
            if kept:
                self._resting = self._widget.set_timer(REST, lambda: self._ask(question))
        return self._answer

    def _ask(self, question: _Question) -> None:
        def answered(answer: Answer) -> None:
            if question == self._question and isinstance(answer, Weighed):
                self._answer = answer.alternatives
                self._found()

        self._questions.ask(lambda ticket: Weigh(ticket, *question), answered)
