"""A connection in memory: two transports and the link between them, for tests.

Unlike a real one it moves bytes only when told to, so a test decides what
arrives before which deadline. In all else it keeps to what Twisted's TCP
transport does: bytes written after ``loseConnection`` still leave, an abort ends
the connection in a later turn, an end that does not read learns nothing.

It has no half-close, and no buffers of a kernel: what an end does not read stays
with the writer.

Source:
    ``twisted.internet.abstract.FileDescriptor``, ``twisted.internet.tcp``.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IConsumer, IPushProducer, ITransport
from twisted.python.failure import Failure
from zope.interface import implementer

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["BUFFER", "MemoryTransport", "Stage", "join"]

BUFFER = 2**16
"""Bytes queued at which a streaming producer is paused.

Source:
    ``FileDescriptor.bufferSize``.
"""


class Stage(enum.Enum):
    """How far a transport's end has come."""

    OPEN = "open"
    CLOSING = "closing"
    """``loseConnection``: what was written is still delivered."""
    ABORTING = "aborting"
    """``abortConnection``: nothing is."""
    LOST = "lost"


@implementer(ITransport, IConsumer, IPushProducer)
class MemoryTransport:
    """One end of a connection in memory.

    Args:
        protocol: Who gets what arrives here.
        port: Of its own address on 127.0.0.1, made up.
        peer_port: Of the other end's.

    Attributes:
        other: The other end.
        stage: How far its end has come.
        producerState: ``"producing"``, or ``"paused"`` while the protocol does
            not read; the name is that of Twisted's `StringTransport`.
    """

    other: MemoryTransport

    def __init__(self, protocol: Any, port: int, peer_port: int) -> None:
        self.protocol = protocol
        self.stage = Stage.OPEN
        self.producerState = "producing"
        self._host = IPv4Address("TCP", "127.0.0.1", port)
        self._peer = IPv4Address("TCP", "127.0.0.1", peer_port)
        self._outgoing: list[bytes] = []
        self._unheard: Exception | None = None
        self._producer: Any = None
        self._streaming = False
        self._throttled = False

    @property
    def disconnecting(self) -> bool:
        """Whether the protocol has asked for the end by ``loseConnection``."""
        return self.stage is Stage.CLOSING

    @property
    def connected(self) -> bool:
        """Whether ``connectionLost`` has not been called yet."""
        return self.stage is not Stage.LOST

    def write(self, data: bytes) -> None:
        """Queue *data*; dropped silently once it was aborted, or is lost."""
        if not isinstance(data, bytes):
            raise TypeError(f"Data must be bytes, not {type(data).__name__}")
        if data and self.stage in (Stage.OPEN, Stage.CLOSING):
            self._outgoing.append(data)
            self._throttle()

    def writeSequence(self, data: Iterable[bytes]) -> None:
        """Queue every piece of *data*."""
        for piece in data:
            self.write(piece)

    def loseConnection(self) -> None:
        """End when what was written is delivered and no producer is left.

        Nothing is read any more.
        """
        if self.stage is Stage.OPEN:
            self.stage = Stage.CLOSING

    def abortConnection(self) -> None:
        """End in the next turn; what was written is lost."""
        if self.connected:
            self.stage = Stage.ABORTING
            self._aborting = True  # where Twisted's own says so
            self._outgoing.clear()

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Take *producer* into the flow control; a close waits for it."""
        if self._producer is not None:
            raise RuntimeError(f"{self._producer!r} was never unregistered")
        if not self.connected:
            producer.stopProducing()
            return
        self._producer, self._streaming, self._throttled = producer, streaming, False
        if not streaming:
            producer.resumeProducing()

    def unregisterProducer(self) -> None:
        """The producer is done."""
        self._producer = None

    def pauseProducing(self) -> None:
        """Deliver nothing here for now."""
        self.producerState = "paused"

    def resumeProducing(self) -> None:
        """Deliver again."""
        self.producerState = "producing"

    def stopProducing(self) -> None:
        """Deliver nothing here any more."""
        self.loseConnection()

    def getHost(self) -> IPv4Address:
        """Its own, made-up address."""
        return self._host

    def getPeer(self) -> IPv4Address:
        """The made-up address of the other end."""
        return self._peer

    def getTcpNoDelay(self) -> bool:  # noqa: N802 - Twisted's word
        """There is no delay in memory."""
        return True

    def setTcpNoDelay(self, enabled: bool) -> None:  # noqa: N802 - Twisted's word
        """Accepted, for protocols that set it on every transport."""

    def getTcpKeepAlive(self) -> bool:  # noqa: N802 - Twisted's word
        """There is no TCP in memory."""
        return False

    def setTcpKeepAlive(self, enabled: bool) -> None:  # noqa: N802 - Twisted's word
        """Accepted, for protocols that set it on every transport."""

    # What the link does.

    def deliver(self) -> bool:
        """Move what was written to the other end; whether anything moved."""
        if not self._outgoing or not self.other.takes_bytes():
            return False
        data, self._outgoing = b"".join(self._outgoing), []
        self.other.arrived(data, self)
        self._unthrottle()
        return True

    def takes_bytes(self) -> bool:
        """Whether bytes can leave for here: not while it is open and does not read."""
        return self.stage is not Stage.OPEN or self.producerState == "producing"

    def arrived(self, data: bytes, sender: MemoryTransport) -> None:
        """Bytes are here: for the protocol, or, once that closed, for nobody."""
        if self.stage is Stage.OPEN:
            self.protocol.dataReceived(data)
        elif self.stage is Stage.LOST:
            sender.lose(ConnectionLost())

    def drop(self) -> None:
        """What was written vanishes on its way."""
        self._outgoing.clear()

    def finish(self) -> bool:
        """Complete an end that has begun on this side; whether it did."""
        if self.stage is Stage.ABORTING:
            self.lose(ConnectionAborted())
            self.other.hear(ConnectionLost())
        elif self._unheard is not None and self.takes_bytes():
            self.lose(self._unheard)
        elif self._may_close():
            self.lose(ConnectionDone())
            self.other.hear(ConnectionDone())
        else:
            return False
        return True

    def finish_alone(self) -> bool:
        """Complete an end of which no word reaches the other side; whether it did."""
        if self.stage is Stage.ABORTING:
            self.lose(ConnectionAborted())
        elif self._may_close():
            self.lose(ConnectionDone())
        else:
            return False
        return True

    def hear(self, reason: Exception) -> None:
        """The other side has ended; the protocol learns it when it reads."""
        if self.connected:
            self._unheard = reason

    def lose(self, reason: Exception) -> None:
        """Stop the producer and tell the protocol that the connection is lost, once."""
        if not self.connected:
            return
        self.stage = Stage.LOST
        self._unheard = None
        self._outgoing.clear()
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.stopProducing()
        self.protocol.connectionLost(Failure(reason))

    def _may_close(self) -> bool:
        closing = self.stage is Stage.CLOSING
        return closing and not self._outgoing and self._producer is None

    def _throttle(self) -> None:
        if self._producer is None or not self._streaming:
            return
        if sum(map(len, self._outgoing)) > BUFFER:
            self._throttled = True
            self._producer.pauseProducing()

    def _unthrottle(self) -> None:
        """Everything has left: the producer may go on."""
        if self._outgoing or self._producer is None:
            return
        if not self._streaming or self._throttled:
            self._throttled = False
            self._producer.resumeProducing()


def join(client: Any, server: Any) -> tuple[MemoryTransport, MemoryTransport]:
    """Two transports, connected to each other; their protocols not yet to them."""
    ours, theirs = MemoryTransport(client, 50000, 7), MemoryTransport(server, 7, 50000)
    ours.other, theirs.other = theirs, ours
    return ours, theirs
