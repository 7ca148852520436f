"""PINGREQ and PINGRESP of MQTT."""

from __future__ import annotations

from hypothesis import strategies as st
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import Keepalive
from heartbeat.answering import BURST
from heartbeat.testing import connect
from heartbeat.wires.mqtt import Mqtt, MqttServer
from tests.wires.stream_cases import StreamCases, Streaming, opened, owe

CONNECT = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x01\x00\x01a"
CONNACK = b"\x20\x02\x00\x00"
PINGREQ = b"\xc0\x00"
PINGRESP = b"\xd0\x00"


def packet(first: int, body: bytes) -> bytes:
    """A control packet; its length is encoded as section 2.2.3 says."""
    length, rest = b"", len(body)
    while rest > 127:
        length += bytes([rest % 128 | 128])
        rest //= 128
    return bytes([first]) + length + bytes([rest]) + body


BODIES = st.one_of(
    st.binary(max_size=20),
    st.just(PINGRESP * 3 + PINGREQ),
    st.builds(lambda size: b"\xd0\x00" * size, st.sampled_from([64, 8192, 9000])),
)
FOREIGN = st.builds(packet, st.sampled_from([0x30, 0x32, 0x90, 0x40, 0xF0]), BODIES)
WORDS = (PINGREQ, PINGRESP, CONNECT, CONNACK, b"\x30\xff\xff\xff", b"\x00", b"\xd0\x01")


class Client(Streaming, Protocol):
    wire = Mqtt()


class Server(Streaming, Protocol):
    keepalive = Keepalive(interval=None, silence=90)
    wire = MqttServer()


class ValueTests(SynchronousTestCase):
    def test_equal(self) -> None:
        """Wires are values: one is like another of its class."""
        self.assertEqual({Mqtt(), Mqtt(), MqttServer()}, {Mqtt(), MqttServer()})
        self.assertNotEqual(Mqtt(), MqttServer())
        self.assertEqual(repr(MqttServer()), "MqttServer()")


