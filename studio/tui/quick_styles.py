"""Makes Textual 8.2 find widgets, and their styles, in less time. What it finds is the same."""

from collections.abc import Iterable

from textual.css import match, query, stylesheet
from textual.css.model import RuleSet, Selector, SelectorSet
from textual.css.styles import RenderStyles
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode


def quicken_styles() -> None:
    """Replace four functions of Textual, for all applications of this process."""
    stylesheet._check_selectors = _match_from_the_end  # type: ignore
    query.match = _match_own_selector_first  # type: ignore[attr-defined]
    Stylesheet._process_component_classes = _find_components_later  # type: ignore
    # Textual's returns `id(self)`, in Python, and is called for every rule and widget.
    RuleSet.__hash__ = object.__hash__  # type: ignore[method-assign]


def _match_from_the_end(selectors: list[Selector], path: list[DOMNode]) -> bool:
    """Whether the selectors of a rule match the last node of a path from the application down.

    Textual starts at the application. Here the last node is checked first, because most rules
    name another widget. The first selector must not be `>`, which no rule starts with.
    """
    if not selectors[-1].check(path[-1]):
        return False
    return len(selectors) == 1 or match._check_selectors(selectors, path)


def _match_own_selector_first(selector_sets: Iterable[SelectorSet], node: DOMNode) -> bool:
    """Whether a query finds a widget.

    Textual first lists what the widget is in, for each selector. Most widgets match none.
    """
    own = (each for each in selector_sets if each.selectors[-1].check(node))
    return match.match(own, node)


class _ComponentStyles(dict[str, RenderStyles]):
    """The styles of a widget's components (a component is, for example, the cursor of a field).

    Each is found when it is first read, and kept until the widget is styled again. Textual finds
    all of them whenever the widget is styled, even those that are never drawn.
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


def _find_components_later(rules: Stylesheet, widget: DOMNode) -> None:
    """Forget the styles of a widget's components. Draw the widget if one that was read differs."""
    if widget._get_component_classes():
        before = dict(widget._component_styles)
        widget._component_styles = now = _ComponentStyles(rules, widget)
        if any(now[name] != styles for name, styles in before.items()):
            widget.refresh()
