"""Taking a snapshot: all at once, or in slices between which the reactor goes on.

The steps are the same: list what the reactor has, describe the connections, search from
each call to what it touches, search back for those that led nowhere, and judge. Nothing
of the program is kept when it is over.
"""

from __future__ import annotations

import time
import traceback
from typing import TYPE_CHECKING, Any

import attrs
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from heartbeat.graph import static
from heartbeat.graph.collector import uncollected
from heartbeat.graph.endpoints.census import Census
from heartbeat.graph.endpoints.surroundings import process_of, threads_of
from heartbeat.graph.model import Snapshot
from heartbeat.graph.search.calls import CallSurvey, is_ours
from heartbeat.graph.search.pending import Waiting
from heartbeat.graph.search.tasks import task_of
from heartbeat.graph.tracking.tracker import tracking

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from heartbeat.graph.model import Endpoint, Task
    from heartbeat.graph.tracking.tracker import Tracker

__all__ = ["SLICE", "snapshot", "snapshot_soon"]

SLICE = 0.005
"""Seconds that the reactor is kept busy at a time; a step more may be needed."""


def snapshot(reactor: Any, *, deep: bool = False) -> Snapshot:
    """What *reactor* is doing, now.

    Everything in one go, which takes about 50 microseconds for each connection and
    call: for tests, for small programs, and where nothing else can run. Otherwise see
    `snapshot_soon`.

    Args:
        reactor: A reactor, running or not; or a ``task.Clock`` or the like.
        deep: If a call leads nowhere, search the whole heap for who keeps it. That
            finds connections which are in no list of the reactor: paused ones, and
            lost ones that do nothing but keep a timer.
    """
    survey = _Survey(reactor, deep=deep)
    try:
        survey.work(float("inf"))
        return survey.result()
    finally:
        survey.close()


def snapshot_soon(
    reactor: Any,
    slice: float = SLICE,  # noqa: A002 - what else it would be called
    *,
    deep: bool = False,
) -> Deferred[Snapshot]:
    """What *reactor* is doing, looked at in slices, so that it is never held up long.

    The lists of calls and connections are of the moment of the call. What runs, or is
    lost, before it is looked at, is left out or shown as it then is.

    Args:
        reactor: One that is running.
        slice: Seconds at a time.
        deep: As for `snapshot`. To list the heap is one step, however long it takes.

    Returns:
        Fires with the snapshot; may be cancelled.
    """
    survey = _Survey(reactor, deep=deep)
    turns = _Turns(reactor, survey, slice)
    turns.begin()
    return turns.done


class _Turns:
    """A survey, a slice in each turn of the reactor."""

    def __init__(self, reactor: Any, survey: _Survey, seconds: float) -> None:
        self._reactor = reactor
        self._survey = survey
        self._seconds = seconds
        self._call: Any = None
        self.done: Deferred[Snapshot] = Deferred(self._cancel)

    def begin(self) -> None:
        """Have the first slice now."""
        try:
            if not self._survey.work(self._seconds):
                self._call = self._reactor.callLater(0, self.begin)
                return
            result = self._survey.result()
        except Exception as error:  # noqa: BLE001 - it is told to whoever waits
            self._survey.close()
            # What was being looked at is in the frames that the exception has kept.
            traceback.clear_frames(error.__traceback__)
            self.done.errback(Failure())
            return
        self._survey.close()
        self.done.callback(result)

    def _cancel(self, _: object) -> None:
        self._survey.close()
        # Whoever has the reactor may have cancelled it there: trial's clean-up does.
        if self._call.active():
            self._call.cancel()


class _Survey:
    """One snapshot in the making."""

    def __init__(self, reactor: Any, *, deep: bool) -> None:
        self._reactor = reactor
        self._taken_at = time.time()  # noqa: TID251 - for people, not for durations
        self._census = Census(reactor)
        self._tracker = tracking(reactor)
        self._calls = CallSurvey(self._census, self._tracker, deep=deep)
        self._endpoints: list[Endpoint] = []
        self._tasks: list[Task] = []
        self._sockets: int | None = None
        self._steps = self._work()
        self._took = self._longest = 0.0

    def work(self, seconds: float) -> bool:
        """Go on for about so long; whether it is done."""
        began_at = time.perf_counter()
        with uncollected():
            over = self._go_on(began_at + seconds)
        spent = time.perf_counter() - began_at
        self._took += spent
        self._longest = max(self._longest, spent)
        return over

    def _go_on(self, until: float) -> bool:
        return all(time.perf_counter() < until for _ in self._steps)

    def result(self) -> Snapshot:
        """What was found; only once all is done."""
        return Snapshot(
            taken_at=self._taken_at,
            process=process_of(self._reactor),
            threads=threads_of(self._reactor),
            endpoints=tuple(self._endpoints),
            timers=self._calls.timers(),
            tasks=tuple(self._tasks),
            services=tuple(self._census.services),
            unowned_sockets=self._sockets,
            took=self._took,
            longest=self._longest,
            notes=(*self._census.notes, *self._calls.notes),
        )

    def close(self) -> None:
        """Let go of everything of the program's."""
        self._steps.close()
        self._calls.close()
        self._census.close()
        static.forget()

    def _work(self) -> Generator[None, None, None]:
        self._census.begin()
        waiting = Waiting(self._reactor)
        yield
        yield from self._census.steps()
        if self._tracker is not None:
            for transport in self._tracker.transports():
                self._census.endpoint_of(transport)
                yield
        for pending in waiting:
            if pending is not None:
                self._calls.add(pending)
            yield
        yield from self._calls.search_back()
        for task in waiting.tasks:
            self._tasks.append(task_of(task, self._calls.links_from))
            yield
        yield from self._finish()
        yield from self._count(self._census.unowned_sockets())

    def _finish(self) -> Iterator[None]:
        """The endpoints as they are now, with what a tracker knows of them."""
        dates: dict[str, dict[str, Any]] = {}
        if self._tracker is not None:
            for transport, endpoint in self._census.transports():
                dates[endpoint.id] = _dates(self._tracker, transport, endpoint)
                yield
        for endpoint in self._census.endpoints:
            if not is_ours(endpoint):
                found = dates.get(endpoint.id)
                if found:
                    endpoint = attrs.evolve(endpoint, **found)  # noqa: PLW2901
                self._endpoints.append(endpoint)
            yield

    def _count(self, sockets: Iterator[bool] | None) -> Iterator[None]:
        if sockets is None:
            return
        self._sockets = 0
        for is_socket in sockets:
            self._sockets += is_socket
            yield


def _dates(tracker: Tracker, transport: object, endpoint: Endpoint) -> dict[str, Any]:
    """When a connection was made, when and why it was lost, as attributes."""
    found: dict[str, Any] = {}
    opened_at = tracker.opened_at(transport)
    if opened_at is not None:
        found["opened_ago"] = time.monotonic() - opened_at
    lost = tracker.lost(transport)
    if lost is not None and endpoint.lost_ago is None:
        found["lost_ago"], found["lost_reason"] = lost
    return found
