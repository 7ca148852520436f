"""The directive ``state-diagram``: a picture and a table of a transition table.

    ```{state-diagram} heartbeat.states
    ```

draws ``TRANSITIONS`` of the named module, so that the picture cannot differ from the
program. It is SVG written into the page: no program and no script is needed to see
it, and it takes the colours of the page's theme, light or dark.

An event that leads from every other state to one and the same state is not drawn as
an arrow from each of them but said once, below the picture.
"""

from __future__ import annotations

import enum
import html
import importlib
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from docutils import nodes
from docutils.parsers.rst import Directive
from sphinx.errors import ExtensionError

if TYPE_CHECKING:
    from sphinx.application import Sphinx

Table = Mapping[enum.Enum, Mapping[enum.Enum, enum.Enum]]

PLACES = {
    "OFF": (0, 1),
    "ALIVE": (1, 1),
    "ASKED": (2, 1),
    "SUSPECT": (3, 1),
    "LOST": (4, 1),
    "HELD": (1.5, 0),
}
"""Where each state stands: column from the left, row from the top."""

COLUMN, ROW = 200, 190
"""Distance from column to column and from row to row, in pixels."""

BOX = (104, 40)
"""Width and height of a state, in pixels."""

MARGIN = (60, 30)
"""From the left and the top edge to the middle of the first box, in pixels."""

LANES = (56, 58)
"""How far below the boxes the first arrow past a state hangs, and each next one."""

LINE = 17
"""From one line of text to the next, in pixels."""


class Point(NamedTuple):
    """A point of the picture, in pixels from the top left."""

    x: float
    y: float


class Edge(NamedTuple):
    """An arrow; all events that lead the same way share it."""

    source: str
    target: str
    events: tuple[str, ...]


class StateDiagram(Directive):
    """Draw the transition table of the module named by the argument."""

    required_arguments = 1
    has_content = False

    def run(self) -> list[nodes.Node]:
        """The picture, then the same as a table."""
        module = importlib.import_module(self.arguments[0])
        table: Table = module.TRANSITIONS
        picture = f'<figure class="state-diagram">{draw(table)}</figure>'
        return [nodes.raw("", picture, format="html"), tabulate(table)]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("state-diagram", StateDiagram)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def draw(table: Table) -> str:
    """The whole table as SVG."""
    missing = [state.name for state in table if state.name not in PLACES]
    if missing:
        raise ExtensionError(f"no place for {missing} in docs/_ext/state_diagram.py")
    shared = leading_everywhere(table)
    drawn = list(edges(table, shared))
    far = sorted(filter(_is_far, drawn), key=_span)
    width, height = _size(len(far))
    parts = [_near(edge, drawn) for edge in drawn if edge not in far]
    parts += [_far(edge, lane) for lane, edge in enumerate(far)]
    parts += [_box(state.name) for state in table]
    parts += [_note(event, state, height) for event, state in shared.items()]
    title = "States: " + "; ".join(
        f"{edge.source} to {edge.target} on {', '.join(edge.events)}" for edge in drawn
    )
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" fill="currentColor"'
        f' style="max-width: {width}px; width: 100%; color: inherit"'
        ' font-family="inherit" font-size="14" text-anchor="middle">'
        f"<title>{html.escape(title)}</title>{_HEAD}{''.join(parts)}</svg>"
    )


def leading_everywhere(table: Table) -> dict[enum.Enum, enum.Enum]:
    """The events that lead from every state to the same one, and that one."""
    events = {event for row in table.values() for event in row}
    found = {}
    for event in events:
        targets = {row.get(event) for row in table.values()}
        target = targets.pop()
        if not targets and target is not None:
            found[event] = target
    return found


def edges(table: Table, without: Mapping[enum.Enum, enum.Enum]) -> Iterator[Edge]:
    """The arrows, but for the events in *without*."""
    for state, row in table.items():
        events = defaultdict(list)
        for event, target in row.items():
            if event not in without:
                events[target.name].append(event.value)
        for name, values in events.items():
            yield Edge(state.name, name, tuple(values))


def tabulate(table: Table) -> nodes.table:
    """The whole table as a table: a row for each state and event."""
    head = ("In state", "on", "becomes")
    rows = [
        (state.name, event.name, target.name)
        for state, row in table.items()
        for event, target in row.items()
    ]
    group = nodes.tgroup(cols=len(head))
    group += [nodes.colspec(colwidth=1) for _ in head]
    group += nodes.thead("", _row(head))
    group += nodes.tbody("", *(_row(row, code=True) for row in rows))
    return nodes.table("", group, classes=["state-table"])


_HEAD = (
    '<defs><marker id="state-diagram-head" viewBox="0 0 10 10" refX="9" refY="5"'
    ' markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M 0 1 L 10 5 L 0 9 z"/></marker></defs>'
)

_HALO = (
    'stroke="var(--color-background-primary, #fff)" stroke-width="5"'
    ' stroke-linejoin="round" paint-order="stroke"'
)


def _row(cells: tuple[str, ...], *, code: bool = False) -> nodes.row:
    kind = nodes.literal if code else nodes.inline
    return nodes.row(
        "", *(nodes.entry("", nodes.paragraph("", "", kind(c, c))) for c in cells)
    )


