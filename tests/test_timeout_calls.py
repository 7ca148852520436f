"""The timers of Twisted's `TimeoutMixin`: owned, wherever they are scheduled."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from twisted.internet.task import Clock
from twisted.protocols import policies
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.clock import ScopedClock
from heartbeat.timeout_calls import TimeoutCalls, cancel_timeout, reactor_behind


class TimeoutCallsTests(SynchronousTestCase):
    def setUp(self) -> None:
        """A clock, and calls that run on it."""
        self.clock = Clock()
        self.calls = TimeoutCalls(self.clock)
        self.ran: list[str] = []

    def test_runs(self) -> None:
        """A call runs when its time comes."""
        self.calls.callLater(2, self.ran.append, "late")
        self.clock.advance(2)
        self.assertEqual(self.ran, ["late"])

    def test_end(self) -> None:
        """Pending calls are cancelled, and later ones dropped, also the second time."""
        self.calls.callLater(2, self.ran.append, "pending")
        for _ in range(2):
            self.calls.end("over")
        call = self.calls.callLater(2, self.ran.append, "late")
        self.clock.advance(9)
        self.assertEqual((self.ran, call.active()), ([], False))

    def test_move(self) -> None:
        """After a move calls run elsewhere; those pending stay, and all end."""
        other = Clock()
        self.calls.callLater(2, self.ran.append, "here")
        self.calls.move_to(other)
        self.calls.callLater(2, self.ran.append, "there")
        self.assertEqual(len(other.getDelayedCalls()), 1)
        self.clock.advance(2)
        self.assertEqual(self.ran, ["here"])
        self.calls.end("over")
        self.assertEqual(other.getDelayedCalls(), [])

    def test_move_often(self) -> None:
        """Scopes that nothing is pending in are not kept."""
        for _ in range(10):
            self.calls.move_to(Clock())
        self.assertEqual(len(self.calls._scopes), 1)

    def test_move_after_end(self) -> None:
        """Calls are dropped wherever they would run."""
        other = Clock()
        self.calls.end("over")
        self.calls.move_to(other)
        self.calls.callLater(2, self.ran.append, "late")
        self.assertEqual(other.getDelayedCalls(), [])


class CancelTimeoutTests(SynchronousTestCase):
    def test_cancels(self) -> None:
        """The timeout is cancelled whoever scheduled it, and its length kept."""
        clock = Clock()
        protocol: Any = policies.TimeoutMixin()
        protocol.callLater = clock.callLater
        protocol.setTimeout(5)
        cancel_timeout(protocol)
        self.assertEqual((clock.getDelayedCalls(), protocol.timeOut), ([], 5))

    def test_other(self) -> None:
        """Whatever has no timeout is left alone."""
        other = SimpleNamespace(timeOut=5, setTimeout=self.fail)
        cancel_timeout(other)
        self.assertEqual(other.timeOut, 5)


class Recorder:
    """Schedules nothing; remembers that it was asked."""

    def __init__(self) -> None:
        self.delays: list[float] = []

    def later(self, delay: float, function: Any) -> Any:
        """Remember *delay*."""
        self.delays.append(delay)
        return Clock().callLater(delay, function)


class ReactorBehindTests(SynchronousTestCase):
    def test_bound(self) -> None:
        """The ``callLater`` of a clock means that clock."""
        clock = Clock()
        self.assertIs(reactor_behind(clock.callLater, Clock()), clock)

    def test_put_back(self) -> None:
        """What was read from the hook means the clock underneath, closed or not."""
        clock = Clock()
        calls = TimeoutCalls(clock)
        read = calls.callLater
        calls.move_to(Clock())
        calls.end("over")
        self.assertIs(reactor_behind(read, Clock()), clock)

    def test_scope(self) -> None:
        """The ``callLater`` of somebody's scope means that scope."""
        scope = ScopedClock(Clock())
        self.assertIs(reactor_behind(scope.callLater, Clock()), scope)

    def test_function(self) -> None:
        """Any function can schedule; it is told the time by the clock given."""
        clock, recorder = Clock(), Recorder()
        clock.advance(7)

        def later(delay: float, function: Any) -> Any:
            return recorder.later(delay, function)

        for function in (recorder.later, later):
            borrowed = reactor_behind(function, clock)
            TimeoutCalls(borrowed).callLater(3, list)
            self.assertEqual((borrowed.seconds(), borrowed.getDelayedCalls()), (7, []))
        self.assertEqual(recorder.delays, [3, 3])

    def test_other_method(self) -> None:
        """Another method of a clock is a function like any other."""

        class Hasty(Clock):
            def sooner(self, delay: float, function: Any) -> Any:
                return self.callLater(delay / 2, function)

        clock = Hasty()
        TimeoutCalls(reactor_behind(clock.sooner, clock)).callLater(8, list)
        self.assertEqual(clock.getDelayedCalls()[0].getTime(), 4)
