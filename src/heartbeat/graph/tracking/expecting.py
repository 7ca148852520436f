"""`expect`: this call is meant to be there, whatever it reaches.

A call that tries to connect again, say, leads to the protocol whose connection is gone.
"""

from __future__ import annotations

import types
import weakref
from typing import Any, TypeVar

from twisted.internet.task import LoopingCall

from heartbeat.calls import ScopedCall
from heartbeat.errors import HeartbeatError
from heartbeat.graph.static import attribute, is_a, type_name
from heartbeat.repetition import Repetition

__all__ = ["NotExpectableError", "expect", "expected"]

T = TypeVar("T")


class NotExpectableError(HeartbeatError, TypeError):
    """What was given to `expect` cannot be referred to weakly."""


class _Mark(weakref.ref[Any]):
    """A weak reference to what is expected, and why it is."""

    __slots__ = ("key", "reason")

    key: int
    reason: str


# By id(), for an object of the program may be equal to another, or not hashable.
_marks: dict[int, _Mark] = {}


def expect(call: T, reason: str = "expected") -> T:
    """Say that *call* is wanted: it is not reported as a stray.

    Args:
        call: What ``callLater`` of a reactor, a clock or a scope returned, or
            ``call_later`` of an asyncio event loop; or a ``LoopingCall``, or what
            ``every`` of a scope returned, for all the calls it makes. It is not kept
            alive.
        reason: Why, for people who read the graph.

    Returns:
        The same, for ``expect(reactor.callLater(...))``.

    Raises:
        NotExpectableError: It is none of these.
    """
    marked = _marked(call)
    try:
        mark = _Mark(marked, _forget)
    except TypeError:
        if is_a(call, ScopedCall):
            return call  # it has run, or its scope is closed: there is nothing to mark
        raise NotExpectableError(
            f"a {type_name(call)} is not a timed call: pass what callLater returned, "
            "or a LoopingCall"
        ) from None
    mark.key, mark.reason = id(marked), reason
    _marks[mark.key] = mark
    return call


def expected(call: object) -> str | None:
    """Why *call* is wanted; None if nobody has said that it is."""
    for thing in _on_the_way(call):
        mark = _marks.get(id(thing))
        if mark is not None:
            return mark.reason
    return None


def _forget(mark: _Mark) -> None:
    """What was marked is gone; what comes to its place in memory is not marked."""
    _marks.pop(mark.key, None)


def _marked(call: object) -> Any:
    """What is there as long as the call is pending: the reactor's, for a scope's."""
    return attribute(call, "_call") if is_a(call, ScopedCall) else call


def _on_the_way(call: object) -> list[Any]:
    """The call, and the looping call that it is one of."""
    marked = _marked(call)
    function = attribute(marked, "func")
    if is_a(function, ScopedCall):
        function = attribute(function, "_work")
    if type(function) is types.MethodType:
        function = function.__self__
    repeats = is_a(function, LoopingCall, Repetition)
    return [marked, function] if repeats else [marked]
