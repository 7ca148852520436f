"""What a scope's ``callLater`` hands out: a call that the scope can take back.

A `ScopedCall` stands between the user and the reactor's own delayed call, and leaves
everything the interface promises to it: times, errors, rescheduling. Once the call has
run, or its scope has ended, an object of the same shape takes the reactor's place
behind it: `Fired`, whose methods say so, or `Inert`, whose methods do nothing. So no
method ever asks what state the call is in.
"""
# ruff: noqa: SLF001 - a call and its scope are one thing in two files

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast

from twisted.internet.error import AlreadyCalled
from twisted.internet.interfaces import IDelayedCall
from twisted.python.reflect import safe_repr
from zope.interface import implementer

from heartbeat.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat.clock import ScopedClock

__all__ = [
    "IN_A_LIST",
    "MISSING",
    "NO_CALL",
    "NO_MORE",
    "ArgumentsCall",
    "Fired",
    "Inert",
    "ScopedCall",
    "SeveralCalls",
    "bad_delay",
    "by_name",
    "name_of",
    "uncallable",
]


MISSING: Final[Any] = object()
"""An argument of ``callLater`` that was not given by position."""


@implementer(IDelayedCall)
class ScopedCall:
    """A pending call that its scope owns; provides ``IDelayedCall``.

    It behaves as the reactor's own call does, errors included, until the scope ends.
    A call that the scope cancelled is inert: ``active()`` is false, ``getTime()``
    still answers, and ``cancel()``, ``reset()`` and ``delay()`` do nothing.

    Made by `heartbeat.clock.ScopedClock.callLater` only, which fills in the slots: a
    Python-level ``__init__`` would cost more than the rest of this class.

    Attributes:
        scope: The scope it belongs to.
    """

    __slots__ = ("_call", "_work", "scope")

    scope: ScopedClock
    # The function; of an ArgumentsCall, a tuple. None once it ran or was cancelled:
    # one slot for everything that is let go of then.
    _work: Any
    # The reactor's call, or what took its place.
    _call: IDelayedCall

    @property
    def function(self) -> Callable[..., object] | None:
        """What will run; ``None`` once it ran or was cancelled."""
        return cast("Callable[..., object] | None", self._work)

    def __call__(self) -> None:
        """Run the function; for the reactor."""
        function = self._work
        self._over()
        function()

    def getTime(self) -> float:
        """When it runs, would have run or did run, on the scope's clock."""
        return self._call.getTime()

    def active(self) -> bool:
        """Whether it is still going to run."""
        return self._call.active()

    def cancel(self) -> None:
        """Make sure that it does not run."""
        # The scope is not told; it finds out when it takes another call. Telling it
        # would be 250 instructions, a tenth of what a scope adds to a call.
        self._call.cancel()
        self._work = None

    def reset(self, secondsFromNow: float) -> None:  # noqa: N803 - IDelayedCall's
        """Make it run *secondsFromNow* instead."""
        self._call.reset(secondsFromNow)

    def delay(self, secondsLater: float) -> None:  # noqa: N803 - IDelayedCall's
        """Make it run *secondsLater* than it would have."""
        self._call.delay(secondsLater)

    def expire(self) -> None:
        """Become inert; nothing of the user's is run or released yet."""
        call = self._call
        self._call = Inert(call.getTime())
        # Whoever has the reactor may have cancelled it there: trial's clean-up does.
        if call.active():
            call.cancel()

    def release(self) -> None:
        """Let go of the function and its arguments."""
        self._work = None

    def _over(self) -> None:
        """Be a call that has run."""
        self._work = None
        if self.scope._only is self:
            self.scope._only = NO_CALL
        # The reactor's call refers to us: referring back would make a cycle that
        # only the garbage collector ends.
        self._call = Fired(self._call.getTime())

    def __repr__(self) -> str:
        """What runs, in which scope, when; or that it will not."""
        scope = f" of {self.scope.name!r}" if self.scope.name else ""
        if self.function is None:
            return f"<ScopedCall{scope}, over>"
        due = self.getTime() - self.scope.seconds()
        return f"<ScopedCall {name_of(self.function)}{scope}, due in {due:.3f} s>"


