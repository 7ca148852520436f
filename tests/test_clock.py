"""`ScopedClock` is an ``IReactorTime`` that owns what is scheduled on it."""

from __future__ import annotations

import gc
import math
import sys
import tracemalloc
from functools import partial
from types import SimpleNamespace
from typing import Any

from twisted.application.internet import ClientService
from twisted.internet import defer
from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IReactorTime
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock, Cooperator, LoopingCall, deferLater
from twisted.protocols.policies import TimeoutMixin
from zope.interface.verify import verifyObject

from heartbeat.calls import ScopedCall
from heartbeat.clock import ScopedClock
from heartbeat.errors import PolicyError, ScopeClosedError

from .reactors import REACTORS, fresh, run
from .scope_case import Boom, ScopeTestCase


class ReactorTimeTests(ScopeTestCase):
    """The interface, and what its users may expect."""

    def test_interface(self) -> None:
        """It provides IReactorTime."""
        self.assertTrue(verifyObject(IReactorTime, self.scope))

    def test_seconds(self) -> None:
        """Its time is the parent's, looked up each time, for scopes inside it, too."""
        child = self.scope.child()
        self.clock.advance(3)
        self.assertEqual((self.scope.seconds(), child.seconds()), (3, 3))
        self.clock.seconds = lambda: 7.0  # type: ignore[method-assign]
        self.assertEqual((self.scope.seconds(), child.seconds()), (7, 7))

    def test_call_later_is_looked_up(self) -> None:
        """A test that replaces the parent's callLater sees every call."""
        real = self.clock.callLater

        def spy(delay: float, function: Any, *args: Any, **kwargs: Any) -> Any:
            self.log.append(delay)
            return real(delay, function, *args, **kwargs)

        self.clock.callLater = spy  # type: ignore[assignment, method-assign]
        self.scope.callLater(3, int)
        self.scope.child().callLater(4, int)

        self.assertEqual(self.log, [3, 4])

    def test_lists_its_own_calls(self) -> None:
        """GetDelayedCalls lists this scope's calls, in the order they were made."""
        self.clock.callLater(1, int)
        calls = [self.scope.callLater(delay, int) for delay in (3, 1, 2)]
        calls.append(self.scope.child().callLater(1, int))
        other = ScopedClock(self.clock)
        other.callLater(1, int)

        self.assertEqual(self.scope.getDelayedCalls(), calls)
        calls.pop(1).cancel()
        self.assertEqual(self.scope.getDelayedCalls(), calls)
        other.close()
        self.clock.advance(1)
        self.assertEqual(self.scope.getDelayedCalls(), calls[:2])

    def test_parent(self) -> None:
        """The parent is the way out, for a timer meant to outlive the scope."""
        self.assertIs(self.scope.parent, self.clock)
        with self.assertRaises(AttributeError):
            self.scope.parent = Clock()  # type: ignore[misc]

    def test_repr(self) -> None:
        """The repr tells scopes apart."""
        self.scope.callLater(1, int)
        self.scope.peer = "192.0.2.1:7"
        self.assertEqual(
            repr(self.scope), "<ScopedClock 'test' of 192.0.2.1:7, open, 1 pending>"
        )
        self.scope.close()
        other = ScopedClock(self.clock)
        other.seal()
        self.assertEqual(repr(other), "<ScopedClock, closing, 0 pending>")

    def test_small(self) -> None:
        """A scope that nothing was asked of takes 104 bytes, 112 on Python 3.12 and
        newer, and what tracing adds.
        """
        scopes: list[Any] = [None] * 100
        gc.collect()
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        before, _ = tracemalloc.get_traced_memory()
        for n in range(100):
            scopes[n] = ScopedClock(self.clock)
        after, _ = tracemalloc.get_traced_memory()

        self.assertLessEqual((after - before) / 100, 114)


