"""All connections: as many as were asked for, each with what is true of it."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from twisted.internet import threads

from benchmarks.soak.connection import Connecting
from benchmarks.soak.ledger import FROZEN, Doom, Ledger
from benchmarks.soak.peers import Peer
from heartbeat import Kind, ScopedClock
from heartbeat.wheel import wheel_of

if TYPE_CHECKING:
    from benchmarks.soak.connection import Link
    from heartbeat import Keepalive, Verdict

__all__ = ["Fleet"]

BURST = 200
"""Connections that are being made at the same time, at most: fewer than a peer's
queue of them holds."""

RETRY = 0.05
"""Seconds between two looks whether connections are missing."""


class Fleet:
    """Keeps a number of links, spread over peers.

    Args:
        reactor: Where they live.
        policy: Their keepalive.
        peers: How many processes are at the other ends.

    Attributes:
        ledger: What was right and what was wrong.
        links: Those that stand.
        wanted: How many there should be.
        after: Timers of what follows from something that was done.
        made: How many were made so far.
        released: How many owned things were told of the end of their connection.
    """

    def __init__(self, reactor: Any, policy: Keepalive, peers: int) -> None:
        self.reactor = reactor
        self.policy = policy
        self.ledger = Ledger()
        self.links: set[Link] = set()
        self.peers = [Peer() for _ in range(peers)]
        self.wanted = self.made = self.released = self._pending = 0
        self.wheel = wheel_of(reactor)
        self.after = ScopedClock(reactor, name="what follows from a fault")
        self._many = peers

    # Connections come and go.

    def fill(self) -> None:
        """Make what is missing; looks again by itself while any are wanted."""
        missing = self.wanted - len(self.links) - self._pending
        for _ in range(min(missing, BURST - self._pending)):
            self._connect()
        if self.wanted:
            self.reactor.callLater(RETRY, self.fill)

    def empty(self) -> None:
        """Close all."""
        self.wanted = 0
        for link in list(self.links):
            link.leave()

    @property
    def settled(self) -> bool:
        """Whether all that are wanted stand, and none is doomed."""
        doomed = any(link.doom for link in self.links)
        return len(self.links) == self.wanted and not self._pending and not doomed

    @property
    def busy(self) -> bool:
        """Whether something that was done has not taken its course."""
        return bool(self.after.getDelayedCalls()) or len(self.peers) < self._many

    def joined(self, link: Link) -> None:
        """A connection was made."""
        self._pending -= 1
        self.made += 1
        self.links.add(link)
        if link.peer.frozen:  # its kernel has accepted all the same
            self.doom(link, "frozen", FROZEN)
        elif link.peer not in self.peers:
            link.leaving = True

    def parted(self, link: Link) -> None:
        """A connection was lost."""
        self.links.discard(link)

    def refused(self) -> None:
        """A connection could not be made."""
        self._pending -= 1

    def _connect(self) -> None:
        peer = random.choice([each for each in self.peers if not each.frozen])
        self._pending += 1
        factory = Connecting(self, peer, self.policy)
        self.reactor.connectTCP("127.0.0.1", peer.port, factory)

    # What is done to them.

    def pick(self, many: int = 1) -> list[Link]:
        """Some of which nothing bad is known."""
        fine = [link for link in self.links if not link.doom and not link.leaving]
        return random.sample(fine, min(many, len(fine)))

    def of(self, peer: Peer) -> list[Link]:
        """All of one peer's."""
        return [link for link in self.links if link.peer is peer]

    def doom(self, link: Link, what: str, kinds: frozenset[Kind]) -> None:
        """The keepalive has to find out."""
        policy = link.heartbeat.policy
        now, stalled = self.wheel.now(), self.wheel.stalled
        link.doom = Doom.of(what, kinds, policy, now, stalled)

    def replace(self, peer: Peer) -> None:
        """Kill one process and start another."""
        for link in self.of(peer):
            link.leaving = True
        self.peers.remove(peer)
        peer.kill()
        # It takes half a second to start, which would stall all others.
        started = threads.deferToThreadPool(
            self.reactor, self.reactor.getThreadPool(), Peer
        )
        started.addCallback(self.peers.append)

    def overdue(self) -> None:
        """Write down whoever should have been given up by now."""
        now, stalled = self.wheel.now(), self.wheel.stalled
        for link in list(self.links):
            if link.doom is not None and link.doom.missed(now, stalled):
                self.ledger.missed(link.doom, link.heartbeat.peer)
                link.leaving = True
                link.transport.abortConnection()

    # What they say.

    def judged(self, link: Link, verdict: Verdict) -> None:
        """The keepalive of *link* has given its peer up."""
        if link.leaving and verdict.kind is Kind.CLOSE_STALLED:
            self.ledger.did("close of ours aborted")
            return
        now, stalled = self.wheel.now(), self.wheel.stalled
        self.ledger.judged(link.doom, verdict, now, stalled)

    def surprised(self, link: Link, reason: Any) -> None:
        """*link* was lost, and nobody had asked for it."""
        doom = "" if link.doom is None else f" ({link.doom.what})"
        self.ledger.lost(f"{reason.getErrorMessage()}{doom}")

    def freed(self, reason: object) -> None:
        """Something owned has heard of the end."""
        del reason
        self.released += 1

    def late(self, what: str) -> None:
        """A timer of an hour has fired: that must not happen."""
        self.ledger.wrong.append(f"{what} fired")

    def close(self) -> None:
        """End all peers."""
        for peer in self.peers:
            peer.kill()

    def notes(self) -> dict[str, Any]:
        """What was counted, for the file of results."""
        took = sorted(self.ledger.took)
        return {
            "made": self.made,
            "released": self.released,
            "stalls": self.wheel.stalls,
            "stalled_s": round(self.wheel.stalled, 3),
            "right": self.ledger.right,
            "deeds": self.ledger.deeds,
            "wrong": self.ledger.wrong,
            "verdict_after_s": _spread(took),
        }


def _spread(took: list[float]) -> dict[str, float]:
    if not took:
        return {}
    middle = took[len(took) // 2]
    return {"least": took[0], "median": middle, "greatest": took[-1]}
