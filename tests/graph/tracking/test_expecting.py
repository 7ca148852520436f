"""What is wanted is not reported."""

from __future__ import annotations

import asyncio
import gc
import weakref
from typing import Any

from twisted.internet.task import Clock, LoopingCall
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.clock import ScopedClock
from heartbeat.graph.tracking.expecting import NotExpectableError, expect, expected


class Hostile:
    """An object that cannot be compared or hashed, and says so loudly."""

    def __eq__(self, other: object) -> bool:
        raise AssertionError("compared")

    def __hash__(self) -> int:
        raise AssertionError("hashed")


class ExpectTests(SynchronousTestCase):
    def test_says_why(self) -> None:
        """A call that was marked has the reason, and another one has none."""
        clock = Clock()
        call = expect(clock.callLater(1, list), "a retry")
        self.assertEqual(expected(call), "a retry")
        self.assertIsNone(expected(clock.callLater(1, list)))

    def test_default(self) -> None:
        """There need not be a reason."""
        self.assertEqual(expected(expect(Clock().callLater(1, list))), "expected")

    def test_again(self) -> None:
        """The last reason counts, also when the first mark is gone."""
        call = expect(Clock().callLater(1, list), "one")
        expect(call, "two")
        self.assertEqual(expected(call), "two")

    def test_method(self) -> None:
        """A method of something else is not taken for that of a looping call."""
        self.assertIsNone(expected(Clock().callLater(1, Clock().seconds)))

    def test_scoped(self) -> None:
        """A scope's call and the reactor's behind it are one."""
        clock = Clock()
        call = ScopedClock(clock).callLater(1, list)
        self.assertIs(expect(call, "a retry"), call)
        self.assertEqual(expected(call), "a retry")
        self.assertEqual(expected(clock.getDelayedCalls()[0]), "a retry")

    def test_scoped_and_over(self) -> None:
        """One that has run needs no mark, and gets none."""
        clock = Clock()
        call = ScopedClock(clock).callLater(1, list)
        clock.advance(1)
        expect(call)
        self.assertIsNone(expected(call))

    def test_looping(self) -> None:
        """All calls of a looping call are wanted, the later ones and moved ones too."""
        clock = Clock()
        loop = LoopingCall(list)
        loop.clock = clock
        expect(loop, "the clock of the wall")
        loop.start(5)
        for _ in range(3):
            self.assertEqual(
                [expected(call) for call in clock.getDelayedCalls()],
                ["the clock of the wall"],
            )
            clock.advance(5)

    def test_looping_in_a_scope(self) -> None:
        """Also on a scope."""
        clock = Clock()
        loop = expect(LoopingCall(list), "statistics")
        loop.clock = ScopedClock(clock)
        loop.start(5)
        self.assertEqual(expected(clock.getDelayedCalls()[0]), "statistics")

    def test_every(self) -> None:
        """What a scope calls again and again can be wanted."""
        clock = Clock()
        scope = ScopedClock(clock)
        expect(scope.every(5, list), "statistics")
        clock.advance(5)
        self.assertEqual(expected(clock.getDelayedCalls()[0]), "statistics")
        scope.close()

    def test_asyncio(self) -> None:
        """Handles of an asyncio event loop can be wanted."""
        loop = asyncio.new_event_loop()
        self.addCleanup(loop.close)
        handle = expect(loop.call_later(1, list), "of the loop")
        self.assertEqual(expected(handle), "of the loop")
        handle.cancel()

    def test_not_a_call(self) -> None:
        """What cannot be marked is an error that names it and the way out."""
        error = self.assertRaises(NotExpectableError, expect, 7)
        self.assertIn("a int is not", str(error))
        self.assertIn("callLater", str(error))

    def test_keeps_nothing(self) -> None:
        """A call that is gone is gone, and whoever takes its place is not wanted."""
        clock = Clock()
        ref = weakref.ref(expect(clock.callLater(1, list)))
        clock.advance(1)
        gc.collect()
        self.assertIsNone(ref())

    def test_hostile(self) -> None:
        """Nothing is compared or hashed, of the call and of what it calls."""
        thing: Any = Hostile()
        expect(thing, "a thing")
        self.assertEqual(expected(thing), "a thing")
        clock = Clock()
        self.assertIsNone(expected(clock.callLater(1, thing)))
