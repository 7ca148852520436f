"""Pings on their way, matched with their answers.

One answer answers every ping before it; an answer to nothing is harmless.

Source:
    Matching: :rfc:`6455` section 5.5.3.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, NamedTuple

from twisted.internet.defer import Deferred

if TYPE_CHECKING:
    from twisted.python.failure import Failure

__all__ = ["MAX_PENDING", "Answered", "Pings"]

MAX_PENDING = 16
"""Unanswered pings remembered; the oldest is forgotten first, so that a peer
that never answers cannot make us keep more."""


class Answered(NamedTuple):
    """A ping that was answered."""

    sent_at: float
    """When it was written, monotonic seconds."""
    certain: bool
    """Whether the answer is known to belong to it."""


class Pings:
    """The unanswered pings of one connection, and who waits for an answer.

    Made for a ping, and thrown away when nothing is pending any more. Payloads are 16
    hexadecimal digits, so that they suit a line protocol, and random, so that an
    answer counts only once and on no other connection.
    """

    __slots__ = ("_awaited", "_pending", "_waiters")

    def __init__(self) -> None:
        self._pending: dict[bytes, float] = {}
        self._waiters: tuple[Deferred[float], ...] = ()
        self._awaited: bytes | None = None  # the first ping since somebody waits

    def __len__(self) -> int:
        return len(self._pending)

    @property
    def settled(self) -> bool:
        """Whether no ping is on its way and nobody waits."""
        return not self._pending and not self._waiters

    @property
    def awaited(self) -> bool:
        """Whether somebody waits for an answer already."""
        return bool(self._waiters)

    def send(self, now: float) -> bytes:
        """The payload of a ping that is written at *now*, monotonic seconds."""
        payload = b"%016x" % random.getrandbits(64)  # no secret
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
        deferred: Deferred[float] = Deferred(self._forget)
        self._waiters += (deferred,)
        return deferred

    def answer(self, payload: bytes | None) -> Answered | None:
        """The ping that is answered; it and all before it are done.

        Args:
            payload: What the answer echoes, or None on a wire whose answers
                name no ping: then the oldest one is answered, which is certain only
                if there is no other.

        Returns:
            The ping, or None for an answer to nothing.
        """
        certain = payload is not None or len(self._pending) == 1
        if payload is None:
            payload = next(iter(self._pending), b"")
        payload = bytes(payload)  # some parsers hand out a bytearray
        sent_at = self._pending.get(payload)
        if sent_at is None:
            return None
        self._forget_through(payload)
        return Answered(sent_at, certain)

    def fail(self, reason: Failure) -> None:
        """Everybody who waits gets the *reason*; pings on their way stay so."""
        waiters, self._waiters = self._waiters, ()
        for waiter in waiters:
            if not waiter.called:
                waiter.errback(reason)

    def _forget(self, waiter: Deferred[float]) -> None:
        self._waiters = tuple(other for other in self._waiters if other is not waiter)

    def _forget_through(self, payload: bytes) -> None:
        known = list(self._pending)  # oldest first
        for done in known[: known.index(payload) + 1]:
            del self._pending[done]

    def release(self, seconds: float) -> None:
        """Whoever waits for the ping that was just answered gets *seconds*."""
        if self._awaited in self._pending:
            return
        waiters, self._waiters = self._waiters, ()
        for waiter in waiters:
            if not waiter.called:  # who was told before may have cancelled it
                waiter.callback(seconds)
