"""What happened on all connections of a reactor, counted by the class of the host.

Each number is added to where it happens, which is never when the application reads or
writes. So a reader finds it without going through the connections, and it never
shrinks: not when a connection is paused, and not when it ends.

Nothing here refers to a connection. Numbers are plain, and read from any thread: each
is right, but several need not be of the same instant.
"""

from __future__ import annotations

import math

import attrs

from heartbeat.counters import Counters

__all__ = ["CLASSES", "OTHER", "Tallies", "Tally"]

CLASSES = 200
"""Names that are told apart; what comes later is added up under `OTHER`.

Source:
    Prometheus' practice of instrumentation: labels of bounded number, most metrics
    under 10 and none beyond hundreds.
"""

OTHER = "(other)"
"""In place of a name, for all classes beyond `CLASSES`."""


@attrs.define(eq=False, weakref_slot=False)
class Tally(Counters):
    """Counts over all connections whose hosts are of one class; they only grow.

    Attributes:
        opened: Keepalives made: one for each connection that asked for one.
        ended: Those whose connection is gone.
        verdicts: Verdicts that ended a connection, by the name of their kind.
        dry_verdicts: Verdicts of a dry run (``enforce=False``), likewise.
        round_trips: Round trips measured.
        round_trip_sum: Seconds they took together.
        round_trip_least: Seconds of the shortest one; infinite before the first.
    """

    opened: int = 0
    ended: int = 0
    verdicts: dict[str, int] = attrs.Factory(dict)
    dry_verdicts: dict[str, int] = attrs.Factory(dict)
    round_trips: int = 0
    round_trip_sum: float = 0.0
    round_trip_least: float = math.inf

    def answered(self, seconds: float | None) -> None:
        """A ping was answered, after *seconds*; None if nobody knows."""
        self.pongs += 1
        if seconds is not None:
            self.round_trips += 1
            self.round_trip_sum += seconds
            if seconds < self.round_trip_least:  # noqa: PLR1730 - three times as quick
                self.round_trip_least = seconds

    def concluded(self, kind: str, *, enforced: bool) -> None:
        """A verdict of the kind named *kind* fell."""
        verdicts = self.verdicts if enforced else self.dry_verdicts
        verdicts[kind] = verdicts.get(kind, 0) + 1


class Tallies:
    """The tallies of one reactor.

    Attributes:
        by_name: Under the class's module and qualified name, in the order they came.
    """

    def __init__(self) -> None:
        self.by_name: dict[str, Tally] = {}
        # For classes are slow to name. It is small: what is made by the thousand is
        # not kept from being collected.
        self._known: dict[type, Tally] = {}

    def of(self, kind: type) -> Tally:
        """The tally of hosts of class *kind*; two of one name share it."""
        tally = self._known.get(kind)
        if tally is None:
            if len(self._known) >= CLASSES:
                self._known.clear()
            tally = self._known[kind] = self._named(kind)
        return tally

    def _named(self, kind: type) -> Tally:
        name = f"{kind.__module__}.{kind.__qualname__}"
        if name not in self.by_name and len(self.by_name) >= CLASSES:
            name = OTHER
        return self.by_name.setdefault(name, Tally())
