"""The wires of byte streams: nothing is lost, added, kept for long, or answered much."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from heartbeat.answering import BURST
from heartbeat.wires.amqp import Amqp
from heartbeat.wires.mqtt import Mqtt, MqttServer
from heartbeat.wires.nats import Nats, NatsServer
from heartbeat.wires.stomp import Stomp
from heartbeat.wires.streams import KEPT
from tests.fuzz.feeding import chunks, feed, quiet, require, state_of
from tests.wires.stream_cases import owe, recording

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TARGETS"]

_ANSWER = len(b"PONG\r\n")

_AMQP = b"\x01\x00\x00\x00\x00\x00\x05\x00\x0a\x00\x29\x00\xce"
_MQTT = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x01\x00\x01a"


def _follow(protocol_class: type[Any], opening: bytes, data: bytes) -> None:
    """The first byte of *data* says whether the peer has begun, and what it owes us."""
    flags, pieces = data[:1] or b"\0", chunks(data[1:])
    if flags < b"\x80":
        pieces.insert(0, opening)
    pair = feed(protocol_class(), [], state_of(flags))
    client, stream = pair.client, pair.client._heartbeat_wire
    owe(client, flags[0] & 0x0F)
    for piece in pieces:
        client.dataReceived(piece)
        require(len(stream._kept) <= KEPT, "kept too much", stream._kept)
    pair.flush()
    said = pair.server.received
    require(len(said) <= BURST * _ANSWER, "answered too much", len(said))
    quiet(client)
    pair.lose()
    seen = b"".join(client.log)
    require(seen == b"".join(pieces), "lost, added or reordered", seen, pieces)
    quiet(client)


_WIRES: dict[str, tuple[Any, bytes]] = {
    "nats": (Nats(), b"INFO {}\r\n"),
    "nats-server": (NatsServer(), b"CONNECT {}\r\n"),
    "mqtt": (Mqtt(), b"\x20\x02\x00\x00"),
    "mqtt-server": (MqttServer(), _MQTT),
    "stomp": (Stomp(), b"CONNECTED\nversion:1.2\n\n\x00"),
    "amqp": (Amqp(), _AMQP),
}

TARGETS: dict[str, Callable[[bytes], None]] = {
    name: partial(_follow, recording(wire), opening)
    for name, (wire, opening) in _WIRES.items()
}
"""By name: feed it anything."""
