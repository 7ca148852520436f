"""The mixin: a scoped clock and a keepalive, tied to the life of a protocol.

It has no logic of its own. Everything it ties together works without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, cast

from twisted.internet.error import ConnectionDone
from twisted.protocols import policies
from twisted.python.failure import Failure

from heartbeat.classcheck import check_class, check_reactor, taken
from heartbeat.clock import ScopedClock
from heartbeat.connection import Connection, Standing
from heartbeat.host import Host
from heartbeat.timeout_calls import cancel_timeout

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.interfaces import IDelayedCall, IReactorTime, ITransport
    from twisted.internet.protocol import Protocol as _Protocol

    from heartbeat.keepalive import Heartbeat
    from heartbeat.policy import Keepalive
else:
    _Protocol = object

__all__ = [
    "HeartbeatMixin",
    "TimeoutHook",
    "connection_of",
    "current_connection_of",
    "hand_over",
]


class TimeoutHook:
    """``callLater`` as Twisted's `TimeoutMixin` uses it, on the connection's scope.

    It can be set like the method it stands for: `HTTPFactory`, and tests, put
    the ``callLater`` of their reactor there. The calls are owned all the same.
    """

    _owner: type

    def __set_name__(self, owner: type, name: str) -> None:
        """Remember who lists it."""
        del name
        self._owner = owner

    def __get__(self, protocol: Any, owner: type | None = None) -> Any:
        """The function that schedules, or this on the class."""
        del owner
        if protocol is None:
            return self
        connection = current_connection_of(protocol)
        hidden = None if connection.has_timeouts else self._hidden_from(protocol)
        if hidden is not None:
            connection.schedule_timeouts_by(hidden)
        return connection.timeouts.callLater

    def __set__(self, protocol: Any, call_later: Callable[..., Any]) -> None:
        """Schedule by *call_later* from now on."""
        connection_of(protocol).schedule_timeouts_by(call_later)

    def _hidden_from(self, protocol: Any) -> Callable[..., Any] | None:
        """The ``callLater`` of a base behind us that has a clock of its own."""
        hidden = getattr(super(self._owner, protocol), "callLater", None)
        function = getattr(hidden, "__func__", None)
        return None if function is policies.TimeoutMixin.callLater else hidden


class HeartbeatMixin(Host, _Protocol):
    """Give a protocol timers that die with its connection, and a keepalive.

    List it first in the bases: ``class Chat(HeartbeatMixin, LineReceiver)``. It
    needs no ``__init__`` and no ``super()`` from you.

    Attributes:
        keepalive: The policy for connections of this class; None for none.
        wire: How pings look on this protocol, or None.
        reactor: Where timers run; None is the global reactor, imported when
            the protocol is connected, or makes a timer before. Tests put a `Clock` here.
    """

    keepalive: Keepalive | None = None
    reactor: Any = None
    _heartbeat_connection: Connection | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse a class that cannot work, where it is written."""
        super().__init_subclass__(**kwargs)
        check_class(cls, HeartbeatMixin)

    @property
    def clock(self) -> ScopedClock:
        """Timers of this connection; they are cancelled when it is lost."""
        return connection_of(self).clock

    @clock.setter
    def clock(self, value: object) -> NoReturn:
        raise AttributeError(taken(type(self), "clock", value))

    @property
    def heartbeat(self) -> Heartbeat:
        """The keepalive of this connection.

        Raises:
            NotConnectedError: The protocol was never connected.
        """
        return connection_of(self).heartbeat

    @heartbeat.setter
    def heartbeat(self, value: object) -> NoReturn:
        raise AttributeError(taken(type(self), "heartbeat", value))

    if TYPE_CHECKING:

        def callLater(
            self, period: float, func: Callable[..., object], *args: Any, **kw: Any
        ) -> IDelayedCall:
            """The hook of Twisted's `TimeoutMixin`, on the scope."""

    else:
        callLater = TimeoutHook()

    def makeConnection(self, transport: ITransport) -> None:
        """Open the scope and connect; the keepalive starts after that."""
        connection = _connection_for_next(self)
        connection.open(transport)
        try:
            super().makeConnection(transport)  # type: ignore[no-untyped-call]
        finally:
            connection.made()


def connection_of(protocol: Any) -> Connection:
    """The connection of *protocol*: the one it has, had last, or will have."""
    connection: Connection | None = protocol._heartbeat_connection  # noqa: SLF001 - ours
    if connection is None:
        clock = ScopedClock(_reactor_of(protocol), name=type(protocol).__name__)
        connection = Connection(protocol, clock)
        protocol._heartbeat_connection = connection  # noqa: SLF001 - ours
    return connection


def current_connection_of(protocol: Any) -> Connection:
    """The same, if nobody tells us when *protocol* is connected again."""
    connection = connection_of(protocol)
    if connection.outlived_by(getattr(protocol, "transport", None)):
        return _renew(protocol, connection)
    return connection


def hand_over(protocol: Any, reason: str = "handed over to another protocol") -> None:
    """End all that belongs to *protocol*'s connection; another takes the transport.

    Call it when you switch protocols on a living transport: Twisted tells the old
    one neither that nor, later, that the connection is lost. Its timers are
    cancelled, its keepalive ends, its owned Deferreds fail; its
    ``connectionLost`` is not called.

    Args:
        protocol: The old one; it has `HeartbeatMixin` or `TimeoutMixin`.
        reason: Why, in words.
    """
    connection_of(protocol).leave(Failure(ConnectionDone(reason)))


def _connection_for_next(protocol: Any) -> Connection:
    """The connection that is being made: an early one, or a fresh one."""
    connection = connection_of(protocol)
    if connection.standing is Standing.EARLY:
        return connection
    return _renew(protocol, connection)


def _renew(protocol: Any, earlier: Connection) -> Connection:
    earlier.leave(Failure(ConnectionDone("the protocol was connected again")))
    # It may have set one since, which was dropped.
    cancel_timeout(protocol)
    protocol._heartbeat_connection = None  # noqa: SLF001 - ours
    connection = connection_of(protocol)
    connection.follow(earlier)
    return connection


def _reactor_of(protocol: Any) -> IReactorTime:
    """The protocol's own reactor, or the global one."""
    own = protocol.reactor if isinstance(protocol, HeartbeatMixin) else None
    if own is not None:
        check_reactor(type(protocol), own)
        return cast("IReactorTime", own)
    from twisted.internet import reactor  # noqa: PLC0415, TID251 - the one default

    return cast("IReactorTime", reactor)
