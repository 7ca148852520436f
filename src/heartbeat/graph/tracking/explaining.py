"""What to say of a call where somebody finds it left over: in a test, in a log."""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING, Any

from heartbeat.graph.model import Snapshot, Strength
from heartbeat.graph.pictures import facts
from heartbeat.graph.pictures.labels import Names, counted, plain
from heartbeat.graph.static import attribute

if TYPE_CHECKING:
    import weakref

    from heartbeat.graph.model import Endpoint, Link, Timer
    from heartbeat.graph.search.pending import Pending
    from heartbeat.graph.tracking.creation import Creation

__all__ = ["Explainer", "connections_of", "describe"]

SHOWN = 3
"""Connections of one call that are named."""

_MADE = "made by code of"


def describe(timer: Timer, snapshot: Snapshot) -> list[str]:
    """Lines that say of a call what it is, what it is for, and who made it."""
    names = Names.of(snapshot)
    first = f"{names.short(timer.function)} {facts.when(timer)}"
    lines = [f"  {line}" for line in connections_of(timer, snapshot)]
    if timer.created is not None:
        lines.append(f"  made at {plain(str(timer.created))}")
    elif timer.site is not None:
        lines.append(f"  defined at {plain(str(timer.site))}")
    return [first, *lines]


def connections_of(timer: Timer, snapshot: Snapshot) -> list[str]:
    """A line for each of the connections that a call reaches, the surest first."""
    names = Names.of(snapshot)
    links = [link for link in timer.links if link.target is not None]
    lines = [_reached(link, snapshot, names) for link in links[:SHOWN]]
    if len(links) > SHOWN:
        lines.append(f"and {counted(len(links) - SHOWN, 'more connection')}")
    return lines or [f"for {names.phrase(link.owner or '')}" for link in timer.links]


class Explainer:
    """Says of a call that has a `Creation` which connection it is for.

    It is for ``DelayedCall.__repr__``, which must not fail, and must not be slow: only
    that call is looked at, when it is asked for. What keeps the call is not searched.

    Args:
        reactor: A weak reference to the reactor.
    """

    def __init__(self, reactor: weakref.ref[Any]) -> None:
        self._reactor = reactor

    def __call__(self, creation: Creation) -> str:
        """Lines, indented; none if nothing is known."""
        try:
            lines = self._connections(creation) or _by_origin(creation)
        except Exception as error:  # noqa: BLE001 - a report must not fail for this
            lines = [f"(what it is for could not be found: {type(error).__name__})"]
        return "".join(f"    {line}\n" for line in lines)

    def _connections(self, creation: Creation) -> list[str]:
        from heartbeat.graph.search.pending import Waiting  # noqa: PLC0415 - seldom

        reactor = self._reactor()
        for pending in () if reactor is None else Waiting(reactor):
            if pending and attribute(pending.call, "creator") is creation:
                seen = _look(reactor, pending)
                return [line for t in seen.timers for line in connections_of(t, seen)]
        return []


def _look(reactor: Any, call: Pending) -> Snapshot:
    """A snapshot of that call, and of the connections that it reaches."""
    from heartbeat.graph.endpoints.census import Census  # noqa: PLC0415
    from heartbeat.graph.endpoints.surroundings import process_of  # noqa: PLC0415
    from heartbeat.graph.search.calls import CallSurvey  # noqa: PLC0415 - they import the rest

    census = Census(reactor)
    survey = CallSurvey(census, None, deep=False)
    try:
        survey.add(call)
        collections.deque(survey.search_back(), maxlen=0)
        return Snapshot(
            taken_at=0.0,
            process=process_of(reactor),
            endpoints=tuple(census.endpoints),
            timers=survey.timers(),
        )
    finally:
        survey.close()
        census.close()


def _by_origin(creation: Creation) -> list[str]:
    """Whose code made it, where that is all that is known."""
    from heartbeat.graph.endpoints.census import Census  # noqa: PLC0415 - seldom, and not small

    census = Census(None)
    try:
        end = census.endpoint_of(creation.origin)
    finally:
        census.close()
    if end is None:
        return []
    return [f"{_MADE} {_connection(end, Names([end.protocol]))}"]


def _reached(link: Link, snapshot: Snapshot, names: Names) -> str:
    """The connection that a link leads to, and how."""
    said = _connection(snapshot.endpoint(str(link.target)), names)
    if link.strength is Strength.CREATED:
        return f"{_MADE} {said}"
    return f"for {said} ({facts.way(link, names)})"


def _connection(end: Endpoint, names: Names) -> str:
    """Its class, its two ends, its state, and when and why it was lost."""
    both = plain(f"{end.local} → {end.peer}") if end.local and end.peer else ""
    ends = both or facts.address(end)
    what = " ".join(part for part in (facts.name_of(end, names), ends) if part)
    return ", ".join(part for part in (what, end.state.value, facts.lost(end)) if part)
