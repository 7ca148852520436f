"""Pings on their way, matched with their answers, and the round-trip time.

One answer answers every ping before it; an answer to nothing is harmless. A
round-trip time comes only from an answer that is known to belong to its ping.

Source:
    Matching: :rfc:`6455` section 5.5.3. Smoothing: :rfc:`6298` section 2.
"""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING

import attrs
from twisted.internet.defer import Deferred

if TYPE_CHECKING:
    from twisted.python.failure import Failure

__all__ = ["MAX_PENDING", "Pings", "RoundTrip"]

MAX_PENDING = 16
"""Unanswered pings remembered; the oldest is forgotten first, so that a peer
that never answers cannot make us keep more."""

_ALPHA = 1 / 8
_BETA = 1 / 4


@attrs.frozen
class RoundTrip:
    """Round-trip times of one connection, seconds on the monotonic clock.

    They span the whole way, from our write through both applications and back,
    so waiting in queues counts. A coarse clock can make one exactly 0.0.

    Attributes:
        latest: The last one measured.
        smoothed: Their moving average.
        variation: Their mean deviation from it.
        least: The smallest one measured.
    """

    latest: float
    smoothed: float
    variation: float
    least: float

    @classmethod
    def first(cls, seconds: float) -> RoundTrip:
        """After one measurement."""
        return cls(seconds, seconds, seconds / 2, seconds)

    def then(self, seconds: float) -> RoundTrip:
        """After one more."""
        deviation = abs(self.smoothed - seconds)
        return RoundTrip(
            latest=seconds,
            smoothed=(1 - _ALPHA) * self.smoothed + _ALPHA * seconds,
            variation=(1 - _BETA) * self.variation + _BETA * deviation,
            least=min(self.least, seconds),
        )


class Pings:
    """The unanswered pings of one connection, and who waits for an answer.

    Payloads are 16 hexadecimal digits, 8 random ones and 8 that count, so that an
    answer counts only once and on no other connection, and they suit a line
    protocol.

    Attributes:
        round_trip: What was measured; None before the first sample.
    """

    __slots__ = (
        "_awaited",
        "_numbers",
        "_pending",
        "_salt",
        "_waiters",
        "round_trip",
    )

    def __init__(self) -> None:
        self._salt = os.urandom(4).hex()
        self._numbers = itertools.count()
        self._pending: dict[bytes, float] = {}
        self._waiters: list[Deferred[float]] = []
        self._awaited: bytes | None = None  # the first ping since somebody waits
        self.round_trip: RoundTrip | None = None

    def __len__(self) -> int:
        return len(self._pending)

    @property
    def awaited(self) -> bool:
        """Whether somebody waits for an answer already."""
        return bool(self._waiters)

    def send(self, now: float) -> bytes:
        """The payload of a ping that is written at *now*, monotonic seconds."""
        payload = f"{self._salt}{next(self._numbers) & 0xFFFFFFFF:08x}".encode()
        self._pending[payload] = now
        if self._waiters and self._awaited is None:
            self._awaited = payload
        if len(self._pending) > MAX_PENDING:
            del self._pending[next(iter(self._pending))]
        return payload

    def withdraw(self, payload: bytes) -> None:
        """The ping could not be written after all."""
        self._pending.pop(payload, None)

    def wait(self) -> Deferred[float]:
        """A Deferred for the answer to the next ping, or to a later one.

        Whoever waits already shares the ping of the first who waits. Cancelling
        affects no other.
        """
        if not self._waiters:
            self._awaited = None
        deferred: Deferred[float] = Deferred(self._waiters.remove)
        self._waiters.append(deferred)
        return deferred

    def answer(self, payload: bytes | None, now: float) -> float | None:
        """When the answered ping was written; it and all before it are done.

        Args:
            payload: What the answer echoes, or None on a wire whose answers
                name no ping: then the oldest one is answered, and measured only
                if there was no other.
            now: Monotonic seconds.

        Returns:
            Monotonic seconds, or None for an answer to nothing.
        """
        certain = payload is not None or len(self._pending) == 1
        if payload is None:
            payload = next(iter(self._pending), b"")
        payload = bytes(payload)  # some parsers hand out a bytearray
        sent_at = self._pending.get(payload)
        if sent_at is None:
            return None
        self._forget_through(payload)
        if certain:
            self._measure(now - sent_at)
        if self._awaited not in self._pending:
            self._release(now - sent_at)
        return sent_at

    def fail(self, reason: Failure) -> None:
        """Everybody who waits gets the *reason*; pings on their way stay so."""
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            waiter.errback(reason)

    def _forget_through(self, payload: bytes) -> None:
        known = list(self._pending)  # oldest first
        for done in known[: known.index(payload) + 1]:
            del self._pending[done]

    def _measure(self, seconds: float) -> None:
        known = self.round_trip
        self.round_trip = known.then(seconds) if known else RoundTrip.first(seconds)

    def _release(self, seconds: float) -> None:
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            waiter.callback(seconds)
