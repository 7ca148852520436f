"""Every exception of this package, each saying what to do about it.

.. code-block:: text

    HeartbeatError                     never raised itself
     +-- ScopeClosedError              your code used a clock whose connection is gone
     +-- PolicyError (ValueError)      a value you configured cannot be meant
     +-- NotConnectedError (LookupError)  your code used a keepalive before connecting
     +-- NotReadyError                 a wire cannot speak now; it is tried again
     +-- LateWriteError                your code wrote to a connection that is gone
     +-- PeerLostError (ConnectionLost)  the peer's doing: the reason of a connection
                                       that we ended, never raised inside a timer

All of them carry their data as attributes, and can be copied and pickled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.internet import error

if TYPE_CHECKING:
    from heartbeat.verdict import Verdict

__all__ = [
    "HeartbeatError",
    "LateWriteError",
    "NotConnectedError",
    "NotReadyError",
    "PeerLostError",
    "PolicyError",
    "ScopeClosedError",
]


class HeartbeatError(Exception):
    """What every error of this package is; never raised itself."""


class ScopeClosedError(HeartbeatError):
    """A closed scope was asked for a timer, a Deferred or a child; nothing was made.

    Attributes:
        name: The scope's name, ``""`` if it has none.
        peer: The other end of its connection, ``""`` if there was none.
        closed_ago: Seconds on the scope's clock since it closed, >= 0.
        reason: Why it closed, in words.
    """

    def __init__(self, name: str, peer: str, closed_ago: float, reason: str) -> None:
        super().__init__(name, peer, closed_ago, reason)
        self.name = name
        self.peer = peer
        self.closed_ago = closed_ago
        self.reason = reason

    def __str__(self) -> str:
        """Who closed, how long ago, why, and the way out."""
        scope = f"scope {self.name!r}" if self.name else "this scope"
        peer = f" of the connection to {self.peer}" if self.peer else ""
        return (
            f"{scope}{peer} closed {self.closed_ago:.3f} s ago ({self.reason}); "
            "for a timer that is meant to outlive the connection use clock.parent"
        )


class PolicyError(HeartbeatError, ValueError):
    """A configured value breaks a rule; nothing was changed by the attempt.

    Attributes:
        field: What was configured, as the user wrote it (``interval``).
        value: The value that was refused.
        rule: What holds for the field (``must be a finite number of seconds``).
        way_out: What to write instead (``use None to switch it off``).
    """

    def __init__(self, field: str, value: object, rule: str, way_out: str) -> None:
        super().__init__(field, value, rule, way_out)
        self.field = field
        self.value = value
        self.rule = rule
        self.way_out = way_out

    def __str__(self) -> str:
        """The field, its value, the rule, and the way out."""
        return f"{self.field}={self.value!r}: {self.rule}; {self.way_out}"


class NotConnectedError(HeartbeatError, LookupError):
    """A protocol was asked for the keepalive of a connection it does not have yet.

    Attributes:
        protocol: The name of its class.
    """

    def __init__(self, protocol: str) -> None:
        super().__init__(protocol)
        self.protocol = protocol

    def __str__(self) -> str:
        """What is missing, and the way out."""
        return (
            f"the keepalive of {self.protocol} belongs to a connection, and there is "
            "none yet: use it from connectionMade on"
        )


class NotReadyError(HeartbeatError):
    """A protocol cannot say a ping or a beat now; nothing was written.

    A wire, or your own ``send_ping`` or ``send_beat``, raises it in a phase that
    forbids it: a handshake, a login, a transaction, a close. It is no failure and is not
    logged: another try comes after the policy's ``interval`` or ``beacon``.
    ``self.heartbeat.ping()`` fails with it.

    Attributes:
        why: The phase, in words.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why

    def __str__(self) -> str:
        """What stands in the way."""
        return f"nothing can be said now: {self.why}; it is tried again later"


class LateWriteError(HeartbeatError):
    """Bytes were written to a connection that was already lost; none were sent.

    Raised only in the mode :attr:`heartbeat.late.Mode.RAISE`, which is for tests.

    Attributes:
        peer: The other end of the lost connection.
        reason: Why it was lost, in words.
        lost_ago: Seconds on the connection's clock since it was lost, >= 0.
        size: Number of bytes of this write.
    """

    def __init__(self, peer: str, reason: str, lost_ago: float, size: int) -> None:
        super().__init__(peer, reason, lost_ago, size)
        self.peer = peer
        self.reason = reason
        self.lost_ago = lost_ago
        self.size = size

    def __str__(self) -> str:
        """How much was written to whom, how late, why it was lost, and the way out."""
        return (
            f"{self.size} bytes written to {self.peer} {self.lost_ago:.3f} s after the "
            f"connection was lost ({self.reason}); let whatever wrote them end with "
            "the connection: self.clock.callLater for a timer, self.clock.own for "
            "a Deferred"
        )


class PeerLostError(HeartbeatError, error.ConnectionLost):
    """We ended the connection, because of what the verdict says about the peer.

    Reaches ``connectionLost(reason)`` as ``reason.value``. It is a
    :class:`twisted.internet.error.ConnectionLost`, so code that traps that goes on
    working.

    Attributes:
        verdict: The :class:`heartbeat.verdict.Verdict`: the kind and the evidence.
    """

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict)
        self.verdict = verdict

    def __str__(self) -> str:
        """The verdict in a sentence."""
        return str(self.verdict)
