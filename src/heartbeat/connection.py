"""All that belongs to one connection of one protocol object, and ends with it.

A `Connection` stands before the protocol's ``connectionLost``, on the *instance*:
whatever the class and its bases do there, with or without ``super()``, whether they
raise, whoever calls it and with whatever arguments, the connection's timers end. The
order at the loss:

1. the wire goes, and what it had withheld of the bytes that came reaches the
   protocol; then every timer is cancelled and the keepalive ends;
2. the transport becomes the stand-in that notes late writes;
3. the protocol's own ``connectionLost`` runs;
4. ``on_close`` calls run, then owned Deferreds and waiting pings fail.

Some protocols call their own ``connectionLost`` while the transport lives on. Then
2 waits for the transport's call, as do the timers of `heartbeat.timeout_calls`.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from heartbeat import _twisted, events
from heartbeat.addresses import peer_of
from heartbeat.classcheck import check_instance
from heartbeat.errors import NotConnectedError
from heartbeat.keepalive import Heartbeat
from heartbeat.late import LateTransport
from heartbeat.past import NO_PAST, Past
from heartbeat.policy import Keepalive
from heartbeat.shadow import below, cover, uncover
from heartbeat.timeout_calls import TimeoutCalls, cancel_timeout, reactor_behind

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat.clock import ScopedClock

__all__ = ["Connection", "Standing"]

_NAME = "connectionLost"
_OFF = Keepalive(interval=None)


class Standing(enum.Enum):
    """Where a connection is in its life."""

    EARLY = "early"
    """The protocol made a timer before it was connected."""
    OPENING = "opening"
    """``connectionMade`` has not returned."""
    OPEN = "open"
    LOSING = "losing"
    """The protocol's own ``connectionLost`` has not returned."""
    LOST = "lost"


