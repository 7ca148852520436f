"""A client of MQTT 3.1.1 and 5 that subscribes to a topic of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twisted.internet.protocol import Protocol

from heartbeat.profiles import mqtt_client
from heartbeat.wires.mqtt import Mqtt
from tests.servers.clients.watched import Watched, unique

if TYPE_CHECKING:
    from heartbeat import Keepalive

__all__ = ["MqttClient"]

_CONNECT, _CONNACK, _PUBLISH, _SUBSCRIBE, _SUBACK = 1, 2, 3, 8, 9
_DISCONNECT = 14

_SERVER_KEEP_ALIVE = 0x13

_SIZES = {0x12: None, 0x13: 2, 0x21: 2, 0x22: 2, 0x24: 1, 0x27: 4}
"""Bytes of some properties of CONNACK; None for a string."""


class MqttClient(Watched, Protocol):
    """Control packets, no quality of service.

    Args:
        policy: None for a client that sends nothing by itself; else its own of the
            profile, from what the server says.
        keep_alive: What CONNECT says, seconds.
        level: 4 for MQTT 3.1.1, 5 for MQTT 5.

    Attributes:
        server_keep_alive: What CONNACK says instead, seconds; None for nothing.

    Source:
        MQTT 3.1.1 and 5.0 sections 3.1, 3.2, 3.3, 3.8 and 3.9; 5.0 section 2.2.2.
    """

    wire = Mqtt()
    level = 4

    def __init__(
        self, policy: Keepalive | None, keep_alive: int = 5, level: int = 4
    ) -> None:
        super().__init__(policy)
        self.keep_alive = keep_alive
        self.level = level
        self.server_keep_alive: int | None = None
        self.name = unique().encode()
        self._buffer = b""

    def connectionMade(self) -> None:
        """Say who we are."""
        head = _text(b"MQTT") + bytes([self.level, 0x02])
        head += self.keep_alive.to_bytes(2, "big") + self._properties()
        self._send(_CONNECT << 4, head + _text(self.name))

    def dataReceived(self, data: bytes) -> None:
        """Take packet after packet."""
        self._buffer += data
        while (end := _end(self._buffer)) and len(self._buffer) >= end:
            packet, self._buffer = self._buffer[:end], self._buffer[end:]
            self._received(packet[0] >> 4, packet[_begin(packet) :])

    @property
    def address(self) -> bytes:
        """Of our own."""
        return self.name

    def tell(self, address: bytes, payload: bytes) -> None:
        """Publish it."""
        self._send(_PUBLISH << 4, _text(address) + self._properties() + payload)

    def _received(self, kind: int, body: bytes) -> None:
        if kind == _CONNACK:
            assert body[1] == 0, f"refused: {body!r}"
            self._accepted(_properties_of(body[2:]) if self._properties() else {})
        elif kind == _SUBACK:
            self.let_in()
        elif kind == _PUBLISH:
            topic = 2 + int.from_bytes(body[:2], "big")
            self.heard(body[topic + len(self._properties()) :])
        elif kind == _DISCONNECT:
            self.last_words = f"DISCONNECT 0x{body[:1].hex()}"

    def _accepted(self, properties: dict[int, int]) -> None:
        self.server_keep_alive = properties.get(_SERVER_KEEP_ALIVE)
        if not self.alone:
            self.heartbeat.configure(
                mqtt_client(self.keep_alive, self.server_keep_alive, response=4)
            )
        wish = b"\x00\x01" + self._properties() + _text(self.name) + b"\x00"
        self._send(_SUBSCRIBE << 4 | 2, wish)

    def _properties(self) -> bytes:
        """None of them, as MQTT 5 says that; 3.1.1 has no place for it."""
        return b"\x00" if self.level == 5 else b""

    def _send(self, first: int, body: bytes) -> None:
        assert len(body) < 0x80, "lengths of one byte are enough here"
        self.transport.write(bytes([first, len(body)]) + body)


def _text(words: bytes) -> bytes:
    return len(words).to_bytes(2, "big") + words


def _begin(packet: bytes) -> int:
    """Where the body is: after the bytes of the length."""
    at = 1
    while packet[at] & 0x80:
        at += 1
    return at + 1


def _end(data: bytes) -> int:
    """Where the first packet ends; 0 if that has not come yet."""
    size = 0
    for place, byte in enumerate(data[1:5]):
        size |= (byte & 0x7F) << 7 * place
        if not byte & 0x80:
            return 2 + place + size
    return 0


def _properties_of(body: bytes) -> dict[int, int]:
    """The numbers among the properties."""
    left, found = body[1 : 1 + body[0]], {}
    while left:
        size = _SIZES[left[0]]
        if size is None:
            left = left[3 + int.from_bytes(left[1:3], "big") :]
            continue
        found[left[0]] = int.from_bytes(left[1 : 1 + size], "big")
        left = left[1 + size :]
    return found
