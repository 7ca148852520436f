"""What Twisted and asyncio keep, behind underscores, of what waits for what.

One function an attribute, read without running anything; each names the versions that
its attribute was read in. What is not there is `heartbeat.graph.static.MISSING`, or
empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heartbeat.graph.static import attribute

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "callbacks_of",
    "canceller_of",
    "chained_to",
    "is_reactors_own",
    "iterator_of",
    "loop_of",
    "looping_deferred",
    "scheduled_in",
    "tasks_of",
]


def callbacks_of(deferred: object) -> Iterator[tuple[Any, ...]]:
    """The callback and the errback of each pair: function, arguments, keywords.

    Source:
        ``Deferred._callbacks``, a list; ``callbacks`` before Twisted 25.5, a property
        that warns since then; Twisted 22.10 to 26.10.
    """
    pairs = attribute(deferred, "_callbacks")
    if type(pairs) is not list:
        pairs = attribute(deferred, "callbacks")
    for pair in list(pairs) if type(pairs) is list else ():
        for part in pair:
            # Where a pair has no errback, the function is a constant of Twisted's.
            if type(part) is tuple and len(part) == 3:  # noqa: PLR2004 - see the promise
                yield part


def chained_to(deferred: object) -> Any:
    """The Deferred whose result this one waits for.

    Source:
        ``Deferred._chainedTo``; Twisted 22.10 to 26.10.
    """
    return attribute(deferred, "_chainedTo")


def canceller_of(deferred: object) -> Any:
    """What runs when the Deferred is cancelled.

    Source:
        ``Deferred._canceller``; Twisted 22.10 to 26.10.
    """
    return attribute(deferred, "_canceller")


def looping_deferred(call: object) -> Any:
    """The Deferred of a ``LoopingCall`` that runs.

    Source:
        ``LoopingCall._deferred``; Twisted 22.10 to 26.10.
    """
    return attribute(call, "_deferred")


def tasks_of(cooperator: object) -> list[Any]:
    """The tasks that a ``Cooperator`` runs by turns.

    Source:
        ``Cooperator._tasks``, a list; Twisted 22.10 to 26.10.
    """
    tasks = attribute(cooperator, "_tasks")
    return list(tasks) if type(tasks) is list else []


def iterator_of(task: object) -> Any:
    """What a ``CooperativeTask`` iterates over.

    Source:
        ``CooperativeTask._iterator``; Twisted 22.10 to 26.10.
    """
    return attribute(task, "_iterator")


def loop_of(reactor: object) -> Any:
    """The event loop under an asyncio reactor; missing for others.

    Source:
        ``AsyncioSelectorReactor._asyncioEventloop``; Twisted 22.10 to 26.10.
    """
    return attribute(reactor, "_asyncioEventloop")


def is_reactors_own(method: Any) -> bool:
    """Whether a bound method of a reactor is what it has its event loop call.

    Source:
        ``AsyncioSelectorReactor._onTimer``; Twisted 22.10 to 26.10.
    """
    name = attribute(method.__func__, "__name__")
    return type(name) is str and name == "_onTimer"


def scheduled_in(loop: object) -> list[Any]:
    """The timer handles of an event loop, cancelled ones included.

    Source:
        ``asyncio.BaseEventLoop._scheduled``, a list; CPython 3.10 to 3.13. Other loops,
        like uvloop's, keep theirs where nobody can look.
    """
    scheduled = attribute(loop, "_scheduled")
    return list(scheduled) if type(scheduled) is list else []
