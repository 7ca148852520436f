"""What a call calls, and where that stands."""

from __future__ import annotations

import functools
import time
import types
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, ensureDeferred, inlineCallbacks
from twisted.internet.task import Clock, LoopingCall, deferLater
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.clock import ScopedClock
from heartbeat.graph.search.naming import (
    MAX_WRAPPERS,
    code_of_suspended,
    module_of,
    name_of,
    passes_on,
    place_of,
    site_of,
    unwrapped,
)
from tests.graph.traps import TRAP, armed, watched

if TYPE_CHECKING:
    from collections.abc import Generator


class Chat:
    """Something with methods."""

    def ping(self) -> None:
        """What calls are for."""

    @classmethod
    def make(cls) -> None:
        """A method of the class."""

    def __call__(self) -> None:
        """It can be called."""


class Louder(Chat):
    """A derived one."""


def ping(*args: object) -> None:
    """A function."""


def looping(function: Any) -> LoopingCall:
    """A repeated call that has not begun."""
    return LoopingCall(function)


class UnwrappedTests(SynchronousTestCase):
    """Through what is only there to call."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.scope = ScopedClock(self.clock)
        self.addCleanup(self.scope.close)

    def test_plain(self) -> None:
        """What wraps nothing is what is called."""
        chat = Chat()

        self.assertIs(unwrapped(ping), ping)
        self.assertEqual(unwrapped(chat.ping), chat.ping)
        self.assertIs(unwrapped(chat), chat)

    def test_wrapped(self) -> None:
        """Partials, repeated calls, calls of a scope, with arguments or without."""
        partial = functools.partial
        for wrapped in (
            partial(ping),
            partial(partial(ping, 1), 2),
            looping(ping),
            looping(ping).__call__,
            looping(partial(ping, 1)),
            self.scope.callLater(1, ping),
            self.scope.callLater(1, ping, 1, a=2),
            self.scope.callLater(1, looping(ping)).__call__,
        ):
            self.assertIs(unwrapped(wrapped), ping)

    def test_every(self) -> None:
        """What a scope calls again and again is found, until it is stopped."""
        repetition = self.scope.every(5, ping)
        call: Any = self.clock.getDelayedCalls()[0]

        self.assertIs(unwrapped(call.func), ping)
        repetition.stop()
        self.assertEqual(unwrapped(repetition._tick), repetition._tick)

    def test_other_methods(self) -> None:
        """A method that ends a call does not make it."""
        call = self.scope.callLater(1, ping)
        repetition = self.scope.every(5, ping)
        odd = types.MethodType(Chat(), looping(ping))

        for method in (looping(ping).stop, call.cancel, repetition.stop, odd):
            self.assertEqual(unwrapped(method), method)
            self.assertFalse(passes_on(method))
        self.assertTrue(passes_on(call.__call__))
        self.assertEqual(name_of(unwrapped(looping(ping).stop)), "LoopingCall.stop")

    def test_over(self) -> None:
        """A call of a scope that is over has nothing in it."""
        call = self.scope.callLater(1, ping)
        call.cancel()

        self.assertIs(unwrapped(call), call)

    def test_bounded(self) -> None:
        """It ends, even where there is no end."""
        endless = looping(ping)
        endless.f = endless

        self.assertIs(unwrapped(endless), endless)
        deep: Any = ping
        for _ in range(MAX_WRAPPERS + 1):
            deep = looping(deep)
        self.assertIsNot(unwrapped(deep), ping)

    def test_partial_of_program(self) -> None:
        """A partial whose attributes are code is not asked for them."""
        cls = armed(functools.partial, func=property(lambda _: self.fail("ran")))
        wrapped = cls(ping)
        with watched() as ran:
            found = unwrapped(wrapped)
            name = name_of(found)

        self.assertEqual((found is wrapped, name, ran), (True, "Armed()", []))


class Worker:
    """Something that waits, in all the usual ways."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def ping(self, *_: object) -> None:
        """A callback."""

    async def work(self) -> None:
        """A coroutine."""
        await deferLater(self.clock, 5)

    @inlineCallbacks
    def old(self) -> Generator[Any, Any, None]:
        """A generator that waits."""
        yield deferLater(self.clock, 5)


