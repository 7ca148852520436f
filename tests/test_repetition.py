"""A call made again and again: `ScopedClock.every`."""

from __future__ import annotations

import gc
import math
import weakref
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.logger import ILogObserver, LogEvent, globalLogPublisher

from heartbeat.clock import ScopedClock
from heartbeat.errors import PolicyError, ScopeClosedError

from .scope_case import Boom, ScopeTestCase


class EveryTests(ScopeTestCase):
    """`every` keeps its beat and its promise."""

    def tick(self) -> None:
        """Log the time."""
        self.log.append(self.clock.seconds())

    def step(self, seconds: float, by: float = 0.25) -> None:
        """Let time pass in small steps."""
        for _ in range(round(seconds / by)):
            self.clock.advance(by)

    def test_beats(self) -> None:
        """It runs after each interval, not at once."""
        repetition = self.scope.every(2, self.tick)
        self.step(7)

        self.assertEqual(self.log, [2, 4, 6])
        self.assertEqual((repetition.runs, repetition.interval), (3, 2))
        self.assertTrue(repetition.running)

    def test_now(self) -> None:
        """With now it runs at once as well."""
        self.scope.every(2, self.tick, now=True)
        self.step(3)

        self.assertEqual(self.log, [0, 2])

    def test_arguments(self) -> None:
        """Arguments of any name reach the function."""

        def function(*args: object, **kwargs: object) -> None:
            self.log.append((args, kwargs))

        self.scope.every(1, function, 1, interval=2, function=3, self=4)
        self.clock.advance(1)

        self.assertEqual(self.log, [((1,), {"interval": 2, "function": 3, "self": 4})])

    def test_stop(self) -> None:
        """A stopped repetition runs no more; stopping again is harmless."""
        repetition = self.scope.every(1, self.tick)
        repetition.stop()
        repetition.stop()

        self.assertFalse(repetition.running)
        self.assertEqual(self.scope.getDelayedCalls(), [])

    def test_stop_from_inside(self) -> None:
        """The function may stop its repetition, at its first run, too."""

        def function() -> None:
            self.tick()
            repetition.stop()

        repetition = self.scope.every(1, function)
        self.step(3)

        self.assertEqual(self.log, [1])

    def test_close(self) -> None:
        """It ends with the scope."""
        repetition = self.scope.every(1, self.tick)
        self.scope.close()
        self.step(3)

        self.assertEqual(self.log, [])
        self.assertFalse(repetition.running)
        repetition.stop()

    def test_close_from_inside(self) -> None:
        """The function may close the scope, at its first run, too."""
        other = self.scope.child()
        other.every(1, other.close, now=True)
        self.scope.every(1, self.scope.close)
        self.step(3)

        self.assertEqual(list(self.clock.getDelayedCalls()), [])

    def test_missed_beats_are_skipped(self) -> None:
        """A late clock gives one run, and the next is on the grid again."""
        self.scope.every(1, self.tick)
        self.clock.advance(5.5)
        self.clock.advance(0.25)
        self.clock.advance(0.25)

        self.assertEqual(self.log, [5.5, 6])

    def test_slow_function(self) -> None:
        """A function that takes longer than the interval does not run twice at once."""

        def function() -> None:
            self.tick()
            self.clock.rightNow += 2.5

        self.scope.every(1, function)
        self.clock.advance(1)
        self.clock.advance(0.5)

        self.assertEqual(self.log, [1, 4])

    def test_clock_stepped_back(self) -> None:
        """After a clock was stepped back the next beat is at most one interval off."""
        self.clock.advance(3600)
        self.scope.every(2, self.tick)
        self.clock.rightNow -= 3599
        self.clock.advance(3601)
        call = self.scope.getDelayedCalls()[0]
        self.clock.rightNow -= 3600

        self.assertEqual(self.log, [3602])
        self.assertEqual(call.getTime(), 3604)
        call.reset(0)
        self.clock.advance(0)
        self.assertEqual(self.scope.getDelayedCalls()[0].getTime(), 4)

    def test_raising(self) -> None:
        """An exception is reported and the beat goes on."""

        def function() -> None:
            self.tick()
            raise Boom

        repetition = self.scope.every(1, function)
        self.step(2)

        self.assertEqual(self.log, [1, 2])
        self.assertEqual((repetition.runs, repetition.failures), (2, 2))
        self.assertEqual(len(self.logged(Boom)), 2)

    def test_deferred_failing(self) -> None:
        """So is a Deferred that fails."""
        pending: list[Deferred[None]] = []

        def function() -> Deferred[None]:
            pending.append(Deferred())
            return pending[-1]

        repetition = self.scope.every(1, function)
        self.clock.advance(1)
        pending[0].errback(Boom())
        self.clock.advance(1)
        pending[1].callback(None)

        self.assertEqual((repetition.runs, repetition.failures), (2, 1))
        self.assertEqual(len(self.logged(Boom)), 1)

    def test_deferred_with_a_result(self) -> None:
        """A Deferred that has its result is as good as none."""
        repetition = self.scope.every(1, lambda: succeed(3))
        self.step(2)

        self.assertEqual((repetition.runs, repetition.skipped), (2, 0))

    def test_pending_deferred(self) -> None:
        """While a Deferred is pending beats are skipped and counted, and told once."""
        pending: Deferred[None] = Deferred()
        events: list[LogEvent] = []
        observer = cast("ILogObserver", events.append)
        globalLogPublisher.addObserver(observer)
        self.addCleanup(globalLogPublisher.removeObserver, observer)

        def function() -> Deferred[None] | None:
            self.tick()
            return None if pending.called else pending

        repetition = self.scope.every(1, function)
        self.step(3)
        self.assertEqual((repetition.runs, repetition.skipped), (1, 2))
        pending.callback(None)
        self.step(1)

        self.assertEqual(self.log, [1, 4])
        told = [e for e in events if e.get("log_namespace") == "heartbeat"]
        self.assertEqual(len(told), 1)
        self.assertEqual(
            (told[0]["scope"], told[0]["interval_s"]),
            ("test", 1),
        )
        self.assertIn("function", told[0]["function"])

    def test_pending_deferred_at_close(self) -> None:
        """At close it is cancelled, and nothing is reported: that is its normal end."""
        pending: Deferred[None] = Deferred(self.log.append)
        repetition = self.scope.every(1, lambda: pending)
        self.clock.advance(1)
        self.scope.close(ConnectionDone())

        self.assertEqual(self.log, [pending])
        self.assertEqual(repetition.failures, 0)
        self.assertEqual(self.logged(), [])

    def test_pending_deferred_after_stop(self) -> None:
        """Stopping leaves it alone."""
        pending: Deferred[None] = Deferred()
        repetition = self.scope.every(1, lambda: pending)
        self.clock.advance(1)
        repetition.stop()

        self.assertFalse(pending.called)
        pending.callback(None)

    def test_deferred_returned_after_closing(self) -> None:
        """A Deferred returned by a function that closed the scope ends at once."""
        pending: Deferred[None] = Deferred(self.log.append)

        def function() -> Deferred[None]:
            self.scope.close()
            return pending

        self.scope.every(1, function)
        self.clock.advance(1)

        self.assertEqual(self.log, [pending])
        self.assertEqual(self.logged(), [])

    def test_deferred_returned_after_sealing(self) -> None:
        """One returned by a function that sealed the scope ends when it is closed."""
        pending: Deferred[None] = Deferred()

        def function() -> Deferred[None]:
            self.scope.seal()
            return pending

        self.scope.every(1, function)
        self.clock.advance(1)
        self.assertFalse(pending.called)
        self.scope.close()

        self.assertTrue(pending.called)
        self.assertEqual(self.logged(), [])

    def test_coroutine_function(self) -> None:
        """A coroutine function is run in the scope."""

        async def function() -> None:
            try:
                await self.scope.sleep(1.5)
            except ConnectionDone:
                self.log.append("lost")
                raise
            self.tick()

        repetition = self.scope.every(1, function)
        self.step(5)
        self.scope.close(ConnectionDone())

        self.assertEqual(self.log, [2.5, 4.5, "lost"])
        self.assertEqual((repetition.runs, repetition.skipped), (3, 2))
        self.assertEqual(repetition.failures, 0)

    def test_bad_interval(self) -> None:
        """Only finite numbers above 0 will do; nothing is scheduled otherwise."""
        intervals: tuple[Any, ...] = (0, -1, math.nan, math.inf, "1", None)
        for interval in intervals:
            error = self.assertRaises(
                ValueError, self.scope.every, interval, self.tick, now=True
            )
            self.assertIsInstance(error, PolicyError)
            self.assertIn(repr(interval), str(error))
        self.assertEqual(self.log, [])

    def test_not_callable(self) -> None:
        """Something that cannot be called is a TypeError."""
        self.assertRaises(TypeError, self.scope.every, 1, None)

    def test_closed_or_closing(self) -> None:
        """A sealed or closed scope starts nothing, also not now."""
        for end in (self.scope.seal, self.scope.close):
            end()
            self.assertRaises(
                ScopeClosedError, self.scope.every, 1, self.tick, now=True
            )
        self.assertEqual(self.log, [])

    def test_leaves_nothing(self) -> None:
        """After close the scope keeps no function."""

        def function() -> None:
            pass

        gone = weakref.ref(function)
        self.scope.every(1, function)
        del function
        self.assertIsNotNone(gone())
        self.scope.close()
        gc.collect()

        self.assertIsNone(gone())


