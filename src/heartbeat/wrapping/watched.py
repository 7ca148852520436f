"""One connection that is watched: what begins with it, and ends with it.

The protocol is the user's own, and so is everything it does. Two methods of the
instance are shadowed: ``makeConnection`` until it is called, and
``connectionLost`` until the transport is gone. Bytes pass neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure

from heartbeat import _twisted, events
from heartbeat.addresses import peer_of
from heartbeat.host import NOBODY
from heartbeat.keepalive import Heartbeat
from heartbeat.past import NO_PAST, Past
from heartbeat.shadow import below, cover, uncover
from heartbeat.wrapping import marks
from heartbeat.wrapping.proxies import behind
from heartbeat.wrapping.terms import check_speech

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat.host import Wire
    from heartbeat.policy import Keepalive
    from heartbeat.verdict import Verdict
    from heartbeat.wrapping.terms import Terms

__all__ = ["Opening", "Watched", "WatchedHeartbeat"]

_MADE = "makeConnection"
_LOST = "connectionLost"


class WatchedHeartbeat(Heartbeat):
    """The keepalive of a protocol that knows nothing of it."""

    __slots__ = ()

    def counted_as(self) -> type:
        """The class of the user's own protocol."""
        host: Any = self.host
        return type(host.protocol)

    def configure(self, policy: Keepalive) -> None:
        """Go by another policy at once, counted from when the peer was last heard.

        Raises:
            TypeError: *policy* is none, or makes a protocol speak that has no wire;
                the old one stays in force.
        """
        host: Any = self.host
        if host is not NOBODY:
            check_speech(policy, host.wire)
        super().configure(policy)


class Opening:
    """Stands before ``makeConnection`` of one object, until it is called.

    Args:
        target: What Twisted connects.
        terms: What is promised about its connection.

    Attributes:
        terms: As given.

    Raises:
        AttributeError: No attribute of *target* can be set.
    """

    __slots__ = ("_own", "_target", "terms")

    __name__ = _MADE

    def __init__(self, target: Any, terms: Terms) -> None:
        self._target = target
        self.terms = terms
        self._own = cover(target, _MADE, self)

    def __call__(self, transport: Any) -> None:
        """Connect it to *transport*, and watch the connection from then on."""
        target, own = self._target, self._own
        make = below(target, _MADE, own)
        uncover(target, _MADE, self, own)
        Watched(target, self.terms, transport).open(make)


class Watched:
    """Stands before ``connectionLost`` of one object until its transport is gone.

    It is the host of the keepalive, too: what that says and finds goes through here.

    Args:
        target: What Twisted is about to connect.
        terms: What is promised about the connection.
        transport: What *target* gets.

    Attributes:
        heartbeat: The keepalive.
        protocol: The user's own, whatever of Twisted's or ours stands before it; None
            once the connection is lost.
    """

    __slots__ = (
        "_own",
        "_past",
        "_target",
        "_terms",
        "_unwire",
        "heartbeat",
        "protocol",
    )

    # Of the method it stands for, which Twisted's own IRC client and others ask for.
    __name__ = _LOST

    def __init__(self, target: Any, terms: Terms, transport: Any) -> None:
        self._terms = terms
        self._past = NO_PAST
        self._target = None
        self.protocol = behind(target)
        self._unwire: Callable[[], None] | None = None
        host: Any = self
        self.heartbeat = WatchedHeartbeat(
            host, transport, terms.policy, terms.clock, receiver=target
        )
        self._target = target
        if terms.wire is not None:
            self._unwire = terms.wire.attach(self.protocol, self.heartbeat)
        self._own = cover(target, _LOST, self)
        marks.put(transport, self)

    def __call__(self, reason: Any = connectionDone, *args: Any, **kwargs: Any) -> Any:
        """Be the object's ``connectionLost``, before its own."""
        target = self._target
        if target is None:
            # Somebody has kept a reference to what was over already.
            return self._past.connection_lost(reason, *args, **kwargs)
        connection_lost = below(target, _LOST, self._own)
        if not _twisted.is_gone(self.heartbeat.transport):
            # The protocol calls its own; the connection lives on, and is watched on.
            return connection_lost(reason, *args, **kwargs)
        given = reason if isinstance(reason, Failure) else connectionDone
        explained = self.heartbeat.explain(given)
        self._end(explained)
        if explained is not given:
            reason = explained
        try:
            return connection_lost(reason, *args, **kwargs)
        finally:
            self.heartbeat.release()
            self._let_go()

    def __del__(self) -> None:
        # The protocol has handed its transport over, and heard of no loss. Nothing but
        # a number is touched: this may run in any thread.
        if self._target is not None:
            self.heartbeat.tally.ended += 1

    def open(self, make: Callable[[Any], object]) -> None:
        """Have the protocol connected by *make*, and begin."""
        try:
            make(self.heartbeat.transport)
        finally:
            if self.heartbeat.policy.autostart:
                self.heartbeat.start()

    # What the keepalive says and tells.

    @property
    def wire(self) -> Wire | None:
        """How the protocol asks and shows life."""
        return self._terms.wire

    def send_ping(self, payload: bytes) -> None:
        """Ask the peer; there is a wire, or the policy would have been refused.

        Raises:
            TypeError: There is none, and a ping was asked for by hand.
        """
        if self.wire is None:
            raise TypeError(
                f"{type(self.protocol).__name__} has no way to ask: give a wire= "
                "where it is watched"
            )
        self.wire.send_ping(self.protocol, payload)

    def send_beat(self) -> None:
        """Show the peer that we live."""
        if self.wire is not None:
            self.wire.send_beat(self.protocol)

    def peer_suspected(self, verdict: Verdict) -> None:
        """A verdict threatens."""
        if self._terms.on_suspected is not None:
            self._terms.on_suspected(self.protocol, verdict)

    def peer_lost(self, verdict: Verdict) -> None:
        """A verdict has fallen."""
        if self._terms.on_lost is not None:
            self._terms.on_lost(self.protocol, verdict)

    # How it ends.

    def _end(self, reason: Failure) -> None:
        """Nothing of ours happens any more."""
        unwire, self._unwire = self._unwire, None
        if unwire is not None:
            self._call("a wire", unwire)
        self._call("a keepalive", self.heartbeat.lost, reason)

    def _call(self, who: str, end: Callable[..., None], *args: object) -> None:
        try:
            end(*args)
        except Exception:  # noqa: BLE001 - a wire of anybody's: it is reported
            peer = peer_of(self.heartbeat.transport)
            events.report(f"{who} raised at the loss", peer=peer)

    def _let_go(self) -> None:
        """Keep nothing of the protocol, and leave nothing of ours at either end."""
        target, transport = self._target, self.heartbeat.transport
        if target is None:
            # Its own connectionLost has called itself.
            return
        marks.remove(transport, self)
        self._past = Past(target, self._own, transport)
        uncover(target, _LOST, self, self._own)
        self._own = self.protocol = self._target = None
