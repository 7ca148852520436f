"""One picture after the other, for all who watch, and none when nobody does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Protocol

import attrs
from twisted.internet.defer import CancelledError, maybeDeferred

from heartbeat import events
from heartbeat.graph.collector import uncollected
from heartbeat.graph.live.album import Album
from heartbeat.graph.live.frames import difference
from heartbeat.graph.live.history import History
from heartbeat.graph.live.rows import LONGEST

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from twisted.internet.defer import Deferred
    from twisted.python.failure import Failure

    from heartbeat.clock import ScopedClock
    from heartbeat.graph.live.rows import Rows
    from heartbeat.graph.model import Snapshot


__all__ = ["LEAST", "MOST", "NOTES", "SHARE", "SLICE", "Recorder", "Told"]

LEAST = 1.0
"""Seconds from one picture to the next, at least."""

MOST = 30.0
"""Seconds to the next picture, at most, however dear one is."""

SHARE = 0.02
"""The part of the reactor's time that pictures take, up to `MOST`."""

SLICE = 0.004
"""Seconds of work at a time, before the program has its turn."""

NOTES = 20
"""Notes of a snapshot that are shown."""


class Told(Protocol):
    """Who wants to know of each picture."""

    def tell(self) -> None:
        """There is one."""


class Recorder:
    """Takes pictures while there are watchers.

    Args:
        clock: The scope in which it works; it ends with it.
        source: Takes a snapshot.
        share: The part of the reactor's time it may use.

    Attributes:
        album: The pictures.
        history: What happened to each connection.
        watchers: Those who are told of each picture.
    """

    def __init__(
        self,
        clock: ScopedClock,
        source: Callable[[], Deferred[Snapshot]],
        share: float = SHARE,
    ) -> None:
        self.album = Album()
        self.history = History()
        self.watchers: dict[Told, None] = {}
        self._clock = clock
        self._source = source
        self._share = share
        self._working: Deferred[None] | None = None
        self._not_before = clock.seconds()
        self._in_trouble = False

    def join(self, watcher: Told) -> None:
        """Tell *watcher* of each picture: its ``tell()`` is called."""
        self.watchers[watcher] = None
        if self._working is None:
            self._working = self._clock.run(self._work())
            self._working.addErrback(_cancelled)

    def leave(self, watcher: Told) -> None:
        """No more; after the last one, no work is left behind."""
        self.watchers.pop(watcher, None)
        if not self.watchers and self._working is not None:
            working, self._working = self._working, None
            working.cancel()

    async def _work(self) -> None:
        while True:
            await self._clock.sleep(max(0.0, self._not_before - self._clock.seconds()))
            # In case that nobody waits for this one, and somebody comes at once.
            self._pause(LEAST)
            try:
                snapshot = await maybeDeferred(self._source)
            except CancelledError:
                raise
            except Exception as trouble:  # noqa: BLE001 - whatever it is, we go on
                self._failed(trouble)
            else:
                await self._draw(snapshot)
            for watcher in list(self.watchers):
                watcher.tell()

    async def _draw(self, snapshot: Snapshot) -> None:
        """Make a picture of it."""
        noted = self.history.noted
        rows, changes, spent = await self._compare(snapshot)
        cost = snapshot.took + spent
        pause = min(MOST, max(LEAST, cost / self._share))
        self._pause(pause)
        facts = {"cost": round(cost, 4), "pause": round(pause, 2)}
        facts |= {"events": self.history.noted - noted, **_facts(snapshot)}
        self._in_trouble = False
        self.album.add(snapshot, rows, facts, changes)

    async def _compare(
        self, snapshot: Snapshot
    ) -> tuple[Rows, tuple[bytes, ...], float]:
        """The rows of it, the frames that lead there, and the seconds that took.

        The program has its turn every now and then.
        """
        steps = difference(self.album.picture.rows, snapshot, self.history)
        changes: list[bytes] = []
        spent = 0.0
        while True:
            began_at = time.perf_counter()
            rows = _slice(steps, changes, began_at + SLICE)
            spent += time.perf_counter() - began_at
            if rows is not None:
                return rows, tuple(changes), spent
            await self._clock.sleep(0)

    def _pause(self, seconds: float) -> None:
        self._not_before = self._clock.seconds() + seconds

    def _failed(self, trouble: Exception) -> None:
        """The last picture stays, and the page says why there is no new one."""
        if not self._in_trouble:
            events.report("no snapshot could be taken for the live page")
        self._in_trouble = True
        last = self.album.picture
        facts = last.facts | {"trouble": type(trouble).__name__, "events": 0}
        self.album.add(last.snapshot, last.rows, facts)


def _slice(
    steps: Generator[bytes | None, None, Rows], changes: list[bytes], until: float
) -> Rows | None:
    """Go on until that time; the rows, if it is done."""
    with uncollected():
        try:
            while time.perf_counter() < until:
                step = next(steps)
                if step is not None:
                    changes.append(step)
        except StopIteration as over:
            rows: Rows = over.value
            return rows
    return None


def _facts(snapshot: Snapshot) -> dict[str, Any]:
    """What is shown of a snapshot that is no row."""
    return {
        "taken_at": snapshot.taken_at,
        "process": attrs.asdict(snapshot.process),
        "threads": attrs.asdict(snapshot.threads),
        "unowned": snapshot.unowned_sockets,
        "longest": round(snapshot.longest, 4),
        "notes": [note[:LONGEST] for note in snapshot.notes[:NOTES]],
    }


def _cancelled(failure: Failure) -> None:
    failure.trap(CancelledError)
