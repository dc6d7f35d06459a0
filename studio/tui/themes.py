"""The studio's two themes, and the colours of the curves.

The colours of the curves follow Okabe and Ito (2008): colour-blind people can distinguish them. For
the light theme they are darker, so that they are readable on a light background.
"""

from textual.theme import Theme

INK = Theme(
    name="ink",
    dark=True,
    primary="#6cb2d9",
    secondary="#8d99a6",
    accent="#e5a84b",
    warning="#e5a84b",
    error="#f0806a",
    success="#5cc0a0",
    foreground="#dcdad2",
    background="#12161c",
    surface="#171c24",
    panel="#202733",
    variables={
        "border": "#6cb2d9",
        "border-blurred": "#36404e",
        "faint": "#4a5667",
        "block-cursor-background": "#2c4a61",
        "block-cursor-foreground": "#f2f0e8",
        "block-cursor-blurred-background": "#232c38",
        "block-cursor-blurred-foreground": "#dcdad2",
        "input-selection-background": "#6cb2d9 35%",
        "footer-background": "#0d1015",
        "footer-key-foreground": "#e5a84b",
    },
)

PAPER = Theme(
    name="paper",
    dark=False,
    primary="#1d5f8a",
    secondary="#6a6355",
    accent="#8f5200",
    warning="#8f5200",
    error="#a8321f",
    success="#136b52",
    foreground="#28241d",
    background="#f7f2e6",
    surface="#f1ead9",
    panel="#e6dcc6",
    variables={
        "border": "#1d5f8a",
        "border-blurred": "#c3b79c",
        "faint": "#b3a78d",
        "block-cursor-background": "#c9dbe6",
        "block-cursor-foreground": "#17140f",
        "block-cursor-blurred-background": "#e3dac6",
        "block-cursor-blurred-foreground": "#28241d",
        "input-selection-background": "#1d5f8a 25%",
        "footer-background": "#ebe2cf",
        "footer-key-foreground": "#8f5200",
    },
)

THEMES = {theme.name: theme for theme in (INK, PAPER)}

_SERIES = {
    "ink": ("#56b4e9", "#e69f00", "#3fc79a", "#f28e6b", "#d79bc0", "#e8dc5a"),
    "paper": ("#0067a3", "#a35f00", "#00704f", "#b23c00", "#96477a", "#6f6700"),
}


def series_colour(theme: str, index: int) -> str:
    """The colour of the curve with this index, as #rrggbb. The colours repeat after six."""
    colours = _SERIES[theme]
    return colours[index % len(colours)]
