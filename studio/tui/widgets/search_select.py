"""A list to choose from that pinyin searches."""

from collections.abc import Iterable

from rich.console import RenderableType
from textual.app import ComposeResult
from textual.widgets import Select
from textual.widgets._select import SelectCurrent, SelectOverlay

from studio.corpus.pronunciation import in_pinyin
from studio.prosody.spelling import searchable


class SearchSelect(Select[str]):
    """A list of values. Typed letters search it, as pinyin without tones."""

    def compose(self) -> ComposeResult:
        yield SelectCurrent(self.prompt)
        yield _Overlay().data_bind(compact=Select.compact)

    def offer(self, options: Iterable[tuple[RenderableType, str]]) -> None:
        """Offer other values. The chosen one stays, or else the first one is chosen.

        In an open list the highlighted one stays, too.
        """
        overlay, chosen, before = self.query_one(SelectOverlay), self.value, self._options
        at = overlay.highlighted if self.expanded else None
        self.set_options(options)
        values = [value for _, value in self._options]
        if chosen in values:
            self.value = chosen
        if at is not None:
            highlighted = before[at][1]
            overlay.highlighted = values.index(highlighted) if highlighted in values else 0

    def rename(self, options: Iterable[tuple[RenderableType, str]]) -> None:
        """Show other labels for the same values; the value that is chosen stays."""
        chosen = self.value
        with self.prevent(Select.Changed):
            self.set_options(options)
            self.value = chosen
            # The label is shown again even where the value is the same.
            self.mutate_reactive(Select.value)  # type: ignore[misc]  # for a generic class


class _Overlay(SelectOverlay):
    def _find_search_match(self, query: str) -> int | None:
        # Chinese is also found by its pinyin.
        prompts = (str(option.prompt) for option in self.options)
        texts = (searchable(f"{each} {''.join(in_pinyin(each))}") for each in prompts)
        places = ((text.find(searchable(query)), at) for at, text in enumerate(texts))
        return min((found for found in places if found[0] >= 0), default=(0, None))[1]
