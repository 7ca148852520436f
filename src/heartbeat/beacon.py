"""When to show the peer a sign of life of our own.

A peer judges us by what it hears. While it pushes one long message its
questions queue behind it, so we never learn that we should answer, and our side
falls silent. The beacon speaks unasked.

Source:
    foolscap trac#143, KurrentDB#2771, aiohttp#10985; QuickFIX withholds its own
    heartbeats while a TestRequest is open, which starves the peer.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat.policy import Keepalive

__all__ = ["LEAST", "MARGIN", "Beacon"]

MARGIN = 0.1
"""Seconds by which a beat comes early, because timers come late: two slots of
the shared wheel."""

_SHARE = 4
"""Of a short period the margin is no more than one such part."""

LEAST = _SHARE * MARGIN
"""Seconds, 0.4: the shortest period of which no beat comes late, if our reactor is not
late by more than one slot of the wheel itself. In a shorter one it may, by a slot."""


class Beacon:
    """Our side is never silent for longer than the policy's ``beacon``.

    Args:
        policy: Its ``beacon`` and ``jitter``.
        now: When we last wrote, monotonic seconds.
        uniform: A random number from 0 up to 1.
    """

    __slots__ = ("_draw", "_due", "_policy", "_sent_at", "_uniform")

    def __init__(
        self, policy: Keepalive, now: float, uniform: Callable[[], float]
    ) -> None:
        self._uniform = uniform
        self._draw = uniform()
        self._sent_at = now
        self._due = math.inf
        self.configure(policy)

    def configure(self, policy: Keepalive) -> None:
        """Go by other numbers, counted from when we last wrote."""
        self._policy = policy
        self._wait()

    def due(self) -> float:
        """When to check next, monotonic seconds; infinite for never."""
        return self._due

    def check(self, now: float, sent_ago: float | None, unsent: int) -> bool:
        """Whether to send a beat now.

        Args:
            now: Monotonic seconds.
            sent_ago: Seconds since bytes of ours last left; None if nobody
                knows, then only beats count as written.
            unsent: Bytes on their way out: a beat behind them is no use, the peer
                hears them first. They leave after *now*, so nothing is due for a
                whole period.
        """
        if sent_ago is not None:
            self._sent_at = max(self._sent_at, now - sent_ago)
            self._wait()
        if now < self._due:
            return False
        self._sent_at = now
        self._draw = self._uniform()
        self._wait()
        return not unsent

    def _wait(self) -> None:
        period = self._policy.beacon
        if period is None:
            self._due = math.inf
            return
        shortened = period * (1 - self._policy.jitter * self._draw)
        self._due = self._sent_at + shortened - min(MARGIN, shortened / _SHARE)
