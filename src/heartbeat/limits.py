"""The limits that do not ask whether the peer lives: application idleness and age.

They run beside `heartbeat.liveness` and end a connection whose peer is well. A
limit that passes is looked at again after one more pass of I/O, because the
request that would have kept the connection may be in the kernel already.

Source:
    The idle race: node#52649, cowboy#1077. Age: gRPC proposal A9.
"""

from __future__ import annotations

import enum
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from heartbeat.policy import Keepalive

__all__ = ["Limit", "Limits"]


class Limit(enum.Enum):
    """Which limit has passed."""

    IDLE = "idle"
    AGE = "age"


class Limits:
    """How long one connection may be idle, and how old it may grow.

    Args:
        policy: Its ``idle``, ``max_age`` and ``jitter``.
        opened_at: When the connection was made, monotonic seconds.
        active_at: When the application was last active, monotonic seconds.
        draw: A random number from 0 up to 1, drawn once per connection: ages
            are spread so that connections made together do not end together.

    Attributes:
        active_at: Set it whenever the application is active.
    """

    __slots__ = (
        "_draw",
        "_idle_from",
        "_opened_at",
        "_policy",
        "_suspected",
        "active_at",
    )

    def __init__(
        self, policy: Keepalive, opened_at: float, active_at: float, draw: float
    ) -> None:
        self._policy = policy
        self._draw = draw
        self._opened_at = opened_at
        self._idle_from = -math.inf
        self.active_at = active_at
        self._suspected: Limit | None = None

    def configure(self, policy: Keepalive) -> None:
        """Go by other numbers, counted from the same beginnings."""
        self._policy = policy

    @property
    def suspected(self) -> bool:
        """Whether a limit waits for its second look."""
        return self._suspected is not None

    def due(self, now: float) -> float:
        """When to check next, monotonic seconds; infinite for never."""
        if self._suspected is not None:
            return now
        return min(self._idle_at(), self._retire_at())

    def check(self, now: float) -> Limit | None:
        """The limit that has passed, once, in the second look that finds it so."""
        suspected, self._suspected = self._suspected, self._passed(now)
        if suspected is None or suspected is not self._suspected:
            return None
        self._suspected = None
        self._count_anew(suspected, now)
        return suspected

    def _count_anew(self, limit: Limit, now: float) -> None:
        """A dry run goes on: the next report is a whole period away."""
        if limit is Limit.AGE:
            self._opened_at = now
        else:
            self._idle_from = now

    def _passed(self, now: float) -> Limit | None:
        if now >= self._retire_at():
            return Limit.AGE
        return Limit.IDLE if now >= self._idle_at() else None

    def _idle_at(self) -> float:
        idle = self._policy.idle
        if idle is None:
            return math.inf
        return max(self.active_at, self._idle_from) + idle

    def _retire_at(self) -> float:
        age = self._policy.max_age
        if age is None:
            return math.inf
        return self._opened_at + age * (1 - self._policy.jitter * self._draw)
