"""Where a call was made is read off the stack, and nothing is left there."""

from __future__ import annotations

import gc
import sys
import threading
import types
import weakref
from typing import TYPE_CHECKING, Any

from twisted.internet.interfaces import ITransport
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock, LoopingCall, deferLater
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import classImplements

from heartbeat.clock import ScopedClock
from heartbeat.graph.tracking import creation
from heartbeat.graph.tracking.creation import (
    STEPS,
    Creation,
    creation_at,
    creation_of,
    local_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.interfaces import IDelayedCall


def nothing(_: Creation) -> str:
    """What there is to say of a connection, where that is not the question."""
    return ""


def here() -> int:
    """The line that calls this."""
    return sys._getframe(1).f_lineno


class NotingClock(Clock):
    """A clock that notes of each call where it was made."""

    def callLater(self, *args: Any, **kwargs: Any) -> IDelayedCall:
        call: Any = super().callLater(*args, **kwargs)
        call.creator = creation_at(sys._getframe(1), nothing)
        return call  # type: ignore[no-any-return]


class Chat(Protocol):
    """A protocol that makes calls in many ways."""

    def __init__(self, clock: Any) -> None:
        self.clock = clock

    def ping(self) -> Any:
        return self.clock.callLater(1, list)

    def ping_after(self, steps: int) -> Any:
        return down(steps, lambda: self.clock.callLater(1, list))

    def ping_by(self, function: Callable[[], Any]) -> Any:
        return function()

    def ping_with_locals(self) -> Any:
        before = locals()
        call = self.clock.callLater(1, list)
        return call, before

    def ping_from_a_class(self) -> Any:
        class Body:
            peer = self
            call = self.clock.callLater(1, list)

        return Body.call, Body.peer


class Loose(Chat):
    """A protocol that is not on the stack while it makes its call."""

    def ping_after(self, steps: int) -> Any:
        clock = self.clock
        del self
        return clock.callLater(steps, list)


def looking_at_locals(self: Chat, _: Any) -> Any:
    """A method, if it is given to an instance."""
    locals()
    return self.clock.callLater(1, list)


def down(steps: int, function: Callable[[], Any]) -> Any:
    """Call it from so many frames below."""
    return down(steps - 1, function) if steps else function()


def noted(call: Any) -> Creation:
    """What was noted of a call."""
    found = creation_of(call)
    assert found is not None
    return found


def function(
    module: str | None, name: str = "call", local: str = "value", value: Any = None
) -> Any:
    """A function of a module that passes on to the first of a list of such.

    Its file is called as the module; *value* is what its variable *local* has.
    """
    source = f"def {name}(rest, value): {local} = value; return rest[0](rest[1:])"
    names: dict[str, Any] = {"__name__": module}
    exec(compile(source, f"<{module}>", "exec"), names)  # noqa: S102 - a line of ours
    return _given(names[name], value)


def _given(function: Any, value: Any) -> Any:
    # In a module of Twisted's, or its lines would be the nearest of the program.
    names: dict[str, Any] = {"__name__": "heartbeat", "function": function, "v": value}
    exec("def call(rest): return function(rest, v)", names)  # noqa: S102 - as above
    return names["call"]


def through(clock: Clock, *functions: Any) -> Any:
    """Let the first call the second, and so on, and the last one the clock."""
    names: dict[str, Any] = {"__name__": "heartbeat", "clock": clock}
    source = "def call(rest): return clock.callLater(1, list)"
    exec(compile(source, "<heartbeat.clock>", "exec"), names)  # noqa: S102 - as above
    first, *rest = [*functions, names["call"]]
    return first(rest)


class PlaceTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = NotingClock()

    def only(self) -> Creation:
        (call,) = self.clock.getDelayedCalls()
        return noted(call)

    def test_line(self) -> None:
        """It is the line that called, and the function it is in."""
        call, line = self.clock.callLater(1, list), here()
        site = noted(call).site
        self.assertEqual((site.file, site.line), (__file__, line))
        self.assertIn("test_line", site.function)

    def test_no_line(self) -> None:
        """An instruction that belongs to no line has that of the function."""
        found = Creation(here.__code__, 10_000, None, nothing)
        self.assertEqual(found.site.line, here.__code__.co_firstlineno)

    def test_through_a_scope(self) -> None:
        """A scope's own lines are not shown."""
        scope = ScopedClock(self.clock).child("login")
        call, line = scope.callLater(1, list), here()
        self.assertEqual(noted(call).site.line, line)

    def test_through_twisted(self) -> None:
        """What Twisted schedules for somebody was made by that somebody."""
        made: Any
        made, line = deferLater(self.clock, 1), here()
        self.assertEqual(self.only().site.line, line)
        self.clock.advance(1)
        self.successResultOf(made)

    def test_loop(self) -> None:
        """Every call of a looping call was made where that was started."""
        loop = LoopingCall(list)
        loop.clock = self.clock
        made, line = loop.start(1), here()
        for _ in range(3):
            self.assertEqual(self.only().site.line, line)
            self.clock.advance(1)
        loop.stop()
        self.successResultOf(made)

    def test_in_a_call(self) -> None:
        """A call made in a timed call has its own line, if there is one."""
        calls: list[Any] = []
        self.clock.callLater(1, lambda: calls.append(self.clock.callLater(1, list)))
        line = here() - 1
        self.clock.advance(1)
        self.assertEqual(noted(calls[0]).site.line, line)
        self.assertIn("<lambda>", noted(calls[0]).site.function)


class LibraryTests(SynchronousTestCase):
    """Stacks of libraries, down from an event loop."""

    def setUp(self) -> None:
        self.clock = NotingClock()
        self.loop = function("twisted.internet.base", "runUntilCurrent")

    def test_library(self) -> None:
        """Where nobody's line is near, it is the nearest that says something."""
        call = through(
            self.clock,
            self.loop,
            function("zope.interface"),
            function("twisted.web.http"),
            function("twisted.protocols.policies"),
            function("heartbeat.clock"),
        )
        self.assertEqual(noted(call).site.file, "<twisted.web.http>")

    def test_plumbing(self) -> None:
        """If none says anything, it is the nearest of all."""
        plumbing = function("twisted.internet.defer")
        call = through(self.clock, self.loop, plumbing)
        self.assertEqual(noted(call).site.file, "<heartbeat.clock>")

    def test_demo(self) -> None:
        """The demonstration is a program like any other."""
        call = through(self.clock, self.loop, function("heartbeat.demo.story"))
        self.assertEqual(noted(call).site.file, "<heartbeat.demo.story>")

    def test_nameless(self) -> None:
        """A module without a name is somebody's program."""
        call = through(self.clock, self.loop, function(None))
        self.assertEqual(noted(call).site.file, "<None>")

    def test_deep(self) -> None:
        """Not the whole stack is looked at."""
        library = function("twisted.web.http")
        call = through(self.clock, *[library] * STEPS)
        self.assertEqual(noted(call).site.file, "<twisted.web.http>")

    def test_selectable(self) -> None:
        """A call made while a connection is read belongs to that connection."""
        chat = Chat(self.clock)
        for name, local in [
            ("_doReadOrWrite", "selectable"),
            ("_doReadOrWrite", "source"),
            ("_readOrWrite", "selectable"),
        ]:
            loop = function("twisted.internet.posixbase", name, local, chat)
            call = through(self.clock, loop, function("app"))
            self.assertIs(noted(call).origin, chat)

    def test_no_connection(self) -> None:
        """Something else that is read is none."""
        loop = function("twisted.internet.posixbase", "_readOrWrite", "selectable", [])
        self.assertIsNone(noted(through(self.clock, loop)).origin)

    def test_forgotten(self) -> None:
        """Not all code that was ever seen is remembered."""
        self.patch(creation, "KEPT", 3)
        for number in range(10):
            through(self.clock, self.loop, function(f"app{number}"))
        self.assertLessEqual(len(creation._known), 3)


class OriginTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = NotingClock()
        self.chat = Chat(self.clock)

    def call(self) -> Any:
        return self.clock.callLater(1, list)

    def test_method(self) -> None:
        """The protocol whose method makes the call is its origin."""
        self.assertIs(noted(self.chat.ping()).origin, self.chat)

    def test_around(self) -> None:
        """Also if it is around the function that does."""
        self.assertIs(noted(self.chat.ping_after(0)).origin, self.chat)

    def test_outside(self) -> None:
        """Also if it only calls what does."""
        self.assertIs(noted(self.chat.ping_by(self.call)).origin, self.chat)

    def test_far(self) -> None:
        """Not if it is many frames away."""
        call = self.chat.ping_by(lambda: down(STEPS, self.call))
        self.assertIsNone(noted(call).origin)

    def test_short(self) -> None:
        """A stack may end before anything was found."""
        made: list[Any] = []
        thread = threading.Thread(target=lambda: made.append(self.call()))
        thread.start()
        thread.join()
        self.assertIsNone(noted(made[0]).origin)

    def test_deleted(self) -> None:
        """Not if the function has let go of it."""
        call = Loose(self.clock).ping_after(1)
        self.assertIsNone(noted(call).origin)

    def test_nearest(self) -> None:
        """Of two on the stack it is the nearer one."""
        other = Chat(self.clock)
        self.assertIs(noted(self.chat.ping_by(other.ping)).origin, other)

    def test_inherited(self) -> None:
        """A call made while a call of a connection is run is that connection's."""
        made: list[Any] = []
        self.chat.ping_by(
            lambda: self.clock.callLater(1, lambda: made.append(self.call()))
        )
        self.clock.advance(1)
        self.assertIs(noted(made[0]).origin, self.chat)

    def test_nothing_to_inherit(self) -> None:
        """While a call runs of which nothing is known, it is unknown, too."""
        made: list[Any] = []
        Clock.callLater(self.clock, 1, lambda: made.append(self.call()))
        self.clock.advance(1)
        self.assertIsNone(noted(made[0]).origin)

    def test_weak(self) -> None:
        """It is not kept alive, and afterwards is unknown."""
        call = self.chat.ping()
        ref = weakref.ref(self.chat)
        del self.chat
        gc.collect()
        self.assertIsNone(ref())
        self.assertIsNone(noted(call).origin)

    def test_not_weak(self) -> None:
        """One that cannot be referred to weakly is none."""

        def ping(self: Any) -> Any:
            return self.clock.callLater(1, list)

        cls: Any = type("Port", (), {"__slots__": ("clock",), "ping": ping})
        classImplements(cls, ITransport)  # type: ignore[misc]
        port = cls()
        port.clock = self.clock
        self.assertIsNone(noted(port.ping()).origin)


class FrameTests(SynchronousTestCase):
    """Looking at a function that runs does not change it."""

    def setUp(self) -> None:
        self.chat = Chat(NotingClock())
        # Measuring coverage is tracing.
        self.patch(creation, "gettrace", lambda: None)

    def test_nothing_kept(self) -> None:
        """What a variable no longer refers to is not kept by the frame."""

        class Thing:
            pass

        def looked_at() -> Any:
            local = Thing()
            ref = weakref.ref(local)
            found = local_of(sys._getframe(), "local")
            self.assertIs(found, local)
            del found, local
            gc.collect()
            return ref()

        self.assertIsNone(looked_at())

    def test_traced(self) -> None:
        """While somebody traces, variables stay where the tracer finds them."""
        self.patch(creation, "gettrace", lambda: list)

        def looked_at(local: int) -> Any:
            local_of(sys._getframe(), "local")
            return sys._getframe().f_locals, local

        values, _ = looked_at(7)
        self.assertEqual(values["local"], 7)

    def test_locals(self) -> None:
        """A function that has called ``locals()`` keeps what it got."""
        call, before = self.chat.ping_with_locals()
        self.assertEqual(set(before), {"self"})
        expected = None if sys.version_info < (3, 13) else self.chat
        self.assertIs(noted(call).origin, expected)

    def test_debugger(self) -> None:
        """What a debugger holds stays filled."""

        def looked_at(local: int) -> Any:
            values = sys._getframe().f_locals
            local_of(sys._getframe(), "local")
            return values["local"], local

        self.assertEqual(looked_at(7), (7, 7))

    def test_class_body(self) -> None:
        """A class that is being made keeps what it has so far."""
        call, peer = self.chat.ping_from_a_class()
        self.assertIs(peer, self.chat)
        self.assertIs(noted(call).origin, self.chat)

    def test_rewritten(self) -> None:
        """Asserts that pytest has rewritten are no obstacle."""
        code = looking_at_locals.__code__
        renamed = code.replace(co_names=(*code.co_names, "@py_builtins"))
        self.chat.ping_by = types.MethodType(  # type: ignore[method-assign]
            types.FunctionType(renamed, globals()), self.chat
        )
        self.assertIs(noted(self.chat.ping_by(list)).origin, self.chat)

    def test_unbound(self) -> None:
        """A variable without a value is none."""
        self.assertIsNone(local_of(sys._getframe(), "nowhere"))


class LineTests(SynchronousTestCase):
    """It is what ``DelayedCall.creator`` is."""

    def setUp(self) -> None:
        self.clock = NotingClock()
        self.call: Any = self.clock.callLater(1, list)
        self.line = here() - 1

    def test_one_line(self) -> None:
        """It is one entry of a traceback, with the line itself."""
        found = noted(self.call)
        self.assertEqual((len(found), bool(found)), (1, True))
        self.assertIn(f'File "{__file__}", line {self.line}, in ', "".join(found))
        self.assertIn("self.clock.callLater(1, list)", found[0])
        self.assertEqual(found[:1], list(found))
        self.assertIn(f"test_creation.py:{self.line}", repr(found))

    def test_what_for(self) -> None:
        """Below it is what there is to say of the connection."""
        code = here.__code__
        found = Creation(code, 0, None, lambda _: "    for Chat\n")
        self.assertTrue(found[0].endswith("    for Chat\n"))

    def test_debug(self) -> None:
        """Where there is a whole stack, it stays, and ends with the connection."""
        found = Creation(here.__code__, 0, None, lambda _: "    for Chat\n")
        found.stack = ["one\n", "two\n"]
        self.assertEqual(list(found), ["one\n", "two\n", "    for Chat\n"])
        self.assertEqual(found[-1], "    for Chat\n")
        self.assertRaises(IndexError, found.__getitem__, 3)

    def test_repr(self) -> None:
        """Twisted shows it with the call."""
        self.assertIn(f"line {self.line}", repr(self.call))

    def test_nothing_noted(self) -> None:
        """Of other calls and things nothing is known."""
        for thing in (Clock().callLater(1, list), object(), None):
            self.assertIsNone(creation_of(thing))
