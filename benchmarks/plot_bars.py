"""Horizontal bars in groups; points, where bars from zero would all look alike."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from benchmarks.plot_layout import ROW, Layout, Row, Scale, layout_of, scale_of, wrapped
from benchmarks.plot_style import ACCENT, DARK, NEUTRAL, WIDTH, colours, shade
from benchmarks.wording import is_ours, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from benchmarks.results import Bars, Series, Spread

__all__ = ["bars"]

TOGETHER = 4
"""Series in one panel; if there are more, each has a panel of its own."""
ABREAST = 3
"""Panels beside each other."""

NEAR_DECIMALS = 3
"""Of figures that are all near the reference."""


def bars(plot: Bars) -> Figure:
    """Draw them."""
    apart = len(plot.series) > TOGETHER
    groups = [[each] for each in plot.series] if apart else [plot.series]
    layouts = [layout_of(plot, group) for group in groups]
    columns = min(ABREAST, len(groups))
    lines = math.ceil(len(groups) / columns)
    each_height = max(layout.height for layout in layouts)
    legend = len(groups[0]) > 1
    height = lines * (each_height + 0.55) + 0.55 + 0.25 * legend
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    panels = figure.subplots(lines, columns, squeeze=False, sharex=True)
    found = [row.found for layout in layouts for row in layout.rows]
    scale = scale_of(plot, found)
    for n, axes in enumerate(panels.flat):
        if n >= len(groups):
            axes.set_visible(False)
            continue
        _panel(plot, groups[n], layouts[n], axes, scale, labelled=n % columns == 0)
        if apart:
            axes.set_title(textwrap.fill(groups[n][0].name, 28), fontsize=9)
    if apart:
        _name_axes(panels, len(groups))
        figure.supxlabel(plot.axis, fontsize=9)
    else:
        panels[0, 0].set_xlabel(plot.axis)
    if legend:
        _legend(plot, figure)
    return figure


def _panel(
    plot: Bars,
    group: Sequence[Series],
    layout: Layout,
    axes: Axes,
    scale: Scale,
    *,
    labelled: bool,
) -> None:
    by_label = _by_label(plot)
    hues = colours([each.name for each in group])
    for row in layout.rows:
        ours = is_ours(plot.labels[row.label])
        colour = (
            shade(ACCENT if ours else NEUTRAL, row.series)
            if by_label
            else shade(hues[row.series], 0)
        )
        _draw_row(row, axes, scale, colour)
    if plot.reference is not None:
        axes.axvline(plot.reference, color=DARK, linestyle=(0, (4, 2)), linewidth=1)
    _name_groups(plot, layout, axes, labelled=labelled)
    _set_scale(axes, scale, ticks=7 if len(plot.series) <= TOGETHER else 3)


def _draw_row(
    row: Row, axes: Axes, scale: Scale, colour: tuple[float, float, float]
) -> None:
    low, high = max(row.found.low, scale.least), min(row.found.high, scale.most)
    if scale.bars:
        axes.barh(row.y, row.found.median, height=ROW * 0.86, color=colour)
    else:
        axes.plot(row.found.median, row.y, "o", color=colour, markersize=6)
    if high > low:
        _draw_spread(row, axes, (low, high), DARK if scale.bars else colour)
    axes.annotate(
        _value(row.found, scale),
        (max(high, row.found.median), row.y),
        xytext=(6 if high == row.found.median else 4, 0),
        textcoords="offset points",
        va="center_baseline",
        fontsize=8,
        zorder=4,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 0.6},
    )


def _draw_spread(row: Row, axes: Axes, shown: tuple[float, float], colour: Any) -> None:
    """A line; where it goes on beyond the axis it ends in an arrow."""
    axes.plot(shown, [row.y, row.y], color=colour, linewidth=1.1, zorder=3, alpha=0.85)
    ends = zip(shown, (row.found.low, row.found.high), ("<", ">"), strict=True)
    for at, end, arrow in ends:
        if at != end:
            axes.plot(at, row.y, arrow, color=colour, markersize=4, zorder=3)


def _value(found: Spread, scale: Scale) -> str:
    if found.median == 1 == found.low == found.high:
        return "1"
    least = NEAR_DECIMALS if scale.near else 0
    return number(found.median, least, exact=found.low == found.high)


def _name_groups(plot: Bars, layout: Layout, axes: Axes, *, labelled: bool) -> None:
    axes.set_ylim(layout.height, 0)
    axes.set_yticks(layout.middles)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.set_yticklabels(
        [wrapped(label) for label in plot.labels]
        if labelled
        else [""] * len(plot.labels)
    )
    if labelled and _by_label(plot):
        for label, text in zip(plot.labels, axes.get_yticklabels(), strict=True):
            if is_ours(label):
                text.set(color="#a84a00", weight="bold")


def _set_scale(axes: Axes, scale: Scale, *, ticks: int) -> None:
    axes.grid(visible=True, axis="x")
    if scale.logarithmic:
        axes.set_xscale("log")
        axes.set_xlim(scale.least, scale.most * 2)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: f"{at:,.10g}"))
        return
    axes.xaxis.set_major_locator(MaxNLocator(ticks, steps=[1, 2, 2.5, 5, 10]))
    axes.set_xlim(scale.least, scale.most + 0.12 * (scale.most - scale.least))


def _legend(plot: Bars, figure: Figure) -> None:
    """What the colours mean; where ours have another, how dark they are."""
    names = [each.name for each in plot.series]
    hues = (
        [shade(NEUTRAL, n) for n in range(len(names))]
        if _by_label(plot)
        else [shade(hue, 0) for hue in colours(names)]
    )
    figure.legend(
        handles=[
            Patch(color=hue, label=name) for hue, name in zip(hues, names, strict=True)
        ],
        loc="outside lower left",
        ncols=min(3, len(names)),
    )


def _by_label(plot: Bars) -> bool:
    """Whether it is the group that tells ours from others, and not the series."""
    return len({is_ours(label) for label in plot.labels}) > 1


def _name_axes(panels: Any, count: int) -> None:
    """Only those with no panel below are named by their ticks."""
    columns = panels.shape[1]
    for n, axes in enumerate(panels.flat):
        axes.tick_params(axis="x", labelbottom=n < count <= n + columns)
