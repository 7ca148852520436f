"""The pending calls of reactors, clocks and event loops."""

from __future__ import annotations

import asyncio
import functools
import gc
import weakref
from typing import Any

from twisted.internet.base import DelayedCall
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import Clock, LoopingCall
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import classImplements

from heartbeat.clock import ScopedClock
from heartbeat.graph import static
from heartbeat.graph.kinds import Source
from heartbeat.graph.search.pending import Pending, Waiting
from tests.graph.traps import TRAP, armed, watched
from tests.reactors import REACTORS, fresh


def ping(*args: object, **keywords: object) -> None:
    """What calls are for."""


async def wait() -> None:
    """Wait for ever."""
    await asyncio.Event().wait()


class Foreign:
    """Something else that provides the interface."""

    def __init__(self, **attributes: object) -> None:
        self.__dict__.update(attributes)


classImplements(Foreign, IDelayedCall)  # type: ignore[misc]


class Special(DelayedCall):
    """A timed call of a derived class."""


class Foreigner(Clock):
    """A clock with calls that it was given."""

    def __init__(self, *calls: Any) -> None:
        super().__init__()
        self.given = calls

    def getDelayedCalls(self) -> Any:
        """Those."""
        return self.given


def seen(reactor: Any) -> list[Pending]:
    """All calls that are pending."""
    return [each for each in Waiting(reactor) if each is not None]


def only(reactor: Any) -> Pending:
    """The only call that is pending."""
    (found,) = seen(reactor)
    return found


class ReactorTests(SynchronousTestCase):
    """Calls of Twisted's."""

    def test_reactors(self) -> None:
        """What is called, with what, and when."""
        for name in REACTORS:
            with self.subTest(name), fresh(name) as reactor:
                call = reactor.callLater(30, ping, 1, b"secret", a="secret")
                found = only(reactor)

                self.assertIs(found.call, call)
                self.assertIs(found.function, ping)
                self.assertTrue(0 < found.due <= 30)
                self.assertEqual(found.arguments, (1, b"secret"))
                self.assertEqual(found.keywords, {"a": "secret"})
                self.assertEqual(found.argument_types(), ("int", "bytes", "a=str"))
                self.assertEqual(found.source, Source.REACTOR)
                self.assertIsNone(found.repeat())
                self.assertEqual(
                    found.parts(),
                    [
                        *(("", ping), ("argument", 1)),
                        *(("argument", b"secret"), ("argument a", "secret")),
                    ],
                )
                call.cancel()
                self.assertEqual(seen(reactor), [])

    def test_clocks(self) -> None:
        """Clocks for tests have a time of their own."""
        for clock in (Clock(), MemoryReactorClock()):
            clock.advance(100)
            call: Any = clock.callLater(5, ping)
            clock.advance(2)
            call.delay(4)
            found = only(clock)

            self.assertEqual((found.due, found.source), (7.0, Source.CLOCK))

    def test_reset(self) -> None:
        """A call that was put off, or brought forward, is due then."""
        clock = Clock()
        call: Any = clock.callLater(5, ping)
        call.reset(3)
        self.assertEqual(only(clock).due, 3.0)
        call.reset(9)
        self.assertEqual(only(clock).due, 9.0)

    def test_late(self) -> None:
        """A call that should have run is due in the past."""
        clock = Clock()
        clock.callLater(5, ping)
        clock.rightNow = 7.0

        self.assertEqual(only(clock).due, -2.0)

    def test_over_meanwhile(self) -> None:
        """What ran or was cancelled after the listing is left out."""
        for name in REACTORS:
            with self.subTest(name), fresh(name) as reactor:
                made: Any = reactor
                calls = [reactor.callLater(n * 1000, ping) for n in range(3)]
                waiting = Waiting(reactor)
                calls[1].cancel()
                made.runUntilCurrent()
                found = [each and each.call for each in waiting]

                self.assertEqual([each for each in found if each], [calls[2]])
                calls[2].cancel()

    def test_running(self) -> None:
        """A call that is just running is not pending any more."""
        clock = Clock()
        found: list[Any] = []
        clock.callLater(1, lambda: found.extend(waiting))
        waiting = Waiting(clock)
        clock.advance(1)

        self.assertEqual(found, [None])

    def test_derived(self) -> None:
        """A call of a derived class is one like all, also when it is cancelled."""
        calls = [Special(5, ping, (1,), {}, ping, ping) for _ in range(2)]
        waiting = Waiting(Foreigner(*calls))
        calls[0].cancel()
        gone, found = list(waiting)

        self.assertIsNone(gone)
        assert found is not None
        self.assertEqual((found.function, found.due), (ping, 5.0))

    def test_copied(self) -> None:
        """Calls that are made while it looks are not met."""
        clock = Clock()
        clock.callLater(1, ping)
        count = 0
        for _ in Waiting(clock):
            count += 1
            clock.callLater(1, ping)

        self.assertEqual(count, 1)

    def test_not_kept(self) -> None:
        """Once it is dropped, nothing is kept alive by it."""

        class Chat:
            def ping(self) -> None:
                """Nothing."""

        clock, chat = Clock(), Chat()
        call = clock.callLater(5, chat.ping)
        waiting: Any = Waiting(clock)
        pendings = list(waiting)
        weak = weakref.ref(chat)
        call.cancel()
        del call, chat, waiting, pendings
        static.forget()
        gc.collect()

        self.assertIsNone(weak())


