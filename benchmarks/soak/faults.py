"""What is done to the connections, at random: most of it must not matter to anybody."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import attrs

from benchmarks.soak.ledger import BRIEF, FROZEN, MUTED
from heartbeat import ScopedClock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.soak.fleet import Fleet

__all__ = ["Faults"]

LINE = 2**16
"""Bytes of a long line."""


class Faults:
    """Does one thing after the other until it is stopped.

    Args:
        fleet: To whom.
        pace: How often, compared with once a second for 1,000 connections.
    """

    def __init__(self, fleet: Fleet, pace: float) -> None:
        self.fleet = fleet
        self._pace = pace
        self._clock = ScopedClock(fleet.reactor, name="faults")
        self._policy = fleet.policy
        timeout = fleet.policy.timeout
        assert timeout is not None
        self._timeout = timeout

    def start(self) -> None:
        """Begin."""
        self._clock = ScopedClock(self.fleet.reactor, name="faults")
        for name, deed, mean in self._plan():
            self._wait(name, deed, mean)

    def stop(self) -> None:
        """Do nothing more; what was done takes its course."""
        self._clock.close()

    def _plan(self) -> Sequence[tuple[str, Callable[[], int], float]]:
        """What, and after how many seconds on average."""
        each, whole = 1 / self._pace, 25 * self._timeout / 5
        return [
            ("load", self._load, each / 10),
            ("reconfigured", self._reconfigure, each / 5),
            ("closed by us", self._close, each / 5),
            ("our reading paused", self._rest, each / 2),
            ("mute", self._mute, each / 2),
            ("peer stopped, briefly", self._freeze_briefly, whole),
            ("peer stopped for good", self._freeze, 2 * whole),
            ("peer killed and started again", self._kill, 2 * whole),
            ("our reactor blocked", self._block, whole),
        ]

    def _wait(self, name: str, deed: Callable[[], int], mean: float) -> None:
        delay = random.uniform(0, 2 * mean)
        self._clock.callLater(delay, self._do, name, deed, mean)

    def _do(self, name: str, deed: Callable[[], int], mean: float) -> None:
        self.fleet.ledger.did(name, deed())
        self._wait(name, deed, mean)

    # To one connection.

    def _load(self) -> int:
        for link in self.fleet.pick():
            link.load(random.randrange(LINE))
        return 1

    def _reconfigure(self) -> int:
        for link in self.fleet.pick():
            factor = random.uniform(0.8, 1.5)
            interval, timeout = self._policy.interval, self._policy.timeout
            assert interval is not None
            assert timeout is not None
            policy = attrs.evolve(
                self._policy, interval=interval * factor, timeout=timeout * factor
            )
            link.heartbeat.configure(policy)
        return 1

    def _close(self) -> int:
        for link in self.fleet.pick():
            link.leave()
        return 1

    def _rest(self) -> int:
        for link in self.fleet.pick():
            link.rest(random.uniform(0, 2 * self._timeout))
        return 1

    def _mute(self) -> int:
        for link in self.fleet.pick():
            if not link.resting:
                link.mute()
                self.fleet.doom(link, "mute", MUTED)
        return 1

    # To a whole process.

    def _freeze_briefly(self) -> int:
        """For less than anybody's patience, its own backlog and our blocks included."""
        peer = random.choice(self.fleet.peers)
        if peer.frozen:
            return 0
        peer.freeze()
        self.fleet.after.callLater(BRIEF * self._timeout, peer.thaw)
        return 1

    def _freeze(self) -> int:
        """For good: once all have found out, another takes its place."""
        fit = [peer for peer in self.fleet.peers if not peer.frozen]
        if len(fit) < 2:
            return 0
        peer = random.choice(fit)
        peer.frozen = True
        peer.freeze()
        for link in self.fleet.of(peer):
            if not link.doom and not link.leaving:
                link.wake()  # a rest of ours excuses the peer
                self.fleet.doom(link, "peer stopped for good", FROZEN)
        within = self._policy.within
        assert within is not None
        self.fleet.after.callLater(4 * within, self.fleet.replace, peer)
        return 1

    def _kill(self) -> int:
        fit = [peer for peer in self.fleet.peers if not peer.frozen]
        if len(fit) < 2:
            return 0
        self.fleet.replace(random.choice(fit))
        return 1

    # To ourselves.

    def _block(self) -> int:
        """Block the reactor for up to twice the timeout."""
        end = time.monotonic() + random.uniform(0.1, 2) * self._timeout
        while time.monotonic() < end:
            pass
        return 1