class MqttTests(StreamCases, SynchronousTestCase):
    """A client's side."""

    wire = Mqtt()
    opening = CONNACK
    foreign = FOREIGN | st.just(PINGREQ)
    taken = (PINGRESP,)
    owed = True
    words = WORDS

    def test_asks(self) -> None:
        """A silent server is asked, and its answer keeps the connection."""
        pair = opened(Client, CONNACK)
        pair.advance(30)
        self.assertEqual(pair.server.received, PINGREQ)
        pair.client.dataReceived(PINGRESP)
        self.assertEqual(pair.client.heartbeat.counters.pongs, 1)
        self.assertEqual(pair.client.received, b"")
        pair.advance(41)
        self.assertEqual(len(pair.server.lost), 1)

    def test_shared(self) -> None:
        """Answers beyond those that we are owed are the application's."""
        pair = opened(Client, CONNACK)
        pair.client.send_beat()
        pair.client.heartbeat.ping().addErrback(lambda _: None)
        pair.client.dataReceived(PINGRESP * 3)
        self.assertEqual(pair.client.received, PINGRESP)
        counters = pair.client.heartbeat.counters
        self.assertEqual((counters.pongs, counters.unsolicited_pongs), (2, 0))
        pair.lose()

    def test_lengths(self) -> None:
        """Lengths of one to four bytes are understood, and five are none."""
        for size in (0, 127, 128, 16383, 16384, 2097151, 2097152):
            pair = opened(Client, CONNACK)
            owe(pair.client, 1)
            data = packet(0x30, PINGRESP * (size // 2) + b"x" * (size % 2))
            pair.client.dataReceived(data + PINGRESP)
            self.assertEqual(pair.client.pieces, [data])
        pair = opened(Client, CONNACK)
        owe(pair.client, 1)
        pair.client.dataReceived(b"\x30\xff\xff\xff\xff" + PINGRESP)
        self.assertEqual(pair.client.received, b"\x30\xff\xff\xff\xff" + PINGRESP)

    def test_forbidden(self) -> None:
        """A packet of type 0 is none, and ends what we understand."""
        pair = opened(Client, CONNACK)
        owe(pair.client, 1)
        pair.client.dataReceived(b"\x00" + PINGRESP)
        self.assertEqual(pair.client.received, b"\x00" + PINGRESP)


class MqttServerTests(StreamCases, SynchronousTestCase):
    """A server's side."""

    wire = MqttServer()
    opening = CONNECT
    foreign = FOREIGN | st.just(PINGRESP)
    taken = (PINGREQ,)
    words = WORDS

    def test_answers(self) -> None:
        """Each question is answered, within bounds."""
        pair = opened(Server, CONNECT)
        pair.client.dataReceived(PINGREQ + b"\x30\x00" + PINGREQ)
        pair.flush()
        self.assertEqual(pair.server.received, PINGRESP * 2)
        self.assertEqual(pair.client.received, b"\x30\x00")
        pair.client.dataReceived(PINGREQ * 500)
        pair.flush()
        self.assertEqual(pair.server.received, PINGRESP * BURST)
        pair.advance(100)
        self.assertEqual(pair.server.received, PINGRESP * 2 * BURST)
        pair.lose()

    def test_paused(self) -> None:
        """Those that came meanwhile are answered when it goes on."""
        pair = opened(Server, CONNECT)
        pair.client.heartbeat.pause()
        pair.client.dataReceived(PINGREQ * 7)
        pair.advance(10)
        self.assertEqual(pair.server.received, b"")
        pair.client.heartbeat.resume()
        pair.advance(1)
        self.assertEqual(pair.server.received, PINGRESP * 7)
        pair.lose()

    def test_before_connect(self) -> None:
        """A question before CONNECT is an error, for the protocol to report."""
        pair = opened(Server)
        pair.client.dataReceived(PINGREQ)
        pair.flush()
        self.assertEqual(pair.client.received, PINGREQ)
        self.assertEqual(pair.server.received, b"")

    def test_before_connack(self) -> None:
        """Before the server has started its keepalive the answer waits."""
        policy = Keepalive(interval=None, silence=90, autostart=False)
        pair = opened(type("Slow", (Server,), {"keepalive": policy}))
        pair.client.dataReceived(CONNECT + PINGREQ)
        pair.advance(10)
        self.assertEqual(pair.server.received, b"")
        pair.client.transport.write(CONNACK)
        pair.client.heartbeat.start()
        pair.advance(1)
        self.assertEqual(pair.server.received, CONNACK + PINGRESP)

    def test_mute(self) -> None:
        """A policy that asks, or beats, is refused where the class is written."""
        for policy in (Keepalive(), Keepalive(interval=None, beacon=1)):
            with self.assertRaisesRegex(TypeError, "MqttServer has no"):
                type("Asking", (Server,), {"keepalive": policy})

    def test_both_sides(self) -> None:
        """A server and a client with these wires keep each other."""
        pair = connect(Client(), Server(), Clock())
        pair.client.transport.write(CONNECT)  # type: ignore[union-attr]
        pair.server.transport.write(CONNACK)  # type: ignore[union-attr]
        pair.advance(1000)
        self.assertEqual(pair.client.received, CONNACK)
        self.assertEqual(pair.server.received, CONNECT)
        self.assertEqual(pair.server.heartbeat.verdict, None)
        self.assertGreater(pair.client.heartbeat.counters.pongs, 10)
        pair.lose()

    def test_in_step(self) -> None:
        """A pause of the server leaves nothing owed, and shifts no answer."""
        beats = Keepalive(interval=60, timeout=20, beacon=10, jitter=0)
        beating = type("Beating", (Client,), {"keepalive": beats})
        pair = connect(beating(), Server(), Clock())
        pair.client.transport.write(CONNECT)
        pair.server.transport.write(CONNACK)  # type: ignore[union-attr]
        pair.advance(25)
        pair.server.heartbeat.pause()
        pair.advance(35)
        pair.server.heartbeat.resume()
        pair.advance(2)
        self.assertEqual(pair.client._heartbeat_wire.owed, 0)
        ping = pair.client.heartbeat.ping()
        pair.flush()
        self.assertEqual(self.successResultOf(ping), 0.0)
        self.assertEqual(pair.client.received, CONNACK)
        pair.lose()
