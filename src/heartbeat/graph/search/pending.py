"""The pending timed calls of a reactor, a clock for tests, or an event loop.

Here they are only listed and taken apart, without a look at what they lead to. Lists
are copied at once, for they change while a snapshot is being taken.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import attrs
from twisted.internet.base import ReactorBase

from heartbeat.graph.kinds import Source
from heartbeat.graph.search import _waiting
from heartbeat.graph.search.naming import passes_on
from heartbeat.graph.search.roles import Role, role_of
from heartbeat.graph.static import MISSING, attribute, is_a, text_of, type_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heartbeat.graph.search.edges import Edge

__all__ = ["Pending", "Waiting"]


@attrs.define(eq=False)
class Pending:
    """A timed call, taken apart; to be dropped with the snapshot.

    Attributes:
        call: The object that stands for it.
        due: Seconds from now.
        function: What the reactor calls.
        arguments: By position.
        keywords: By name.
        source: What will run it.
    """

    call: Any
    due: float
    function: Any
    arguments: tuple[Any, ...] = ()
    keywords: dict[str, Any] = attrs.Factory(dict)
    source: Source = Source.REACTOR

    def parts(self) -> list[Edge]:
        """What it is made of, for a search."""
        parts = [("", self.function)]
        parts += [("argument", value) for value in self.arguments]
        named = self.keywords.items()
        parts += [(f"argument {text_of(name)}", value) for name, value in named]
        return parts

    def argument_types(self) -> tuple[str, ...]:
        """The types of what the function is called with."""
        arguments, keywords = self.arguments, self.keywords
        if role_of(self.function) is Role.SCOPED_CALL:
            work = attribute(self.function, "_work")
            if type(work) is tuple:
                _, arguments, keywords = work
        named = (keywords or {}).items()
        return (
            *(type_name(value) for value in arguments),
            *(f"{text_of(name)}={type_name(value)}" for name, value in named),
        )

    def repeat(self) -> float | None:
        """The interval in seconds, if it calls again and again."""
        looping = _looping(self.function)
        return None if looping is None else _number(attribute(looping, "interval"))


class Waiting:
    """The calls that a reactor, which may be a clock, and an event loop under it have.

    The lists are copied now; each call is taken apart when it comes to it, and left out
    if it is over by then.

    Args:
        reactor: Its ``seconds`` and ``getDelayedCalls`` are called.
    """

    def __init__(self, reactor: Any) -> None:
        loop = _waiting.loop_of(reactor)
        self._now = reactor.seconds()
        self._source = Source.REACTOR if is_a(reactor, ReactorBase) else Source.CLOCK
        self._calls = list(reactor.getDelayedCalls())
        self._loop_now = 0.0 if loop is MISSING else loop.time()
        self._handles = [] if loop is MISSING else _waiting.scheduled_in(loop)
        self.tasks: list[Any] = []
        if loop is not MISSING:
            self.tasks = sorted(asyncio.all_tasks(loop), key=id)

    def __iter__(self) -> Iterator[Pending | None]:
        """Each of them; None for one that is over, or is the reactor's own."""
        for call in self._calls:
            yield _taken_apart(call, self._now, self._source)
        for handle in self._handles:
            yield _of_loop(handle, self._loop_now)


def _taken_apart(call: Any, now: float, source: Source) -> Pending | None:
    """A call of a reactor; whatever else provides ``IDelayedCall`` is its own function.

    Source:
        ``twisted.internet.base.DelayedCall``, Twisted 22.10 to 26.10: one that is
        cancelled loses its function, one that runs keeps it.
    """
    if _is_true(call, "called") or _is_true(call, "cancelled"):
        return None
    function, time = attribute(call, "func"), _number(attribute(call, "time"))
    if function is MISSING or time is None:
        function = call
    delayed = _number(attribute(call, "delayed_time")) or 0.0
    due = 0.0 if time is None else time + delayed - now
    arguments, keywords = attribute(call, "args"), attribute(call, "kw")
    return Pending(
        call,
        due,
        function,
        tuple(arguments) if type(arguments) is tuple or type(arguments) is list else (),
        keywords if type(keywords) is dict else {},
        source,
    )


def _of_loop(handle: Any, now: float) -> Pending | None:
    """A call of an event loop.

    Source:
        ``asyncio.TimerHandle``: it is taken out of the list before it runs, and then
        says that it is not scheduled; CPython 3.10 to 3.13.
    """
    callback, when = attribute(handle, "_callback"), _number(attribute(handle, "_when"))
    if when is None or not _is_true(handle, "_scheduled"):
        return None
    if _is_true(handle, "_cancelled") or _is_reactors(callback):
        return None
    arguments = attribute(handle, "_args")
    arguments = arguments if type(arguments) is tuple else ()
    return Pending(handle, when - now, callback, arguments, {}, Source.ASYNCIO)


def _is_reactors(callback: Any) -> bool:
    if role_of(callback) is not Role.METHOD or not is_a(callback.__self__, ReactorBase):
        return False
    return _waiting.is_reactors_own(callback)


def _is_true(thing: object, name: str) -> bool:
    """Whether an attribute is a number that is not 0, or true."""
    return bool(_number(attribute(thing, name)))


def _number(value: Any) -> float | None:
    """A number of any class as a plain one; None if it is none."""
    if type(value) is float:
        return value
    for kind in (float, int):
        if is_a(value, kind):
            return kind.__float__(value)
    return None


def _looping(function: Any) -> Any | None:
    """The ``LoopingCall`` or `heartbeat.repetition.Repetition` behind a function."""
    if role_of(function) is Role.SCOPED_CALL:
        work = attribute(function, "_work")
        function = work[0] if type(work) is tuple else work
    if role_of(function) is Role.METHOD:
        return function.__self__ if passes_on(function) else None
    return function if role_of(function) is Role.LOOPING_CALL else None
