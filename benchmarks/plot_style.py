"""What all plots have in common: colours that all can tell apart, sizes, rules."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from matplotlib.colors import to_rgb

from benchmarks.wording import is_ours

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "ACCENT",
    "DARK",
    "DASHES",
    "GREY",
    "MARKERS",
    "NEUTRAL",
    "RULES",
    "WIDTH",
    "colours",
    "shade",
]

WIDTH = 7.6
"""Inches: about that of a page's text."""

ACCENT = "#d55e00"
"""Ours, in every plot."""

PALETTE = ("#0072b2", "#009e73", "#cc79a7", "#56b4e9", "#8c6d1f", "#4d4d4d")
"""All others: of Okabe and Ito, without what is near the accent."""

NEUTRAL = "#7a8aa3"
"""Bars of others, where ours are among them."""

DARK, GREY = "#2b2f36", "#8a9099"

MARKERS = ("o", "s", "^", "D", "v", "P")
DASHES = ("-", (0, (6, 2)), (0, (2, 1.5)), (0, (6, 2, 1.5, 2)))

RULES: Any = {
    "axes.axisbelow": True,
    "axes.edgecolor": GREY,
    "axes.labelcolor": DARK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.titlesize": 11,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Helvetica", "Arial"],
    "font.size": 9,
    "grid.color": "#e3e6eb",
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "legend.handlelength": 2.8,
    "legend.borderaxespad": 0.7,
    "legend.title_fontsize": 8,
    "lines.markersize": 5,
    "svg.fonttype": "none",
    "svg.hashsalt": "heartbeat",
    "text.color": DARK,
    "xtick.color": GREY,
    "xtick.labelcolor": DARK,
    "ytick.color": GREY,
    "ytick.labelcolor": DARK,
    "figure.constrained_layout.h_pad": 0.1,
    "figure.constrained_layout.w_pad": 0.14,
}
"""All is laid out for DejaVu Sans, which comes with matplotlib. Where text is drawn with
another font of the list it needs no more room."""


def colours(names: Sequence[str]) -> list[str]:
    """One for each; the accent for all of ours."""
    others = itertools.cycle(PALETTE)
    return [ACCENT if is_ours(name) else next(others) for name in names]


def shade(colour: str, step: int) -> tuple[float, float, float]:
    """The same colour, lighter with each step."""
    left = 0.62**step
    red, green, blue = (1 - left * (1 - part) for part in to_rgb(colour))
    return red, green, blue
