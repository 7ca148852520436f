"""Coroutines that end with their scope: `ScopedClock.run`."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.error import ConnectionDone
from twisted.internet.task import deferLater
from twisted.python.failure import Failure

from heartbeat.coroutines import _Steps
from heartbeat.errors import ScopeClosedError
from heartbeat.ownership import Estate

from .scope_case import Boom, ScopeTestCase

if TYPE_CHECKING:
    from collections.abc import Awaitable, Generator


class Witness:
    """Something a coroutine holds on to."""


class RunTests(ScopeTestCase):
    """`run` is ``Deferred.fromCoroutine``, ended by the scope."""

    def run_one(self, *awaited: Awaitable[object]) -> Deferred[str]:
        """Run a coroutine that awaits these, and logs how each of them went."""

        async def coroutine() -> str:
            try:
                for one in awaited:
                    self.log.append(await one)
            except BaseException as error:
                self.log.append(type(error))
                raise
            return "done"

        return self.scope.run(coroutine())

    def test_result(self) -> None:
        """The Deferred fires with what the coroutine returns."""
        deferred = self.run_one(succeed(1), self.scope.sleep(2))
        self.assertNoResult(deferred)
        self.clock.advance(2)

        self.assertEqual(self.successResultOf(deferred), "done")
        self.assertEqual(self.log, [1, None])

    def test_without_awaiting(self) -> None:
        """A coroutine that awaits nothing is over at once."""
        self.assertEqual(self.successResultOf(self.run_one()), "done")

    def test_failure(self) -> None:
        """An exception of the coroutine is the Deferred's failure, and loud."""

        async def coroutine() -> None:
            raise Boom

        self.failureResultOf(self.scope.run(coroutine()), Boom)
        self.scope.run(coroutine())
        self.assertEqual(len(self.logged(Boom)), 1)

    def test_gets_the_reason(self) -> None:
        """At close the reason is raised where it waits; nothing is logged."""
        waiting: Deferred[None] = Deferred()
        self.run_one(waiting)
        self.scope.close(ConnectionDone())

        self.assertEqual(self.log, [ConnectionDone])
        self.assertTrue(waiting.called)
        self.assertEqual(self.logged(), [])

    def test_fails_with_the_reason(self) -> None:
        """The Deferred fails with the reason, for those who want to know."""
        error = ConnectionDone()
        for awaited in (Deferred[None](), self.scope.sleep(5)):
            self.addCleanup(self.failureResultOf, self.run_one(awaited), type(error))
        deferred = self.run_one(Deferred[None]())
        self.scope.close(Failure(error))

        self.assertIs(self.failureResultOf(deferred).value, error)

    def test_cancelled_by_the_user(self) -> None:
        """Cancelling the Deferred raises CancelledError at the await."""
        deferred = self.run_one(Deferred[None]())
        deferred.cancel()

        self.assertEqual(self.log, [CancelledError])
        self.failureResultOf(deferred, CancelledError)

    def test_cancel_what_a_callback_waits_for(self) -> None:
        """A coroutine that is over passes cancellation on to the callbacks' Deferred."""
        inner: Deferred[None] = Deferred()
        deferred = self.run_one().addCallback(lambda _: inner)
        deferred.cancel()

        self.failureResultOf(deferred, CancelledError)

    def test_cancels_itself(self) -> None:
        """A running coroutine that cancels its own Deferred goes on."""

        async def coroutine() -> str:
            await gate
            deferred.cancel()
            return "done"

        gate: Deferred[None] = Deferred()
        deferred = self.scope.run(coroutine())
        gate.callback(None)

        self.assertEqual(self.successResultOf(deferred), "done")

    def test_closed_by_itself_at_once(self) -> None:
        """A coroutine that closes its scope is told at its next await."""
        waiting: Deferred[None] = Deferred()

        async def coroutine() -> None:
            self.scope.close(ConnectionDone())
            await self.note(waiting)

        deferred = self.scope.run(coroutine())

        self.assertEqual(self.log, [ConnectionDone])
        self.failureResultOf(deferred, ConnectionDone)

    def test_closed_by_itself_later(self) -> None:
        """So is one that closes it in a later step; what it awaits is cancelled."""
        gate, waiting = Deferred[None](), Deferred[None](self.log.append)

        async def coroutine() -> None:
            await gate
            self.scope.close(ConnectionDone())
            await waiting

        deferred = self.scope.run(coroutine())
        gate.callback(None)

        self.assertEqual(self.log, [waiting])
        self.failureResultOf(deferred, ConnectionDone)

    def test_closed_by_itself_at_the_end(self) -> None:
        """One that closes its scope and returns has its result."""

        async def coroutine() -> int:
            self.scope.close()
            return 3

        self.assertEqual(self.successResultOf(self.scope.run(coroutine())), 3)

    def test_awaits_something_else(self) -> None:
        """What is no Deferred is left to Twisted, also when the scope closed."""

        class Odd:
            def __await__(self) -> Generator[Any, Any, Any]:
                return (yield 3)

        async def coroutine() -> Any:
            self.scope.close()
            return await Odd()

        self.assertEqual(self.successResultOf(self.scope.run(coroutine())), 3)

    def test_clean_up(self) -> None:
        """A coroutine may await while it ends; it is told once, and stays quiet."""
        release: Deferred[None] = Deferred()

        async def coroutine() -> None:
            try:
                await Deferred()
            finally:
                await release
                self.log.append("released")

        deferred = self.scope.run(coroutine())
        gone = weakref.ref(deferred)
        self.scope.close(ConnectionDone())
        self.assertNoResult(deferred)
        release.callback(None)

        self.assertEqual(self.log, ["released"])
        del deferred
        self.assertEqual(self.logged(), [])
        self.assertIsNone(gone())

    def test_clean_up_after_sleep(self) -> None:
        """So may one that was told by something else that the scope owned."""
        release: Deferred[None] = Deferred()

        async def coroutine() -> None:
            try:
                await self.scope.sleep(5)
            finally:
                await release

        deferred = self.scope.run(coroutine())
        self.scope.close(ConnectionDone())
        self.assertFalse(release.called)
        release.callback(None)

        self.failureResultOf(deferred, ConnectionDone)

    def test_clean_up_cancelled(self) -> None:
        """Clean-up that the user cancels is cancelled, not told the reason again."""

        async def coroutine() -> None:
            try:
                await Deferred()
            finally:
                await self.note(Deferred())

        deferred = self.scope.run(coroutine())
        self.scope.close(ConnectionDone())
        deferred.cancel()

        self.assertEqual(self.log, [CancelledError])
        self.failureResultOf(deferred, ConnectionDone)

    async def note(self, awaited: Awaitable[object]) -> None:
        """Log what is raised at an await."""
        try:
            await awaited
        except BaseException as error:
            self.log.append(type(error))
            raise

    def test_swallows(self) -> None:
        """A coroutine that swallows the reason ends as it likes."""

        async def coroutine() -> str:
            try:
                await Deferred()
            except ConnectionDone:
                return "fine"
            return "never"

        deferred = self.scope.run(coroutine())
        self.scope.close(ConnectionDone())

        self.assertEqual(self.successResultOf(deferred), "fine")

    def test_raises_something_else(self) -> None:
        """An exception of its own on the way out is loud."""

        async def coroutine() -> None:
            try:
                await Deferred()
            finally:
                raise Boom

        self.scope.run(coroutine())
        self.scope.close(ConnectionDone())

        self.assertEqual(len(self.logged(Boom)), 1)

    def test_resumed_by_a_hook(self) -> None:
        """A hook that fires what it awaits lets it go on, to be told after that."""
        gate, waiting = Deferred[int](), Deferred[None]()
        deferred = self.run_one(gate, waiting)
        self.scope.on_close(lambda _: gate.callback(3))
        self.scope.close(ConnectionDone())

        self.assertEqual(self.log, [3, ConnectionDone])
        self.failureResultOf(deferred, ConnectionDone)

    def test_nested(self) -> None:
        """Coroutines awaited by coroutines get the reason, innermost first."""

        async def inner() -> None:
            try:
                await self.scope.sleep(5)
            finally:
                self.log.append("inner")

        async def outer() -> None:
            try:
                await inner()
            finally:
                self.log.append("outer")

        self.scope.run(outer())
        self.scope.close()

        self.assertEqual(self.log, ["inner", "outer"])

    def test_awaiting_a_run(self) -> None:
        """A coroutine may await another that was given to run()."""
        inner = self.run_one(Deferred[None]())
        outer = self.run_one(inner)
        self.scope.close(ConnectionDone())

        self.assertEqual(self.log, [ConnectionDone, ConnectionDone])
        self.failureResultOf(outer, ConnectionDone)

    def test_closed_or_closing(self) -> None:
        """A sealed or closed scope runs nothing, and no warning tells of it."""

        async def coroutine() -> None:
            self.log.append("ran")

        for end in (self.scope.seal, self.scope.close):
            end()
            never = coroutine()
            self.assertRaises(ScopeClosedError, self.scope.run, never)
            del never

        gc.collect()
        self.assertEqual(self.log, [])
        self.assertEqual(self.flushWarnings(), [])

    def test_not_a_coroutine(self) -> None:
        """Something else is a TypeError, and nothing is left of it."""
        self.assertRaises(TypeError, self.scope.run, self.run_one)
        self.assertRaises(TypeError, self.scope.run, Deferred())
        self.scope.close()

    def test_leaves_nothing(self) -> None:
        """After close the scope keeps no coroutine, nor anything it worked with."""
        witnesses = []

        async def coroutine(awaited: Deferred[None]) -> None:
            witness = Witness()
            witnesses.append(weakref.ref(witness))
            await awaited

        for awaited in (Deferred[None](), self.scope.sleep(5)):
            self.scope.run(coroutine(awaited))
            del awaited
        self.scope.close(ConnectionDone())
        gc.collect()

        self.assertEqual([witness() for witness in witnesses], [None, None])

    def test_given_up(self) -> None:
        """A coroutine whose Deferreds are all collected is closed, as in Twisted."""

        async def coroutine() -> None:
            try:
                await Deferred()
            finally:
                self.log.append("closed")

        other = self.scope.child()
        other.run(coroutine())
        del other
        self.scope.close()
        self.assertEqual(self.log, ["closed"])

    def test_owned_twice(self) -> None:
        """With a timeout of its own, too, a coroutine is told once and cleans up."""

        async def coroutine() -> None:
            try:
                await self.scope.sleep(100)
            finally:
                await deferLater(self.clock, 1)
                self.log.append("cleaned up")

        running = self.scope.timeout(self.scope.run(coroutine()), 50)
        self.scope.close(Boom())
        self.clock.advance(1)

        self.assertEqual(self.log, ["cleaned up"])
        self.failureResultOf(running, Boom)


class StepsTests(ScopeTestCase):
    """To Twisted the watched coroutine is a coroutine like any other."""

    def test_awaited(self) -> None:
        """It can be awaited."""

        async def inner() -> int:
            return 3

        async def outer() -> int:
            return await _Steps(Estate(), inner())

        self.assertEqual(self.successResultOf(Deferred.fromCoroutine(outer())), 3)

    def test_closed(self) -> None:
        """It can be closed."""

        async def coroutine() -> None:
            try:
                await Deferred()
            finally:
                self.log.append("closed")

        steps = _Steps(Estate(), coroutine())
        steps.send(None)
        steps.close()

        self.assertEqual(self.log, ["closed"])

    def test_thrown_in_three_parts(self) -> None:
        """The generator protocol's older form, type, value and traceback, works too."""

        async def coroutine() -> None:
            await Deferred()

        error = Boom()
        steps = _Steps(Estate(), coroutine())
        steps.send(None)

        self.assertIs(self.assertRaises(Boom, steps.throw, Boom, error, None), error)
