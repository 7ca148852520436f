"""Ours: the mixin on a `LineReceiver`, with a wire of lines, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from twisted.internet.interfaces import (
    IHalfCloseableProtocol,
    IHandshakeListener,
    IPushProducer,
    ISSLTransport,
)
from twisted.internet.protocol import ClientFactory, connectionDone
from twisted.protocols.basic import LineReceiver
from zope.interface import implementer

from benchmarks.faults.faults import GRACE
from benchmarks.faults.subjects.contract import CHUNK, Options, Program
from benchmarks.faults.subjects.on_twisted import connect_each, run_subject
from heartbeat import HeartbeatMixin, Keepalive, Lines, PeerLostError, Proof, events

if TYPE_CHECKING:
    from twisted.python.failure import Failure

    from heartbeat import Verdict


@implementer(IHandshakeListener)
class Chat(HeartbeatMixin, LineReceiver):
    """One connection, and its actor."""

    MAX_LENGTH = 2**25
    wire = Lines()
    transport: Any

    def __init__(self, policy: Keepalive, program: Program) -> None:
        self.keepalive = policy
        self._program = program

    def connectionMade(self) -> None:
        """Say so; over TLS that is not all."""
        if not ISSLTransport.providedBy(self.transport):
            self._program.connected(self)

    def handshakeCompleted(self) -> None:  # noqa: N802 - Twisted's
        """Say so: until then nothing that we write leaves."""
        self._program.connected(self)

    def lineReceived(self, line: bytes) -> None:
        """A message: the application is at work."""
        self._program.received += len(line)
        self.heartbeat.active()

    def peer_suspected(self, verdict: Verdict) -> None:
        """Say so."""
        self._program.suspected(verdict.kind.name)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Say why."""
        error = reason.value
        kind = error.verdict.kind.name if isinstance(error, PeerLostError) else None
        self._program.lost(self, kind, f"{type(error).__name__}: {error}")

    def say(self, line: bytes) -> None:
        """Send one line."""
        self.sendLine(line)

    # What the bench tells us.

    def send(self, size: int) -> None:
        """One long line."""
        self.say(b"x" * size)

    def flow(self) -> None:
        """Lines, as fast as they go."""
        Flow(self).begin()

    def pause(self) -> None:
        """Read no more."""
        self.transport.pauseProducing()

    def resume(self) -> None:
        """Read again."""
        self.transport.resumeProducing()

    def producer(self) -> None:
        """Close behind a producer that never ends."""
        self.transport.registerProducer(Idle(), False)
        self.transport.loseConnection()

    def close(self) -> None:
        """Close gracefully."""
        self.transport.loseConnection()


@implementer(IHalfCloseableProtocol)
class HalfClosing(Chat):
    """The same, for protocols that go on when the peer has said its last word."""

    def readConnectionLost(self) -> None:
        """Go on writing."""

    def writeConnectionLost(self) -> None:
        """It was us."""


@implementer(IPushProducer)
class Idle:
    """A producer that never ends, and produces nothing."""

    def resumeProducing(self) -> None:
        """There is nothing."""

    def pauseProducing(self) -> None:
        """It does."""

    def stopProducing(self) -> None:
        """It has."""


class Flow(Idle):
    """Sends whenever it may."""

    def __init__(self, chat: Any) -> None:
        self._chat = chat
        self._flowing = True

    def begin(self) -> None:
        """Register, and send."""
        self._chat.transport.registerProducer(self, True)
        self.resumeProducing()

    def resumeProducing(self) -> None:
        """Send until told to pause."""
        self._flowing = True
        while self._flowing:
            self._chat.sendLine(CHUNK)

    def pauseProducing(self) -> None:
        """Wait."""
        self._flowing = False

    def stopProducing(self) -> None:
        """End."""
        self._flowing = False


def policy(told: Options) -> Keepalive:
    """What a user would write, and the fields that a fault is about."""
    base = Keepalive(interval=told.interval, timeout=told.timeout, grace=GRACE)
    found: dict[str, Any] = {}
    for field, value in told.extra.items():
        if field == "proof":
            found[field] = Proof[value]
        elif field == "attempts":
            found[field] = int(value)
        elif field != "protocol":
            found[field] = float(value)
    return attrs.evolve(base, **found)


def start(reactor: Any, told: Options, program: Program) -> None:
    """Connect."""
    kind = HalfClosing if told.extra.get("protocol") == "half-closing" else Chat
    made = policy(told)

    class Chats(ClientFactory):
        noisy = False

        def buildProtocol(self, addr: object) -> Chat:
            del addr
            return kind(made, program)

        def clientConnectionFailed(self, connector: Any, reason: Failure) -> None:
            del connector
            program.lost(None, None, f"not connected: {reason.value}")

    connect_each(reactor, told, Chats())


if __name__ == "__main__":
    events.prepare()  # it would be counted as memory of the first connection
    run_subject(start)
