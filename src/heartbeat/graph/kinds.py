"""The words of a snapshot: kinds, states, strengths, verdicts, each a closed list."""

from __future__ import annotations

import enum

__all__ = [
    "DECIDING",
    "GONE",
    "CallVerdict",
    "Kind",
    "Source",
    "State",
    "Strength",
]


class Kind(enum.Enum):
    """What an endpoint is."""

    TCP = "tcp"
    TLS = "tls"
    UNIX = "unix"
    UDP = "udp"
    UNIX_DATAGRAM = "unix datagram"
    PROCESS = "process"
    STDIO = "stdio"
    OTHER = "other"
    """Something else that the reactor reads or writes, or an in-memory transport."""


class State(enum.Enum):
    """How far an endpoint has come."""

    LISTENING = "listening"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    HALF_CLOSED = "half-closed"
    """One direction is closed, the other works."""
    CLOSING = "closing"
    """``loseConnection`` was called; the rest is still being written."""
    DISCONNECTED = "disconnected"
    FAILED = "failed"
    """It was never connected, and the attempt is over."""
    UNCONNECTED = "unconnected"
    """A protocol that has no transport and has never had one."""


GONE = frozenset({State.DISCONNECTED, State.FAILED})
"""States from which nothing leads back: what is written there goes nowhere."""


class Strength(enum.Enum):
    """How sure a link is, the surest first."""

    SCOPED = "scoped"
    DIRECT = "direct"
    OWNED = "owned"
    WEAK = "weak"
    KEYED = "keyed"
    HELD = "held"
    CREATED = "created"
    POSSIBLE = "possible"
    GLOBAL = "global"
    SHARED = "shared"


DECIDING = frozenset(
    {
        Strength.SCOPED,
        Strength.DIRECT,
        Strength.OWNED,
        Strength.WEAK,
        Strength.KEYED,
        Strength.HELD,
    }
)
"""The strengths of which a verdict may be made."""


class CallVerdict(enum.Enum):
    """What is said of a pending call."""

    STRAY = "stray"
    MAYBE_STRAY = "maybe-stray"
    MIXED = "mixed"
    OK = "ok"
    SHARED = "shared"
    LISTENING = "listening"
    FACTORY = "factory"
    SERVICE = "service"
    SCOPE = "scope"
    INTERNAL = "internal"
    UNATTACHED = "unattached"
    EXPECTED = "expected"


class Source(enum.Enum):
    """What will run a timed call."""

    REACTOR = "reactor"
    ASYNCIO = "asyncio"
    """The event loop under the asyncio reactor."""
    CLOCK = "clock"
    """A clock for tests."""
    WHEEL = "wheel"
    """The timer that all keepalives of a reactor share."""