class Connection:
    """The clock, the keepalive and the end of one connection.

    Args:
        protocol: Its ``connectionLost`` is shadowed until the transport is gone.
        clock: Owns its timers.

    Attributes:
        clock: As given.
        standing: Where it is in its life.
        transport: The protocol's transport; None before the protocol is
            connected, and once the transport is gone.
    """

    __slots__ = (
        "_heartbeat",
        "_own",
        "_past",
        "_protocol",
        "_timeouts",
        "_unwire",
        "clock",
        "standing",
        "transport",
    )

    # Of the method it stands for, which Twisted's own IRC client and others ask for.
    __name__ = _NAME

    def __init__(self, protocol: Any, clock: ScopedClock) -> None:
        self.clock = clock
        self.standing = Standing.EARLY
        self.transport: Any = None
        self._protocol = protocol
        self._heartbeat: Heartbeat | None = None
        self._timeouts: TimeoutCalls | None = None
        self._unwire: Callable[[], None] | None = None
        self._past = NO_PAST
        self._own: Callable[..., Any] | None = None
        # Twisted's TimeoutMixin serves processes and datagrams, too.
        if hasattr(protocol, _NAME):
            self._own = cover(protocol, _NAME, self)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Be the protocol's ``connectionLost``, before its own."""
        if self._protocol is None:
            # Somebody has kept a reference to what was over already.
            return self._past.connection_lost(*args, **kwargs)
        connection_lost = below(self._protocol, _NAME, self._own)
        if self.standing is Standing.LOSING:
            # It has called itself.
            return connection_lost(*args, **kwargs)
        args, kwargs, reason = self._explained(args, kwargs)
        gone = self._is_gone()
        self._end(reason)
        if gone:
            self._end_timeouts(reason)
            self._stand_in(reason)
        try:
            return connection_lost(*args, **kwargs)
        finally:
            self._tell(reason)
            if gone:
                self._let_go()

    def __del__(self) -> None:
        # A protocol that was dropped without ever being connected.
        self.clock.seal("its protocol was dropped")

    @property
    def heartbeat(self) -> Heartbeat:
        """The keepalive; made when it is first asked for."""
        if self._heartbeat is None:
            self._heartbeat = self._make_heartbeat()
            if self.standing is Standing.OPEN:
                self._autostart()
            elif self.standing in (Standing.LOSING, Standing.LOST):
                self._heartbeat.lost(_failure_from(self.clock.reason))
        return self._heartbeat

    @property
    def has_timeouts(self) -> bool:
        """Whether it is settled where `timeouts` are scheduled."""
        return self._timeouts is not None

    @property
    def timeouts(self) -> TimeoutCalls:
        """Owns what ``callLater`` of Twisted's `TimeoutMixin` schedules."""
        if self._timeouts is None:
            self._timeouts = TimeoutCalls(self.clock.parent)
            if self._protocol is None:
                self._timeouts.end(self.clock.reason or "")
        return self._timeouts

    def schedule_timeouts_by(self, call_later: Callable[..., Any]) -> None:
        """Somebody set the protocol's ``callLater``: obey, and own the calls."""
        self.timeouts.move_to(reactor_behind(call_later, self.clock.parent))

    def follow(self, earlier: Connection) -> None:
        """Of the same protocol: what was set as its ``callLater`` still counts."""
        if earlier._timeouts is not None and earlier._timeouts.obeyed is not None:
            self.timeouts.move_to(earlier._timeouts.obeyed)

    def open(self, transport: Any) -> None:
        """The protocol is being connected to *transport*."""
        self.standing = Standing.OPENING
        self.transport = transport
        protocol = self._protocol
        check_instance(protocol)
        if transport is None:
            # A unit test of something else: there is no peer to keep alive.
            return
        if protocol.wire is not None:
            self._unwire = protocol.wire.attach(protocol, self.heartbeat)
        elif protocol.keepalive is not None:
            _ = self.heartbeat

    def made(self) -> None:
        """``connectionMade`` has returned, or raised."""
        if self.standing is Standing.OPENING:
            self.standing = Standing.OPEN
            if self._heartbeat is not None:
                self._autostart()

    def leave(self, reason: Failure) -> None:
        """The transport is no longer the protocol's business, though it may live."""
        if self._protocol is not None:
            self._end(reason)
            self._end_timeouts(reason)
            self._tell(reason)
            self._let_go()

    def outlived_by(self, transport: object) -> bool:
        """Whether *transport* is of another connection, made after this was lost."""
        over = self._protocol is None
        return over and transport is not None and transport != self._past.transport

    def _make_heartbeat(self) -> Heartbeat:
        protocol, transport = self._protocol, self.transport
        if transport is None:
            raise NotConnectedError(self.clock.name)
        policy = protocol.keepalive or _OFF
        return Heartbeat(protocol, transport, policy, self.clock.parent)

    def _autostart(self) -> None:
        if self.heartbeat.policy.autostart:
            self.heartbeat.start()

    def _explained(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any], Failure]:
        """The arguments of ``connectionLost``, our verdict in them if it is ours.

        And the reason, whatever they are.
        """
        given = _failure_from(args[0] if args else kwargs.get("reason"))
        reason = given if self._heartbeat is None else self._heartbeat.explain(given)
        if reason is not given:
            if args:
                args = (reason, *args[1:])
            elif "reason" in kwargs:
                kwargs = {**kwargs, "reason": reason}
        return args, kwargs, reason

    def _is_gone(self) -> bool:
        transport = self._known_transport()
        return transport is None or _twisted.is_gone(transport)

    def _known_transport(self) -> Any:
        """The transport, even if nobody has told us that there is one."""
        ours = self.transport
        return getattr(self._protocol, "transport", None) if ours is None else ours

    def _end(self, reason: Failure) -> None:
        """Nothing of ours happens any more."""
        self.standing = Standing.LOSING
        transport = self._known_transport()
        self.clock.peer = "" if transport is None else peer_of(transport)
        unwire, self._unwire = self._unwire, None
        if unwire is not None:
            self._call("a wire", unwire)
        self.clock.seal(reason)
        if self._heartbeat is not None:
            self._call("a keepalive", self._heartbeat.lost, reason)

    def _end_timeouts(self, reason: Failure) -> None:
        cancel_timeout(self._protocol)
        if self._timeouts is not None:
            self._timeouts.end(reason)

    def _stand_in(self, reason: Failure) -> None:
        """Put the stand-in where our transport is, if it is still there."""
        transport, heartbeat = self.transport, self._heartbeat
        if transport is None or self._protocol.transport is not transport:
            return
        self._protocol.transport = LateTransport(
            transport,
            peer=self.clock.peer,
            reason=reason.getErrorMessage(),
            lost_at=self.clock.seconds(),
            now=self.clock.seconds,
            on_late=None if heartbeat is None else heartbeat.wrote_late,
        )

    def _tell(self, reason: Failure) -> None:
        """Whoever waits hears of the loss."""
        self.standing = Standing.LOST
        self.clock.close(reason)
        if self._heartbeat is not None:
            self._heartbeat.release()

    def _let_go(self) -> None:
        """Keep nothing of the protocol, nor of its transport."""
        self._past = Past(self._protocol, self._own, self._known_transport())
        uncover(self._protocol, _NAME, self, self._own)
        self._own = self._protocol = self.transport = None

    def _call(self, who: str, end: Callable[..., None], *args: object) -> None:
        try:
            end(*args)
        except Exception:  # noqa: BLE001 - a wire or probe of anybody's: reported
            events.report(f"{who} raised at the loss", peer=self.clock.peer)


def _failure_from(reason: object) -> Failure:
    """What ``connectionLost`` was given, whatever that is, as what it should be."""
    if isinstance(reason, Failure):
        return reason
    return Failure(reason if isinstance(reason, BaseException) else ConnectionDone())