class CallLaterTests(ScopeTestCase):
    """`callLater` takes what Twisted's takes, and refuses early what cannot work."""

    def function(self, /, *args: object, **kwargs: object) -> None:
        """Log the arguments."""
        self.log.append((args, kwargs))

    def test_names(self) -> None:
        """Keywords of any name are the function's once delay and callable are given."""
        names = {"delay": 1, "callable": 2, "self": 3, "function": 4}
        self.scope.callLater(1, self.function, 0, **names)
        self.clock.advance(1)

        self.assertEqual(self.log, [((0,), names)])

    def test_by_name(self) -> None:
        """Delay and callable may be given by the interface's names."""
        by_name: Any = self.scope.callLater
        by_name(delay=1, callable=self.function)
        by_name(1, callable=self.function, key=2)
        by_name(callable=self.function, key=3, delay=1)
        self.clock.advance(1)

        self.assertEqual(self.log, [((), {}), ((), {"key": 2}), ((), {"key": 3})])

    def test_missing(self) -> None:
        """Leaving out either is a TypeError."""
        incomplete: Any = self.scope.callLater
        for arguments in ({}, {"delay": 1}, {"callable": self.function}, {"key": 1}):
            self.assertRaises(TypeError, incomplete, **arguments)
        self.assertRaises(TypeError, incomplete, 1)

    def test_not_callable(self) -> None:
        """Something that cannot be called is a TypeError that names it, now."""
        for function in (None, "greet", 3):
            error = self.assertRaises(TypeError, self.scope.callLater, 1, function)
            self.assertIn(repr(function), str(error))
        self.assertRaises(TypeError, self.scope.callLater, 1, None, key=1)
        self.assertEqual(list(self.clock.getDelayedCalls()), [])

    def test_bad_delay(self) -> None:
        """A delay that is no number >= 0 is a ValueError with the way out."""
        delays: tuple[Any, ...] = (-1, -1e-9, math.nan, -math.inf, "1", None, 1j)
        for delay in delays:
            error = self.assertRaises(
                ValueError, self.scope.callLater, delay, self.function
            )
            self.assertIn(repr(delay), str(error))
            self.assertIn("use 0", str(error))
        self.assertEqual(list(self.clock.getDelayedCalls()), [])

    def test_far_future(self) -> None:
        """Any delay a reactor takes will do."""
        for delay in (math.inf, 2**128 + 1, 0.0, True):
            self.assertTrue(self.scope.callLater(delay, self.function).active())

    def test_parent_refuses(self) -> None:
        """If the parent's callLater raises, the scope has no call."""

        def refuse(*_: object) -> Any:
            raise Boom

        self.clock.callLater = refuse  # type: ignore[assignment, method-assign]
        self.assertRaises(Boom, self.scope.callLater, 1, self.function)
        self.assertEqual(self.scope.getDelayedCalls(), [])

    def test_closed(self) -> None:
        """A closed scope says who, whose, when, why, and the way out."""
        self.scope.peer = "192.0.2.1:7"
        for end in (self.scope.seal, self.scope.close):
            end(ConnectionDone())
            self.clock.advance(2)
            error = self.assertRaises(
                ScopeClosedError, self.scope.callLater, 1, self.function
            )
        self.assertEqual(
            (error.name, error.peer, error.closed_ago, error.reason),
            ("test", "192.0.2.1:7", 4, "Connection was closed cleanly."),
        )
        self.assertIn("clock.parent", str(error))
        self.assertEqual(list(self.clock.getDelayedCalls()), [])

    def test_drop(self) -> None:
        """With after_close="drop" a late call is inert, and counted."""
        scope = ScopedClock(self.clock, after_close="drop")
        self.assertTrue(scope.callLater(1, self.function).active())
        scope.close()
        self.clock.advance(2)
        call = scope.callLater(3, self.function, key=1)
        call.reset(1)
        call.cancel()

        self.assertFalse(call.active())
        self.assertEqual(call.getTime(), 5)
        self.assertEqual(scope.dropped, 1)
        self.assertRaises(ValueError, scope.callLater, -1, self.function)
        self.assertRaises(ScopeClosedError, scope.sleep, 1)
        self.assertEqual(scope.dropped, 1)

    def test_dropped_is_not_kept(self) -> None:
        """A closed scope refers to no call that it dropped."""
        scope = ScopedClock(self.clock, after_close="drop")
        scope.close()
        call = scope.callLater(3, self.function, 1)

        self.assertIsNone(call.function)
        self.assertNotIn(call, gc.get_referents(scope))

    def test_closed_by_the_parent(self) -> None:
        """A call is inert if the scope is closed while the parent schedules it."""
        real = self.clock.callLater

        def close(*args: Any) -> Any:
            self.scope.close()
            return real(*args)

        self.clock.callLater = close  # type: ignore[assignment, method-assign]
        call = self.scope.callLater(1, self.function)

        self.assertFalse(call.active())
        self.assertEqual(list(self.clock.getDelayedCalls()), [])

    def test_drop_is_inherited(self) -> None:
        """A child does as its parent does, unless it is told otherwise."""
        scope = ScopedClock(self.clock, after_close="drop")
        child, strict = scope.child(), scope.child(after_close="raise")
        scope.close()

        self.assertFalse(child.callLater(1, int).active())
        self.assertRaises(ScopeClosedError, strict.callLater, 1, int)

    def test_bad_after_close(self) -> None:
        """Any other mode is refused when the scope is made."""
        wrong: Any = "ignore"
        error = self.assertRaises(
            PolicyError, ScopedClock, self.clock, after_close=wrong
        )
        self.assertIn("'ignore'", str(error))
        self.assertRaises(PolicyError, self.scope.child, after_close=wrong)


