"""What a fault is: what is done, and what is true afterwards."""

from __future__ import annotations

import enum
import random
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.faults.stage import Stage
    from heartbeat import Kind

__all__ = [
    "ALL",
    "ANSWER",
    "GRACE",
    "INTERVAL",
    "QUIET",
    "SLACK",
    "TIMEOUT",
    "Fault",
    "Limit",
    "Truth",
]

ALL = ("tcp", "tls", "unix")
"""Transports."""

INTERVAL = 2.0
"""Seconds of silence before a question, if a row does not say otherwise."""

TIMEOUT = 2.0
"""Seconds for an answer, if a row does not say otherwise."""

ANSWER = "answer"
"""The habit of a peer that has none."""

QUIET = 0.5
"""Seconds from the last connection to the fault, at most."""

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
        others: Whether it means something to other libraries.
        unpromised: Candidates that promise nothing of the kind, and why: what they do is
            measured, and not held against them.
        between: What is needed between the hosts.
        faketime: Whether the subject's wall clock is set.
        interval: Seconds of silence before a question.
        timeout: Seconds for an answer.
        extra: Further fields of our policy.
        habit: Of our peer.
        count: Connections.
        message: Bytes that must have come from the peer, if it was alive.
        watch: Seconds for which what is alive is watched at least, when all is done.
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
    unpromised: Mapping[str, str] = attrs.Factory(dict)
    between: str | None = None
    faketime: bool = False
    interval: float = INTERVAL
    timeout: float = TIMEOUT
    extra: tuple[str, ...] = ()
    habit: str = ANSWER
    count: int = 1
    message: int = 0
    watch: float = 0.0
    slack: float = SLACK

    @property
    def promised(self) -> float | None:
        """Seconds from the deed to the end, as ours promises; None if it is alive."""
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
        # Written out: what is judged here does not say what is right.
        return self.interval + int(told.get("attempts", 1)) * self.timeout

    @property
    def beside(self) -> str:
        """The transport over which others are played."""
        return self.transports[0]

    def phases(self, transport: str) -> tuple[float, ...]:
        """Seconds that connections are old when it happens, the same in each run.

        What is dead is dead at any time: soon after it was connected, when a question
        has just left, and late, before the next one.
        """
        if self.truth is not Truth.DEAD or self.count > 1:
            return (QUIET,)
        drawn = random.Random(f"{self.name} {transport}")
        return (
            drawn.uniform(0.3, QUIET),
            self.interval + drawn.uniform(0.05, 0.3),
            self.interval + self.timeout * drawn.uniform(0.5, 0.9),
        )

    def true_kinds(self, transport: str) -> frozenset[Kind]:
        """Verdicts that are true over *transport*."""
        if transport == "unix" and self.counted is not None:
            return self.counted
        return self.kinds
