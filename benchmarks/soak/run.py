"""The course of a soak: warm up, count, do things, settle, empty, count again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from twisted.internet.defer import inlineCallbacks
from twisted.internet.task import deferLater

from benchmarks.soak.census import HELD, Census, count, gained, growth
from benchmarks.soak.faults import Faults
from benchmarks.soak.fleet import Fleet

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from heartbeat import Keepalive

__all__ = ["GROWTH", "Result", "Soak"]

GROWTH = {"descriptors": 0, "calls": 0, "deferreds": 0, "keepalives": 0, "scopes": 0}
"""How much more of anything there may be at the end: nothing."""

OBJECTS = 2000
"""Objects that there may be more of, of all kinds together, however long it ran: what
Python and Twisted keep once for what a first round did not meet."""

MARKS = 10
"""How often all is counted while things are done."""

LOOK = 1.0
"""Seconds between two looks for what was missed."""

PATIENCE = 120.0
"""Seconds within which all must have settled, or nothing ever does."""


@attrs.frozen
class Result:
    """What was found.

    Attributes:
        fine: Whether nothing was wrong.
        notes: All of it.
    """

    fine: bool
    notes: dict[str, Any]


class Soak:
    """One run.

    Args:
        reactor: It runs, and stops.
        policy: Of all connections.
        connections: How many.
        seconds: How long things are done to them.
        peers: How many processes are at the other ends.
        margin: Seconds beyond its promise that a verdict may take.

    Attributes:
        on_progress: Told how many seconds are over, and what is going on.
    """

    def __init__(
        self,
        reactor: Any,
        policy: Keepalive,
        connections: int,
        seconds: float,
        peers: int,
        *,
        margin: float,
    ) -> None:
        self._reactor = reactor
        self._connections = connections
        self._seconds = seconds
        self._fleet = Fleet(reactor, policy, peers, margin)
        self._faults = Faults(self._fleet, pace=connections / 1000)
        self._counts: dict[str, Census] = {}
        self._marks: dict[str, list[dict[str, int]]] = {}
        self._failure: Any = None
        self.on_progress: Callable[[float, str], object] = _ignore

    def run(self) -> Result:
        """Run the reactor until it is over."""
        self._reactor.callWhenRunning(self._begin)
        self._reactor.run()
        self._fleet.close()
        if self._failure is not None:
            self._failure.raiseException()
        return self._result()

    def _begin(self) -> None:
        done = self._course()
        done.addErrback(self._failed)
        done.addBoth(lambda _: self._reactor.stop())

    def _failed(self, failure: Any) -> None:
        self._failure = failure

    @inlineCallbacks
    def _course(self) -> Generator[Any, Any, None]:
        # A small round first: what is imported and cached once is not growth.
        yield self._round(
            max(20, self._connections // 20), self._seconds / 10, "warm up"
        )
        self._counts["before"] = count(self._reactor)
        yield self._round(self._connections, self._seconds, "soak")
        self._counts["after"] = count(self._reactor)

    @inlineCallbacks
    def _round(
        self, connections: int, seconds: float, what: str
    ) -> Generator[Any, Any, None]:
        fleet = self._fleet
        fleet.lateness.start()
        fleet.wanted = connections
        fleet.fill()
        yield self._until(lambda: fleet.settled, f"{what}: connecting")
        self._counts[f"{what}, full"] = count(self._reactor)
        self._faults.start()
        each = max(1, int(seconds) // MARKS)
        for second in range(1, int(seconds) + 1):
            yield deferLater(self._reactor, LOOK)
            fleet.overdue()
            self.on_progress(second, what)
            if second % each == 0:
                self._mark(what, second)
        self._faults.stop()
        yield self._until(lambda: fleet.settled, f"{what}: settling")
        self._counts[f"{what}, settled"] = count(self._reactor)
        fleet.empty()
        yield self._until(lambda: not fleet.links, f"{what}: closing")
        # Calls made by the faults, for peers that are stopped or to be replaced.
        yield self._until(lambda: not fleet.busy, f"{what}: replacing")
        fleet.lateness.stop()

    def _mark(self, what: str, second: int) -> None:
        found = count(self._reactor)
        mark = {"objects": found.objects, "resident": found.resident}
        connections = len(self._fleet.links)
        self._marks.setdefault(what, []).append(
            {"second": second, "connections": connections, **mark}
        )

    @inlineCallbacks
    def _until(
        self, condition: Callable[[], bool], what: str
    ) -> Generator[Any, Any, None]:
        waited = 0.0
        while not condition():
            self._fleet.overdue()
            yield deferLater(self._reactor, LOOK / 4)
            waited += LOOK / 4
            self.on_progress(self._seconds, what)
            if waited > PATIENCE:
                raise TimeoutError(f"{what} took more than {PATIENCE:.0f} s")
        yield deferLater(self._reactor, LOOK)

    def _result(self) -> Result:
        grown = growth(self._counts["before"], self._counts["after"])
        fleet = self._fleet
        wrong = [
            *fleet.ledger.wrong,
            *fleet.ledger.unaccounted(),
            *(
                f"{grown[name]} more {name}"
                for name, most in GROWTH.items()
                if grown[name] > most
            ),
        ]
        if grown["objects"] > OBJECTS:
            wrong.append(f"{grown['objects']} more objects")
        full, settled = self._counts["soak, full"], self._counts["soak, settled"]
        held = (settled.objects - full.objects) / self._connections
        if held > HELD:
            wrong.append(f"{held:.1f} more objects for each connection that stands")
        notes = {
            **fleet.notes(),
            "grown": dict(grown),
            "counts": {name: each.numbers for name, each in self._counts.items()},
            "held": held,
            "gained": gained(full, settled, max(1, self._connections // 20)),
            "marks": self._marks["soak"],
            "wrong": wrong,
        }
        return Result(not wrong, notes)


def _ignore(done: float, what: str) -> None:
    """Nobody wants to know."""
    del done, what
