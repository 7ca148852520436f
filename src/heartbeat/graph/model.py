"""What a snapshot is made of: frozen values, of text, numbers and ids only.

Nothing here refers to an object of the program that was looked at, so a snapshot keeps
nothing alive, and can be stored, sent, compared and drawn elsewhere. A `Snapshot` has
endpoints and timers; each timer has links to the endpoints it will touch.

Durations are in seconds. Ids are made of a letter and a number (``c7`` is a
connection, ``l1`` a listening port, ``t3`` a timed call). They belong to one snapshot,
but the same object keeps its id from one snapshot of a process to the next, as long as
it lives.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import attrs

from heartbeat.graph.kinds import (
    DECIDING,
    GONE,
    CallVerdict,
    Kind,
    Source,
    State,
    Strength,
)
from heartbeat.graph.timers import Link, Site, Task, Timer
from heartbeat.graph.values import Endpoint, KeepaliveInfo, Kernel, ScopeInfo, Service

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "DECIDING",
    "GONE",
    "SCHEMA",
    "CallVerdict",
    "Endpoint",
    "KeepaliveInfo",
    "Kernel",
    "Kind",
    "Link",
    "Process",
    "ScopeInfo",
    "Service",
    "Site",
    "Snapshot",
    "Source",
    "State",
    "Strength",
    "Task",
    "Threads",
    "Timer",
]

SCHEMA = 1
"""The version of the data model; a change that old readers cannot take raises it."""


@attrs.frozen(kw_only=True)
class Threads:
    """The reactor's thread pool, and calls that other threads have asked for.

    Attributes:
        limit: Threads it may have; 0 if it was never made.
        idle: Threads that wait for work.
        busy: Threads that work.
        queued: Work that waits for a thread.
        from_threads: Calls of ``callFromThread`` not yet made.
    """

    limit: int = 0
    idle: int = 0
    busy: int = 0
    queued: int = 0
    from_threads: int = 0


@attrs.frozen(kw_only=True)
class Process:
    """The process, and its reactor.

    Attributes:
        pid: Its number.
        program: The file it runs, without its folder and its arguments.
        reactor: The class of the reactor.
        running: Whether the reactor is.
        python: Version.
        twisted: Version.
        heartbeat: Version.
    """

    pid: int
    program: str
    reactor: str
    running: bool
    python: str
    twisted: str
    heartbeat: str


@attrs.frozen(kw_only=True, slots=False)
class Snapshot:
    """What the reactor is doing.

    Attributes:
        taken_at: Seconds since 1970, by the wall clock.
        process: Where.
        threads: The thread pool.
        endpoints: Ports, connections and the like, in no particular order.
        timers: Pending timed calls, the next one first.
        tasks: Those of the asyncio event loop, on the asyncio reactor.
        services: ``ClientService`` objects that were met.
        unowned_sockets: Open sockets of the process that belong to no endpoint here;
            None where that cannot be counted.
        took: Seconds spent.
        longest: Seconds the reactor was kept busy at a time.
        notes: What is missing, and why; a sentence each.
        schema: `SCHEMA`.
    """

    taken_at: float
    process: Process
    threads: Threads = Threads()
    endpoints: tuple[Endpoint, ...] = ()
    timers: tuple[Timer, ...] = ()
    tasks: tuple[Task, ...] = ()
    services: tuple[Service, ...] = ()
    unowned_sockets: int | None = None
    took: float = 0.0
    longest: float = 0.0
    notes: tuple[str, ...] = ()
    schema: int = SCHEMA

    def endpoint(self, id: str) -> Endpoint:  # noqa: A002 - as the field is called
        """The endpoint with that id.

        Raises:
            KeyError: There is none.
        """
        return self._by_id[id]

    def strays(self) -> tuple[Timer, ...]:
        """The calls that reach nothing but connections that are gone, repeated first.

        One that calls again and again will never stop by itself.
        """
        found = (t for t in self.timers if t.verdict is CallVerdict.STRAY)
        return tuple(sorted(found, key=lambda timer: timer.repeat is None))

    def timers_of(self, id: str) -> tuple[Timer, ...]:  # noqa: A002 - as above
        """The calls that are linked to that endpoint, the next one first."""
        return self._by_target.get(id, ())

    @cached_property
    def _by_id(self) -> dict[str, Endpoint]:
        return {endpoint.id: endpoint for endpoint in self.endpoints}

    @cached_property
    def _by_target(self) -> dict[str, tuple[Timer, ...]]:
        found: dict[str, list[Timer]] = {}
        for timer, target in self._pairs():
            found.setdefault(target, []).append(timer)
        return {target: tuple(timers) for target, timers in found.items()}

    def _pairs(self) -> Iterator[tuple[Timer, str]]:
        for timer in self.timers:
            for target in dict.fromkeys(timer.targets):
                yield timer, target
