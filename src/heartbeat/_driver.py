"""What wakes the wheel: a timerfd where the reactor can watch one, else ``callLater``.

Twisted's timed calls follow the wall clock (``reactor.seconds`` is ``time.time``): set
it back by an hour, and for an hour none of them runs; set it forward, and all run at
once. On Linux a reactor with ``IReactorFDSet`` watches a timer of the kernel instead,
which no setting of a clock can move (see `heartbeat._timerfd`).

Elsewhere (macOS, Windows, the IOCP reactor), and while no descriptor can be had, the
wheel is woken by ``callLater``. A wall clock stepped forward is harmless there: the
wheel looks at the monotonic clock, finds nothing due, and waits on. A wall clock
stepped *back* stops the wheel for as long as the step, like everything in Twisted; when
it wakes, it takes the time for a stall of the reactor, which costs no peer its
connection.

Source:
    https://github.com/twisted/twisted/issues/2424
"""

from __future__ import annotations

import contextlib
import math
import os
import sys
import time
import weakref
from typing import TYPE_CHECKING, Any, Protocol

import attrs
from twisted.internet.base import ReactorBase
from twisted.internet.interfaces import IReactorFDSet, IReactorTime, IReadDescriptor
from zope.interface import implementer

from heartbeat import _timerfd

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.interfaces import IDelayedCall
    from twisted.python.failure import Failure

__all__ = ["CallTimer", "Clocks", "Driver", "TimerReader", "clocks_of", "driver_for"]

_CLOSED = -1

_HAS_TIMERFD = sys.platform == "linux"


def _boottime() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@attrs.frozen
class Clocks:
    """The clocks a wheel goes by, both in seconds from some unknown moment.

    Attributes:
        monotonic: Never set, and stands still while the machine is suspended.
        boottime: The same, but goes on while the machine is suspended. Where the
            system has no such clock it is *monotonic*, and no suspend is ever seen.
    """

    monotonic: Callable[[], float] = time.monotonic
    boottime: Callable[[], float] = (
        _boottime if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic
    )

    def asleep(self) -> float:
        """Seconds of suspend so far, plus a constant."""
        return self.boottime() - self.monotonic()


class Driver(Protocol):
    """Wakes its wheel once, at about the time asked for; may be early, never twice."""

    def arm(self, at: float) -> None:
        """Wake at *at* (monotonic), instead of any other time."""

    def keep(self) -> None:
        """The time stands; see to it that nobody else has switched the wake off.

        For whoever cleans a reactor, as trial does: it cancels all calls and removes
        all readers without telling them.
        """

    def disarm(self) -> None:
        """Do not wake; hold nothing open and nothing pending."""


def clocks_of(reactor: IReactorTime) -> Clocks:
    """The system's clocks for a real reactor, its own only clock for a fake one."""
    if isinstance(reactor, ReactorBase):
        return Clocks()
    # Weak, or the table of all wheels would keep every test's clock for ever.
    weak: Any = weakref.proxy(reactor)

    def seconds() -> float:
        now: float = weak.seconds()  # looked up each time: tests replace it
        return now

    return Clocks(seconds, seconds)


def driver_for(
    reactor: IReactorTime, clocks: Clocks, wake: Callable[[], None]
) -> Driver:
    """The best driver that this reactor on this system allows."""
    watches = isinstance(reactor, ReactorBase) and IReactorFDSet.providedBy(reactor)
    kind = TimerReader if watches and _HAS_TIMERFD else CallTimer
    return kind(reactor, clocks, wake)


class CallTimer:
    """A driver that works on any ``IReactorTime``: one delayed call.

    Args:
        reactor: Held weakly; nothing is armed once it is gone.
        clocks: What the times given to `arm` are measured on.
        wake: Called when the time has come, by the reactor as a timed call.
    """

    def __init__(
        self, reactor: IReactorTime, clocks: Clocks, wake: Callable[[], None]
    ) -> None:
        self._reactor = weakref.ref(reactor)
        self._clocks = clocks
        self._wake = wake
        self._alarm: Callable[[], _Alarm | None] = _no_alarm
        self._at = math.inf

    def arm(self, at: float) -> None:
        self.disarm()
        self._at = at
        reactor = self._reactor()
        if reactor is None:
            return
        alarm = _Alarm(self._wake)
        delay = max(0.0, at - self._clocks.monotonic())
        alarm.call = reactor.callLater(delay, alarm)
        self._alarm = weakref.ref(alarm)

    def keep(self) -> None:
        if self._pending() is None:
            self.arm(self._at)

    def disarm(self) -> None:
        call = self._pending()
        if call is not None:
            call.cancel()

    def _pending(self) -> IDelayedCall | None:
        alarm = self._alarm()
        return alarm.call if alarm is not None and alarm.call.active() else None


