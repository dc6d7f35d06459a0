"""Textual 8.2 finds the styles of a widget more quickly."""

from textual.css import match, stylesheet
from textual.css.model import RuleSet, Selector
from textual.css.styles import RenderStyles
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode


def quicken_styles() -> None:
    """Change how styles are found, in this process. They are the same."""
    stylesheet._check_selectors = _match_from_the_end  # type: ignore
    Stylesheet._process_component_classes = _leave_components  # type: ignore
    # Textual's returns `id(self)`, in Python, and is called for every rule and widget.
    RuleSet.__hash__ = object.__hash__  # type: ignore[method-assign]


def _match_from_the_end(selectors: list[Selector], path: list[DOMNode]) -> bool:
    """Whether a rule is for the last widget of a path, whose first one is the application.

    Textual searches from the application down. Most rules are decided by what names the widget
    itself.
    """
    if not selectors[-1].check(path[-1]):
        return False
    return len(selectors) == 1 or match._check_selectors(selectors, path)


class _ComponentStyles(dict[str, RenderStyles]):
    """The styles of a widget's components, as the cursor of a field, found when they are needed.

    Textual finds all of them for each widget, also for those that are never drawn.
    """

    def __init__(self, rules: Stylesheet, widget: DOMNode) -> None:
        super().__init__()
        self._rules, self._widget = rules, widget

    def __contains__(self, name: object) -> bool:
        return name in self._widget._get_component_classes()

    def __missing__(self, name: str) -> RenderStyles:
        component = DOMNode(classes=name)
        component._attach(self._widget)
        self._rules.apply(component)
        self[name] = component.styles
        return component.styles


def _leave_components(rules: Stylesheet, widget: DOMNode) -> None:
    """Find the styles of components that were found before, and draw the widget if they differ."""
    if widget._get_component_classes():
        before = dict(widget._component_styles)
        widget._component_styles = now = _ComponentStyles(rules, widget)
        if any(now[name] != styles for name, styles in before.items()):
            widget.refresh()
