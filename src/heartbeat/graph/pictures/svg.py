"""A snapshot as a drawing: listening ports, connections, pending calls.

Strays are in a red lane at the top. The drawing needs nothing else: no font, no
script, no style sheet. It suits light and dark surroundings by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from heartbeat.graph.pictures import facts
from heartbeat.graph.pictures.grouping import arrange
from heartbeat.graph.pictures.labels import Names, counted
from heartbeat.graph.pictures.marks import LIMIT, missing
from heartbeat.graph.pictures.svg_boxes import draw
from heartbeat.graph.pictures.svg_layout import COLUMNS, MARGIN, WIDTH, lay_out
from heartbeat.graph.pictures.svg_style import STYLE
from heartbeat.graph.pictures.svg_text import element, fitted, width_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heartbeat.graph.model import Snapshot
    from heartbeat.graph.pictures.arrangement import Arrangement
    from heartbeat.graph.pictures.svg_layout import Layout, Line

__all__ = ["to_svg"]

TOP = 92.0
"""Where the boxes begin."""

ROW = 20.0
SMALL = 11.5
"""Of what stands below the boxes: from line to line, and the font."""

_NAMES = ("Listening", "Connections", "Pending calls")

_LEGEND = {
    "solid": "will touch it",
    "dashed": "may touch it: a hint only",
    "dotted": "through something shared",
}


def to_svg(
    snapshot: Snapshot,
    *,
    group: bool | None = None,
    only: str | None = None,
    limit: int = LIMIT,
) -> str:
    """Draw a snapshot as SVG.

    Args:
        snapshot: What to draw.
        group: Whether equal calls and connections share a box; None for: if there
            are more than 50.
        only: A verdict: nothing but these calls and what they reach.
        limit: The most boxes in a column.

    Raises:
        UnknownWordError: *only* is no verdict.
    """
    arrangement = arrange(snapshot, group=group, only=only, limit=limit)
    names = Names.of(snapshot)
    return "\n".join(_drawing(arrangement, names)) + "\n"


def _drawing(arrangement: Arrangement, names: Names) -> Iterator[str]:
    layout = lay_out(arrangement, names, TOP)
    legend = _legend(layout)
    notes = [*missing(arrangement), *facts.surroundings(arrangement.snapshot)]
    rows = bool(legend) + len(notes)
    height = layout.bottom + ROW * rows + MARGIN
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="hb" role="img" '
        f'viewBox="0 0 {WIDTH:g} {height:g}" width="{WIDTH:g}" height="{height:g}" '
        'aria-labelledby="hb-title hb-desc">'
    )
    snapshot = arrangement.snapshot
    heading = facts.heading(snapshot.process, names)
    yield f'<title id="hb-title">{escape(heading)}</title>'
    yield f'<desc id="hb-desc">{escape(_description(snapshot, names))}</desc>'
    yield f"<style>{STYLE}</style>"
    yield (
        f'<rect class="page" x=".5" y=".5" width="{WIDTH - 1:g}" '
        f'height="{height - 1:g}" rx="10"/>'
    )
    yield from _heading(snapshot, names)
    yield from _lane(layout, snapshot)
    yield from _columns(layout)
    for line in layout.lines:
        yield from _line(line)
    for box in layout.boxes:
        yield from draw(box)
    yield from _footer(legend, notes, layout.bottom)
    yield "</svg>"


def _description(snapshot: Snapshot, names: Names) -> str:
    strays = [f"{names.short(t.function)} {facts.when(t)}" for t in snapshot.strays()]
    stray = f" Stray calls: {'; '.join(strays[:10])}." if strays else ""
    return f"{', '.join(facts.counts(snapshot))}.{stray}"


def _heading(snapshot: Snapshot, names: Names) -> Iterator[str]:
    strays, *others = facts.counts(snapshot)
    tone = "red" if snapshot.strays() else "green"
    badge = width_of(strays, 15, bold=True)
    room = WIDTH - 2 * MARGIN - badge - 40
    head = fitted(facts.heading(snapshot.process, names), room, 18, bold=True)
    yield element(head, COLUMNS[0][0], 42, 18, "s b")
    yield element(strays, WIDTH - 40, 42, 15, f"s b {tone}", end=True)
    said = " · ".join([*others, facts.versions(snapshot.process)])
    room = WIDTH - 80
    yield element(fitted(said, room, 12), COLUMNS[0][0], 66, 12, "s dim")


def _lane(layout: Layout, snapshot: Snapshot) -> Iterator[str]:
    if layout.lane is None:
        return
    top, height = layout.lane
    yield (
        f'<rect class="lane" x="{MARGIN:g}" y="{top:g}" '
        f'width="{WIDTH - 2 * MARGIN:g}" height="{height:g}" rx="8"/>'
    )
    strays = len(snapshot.strays())
    x = COLUMNS[0][0]
    yield element("Stray", x, top + 32, 20, "s b red")
    many = strays != 1
    said = [
        f"{counted(strays, 'call')} still pending,",
        f"{'their connections are' if many else 'but its connection is'} gone",
    ]
    for index, line in enumerate(said):
        yield element(line, x, top + 56 + 18 * index, 13, "s")
    names = [None, "Gone", "Will run all the same"]
    for name, (left, _) in zip(names, COLUMNS, strict=True):
        if name is not None:
            yield element(name, left, top + 32, 13, "s b red")


def _columns(layout: Layout) -> Iterator[str]:
    if layout.body is not None:
        for name, (left, _) in zip(_NAMES, COLUMNS, strict=True):
            yield element(name, left, layout.body, 13, "s b dim")


def _line(line: Line) -> Iterator[str]:
    """A curve that leaves and arrives level, and a point where it arrives."""
    x1, y1 = line.start.x, line.start.middle
    x2, y2 = line.end.x + line.end.width, line.end.middle
    point = 0 if line.classes == "tie" else 7
    bend = min((x1 - x2) / 2, 60.0)
    yield (
        f'<path class="link {line.classes}" d="M{x1:g} {y1:g}C{x1 - bend:g} {y1:g} '
        f'{x2 + bend:g} {y2:g} {x2 + point:g} {y2:g}"/>'
    )
    if point:
        stray = " stray" if "stray" in line.classes else ""
        yield (f'<path class="tip{stray}" d="M{x2 + 1:g} {y2:g}l8-4.5v9z"/>')


def _legend(layout: Layout) -> list[tuple[str, str]]:
    """The kinds of lines that there are, and what they mean."""
    used = {line.classes.split()[0] for line in layout.lines}
    return [(style, text) for style, text in _LEGEND.items() if style in used]


def _footer(
    legend: list[tuple[str, str]], notes: list[str], top: float
) -> Iterator[str]:
    x, y = COLUMNS[0][0], top
    if legend:
        y += ROW
        for style, text in legend:
            yield f'<path class="link {style}" d="M{x:g} {y - 4:g}h30"/>'
            yield element(text, x + 38, y, SMALL, "s dim")
            x += 38 + width_of(text, SMALL) + 24
    for note in notes:
        y += ROW
        text = fitted(note, WIDTH - 80, SMALL)
        yield element(text, COLUMNS[0][0], y, SMALL, "s dim")