class _Alarm:
    """What a reactor calls and keeps; all else holds it weakly.

    A delayed call holds its reactor. Held by us, it would keep the reactor for ever.
    """

    __slots__ = ("__weakref__", "call", "wake")
    call: IDelayedCall

    def __init__(self, wake: Callable[[], None]) -> None:
        self.wake = wake

    def __call__(self) -> None:
        self.wake()


def _no_alarm() -> None:
    return None


@implementer(IReadDescriptor)
class TimerReader:
    """A driver that lets the reactor watch a timerfd; see the module's text.

    The descriptor is open while armed. When none can be had (too many open files, a
    sandbox), or the reactor throws it out, a `CallTimer` stands in, and the next `arm`
    tries again.

    Args:
        reactor: Has ``addReader``; held weakly.
        clocks: What the times given to `arm` are measured on.
        wake: Called during the reactor's pass of I/O. It must arm or disarm before it
            returns: that, not a read, makes the descriptor unreadable again.
    """

    def __init__(
        self, reactor: IReactorTime, clocks: Clocks, wake: Callable[[], None]
    ) -> None:
        # Any: IReactorFDSet and IReactorTime in one.
        self._reactor: Callable[[], Any] = weakref.ref(reactor)
        self._clocks = clocks
        self._wake = wake
        self._spare = CallTimer(reactor, clocks, wake)
        self._at = math.inf
        self._fd = _CLOSED
        self._pid = 0

    def arm(self, at: float) -> None:
        reactor = self._reactor()
        if reactor is None:
            return
        self._at = at
        try:
            self._open()
            self._start()
            reactor.addReader(self)
        except OSError:
            self._drop()
            self._spare.arm(at)
        else:
            self._spare.disarm()

    def keep(self) -> None:
        # Not arm() at once: setting the timer costs several times as much.
        reactor = self._reactor()
        if reactor is None or self._fd == _CLOSED or self._pid != os.getpid():
            self.arm(self._at)
            return
        try:
            reactor.addReader(self)
        except OSError:
            self.arm(self._at)

    def disarm(self) -> None:
        self._at = math.inf
        self._drop()
        self._spare.disarm()

    def doRead(self) -> None:
        self._wake()

    def connectionLost(self, reason: Failure) -> None:
        """The reactor stops, or does not want the descriptor: close it."""
        del reason
        reactor = self._reactor()
        self._close()
        if reactor is not None and reactor.running and self._at < math.inf:
            self._spare.arm(self._at)

    def fileno(self) -> int:
        return self._fd

    def logPrefix(self) -> str:
        return "heartbeat"

    def _open(self) -> None:
        # After a fork both processes have the same timer: setting it in one would
        # set it in the other. (They share an epoll as well, and Twisted's reactor on
        # it works in one of them only; select and poll work in both.)
        if self._fd != _CLOSED and self._pid != os.getpid():
            self._drop()
        if self._fd == _CLOSED:
            self._fd = _timerfd.create()
            self._pid = os.getpid()

    def _start(self) -> None:
        try:
            _timerfd.start(self._fd, self._at - self._clocks.monotonic())
        except OSError:
            # Somebody closed it; the number may by now be another's, so that we
            # must not close it.
            self._unwatch()
            self._fd = _CLOSED
            raise

    def _drop(self) -> None:
        self._unwatch()
        self._close()

    def _unwatch(self) -> None:
        reactor = self._reactor()
        if reactor is not None and self._fd != _CLOSED:
            # Epoll objects to a descriptor that it does not know any more.
            with contextlib.suppress(OSError):
                reactor.removeReader(self)

    def _close(self) -> None:
        fd, self._fd = self._fd, _CLOSED
        if fd != _CLOSED:
            with contextlib.suppress(OSError):
                os.close(fd)

    def __del__(self) -> None:
        """Close a descriptor left open by a reactor that was thrown away."""
        self._close()

    def __repr__(self) -> str:
        return f"<{type(self).__qualname__} fd={self._fd}: heartbeat's shared timer>"