class ForeignTests(SynchronousTestCase):
    """What is no call of Twisted's."""

    def test_unknown(self) -> None:
        """It is its own function; it is due when it says, or now."""
        clock = Foreigner(Foreign(), Foreign(time=7.0), Foreign(func=ping))
        clock.advance(3)
        found = seen(clock)

        self.assertEqual([each.function for each in found], list(clock.given))
        self.assertEqual([each.due for each in found], [0.0, 4.0, 0.0])
        self.assertEqual([each.arguments for each in found], [(), (), ()])

    def test_alike(self) -> None:
        """One with the attributes of Twisted's is taken apart like them."""
        call = Foreign(func=ping, time=7, args=[1], kw={"a": 1})
        found = only(Foreigner(call))

        self.assertEqual((found.function, found.due), (ping, 7.0))
        self.assertEqual((found.arguments, found.keywords), ((1,), {"a": 1}))

    def test_over(self) -> None:
        """One that says that it is over is."""
        calls = Foreign(called=1), Foreign(cancelled=True), Foreign(called="no")

        self.assertEqual(seen(Foreigner(*calls))[0].call, calls[2])

    def test_traps(self) -> None:
        """Nothing of it is run, whatever its attributes are."""
        trap = TRAP()
        names = ("func", "time", "called", "cancelled", "delayed_time", "args", "kw")
        calls = [Foreign(**dict.fromkeys(names, trap)), trap]
        calls.append(Foreign(func=trap, time=armed(float)(7.0), kw=armed(dict)()))
        calls.append(Foreign(func=trap, time=armed(int)(7), args=armed(tuple)((1,))))
        clock = Foreigner(*calls)
        with watched() as ran:
            found = seen(clock)
            dues = [each.due for each in found]
            kinds = {type(due) for due in dues}
            for each in found:
                each.parts()
                each.argument_types()
                each.repeat()

        self.assertEqual((ran, dues, kinds), ([], [0.0, 0.0, 7.0, 7.0], {float}))

    def test_arguments(self) -> None:
        """Arguments are not asked for anything, nor are their names."""
        clock = Clock()
        trap = TRAP()
        named: dict[Any, Any] = {armed(str)("a"): trap}
        clock.callLater(1, ping, trap, **named)
        found = only(clock)
        with watched() as ran:
            types_ = found.argument_types()
            names = [name for name, _ in found.parts()]
            kinds = {type(each) for each in (*types_, *names)}

        name = "tests.graph.traps.Armed"
        self.assertEqual((types_, ran), ((name, f"a={name}"), []))
        self.assertEqual((names, kinds), (["", "argument", "argument a"], {str}))


