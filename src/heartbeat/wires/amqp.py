"""Heartbeat frames of AMQP 0-9-1, for clients and for servers.

Nothing has to be read for them: any byte of the peer's is as good, and every
implementation discards heartbeat frames, whether it supports them or not. So only the
opening is followed, by which we know when to begin; then nothing of ours stands
before ``dataReceived`` any more.

Source:
    AMQP 0-9-1 sections 2.3.5 and 4.2.3 (frames), 4.2.7 (heartbeat frames), 2.2.4
    (Tune, Tune-Ok). RabbitMQ: what 3.10.8 was observed to do.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, ClassVar, Final

import attrs

from heartbeat.wires.streams import MORE, Stream, StreamWire

if TYPE_CHECKING:
    from heartbeat.keepalive import Heartbeat

__all__ = ["Amqp", "AmqpOpening"]

_HEARTBEAT: Final = b"\x08\x00\x00\x00\x00\x00\x00\xce"
"""Type 8, channel 0, no payload, frame-end."""

_PROTOCOL: Final = b"AMQP\x00\x00\x09\x01"
"""What a client begins with."""

_HEADER: Final = struct.Struct(">BHI")
"""Type, channel, and bytes of the payload."""

_METHOD = 1
_METHOD_ID = 4
"""Bytes of a class and a method, with which the payload of a method frame begins."""

_TYPES: Final = (_METHOD, 2, 3, 8)

_OPENINGS: Final = (struct.pack(">HH", 10, 30), struct.pack(">HH", 10, 31))
"""Tune, after which a client may speak, and Tune-Ok, after which a server may.

Source:
    AMQP 0-9-1 section 4.2.7.
"""


class AmqpOpening(Stream):
    """Follows the frames of the opening, to its end."""

    __slots__ = ()

    def __init__(self, protocol: Any, heartbeat: Heartbeat) -> None:
        super().__init__(protocol, heartbeat)
        self.ready = False

    def split(self, data: bytes, at: int) -> int:
        """A frame, or the protocol header."""
        kind, begin = data[at], data[at : at + len(_PROTOCOL)]
        if kind not in _TYPES and not _PROTOCOL.startswith(begin):
            raise ValueError(begin)
        if len(begin) < len(_PROTOCOL):
            return MORE  # no frame is shorter
        if begin == _PROTOCOL:
            return len(_PROTOCOL)
        _, _, size = _HEADER.unpack_from(data, at)
        payload = at + _HEADER.size
        method = data[payload : payload + _METHOD_ID]
        if kind == _METHOD and len(method) < _METHOD_ID:
            return MORE
        if kind == _METHOD and method in _OPENINGS:
            self.ready = True
            self.stop()
        return int(_HEADER.size + size + 1)


@attrs.frozen
class Amqp(StreamWire):
    """Beats by heartbeat frames, once Tune, or Tune-Ok, has come; asks nothing.

    AMQP has no question: judge the peer by `Keepalive.silence`.

    Numbers are agreed in Tune-Ok, so that is the moment to begin: give the class
    ``Keepalive(interval=None)``, and call ``self.heartbeat.configure`` with
    `heartbeat.profiles.amqp` as soon as you have written Tune-Ok, or, as a server, when
    it has come. RabbitMQ counts a client's silence from there on, though Open-Ok may
    take its time, and takes heartbeat frames at any time after its Start.

    A beat goes out between two of your writes: write each frame in one.
    """

    asks: ClassVar[bool] = False
    stream: ClassVar[type[Stream]] = AmqpOpening

    def send_beat(self, protocol: Any) -> None:
        """Show life."""
        self.ready_stream(protocol)
        protocol.transport.write(_HEARTBEAT)
