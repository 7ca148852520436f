"""What a scope must see to when it closes: Deferreds, hooks, inner scopes."""

from __future__ import annotations

import gc
import weakref
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, fail, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from heartbeat.errors import ScopeClosedError

from .scope_case import Boom, ScopeTestCase


class OwnTests(ScopeTestCase):
    """`own` fails a Deferred with the reason when the scope closes."""

    def test_returns_it(self) -> None:
        """The very Deferred comes back."""
        deferred: Deferred[int] = Deferred()

        self.assertIs(self.scope.own(deferred), deferred)
        deferred.callback(1)
        self.assertEqual(self.successResultOf(deferred), 1)

    def test_fails_with_the_reason(self) -> None:
        """It is cancelled, and fails with the very Failure of the connection."""
        deferred: Deferred[None] = Deferred(self.log.append)
        self.scope.own(deferred)
        reason = Failure(ConnectionDone())
        self.scope.close(reason)

        self.assertEqual(self.log, [deferred])
        self.assertIs(self.failureResultOf(deferred).value, reason.value)

    def test_words(self) -> None:
        """A reason in words is a ScopeClosedError."""
        deferred = self.scope.own(Deferred[None]())
        self.scope.close("logged out")

        error = self.failureResultOf(deferred, ScopeClosedError).value
        self.assertEqual(error.reason, "logged out")

    def test_callbacks_before_and_after(self) -> None:
        """Callbacks added before own() see CancelledError, later ones the reason."""
        deferred: Deferred[None] = Deferred()
        deferred.addErrback(self.note)
        self.scope.own(deferred)
        deferred.addErrback(self.note)
        self.scope.close(ConnectionDone())

        self.assertEqual(self.log, [CancelledError, ConnectionDone])
        self.failureResultOf(deferred, ConnectionDone)

    def test_cancelled_by_the_user(self) -> None:
        """A Deferred the user cancels while the scope is open is just cancelled."""
        deferred = self.scope.own(Deferred[None]())
        deferred.cancel()
        self.scope.close()

        self.failureResultOf(deferred, CancelledError)

    def test_cancellers_own_error(self) -> None:
        """A canceller that fails the Deferred with an error of its own is respected."""
        deferred: Deferred[None] = Deferred(lambda d: d.errback(Boom()))
        self.scope.own(deferred)
        self.scope.close()

        self.failureResultOf(deferred, Boom)

    def test_cancellers_result(self) -> None:
        """A canceller that has a result after all is respected, too."""
        deferred: Deferred[int] = Deferred(lambda d: d.callback(3))
        self.scope.own(deferred)
        self.scope.close()

        self.assertEqual(self.successResultOf(deferred), 3)

    def test_canceller_raises(self) -> None:
        """It is reported, the Deferred fails all the same, and so do the others."""
        deferred, other = Deferred[None](raising), Deferred[None]()
        self.scope.own(deferred)
        self.scope.own(other)
        self.scope.close(ConnectionDone())

        self.failureResultOf(deferred, ConnectionDone)
        self.failureResultOf(other, ConnectionDone)
        self.assertEqual(len(self.logged(Boom)), 1)

    def test_canceller_fires_and_raises(self) -> None:
        """A canceller that fired the Deferred before it raised is only reported."""

        def canceller(deferred: Deferred[int]) -> None:
            deferred.callback(3)
            raise Boom

        deferred = self.scope.own(Deferred[int](canceller))
        self.scope.close()

        self.assertEqual(self.successResultOf(deferred), 3)
        self.logged(Boom)

    def test_waiting_for_another(self) -> None:
        """A Deferred that waits for another fails when that one's canceller raises."""
        inner: Deferred[None] = Deferred(raising)
        middle: Deferred[None] = succeed(None).addCallback(lambda _: inner)
        outer = self.scope.own(succeed(None).addCallback(lambda _: middle))
        self.scope.close(ConnectionDone())

        self.failureResultOf(outer, ConnectionDone)
        self.logged(Boom)

    def test_fired_already(self) -> None:
        """Owning a Deferred that has its result changes nothing."""
        good = self.scope.own(succeed(3))
        bad = self.scope.own(fail(Boom()))
        self.scope.close()

        self.assertEqual(self.successResultOf(good), 3)
        self.failureResultOf(bad, Boom)

    def test_owned_twice(self) -> None:
        """Owning twice is as good as once."""
        deferred: Deferred[None] = Deferred()
        self.scope.own(self.scope.own(deferred))
        self.scope.close(ConnectionDone())

        self.failureResultOf(deferred, ConnectionDone)

    def test_forgotten_when_fired(self) -> None:
        """A scope that lives long does not collect Deferreds that are over."""
        deferred = self.scope.own(Deferred[None]())
        gone = weakref.ref(deferred)
        deferred.callback(None)
        del deferred
        gc.collect()

        self.assertIsNone(gone())

    def test_unhandled_is_logged(self) -> None:
        """A reason that nobody handles is logged, as any failure is."""
        self.scope.own(Deferred[None]())
        self.scope.close(ConnectionDone())

        self.assertEqual(len(self.logged(ConnectionDone)), 1)

    def test_between_seal_and_close(self) -> None:
        """A Deferred owned in connectionLost fails when that returns."""
        self.scope.seal("lost")
        deferred = self.scope.own(Deferred[None]())
        self.assertNoResult(deferred)
        self.scope.close()

        self.failureResultOf(deferred, ScopeClosedError)

    def test_closed(self) -> None:
        """A closed scope owns nothing more."""
        self.scope.close()
        deferred: Deferred[None] = Deferred()

        self.assertRaises(ScopeClosedError, self.scope.own, deferred)
        self.assertNoResult(deferred)

    def test_errback_works_on_the_scope(self) -> None:
        """An errback that closes, schedules and owns breaks nothing."""
        deferred = self.scope.own(Deferred[None]())
        other = self.scope.own(Deferred[None]())

        def errback(_: Failure) -> None:
            self.scope.close()
            self.assertRaises(ScopeClosedError, self.scope.callLater, 1, int)
            self.assertRaises(ScopeClosedError, self.scope.own, other)
            self.log.append("ran")

        deferred.addErrback(errback)
        self.scope.close(ConnectionDone())

        self.assertEqual(self.log, ["ran"])
        self.assertIsNone(self.successResultOf(deferred))
        self.failureResultOf(other, ConnectionDone)

    def test_canceller_works_on_the_scope(self) -> None:
        """A canceller that closes and schedules breaks nothing."""

        def canceller(_: Deferred[None]) -> None:
            self.scope.close()
            self.assertRaises(ScopeClosedError, self.scope.callLater, 1, int)

        deferred = self.scope.own(Deferred[None](canceller))
        self.scope.close(ConnectionDone())

        self.failureResultOf(deferred, ConnectionDone)

    def test_one_fails_another(self) -> None:
        """An errback may fire a Deferred that is owned and was to fail next."""
        first = self.scope.own(Deferred[None]())
        second = self.scope.own(Deferred[int]())
        first.addErrback(lambda _: second.callback(3))
        self.scope.close()

        self.assertEqual(self.successResultOf(second), 3)

    def note(self, failure: Failure) -> Failure:
        """Log the type of a failure and pass it on."""
        self.log.append(failure.type)
        return failure

    def test_no_deferred(self) -> None:
        """Anything else is refused, with the way out, and not owned."""
        for value in (3, None, Failure(Boom())):
            nothing: Any = value
            error = self.assertRaises(TypeError, self.scope.own, nothing)
            self.assertIn(f"{value!r} is no Deferred", str(error))
            self.assertIn("use run() for a coroutine", str(error))
        self.assertEqual(self.scope.owned, 0)

    def test_coroutine(self) -> None:
        """A coroutine that knows of the end already is not told a second time."""

        async def coroutine() -> None:
            try:
                await self.scope.sleep(100)
            finally:
                await deferLater(self.clock, 1)
                self.log.append("cleaned up")

        running = self.scope.own(self.scope.run(coroutine()))
        self.scope.close(Boom())
        self.clock.advance(1)

        self.assertEqual(self.log, ["cleaned up"])
        self.failureResultOf(running, Boom)


