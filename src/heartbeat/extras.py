"""What few connections need, made when one needs it.

A connection that is merely kept alive has no limits, owes no answer, is not being
closed, and nothing irregular has happened on it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import attrs

from heartbeat.counters import Counters

if TYPE_CHECKING:
    from twisted.python.failure import Failure

    from heartbeat.answering import Answering
    from heartbeat.beacon import Beacon
    from heartbeat.closing import Closing
    from heartbeat.limits import Limits
    from heartbeat.tally import Tally
    from heartbeat.verdict import Verdict

__all__ = ["Extras"]

_COUNTED = [field.name for field in attrs.fields(Counters)]


class Extras(Counters):
    """A place for each of these things of one connection, and counts of them.

    One object for both: ten thousand peers that vanish at once make each of these,
    and the garbage collector goes through all objects once there are a quarter more.

    Attributes:
        limits: On idleness and age.
        beacon: When to show life of our own.
        answering: What the peer's questions may cost, and the answer owed.
        verdict: The last one that fell.
        closing: The connection on its way out.
        reason: Why the connection was lost.
        tally: Where its host is counted, once the host is forgotten.
    """

    __slots__ = (
        "answering",
        "beacon",
        "closing",
        "limits",
        "reason",
        "tally",
        "verdict",
    )

    def __init__(self) -> None:
        super().__init__()
        self.limits: Limits | None = None
        self.beacon: Beacon | None = None
        self.answering: Answering | None = None
        self.verdict: Verdict | None = None
        self.closing: Closing | None = None
        self.reason: Failure | None = None
        self.tally: Tally | None = None

    @property
    def counters(self) -> Counters:
        """A copy of the counts."""
        return Counters(**{name: getattr(self, name) for name in _COUNTED})

    def due(self, now: float) -> float:
        """When to look because of them, monotonic seconds; infinite for never."""
        due = math.inf if self.limits is None else self.limits.due(now)
        if self.beacon is not None:
            due = min(due, self.beacon.due())
        if self.answering is not None:
            due = min(due, self.answering.due())
        return due
