"""Pings, and calls with a deadline, for AMP.

Source:
    https://amp-protocol.net and `twisted.protocols.amp`: boxes of keys and values; a
    box with ``_ask`` is answered by one with the same value under ``_answer`` or
    ``_error``; a command that the peer does not know by the error ``UNHANDLED``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import attrs
from twisted.internet.defer import Deferred, maybeDeferred
from twisted.protocols import amp

from heartbeat.errors import NotReadyError, PolicyError
from heartbeat.shadow import cover, uncover

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat.keepalive import Heartbeat

__all__ = ["AmpPing", "AmpSieve", "Ping", "call"]

_PAYLOAD = b"payload"
_TAG = b"heartbeat-"  # no tag of AMP's own begins so: those are hexadecimal
_RECEIVER = "ampBoxReceived"
_LONGEST = 255
"""Bytes of the name of a command, at most."""


class Ping(amp.Command):
    """The question; a peer without the wire may answer it by a responder of its own.

    The wire sends and answers these without it: their payload may be missing.
    """

    commandName = b"heartbeat.Ping"  # noqa: N815 - Twisted's word
    arguments: ClassVar[list[tuple[bytes, amp.Argument]]] = [
        (_PAYLOAD, amp.String(optional=True))
    ]
    response: ClassVar[list[tuple[bytes, amp.Argument]]] = [
        (_PAYLOAD, amp.String(optional=True))
    ]


def _check_command(_: object, field: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, bytes) or not 1 <= len(value) <= _LONGEST:
        raise PolicyError(
            field=field.name,
            value=value,
            rule=f"must be bytes, 1 up to {_LONGEST}",
            way_out="give a name your protocol does not use, like b'my.Ping'",
        )


@attrs.frozen(kw_only=True)
class AmpPing:
    """A box ``heartbeat.Ping`` with a payload, answered with the same payload.

    It works on boxes, so it does not matter who dispatches commands on the
    connection: the protocol itself, or a box receiver of its own. Any answer counts,
    also the error of a peer that does not know the command. A beat is the same question,
    whose answer is ignored: a command that asks for no answer ends the connection of a
    peer that does not know it (`BoxDispatcher.unhandledError`).

    AMP wants every question answered. The peer's pings are, up to the bounds of
    ``heartbeat.pinged``; beyond them, and while the keepalive waits to be started, only
    the newest is. Whoever asks more than ten times a second cannot wait for each answer.

    While AMP prepares STARTTLS it holds boxes back, ours as well, and the peer owes an
    answer anyway. Once the connection was switched to another protocol, nothing is said
    any more: call `heartbeat.protocol.hand_over`, and give that protocol a keepalive.

    Attributes:
        command: The name of the command on the wire; 1 to 255 bytes.

    Raises:
        PolicyError: It is no such name.
    """

    command: bytes = attrs.field(default=Ping.commandName, validator=_check_command)

    def check(self, protocol_class: type) -> None:
        """Raise `TypeError` unless the class sends boxes."""
        if not callable(getattr(protocol_class, "sendBox", None)):
            raise TypeError(
                f"{protocol_class.__name__} has no sendBox(), which the wire "
                f"{type(self).__name__} needs: it is for subclasses of "
                "twisted.protocols.amp.AMP or BinaryBoxProtocol"
            )

    def attach(self, protocol: Any, heartbeat: Heartbeat) -> Callable[[], None]:
        """Put a sieve before whoever receives the protocol's boxes, until undone."""
        return AmpSieve(self, protocol, heartbeat).remove

    def send_ping(self, protocol: Any, payload: bytes) -> None:
        """Ask."""
        tag = _TAG + payload
        box = {amp.ASK: tag, amp.COMMAND: self.command, _PAYLOAD: payload}
        _send(protocol, amp.Box(box))

    def send_beat(self, protocol: Any) -> None:
        """Show life."""
        _send(protocol, amp.Box({amp.ASK: _TAG, amp.COMMAND: self.command}))


