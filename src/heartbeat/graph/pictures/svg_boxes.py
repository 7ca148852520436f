"""What stands in the boxes of a drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import attrs

from heartbeat.graph.model import CallVerdict, State, Timer
from heartbeat.graph.pictures import facts
from heartbeat.graph.pictures.labels import place, plain, times
from heartbeat.graph.pictures.svg_text import (
    MONO,
    attribute,
    element,
    fitted,
    packed,
    width_of,
)
from heartbeat.graph.pictures.words import SENTENCES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from heartbeat.graph.model import Endpoint, Service, Task
    from heartbeat.graph.pictures.arrangement import Ends, Work
    from heartbeat.graph.pictures.labels import Names

__all__ = ["Box", "draw", "ends_box", "service_box", "work_box"]

TITLE = 13.0
LINE = 11.5
"""Font sizes, in pixels."""

PADDING = 14.0
FIRST = 21.0
"""From the top of a box to the base line of its title."""

STEP = 17.0
"""From one base line to the next."""

_IDS = 6
"""Ids that a tip names."""

_TONES = {
    State.LISTENING: "good",
    State.CONNECTED: "good",
    State.DISCONNECTED: "gone",
    State.FAILED: "gone",
}
_VERDICT_TONES = {
    CallVerdict.STRAY: "stray",
    CallVerdict.MAYBE_STRAY: "warning",
    CallVerdict.MIXED: "warning",
    CallVerdict.OK: "good",
}


@attrs.define(eq=False)
class Box:
    """A box, and where it is once that was decided.

    Attributes:
        title: Its first line.
        corner: What stands at the right end of that.
        lines: What is below.
        tone: A class of the style sheet: of the bar at its left.
        tip: All that there is to know, a line each.
        find: The word by which a table has it.
        stacked: Whether it stands for several.
        width: In pixels.
        x: The left side.
        y: The top.
    """

    title: str
    corner: str
    lines: Sequence[str]
    tone: str
    tip: Sequence[str]
    find: str
    stacked: bool
    width: float
    x: float = 0.0
    y: float = 0.0

    @property
    def height(self) -> float:
        """In pixels."""
        return FIRST + STEP * len(self.lines) + 12.0

    @property
    def middle(self) -> float:
        """Where lines begin and end: the same for high and low ones."""
        return self.y + FIRST + 4.0


def ends_box(ends: Ends, names: Names, width: float) -> Box:
    """A port, a connection, or several."""
    first, many = ends.first, len(ends.members) > 1
    name = facts.name_of(first, names)
    state = [] if ends.is_listening else [first.state.value]
    kind = [each for each in [facts.kind(first)] if each]
    if many:
        said = [facts.of_many(ends.members)]
        where = _ids(ends.members)
    else:
        said = facts.connection_facts(first, names)
        where = facts.address(first)
    room = width - 2 * PADDING
    told = [each for each in (*state, *kind, where) if each]
    lines = packed(told, room, LINE, 1)
    lost = [] if many else [facts.lost(first)]
    lines += packed([each for each in (*lost, *said) if each], room, LINE, 3)
    return Box(
        title=times(len(ends.members), name) if many else name,
        corner="" if many else plain(first.id),
        lines=lines,
        tone=_TONES.get(first.state, "warning"),
        tip=_end_tip(first, names) if not many else [_ids(ends.members), *said],
        find=plain(first.protocol or first.id),
        stacked=many,
        width=width,
    )


def work_box(work: Work, names: Names, width: float) -> Box:
    """A call or a task, or several."""
    many = len(work.members) > 1
    name = names.short(work.function)
    return Box(
        title=times(len(work.members), name) if many else name,
        corner="" if many else plain(work.first.id),
        lines=_work_lines(work, names, width - 2 * PADDING),
        tone=_tone_of(work.verdict),
        tip=list(_work_tip(work, names)),
        find=plain(work.function),
        stacked=many,
        width=width,
    )


def service_box(service: Service, names: Names, width: float) -> Box:
    """A ``ClientService``."""
    said = facts.service_facts(service, names)
    return Box(
        title=names.short(service.factory) or "ClientService",
        corner=plain(service.id),
        lines=packed(["service", *said], width - 2 * PADDING, LINE, 2),
        tone="quiet",
        tip=["ClientService", *said],
        find=plain(service.id),
        stacked=False,
        width=width,
    )


def draw(box: Box) -> Iterator[str]:
    """The elements of a box."""
    x, y, width, height = box.x, box.y, box.width, box.height
    yield f'<g class="box {box.tone}" data-find={attribute(box.find)}>'
    yield from _tip(box)
    for offset in (8.0, 4.0) if box.stacked else ():
        yield _rectangle("card", x + offset, y + offset, width - offset, height)
    wide = width - 8.0 if box.stacked else width
    yield _rectangle("card", x, y, wide, height)
    curve = f"a6 6 0 0 0-6 6v{height - 12:g}a6 6 0 0 0 6 6z"
    yield f'<path class="bar" d="M{x + 6:g} {y:g}{curve}"/>'
    left, right = x + PADDING, x + wide - PADDING + 2
    corner = width_of(box.corner, LINE, MONO) + 10 if box.corner else 0.0
    title = fitted(box.title, right - left - corner, TITLE, MONO, bold=True)
    yield element(title, left, y + FIRST, TITLE, "m b title")
    if box.corner:
        shown = fitted(box.corner, (right - left) / 2, LINE, MONO)
        yield element(shown, right, y + FIRST, LINE, "m dim", end=True)
    for index, line in enumerate(box.lines, 1):
        tone = "s state" if index == 1 else "s dim"
        yield element(line, left, y + FIRST + STEP * index, LINE, tone)
    yield "</g>"


def _rectangle(classes: str, x: float, y: float, width: float, height: float) -> str:
    return (
        f'<rect class="{classes}" x="{x:g}" y="{y:g}" width="{width:g}" '
        f'height="{height:g}" rx="6"/>'
    )


def _tip(box: Box) -> Iterator[str]:
    lines = [box.title, *(line for line in box.tip if line)]
    yield f"<title>{escape(chr(10).join(lines))}</title>"


def _tone_of(verdict: CallVerdict | None) -> str:
    return "quiet" if verdict is None else _VERDICT_TONES.get(verdict, "quiet")


def _work_lines(work: Work, names: Names, room: float) -> list[str]:
    """When and where; then where it was made, or whose it is."""
    first, call = work.first, work.call
    again = (
        ["first " * (len(work.members) > 1) + facts.when(call)] if call else ["task"]
    )
    site = [] if first.site is None else [place(first.site).rpartition("/")[2]]
    lines = packed([*again, *site], room, LINE, 1)
    more = []
    if call is not None and call.created is not None:
        where = place(call.created).rpartition("/")[2]
        function = plain(call.created.function)
        more = [f"made at {where} in {function}" if function else f"made at {where}"]
    elif call is not None:
        owner = names.phrase(work.owner or "")
        more = [word for word in (facts.judged(call, owner), owner) if word]
    return lines + packed(more, room, LINE, 1)


def _end_tip(end: Endpoint, names: Names) -> list[str]:
    layers = " over ".join(plain(layer) for layer in end.layers)
    return [
        plain(f"{end.id}: {end.protocol}, {end.kind.value}, {end.state.value}"),
        plain(f"{end.local} - {end.peer}" if end.peer else end.local),
        f"over {layers}" if layers else "",
        facts.lost(end),
        *facts.connection_facts(end, names),
    ]


def _work_tip(work: Work, names: Names) -> Iterator[str]:
    first = work.first
    yield plain(work.function)
    if len(work.members) > 1:
        yield _ids(work.members)
    if isinstance(first, Timer):
        yield f"{first.verdict.value}: {SENTENCES[first.verdict]}"
        yield from facts.call_facts(first)
    for link in first.links[:_IDS]:
        yield f"{facts.way(link, names)} → {plain(link.target or link.owner or '')}"


def _ids(members: Sequence[Endpoint | Timer | Task]) -> str:
    some = [plain(each.id) for each in members[:_IDS]]
    return ", ".join(some) + ", …" * (len(members) > _IDS)
