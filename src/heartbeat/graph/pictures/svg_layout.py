"""Where the boxes of a drawing go: three columns, the strays in a lane at the top.

The graph is nearly a forest: a port has connections, and a connection has calls. So
each connection takes a row as high as its calls, and each port as many rows as it has
connections. What leads elsewhere as well is a line across.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from heartbeat.graph.pictures.svg_boxes import ends_box, service_box, work_box

if TYPE_CHECKING:
    from collections.abc import Iterable

    from heartbeat.graph.pictures.arrangement import Arrangement, Ends, Work
    from heartbeat.graph.pictures.labels import Names
    from heartbeat.graph.pictures.svg_boxes import Box

__all__ = ["COLUMNS", "MARGIN", "WIDTH", "Layout", "Line", "lay_out"]

WIDTH = 1180.0
MARGIN = 24.0

COLUMNS = ((40.0, 235.0), (345.0, 350.0), (765.0, 375.0))
"""The left side and the width of each: what listens, connections, calls."""

GAP = 12.0
"""Between boxes."""

LANE = 52.0
"""From the top of the lane to its first box."""

SERVICES = 40
"""The most that are drawn."""

HEADING = 30.0
"""What the names of the columns take."""


@attrs.frozen
class Line:
    """From the left side of one box to the right side of another.

    Attributes:
        start: The one at the right.
        end: The one at the left.
        classes: Of the style sheet.
    """

    start: Box
    end: Box
    classes: str


@attrs.define(eq=False)
class Layout:
    """Boxes in their places.

    Attributes:
        boxes: All of them.
        lines: All of them.
        lane: The top and the height of the lane of strays; None without strays.
        body: The base line of the names of the columns; None without boxes below.
        bottom: Where the drawing may go on.
    """

    boxes: list[Box] = attrs.Factory(list)
    lines: list[Line] = attrs.Factory(list)
    lane: tuple[float, float] | None = None
    body: float | None = None
    bottom: float = 0.0


def lay_out(arrangement: Arrangement, names: Names, top: float) -> Layout:
    """Make all boxes and put them in their places, from *top* on."""
    return _Builder(arrangement, names, top).build()


class _Builder:
    def __init__(self, arrangement: Arrangement, names: Names, top: float) -> None:
        self._all = arrangement
        self._names = names
        self._ends: dict[int, Box] = {}
        self._work: dict[int, Box] = {}
        self._services: dict[str, Box] = {}
        self._layout = Layout()
        # Where each column may go on.
        self._bottoms = [top, top, top]

    def build(self) -> Layout:
        self._lane()
        start = self._level(HEADING)
        for ends in self._all.ends:
            if ends.is_listening:
                self._port(ends)
        self._row(self._all.ends)
        self._rest_of_services()
        self._calls(self._all.work)
        if max(self._bottoms) > start:
            self._layout.body = start - GAP
        self._draw_lines()
        self._layout.bottom = max(self._bottoms)
        self._layout.boxes += [
            *self._ends.values(),
            *self._work.values(),
            *self._services.values(),
        ]
        return self._layout

    def _level(self, more: float = 0.0) -> float:
        """All columns go on at the same height."""
        self._bottoms = [max(self._bottoms) + more] * 3
        return self._bottoms[0]

    def _lane(self) -> None:
        """The strays, each beside the connection that is gone."""
        top = self._bottoms[0]
        strays = [work for work in self._all.work if work.is_stray]
        if not strays:
            return
        self._level(LANE)
        for stray in strays:
            reached = [e.ends for e in self._all.edges_of[stray.number]]
            gone = [self._all.ends[n] for n in reached]
            self._row([ends for ends in gone if ends.first.is_gone], strays=True)
        self._calls(strays)
        # What is said at its left needs room, too.
        self._bottoms[0] = top + LANE + LANE
        bottom = self._level(GAP / 2)
        self._layout.lane = (top, bottom - top)
        self._level(GAP)

    def _port(self, ends: Ends) -> None:
        """A port beside what it accepted."""
        accepted = self._all.accepted.get(ends.number, ())
        if accepted or self._calls_of(ends, strays=False):
            self._level()
        self._put(ends, 0)
        self._row(accepted)
        self._calls(self._calls_of(ends, strays=False))

    def _row(self, several: Iterable[Ends], *, strays: bool = False) -> None:
        """Connections below each other, each with its calls beside it."""
        for ends in several:
            if ends.number in self._ends:
                continue
            calls = self._calls_of(ends, strays=strays)
            if calls:
                self._bottoms[1:] = [max(self._bottoms[1:])] * 2
            self._put(ends, 1)
            self._calls(calls)

    def _calls_of(self, ends: Ends, *, strays: bool) -> list[Work]:
        """Those that have no box yet."""
        edges = self._all.edges_to[ends.number]
        found = [self._all.work[edge.work] for edge in edges]
        return [w for w in found if w.is_stray is strays and w.number not in self._work]

    def _calls(self, several: Iterable[Work]) -> None:
        for work in several:
            if work.number not in self._work:
                box = work_box(work, self._names, COLUMNS[2][1])
                self._work[work.number] = self._place(box, 2)

    def _put(self, ends: Ends, column: int) -> None:
        box = ends_box(ends, self._names, COLUMNS[column][1])
        self._ends[ends.number] = self._place(box, column)

    def _place(self, box: Box, column: int) -> Box:
        box.x, box.y = COLUMNS[column][0], self._bottoms[column]
        self._bottoms[column] += box.height + GAP + 6.0 * box.stacked
        return box

    def _rest_of_services(self) -> None:
        """Services at the left, each beside the call that tries again."""
        numbers = {m.id: work for work in self._all.work for m in work.members}
        for service in self._all.services[:SERVICES]:
            retry = numbers.get(service.timer or "")
            if retry is not None and retry.number not in self._work:
                self._level()
                self._calls([retry])
            box = self._place(service_box(service, self._names, COLUMNS[0][1]), 0)
            self._services[service.id] = box
            if retry is not None:
                self._add_line(self._work[retry.number], box, "solid")
            end = self._all.number_of.get(service.connection or "")
            if end is not None:
                self._add_line(self._ends[end], box, "tie")

    def _draw_lines(self) -> None:
        for port, several in self._all.accepted.items():
            for ends in several:
                self._add_line(self._ends[ends.number], self._ends[port], "tie")
        for edge in self._all.edges:
            stray = " stray" if self._all.work[edge.work].is_stray else ""
            start, end = self._work[edge.work], self._ends[edge.ends]
            self._add_line(start, end, edge.style + stray)

    def _add_line(self, start: Box, end: Box, classes: str) -> None:
        self._layout.lines.append(Line(start, end, classes))