class ArgumentsCall(ScopedCall):
    """A call with arguments: what runs is ``(function, args, keywords or None)``."""

    __slots__ = ()

    @property
    def function(self) -> Callable[..., object] | None:
        """What will run; ``None`` once it ran or was cancelled."""
        return self._work and cast("Callable[..., object]", self._work[0])

    def __call__(self) -> None:
        """Run the function; for the reactor."""
        function, args, kwargs = self._work
        self._over()
        function(*args, **kwargs or {})


class SeveralCalls(list[ScopedCall]):
    """The calls of a scope that has more than one, oldest first.

    Some are over: they are thrown out when they may be more than half, as reactors do.

    Attributes:
        limit: The length at which to `tidy` before adding another.
    """

    __slots__ = ("limit",)

    def __init__(self, limit: int = 8) -> None:
        super().__init__()
        self.limit = limit

    def tidy(self) -> None:
        """Throw out those that are over; on average in constant time for each call."""
        self[:] = [call for call in self if call._work is not None]
        self.limit = 2 * len(self) + 8


def name_of(function: object) -> str:
    """What a reader knows *function* by."""
    if isinstance(function, partial):
        return name_of(function.func)
    name: str | None = getattr(function, "__qualname__", None)
    return name or safe_repr(function)


class _Over:
    """A call that will not run any more."""

    __slots__ = ("_time",)

    def __init__(self, time: float) -> None:
        self._time = time

    def getTime(self) -> float:
        """When it did or would have run, on the scope's clock."""
        return self._time

    def active(self) -> bool:
        """It is not."""
        return False


@implementer(IDelayedCall)
class Fired(_Over):
    """A call that has run: cancelling or moving it is ``AlreadyCalled``."""

    __slots__ = ()

    def cancel(self) -> NoReturn:
        """Raise ``AlreadyCalled``."""
        raise AlreadyCalled

    def reset(self, secondsFromNow: float) -> NoReturn:  # noqa: ARG002, N803
        """Raise ``AlreadyCalled``."""
        raise AlreadyCalled

    def delay(self, secondsLater: float) -> NoReturn:  # noqa: ARG002, N803
        """Raise ``AlreadyCalled``."""
        raise AlreadyCalled


@implementer(IDelayedCall)
class Inert(_Over):
    """A call that its scope cancelled: hand-written clean-up of it does nothing."""

    __slots__ = ()

    def cancel(self) -> None:
        """Do nothing."""

    def reset(self, secondsFromNow: float) -> None:  # noqa: N803
        """Do nothing."""

    def delay(self, secondsLater: float) -> None:  # noqa: N803
        """Do nothing."""


class _Placeholder(ScopedCall):
    """A call that never was, and is over."""

    __slots__ = ()

    def __repr__(self) -> str:
        """It has no scope to tell of."""
        return "<no ScopedCall>"


def _placeholder(work: object) -> ScopedCall:
    call = _Placeholder()
    call._work = work
    call._call = Inert(0.0)
    return call


NO_CALL: Final = _placeholder(None)
"""In the place of a scope's only call when it has none."""

IN_A_LIST: Final = _placeholder("in a list")
"""In the place of the only call of a scope that has several."""

NO_MORE: Final = _placeholder("refused")
"""In the place of the only call of a scope that has ended: the place is taken."""


def by_name(
    delay: float, function: Callable[..., object], kwargs: dict[str, Any]
) -> tuple[float, Callable[..., object]]:
    """Take out of *kwargs* what was not given by position.

    Raises:
        TypeError: One is missing, or the function cannot be called.
    """
    if delay is MISSING:
        delay = kwargs.pop("delay", MISSING)
    if function is MISSING:
        function = kwargs.pop("callable", MISSING)
    if delay is MISSING or function is MISSING:
        raise TypeError("callLater() takes a delay and a callable; one is missing")
    if not callable(function):
        raise uncallable(function)
    return delay, function


def uncallable(function: object) -> TypeError:
    """The error for something passed as a function that is none."""
    return TypeError(
        f"{function!r} cannot be called; pass the function itself, and its arguments "
        "after it"
    )


def bad_delay(delay: float) -> PolicyError:
    """The error for a delay that is negative or not a number."""
    return PolicyError(
        field="delay",
        value=delay,
        rule="must be a number of seconds >= 0",
        way_out="use 0 to run at the reactor's next turn",
    )
