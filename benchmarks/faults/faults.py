"""What a fault is: what is done, and what is true afterwards."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import attrs

from heartbeat import Keepalive, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.faults.stage import Stage

__all__ = ["ALL", "GRACE", "SLACK", "Fault", "Limit", "Truth"]

ALL = ("tcp", "tls", "unix")
"""Transports."""

GRACE = 2.0
"""Seconds of ours for a close that makes no progress."""

SLACK = 0.5
"""Seconds more than what is promised: three looks of the shared timer, of 0.05 s each,
and the rest for a machine on which many scenes run at once."""


class Truth(enum.Enum):
    """What is right to think of the connection."""

    ALIVE = "alive"
    """It must not be given up."""
    DEAD = "dead"
    """It must be given up, in time."""
    OVER = "over"
    """The peer's kernel says that it is over: it must end, and no verdict is needed."""


class Limit(enum.Enum):
    """What is promised about time, with numbers of the policy."""

    WITHIN = "interval + attempts * timeout"
    GRACE = "grace"
    CLOSE = "interval + grace"
    """A close of the application's is noticed at the next look."""
    IDLE = "idle + grace"
    AT_ONCE = "at once"


@attrs.frozen(kw_only=True)
class Fault:
    """One row of the table.

    Attributes:
        name: For the command line.
        title: What happens, for a reader.
        why: Why that is the truth, where one might doubt it.
        truth: What is right.
        deed: Does it; returns when it was done, monotonic seconds, if that is not
            when it began.
        kinds: Verdicts that are true, where the kernel tells.
        counted: The same where nobody does, over a UNIX socket; None for the same.
        limit: When it has to be over.
        transports: Where it can happen.
        others: Whether it means something to programs with other protocols.
        between: What is needed between the hosts.
        faketime: Whether the subject's wall clock is set.
        interval: Seconds of silence before a question.
        timeout: Seconds for an answer.
        extra: Further fields of our policy.
        habit: Of our peer.
        count: Connections.
        message: Bytes that must have come from the peer, if it was alive.
        watch: Seconds until what is alive has to be alive still.
        slack: Seconds more than what is promised.
    """

    name: str
    title: str
    truth: Truth
    deed: Callable[[Stage], float | None]
    why: str = ""
    kinds: frozenset[Kind] = frozenset()
    counted: frozenset[Kind] | None = None
    limit: Limit = Limit.WITHIN
    transports: tuple[str, ...] = ALL
    others: bool = True
    between: str | None = None
    faketime: bool = False
    interval: float = 2.0
    timeout: float = 2.0
    extra: tuple[str, ...] = ()
    habit: str = "answer"
    count: int = 1
    message: int = 0
    watch: float = 9.0
    slack: float = SLACK

    @property
    def promised(self) -> float | None:
        """Seconds from the deed to the end, as promised; None if it is alive."""
        if self.truth is Truth.ALIVE:
            return None
        if self.limit is Limit.AT_ONCE:
            return 0.0
        if self.limit is Limit.GRACE:
            return GRACE
        if self.limit is Limit.CLOSE:
            return self.interval + GRACE
        told = dict(each.split("=") for each in self.extra)
        if self.limit is Limit.IDLE:
            return float(told["idle"]) + GRACE
        return Keepalive(
            interval=self.interval,
            timeout=self.timeout,
            attempts=int(told.get("attempts", 1)),
        ).within

    @property
    def bound(self) -> float | None:
        """What is promised, and the slack."""
        return None if self.promised is None else self.promised + self.slack

    def true_kinds(self, transport: str) -> frozenset[Kind]:
        """Verdicts that are true over *transport*."""
        if transport == "unix" and self.counted is not None:
            return self.counted
        return self.kinds