class ExpendableTests(ScopeTestCase):
    """A Deferred of the scope's own making may die unseen, for the one reason only."""

    def test_quiet(self) -> None:
        """The scope's end is no news; a callback that is added late still gets it."""
        deferred = self.scope.sleep(5)
        self.scope.sleep(5)
        self.scope.close(ConnectionDone())

        self.assertEqual(self.logged(), [])
        self.failureResultOf(deferred, ConnectionDone)

    def test_loud(self) -> None:
        """Any other failure is logged."""
        self.scope.sleep(5).addErrback(raising)
        self.scope.close(ConnectionDone())

        self.assertEqual(len(self.logged(Boom)), 1)


class EstateTests(ScopeTestCase):
    """Inner scopes close first, then hooks run, then Deferreds fail."""

    def test_order(self) -> None:
        """Whatever was asked for first."""
        self.scope.own(Deferred()).addErrback(lambda _: self.log.append("Deferred"))
        self.scope.on_close(lambda _: self.log.append("hook"))
        self.scope.child().on_close(lambda _: self.log.append("child"))
        self.scope.close()

        self.assertEqual(self.log, ["child", "hook", "Deferred"])


class CloseHookTests(ScopeTestCase):
    """`on_close` makes a call when the scope closes."""

    def hook(self, *args: Any, **kwargs: Any) -> None:
        """Log what it was called with."""
        self.log.append((args, kwargs))

    def test_called_with_the_reason(self) -> None:
        """The reason, as it was given, comes first."""
        reason = Failure(ConnectionDone())
        self.scope.on_close(self.hook, 1, function=2)
        self.scope.close(reason)

        self.assertEqual(self.log, [((reason, 1), {"function": 2})])

    def test_once_and_in_order(self) -> None:
        """Hooks run once, in the order they were asked for."""
        for n in range(3):
            self.scope.on_close(self.hook, n)
        self.scope.close("bye")
        self.scope.close("again")

        self.assertEqual([args for args, _ in self.log], [("bye", n) for n in range(3)])

    def test_forget(self) -> None:
        """A forgotten call is not made; forgetting again, or later, is harmless."""
        hook = self.scope.on_close(self.hook)
        hook.forget()
        hook.forget()
        self.scope.close()
        hook.forget()

        self.assertEqual(self.log, [])

    def test_forget_from_another(self) -> None:
        """A hook may forget the next one."""
        self.scope.on_close(lambda _: second.forget())
        second = self.scope.on_close(self.hook)
        self.scope.close()

        self.assertEqual(self.log, [])

    def test_raising(self) -> None:
        """What raises is reported, and the rest goes on."""
        self.scope.on_close(raising)
        self.scope.on_close(self.hook)
        deferred = self.scope.own(Deferred[None]())
        self.scope.close("bye")

        self.assertEqual(self.log, [(("bye",), {})])
        self.failureResultOf(deferred, ScopeClosedError)
        self.assertEqual(len(self.logged(Boom)), 1)

    def test_works_on_the_scope(self) -> None:
        """A hook that closes and asks for more breaks nothing."""

        def hook(_: object) -> None:
            self.scope.close()
            self.assertRaises(ScopeClosedError, self.scope.callLater, 1, int)
            self.assertRaises(ScopeClosedError, self.scope.on_close, hook)
            self.log.append("ran")

        self.scope.on_close(hook)
        self.scope.close()

        self.assertEqual(self.log, ["ran"])

    def test_between_seal_and_close(self) -> None:
        """A hook asked for in connectionLost runs when that returns."""
        self.scope.seal("lost")
        self.scope.on_close(self.hook)
        self.assertEqual(self.log, [])
        self.scope.close()

        self.assertEqual(self.log, [(("lost",), {})])

    def test_not_callable(self) -> None:
        """Something that cannot be called is a TypeError now, not at close."""
        self.assertRaises(TypeError, self.scope.on_close, None)

    def test_releases_its_function(self) -> None:
        """A handle that the user kept refers to nothing afterwards."""

        def function(_: object) -> None:
            pass

        hook = self.scope.on_close(function)
        gone = weakref.ref(function)
        del function
        self.scope.close()

        self.assertIsNone(gone())
        hook.forget()


def raising(_: object) -> None:
    """Misbehave."""
    raise Boom
