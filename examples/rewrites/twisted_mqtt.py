"""The keepalive of twisted-mqtt's client, rewritten: MQTT 3.1.1, PINGREQ and PINGRESP.

    mosquitto -p 1883 &
    python examples/rewrites/twisted_mqtt.py tcp:localhost:1883

Only what the keepalive needs around it: CONNECT, CONNACK with a deadline, and messages
that come in.
"""

from __future__ import annotations

import struct
import sys
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import clientFromString, connectProtocol
from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.task import react

from heartbeat import HeartbeatMixin
from heartbeat.profiles import mqtt_client
from heartbeat.wires.mqtt import Mqtt

if TYPE_CHECKING:
    from twisted.python.failure import Failure

CONNACK, PUBLISH = 2, 3

LOGIN_TIME = 10
"""Seconds the server has for CONNACK."""


class MqttClient(HeartbeatMixin, Protocol):
    """A client that takes messages of quality of service 0.

    Attributes:
        connected_to_broker: Fires with the code of CONNACK; fails after 10 s, or with
            the reason for which the connection was lost before.
    """

    wire = Mqtt()

    def __init__(self, name: bytes, keep_alive: int = 60) -> None:
        self.name, self.keep_alive = name, keep_alive
        self.keepalive = mqtt_client(keep_alive, response=keep_alive)
        self.messages: list[bytes] = []
        self.lost: Failure | None = None
        self._buffer = b""

    def connectionMade(self) -> None:
        """Log in."""
        login: Deferred[int] = Deferred()
        self.connected_to_broker = self.clock.timeout(login, LOGIN_TIME)
        body = struct.pack(
            "!H4sBBHH", 4, b"MQTT", 4, 2, self.keep_alive, len(self.name)
        )
        self.transport.write(packet(1, body + self.name))  # type: ignore[union-attr]

    def dataReceived(self, data: bytes) -> None:
        """Control packets, one by one."""
        self._buffer += data
        while (split := first_packet(self._buffer)) is not None:
            kind, body, self._buffer = split
            self.packet_received(kind, body)

    def packet_received(self, kind: int, body: bytes) -> None:
        """A control packet; PINGRESP does not come here, but one that nobody asked for."""
        if kind == CONNACK and not self.connected_to_broker.called:
            self.connected_to_broker.callback(body[1])
        elif kind == PUBLISH:
            self.messages.append(body)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """There is no timer to stop, and whoever waits for the login is told why."""
        self.lost = reason


def packet(kind: int, body: bytes) -> bytes:
    """A control packet, MQTT 3.1.1 section 2.2."""
    length, rest = b"", len(body)
    while rest > 127:  # noqa: PLR2004
        length += bytes([rest % 128 | 128])
        rest //= 128
    return bytes([kind << 4]) + length + bytes([rest]) + body


def first_packet(data: bytes) -> tuple[int, bytes, bytes] | None:
    """The type and the body of the first packet, and what follows; None if incomplete."""
    length = 0
    for place, byte in enumerate(data[1:5]):
        length |= (byte & 127) << 7 * place
        if not byte & 128:
            begin = place + 2
            if len(data) < begin + length:
                return None
            return data[0] >> 4, data[begin : begin + length], data[begin + length :]
    return None


async def main(reactor: Any, endpoint: str) -> None:
    """Stay connected until interrupted."""
    client = MqttClient(b"rewrite")
    await connectProtocol(clientFromString(reactor, endpoint), client)
    print(f"CONNACK says {await client.connected_to_broker}", flush=True)
    await Deferred()


if __name__ == "__main__":
    react(main, sys.argv[1:])