class ParentTests(ScopeTestCase):
    """What a scope can be made on."""

    def test_none(self) -> None:
        """What is no clock is refused, with the way out."""
        parents: tuple[Any, ...] = (None, 5, "epoll", Clock, Clock().callLater)
        for parent in parents:
            error = self.assertRaises(TypeError, ScopedClock, parent)
            self.assertIn(f"{parent!r} is no clock", str(error))
            self.assertIn("a task.Clock", str(error))

    def test_any(self) -> None:
        """Whatever schedules and tells the time will do, interface or not."""
        parent: Any = SimpleNamespace(
            callLater=self.clock.callLater, seconds=self.clock.seconds
        )
        scope = ScopedClock(parent)
        scope.callLater(2, self.log.append, "ran")
        self.clock.advance(2)

        self.assertEqual((self.log, scope.seconds()), (["ran"], 2))


class SleepTests(ScopeTestCase):
    """`sleep` waits, and dies quietly with the scope."""

    def test_wakes(self) -> None:
        """It fires with None after its time."""
        deferred = self.scope.sleep(2)
        self.clock.advance(1.5)
        self.assertNoResult(deferred)
        self.clock.advance(0.5)

        self.assertIsNone(self.successResultOf(deferred))

    def test_close(self) -> None:
        """It fails with the reason, and nothing is logged if nobody handles it."""
        deferred = self.scope.sleep(2)
        self.scope.sleep(2)
        self.scope.close(ConnectionDone())

        self.assertEqual(self.logged(), [])
        self.failureResultOf(deferred, ConnectionDone)

    def test_handled(self) -> None:
        """Callbacks run as for any failure, and what they raise is logged."""

        def errback(_: object) -> None:
            raise Boom

        self.scope.sleep(2).addErrback(errback)
        self.scope.sleep(2).addErrback(self.log.append)
        self.scope.close()

        self.assertEqual(len(self.log), 1)
        self.assertEqual(len(self.logged(Boom)), 1)

    def test_cancel(self) -> None:
        """Cancelling it cancels its timer."""
        deferred = self.scope.sleep(2)
        deferred.cancel()

        self.assertEqual(self.scope.getDelayedCalls(), [])
        self.failureResultOf(deferred, CancelledError)

    def test_closed_or_closing(self) -> None:
        """A sealed or closed scope does not sleep."""
        for end in (self.scope.seal, self.scope.close):
            end()
            self.assertRaises(ScopeClosedError, self.scope.sleep, 1)

    def test_bad_delay(self) -> None:
        """As for callLater; the scope owns nothing then."""
        for seconds in (-1, "a"):
            bad: Any = seconds
            error = self.assertRaises(ValueError, self.scope.sleep, bad)
            self.assertIn(f"delay={seconds!r}: must be a number", str(error))
        self.assertEqual(self.scope.owned, 0)


