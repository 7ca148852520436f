"""What the page is told of an endpoint, call, service or task: one flat row each.

A row changes only if the program does: durations become points in time, which stand
still while a call counts down or a peer is silent. So idle connections cost nothing to
watch. The rest of what is known is asked for one thing at a time; see
`heartbeat.graph.live.details`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat.graph.model import Endpoint, Link, Service, Snapshot, Task, Timer

__all__ = [
    "AGREEING",
    "COLUMNS",
    "ENDPOINT",
    "LINKS",
    "LONGEST",
    "SERVICE",
    "STEPS",
    "TASK",
    "TIMER",
    "Row",
    "Rows",
    "column",
    "row_of",
    "settled",
    "things",
]

Row = tuple[Any, ...]
"""The first value says which of `COLUMNS` name the others."""

Rows = dict[str, Row]
"""By id."""

ENDPOINT, TIMER, SERVICE, TASK = "e", "t", "v", "a"

COLUMNS: dict[str, tuple[str, ...]] = {
    ENDPOINT: (
        *("table", "kind", "state", "protocol", "local", "peer", "parent", "factory"),
        *("reading", "writing", "paused", "buffered", "heard", "watch", "asked"),
        *("answered", "verdict", "lost", "reason", "opened"),
    ),
    TIMER: (
        *("table", "name", "site", "due", "repeat", "source", "verdict", "links"),
        *("more", "created", "origin", "expected"),
    ),
    SERVICE: (*("table", "state", "name", "factory", "failed", "timer", "connection"),),
    TASK: ("table", "label", "name", "site", "links", "more"),
}
"""The names of the values of a row; the page is given them and knows no numbers."""

AGREEING = 0.1
"""Seconds by which a point in time may seem to move from one snapshot to the next
before it is said to have moved."""

LONGEST = 300
"""Characters of a text."""

LINKS = 3
"""Links of a call, the surest; `details` has more."""

STEPS = 12
"""Steps of a path."""


def column(table: str, name: str) -> int:
    """Where that value is in a row."""
    return COLUMNS[table].index(name)


_MOMENTS = {
    ENDPOINT: tuple(column(ENDPOINT, name) for name in ("heard", "lost", "opened")),
    TIMER: (column(TIMER, "due"),),
    SERVICE: (),
    TASK: (),
}


def things(snapshot: Snapshot) -> list[Endpoint | Timer | Service | Task]:
    """All that gets a row."""
    return [
        *snapshot.endpoints,
        *snapshot.timers,
        *snapshot.services,
        *snapshot.tasks,
    ]


def row_of(thing: Endpoint | Timer | Service | Task, taken_at: float) -> Row:
    """The row of it, durations counted from *taken_at*, seconds since 1970."""
    # By name: the classes would have to be imported, and isinstance is slower.
    make: Callable[[Any, float], Row] = _MAKERS[type(thing).__name__]
    return make(thing, taken_at)


def settled(row: Row, before: Row) -> Row:
    """*row*, with the points in time of *before* where they agree."""
    if row == before or row[0] != before[0]:
        return row
    values = list(row)
    for place in _MOMENTS[row[0]]:
        new, old = row[place], before[place]
        if new is not None and old is not None and abs(new - old) < AGREEING:
            values[place] = old
    return tuple(values)


def _endpoint(endpoint: Endpoint, taken_at: float) -> Row:
    kernel, watch = endpoint.kernel, endpoint.keepalive
    return (
        ENDPOINT,
        endpoint.kind.value,
        endpoint.state.value,
        _clip(endpoint.protocol),
        _clip(endpoint.local),
        _clip(endpoint.peer),
        endpoint.parent,
        _clip(endpoint.factory),
        endpoint.reading,
        endpoint.writing,
        endpoint.paused,
        endpoint.buffered,
        None if kernel is None else _moment(taken_at, kernel.heard_ago, -1),
        None if watch is None else watch.state,
        0 if watch is None else watch.asked,
        0 if watch is None else watch.answered,
        None if watch is None else watch.verdict,
        _moment(taken_at, endpoint.lost_ago, -1),
        _clip(endpoint.lost_reason),
        _moment(taken_at, endpoint.opened_ago, -1),
    )


def _timer(timer: Timer, taken_at: float) -> Row:
    return (
        TIMER,
        _clip(timer.function),
        None if timer.site is None else _clip(str(timer.site)),
        _moment(taken_at, timer.due, 1),
        timer.repeat,
        timer.source.value,
        timer.verdict.value,
        tuple([_link(link) for link in timer.links[:LINKS]]),
        max(0, len(timer.links) - LINKS),
        None if timer.created is None else _clip(str(timer.created)),
        timer.origin,
        _clip(timer.expected),
    )


def _service(service: Service, _: float) -> Row:
    return (
        SERVICE,
        _clip(service.state),
        _clip(service.endpoint),
        _clip(service.factory),
        service.failed_attempts,
        service.timer,
        service.connection,
    )


def _task(task: Task, _: float) -> Row:
    return (
        TASK,
        _clip(task.name),
        _clip(task.coroutine),
        None if task.site is None else _clip(str(task.site)),
        tuple([_link(link) for link in task.links[:LINKS]]),
        max(0, len(task.links) - LINKS),
    )


def _link(link: Link) -> Row:
    """Target, owner, strength, sharers, path."""
    path = tuple([_clip(step) for step in link.path[:STEPS]])
    owner = _clip(link.owner)
    return (link.target, owner, link.strength.value, link.sharers, path)


def _clip(text: str | None) -> str | None:
    if text is None or len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"


def _moment(taken_at: float, seconds: float | None, direction: int) -> float | None:
    if seconds is None or not math.isfinite(seconds):
        return None
    return round(taken_at + direction * seconds, 2)


_MAKERS: dict[str, Any] = {
    "Endpoint": _endpoint,
    "Timer": _timer,
    "Service": _service,
    "Task": _task,
}
