"""What wires have in common whose protocol delivers one message at a time.

A message is ours if it is the ping or the pong word alone, or that word, one
space and a payload. Ours are consumed; all others reach the user's hook with
nothing in between but one comparison.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from heartbeat.errors import PolicyError
from heartbeat.shadow import Shadow

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat.keepalive import Heartbeat

__all__ = ["PAYLOAD", "MessageWire"]

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

    def __attrs_post_init__(self) -> None:
        if self.ping == self.pong:
            raise PolicyError(
                field="pong",
                value=self.pong,
                rule="must differ from ping",
                way_out="an answer that looks like a question is answered for ever",
            )

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
        ours = (self.ping, self.pong)

        def sieve_before(receive: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
            def sieve(message: bytes) -> Any:
                if message.startswith(ours) and self._consume(
                    message, protocol, heartbeat
                ):
                    return None
                return receive(message)

            return sieve

        return Shadow(protocol, self.receiver, sieve_before).remove

    def send_ping(self, protocol: Any, payload: bytes) -> None:
        """Ask."""
        self._send(protocol, self.ping + b" " + payload)

    def send_beat(self, protocol: Any) -> None:
        """Show life."""
        self._send(protocol, self.pong)

    def _consume(self, message: bytes, protocol: Any, heartbeat: Heartbeat) -> bool:
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