class TimeoutTests(ScopeTestCase):
    """`timeout` bounds a Deferred by time and by the scope."""

    def test_times_out(self) -> None:
        """It fails with TimeoutError after its time."""
        deferred: Deferred[None] = Deferred()
        self.assertIs(self.scope.timeout(deferred, 2), deferred)
        self.clock.advance(2)

        self.failureResultOf(deferred, defer.TimeoutError)
        self.assertEqual(self.scope.owned, 0)

    def test_in_time(self) -> None:
        """A result in time cancels the timer."""
        deferred = self.scope.timeout(Deferred[int](), 2)
        deferred.callback(3)

        self.assertEqual(self.successResultOf(deferred), 3)
        self.assertEqual(self.scope.getDelayedCalls(), [])

    def test_fired_already(self) -> None:
        """A Deferred that has its result leaves no timer."""
        self.assertEqual(self.successResultOf(self.scope.timeout(succeed(3), 2)), 3)
        self.assertEqual(self.scope.getDelayedCalls(), [])

    def test_close(self) -> None:
        """It fails with the reason, not with TimeoutError."""
        deferred = self.scope.timeout(Deferred[None](), 2)
        self.scope.close(ConnectionDone())

        self.failureResultOf(deferred, ConnectionDone)

    def test_closed(self) -> None:
        """A closed scope leaves the Deferred as it was, also when it drops calls."""
        for after_close in ("raise", "drop"):
            scope = self.scope.child(after_close=after_close)
            scope.close()
            deferred: Deferred[None] = Deferred()
            self.assertRaises(ScopeClosedError, scope.timeout, deferred, 1)
            deferred.cancel()
            self.failureResultOf(deferred, CancelledError)

    def test_refused(self) -> None:
        """What is no Deferred or no time is refused, and nothing is scheduled."""
        wrong: Any = 5
        error = self.assertRaises(TypeError, self.scope.timeout, wrong, 3)
        self.assertIn("5 is no Deferred", str(error))
        deferred: Deferred[None] = Deferred()
        for seconds in (-1, "3"):
            bad: Any = seconds
            self.assertRaises(PolicyError, self.scope.timeout, deferred, bad)
        self.assertEqual((self.scope.owned, self.scope.getDelayedCalls()), (0, []))


class EveryAndRunTests(ScopeTestCase):
    """`every` and `run` hand over to what `Repetition` and `Task` promise."""

    def test_every(self) -> None:
        """A repetition is returned, with the arguments bound."""
        self.assertTrue(self.scope.every(2, self.log.append, "beat").running)
        self.scope.every(2, self.tick, now=True)
        self.clock.advance(2)

        self.assertEqual(self.log, ["now", "beat", "now"])
        self.assertRaises(TypeError, self.scope.every, 1, "tick")

    def test_run(self) -> None:
        """A coroutine's result is the Deferred's; only coroutines are run."""
        deferred = self.scope.run(self.coroutine())
        self.clock.advance(1)

        self.assertEqual(self.successResultOf(deferred), 3)
        for wrong in (self.coroutine, deferred):
            error = self.assertRaises(TypeError, self.scope.run, wrong)
            self.assertIn("own()", str(error))

    def test_closed(self) -> None:
        """On a closed scope neither begins."""
        self.scope.close()
        self.assertRaises(ScopeClosedError, self.scope.every, 1, self.tick, now=True)
        self.assertRaises(ScopeClosedError, self.scope.run, self.coroutine())
        self.assertEqual(self.log, [])

    def tick(self) -> None:
        """Log a beat."""
        self.log.append("now")

    async def coroutine(self) -> int:
        """Sleep, and return something."""
        await self.scope.sleep(1)
        return 3