class AmpSieve:
    """Takes our boxes out of what one protocol receives, until removed.

    Args:
        wire: Knows our command.
        protocol: The method of its box receiver is shadowed, on the instance.
        heartbeat: Hears of our boxes.
    """

    __slots__ = ("_command", "_heartbeat", "_own", "_protocol", "_receive", "_target")

    def __init__(self, wire: AmpPing, protocol: Any, heartbeat: Heartbeat) -> None:
        self._command = wire.command
        self._protocol: Any = protocol
        self._heartbeat: Any = heartbeat
        # A subclass whose __init__ does not call AMP's is its own receiver, and does
        # not say so yet.
        self._target: Any = getattr(protocol, "boxReceiver", protocol)
        self._receive = getattr(self._target, _RECEIVER)
        self._own = cover(self._target, _RECEIVER, self.receive)

    def receive(self, box: amp.AmpBox) -> Any:
        """Be the receiver's ``ampBoxReceived``."""
        if self._protocol is None:
            return self._receive(box)  # somebody kept a reference to what was removed
        tag: bytes | None = box.get(amp.ANSWER) or box.get(amp.ERROR)
        if tag is not None and tag.startswith(_TAG):
            if tag != _TAG:  # that of a beat
                self._heartbeat.pong(tag[len(_TAG) :])
        elif tag is None and box.get(amp.COMMAND) == self._command:
            self._asked(box)
        else:
            return self._receive(box)
        return None

    def remove(self) -> None:
        """Let everything through, and keep nothing of the protocol; idempotent."""
        if self._protocol is not None:
            uncover(self._target, _RECEIVER, self.receive, self._own)
        self._protocol = self._heartbeat = self._target = self._own = None

    def _asked(self, box: amp.AmpBox) -> None:
        tag = box.get(amp.ASK)
        if tag is None:
            self._heartbeat.pong(b"")  # by callRemote, of a Ping that wants no answer
            return
        protocol, payload = self._protocol, box.get(_PAYLOAD, b"")
        answer = amp.Box({amp.ANSWER: tag, _PAYLOAD: payload})
        # Both are echoed, so the longer one has to be within bounds.
        longer = max(tag, payload, key=len)
        self._heartbeat.pinged(longer, lambda _: _send(protocol, answer))


def call(
    protocol: Any,
    command: type[amp.Command],
    /,
    *,
    within: float,
    **arguments: Any,
) -> Deferred[Any]:
    """``callRemote`` with a deadline, that ends with the connection.

    AMP's own calls wait for ever on a connection that lives, and those without an
    errback end the connection when they fail; these do neither. An answer that comes
    after the deadline, or after you cancelled the call, is dropped; the connection goes
    on. AMP has no way to take a question back, so until that answer comes it
    remembers the call: do not ask a peer that never answers over and over.

    Args:
        protocol: An AMP protocol with `HeartbeatMixin`, or with another ``clock`` that
            is a `ScopedClock`.
        command: As for ``callRemote``; it asks for an answer.
        within: Seconds on the protocol's clock.
        arguments: As for ``callRemote``.

    Returns:
        Fires as that of ``callRemote`` does; fails with ``TimeoutError`` after *within*
        seconds, and with the reason when the connection is lost.

    Raises:
        ScopeClosedError: The connection is lost already; nothing was sent.
        TypeError: The command asks for no answer.
    """
    if not command.requiresAnswer:
        raise TypeError(
            f"{command.__name__} asks for no answer, so there is nothing to wait for: "
            "use callRemote()"
        )
    # Not AMP's Deferred: if that has failed unhandled when a late answer arrives,
    # AMP drops the connection.
    result: Deferred[Any] = protocol.clock.timeout(Deferred(), within)
    dispatcher = getattr(protocol, "boxReceiver", protocol)
    asked = maybeDeferred(dispatcher.callRemote, command, **arguments)
    asked.addCallbacks(result.callback, result.errback)
    return result


def _send(protocol: Any, box: amp.AmpBox) -> None:
    try:
        protocol.sendBox(box)
    except amp.ProtocolSwitched as error:
        raise NotReadyError("the connection belongs to another protocol") from error
