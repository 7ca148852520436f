"""Draw plots: each as one SVG, the same bytes for the same results.

They stand on a white card, so that they can be read on a page of any colour.
"""

from __future__ import annotations

import itertools
import math
import statistics
import textwrap
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, PercentFormatter

from benchmarks.plot_bars import bars
from benchmarks.plot_style import (
    DARK,
    DASHES,
    GREY,
    MARKERS,
    RULES,
    WIDTH,
    colours,
)
from benchmarks.results import Bars, Distribution, Growth, Spread
from benchmarks.wording import is_ours, number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from benchmarks.results import Plot, Series

__all__ = ["alt", "draw", "lay_card"]

WIDE = 30.0
"""How many times the least the greatest must be, for an axis to be logarithmic."""

LEGEND_ROW = 0.21
"""Inches."""

SLOPE = " (slope "
HOW_SLOPES = "slopes are of the straight line through all points of a line"

PROMISES = ((0, (5, 2)), (0, (1, 1.5)), (0, (5, 2, 1, 2)))
"""The dashes of what was promised."""


def draw(plot: Plot, path: Path) -> None:
    """Draw it into a file.

    Args:
        plot: What to draw.
        path: Of the SVG.
    """
    with mpl.rc_context(RULES):
        figure = _figure(plot)
        figure.suptitle(
            textwrap.fill(plot.title, 74), x=0.025, ha="left", weight="bold"
        )
        lay_card(figure)
        metadata = {"Date": None, "Creator": None, "Title": plot.title}
        figure.savefig(path, format="svg", metadata=metadata)


def alt(plot: Plot) -> str:
    """What there is to see, for those who do not see it."""
    if isinstance(plot, Bars):
        found = list(_named(plot))
        least, most = min(found, default=None), max(found, default=None)
        said = (
            f" From {number(least[0])} ({least[1]}) to {number(most[0])} ({most[1]})."
            if least and most
            else ""
        )
        return f"Bars. {plot.title}: {plot.axis}.{said}"
    names = "; ".join(each.name for each in plot.series)
    if isinstance(plot, Growth):
        return f"Lines. {plot.title}: {plot.y} against {plot.x}, for {names}."
    promised = "".join(f" {what}: {number(float(at))}." for what, at in plot.promised)
    return f"Distribution. {plot.title}: {plot.axis}, for {names}.{promised}"


def _named(plot: Bars) -> Iterator[tuple[float, str]]:
    """All that is shown, with what it is."""
    for series in plot.series:
        for label, value in zip(plot.labels, series.values, strict=True):
            if isinstance(value, Spread):
                yield value.median, label
            elif isinstance(value, int | float):
                yield float(value), label


def _figure(plot: Plot) -> Figure:
    if isinstance(plot, Bars):
        return bars(plot)
    figure, axes = _empty(len(plot.series))
    if isinstance(plot, Growth):
        _grow(plot, axes)
    else:
        _distribute(plot, axes)
    handles, labels = axes.get_legend_handles_labels()
    sloping = any(SLOPE in label for label in labels)
    legend = figure.legend(
        handles=handles,
        loc="outside lower left",
        ncols=1,
        title=HOW_SLOPES if sloping else None,
        alignment="left",
    )
    legend.set_in_layout(True)
    return figure


def _empty(lines: int) -> tuple[Figure, Axes]:
    height = 3.6 + LEGEND_ROW * (lines + 2)
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.add_subplot()
    axes.grid(visible=True, which="major")
    return figure, axes


def lay_card(figure: Figure) -> None:
    """Put something white, with round corners, behind it all."""
    width, height = figure.get_size_inches()
    figure.patch.set_visible(False)
    card = FancyBboxPatch(
        (0.002, 0.002),
        0.996,
        0.996,
        boxstyle="round,pad=0,rounding_size=0.012",
        mutation_aspect=width / height,
        transform=figure.transFigure,
        facecolor="white",
        edgecolor="#d5d9e0",
        linewidth=0.8,
        zorder=-1,
    )
    card.set_in_layout(False)
    figure.add_artist(card)


