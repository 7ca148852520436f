"""The timers of Twisted's `TimeoutMixin`, owned.

They are about the transport: what they do is end it. So they end when the
transport does, and not with the scope of the protocol: Twisted's HTTP/2 tells
itself early that the connection is lost, and relies on these timers to get rid of
a transport whose peer does not read.

Source:
    ``twisted.web._http2.H2Connection.connectionLost``, ``_cancelTimeouts``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.internet.interfaces import IReactorTime
from twisted.protocols import policies
from zope.interface import implementer

from heartbeat.clock import ScopedClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat.ending import Reason

__all__ = ["TimeoutCalls", "cancel_timeout", "reactor_behind"]


class _TimeoutScope(ScopedClock):
    """After the end it drops calls and counts them, instead of raising.

    Some protocols of Twisted's set their idle timeout once more then.
    """

    __slots__ = ()


class TimeoutCalls:
    """What ``callLater`` of one protocol schedules, until its transport is gone.

    Args:
        reactor: Where the calls run, unless `move_to` says otherwise.

    Attributes:
        obeyed: Where `move_to` said last that calls should run; None before.
    """

    __slots__ = ("_reason", "_scopes", "obeyed")

    def __init__(self, reactor: IReactorTime) -> None:
        self._reason: Reason | None = None
        self._scopes: list[_TimeoutScope] = []
        self.obeyed: IReactorTime | None = None
        self._go_on(reactor)

    @property
    def callLater(self) -> Callable[..., Any]:
        """Schedules; what it returns is dropped once `end` was called."""
        return self._scopes[-1].callLater

    def move_to(self, reactor: IReactorTime) -> None:
        """Run what is scheduled from now on there; the rest stays where it is."""
        self.obeyed = reactor
        self._go_on(reactor)

    def end(self, reason: Reason) -> None:
        """Cancel all that is pending, and drop what comes; idempotent."""
        self._reason = reason
        for scope in self._scopes:
            scope.close(reason)

    def _go_on(self, reactor: IReactorTime) -> None:
        busy = [scope for scope in self._scopes if scope.getDelayedCalls()]
        scope = _TimeoutScope(reactor, name="timeouts", after_close="drop")
        self._scopes = [*busy, scope]
        if self._reason is not None:
            scope.close(self._reason)


def cancel_timeout(protocol: object) -> None:
    """Cancel the idle timeout of a `TimeoutMixin`, whoever scheduled it.

    Its ``timeOut`` stays what it is. A call that a scope has cancelled is
    forgotten, too: the mixin would go on resetting it, and never make another.
    """
    if isinstance(protocol, policies.TimeoutMixin):
        period = protocol.timeOut
        policies.TimeoutMixin.setTimeout(protocol, None)
        protocol.timeOut = period


def reactor_behind(call_later: Callable[..., Any], clock: IReactorTime) -> IReactorTime:
    """What *call_later* schedules on, told the time by *clock* if it cannot itself.

    What was read from a `TimeoutCalls` and is put back, as ``TestCase.patch`` does,
    means the reactor it was read for.
    """
    owner = getattr(call_later, "__self__", None)
    if isinstance(owner, _TimeoutScope):
        return owner.parent
    if IReactorTime.providedBy(owner) and owner.callLater == call_later:
        return owner
    return _Borrowed(call_later, clock)


@implementer(IReactorTime)
class _Borrowed:
    """A reactor of which only ``callLater`` is known; time is the *clock*'s."""

    def __init__(self, call_later: Callable[..., Any], clock: IReactorTime) -> None:
        self.callLater = call_later
        self.seconds = clock.seconds
        self.getDelayedCalls = clock.getDelayedCalls
