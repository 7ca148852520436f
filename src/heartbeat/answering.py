"""How many of a peer's pings are answered, and when they are a flood.

An answer to a ping answers all pings before it, so at most one answer is owed, and
the newest takes its place. It is paid at once if a token bucket allows it and the
way out is free, and put off otherwise. A peer that goes on regardless floods.

Source:
    CVE-2019-9512 (HTTP/2 ping flood); gRPC proposal A8 (strikes); :rfc:`6455`
    section 5.5.3 (only the most recent ping need be answered).
"""

from __future__ import annotations

import enum
import math
from typing import TYPE_CHECKING

from heartbeat.errors import NotReadyError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "BURST",
    "FULL",
    "MAX_PAYLOAD",
    "RATE",
    "RETRY",
    "STRIKES",
    "Answering",
    "Ruling",
]

RATE = 10.0
"""Answers a second, on average: ten times as often as any known default asks."""

BURST = 20
"""Answers at once."""

STRIKES = 1000
"""Pings in excess, without the peer having been quiet until the bucket was full
again, that make a flood: 100 s at twice the rate we answer."""

MAX_PAYLOAD = 125
"""Bytes of a ping that we are ready to echo.

Source:
    :rfc:`6455` section 5.5: all control frames have at most 125 bytes.
"""

FULL = 2**16
"""Bytes waiting to be sent above which an answer is put off: the peer would
hear it no sooner, and answers must not pile up behind a peer that stalls.

Source:
    ``FileDescriptor.bufferSize``, where Twisted pauses a producer.
"""

RETRY = 1.0
"""Seconds until an answer that was put off is tried again."""


_NEXT = 2 / RATE
"""Seconds until the budget surely allows another answer."""


class Ruling(enum.Enum):
    """What to do with a ping."""

    ANSWER = "answer"
    """`Answering.owe` an answer, then `Answering.pay` it."""

    SKIP = "skip"
    """Too long to be echoed."""

    FLOOD = "flood"
    """The one ping that was too many."""


class Answering:
    """The budget of answers to one peer, and the one answer that is owed to it.

    Two buckets hold `BURST` tokens each and gain `RATE` a second: one is drawn on
    by pings, and tells a flood; the other by answers, and bounds what we write.

    Args:
        now: Monotonic seconds.
    """

    __slots__ = ("_answers", "_filled_at", "_owed", "_pings", "_retry_at", "_strikes")

    def __init__(self, now: float) -> None:
        self._pings = self._answers = float(BURST)
        self._filled_at = now
        self._strikes = 0
        self._owed: Callable[[], None] | None = None
        self._retry_at = math.inf

    def rule(self, now: float, payload: bytes) -> Ruling:
        """Decide about a ping with *payload*, received at *now*."""
        self._fill(now)
        if self._pings >= 1:
            self._pings -= 1
        else:
            self._strikes += 1
            if self._strikes == STRIKES:
                return Ruling.FLOOD
        return Ruling.ANSWER if len(payload) <= MAX_PAYLOAD else Ruling.SKIP

    def owe(self, reply: Callable[[], None], now: float) -> None:
        """*reply* is the answer the peer waits for; an older one is forgotten."""
        self._owed = reply
        self._retry_at = now

    def due(self) -> float:
        """When to try to pay, monotonic seconds; infinite if nothing is owed."""
        return self._retry_at

    def pay(self, now: float, unsent: int) -> int:
        """Write the owed answer, unless *unsent* bytes or the budget forbid it.

        If it cannot be said now (`NotReadyError`), it stays owed.

        Returns:
            How many answers it wrote.
        """
        if self._owed is None:
            return 0
        self._fill(now)
        blocked = unsent > FULL
        if blocked or self._answers < 1:
            self._retry_at = now + (RETRY if blocked else _NEXT)
            return 0
        self._answers -= 1
        reply, self._owed, self._retry_at = self._owed, None, math.inf
        try:
            reply()
        except NotReadyError:
            self.owe(reply, now + RETRY)
            return 0
        return 1

    def _fill(self, now: float) -> None:
        gained = (now - self._filled_at) * RATE
        self._filled_at = now
        self._pings = min(BURST, self._pings + gained)
        self._answers = min(BURST, self._answers + gained)
        if self._pings == BURST:
            self._strikes = 0