class HelperTests(ScopeTestCase):
    """Twisted's own helpers are owned by passing the scope as their clock."""

    def test_defer_later(self) -> None:
        """DeferLater runs, can be cancelled, and never fires after close."""
        done = deferLater(self.scope, 1, self.log.append, "ran")
        cancelled = deferLater(self.scope, 1, self.log.append, "never")
        cancelled.cancel()
        self.clock.advance(1)
        late = deferLater(self.scope, 1, self.log.append, "never")
        self.scope.close()
        self.clock.advance(1)

        self.assertEqual(self.log, ["ran"])
        self.assertIsNone(self.successResultOf(done))
        self.failureResultOf(cancelled, CancelledError)
        self.assertNoResult(late)
        late.cancel()
        self.failureResultOf(late, CancelledError)

    def test_looping_call(self) -> None:
        """A LoopingCall stops with the scope, and may be stopped afterwards."""
        loop = LoopingCall(self.log.append, "ran")
        loop.clock = self.scope
        done = loop.start(1)
        self.clock.advance(1)
        self.scope.close()
        self.clock.advance(5)
        loop.stop()

        self.assertEqual(self.log, ["ran", "ran"])
        self.assertIs(self.successResultOf(done), loop)

    def test_looping_call_reset(self) -> None:
        """A LoopingCall may be reset, before close and after."""
        loop = LoopingCall(int)
        loop.clock = self.scope
        loop.start(2, now=False)
        self.clock.advance(1)
        loop.reset()
        self.assertEqual(self.scope.getDelayedCalls()[0].getTime(), 3)
        self.scope.seal()
        loop.stop()

    def test_add_timeout(self) -> None:
        """AddTimeout times out before close, and does nothing after."""
        early: Deferred[None] = Deferred()
        early.addTimeout(1, self.scope)
        self.clock.advance(1)
        late: Deferred[int] = Deferred()
        late.addTimeout(1, self.scope)
        self.scope.close()
        self.clock.advance(1)
        late.callback(3)

        self.failureResultOf(early, defer.TimeoutError)
        self.assertEqual(self.successResultOf(late), 3)

    def test_cooperator(self) -> None:
        """A Cooperator scheduled on the scope works no more after close."""
        cooperator = Cooperator(
            scheduler=partial(self.scope.callLater, 1),
            terminationPredicateFactory=lambda: lambda: True,
        )
        work = iter(range(9))
        task = cooperator.cooperate(work)
        for _ in range(3):
            self.clock.advance(1)
        self.scope.close()
        self.clock.advance(1)

        self.assertEqual(next(work), 3)
        task.stop()
        cooperator.stop()

    def test_timeout_mixin(self) -> None:
        """A TimeoutMixin whose callLater is the scope's times out, and dies with it."""
        log = self.log

        class Idle(TimeoutMixin, Protocol):
            def timeoutConnection(self) -> None:
                log.append("timed out")

        first, second = Idle(), Idle()
        for protocol in (first, second):
            protocol.callLater = self.scope.callLater  # type: ignore[method-assign]
        first.setTimeout(1)
        second.setTimeout(5)
        self.clock.advance(1)
        self.assertEqual(log, ["timed out"])
        self.scope.seal()
        second.resetTimeout()
        self.assertEqual(second.setTimeout(None), 5)
        self.clock.advance(5)

        self.assertEqual(log, ["timed out"])

    def test_client_service(self) -> None:
        """A ClientService waits for its next attempt on the scope."""
        attempts: list[Deferred[Any]] = []

        class Unreachable:
            def connect(self, _: Factory) -> Deferred[Any]:
                attempts.append(Deferred())
                return attempts[-1]

        endpoint: Any = Unreachable()
        service = ClientService(
            endpoint, Factory(), clock=self.scope, retryPolicy=lambda _: 2.0
        )
        service.startService()
        attempts[0].errback(ConnectionDone())
        self.clock.advance(2)
        attempts[1].errback(ConnectionDone())
        self.scope.close()
        self.clock.advance(2)

        self.assertEqual(len(attempts), 2)
        self.successResultOf(service.stopService())


class RealReactorTests(ScopeTestCase):
    """On real reactors a scope does what it does on a Clock."""

    def test_reactors(self) -> None:
        """Calls run in order; the first of two that are due closes: no second."""
        for name in REACTORS:
            with self.subTest(name), fresh(name) as reactor:
                log: list[str] = []
                scope = ScopedClock(reactor)

                def first(scope: ScopedClock = scope, log: list[str] = log) -> None:
                    log.append("first")
                    scope.close()

                scope.callLater(0, log.append, "due at once")
                scope.callLater(9, log.append, "never")
                moved = scope.callLater(9, first)
                moved.reset(0.01)
                scope.callLater(0.01, log.append, "never")
                scope.callLater(0.01, log.append, "never").delay(9)
                reactor.callLater(0.03, reactor.stop)
                run(reactor)

                self.assertEqual(log, ["due at once", "first"])
                self.assertEqual(scope.getDelayedCalls(), [])
                # The asyncio reactor has a call of its own pending when it stops.
                left = [c.func for c in reactor.getDelayedCalls()]  # type: ignore[attr-defined]
                self.assertFalse([f for f in left if isinstance(f, ScopedCall)])
                self.assertFalse(moved.active())

    def test_thousands(self) -> None:
        """Closing takes thousands of calls off a reactor; it lets go of all of them."""
        with fresh("select") as reactor:
            scope = ScopedClock(reactor)

            def function() -> None:
                pass

            before = sys.getrefcount(function)
            for n in range(2000):
                scope.callLater(n, function)
            self.assertEqual(len(scope.getDelayedCalls()), 2000)
            scope.close()

            self.assertEqual(reactor.getDelayedCalls(), [])
            self.assertEqual(sys.getrefcount(function), before)
