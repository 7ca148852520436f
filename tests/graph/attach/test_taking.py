"""One snapshot at a time."""

from __future__ import annotations

from typing import Any

import attrs
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.attach.taking import REST, Taking, take, take_soon
from tests.graph.scenes import seed

SNAPSHOT = attrs.evolve(seed(), took=0.5)


class TakingTests(SynchronousTestCase):
    """However many ask."""

    def setUp(self) -> None:
        """Snapshots that are taken when the test says so."""
        self.clock = Clock()
        self.begun: list[Deferred[Any]] = []
        self.taking = Taking(self.clock, self.begin)

    def begin(self, reactor: Any) -> Deferred[Any]:
        """A snapshot is being taken."""
        self.assertIs(reactor, self.clock)
        self.begun.append(Deferred())
        return self.begun[-1]

    def test_one(self) -> None:
        """One who asks gets one."""
        asked = self.taking.next()
        self.begun[0].callback(SNAPSHOT)

        self.assertIs(self.successResultOf(asked), SNAPSHOT)

    def test_next(self) -> None:
        """Who asks meanwhile waits for the next, which is for all of them."""
        first = self.taking.next()
        late = [self.taking.next(), self.taking.next()]
        self.begun[0].callback(SNAPSHOT)
        self.successResultOf(first)
        self.assertNoResult(late[0])

        self.clock.advance(REST * SNAPSHOT.took)
        self.begun[1].callback(SNAPSHOT)

        self.assertEqual(len(self.begun), 2)
        for asked in late:
            self.assertIs(self.successResultOf(asked), SNAPSHOT)

    def test_rest(self) -> None:
        """There is a rest after each one, also if nobody waited."""
        self.taking.next()
        self.begun[0].callback(SNAPSHOT)
        self.taking.next()

        self.clock.advance(REST * SNAPSHOT.took - 0.1)
        self.assertEqual(len(self.begun), 1)
        self.clock.advance(0.1)
        self.assertEqual(len(self.begun), 2)

    def test_idle(self) -> None:
        """With nobody asking, no timer is left after the rest."""
        self.taking.next()
        self.begun[0].callback(SNAPSHOT)
        self.clock.advance(REST * SNAPSHOT.took)

        self.assertEqual((len(self.begun), self.clock.getDelayedCalls()), (1, []))

    def test_failed(self) -> None:
        """A failure is for who asked; the next one tries again."""
        asked = self.taking.next()
        self.begun[0].errback(ValueError("no"))
        self.failureResultOf(asked, ValueError)
        self.clock.advance(0)

        again = self.taking.next()
        self.begun[1].callback(SNAPSHOT)

        self.successResultOf(again)

    def test_raised(self) -> None:
        """A function that raises is a failure as well."""
        taking = Taking(self.clock, _broken)

        self.failureResultOf(taking.next(), ZeroDivisionError)
        self.clock.advance(0)

    def test_cancelled(self) -> None:
        """Who is gone does not stop the others, and nothing is taken for nobody."""
        gone, stays = self.taking.next(), self.taking.next()
        gone.cancel()
        self.failureResultOf(gone, CancelledError)
        self.begun[0].callback(SNAPSHOT)
        stays.cancel()
        self.failureResultOf(stays, CancelledError)

        self.clock.advance(REST * SNAPSHOT.took)

        self.assertEqual(len(self.begun), 1)

    def test_stop(self) -> None:
        """After the end nothing is being taken, and no timer runs."""
        asked = self.taking.next()
        self.taking.stop()
        self.failureResultOf(asked, CancelledError)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.taking.stop()

        self.assertEqual(len(self.begun), 1)


def _broken(reactor: Any) -> Deferred[Any]:
    raise ZeroDivisionError


class RealTests(SynchronousTestCase):
    """What is called if nothing else is given."""

    def test_take(self) -> None:
        """A snapshot at once."""
        self.assertEqual(take(Clock()).timers, ())

    def test_take_soon(self) -> None:
        """A snapshot in slices."""
        clock = Clock()
        asked = take_soon(clock)
        clock.pump([0] * 10)

        self.assertEqual(self.successResultOf(asked).endpoints, ())
