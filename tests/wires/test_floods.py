"""A peer that floods every wire with pings, whatever the state of the keepalive.

Not here are those whose peer's questions are not the wire's to answer: conch answers
those of SSH, the server's own protocol those of `NatsServer`.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from twisted.internet.protocol import Protocol
from twisted.protocols import amp
from twisted.protocols.basic import Int16StringReceiver, LineReceiver, NetstringReceiver
from twisted.trial.unittest import SynchronousTestCase
from twisted.words.protocols import irc

from heartbeat import HeartbeatMixin, IntN, Keepalive, Lines, Netstrings
from heartbeat.answering import BURST, MAX_PAYLOAD, RATE, STRIKES
from heartbeat.wires.amp import AmpPing, Ping
from heartbeat.wires.irc import Irc
from heartbeat.wires.mqtt import MqttServer
from heartbeat.wires.nats import Nats
from tests.wires.cases import Receiving
from tests.wires.states import STATES, connected
from tests.wires.stream_cases import Streaming
from tests.wires.test_websocket import Case, Client, PlainServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.connections import Sink

OVERHEAD = 100
"""Bytes of an answer besides its payload, at most, on any of these protocols."""

MOST = BURST * (MAX_PAYLOAD + OVERHEAD)
"""Bytes that a flood gets in an instant, at most."""

PAYLOADS = (b"1", b"x" * MAX_PAYLOAD, b"x" * 500)


def _box(payload: bytes) -> bytes:
    values = {
        b"_ask": b"1",
        b"_command": Ping.commandName,
        b"payload": payload,
    }
    box: bytes = amp.Box(values).serialize()
    return box


class Bot(HeartbeatMixin, irc.IRCClient):
    keepalive = Keepalive(interval=3000, jitter=0)
    wire = Irc()
    performLogin = 0  # noqa: N815 - Twisted's word
    nickname = _attemptedNick = "nick"  # noqa: N815


class Hub(HeartbeatMixin, irc.IRC):
    keepalive = Keepalive(interval=3000, jitter=0)
    wire = Irc()
    hostname = "hub.example"


def _silent(mixin: type[Any], kind: type[Any], wire: Any) -> type[Any]:
    """A class that has nothing to say by itself."""
    policy = Keepalive(interval=None)
    return type("Silent", (mixin, kind), {"wire": wire, "keepalive": policy})


WIRES: dict[str, tuple[Callable[[], Any], bytes, Callable[[bytes], bytes]]] = {
    "lines": (
        _silent(Receiving, LineReceiver, Lines()),
        b"",
        lambda p: b"PING %s\r\n" % p,
    ),
    "netstrings": (
        _silent(Receiving, NetstringReceiver, Netstrings()),
        b"",
        lambda p: b"%d:PING %s," % (len(p) + 5, p),
    ),
    "strings": (
        _silent(Receiving, Int16StringReceiver, IntN()),
        b"",
        lambda p: struct.pack("!H", len(p) + 5) + b"PING " + p,
    ),
    "amp": (_silent(HeartbeatMixin, amp.AMP, AmpPing()), b"", _box),
    "irc": (Bot, b":hub.example 001 nick :Hi\r\n", lambda p: b"PING :%s\r\n" % p),
    "irc, before the welcome": (Bot, b"", lambda p: b"PING :%s\r\n" % p),
    "irc, server": (Hub, b"", lambda p: b"PING :%s\r\n" % p),
    "nats": (
        _silent(Streaming, Protocol, Nats()),
        b"INFO {}\r\n",
        lambda _: b"PING\r\n",
    ),
    "mqtt": (
        _silent(Streaming, Protocol, MqttServer()),
        b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x01\x00\x01a",
        lambda _: b"\xc0\x00",
    ),
}
"""By name: makes a protocol, what its peer says first, and the peer's ping."""


class FloodTests(SynchronousTestCase):
    """What we write is bounded."""

    def test_below_the_verdict(self) -> None:
        """Fewer pings than a verdict needs: at once, and when the keepalive goes on."""
        for name, state, payload in self.each():
            pair = self.flooded(name, state, payload, STRIKES - 100)
            pair.client.heartbeat.start()
            pair.advance(1)
            more = (RATE + 1) * (MAX_PAYLOAD + OVERHEAD)
            self.assertLessEqual(len(pair.server.received), MOST + more)
            self.assertEqual(pair.server.lost, [], (name, state))
            pair.lose()

    def test_beyond(self) -> None:
        """As many as you like, also if no verdict is enforced."""
        for name, state, payload in self.each():
            pair = self.flooded(name, state, payload, STRIKES + 200)
            pair.lose()
            verdict = pair.client.heartbeat.verdict
            self.assertIsNotNone(verdict, (name, state, len(payload)))

    def each(self) -> list[tuple[str, str, bytes]]:
        """All combinations of wires, states and payloads."""
        return [(w, s, p) for w in WIRES for s in STATES for p in PAYLOADS]

    def flooded(self, name: str, state: str, payload: bytes, count: int) -> Any:
        """A connection whose peer has sent *count* pings, which have no time between."""
        make, opening, ping = WIRES[name]
        pair = connected(make(), state, opening)
        peer: Sink = pair.server
        before = len(peer.received)
        for _ in range(count // 100):
            peer.transport.write(ping(payload) * 100)  # type: ignore[union-attr]
            pair.flush()
        said = len(peer.received) - before
        self.assertLessEqual(said, MOST, (name, state, len(payload)))
        return pair


class WebSocketTests(Case):
    """The same through Autobahn, whose handshake comes first."""

    def test_flood(self) -> None:
        """In every state."""
        for state in STATES:
            kind = type("Flooded", (Client,), {"keepalive": self.policy(state)})
            pair = self.open(kind, PlainServer)
            if state == "paused":
                pair.client.heartbeat.pause()
            for _ in range(STRIKES - 100):
                pair.server.sendPing(b"x" * MAX_PAYLOAD)
            pair.flush()
            self.assertLessEqual(len(pair.server.pongs), BURST, state)
            pair.client.heartbeat.start()
            pair.advance(1)
            self.assertLessEqual(len(pair.server.pongs), BURST + RATE + 1, state)
            pair.lose()

    def policy(self, state: str) -> Keepalive:
        """Of a keepalive in that *state*."""
        return Keepalive(
            interval=3000, autostart=state != "waiting", enforce=state != "dry"
        )
