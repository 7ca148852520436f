"""What goes over the wire: server-sent events, and the differences they carry.

A picture is sent as ``begin``, some ``rows``, ``patch`` and ``gone``, and ``end``. Each
of these is small, so that building and sending them can be interrupted anywhere; the
page shows the picture when it has the ``end``.

Source:
    https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any

from heartbeat.graph.live.rows import ENDPOINT, row_of, settled, things

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator

    from heartbeat.graph.live.history import History
    from heartbeat.graph.live.rows import Row, Rows
    from heartbeat.graph.model import Endpoint, Service, Snapshot, Task, Timer

__all__ = ["BATCH", "difference", "frame", "whole"]

BATCH = 100
"""Rows in a frame, and things looked at between two chances to stop."""


def frame(event: str, data: object) -> bytes:
    """One server-sent event. JSON in ASCII has no line ends."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return f"event: {event}\ndata: {text}\n\n".encode()


def whole(rows: Rows) -> Iterator[bytes]:
    """All rows, for a page that has none."""
    for some in _batches(rows.items()):
        yield frame("rows", [[key, *row] for key, row in some])


def difference(
    before: Rows, snapshot: Snapshot, history: History
) -> Generator[bytes | None, None, Rows]:
    """What a page that has the rows *before* needs to be told of a snapshot.

    Nothing is changed but *history*, which is told all of it.

    Yields:
        Frames, and None where it may be interrupted as well.

    Returns:
        The rows of the snapshot.
    """
    after: Rows = {}
    for some in _batches(things(snapshot)):
        yield from _compare(before, after, some, snapshot.taken_at, history)
        yield None
    gone = [key for key in before if key not in after]
    for key in gone:
        history.gone(key, before[key], snapshot.taken_at)
    for keys in _batches(gone):
        yield frame("gone", keys)
    return after


def _compare(
    before: Rows,
    after: Rows,
    some: list[Endpoint | Timer | Service | Task],
    at: float,
    history: History,
) -> Iterator[bytes]:
    """The frames for *some* things, whose rows are put into *after*."""
    new, changed = [], []
    for thing in some:
        key, row = thing.id, row_of(thing, at)
        old = before.get(key)
        if old is not None:
            row = settled(row, old)
        after[key] = row
        if row == old:
            after[key] = old  # the same object, so that the new one can go
            continue
        if old is None or old[0] != row[0]:
            old = None
            new.append([key, *row])
        else:
            changed.append(_patch(key, old, row))
        if row[0] == ENDPOINT:
            history.note(key, old, row, at)
    if new:
        yield frame("rows", new)
    if changed:
        yield frame("patch", changed)


def _patch(key: str, old: Row, row: Row) -> list[Any]:
    """The id, then a place and a value for each value that is another one."""
    changes: list[Any] = [key]
    for place, (was, now) in enumerate(zip(old, row, strict=True)):
        if was != now:
            changes += (place, now)
    return changes


def _batches(items: Iterable[Any]) -> Iterator[list[Any]]:
    remaining = iter(items)
    while some := list(islice(remaining, BATCH)):
        yield some
