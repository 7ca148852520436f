"""`ScopedClock`: a clock that owns what it hands out.

Pass it wherever Twisted takes an ``IReactorTime``, and everything scheduled there ends
when the scope does. What ends, and in what order, is in `heartbeat.scope`.
"""
# ruff: noqa: SLF001 - a clock fills in the calls it makes

from __future__ import annotations

import inspect
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import deferLater
from twisted.python.reflect import safe_repr
from zope.interface import implementer

from heartbeat.calls import (
    MISSING,
    ArgumentsCall,
    ScopedCall,
    bad_delay,
    by_name,
    uncallable,
)
from heartbeat.coroutines import Task
from heartbeat.ending import ScopeState
from heartbeat.errors import PolicyError
from heartbeat.ownership import CloseHook, Expendable, no_deferred
from heartbeat.repetition import Repetition
from heartbeat.scope import AfterClose, Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from twisted.internet.defer import Deferred

__all__ = ["AfterClose", "CloseHook", "Repetition", "ScopeState", "ScopedClock"]

T = TypeVar("T")

_CLOCK = ("callLater", "seconds")
"""What a scope asks of the clock underneath."""


@implementer(IReactorTime)
class ScopedClock(Scope):
    """A clock whose timers, Deferreds and coroutines end when it is closed.

    Args:
        parent: The clock underneath: a reactor, a ``task.Clock``, or another scope,
            inside which this one is then made (see `child`).
        name: What it is for, for people who read errors and graphs.
        after_close: ``"raise"``: `callLater` on a closed scope raises
            `heartbeat.errors.ScopeClosedError`. ``"drop"``: it returns a call that
            will never run, and counts it in `dropped`; everything else still raises.

    Attributes:
        name: As given.

    Raises:
        TypeError: The parent is no clock.
        PolicyError: *after_close* is something else.
    """

    __slots__ = ()

    def __init__(
        self,
        parent: IReactorTime,
        *,
        name: str = "",
        after_close: AfterClose = "raise",
    ) -> None:
        if isinstance(parent, type) or not all(
            callable(getattr(parent, name, None)) for name in _CLOCK
        ):
            raise TypeError(
                f"{safe_repr(parent)} is no clock; a scope needs an IReactorTime to run "
                "on: a reactor, a task.Clock or another scope"
            )
        if after_close not in ("raise", "drop"):
            raise PolicyError(
                field="after_close",
                value=after_close,
                rule='must be "raise" or "drop"',
                way_out='use "drop" to count late calls instead of failing them',
            )
        super().__init__(parent, name, after_close)

    def seconds(self) -> float:
        """The parent's time."""
        return self._root.seconds()

    def callLater(
        self,
        delay: float = MISSING,
        function: Callable[..., object] = MISSING,
        /,
        *args: Any,
        **kwargs: Any,
    ) -> ScopedCall:
        """Run a function once, unless the scope closes first.

        Takes ``delay`` and ``callable`` by name, too. Once both are given, keyword
        arguments of any name are the function's.

        Args:
            delay: Seconds on this clock, >= 0. Exact: never coalesced.
            function: What to run; its result is ignored.
            args: Its arguments.
            kwargs: Its keyword arguments.

        Raises:
            ScopeClosedError: The scope is sealed or closed.
            ValueError: The delay is negative or not a number.
            TypeError: The function cannot be called. In each case nothing was
                scheduled.
        """
        if not callable(function):
            delay, function = by_name(delay, function, kwargs)
        try:
            if not delay >= 0:
                raise bad_delay(delay)
        except TypeError:
            raise bad_delay(delay) from None
        # A call without arguments does without a slot for them: 90 instructions.
        if args or kwargs:
            call: ScopedCall = ArgumentsCall()
            call._work = (function, args, kwargs or None)
        else:
            call = ScopedCall()
            call._work = function
        call.scope = self
        call._call = self._root.callLater(delay, call)
        if self._only._work is None:
            self._only = call
        elif len(self._several) < self._several.limit:
            self._several.append(call)
        else:
            self._make_room(call)
        return call

    def getDelayedCalls(self) -> Sequence[IDelayedCall]:
        """This scope's pending calls, and those of its inner scopes; no others."""
        return list(self._pending())

    def sleep(self, seconds: float) -> Deferred[None]:
        """Wait.

        Returns:
            Fires with ``None`` after *seconds* on this clock, or fails with the reason
            when the scope closes first. Then nothing is logged if nobody handles it.

        Raises:
            ValueError: *seconds* are negative or not a number.
        """
        self._require_open()
        deferred: Deferred[None] = deferLater(self, seconds)
        Expendable(self._obligations(), deferred)
        return deferred

    def every(
        self,
        interval: float,
        function: Callable[..., object],
        /,
        *args: Any,
        now: bool = False,
        **kwargs: Any,
    ) -> Repetition:
        """Call a function again and again until it is stopped or the scope closes.

        An exception is reported to Twisted's log, and the calls go on. It may return a
        Deferred or a coroutine: it is not called again until that is over, and at
        close it is cancelled.

        Args:
            interval: Seconds, > 0. Calls stay on the grid of multiples of it; a beat
                that was missed is skipped.
            function: What to call.
            args: Its arguments.
            now: Make the first call at once instead of after one interval.
            kwargs: Its keyword arguments.
        """
        self._require_open()
        if not callable(function):
            raise uncallable(function)
        bound = partial(function, *args, **kwargs) if args or kwargs else function
        repetition = Repetition(self, interval, bound)
        repetition.begin(now=now)
        return repetition

    def timeout(self, deferred: Deferred[T], seconds: float) -> Deferred[T]:
        """Own *deferred*, and fail it with ``TimeoutError`` after *seconds*.

        Returns:
            The same Deferred. See `own` and ``Deferred.addTimeout``.

        Raises:
            TypeError: It is no Deferred.
            ValueError: *seconds* are negative or not a number. In both cases nothing
                was scheduled.
        """
        self._require_open()
        if not hasattr(deferred, "addTimeout"):
            raise no_deferred(deferred)
        deferred.addTimeout(seconds, self)
        return self.own(deferred)

    def run(self, coroutine: Coroutine[Any, Any, T]) -> Deferred[T]:
        """Run a coroutine; when the scope closes, raise the reason in it.

        It is raised at the ``await`` it waits at, after what it awaits was cancelled,
        once: a coroutine that catches it may await again, to clean up.

        Returns:
            Fires with the coroutine's result. If that is the reason, nothing is
            logged when nobody handles it.
        """
        if not inspect.iscoroutine(coroutine):
            raise TypeError(
                f"{coroutine!r} is no coroutine; call the coroutine function, and use "
                "own() for a Deferred"
            )
        if self.state is not ScopeState.OPEN:
            # Not started, and never will be: no "was never awaited".
            coroutine.close()
        self._require_open()
        return Task(self._obligations(), coroutine)

    def child(
        self, name: str = "", *, after_close: AfterClose | None = None
    ) -> ScopedClock:
        """Make a scope inside this one: a login phase, a request.

        It closes before this one does, or earlier. Its timers go to the reactor
        directly.

        Args:
            name: What it is for.
            after_close: As for the class; ``None``: as this scope.
        """
        return ScopedClock(
            self, name=name, after_close=after_close or self._after_close
        )

    def __repr__(self) -> str:
        """Its name, peer and state, and how many calls it has pending."""
        name = f" {self.name!r}" if self.name else ""
        peer = f" of {self.peer}" if self.peer else ""
        pending = len(self.getDelayedCalls())
        return f"<ScopedClock{name}{peer}, {self.state.value}, {pending} pending>"
