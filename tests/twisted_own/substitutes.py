"""What is put in the place of Twisted's classes.

Each maker takes the original and a function that notes that the stand-in was really
used: a connection opened, a clock made, a timeout set, a call scheduled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.task import Clock
from zope.interface import directlyProvides, providedBy

import heartbeat
from heartbeat import HeartbeatMixin, Keepalive, ScopedClock

__all__ = [
    "Maker",
    "Note",
    "scoped_builder",
    "scoped_clock",
    "scoped_reactor",
    "timeout_mixin",
    "with_mixin",
    "wrapping_with_mixin",
]

YEAR = 365 * 24 * 3600.0
"""Seconds."""

Note = Callable[[], None]
Maker = Callable[[Any, Note], Any]


def with_mixin(original: Any, note: Note) -> type:
    """The protocol class *original* with `HeartbeatMixin` before it."""

    class Mixed(HeartbeatMixin, original):
        keepalive: Keepalive | None = Keepalive(interval=None, silence=YEAR)
        reactor = Clock()

        def makeConnection(self, transport: Any) -> None:
            note()
            super().makeConnection(transport)

    return _named_like(original, Mixed)


def wrapping_with_mixin(original: Any, note: Note) -> type:
    """The factory class *original*, wrapping by a protocol that has the mixin."""

    class Wrapping(original):
        protocol = with_mixin(original.protocol, note)

    return _named_like(original, Wrapping)


def timeout_mixin(_original: Any, note: Note) -> type:
    """`heartbeat.TimeoutMixin`."""

    class TimeoutMixin(heartbeat.TimeoutMixin):
        def setTimeout(self, period: float | None) -> float | None:
            note()
            return super().setTimeout(period)

    return TimeoutMixin


def scoped_clock(_original: Any, note: Note) -> type:
    """A scope in place of the clock it runs on, and driven like that."""

    class Driven(ScopedClock):
        def __init__(self) -> None:
            super().__init__(Clock())
            note()

        def __getattr__(self, name: str) -> Any:
            if name not in ("advance", "pump", "calls", "rightNow"):
                raise AttributeError(name)
            return getattr(self.parent, name)

    return Driven


def scoped_reactor(original: Any, note: Note) -> _ScopedReactor:
    """A reactor whose timers, and only these, are a scope's."""
    return _ScopedReactor(original, note)


def scoped_builder(original: Any, note: Note) -> type:
    """A `ReactorBuilder` that builds such reactors."""

    class Builder(original):
        def buildReactor(self) -> Any:  # noqa: N802 - Twisted's
            return scoped_reactor(super().buildReactor(), note)

    return _named_like(original, Builder)


class _ScopedReactor:
    def __init__(self, reactor: Any, note: Note) -> None:
        self._reactor = reactor
        self._scope = ScopedClock(reactor)
        self._note = note
        self._own_seconds = reactor.seconds
        self.getDelayedCalls = self._scope.getDelayedCalls
        directlyProvides(self, providedBy(reactor))

    def callLater(self, *args: Any, **kwargs: Any) -> Any:
        self._note()
        return self._scope.callLater(*args, **kwargs)

    @property
    def seconds(self) -> Callable[[], float]:
        return self._scope.seconds

    @seconds.setter
    def seconds(self, seconds: Callable[[], float]) -> None:
        putting_back = seconds == self._scope.seconds
        self._reactor.seconds = self._own_seconds if putting_back else seconds

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reactor, name)


def _named_like(original: Any, stand_in: type) -> type:
    """Some tests look at names."""
    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(stand_in, name, getattr(original, name))
    return stand_in
