"""What waits for what; each attribute is where this Twisted and this Python have it."""

from __future__ import annotations

import asyncio
import types
import warnings
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock, Cooperator, LoopingCall
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.search import _waiting
from heartbeat.graph.static import MISSING
from tests.graph.traps import TRAP, armed, watched
from tests.reactors import REACTORS, fresh


def nothing(*args: object, **keywords: object) -> None:
    """A callback."""


class Old:
    """A Deferred as it was before Twisted 25.5."""

    def __init__(self) -> None:
        self.callbacks: Any = [((nothing, (1,), {}), (len, (), {}))]


class WaitingTests(SynchronousTestCase):
    """Each function."""

    def test_callbacks(self) -> None:
        """Callbacks and errbacks with their arguments; nothing is deprecated."""
        deferred: Deferred[Any] = Deferred()
        deferred.addCallback(nothing, 1, a=2)
        deferred.addErrback(nothing)
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            found = [each[1:] for each in _waiting.callbacks_of(deferred)]
            mine = [e for e in _waiting.callbacks_of(deferred) if e[0] is nothing]

        self.assertEqual([str(each.message) for each in warned], [])
        self.assertEqual(len(found), 4)
        self.assertEqual([each[1] for each in mine], [(1,), ()])
        self.assertEqual(mine[0][2], {"a": 2})

    def test_old_callbacks(self) -> None:
        """A list of another name, and strange things in it."""
        old = Old()
        self.assertEqual(
            list(_waiting.callbacks_of(old)), [(nothing, (1,), {}), (len, (), {})]
        )

        old.callbacks = [(None, (1, 2)), ("abc", TRAP())]
        with watched() as ran:
            found = list(_waiting.callbacks_of(old))

        self.assertEqual((found, ran), ([], []))
        old.callbacks = None
        self.assertEqual(list(_waiting.callbacks_of(old)), [])
        self.assertEqual(list(_waiting.callbacks_of(3)), [])

    def test_chain(self) -> None:
        """The Deferred that this one waits for, and what cancels it."""
        inner: Deferred[Any] = Deferred()
        outer: Deferred[Any] = Deferred(nothing)
        self.assertIs(_waiting.canceller_of(outer), nothing)
        outer.addCallback(lambda _: inner)
        outer.callback(None)

        self.assertIs(_waiting.chained_to(outer), inner)
        self.assertIsNone(_waiting.chained_to(inner))
        callbacks = [each[1] for each in _waiting.callbacks_of(inner)]
        self.assertIn((outer,), callbacks)

    def test_looping(self) -> None:
        """The Deferred of a repeated call that runs."""
        looping = LoopingCall(nothing)
        looping.clock = Clock()
        self.assertIsNone(_waiting.looping_deferred(looping))

        deferred = looping.start(5, now=False)
        self.assertIs(_waiting.looping_deferred(looping), deferred)
        looping.stop()

    def test_cooperator(self) -> None:
        """Its tasks, and what they iterate over."""
        cooperator = Cooperator(scheduler=lambda _: Clock().callLater(1, int))
        self.assertEqual(_waiting.tasks_of(cooperator), [])

        iterator = iter([1])
        task = cooperator.cooperate(iterator)
        tasks = _waiting.tasks_of(cooperator)
        self.assertEqual(tasks, [task])
        self.assertIsNot(tasks, cooperator._tasks)
        self.assertIs(_waiting.iterator_of(task), iterator)
        task.stop()
        self.assertEqual(_waiting.tasks_of(3), [])

    def test_loop(self) -> None:
        """Only the asyncio reactor has an event loop; its timers are a copy."""
        for name in REACTORS:
            with self.subTest(name), fresh(name) as reactor:
                loop = _waiting.loop_of(reactor)
                self.assertEqual(loop is not MISSING, name == "asyncio")

        loop = asyncio.new_event_loop()
        handle = loop.call_later(5, nothing)
        self.assertEqual(_waiting.scheduled_in(loop), [handle])
        self.assertEqual(_waiting.scheduled_in(types.SimpleNamespace()), [])
        handle.cancel()
        loop.close()

    def test_reactors_own(self) -> None:
        """What the reactor has its event loop call, and nothing else of it."""
        with fresh("asyncio") as made:
            reactor: Any = made
            self.assertTrue(_waiting.is_reactors_own(reactor._onTimer))
            self.assertFalse(_waiting.is_reactors_own(reactor.stop))
        odd = types.MethodType(TRAP(), self)
        with watched() as ran:
            found = _waiting.is_reactors_own(odd)

        self.assertEqual((found, ran), (False, []))

    def test_traps(self) -> None:
        """Nothing of theirs is run."""
        deferred = armed(Deferred)()
        with watched() as ran:
            for thing in (TRAP(), deferred):
                list(_waiting.callbacks_of(thing))
                _waiting.chained_to(thing)
                _waiting.canceller_of(thing)
                _waiting.looping_deferred(thing)
                _waiting.tasks_of(thing)
                _waiting.iterator_of(thing)
                _waiting.loop_of(thing)
                _waiting.scheduled_in(thing)

        self.assertEqual(ran, [])
