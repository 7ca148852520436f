"""Waiting for what is claimed."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.clock import ScopedClock
from heartbeat.demo.claims import POLL, until
from heartbeat.testing import advance


class UntilTests(SynchronousTestCase):
    """Waiting for something to become true."""

    def setUp(self) -> None:
        """A clock."""
        self.reactor = Clock()
        self.clock = ScopedClock(self.reactor)

    def test_true_already(self) -> None:
        """What is true already is not waited for."""
        waiting = self.clock.run(until(self.clock, lambda: True, limit=1))

        self.assertIs(self.successResultOf(waiting), True)

    def test_becomes_true(self) -> None:
        """It is noticed soon after it has become true."""
        seen: list[int] = []
        waiting = self.clock.run(until(self.clock, lambda: seen, limit=1))
        self.reactor.advance(POLL)
        self.assertNoResult(waiting)
        seen.append(1)

        self.reactor.advance(POLL)

        self.assertIs(self.successResultOf(waiting), True)

    def test_never(self) -> None:
        """It is not waited for longer than the limit."""
        waiting = self.clock.run(until(self.clock, lambda: False, limit=1))

        advance(self.reactor, 1 + POLL)

        self.assertIs(self.successResultOf(waiting), False)
        self.assertEqual(self.reactor.getDelayedCalls(), [])
