"""Pings and pongs of WebSocket itself, for Autobahn's Twisted protocols.

They are control frames: the application of neither side sees them, they may stand
between the fragments of a message, and no extension compresses them. Nothing of
Autobahn is imported here.

Source:
    :rfc:`6455` sections 5.4, 5.5.2 and 5.5.3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from twisted.internet.error import ConnectionLost
from twisted.python.failure import Failure

from heartbeat.errors import NotReadyError
from heartbeat.shadow import cover, uncover

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat.keepalive import Heartbeat

__all__ = ["MARK", "Control", "WebSocket"]

MARK = b"heartbeat "
"""What the payloads of our pings and beats begin with: pongs without it answer
pings of the application's own."""

_METHODS = ("onPing", "onPong", "sendPing", "sendPong")


@attrs.frozen
class WebSocket:
    """Ping and pong frames, instead of Autobahn's auto-ping.

    For subclasses of Autobahn's ``WebSocketClientProtocol`` and
    ``WebSocketServerProtocol``. Auto-ping is off on a connection with this wire,
    whatever its factory says; the factory's other connections keep theirs.

    A ping of the peer's goes to ``onPing``, which answers it, only as often as an
    answer is within bounds. ``onPong`` gets the answers to pings that your own code
    sent; those to ours, and beats, are consumed. A beat is a pong nobody asked for.

    Nothing is said before the opening handshake is over, once a closing handshake
    has begun, in the middle of a frame that is streamed
    (``beginMessageFrame``), or, for a question, while chopped or synchronous writes
    wait in Autobahn's own queue.

    When a verdict has ended the connection, the reason that ``onClose`` gets says so.

    Source:
        :rfc:`6455` sections 5.5.2 (ping), 5.5.3 (pong, unsolicited pong) and 5.4
        (control frames between fragments, never within a frame).
    """

    def check(self, protocol_class: type) -> None:
        """Raise `TypeError` unless the class is one of Autobahn's, by its methods."""
        for method in _METHODS:
            if not callable(getattr(protocol_class, method, None)):
                raise TypeError(
                    f"{protocol_class.__name__} has no {method}(), which the wire "
                    f"{type(self).__name__} needs: it is for subclasses of "
                    "autobahn.twisted.websocket.WebSocketServerProtocol and "
                    "WebSocketClientProtocol; use the wire of your kind of protocol"
                )

    def attach(self, protocol: Any, heartbeat: Heartbeat) -> Callable[[], None]:
        """Stand before ``onPing`` and ``onPong``, and switch auto-ping off, here only."""
        # Autobahn takes an option from its factory only if the instance has none.
        protocol.autoPingInterval = 0
        return Control(protocol, heartbeat).remove

    def send_ping(self, protocol: Any, payload: bytes) -> None:
        """Ask.

        Where the closing handshake is over, and the server does not end the
        connection as it must, this does: Autobahn's client would wait for ever.

        Raises:
            NotReadyError: Nothing may be said now.

        Source:
            :rfc:`6455` section 5.5.1: the server must close at once, the client
            should wait for that, but may close at any time.
        """
        if _was_left(protocol):
            protocol.dropConnection()
        _check_ready(protocol)
        if protocol.send_queue:
            # A question that waits there counts as asked, with nothing under way.
            raise NotReadyError("chopped writes wait in the send queue")
        protocol.sendPing(MARK + payload)

    def send_beat(self, protocol: Any) -> None:
        """Show life.

        Raises:
            NotReadyError: Nothing may be said now.
        """
        _check_ready(protocol)
        protocol.sendPong(MARK)


class Control:
    """Stands before ``onPing`` and ``onPong`` of one protocol, until removed.

    Args:
        protocol: Both are shadowed, on the instance.
        heartbeat: Hears of the peer's pings, and of the answers to ours.
    """

    __slots__ = ("_heartbeat", "_on_ping", "_on_pong", "_owns", "_protocol")

    def __init__(self, protocol: Any, heartbeat: Heartbeat) -> None:
        self._protocol: Any = protocol
        self._heartbeat: Any = heartbeat
        self._on_ping, self._on_pong = protocol.onPing, protocol.onPong
        self._owns = (
            cover(protocol, "onPing", self.ping),
            cover(protocol, "onPong", self.pong),
        )

    def ping(self, payload: bytes) -> None:
        """Be the protocol's ``onPing``."""
        if self._protocol is None:
            self._on_ping(payload)  # somebody kept a reference to what was removed
        else:
            self._heartbeat.pinged(payload, self._answer)

    def pong(self, payload: bytes) -> None:
        """Be the protocol's ``onPong``."""
        if self._protocol is not None and payload.startswith(MARK):
            self._heartbeat.pong(payload[len(MARK) :])
        else:
            self._on_pong(payload)

    def remove(self) -> None:
        """Let everything through, and keep nothing of the connection; idempotent.

        The loss ends a closing handshake, too, which Autobahn itself forgets.
        """
        protocol, self._protocol = self._protocol, None
        if protocol is None:
            return
        heartbeat, self._heartbeat = self._heartbeat, None
        own_ping, own_pong = self._owns
        uncover(protocol, "onPing", self.ping, own_ping)
        uncover(protocol, "onPong", self.pong, own_pong)
        _explain(protocol, heartbeat)
        _cancel_close_timeout(protocol)

    def _answer(self, payload: bytes) -> None:
        if self._protocol is not None:
            _check_between_frames(self._protocol)
            self._on_ping(payload)


def _check_ready(protocol: Any) -> None:
    # There is no state before connectionMade of Autobahn's own.
    if getattr(protocol, "state", None) != protocol.STATE_OPEN:
        raise NotReadyError("the WebSocket is not open")
    _check_between_frames(protocol)


def _check_between_frames(protocol: Any) -> None:
    if protocol.send_state == protocol.SEND_STATE_INSIDE_MESSAGE_FRAME:
        raise NotReadyError("a frame is being streamed")


def _was_left(protocol: Any) -> bool:
    """Whether the peer closed, we agreed, and nothing came of it."""
    closing = getattr(protocol, "state", None) == protocol.STATE_CLOSING
    return closing and not protocol.closedByMe


def _explain(protocol: Any, heartbeat: Heartbeat) -> None:
    """Put the verdict where ``onClose`` takes its reason from, if it was ours."""
    given = Failure(ConnectionLost())
    reason = heartbeat.explain(given)
    if reason is not given and protocol.wasNotCleanReason is None:
        protocol.wasNotCleanReason = str(reason.value)


def _cancel_close_timeout(protocol: Any) -> None:
    call = getattr(protocol, "closeHandshakeTimeoutCall", None)
    if call is not None:
        call.cancel()
        protocol.closeHandshakeTimeoutCall = None
