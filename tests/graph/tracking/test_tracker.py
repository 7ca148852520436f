"""A tracker notes who makes which call, and leaves no other trace."""

from __future__ import annotations

import gc
import sys
import weakref
from typing import TYPE_CHECKING, Any

from twisted.internet.base import DelayedCall
from twisted.internet.interfaces import IReactorTime
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from heartbeat.clock import ScopedClock
from heartbeat.graph.tracking.tracker import (
    AlreadyTrackedError,
    Tracker,
    track,
    tracking,
)
from tests.connections import until
from tests.graph.linked import linked
from tests.reactors import REACTORS, fresh

if TYPE_CHECKING:
    from collections.abc import Callable


def here() -> int:
    """The line that calls this."""
    return sys._getframe(1).f_lineno


class Chat(Protocol):
    """Makes calls while it is connected, read, and lost."""

    clock: Any = None
    made: Any = None

    def connectionMade(self) -> None:
        self.made = self.clock.callLater(30, list)

    def dataReceived(self, data: bytes) -> None:
        self.made = served(self.clock)

    def ping(self) -> Any:
        return self.clock.callLater(1, list)


def served(clock: Any) -> Any:
    """A function that knows no connection."""
    return clock.callLater(30, list)


class ClockTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.tracker = Tracker(self.clock)
        self.tracker.start()
        self.addCleanup(self.tracker.stop)

    def line_of(self, call: object) -> int:
        site = self.tracker.created(call)
        assert site is not None
        self.assertEqual(site.file, __file__)
        return site.line

    def test_created(self) -> None:
        """It knows the line that made a call."""
        call, line = self.clock.callLater(1, list), here()
        self.assertEqual(self.line_of(call), line)

    def test_arguments(self) -> None:
        """What is passed to ``callLater`` arrives, by position and by name."""
        got: list[Any] = []

        def take(*args: Any, **kwargs: Any) -> None:
            got.append((args, kwargs))

        self.clock.callLater(1, take, 1, a=2)
        self.clock.callLater(delay=1, callable=take)
        self.clock.advance(1)
        self.assertEqual(got, [((1,), {"a": 2}), ((), {})])

    def test_errors(self) -> None:
        """What ``callLater`` raises is raised."""
        self.assertRaises(TypeError, self.clock.callLater)

    def test_origin(self) -> None:
        """It knows whose code made a call, and does not keep that."""
        chat = Chat()
        chat.clock = self.clock
        call = chat.ping()
        self.assertIs(self.tracker.origin(call), chat)
        ref = weakref.ref(chat)
        del chat
        gc.collect()
        self.assertIsNone(ref())
        self.assertIsNone(self.tracker.origin(call))

    def test_scoped(self) -> None:
        """Of a scope's call it knows the same as of the reactor's behind it."""
        call, line = ScopedClock(self.clock).callLater(1, list), here()
        self.assertEqual(self.line_of(call), line)
        self.assertEqual(self.line_of(self.clock.getDelayedCalls()[0]), line)

    def test_unseen(self) -> None:
        """Of other calls it knows nothing."""
        call = Clock().callLater(1, list)
        self.assertIsNone(self.tracker.created(call))
        self.assertIsNone(self.tracker.origin(call))

    def test_debug(self) -> None:
        """What ``DelayedCall.debug`` notes stays."""
        self.patch(DelayedCall, "debug", True)
        call: Any = self.clock.callLater(1, list)
        self.assertGreater(len(call.creator), 3)
        self.assertIn("self.clock.callLater(1, list)", "".join(call.creator))

    def test_no_reader(self) -> None:
        """A clock has no connections."""
        self.assertFalse(hasattr(self.clock, "addReader"))
        self.assertIsNone(self.tracker.opened_at(Chat()))
        self.assertIsNone(self.tracker.lost(Chat()))
        self.assertEqual(self.tracker.transports(), [])

    def test_still_a_clock(self) -> None:
        """It provides what it did."""
        self.assertTrue(verifyObject(IReactorTime, self.clock))

    def test_other_calls(self) -> None:
        """A call of somebody's own that takes no attribute is left as it is."""

        class Own:
            __slots__ = ()

        class OwnClock(Clock):
            def callLater(self, *_: Any, **__: Any) -> Any:
                return Own()

        clock = OwnClock()
        track(clock)
        self.assertIsInstance(clock.callLater(1, list), Own)

    def test_nothing_kept(self) -> None:
        """A call is not kept, nor is what it calls."""
        call = self.clock.callLater(1, Chat().ping)
        refs = [weakref.ref(call), weakref.ref(call.func.__self__)]  # type: ignore[attr-defined]
        call.cancel()
        del call
        gc.collect()
        self.assertEqual([ref() for ref in refs], [None, None])

    def test_clock_not_kept(self) -> None:
        """Nor is the clock, though nobody stopped the tracker."""
        clock = Clock()
        tracker = track(clock)
        ref = weakref.ref(clock)
        del clock
        gc.collect()
        self.assertIsNone(ref())
        self.assertIsNone(tracker.reactor)
        tracker.stop()
        self.assertFalse(tracker.running)