class GridTests(ScopeTestCase):
    """Whatever the numbers, the beat stays on its grid."""

    @given(
        start=st.floats(0, 2e9),
        interval=st.floats(0.001, 1e5),
        steps=st.lists(st.floats(-1e6, 1e6), max_size=8),
    )
    def test_delay(self, start: float, interval: float, steps: list[float]) -> None:
        """The next beat is more than 0 and at most one interval away, on the grid."""
        clock = Clock()
        clock.rightNow = start
        scope = ScopedClock(clock)
        scope.every(interval, lambda: None)
        for step in steps:
            clock.rightNow += step
            (call,) = scope.getDelayedCalls()
            call.reset(-1)  # Its time is rounded: surely due.
            clock.advance(0)

            (call,) = scope.getDelayedCalls()
            delay = call.getTime() - clock.seconds()
            rounding = 8 * math.ulp(abs(clock.seconds()) + interval + start)
            off = math.remainder(call.getTime() - start, interval)
            self.assertTrue(0 < delay <= interval + rounding)
            self.assertLessEqual(abs(off), rounding)

    @given(
        start=st.floats(0, 2e9),
        interval=st.floats(0.001, 1e5),
        beats=st.integers(1, 50),
    )
    def test_no_beat_twice(self, start: float, interval: float, beats: int) -> None:
        """A clock that runs each call at its very time gives one run for each beat."""
        clock = Clock()
        clock.rightNow = start
        scope = ScopedClock(clock)
        repetition = scope.every(interval, lambda: None)
        for _ in range(beats):
            clock.rightNow = clock.getDelayedCalls()[0].getTime()
            clock.advance(0)

        self.assertEqual(repetition.runs, beats)
        off = clock.seconds() - start - beats * interval
        self.assertLessEqual(abs(off), 8 * math.ulp(clock.seconds()))
