"""What wires have in common whose protocol delivers one message at a time.

A message is ours if it is the ping or the pong word alone, or that word, one
space and a payload. Ours are consumed; all others reach the user's hook with
nothing in between but a look at their first byte.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from heartbeat.errors import PolicyError
from heartbeat.shadow import cover, uncover

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat.keepalive import Heartbeat

__all__ = ["PAYLOAD", "MessageWire", "Sieve"]

PAYLOAD = 16
"""Bytes of the payload of our own pings."""


def _check_word(_: object, field: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, bytes) or not value or b" " in value:
        raise PolicyError(
            field=field.name,
            value=value,
            rule="must be bytes, not empty, without a space",
            way_out="give a word your protocol does not use, like b'PING'",
        )


@attrs.frozen(kw_only=True)
class MessageWire:
    """Pings and pongs as messages of the protocol itself.

    An answer echoes the payload of its ping. A beat is a pong nobody asked for,
    without a payload, which both sides of this wire take for a sign of life.

    Attributes:
        ping: The word a question begins with.
        pong: The word an answer begins with.
        initials: The first byte of each.
        receiver: The method of the protocol that takes a message.
        sender: The method of the protocol that sends one.

    Source:
        Ping, pong and one-way pong: :rfc:`6455` sections 5.5.2 and 5.5.3. The
        words: IRC, :rfc:`2812` sections 3.7.2 and 3.7.3; NATS client protocol.
    """

    receiver: ClassVar[str]
    sender: ClassVar[str]

    ping: bytes = attrs.field(default=b"PING", validator=_check_word)
    pong: bytes = attrs.field(default=b"PONG", validator=_check_word)

    initials: bytes = attrs.field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        if self.ping == self.pong:
            raise PolicyError(
                field="pong",
                value=self.pong,
                rule="must differ from ping",
                way_out="an answer that looks like a question is answered for ever",
            )
        object.__setattr__(self, "initials", self.ping[:1] + self.pong[:1])

    def check(self, protocol_class: type) -> None:
        """Raise `TypeError` unless the class can take and send our messages."""
        for method in (self.receiver, self.sender):
            if not callable(getattr(protocol_class, method, None)):
                raise TypeError(
                    f"{protocol_class.__name__} has no {method}(), which the wire "
                    f"{type(self).__name__} needs: use the wire of your kind of "
                    "protocol, or define send_ping() and wire = None"
                )
        longest = len(max(self.ping, self.pong, key=len)) + 1 + PAYLOAD
        limit = self.limit_of(protocol_class)
        if longest > limit:
            raise TypeError(
                f"{protocol_class.__name__} takes messages of at most {limit:.0f} bytes, "
                f"and the pings of its wire have {longest}: shorten the words of "
                f"{type(self).__name__}, or allow longer messages"
            )

    def limit_of(self, protocol_class: Any) -> float:
        """Bytes of the longest message that the class takes or sends."""
        limit: float = getattr(protocol_class, "MAX_LENGTH", math.inf)
        return limit

    def attach(self, protocol: Any, heartbeat: Heartbeat) -> Callable[[], None]:
        """Put a sieve before the receiver, on this instance, until undone."""
        return Sieve(self, protocol, heartbeat).remove

    def send_ping(self, protocol: Any, payload: bytes) -> None:
        """Ask."""
        self._send(protocol, self.ping + b" " + payload)

    def send_beat(self, protocol: Any) -> None:
        """Show life."""
        self._send(protocol, self.pong)

    def consume(self, message: bytes, protocol: Any, heartbeat: Heartbeat) -> bool:
        """Whether *message* was one of ours; then it has had its effect."""
        word, _, payload = message.partition(b" ")
        if word == self.ping:
            heartbeat.pinged(payload, lambda echo: self._answer(protocol, echo))
        elif word == self.pong:
            heartbeat.pong(payload)
        return word in (self.ping, self.pong)

    def _answer(self, protocol: Any, payload: bytes) -> None:
        self._send(protocol, self.pong + b" " + payload if payload else self.pong)

    def _send(self, protocol: Any, message: bytes) -> None:
        getattr(protocol, self.sender)(message)


class Sieve:
    """Takes our messages out of what one protocol receives, until removed.

    An object and its bound method: functions in functions do the same, and take 500
    bytes more of every connection.

    Args:
        wire: Knows our messages.
        protocol: Its receiver is shadowed, on the instance.
        heartbeat: Hears of our messages.
    """

    __slots__ = ("_heartbeat", "_initials", "_own", "_protocol", "_receive", "_wire")

    def __init__(self, wire: MessageWire, protocol: Any, heartbeat: Heartbeat) -> None:
        self._wire = wire
        self._initials = wire.initials
        self._protocol: Any = protocol
        self._heartbeat: Any = heartbeat
        self._receive = getattr(protocol, wire.receiver)
        self._own = cover(protocol, wire.receiver, self.receive)

    def receive(self, message: bytes) -> Any:
        """Be the protocol's receiver."""
        # The first byte tells nearly always: half of what startswith() would cost.
        if message and message[0] in self._initials and self._consumes(message):
            return None
        return self._receive(message)

    def remove(self) -> None:
        """Let everything through, and keep nothing of the protocol; idempotent."""
        if self._protocol is not None:
            uncover(self._protocol, self._wire.receiver, self.receive, self._own)
        self._protocol = self._heartbeat = self._own = None

    def _consumes(self, message: bytes) -> bool:
        if self._protocol is None:
            return False  # somebody kept a reference to what was removed
        return self._wire.consume(message, self._protocol, self._heartbeat)