class RepeatTests(SynchronousTestCase):
    """Calls of a scope, and calls that come again."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.scope = ScopedClock(self.clock)
        self.addCleanup(self.scope.close)

    def test_scoped(self) -> None:
        """The arguments are those of the program's function."""
        call = self.scope.callLater(5, ping)
        self.assertEqual(only(self.clock).argument_types(), ())
        call.cancel()

        self.scope.callLater(5, ping, 1, a=b"")
        found = only(self.clock)
        self.assertEqual(found.argument_types(), ("int", "a=bytes"))
        self.assertIsNone(found.repeat())

    def test_scoped_positional(self) -> None:
        """Without arguments by name, there are none."""
        self.scope.callLater(5, ping, 1)

        self.assertEqual(only(self.clock).argument_types(), ("int",))

    def test_closed_meanwhile(self) -> None:
        """Calls of a scope that closes are left out, and one already met has nothing."""
        self.scope.callLater(5, ping, 1)
        self.scope.callLater(5, ping, 2)
        waiting = iter(Waiting(self.clock))
        first = next(waiting)
        self.scope.close()

        assert first is not None
        self.assertEqual((first.argument_types(), first.repeat()), ((), None))
        self.assertEqual(list(waiting), [None])

    def test_looping(self) -> None:
        """The interval of a repeated call, on the reactor or in a scope."""
        for clock in (self.clock, self.scope):
            looping = LoopingCall(ping)
            looping.clock = clock
            looping.start(2, now=False)

            self.assertEqual(only(self.clock).repeat(), 2.0)
            looping.stop()

    def test_method(self) -> None:
        """A call through the method that makes it repeats, one that ends it does not."""
        looping = LoopingCall(ping)
        looping.interval = 3
        repetition = self.scope.every(5, ping)
        for method, interval in (
            (looping.__call__, 3.0),
            (looping.stop, None),
            (repetition._tick, 5.0),
            (repetition.stop, None),
            (functools.partial(ping), None),
        ):
            self.assertEqual(Pending(None, 0.0, method).repeat(), interval)

    def test_every(self) -> None:
        """What a scope calls again and again."""
        repetition = self.scope.every(5, ping)
        self.assertEqual(only(self.clock).repeat(), 5.0)
        repetition.stop()
        self.assertEqual(seen(self.clock), [])

        self.scope.every(6, ping, 1)
        self.assertEqual(only(self.clock).repeat(), 6.0)
        self.scope.callLater(7, LoopingCall(ping).stop, 1)
        self.assertEqual([each.repeat() for each in seen(self.clock)], [6.0, None])

    def test_odd_interval(self) -> None:
        """An interval that is no plain number is not asked."""
        looping = LoopingCall(ping)
        looping.interval = TRAP()
        with watched() as ran:
            found = Pending(None, 0.0, looping).repeat()

        self.assertEqual((found, ran), (None, []))


class LoopTests(SynchronousTestCase):
    """The event loop under the asyncio reactor."""

    def test_timers(self) -> None:
        """Its own timers, but not the one by which it runs the reactor."""
        with fresh("asyncio") as reactor:
            made: Any = reactor
            loop = made._asyncioEventloop
            call = reactor.callLater(40, ping)
            handle = loop.call_later(30, ping, 1)
            ours, theirs = seen(reactor)

            self.assertIs(ours.call, call)
            self.assertIs(theirs.call, handle)
            self.assertEqual((theirs.function, theirs.arguments), (ping, (1,)))
            self.assertEqual(theirs.source, Source.ASYNCIO)
            self.assertTrue(0 < theirs.due <= 30)
            call.cancel()

    def test_reactors_methods(self) -> None:
        """A method of the reactor that the program has called is the program's."""
        with fresh("asyncio") as reactor:
            made: Any = reactor
            handle = made._asyncioEventloop.call_later(30, made.stop)

            self.assertIs(only(reactor).call, handle)

    def test_over(self) -> None:
        """What was cancelled, or has run since the listing, is left out."""
        with fresh("asyncio") as reactor:
            made: Any = reactor
            loop = made._asyncioEventloop
            handles = [loop.call_later(n * 1000, ping) for n in range(3)]
            waiting = Waiting(reactor)
            handles[2].cancel()
            loop.run_until_complete(asyncio.sleep(0))
            found = [each and each.call for each in waiting]

            self.assertEqual([each for each in found if each], [handles[1]])

    def test_strange(self) -> None:
        """A handle that is not asyncio's is left out, and nothing of it is run."""
        with fresh("asyncio") as reactor:
            made: Any = reactor
            loop = made._asyncioEventloop
            odd = loop.call_later(5, ping)
            odd._when, odd._args = armed(float)(odd._when), None
            trap = TRAP()
            loop._scheduled.append(trap)
            with watched() as ran:
                found = seen(reactor)
                count = len(found)
            loop._scheduled.remove(trap)

            self.assertEqual((count, ran), (1, []))
            self.assertEqual((found[0].arguments, type(found[0].due)), ((), float))

    def test_tasks(self) -> None:
        """Tasks of the event loop that are not done."""
        for name in REACTORS:
            with self.subTest(name), fresh(name) as reactor:
                made: Any = reactor
                if name != "asyncio":
                    self.assertEqual(Waiting(reactor).tasks, [])
                    continue
                loop = made._asyncioEventloop
                tasks = [loop.create_task(wait()) for _ in range(3)]
                tasks[2].cancel()
                loop.run_until_complete(
                    asyncio.gather(tasks[2], return_exceptions=True)
                )
                found = Waiting(reactor).tasks

                self.assertEqual(found, sorted(tasks[:2], key=id))
                for task in tasks:
                    task.cancel()
                loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
