"""Where the bars of a plot are, and how long."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import attrs

from benchmarks.results import Spread

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.results import Bars, Cell, Series

__all__ = ["ROW", "Layout", "Row", "Scale", "layout_of", "scale_of", "wrapped"]

NEAR = 0.3
"""If no ratio differs more from the reference, the axis need not begin at zero."""
WIDE = 40.0
"""How many times the least the greatest must be, for the axis to be logarithmic."""
CUT = 1.5
"""Whiskers end where the axis does: at so many times the greatest median."""

LABEL = 30
"""Characters of a line."""

ROW, GAP = 0.23, 0.16
"""Inches: a bar, and what is between groups."""


@attrs.frozen
class Row:
    """One bar.

    Attributes:
        y: Its middle, in inches from the top.
        found: Its length and its spread.
        label: Which group.
        series: Which colour.
    """

    y: float
    found: Spread
    label: int
    series: int


@attrs.frozen
class Layout:
    """Where everything is in a panel.

    Attributes:
        rows: All bars.
        middles: Of the groups.
        height: Inches.
    """

    rows: Sequence[Row]
    middles: Sequence[float]
    height: float


@attrs.frozen
class Scale:
    """The axis.

    Attributes:
        least: Where it begins.
        most: Where whiskers end at the latest.
        near: Whether it shows but what is around the reference.
        logarithmic: Whether it is.
    """

    least: float
    most: float
    near: bool = False
    logarithmic: bool = False

    @property
    def bars(self) -> bool:
        """Whether it begins at zero, so that lengths mean something."""
        return not (self.near or self.logarithmic)


def layout_of(plot: Bars, group: Sequence[Series]) -> Layout:
    """One group below the other, each as high as there is something in it."""
    rows: list[Row] = []
    middles = []
    top = GAP / 2
    for label, text in enumerate(plot.labels):
        known = list(_known(group, label))
        lines = len(wrapped(text).splitlines())
        needed = max(len(known) * ROW, lines * 0.15, ROW)
        middle = top + needed / 2
        first = middle - (len(known) - 1) * ROW / 2
        rows += [
            Row(first + n * ROW, found, label, series)
            for n, (series, found) in enumerate(known)
        ]
        middles.append(middle)
        top += needed + GAP
    return Layout(rows, middles, top - GAP / 2)


def _known(group: Sequence[Series], label: int) -> Iterator[tuple[int, Spread]]:
    """What there is in one group of bars."""
    for n, series in enumerate(group):
        found = _spread(series.values[label])
        if found is not None:
            yield n, found


def _spread(cell: Cell | tuple[float, float]) -> Spread | None:
    if isinstance(cell, Spread):
        return cell
    if isinstance(cell, int | float):
        return Spread(cell, cell, cell)
    return None


def scale_of(plot: Bars, found: Sequence[Spread]) -> Scale:
    """The axis that shows them best."""
    medians = [each.median for each in found] or [1.0]
    most = min(max(each.high for each in found), CUT * max(medians)) if found else 1.0
    reference = plot.reference
    if reference and all(abs(each / reference - 1) < NEAR for each in medians):
        least = max(min(each.low for each in found), min(medians) / CUT)
        room = max(0.15 * (most - least), 0.01 * reference)
        return Scale(min(least, reference) - room, max(most, reference), near=True)
    if min(medians) > 0 and max(medians) / min(medians) > WIDE:
        return Scale(min(medians) / 2, most, logarithmic=True)
    return Scale(0.0, max(most, reference or 0.0))


def wrapped(label: str) -> str:
    """In lines of about the same length."""
    known = [_lines(label, width) for width in range(1, LABEL + 1)]
    return "\n".join(next(each for each in known if len(each) == len(known[-1])))


def _lines(label: str, width: int) -> list[str]:
    return textwrap.wrap(label, width, break_long_words=False)
