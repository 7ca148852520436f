"""Protocols that keep a connection alive in one way each, and a transport to share.

Ten thousand connections would need twenty thousand descriptors. So all transports
here share one real TCP socket, which the kernel is asked about as it is about any:
each is Twisted's own object of a server's connection, complete but for the socket.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any, ClassVar

from twisted.internet import tcp
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.task import LoopingCall
from twisted.protocols import policies
from twisted.protocols.basic import LineReceiver

from heartbeat import HeartbeatMixin, Keepalive, Lines

if TYPE_CHECKING:
    from twisted.internet.base import ReactorBase
    from twisted.python.failure import Failure

__all__ = [
    "INTERVAL",
    "KINDS",
    "TIMEOUT",
    "Kept",
    "KeptByLines",
    "Shared",
    "SharedSocket",
]

INTERVAL = 30.0
TIMEOUT = 20.0


class Plain(Protocol):
    """Nothing at all."""


class PlainLines(LineReceiver):
    """Nothing at all, on lines."""


class Scoped(HeartbeatMixin, Protocol):
    """The mixin, its clock in use, no keepalive."""

    def connectionMade(self) -> None:
        """Have the clock made."""
        assert not self.clock.getDelayedCalls()


class Kept(HeartbeatMixin, Protocol):
    """The mixin, its clock in use, and a keepalive whose ping is its own."""

    keepalive = Keepalive(interval=INTERVAL, timeout=TIMEOUT)
    transport: Any

    def connectionMade(self) -> None:
        """Have the clock made."""
        assert not self.clock.getDelayedCalls()

    def send_ping(self, payload: bytes) -> None:
        """Write it as it is."""
        self.transport.write(payload)

    def dataReceived(self, data: bytes) -> None:
        """Take everything for an answer."""
        self.heartbeat.pong(data)


class KeptByLines(HeartbeatMixin, LineReceiver):
    """The mixin with a keepalive and a wire."""

    keepalive = Keepalive(interval=INTERVAL, timeout=TIMEOUT)
    wire = Lines()


class Loops(Protocol):
    """Two loops by hand: one asks, the other looks when the peer was last heard."""

    reactor: ClassVar[Any] = None
    transport: Any

    def connectionMade(self) -> None:
        """Start both."""
        self.heard = self.reactor.seconds()
        self.asking = self._loop(self.ask, INTERVAL)
        self.looking = self._loop(self.look, TIMEOUT)

    def _loop(self, function: Any, interval: float) -> LoopingCall:
        loop = LoopingCall(function)
        loop.clock = self.reactor
        loop.start(interval, now=False)
        return loop

    def dataReceived(self, data: bytes) -> None:
        """Note when."""
        del data
        self.heard = self.reactor.seconds()

    def ask(self) -> None:
        """Send a ping."""
        self.transport.write(b"0123456789abcdef")

    def look(self) -> None:
        """Give a silent peer up."""
        if self.reactor.seconds() - self.heard > INTERVAL + TIMEOUT:
            self.transport.abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Stop both."""
        del reason
        self.asking.stop()
        self.looking.stop()


class TwistedTimeout(policies.TimeoutMixin, Protocol):
    """Twisted's own timeout, which asks nobody."""

    def connectionMade(self) -> None:
        """Start it."""
        self.setTimeout(INTERVAL)  # type: ignore[no-untyped-call]

    def dataReceived(self, data: bytes) -> None:
        """Start it again."""
        del data
        self.resetTimeout()  # type: ignore[no-untyped-call]

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Stop it."""
        del reason
        self.setTimeout(None)  # type: ignore[no-untyped-call]


KINDS: dict[str, type[Protocol]] = {
    "plain": Plain,
    "plain lines": PlainLines,
    "scope": Scoped,
    "scope and keepalive": Kept,
    "scope, keepalive and wire": KeptByLines,
    "two LoopingCalls": Loops,
    "TimeoutMixin": TwistedTimeout,
}
"""All of them by name."""


class Shared(tcp.Connection):
    """A connection of a server that shares its socket, and keeps what is written.

    Attributes:
        written: By all of them: who wrote, and what.
    """

    written: ClassVar[list[tuple[Shared, bytes]]] = []

    def write(self, data: bytes) -> None:
        """Keep it; the socket is everybody's."""
        self.written.append((self, data))

    def _closeSocket(self, orderly: bool) -> None:  # noqa: N802 - Twisted's
        """Leave it open for the others."""


class SharedSocket:
    """One accepted TCP socket, for any number of `Shared` transports.

    Args:
        reactor: Reads from it.
    """

    def __init__(self, reactor: ReactorBase) -> None:
        self._reactor: Any = reactor
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self._peer = socket.create_connection(listening.getsockname())
            self._accepted, _ = listening.accept()
        reading: Any = self.transport(Plain())
        reading.startReading()

    def transport(self, protocol: Protocol) -> Shared:
        """Make what Twisted makes of an accepted connection, not connected yet."""
        transport = Shared(self._accepted, protocol, self._reactor)
        transport.connected = 1
        return transport