class StopTests(SynchronousTestCase):
    """What was there before is there after it."""

    def setUp(self) -> None:
        self.clock = MemoryReactorClock()
        self.before = dict(vars(self.clock))
        self.tracker = Tracker(self.clock)

    def noted(self) -> bool:
        return self.tracker.created(self.clock.callLater(1, list)) is not None

    def test_not_started(self) -> None:
        """Before it is started, and after it is stopped, nothing is noted."""
        self.assertFalse(self.noted())
        self.tracker.start()
        self.assertTrue(self.noted())
        self.tracker.stop()
        self.assertFalse(self.noted())

    def test_restores(self) -> None:
        """Nothing is left on the reactor."""
        self.tracker.start()
        self.assertNotEqual(vars(self.clock), self.before)
        self.tracker.stop()
        self.assertEqual(vars(self.clock), self.before)

    def test_restores_of_others(self) -> None:
        """What somebody had put there before is there again."""
        others = self.clock.callLater
        self.clock.callLater = others  # type: ignore[method-assign]
        self.tracker.start()
        self.tracker.stop()
        self.assertIs(vars(self.clock)["callLater"], others)

    def test_below_others(self) -> None:
        """What somebody has put there since stays, and works."""
        self.tracker.start()
        ours: Any = self.clock.callLater

        def others(*args: Any, **kwargs: Any) -> Any:
            return ours(*args, **kwargs)

        self.clock.callLater = others  # type: ignore[method-assign]
        self.tracker.stop()
        self.assertIs(self.clock.callLater, others)
        self.assertFalse(self.noted())
        self.clock.callLater = ours  # type: ignore[method-assign]
        self.assertFalse(self.noted())

    def test_below_others_reads(self) -> None:
        """That holds for what is read and no longer read as well."""
        self.tracker.start()
        add, remove = self.clock.addReader, self.clock.removeReader
        self.clock.addReader = add  # type: ignore[method-assign]
        self.tracker.stop()
        reader = Chat()
        add(reader)
        remove(reader)
        self.assertEqual(self.tracker.transports(), [])

    def test_again(self) -> None:
        """It can be started and stopped again, and more than once."""
        for _ in range(2):
            self.tracker.start()
            self.tracker.start()
            self.assertTrue(self.tracker.running)
            self.assertTrue(self.noted())
            self.tracker.stop()
            self.tracker.stop()
        self.assertFalse(self.tracker.running)

    def test_notes_stay(self) -> None:
        """What it has noted is known after it has stopped."""
        self.tracker.start()
        call = self.clock.callLater(1, list)
        self.tracker.stop()
        self.assertIsNotNone(self.tracker.created(call))

    def test_one(self) -> None:
        """A reactor has one tracker; that is the one to be had."""
        self.assertIsNone(tracking(self.clock))
        self.tracker.start()
        self.assertIs(tracking(self.clock), self.tracker)
        self.assertIs(track(self.clock), self.tracker)
        error = self.assertRaises(AlreadyTrackedError, Tracker(self.clock).start)
        self.assertIn("MemoryReactorClock", str(error))
        self.tracker.stop()
        self.assertIsNone(tracking(self.clock))
        new = track(self.clock)
        self.assertIs(tracking(self.clock), new)
        new.stop()

    def test_hostile(self) -> None:
        """A reactor is neither compared nor hashed."""

        class Hostile(Clock):
            def __eq__(self, other: object) -> bool:
                raise AssertionError("compared")

            def __hash__(self) -> int:
                raise AssertionError("hashed")

        clock = Hostile()
        tracker = track(clock)
        self.assertIs(tracking(clock), tracker)
        self.assertIsNotNone(tracker.created(clock.callLater(1, list)))
        tracker.stop()
        self.assertIsNone(tracking(clock))