# Growth.


def _grow(plot: Growth, axes: Axes) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    names = [each.name for each in plot.series]
    known = [_points(each) for each in plot.series]
    styles = zip(colours(names), itertools.cycle(MARKERS), _dashes(), strict=False)
    for name, points, (colour, marker, dashes) in zip(
        names, known, styles, strict=False
    ):
        axes.plot(
            [x for x, _ in points],
            [y for _, y in points],
            color=colour,
            marker=marker,
            linestyle=dashes,
            linewidth=2.2 if is_ours(name) else 1.4,
            zorder=3 if is_ours(name) else 2,
            label=_with_slope(name, points),
        )
    if any(known):
        _guide(known, axes)
        _label_counts(known, axes)
    axes.set_xlabel(plot.x)
    axes.set_ylabel(plot.y)


def _points(series: Series) -> list[tuple[float, float]]:
    """Those that there is a logarithm of."""
    return [
        (float(x), float(y))
        for x, y in _pairs(series.values)
        if x > 0 and y > 0 and math.isfinite(y)
    ]


def _pairs(values: Sequence[object]) -> Iterator[tuple[float, float]]:
    for value in values:
        if isinstance(value, tuple):
            yield value


def _with_slope(name: str, points: Sequence[tuple[float, float]]) -> str:
    logarithms = [(math.log(x), math.log(y)) for x, y in points]
    if len({x for x, _ in logarithms}) < 2:
        return name
    slope = statistics.linear_regression(*zip(*logarithms, strict=True)).slope
    return f"{name}{SLOPE}{slope:.2f})"


def _guide(known: Sequence[Sequence[tuple[float, float]]], axes: Axes) -> None:
    """A line of slope 1, a little below all others, to compare with."""
    points = [point for each in known for point in each]
    first, last = min(x for x, _ in points), max(x for x, _ in points)
    if first == last:
        return
    level = 0.6 * min(y / x for x, y in points)
    axes.plot(
        [first, last],
        [level * first, level * last],
        color=GREY,
        linestyle=(0, (1, 2)),
        linewidth=1.2,
        label="slope 1, to compare with",
    )


def _label_counts(known: Sequence[Sequence[tuple[float, float]]], axes: Axes) -> None:
    """Name the counts that there are, and enough of the costs."""
    counts = sorted({x for each in known for x, _ in each})
    costs = [y for each in known for _, y in each]
    plain = FuncFormatter(lambda value, _: f"{value:,.10g}")
    axes.set_xticks(counts, labels=[f"{count:,.10g}" for count in counts])
    narrow = max(costs) / min(costs) < WIDE
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if narrow else (1,)))
    axes.yaxis.set_major_formatter(plain)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_formatter(NullFormatter())
    if len(counts) == 1:
        axes.set_xlim(counts[0] / 2, counts[0] * 2)


# Distribution.


def _distribute(plot: Distribution, axes: Axes) -> None:
    names = [each.name for each in plot.series]
    lines = zip(plot.series, colours(names), _dashes(), strict=False)
    for series, colour, dashes in lines:
        values = _samples(series)
        if values:
            axes.ecdf(
                values,
                color=colour,
                linestyle=dashes,
                linewidth=2.2 if is_ours(series.name) else 1.7,
                label=series.name,
            )
    promises = zip(plot.promised, itertools.cycle(PROMISES), strict=False)
    for (what, at), dash in promises:
        axes.axvline(
            at,
            color=DARK,
            linestyle=dash,
            linewidth=1.2,
            label=f"{what}: {number(float(at))}",
        )
    known = [value for series in plot.series for value in _samples(series)]
    known += [at for _, at in plot.promised]
    if known and min(known) > 0 and max(known) / min(known) > WIDE:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: f"{at:,.10g}"))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set_xlabel(plot.axis)
    axes.set_ylabel("share that is at most that")


def _samples(series: Series) -> list[float]:
    return [float(each) for each in series.values if isinstance(each, int | float)]


def _dashes() -> Iterator[object]:
    return itertools.cycle(DASHES)
