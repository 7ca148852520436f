"""What a drawing shows: each thing by itself, or equal ones in one.

Connections are equal if they have the same protocol, kind, state and port; calls, if
they have the same function, verdict and interval and lead to equal connections.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

from heartbeat.graph.model import CallVerdict, State
from heartbeat.graph.pictures.arrangement import Arrangement, Edge, Ends, Work
from heartbeat.graph.pictures.words import UnknownWordError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

    from heartbeat.graph.model import Endpoint, Kind, Link, Snapshot, Task, Timer

__all__ = [
    "MANY",
    "Keys",
    "arrange",
    "call_key",
    "end_key",
    "in_order",
    "is_many",
    "owner_of",
]

MANY = 50
"""Calls, or connections, or tasks, above which equal ones are shown in one."""

_VERDICTS = tuple(verdict.value for verdict in CallVerdict)

_Thing = TypeVar("_Thing")


def arrange(
    snapshot: Snapshot,
    *,
    group: bool | None = None,
    only: str | None = None,
    limit: int | None = None,
) -> Arrangement:
    """Decide what to draw.

    Args:
        snapshot: What there is.
        group: Whether equal ones go in one; None for: if there are `MANY`.
        only: A verdict: other calls are left out, and what they alone lead to.
        limit: The most `Ends` and the most `Work` there may be; strays go first.

    Raises:
        UnknownWordError: *only* is no verdict.
    """
    if only is not None and only not in _VERDICTS:
        raise UnknownWordError(only, _VERDICTS)
    grouped = is_many(snapshot) if group is None else group
    keys = Keys(snapshot, grouped=grouped)
    timers = [t for t in snapshot.timers if only in {None, t.verdict.value}]
    timers.sort(key=lambda timer: timer.verdict is not CallVerdict.STRAY)
    tasks = snapshot.tasks if only is None else ()
    ends = snapshot.endpoints if only is None else _wanted(snapshot, timers)
    calls = _gather(timers, keys.of_call)
    others = _gather(tasks, keys.of_task)
    all_work = [
        *(Work(n, tuple(each)) for n, each in enumerate(calls)),
        *(Work(n, tuple(each)) for n, each in enumerate(others, len(calls))),
    ]
    work = tuple(all_work[:limit])
    drawn = _drawn(_gather(in_order(ends), keys.of_end), work, limit)
    return Arrangement(
        snapshot=snapshot,
        grouped=grouped,
        ends=drawn,
        work=work,
        edges=tuple(_edges(work, drawn)),
        services=snapshot.services if only is None else (),
        left_out_ends=len(ends) - sum(len(each.members) for each in drawn),
        left_out_work=len(timers) + len(tasks) - sum(len(w.members) for w in work),
    )


def is_many(snapshot: Snapshot) -> bool:
    """Whether equal ones are shown in one unless somebody asks for each."""
    most = max(len(snapshot.timers), len(snapshot.endpoints), len(snapshot.tasks))
    return most > MANY


def in_order(ends: Iterable[Endpoint]) -> list[Endpoint]:
    """By their ids, ``c2`` before ``c10``."""
    return sorted(ends, key=lambda end: _natural(end.id))


def end_key(end: Endpoint) -> tuple[str, Kind, State, str]:
    """Equal for equal endpoints, in other snapshots too."""
    return (end.protocol, end.kind, end.state, _port(end))


def call_key(timer: Timer, target: Endpoint | None) -> tuple[Hashable, ...]:
    """Equal for equal calls, in other snapshots too; *target* is the surest one."""
    reached = None if target is None else end_key(target)
    return (
        timer.function,
        timer.verdict,
        timer.repeat,
        timer.source,
        owner_of(timer),
        reached,
    )


def owner_of(thing: Timer | Task) -> str | None:
    """What owns a call that is no endpoint."""
    return next((link.owner for link in thing.links if link.owner), None)


class Keys:
    """What is equal to what in one snapshot.

    Args:
        snapshot: All there is.
        grouped: Whether equal things have one key; if not, each has its own.
    """

    def __init__(self, snapshot: Snapshot, *, grouped: bool) -> None:
        self._grouped = grouped
        self._by_id = {end.id: end for end in snapshot.endpoints}

    def of_end(self, end: Endpoint) -> Hashable:
        """That of an endpoint."""
        return (*end_key(end), end.parent) if self._grouped else end.id

    def of_call(self, timer: Timer) -> Hashable:
        """That of a call."""
        if not self._grouped:
            return timer.id
        return call_key(timer, self._target(timer.links))

    def of_task(self, task: Task) -> Hashable:
        """That of a task."""
        if not self._grouped:
            return task.id
        target = self._target(task.links)
        return (task.coroutine, None if target is None else end_key(target))

    def _target(self, links: Sequence[Link]) -> Endpoint | None:
        found = (self._by_id.get(link.target or "") for link in links)
        return next((end for end in found if end is not None), None)


def _gather(
    things: Iterable[_Thing], key: Callable[[_Thing], Hashable]
) -> list[list[_Thing]]:
    """Equal ones together, in the order of their firsts."""
    found: dict[Hashable, list[_Thing]] = {}
    for thing in things:
        found.setdefault(key(thing), []).append(thing)
    return list(found.values())


def _wanted(snapshot: Snapshot, timers: Iterable[Timer]) -> tuple[Endpoint, ...]:
    """What the calls lead to, and the ports that accepted it."""
    targets = {target for timer in timers for target in timer.targets}
    parents = {end.parent for end in snapshot.endpoints if end.id in targets}
    return tuple(end for end in snapshot.endpoints if end.id in targets | parents)


def _drawn(
    ends: Sequence[list[Endpoint]], work: Iterable[Work], limit: int | None
) -> tuple[Ends, ...]:
    """Ports first; if there is no room for all, strays and what they reach go first."""
    strays = {
        link.target for w in work if w.is_stray for m in w.members for link in m.links
    }
    pressing = sorted(ends, key=lambda each: _pressing(each, strays))[:limit]
    kept = {id(each) for each in pressing}
    chosen = [each for each in ends if id(each) in kept]
    chosen.sort(key=lambda each: each[0].state is not State.LISTENING)
    return tuple(Ends(n, tuple(each)) for n, each in enumerate(chosen))


def _pressing(members: Sequence[Endpoint], strays: set[str | None]) -> int:
    if any(end.id in strays for end in members):
        return 0
    return 1 if members[0].state is State.LISTENING else 2


def _edges(work: Iterable[Work], ends: Iterable[Ends]) -> Iterator[Edge]:
    numbers = {end.id: each.number for each in ends for end in each.members}
    for each in work:
        found: dict[int, list[Link]] = {}
        for member in each.members:
            for link in member.links:
                number = numbers.get(link.target or "")
                if number is not None:
                    found.setdefault(number, []).append(link)
        for number, links in found.items():
            yield Edge(each.number, number, links[0], len(links))


def _natural(id: str) -> tuple[str, int, str]:  # noqa: A002 - as the field is called
    match = _ID.match(id)
    return (match[1], int(match[2]), id) if match else (id, -1, id)


def _port(end: Endpoint) -> str:
    """The port of the service: that of a client is a higher one, for now."""
    if end.state is State.LISTENING:
        return end.local
    if end.is_gone:
        return ""  # all that is left is where it led
    ports = [_PORT.search(address) for address in (end.local, end.peer)]
    found = [int(match[1]) for match in ports if match]
    return str(min(found)) if found else end.local or end.peer


_ID = re.compile(r"([a-z]*)([0-9]{1,18})$", re.ASCII)
_PORT = re.compile(r":([0-9]{1,5})$", re.ASCII)