class WaitingTests(SynchronousTestCase):
    """Of a call that fires a Deferred, what waits for that is of interest."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.worker = Worker(self.clock)

    def waits(self) -> Any:
        """What the one call there is calls in the end."""
        (call,) = self.clock.calls
        return unwrapped(call.func)

    def test_later(self) -> None:
        """What ``deferLater`` is to call."""
        deferLater(self.clock, 5, self.worker.ping)
        self.assertEqual(self.waits(), self.worker.ping)

    def test_callback(self) -> None:
        """The first callback that is the program's."""
        deferred: Deferred[Any] = deferLater(self.clock, 5)
        deferred.addCallback(functools.partial(self.worker.ping, 3))
        self.assertEqual(name_of(self.waits()), "Worker.ping")

    def test_coroutine(self) -> None:
        """The coroutine that waits, and where that stands."""
        ensureDeferred(self.worker.work())
        self.assertEqual(name_of(self.waits()), "Worker.work")
        site = site_of(self.waits())
        assert site is not None
        self.assertEqual(site.file, __file__)

    def test_generator(self) -> None:
        """A generator, too."""
        self.worker.old()
        self.assertEqual(name_of(self.waits()), "Worker.old")

    def test_nobody(self) -> None:
        """Where nobody waits, the call is what it is."""
        deferLater(self.clock, 5)
        self.assertEqual(name_of(self.waits()), "Deferred.callback")

    def test_cancel(self) -> None:
        """To cancel a Deferred is what it says."""
        deferred: Deferred[None] = Deferred()
        deferred.addCallback(self.worker.ping)
        self.assertEqual(unwrapped(deferred.cancel), deferred.cancel)

    def test_no_code(self) -> None:
        """What cannot wait has no such code."""
        self.assertIsNone(code_of_suspended(3))


class NameTests(SynchronousTestCase):
    """Names."""

    def test_names(self) -> None:
        """Of functions, methods, classes, and objects that can be called."""

        def inner() -> None:
            pass

        named: list[tuple[Any, str]] = [
            (ping, "ping"),
            (inner, "inner"),
            (Chat.ping, "Chat.ping"),
            (Chat().ping, "Chat.ping"),
            (Louder().ping, "Louder.ping"),
            (Chat.make, "Chat.make"),
            (Louder.make, "Louder.make"),
            (Chat, "Chat"),
            (Chat(), "Chat()"),
            (time.monotonic, "monotonic"),
            ([].append, "list.append"),
            (dict.fromkeys, "dict.fromkeys"),
            ("".__len__, "str.__len__"),
            (functools.partial(ping), "partial()"),
            (types.MethodType(Chat(), 3), "int.Chat()"),
            (None, "NoneType()"),
        ]
        for function, name in named:
            self.assertEqual(name_of(function), name)

    def test_lambda(self) -> None:
        """A lambda is named after the function around it."""
        self.assertEqual(name_of(lambda: 0), "NameTests.test_lambda.<lambda>")

    def test_odd_module(self) -> None:
        """A function of a module of a derived class is still found."""
        method = armed(types.ModuleType, "__dir__")("m").__dir__
        with watched() as ran:
            name = name_of(method)

        self.assertEqual((name, ran), ("Armed.__dir__", []))

    def test_traps(self) -> None:
        """No name is asked for, and every name is plain text."""

        def named() -> None:
            pass

        named.__qualname__ = armed(str)("f.<locals>.Chat.ping")
        named.__name__ = armed(str)("__call__")
        bound = types.MethodType(named, looping(ping))
        things = [TRAP(), TRAP, TRAP().items, types.MethodType(TRAP(), TRAP()), named]
        with watched() as ran:
            for thing in (*things, bound):
                name_of(thing)
                site_of(thing)
                module_of(thing)
                unwrapped(thing)
            kind = type(name_of(named))

        self.assertEqual((kind, ran), (str, []))
        self.assertEqual(name_of(named), "Chat.ping")


class SiteTests(SynchronousTestCase):
    """Places."""

    def test_sites(self) -> None:
        """Where a function, a method, or ``__call__`` of an object is defined."""
        line = Chat.ping.__code__.co_firstlineno
        for function in (Chat.ping, Chat().ping, Louder().ping):
            site = site_of(function)
            assert site is not None

            self.assertEqual((site.file, site.line), (__file__, line))
            self.assertIn(site.function, ("Chat.ping", "ping"))
        self.assertEqual(site_of(Chat()), site_of(Chat.__call__))
        self.assertIs(site_of(ping), place_of(ping.__code__))

    def test_none(self) -> None:
        """What is not in Python stands nowhere."""
        things: list[Any] = [len, [].append, Chat, 3, types.MethodType(Chat(), 3)]
        for function in things:
            self.assertIsNone(site_of(function))

    def test_modules(self) -> None:
        """The module, as far as that is known."""
        nameless = types.FunctionType(ping.__code__, {})
        odd = types.FunctionType(ping.__code__, armed(dict)({"__name__": TRAP()}))
        with watched() as ran:
            module = module_of(odd)

        self.assertEqual(ran, [])
        self.assertEqual(module, "<tests.graph.traps.Armed>")
        named: list[tuple[Any, str]] = [
            (ping, __name__),
            (Chat().ping, __name__),
            (Chat(), __name__),
            (looping(ping), "twisted.internet.task"),
            (nameless, ""),
            (len, ""),
        ]
        for function, name in named:
            self.assertEqual(module_of(function), name)
