"""Two plots: all results at a glance, and the time of each against its bound."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from benchmarks.faults.candidates import CANDIDATES, OURS
from benchmarks.faults.cells import SIGNS
from benchmarks.faults.judging import Mark
from benchmarks.faults.running import transports_of
from benchmarks.faults.table import FAULTS
from benchmarks.plot_style import DARK, GREY, MARKERS, RULES, WIDTH, colours
from benchmarks.plots import lay_card

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes

    from benchmarks.faults.judging import Result

__all__ = ["COLUMNS", "draw_overview", "draw_times"]

COLUMNS = [
    (name, transport)
    for name, each in CANDIDATES.items()
    for transport in each.transports
]
"""Candidate and transport."""

COLOURS = {
    Mark.RIGHT: "#b7dfcf",
    Mark.LEFT_OVER: "#f4e3a1",
    Mark.LATE: "#f2c879",
    Mark.KEPT: "#b5473c",
    Mark.GIVEN_UP: "#7d3c78",
    Mark.WRONG_KIND: "#d55e00",
    Mark.UNABLE: "#dfe3e9",
    Mark.FAILED: "#4d4d4d",
}
"""Light is right; nobody has to tell colours apart: each square has a word."""

MEANINGS = {
    Mark.RIGHT: "right, and in time",
    Mark.LATE: "dead, found late",
    Mark.KEPT: "dead, not found",
    Mark.GIVEN_UP: "alive, but lost",
    Mark.WRONG_KIND: "wrong verdict",
    Mark.LEFT_OVER: "right, something left over",
    Mark.UNABLE: "cannot, or promises none",
    Mark.FAILED: "not played",
}

NOT_ASKED = "not asked"

EMPTY = "#d5d9e0"
"""Of the frame of such a square."""

ROW, LANES = 0.235, 0.38
"""Inches: a row of squares, and one of points."""

MOST = 3.0
"""Where the axis of times ends: so many times the bound."""


def draw_overview(results: Sequence[Result], path: Path) -> None:
    """A square for each fault and candidate."""
    known = {each.key: each for each in results}
    shown = [name for name in FAULTS if any(each.fault == name for each in results)]
    title = "Every fault, every candidate"
    with mpl.rc_context(RULES):
        figure = Figure(figsize=(WIDTH, 1.9 + ROW * len(shown)), layout="constrained")
        axes = figure.add_subplot()
        for y, name in enumerate(shown):
            for x, (candidate, transport) in enumerate(COLUMNS):
                result = known.get(
                    (name, candidate, _played(name, candidate, transport))
                )
                if result is not None:
                    _square(axes, x, y, result.mark)
                else:
                    _empty(axes, x, y)
        _label(axes, [FAULTS[name].title for name in shown])
        axes.set_xlim(-0.5, len(COLUMNS) - 0.5)
        axes.set_xticks(range(len(COLUMNS)), [_heading(*each) for each in COLUMNS])
        axes.tick_params(axis="x", labelrotation=38, top=True, labeltop=True)
        axes.tick_params(axis="x", bottom=False, labelbottom=False, length=0)
        for text in axes.get_xticklabels():
            text.set(ha="left", rotation_mode="anchor")
        used = [mark for mark in MEANINGS if any(each.mark is mark for each in results)]
        handles = [Patch(color=COLOURS[mark], label=MEANINGS[mark]) for mark in used]
        handles.append(Patch(facecolor="none", edgecolor=EMPTY, label=NOT_ASKED))
        figure.legend(handles=handles, loc="outside lower left", ncols=3)
        _save(figure, title, path)


def draw_times(results: Sequence[Result], path: Path) -> None:
    """How long it took to find what is dead, as a share of what each promises."""
    dead = [each for each in results if each.promised]
    shown = [name for name in FAULTS if any(each.fault == name for each in dead)]
    title = "Time until a dead connection was given up, against what each promises"
    names = list(CANDIDATES)
    styles = dict(
        zip(names, zip(colours(names), (*MARKERS, "X"), strict=True), strict=True)
    )
    with mpl.rc_context(RULES):
        figure = Figure(figsize=(WIDTH, 1.6 + LANES * len(shown)), layout="constrained")
        axes = figure.add_subplot()
        axes.grid(visible=True, which="major")
        for each in dead:
            _point(axes, each, shown.index(each.fault), styles[each.candidate])
        axes.axvline(1.0, color=DARK, linewidth=1.2, linestyle=(0, (5, 2)))
        axes.axvspan(MOST - 0.2, MOST + 0.2, color="#eef0f4", zorder=0)
        _label(axes, [FAULTS[name].title for name in shown])
        axes.set_xlim(0, MOST + 0.2)
        axes.set_xticks(
            [0, 0.5, 1, 1.5, 2, MOST], ["0", "½", "1", "1½", "2", "not found"]
        )
        axes.set_xlabel("time / the time that the candidate itself promises (dashed)")
        handles = [
            Line2D(
                [], [], color=colour, marker=marker, linestyle="", label=_title(name)
            )
            for name, (colour, marker) in styles.items()
        ]
        figure.legend(handles=handles, loc="outside lower left", ncols=4)
        _save(figure, title, path)


def _square(axes: Axes, x: int, y: int, mark: Mark) -> None:
    colour = COLOURS[mark]
    axes.add_patch(
        Rectangle((x - 0.46, y - 0.44), 0.92, 0.88, facecolor=colour, linewidth=0)
    )
    dark = mark in (Mark.KEPT, Mark.GIVEN_UP, Mark.WRONG_KIND, Mark.FAILED)
    axes.text(
        x,
        y,
        SIGNS.get(mark, ""),
        ha="center",
        va="center",
        fontsize=6 if len(SIGNS.get(mark, "")) > 6 else 6.5,
        color="white" if dark else DARK,
    )


def _empty(axes: Axes, x: int, y: int) -> None:
    axes.add_patch(
        Rectangle(
            (x - 0.46, y - 0.44), 0.92, 0.88, facecolor="none", edgecolor=EMPTY, lw=0.7
        )
    )


def _played(fault: str, candidate: str, transport: str) -> str:
    """Others have one column, over whatever they are played."""
    if candidate == OURS:
        return transport
    return next(iter(transports_of(FAULTS[fault], candidate)), transport)


def _point(axes: Axes, result: Result, y: int, style: tuple[str, str]) -> None:
    colour, marker = style
    seconds, promised = result.seen.seconds, result.promised
    if result.mark in (Mark.UNABLE, Mark.FAILED) or not promised:
        return
    lanes = list(CANDIDATES)
    lane = (lanes.index(result.candidate) - (len(lanes) - 1) / 2) / len(lanes)
    x = MOST if seconds is None else min(MOST - 0.4, max(0.0, seconds) / promised)
    axes.plot(
        [x],
        [y + 0.75 * lane],
        color=colour,
        marker=marker,
        markersize=5 if result.candidate == OURS else 4,
        zorder=4 if result.candidate == OURS else 3,
        clip_on=False,
    )


def _label(axes: Axes, titles: Sequence[str]) -> None:
    axes.set_yticks(
        range(len(titles)),
        [textwrap.shorten(each, 56, placeholder=" …") for each in titles],
    )
    axes.set_ylim(len(titles) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(GREY)


def _heading(candidate: str, transport: str) -> str:
    title = _title(candidate)
    return f"{title}, {transport.upper()}" if candidate == OURS else title


def _title(candidate: str) -> str:
    return CANDIDATES[candidate].title


def _save(figure: Figure, title: str, path: Path) -> None:
    figure.suptitle(title, x=0.025, ha="left", weight="bold")
    lay_card(figure)
    metadata = {"Date": None, "Creator": None, "Title": title}
    figure.savefig(path, format="svg", metadata=metadata)
