"""All connections: as many as were asked for, each with what is true of it."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import attrs
from twisted.internet import threads

from benchmarks.soak.connection import Connecting, Standing
from benchmarks.soak.lateness import Lateness
from benchmarks.soak.ledger import BRIEF, FROZEN, MARGIN, Doom, Ledger
from benchmarks.soak.peers import Condition, Peer
from heartbeat import Kind, ScopedClock
from heartbeat.wheel import wheel_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.soak.connection import Link
    from heartbeat import Keepalive, Verdict

__all__ = ["STOPPED", "Fleet"]

STOPPED = "peer stopped for good"
"""What is done to all connections of a process at once."""

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
        margin: Seconds beyond its promise that a verdict may take.
        start: Makes one of these processes.

    Attributes:
        ledger: What was right and what was wrong.
        lateness: Of our own reactor.
        links: Those that stand.
        wanted: How many there should be.
        after: Timers of what follows from something that was done.
        made: How many were made so far.
        released: How many owned things were told of the end of their connection.
    """

    def __init__(
        self,
        reactor: Any,
        policy: Keepalive,
        peers: int,
        margin: float = MARGIN,
        start: Callable[[], Peer] = Peer,
    ) -> None:
        self.reactor = reactor
        self.policy = policy
        self.ledger = Ledger()
        self.lateness = Lateness(reactor)
        self.links: set[Link] = set()
        self.peers = [start() for _ in range(peers)]
        self.wanted = self.made = self.released = self._pending = 0
        self.after = ScopedClock(reactor, name="what follows from a fault")
        self._start = start
        self._many = peers
        timeout = policy.timeout
        assert timeout is not None
        self._pause = BRIEF * timeout
        # A peer that is stopped for a moment hears later that it is to be mute.
        self._slack = margin + self._pause

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
        if link.peer.condition is Condition.STOPPED:
            self.doom(link, STOPPED, FROZEN)  # its kernel has accepted all the same
        elif link.peer.condition is Condition.KILLED:
            link.leave()

    def parted(self, link: Link, reason: Any) -> None:
        """A connection was lost."""
        self.links.discard(link)
        if link.standing in {Standing.KEPT, Standing.DOOMED}:
            self.ledger.lost(link.doom, reason.getErrorMessage())
        elif link.doom is not None:
            self.ledger.forestalled(link.doom)

    def refused(self) -> None:
        """A connection could not be made."""
        self._pending -= 1

    def _connect(self) -> None:
        peer = random.choice([each for each in self.peers if each.lives])
        self._pending += 1
        factory = Connecting(self, peer, self.policy)
        self.reactor.connectTCP("127.0.0.1", peer.port, factory)

    # What is done to them.

    @property
    def serving(self) -> list[Peer]:
        """Processes that something can be done to."""
        return [each for each in self.peers if each.condition is Condition.SERVING]

    def pick(self, *, read: bool = False) -> Link | None:
        """A connection that something can be done to, if any; if *read*, one we read."""
        fit = [
            link
            for link in self.links
            if link.standing is Standing.KEPT and not (read and link.resting)
        ]
        return random.choice(fit) if fit else None

    def of(self, peer: Peer) -> list[Link]:
        """All of one peer's."""
        return [link for link in self.links if link.peer is peer]

    def doom(self, link: Link, what: str, kinds: frozenset[Kind]) -> None:
        """The keepalive has to find out."""
        policy = link.heartbeat.policy
        now, late = self.lateness.now(), self.lateness.seconds
        link.doom = Doom.of(what, kinds, policy, now=now, late=late, slack=self._slack)
        link.standing = Standing.DOOMED
        self.ledger.doomed(link.doom)

    def pause(self, peer: Peer) -> None:
        """Stop one process for less than anybody's patience, then leave it in peace."""
        assert self.policy.timeout is not None
        peer.pause()
        self.after.callLater(self._pause, peer.resume)
        self.after.callLater(self._pause + self.policy.timeout, peer.recovered)

    def stop(self, peer: Peer) -> None:
        """Stop one process for good; once all have found out, another replaces it."""
        peer.stop()
        for link in self.of(peer):
            if link.standing is Standing.KEPT:
                if link.resting:
                    link.wake()  # a rest of ours would excuse the peer
                self.doom(link, STOPPED, FROZEN)
            elif link.doom is not None:  # a mute one does not read any more, either
                link.doom = attrs.evolve(link.doom, kinds=FROZEN)
        within = self.policy.within
        assert within is not None
        self.after.callLater(4 * within, self.replace, peer)

    def replace(self, peer: Peer) -> None:
        """Kill one process and start another."""
        for link in self.of(peer):
            if link.standing is not Standing.JUDGED:
                link.standing = Standing.LEAVING
        self.peers.remove(peer)
        peer.kill()
        # It takes half a second to start, which would stall all others.
        started = threads.deferToThreadPool(
            self.reactor, self.reactor.getThreadPool(), self._start
        )
        started.addCallback(self.peers.append)

    def overdue(self) -> None:
        """Write down whoever should have been given up by now."""
        now, late = self.lateness.now(), self.lateness.seconds
        for link in list(self.links):
            if link.doom is not None and link.doom.missed(now, late):
                self.ledger.missed(link.doom, link.heartbeat.peer)
                self._close_account(link)
                link.transport.abortConnection()

    # What they say.

    def judged(self, link: Link, verdict: Verdict) -> None:
        """The keepalive of *link* has given its peer up."""
        if link.standing is Standing.LEAVING and verdict.kind is Kind.CLOSE_STALLED:
            self.ledger.did("close of ours aborted")
            return
        now, late = self.lateness.now(), self.lateness.seconds
        self.ledger.judged(link.doom, verdict, now, late)
        self._close_account(link)

    def _close_account(self, link: Link) -> None:
        link.doom = None
        link.standing = Standing.JUDGED

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
            peer.close()

    def notes(self) -> dict[str, Any]:
        """What was counted, for the file of results."""
        took = sorted(self.ledger.took)
        return {
            "made": self.made,
            "released": self.released,
            "late_s": round(self.lateness.seconds, 3),
            "stalled_s": round(wheel_of(self.reactor).stalled, 3),
            "accounts": {
                what: attrs.asdict(account)
                for what, account in self.ledger.accounts.items()
            },
            "deeds": self.ledger.deeds,
            "verdict_after_s": _spread(took),
        }


def _spread(took: list[float]) -> dict[str, float]:
    if not took:
        return {}
    middle = took[len(took) // 2]
    return {"least": took[0], "median": middle, "greatest": took[-1]}