class ReactorTests(SynchronousTestCase):
    """On every reactor."""

    def on_each(self, test: Callable[[Any, Tracker, Any], None]) -> None:
        for name in REACTORS:
            with self.subTest(name), fresh(name) as reactor:
                tracker = track(reactor)
                chat = Chat()
                chat.clock = reactor
                try:
                    with linked(reactor, server=chat) as link:
                        test(reactor, tracker, link)
                finally:
                    tracker.stop()

    def test_opened_and_lost(self) -> None:
        """It knows when a connection was made, when it was lost and why."""

        def test(_: Any, tracker: Tracker, link: Any) -> None:
            for end in link.ends:
                self.assertIsNotNone(tracker.opened_at(end))
                self.assertIsNone(tracker.lost(end))
            link.client.transport.pauseProducing()
            self.assertIsNone(tracker.lost(link.client.transport))
            self.assertIn(link.client.transport, tracker.transports())
            client, server = link.client.transport, link.server.transport
            client.resumeProducing()
            client.abortConnection()
            until(link.reactor, lambda: not server.connected)
            aborted, other = tracker.lost(client), tracker.lost(server)
            assert aborted is not None
            assert other is not None
            self.assertEqual(aborted[1], "ConnectionAborted")
            self.assertEqual(other[1], "ConnectionLost")

        self.on_each(test)

    def test_origin(self) -> None:
        """Calls made while a connection is made, and read, are that connection's."""

        def test(reactor: Any, tracker: Tracker, link: Any) -> None:
            first = link.server.made
            self.assertIs(tracker.origin(first), link.server)
            link.client.transport.write(b"x")
            until(reactor, lambda: link.server.made is not first)
            self.assertIs(tracker.origin(link.server.made), link.server)
            first.cancel()
            link.server.made.cancel()

        self.on_each(test)

    def test_in_a_call(self) -> None:
        """A call made while another runs inherits what that has."""

        def test(reactor: Any, tracker: Tracker, link: Any) -> None:
            made: list[Any] = []
            link.server.made.cancel()
            link.server.ping = lambda: None
            first = _by(link.server, lambda: made.append(served(reactor)))
            until(reactor, lambda: made)
            self.assertIs(tracker.origin(first), link.server)
            self.assertIs(tracker.origin(made[0]), link.server)
            made[0].cancel()

        self.on_each(test)

    def test_restores(self) -> None:
        """Nothing is left on the reactor."""
        for name in REACTORS:
            with self.subTest(name), fresh(name) as reactor:
                before = dict(vars(reactor))
                track(reactor).stop()
                self.assertEqual(vars(reactor), before)


def _by(chat: Chat, function: Callable[[], object]) -> Any:
    """A call that the code of *chat* makes."""

    class Making(Protocol):
        def go(self) -> Any:
            return chat.clock.callLater(0, function)

    return _running_as(chat, Making.go)


def _running_as(chat: Chat, function: Any) -> Any:
    return function(chat)
