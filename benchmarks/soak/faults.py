"""What is done to the connections, at random: most of it must not matter to anybody."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

import attrs

from benchmarks.soak.fleet import STOPPED
from benchmarks.soak.ledger import MUTED
from benchmarks.soak.peers import Condition
from heartbeat import ScopedClock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.soak.fleet import Fleet

__all__ = ["MUTE", "Faults"]

MUTE = "mute"
"""What is done to one connection, and makes it doomed."""

LINE = 2**16
"""Bytes of a long line."""


class Faults:
    """Does one thing after the other until it is stopped.

    Each deed says whether it was done: it is not if there is nothing that it can be
    done to. No deed meets one that is still under way on the same connection or in the
    same process, or nobody would know what is true of it.

    Args:
        fleet: To whom.
        pace: How often, compared with once a second for 1,000 connections.
    """

    def __init__(self, fleet: Fleet, pace: float) -> None:
        self.fleet = fleet
        self._pace = pace
        self._clock = ScopedClock(fleet.reactor, name="faults")
        self._policy = fleet.policy
        interval, timeout = fleet.policy.interval, fleet.policy.timeout
        assert interval is not None
        assert timeout is not None
        self._interval, self._timeout = interval, timeout

    def start(self) -> None:
        """Begin."""
        self._clock = ScopedClock(self.fleet.reactor, name="faults")
        for name, deed, mean in self._plan():
            self._wait(name, deed, mean)

    def stop(self) -> None:
        """Do nothing more; what was done takes its course."""
        self._clock.close()

    def _plan(self) -> Sequence[tuple[str, Callable[[], bool], float]]:
        """What, and after how many seconds on average."""
        each, whole = 1 / self._pace, 5 * self._interval
        return [
            ("load", self.load, each / 10),
            ("reconfigured", self.reconfigure, each / 5),
            ("closed by us", self.close, each / 5),
            ("our reading paused", self.rest, each / 2),
            (MUTE, self.mute, each / 2),
            ("peer stopped, briefly", self.pause_peer, whole),
            (STOPPED, self.stop_peer, 2 * whole),
            ("peer killed and started again", self.kill_peer, 2 * whole),
            ("our reactor blocked", self.block, whole),
        ]

    def _wait(self, name: str, deed: Callable[[], bool], mean: float) -> None:
        delay = random.uniform(0, 2 * mean)
        self._clock.callLater(delay, self._do, name, deed, mean)

    def _do(self, name: str, deed: Callable[[], bool], mean: float) -> None:
        self.fleet.ledger.did(name, deed())
        self._wait(name, deed, mean)

    # To one connection.

    def load(self) -> bool:
        """Send a long line, which comes back."""
        link = self.fleet.pick()
        if link is not None:
            link.load(random.randrange(LINE))
        return link is not None

    def reconfigure(self) -> bool:
        """Give the keepalive other numbers."""
        link = self.fleet.pick()
        if link is not None:
            factor = random.uniform(0.8, 1.5)
            interval, timeout = self._interval * factor, self._timeout * factor
            policy = attrs.evolve(self._policy, interval=interval, timeout=timeout)
            link.heartbeat.configure(policy)
        return link is not None

    def close(self) -> bool:
        """Close it."""
        link = self.fleet.pick()
        if link is not None:
            link.leave()
        return link is not None

    def rest(self) -> bool:
        """Do not read for a while."""
        link = self.fleet.pick(read=True)
        if link is not None:
            link.rest(random.uniform(0, 2 * self._timeout))
        return link is not None

    def mute(self) -> bool:
        """Let its peer fall mute, while we read: a rest of ours would excuse it."""
        link = self.fleet.pick(read=True)
        if link is not None:
            link.mute()
            self.fleet.doom(link, MUTE, MUTED)
        return link is not None

    # To a whole process.

    def pause_peer(self) -> bool:
        """For less than anybody's patience, its own backlog included."""
        fit = self.fleet.serving
        if fit:
            self.fleet.pause(random.choice(fit))
        return bool(fit)

    def stop_peer(self) -> bool:
        """For good: once all have found out, another takes its place."""
        fit = self.fleet.serving
        if len(fit) < 2:  # somebody has to be left to connect to
            return False
        self.fleet.stop(random.choice(fit))
        return True

    def kill_peer(self) -> bool:
        """And start another in its place."""
        fit = self.fleet.serving
        if len(fit) < 2:
            return False
        self.fleet.replace(random.choice(fit))
        return True

    # To ourselves.

    def block(self) -> bool:
        """Block the reactor for up to twice the timeout.

        Not while a peer is stopped for a moment: nobody would let it go on, and it
        would not be a moment.
        """
        if any(each.condition is Condition.PAUSED for each in self.fleet.peers):
            return False
        end = time.monotonic() + random.uniform(0.1, 2) * self._timeout
        while time.monotonic() < end:
            pass
        return True
