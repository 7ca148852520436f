"""One of the many connections: it is kept alive, works, and knows what was done to it."""

from __future__ import annotations

import enum
import random
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.internet.protocol import ClientFactory
from twisted.protocols.basic import LineReceiver

from benchmarks.soak.peer import MUTE
from heartbeat import HeartbeatMixin, Lines

if TYPE_CHECKING:
    from twisted.python.failure import Failure

    from benchmarks.soak.fleet import Fleet
    from benchmarks.soak.ledger import Doom
    from benchmarks.soak.peers import Peer
    from heartbeat import Keepalive, Verdict

__all__ = ["Connecting", "Link", "Standing"]

LONG = 5.0
"""Seconds between two runs of a connection's own loop."""


class Standing(enum.Enum):
    """What is true of a connection; only one that is `KEPT` can be done something to."""

    KEPT = "nothing was done that it could be lost for"
    DOOMED = "its peer has to be given up"
    LEAVING = "its end is no surprise: we closed it, or its process was killed"
    JUDGED = "its peer was given up, or should have been"


class Link(HeartbeatMixin, LineReceiver):
    """A connection with timers, a loop and Deferreds of its own.

    Args:
        fleet: Hears of its beginning and its end.
        peer: The process at the other end.
        policy: Its keepalive.

    Attributes:
        peer: As given.
        standing: What is true of it.
        doom: Why its peer has to be given up; None if it need not be, or was.
        resting: Whether we do not read now.
    """

    MAX_LENGTH = 2**20
    wire = Lines()
    transport: Any

    def __init__(self, fleet: Fleet, peer: Peer, policy: Keepalive) -> None:
        self.fleet = fleet
        self.peer = peer
        self.keepalive = policy
        self.standing = Standing.KEPT
        self.doom: Doom | None = None
        self.resting = False

    def connectionMade(self) -> None:
        """Make one of everything that a connection can own."""
        self.clock.every(LONG * (1 + random.random()), self.chat)
        self.clock.callLater(3600, self.fleet.late, "a call")
        self.clock.own(Deferred()).addErrback(self.fleet.freed)
        self.clock.on_close(self.fleet.freed)
        self.fleet.joined(self)

    def lineReceived(self, line: bytes) -> None:
        """An echo: the application is at work."""
        del line
        self.heartbeat.active()

    def chat(self) -> None:
        """Say something, and measure the way now and then."""
        if self.transport.disconnecting:
            return
        self.sendLine(b"hello")
        if random.random() < 0.1:
            self.heartbeat.ping().addErrback(self.fleet.freed)

    def load(self, size: int) -> None:
        """Send one long line, which comes back."""
        self.sendLine(b"x" * size)

    def mute(self) -> None:
        """Tell the peer to be mute on this connection."""
        self.sendLine(MUTE)

    def rest(self, seconds: float) -> None:
        """Do not read for a while."""
        self.resting = True
        self.transport.pauseProducing()
        self.clock.callLater(seconds, self.wake)

    def wake(self) -> None:
        """Read again."""
        self.resting = False
        self.transport.resumeProducing()

    def leave(self) -> None:
        """Close the connection."""
        self.standing = Standing.LEAVING
        self.transport.loseConnection()

    def peer_lost(self, verdict: Verdict) -> None:
        """The keepalive has judged."""
        self.fleet.judged(self, verdict)

    def connectionLost(self, reason: Failure) -> None:  # type: ignore[override]
        """It is over, for whatever reason."""
        self.fleet.parted(self, reason)


class Connecting(ClientFactory):
    """Makes one link, and says if that was not possible."""

    noisy = False

    def __init__(self, fleet: Fleet, peer: Peer, policy: Keepalive) -> None:
        self.fleet = fleet
        self.peer = peer
        self.policy = policy

    def buildProtocol(self, addr: object) -> Link:
        """The link."""
        del addr
        return Link(self.fleet, self.peer, self.policy)

    def clientConnectionFailed(self, connector: object, reason: Failure) -> None:
        """The peer was killed meanwhile."""
        del connector, reason
        self.fleet.refused()