def _middle(name: str) -> Point:
    column, row = PLACES[name]
    return Point(MARGIN[0] + column * COLUMN, MARGIN[1] + row * ROW)


def _size(lanes: int) -> tuple[int, int]:
    columns, rows = zip(*PLACES.values(), strict=True)
    lowest = MARGIN[1] + max(rows) * ROW + BOX[1]
    return (
        2 * MARGIN[0] + round(max(columns) * COLUMN),
        lowest + LANES[0] + lanes * LANES[1],
    )


def _span(edge: Edge) -> tuple[float, bool]:
    """How many columns an arrow goes, and whether to the left."""
    columns = PLACES[edge.target][0] - PLACES[edge.source][0]
    return abs(columns), columns < 0


def _is_far(edge: Edge) -> bool:
    """Whether other states stand between the two, in the same row."""
    same_row = PLACES[edge.source][1] == PLACES[edge.target][1]
    return same_row and _span(edge)[0] > 1


def _box(name: str) -> str:
    x, y = _middle(name)
    width, height = BOX
    return (
        f'<rect x="{x - width / 2}" y="{y - height / 2}" width="{width}"'
        f' height="{height}" rx="9" stroke="currentColor" stroke-width="1.5"'
        ' fill="var(--color-background-secondary, #f8f9fb)"/>'
        f'<text x="{x}" y="{y + 5}" font-weight="600">{html.escape(name)}</text>'
    )


def _note(event: enum.Enum, state: enum.Enum, height: float) -> str:
    text = html.escape(f"On {event.value}, every state becomes {state.name}.")
    left = MARGIN[0] - BOX[0] / 2
    return (
        f'<text x="{left}" y="{height - LINE}" text-anchor="start"'
        f' font-style="italic">{text}</text>'
    )


def _near(edge: Edge, drawn: list[Edge]) -> str:
    """A slightly bent arrow, straight if there is none the other way."""
    if edge.source == edge.target:
        return _loop(edge)
    start, end = _middle(edge.source), _middle(edge.target)
    back = any((e.source, e.target) == (edge.target, edge.source) for e in drawn)
    # To the left of its own direction, so that the way back has its own side.
    aside = 52 / math.dist(start, end) if back else 0.0
    bend = Point(
        (start.x + end.x) / 2 + (end.y - start.y) * aside,
        (start.y + end.y) / 2 - (end.x - start.x) * aside,
    )
    start, end = _border(start, bend), _border(end, bend)
    label = Point(
        start.x / 4 + bend.x / 2 + end.x / 4, start.y / 4 + bend.y / 2 + end.y / 4
    )
    path = f"M {_at(start)} Q {_at(bend)} {_at(end)}"
    return _line(path) + _label(label, edge.events)


def _far(edge: Edge, lane: int) -> str:
    """An arrow that hangs below the states between, the deeper the further."""
    start, end = _middle(edge.source), _middle(edge.target)
    # Inside one another: the next lane begins further out at both ends.
    inwards = math.copysign(1, end.x - start.x) * (32 - 24 * lane)
    edge_y = start.y + BOX[1] / 2 + 3
    bottom = edge_y + LANES[0] + lane * LANES[1]
    # A cubic curve goes three quarters of the way to its control points.
    control = edge_y + (bottom - edge_y) / 0.75
    left, right = start.x + inwards, end.x - inwards
    path = (
        f"M {left} {edge_y} C {left} {control:.1f} {right} {control:.1f}"
        f" {right} {edge_y}"
    )
    return _line(path) + _label(Point((left + right) / 2, bottom), edge.events)


def _border(middle: Point, towards: Point) -> Point:
    """Where the line from the *middle* of a box *towards* a point leaves the box."""
    dx, dy = towards.x - middle.x, towards.y - middle.y
    scale = min(
        (BOX[0] / 2 + 3) / abs(dx) if dx else math.inf,
        (BOX[1] / 2 + 3) / abs(dy) if dy else math.inf,
    )
    return Point(middle.x + dx * scale, middle.y + dy * scale)


def _loop(edge: Edge) -> str:
    x, y = _middle(edge.source)
    top = y - BOX[1] / 2 - 3
    path = f"M {x - 34} {top} C {x - 60} {top - 52} {x} {top - 52} {x - 14} {top}"
    return _line(path) + _label(Point(x - 36, top - 48), edge.events)


def _line(path: str) -> str:
    return (
        f'<path d="{path}" fill="none" stroke="currentColor" stroke-width="1.3"'
        ' marker-end="url(#state-diagram-head)"/>'
    )


def _label(at: Point, events: tuple[str, ...]) -> str:
    """The events, one a line, the block's middle at the point."""
    top = at.y + 5 - LINE * (len(events) - 1) / 2
    lines = (
        f'<tspan x="{at.x:.1f}" y="{top + LINE * line:.1f}">{html.escape(event)}</tspan>'
        for line, event in enumerate(events)
    )
    return f"<text {_HALO}>{''.join(lines)}</text>"


def _at(point: Point) -> str:
    return f"{point.x:.1f} {point.y:.1f}"
