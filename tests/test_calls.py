"""What ``callLater`` hands out is an ``IDelayedCall`` that its scope can take back."""

from __future__ import annotations

import gc
import weakref
from functools import partial
from typing import TYPE_CHECKING, Any

from twisted.internet.error import AlreadyCalled, AlreadyCancelled
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import Clock
from zope.interface.verify import verifyObject

from heartbeat.calls import (
    IN_A_LIST,
    MISSING,
    NO_CALL,
    NO_MORE,
    Fired,
    Inert,
    ScopedCall,
    SeveralCalls,
    bad_delay,
    by_name,
    name_of,
    uncallable,
)
from heartbeat.clock import ScopedClock
from heartbeat.scope import NO_CALLS

from .scope_case import ScopeTestCase

if TYPE_CHECKING:
    from collections.abc import Callable


class Thing:
    """Something a weak reference can be made to."""


class OpenCallTests(ScopeTestCase):
    """While the scope is open a call is what the reactor's own call is."""

    def call(self, delay: float = 5) -> ScopedCall:
        """Schedule a call that logs having run."""
        return self.scope.callLater(delay, self.log.append, "ran")

    def test_interface(self) -> None:
        """It provides IDelayedCall, and so does what stands behind it."""
        for call in (self.call(), Fired(1.0), Inert(1.0)):
            self.assertTrue(verifyObject(IDelayedCall, call))

    def test_runs_at_its_time(self) -> None:
        """It runs when its delay has passed, not before, and is then not active."""
        call = self.call()

        self.clock.advance(4.9)
        self.assertEqual(self.log, [])
        self.assertTrue(call.active())
        self.clock.advance(0.1)

        self.assertEqual(self.log, ["ran"])
        self.assertFalse(call.active())

    def test_arguments(self) -> None:
        """Positional and keyword arguments reach the function."""
        seen: list[tuple[Any, Any]] = []

        def function(*args: object, **kwargs: object) -> None:
            seen.append((args, kwargs))

        self.scope.callLater(1, function)
        self.scope.callLater(1, function, 1, 2)
        self.scope.callLater(1, function, 1, key=2)
        self.clock.advance(1)

        self.assertEqual(seen, [((), {}), ((1, 2), {}), ((1,), {"key": 2})])

    def test_get_time(self) -> None:
        """GetTime is the time on the clock, also after reset, delay and running."""
        self.clock.advance(10)
        call = self.call()
        self.assertEqual(call.getTime(), 15)
        call.delay(2)
        self.assertEqual(call.getTime(), 17)
        call.reset(1)
        self.assertEqual(call.getTime(), 11)
        self.clock.advance(3)
        self.assertEqual(call.getTime(), 11)

    def test_reset_earlier_and_later(self) -> None:
        """A reset call runs at its new time."""
        earlier, later = self.call(), self.call()
        earlier.reset(1)
        later.reset(9)

        self.clock.advance(1)
        self.assertEqual((earlier.active(), later.active()), (False, True))
        self.clock.advance(7.9)
        self.assertTrue(later.active())
        self.clock.advance(0.1)

        self.assertEqual(self.log, ["ran", "ran"])

    def test_delay_by_a_negative_amount(self) -> None:
        """A negative delay makes it run earlier."""
        self.call().delay(-4)
        self.clock.advance(1)

        self.assertEqual(self.log, ["ran"])

    def test_cancelled(self) -> None:
        """A cancelled call does not run, and says AlreadyCancelled from then on."""
        call = self.call()
        call.cancel()
        self.clock.advance(5)

        self.assertEqual(self.log, [])
        self.assertFalse(call.active())
        self.assertEqual(call.getTime(), 5)
        for change in self.changes(call):
            self.assertRaises(AlreadyCancelled, change)

    def test_cancelled_before_close(self) -> None:
        """A call the user cancelled says so after the scope closed, too."""
        call = self.call()
        call.cancel()
        self.scope.close()

        for change in self.changes(call):
            self.assertRaises(AlreadyCancelled, change)

    def test_called(self) -> None:
        """A call that ran says AlreadyCalled, before and after the scope closed."""
        call = self.call()
        self.clock.advance(5)

        for _ in range(2):
            for change in self.changes(call):
                self.assertRaises(AlreadyCalled, change)
            self.scope.close()

    def test_cancel_from_inside(self) -> None:
        """Cancelling the running call is AlreadyCalled, as on a reactor."""
        call = self.scope.callLater(
            1, lambda: self.assertRaises(AlreadyCalled, call.cancel)
        )
        self.clock.advance(1)

    def test_raising(self) -> None:
        """An exception goes to whoever runs the clock; the call counts as run."""
        call = self.scope.callLater(1, lambda: 1 // 0)

        self.assertRaises(ZeroDivisionError, self.clock.advance, 1)
        self.assertRaises(AlreadyCalled, call.cancel)
        self.assertEqual(self.scope.getDelayedCalls(), [])

    def test_releases_what_it_called(self) -> None:
        """A call that ran, or was cancelled, refers to no function or argument."""
        gc.disable()
        self.addCleanup(gc.enable)
        for end in (lambda _: self.clock.advance(1), ScopedCall.cancel):
            thing = Thing()
            gone = weakref.ref(thing)
            call = self.scope.callLater(1, lambda _, **kw: None, thing, key=thing)
            del thing
            end(call)

            self.assertIsNone(gone())
            self.assertIsNone(call.function)

    def test_no_cycle(self) -> None:
        """A call that ran is collected without the garbage collector."""
        gc.disable()
        self.addCleanup(gc.enable)
        call = self.call()
        reactors = weakref.ref(self.clock.getDelayedCalls()[0])
        self.clock.advance(5)

        self.assertIsNone(reactors())
        self.assertFalse(call.active())

    def test_repr(self) -> None:
        """The repr says what, where and when, or that it is over."""
        call = self.scope.callLater(5, self.setUp)
        self.clock.advance(2)
        self.assertEqual(
            repr(call), "<ScopedCall ScopeTestCase.setUp of 'test', due in 3.000 s>"
        )
        call.cancel()
        self.assertEqual(repr(call), "<ScopedCall of 'test', over>")
        other = ScopedClock(Clock()).callLater(1, partial(int))
        self.assertEqual(repr(other), "<ScopedCall int, due in 1.000 s>")

    def changes(self, call: IDelayedCall) -> list[Callable[[], None]]:
        """Everything that can be done to a pending call."""
        return [call.cancel, partial(call.reset, 1), partial(call.delay, 1)]


class InertCallTests(ScopeTestCase):
    """A call that the scope cancelled is harmless to clean up."""

    def test_inert(self) -> None:
        """It is not active, answers getTime, and nothing done to it matters."""
        call = self.scope.callLater(5, self.log.append, "ran")
        call.delay(1)
        self.scope.close()

        for _ in range(2):
            call.cancel()
            call.reset(1)
            call.delay(1)
        self.clock.advance(10)

        self.assertFalse(call.active())
        self.assertEqual(call.getTime(), 6)
        self.assertEqual(self.log, [])

    def test_cancelled_behind_our_back(self) -> None:
        """A call cancelled at the reactor, as trial does, is no call of the scope."""
        call = self.scope.callLater(5, self.log.append, "ran")
        self.clock.getDelayedCalls()[0].cancel()

        self.assertFalse(call.active())
        self.assertEqual(self.scope.getDelayedCalls(), [])
        self.scope.close()
        call.cancel()

    def test_releases_what_it_would_have_called(self) -> None:
        """A handle that the user kept refers to no function or argument."""
        thing = Thing()
        gone = weakref.ref(thing)
        call = self.scope.callLater(1, lambda _, **kw: None, thing, key=thing)
        del thing
        self.scope.close()

        self.assertIsNone(gone())
        self.assertIsNone(call.function)


class SeveralCallsTests(ScopeTestCase):
    """A scope with several calls does not keep those that are over."""

    def test_tidy(self) -> None:
        """Those that are over go, the others stay in order; the limit follows."""
        older = SeveralCalls()
        older.extend(self.scope.callLater(n, int) for n in range(8))
        for call in older[::2]:
            call.cancel()
        left = older[1::2]
        older.tidy()

        self.assertEqual(older, left)
        self.assertEqual(older.limit, 16)

    def test_after_a_burst(self) -> None:
        """Of many calls that were cancelled nothing is left after as many more."""
        for call in [self.scope.callLater(9, int) for _ in range(500)]:
            call.cancel()
        for _ in range(2000):
            self.scope.callLater(9, int).cancel()
        self.assertIs(self.scope._several, NO_CALLS)
        pending = self.scope.callLater(9, int)
        self.assertEqual(self.scope.getDelayedCalls(), [pending])

    def test_function(self) -> None:
        """A call knows its function, with arguments or without."""
        for arguments in ((), (1,)):
            call = self.scope.callLater(1, self.log.append, *arguments)
            self.assertEqual(call.function, self.log.append)
            call.cancel()


class NameTests(ScopeTestCase):
    """Functions have names for people."""

    def test_names(self) -> None:
        """A qualified name where there is one, else the repr."""
        self.assertEqual(name_of(self.setUp), "ScopeTestCase.setUp")
        self.assertEqual(name_of(partial(partial(len, []))), "len")
        self.assertEqual(name_of(Clock.advance), "Clock.advance")
        self.assertEqual(name_of(3), "3")


class ArgumentTests(ScopeTestCase):
    """What ``callLater`` is given by name, and what it says to what it cannot take."""

    def test_by_name(self) -> None:
        """Delay and callable come out of the keywords, the others stay."""
        keywords = {"delay": 1, "callable": len, "key": 2}

        self.assertEqual(by_name(MISSING, MISSING, keywords), (1, len))
        self.assertEqual(keywords, {"key": 2})

    def test_by_position(self) -> None:
        """A delay given by position leaves a keyword of that name alone."""
        keywords = {"delay": 1, "callable": len}

        self.assertEqual(by_name(5, MISSING, keywords), (5, len))
        self.assertEqual(keywords, {"delay": 1})

    def test_missing(self) -> None:
        """Without either there is nothing to call, or no time to call it."""
        for delay, keywords in ((MISSING, {"callable": len}), (1, {})):
            error = self.assertRaises(TypeError, by_name, delay, MISSING, keywords)
            self.assertIn("missing", str(error))

    def test_uncallable(self) -> None:
        """Something that cannot be called is named in the error."""
        error = self.assertRaises(TypeError, by_name, 1, "greet", {})

        self.assertEqual(str(error), str(uncallable("greet")))
        self.assertIn("'greet'", str(error))

    def test_bad_delay(self) -> None:
        """A bad delay is told with the rule and the way out."""
        for part in ("delay=-1", "must be a number of seconds >= 0", "use 0"):
            self.assertIn(part, str(bad_delay(-1)))


class PlaceholderTests(ScopeTestCase):
    def test_says_so(self) -> None:
        """What stands where no call is can be shown, and is over."""
        for placeholder in (NO_CALL, IN_A_LIST, NO_MORE):
            self.assertEqual(repr(placeholder), "<no ScopedCall>")
            self.assertFalse(placeholder.active())
