"""PINGREQ and PINGRESP of MQTT 3.1.1 and 5, for clients and for servers.

Only a client asks. A server hears by the asking that the client lives, and must end the
connection when it heard nothing for one and a half times the Keep Alive; see
`Keepalive.silence`.

Source:
    MQTT 3.1.1 sections 2.2 (fixed header), 3.12 and 3.13; MQTT 5.0 sections 2.1.1, 1.5.5
    (variable byte integer), 3.12 and 3.13.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

import attrs

from heartbeat.wires.nameless import NamelessStream, NamelessWire
from heartbeat.wires.streams import MORE, Stream, StreamWire

if TYPE_CHECKING:
    from heartbeat.keepalive import Heartbeat

__all__ = ["Mqtt", "MqttServer", "MqttServerStream", "MqttStream"]

_PINGREQ: Final = b"\xc0\x00"
_PINGRESP: Final = b"\xd0\x00"

_CONNECT = 1
_CONNACK = 2

_LENGTHS = 4
"""Bytes of a remaining length, at most.

Source:
    MQTT 3.1.1 section 2.2.3, MQTT 5.0 section 1.5.5.
"""

_GOES_ON = 0x80
"""The bit of a byte of it that says that another one follows."""


def _size(data: bytes, at: int) -> int:
    """Bytes of the packet that begins at *at*, or `MORE`."""
    remaining = 0
    for place, byte in enumerate(data[at + 1 : at + 1 + _LENGTHS]):
        remaining |= (byte & ~_GOES_ON) << 7 * place
        if not byte & _GOES_ON:
            return 2 + place + remaining
    if len(data) > at + _LENGTHS:
        raise ValueError("a remaining length of more than four bytes")
    return MORE


class MqttStream(NamelessStream):
    """Follows the control packets that a client receives.

    Attributes:
        opening: The type of the packet after which we may speak.
    """

    __slots__ = ()

    answer: ClassVar[bytes] = _PINGRESP
    opening: ClassVar[int] = _CONNACK

    def __init__(self, protocol: Any, heartbeat: Heartbeat) -> None:
        super().__init__(protocol, heartbeat)
        self.ready = False

    def split(self, data: bytes, at: int) -> int:
        """A control packet."""
        kind = data[at] >> 4
        if kind == 0:
            raise ValueError("packet type 0 is forbidden")
        size = _size(data, at)
        if size == len(_PINGREQ) and self.ready and self.takes(data[at]):
            return -size
        self.ready = self.ready or (size > 0 and kind == self.opening)
        return size

    def takes(self, first: int) -> bool:
        """Whether a packet of two bytes that begins with *first* is ours."""
        return first == _PINGRESP[0] and bool(self.owed)

    def taken(self, frame: bytes) -> None:
        """An answer to us."""
        del frame
        self.answered()


class MqttServerStream(MqttStream):
    """Follows the control packets that a server receives."""

    __slots__ = ()

    opening: ClassVar[int] = _CONNECT

    def takes(self, first: int) -> bool:
        """Whether a packet of two bytes that begins with *first* is ours."""
        return first == _PINGREQ[0]

    def taken(self, frame: bytes) -> None:
        """A question of the client's."""
        del frame
        self.asked()


@attrs.frozen
class Mqtt(NamelessWire):
    """A client's: asks by PINGREQ once CONNACK has come.

    A beat is a PINGREQ as well; there is nothing else that says nothing. As many
    PINGRESPs as were asked for are taken away from the protocol, and the others, which
    answer PINGREQs of its own, are handed on. What becomes of PINGRESPs that a server
    leaves out is told in `heartbeat.wires.nameless`.

    Bytes go out between two of your writes: write each control packet in one.
    """

    question: ClassVar[bytes] = _PINGREQ
    stream: ClassVar[type[Stream]] = MqttStream


@attrs.frozen
class MqttServer(StreamWire):
    """A server's: answers PINGREQ, once CONNECT has come; asks nothing.

    A server has no question and no beat: PINGRESP answers PINGREQ, and is nothing else.
    Judge the client by `Keepalive.silence`.

    Every PINGREQ is answered (MQTT-3.12.4-1): at once, or, beyond the bounds of
    ``heartbeat.pinged`` and while the keepalive waits to be started, as soon as that is
    over. Up to 20 wait; a client that asks for more meanwhile floods.

    A client may ask as soon as it has sent CONNECT, and CONNACK must come before any
    other packet. A server that takes time to accept a client has a policy with
    ``autostart=False``, and calls ``self.heartbeat.start()`` after it wrote CONNACK: the
    answer waits for that.
    (MQTT 3.1.1 sections 3.1.4 and 3.2.)
    """

    asks: ClassVar[bool] = False
    beats: ClassVar[bool] = False
    stream: ClassVar[type[Stream]] = MqttServerStream
