"""What was seen of each connection, from one snapshot to the next.

Nothing is hooked into the program. That a peer was heard, asked or given up is read off
two snapshots of it, so it is known only while somebody watches, and what happens
several times between two snapshots is noted once, with how often.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import attrs

from heartbeat.graph.live.rows import ENDPOINT, column
from heartbeat.graph.model import GONE, State

if TYPE_CHECKING:
    from heartbeat.graph.live.rows import Row

__all__ = ["CONNECTIONS", "EVENTS", "Event", "History"]

EVENTS = 40
"""Kept of each connection, the latest."""

CONNECTIONS = 5_000
"""Of so many; of more, the one that was heard of longest ago is forgotten."""

_STATE: Final = column(ENDPOINT, "state")
_HEARD: Final = column(ENDPOINT, "heard")
_WATCH: Final = column(ENDPOINT, "watch")
_ASKED: Final = column(ENDPOINT, "asked")
_ANSWERED: Final = column(ENDPOINT, "answered")
_PAUSED: Final = column(ENDPOINT, "paused")
_LOST: Final = column(ENDPOINT, "lost")
_REASON: Final = column(ENDPOINT, "reason")

_LOST_STATES = {state.value for state in GONE}


@attrs.define
class Event:
    """Something that happened, perhaps several times in a row.

    Attributes:
        what: ``seen``, ``heard``, ``asked``, ``answered``, ``suspected``, ``lost``,
            ``paused``, ``resumed``, ``closing``, ``half-closed`` or ``gone``.
        at: The first time, seconds since 1970.
        until: The last time.
        times: How often.
        why: The reason it was lost.
    """

    what: str
    at: float
    until: float
    times: int = 1
    why: str | None = None


class History:
    """The latest events of every connection.

    Attributes:
        noted: How many events there were in all.
    """

    def __init__(self) -> None:
        self.noted = 0
        self._events: dict[str, deque[Event]] = {}

    def note(self, id: str, before: Row | None, row: Row, at: float) -> None:  # noqa: A002 - as the field is called
        """Read off what happened to an endpoint since the last snapshot.

        Args:
            id: Its id.
            before: Its last row; None if it had none.
            row: Its row now, another one.
            at: When the snapshot was taken, seconds since 1970.
        """
        if row[_STATE] == State.LISTENING.value:
            return
        for event in _first(row, at) if before is None else _since(before, row, at):
            self._add(id, event)

    def gone(self, id: str, before: Row, at: float) -> None:  # noqa: A002 - as above
        """It is not in the snapshot any more."""
        if id in self._events and before[_STATE] not in _LOST_STATES:
            self._add(id, Event("gone", at, at))

    def of(self, id: str) -> tuple[Event, ...]:  # noqa: A002 - as above
        """The events of that endpoint, oldest first."""
        return tuple(self._events.get(id, ()))

    def _add(self, id: str, event: Event) -> None:  # noqa: A002 - as above
        self.noted += event.times
        # Taken out and put back, so that the dictionary is in the order of news.
        events = self._events.pop(id, None) or deque(maxlen=EVENTS)
        self._events[id] = events
        if events and events[-1].what == event.what:
            last = events[-1]
            last.until, last.times = event.until, last.times + event.times
        else:
            events.append(event)
        while len(self._events) > CONNECTIONS:
            del self._events[next(iter(self._events))]


def _first(row: Row, at: float) -> list[Event]:
    """What an endpoint that is new says of itself."""
    found = [Event("seen", at, at)]
    if row[_HEARD] is not None:
        found.insert(0, Event("heard", row[_HEARD], row[_HEARD]))
    if row[_STATE] in _LOST_STATES:
        found.append(_loss(row, at))
    return found


def _since(before: Row, row: Row, at: float) -> list[Event]:
    """What happened between two rows, in the order in which it is likely to have."""
    found = []
    asked, answered = row[_ASKED] - before[_ASKED], row[_ANSWERED] - before[_ANSWERED]
    if asked > 0:
        found.append(Event("asked", at, at, asked))
    if row[_HEARD] is not None and row[_HEARD] != before[_HEARD]:
        found.append(Event("heard", row[_HEARD], row[_HEARD]))
    if answered > 0:
        found.append(Event("answered", at, at, answered))
    if row[_WATCH] != before[_WATCH] and row[_WATCH] == "suspect":
        found.append(Event("suspected", at, at))
    if row[_PAUSED] != before[_PAUSED]:
        found.append(Event("paused" if row[_PAUSED] else "resumed", at, at))
    if row[_STATE] != before[_STATE]:
        found += _turn(row, at)
    return found


def _turn(row: Row, at: float) -> list[Event]:
    """What a new state means."""
    if row[_STATE] in _LOST_STATES:
        return [_loss(row, at)]
    if row[_STATE] in {State.CLOSING.value, State.HALF_CLOSED.value}:
        return [Event(row[_STATE], at, at)]
    return []


def _loss(row: Row, at: float) -> Event:
    lost_at = at if row[_LOST] is None else row[_LOST]
    return Event("lost", lost_at, lost_at, why=row[_REASON])
