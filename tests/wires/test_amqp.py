"""Heartbeat frames of AMQP 0-9-1."""

from __future__ import annotations

import struct

from hypothesis import strategies as st
from twisted.internet.protocol import Protocol
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import Keepalive, profiles
from heartbeat.wires.amqp import Amqp
from heartbeat.wires.streams import Following
from tests.wires.stream_cases import BEATS, StreamCases, Streaming, opened

PROTOCOL = b"AMQP\x00\x00\x09\x01"
BEAT = b"\x08\x00\x00\x00\x00\x00\x00\xce"


def method(number: int, arguments: bytes = b"") -> bytes:
    """A method frame of the class Connection."""
    payload = struct.pack(">HH", 10, number) + arguments
    return struct.pack(">BHI", 1, 0, len(payload)) + payload + b"\xce"


START, START_OK, TUNE, TUNE_OK = (method(n, b"x" * n) for n in (10, 11, 30, 31))
OPEN, OPEN_OK = method(40, b"\x01/\x00\x00"), method(41, b"\x00")


class Beating(Streaming, Protocol):
    keepalive = BEATS
    wire = Amqp()


class AmqpTests(StreamCases, SynchronousTestCase):
    """Either side."""

    wire = Amqp()
    opening = START + TUNE
    foreign = st.binary(max_size=40) | st.sampled_from([BEAT, TUNE, OPEN])
    words = (PROTOCOL, START, TUNE, OPEN_OK, TUNE_OK, BEAT, b"\x01\x00\x00\xff")

    def test_beats(self) -> None:
        """A frame goes out in every interval, and silence is a verdict."""
        pair = opened(Beating, self.opening)
        pair.advance(89)
        self.assertIn(pair.server.received, [BEAT * n for n in (2, 3, 4)])
        self.assertEqual(pair.server.lost, [])
        pair.advance(5)
        self.assertEqual(len(pair.server.lost), 1)

    def test_opening(self) -> None:
        """Either side may speak from the frame on that the specification says."""
        client, server = (START, BEAT, TUNE), (PROTOCOL, START_OK, TUNE_OK)
        for frames in (client, server):
            pair = opened(Beating)
            for frame in frames:
                self.assertFalse(pair.client._heartbeat_wire.ready)
                for place in range(len(frame)):
                    pair.client.dataReceived(frame[place : place + 1])
            self.assertTrue(pair.client._heartbeat_wire.ready)
            self.assertEqual(pair.client.received, b"".join(frames))

    def test_slow_to_open(self) -> None:
        """A client beats while the server takes its time with Open-Ok."""

        class Tuning(Beating):
            keepalive = Keepalive(interval=None)

            def dataReceived(self, data: bytes) -> None:
                super().dataReceived(data)
                if data == TUNE:
                    self.transport.write(TUNE_OK)  # type: ignore[union-attr]
                    self.heartbeat.configure(profiles.amqp(10))

        pair = opened(Tuning)
        pair.client.dataReceived(START)
        pair.advance(100)
        self.assertEqual(pair.server.received, b"")
        pair.client.dataReceived(TUNE)
        pair.advance(15)
        self.assertEqual(pair.server.received, TUNE_OK + BEAT * 3)
        pair.lose()

    def test_gone(self) -> None:
        """After the opening nothing stands before the protocol."""
        pair = opened(Beating, self.opening)
        following = pair.client._heartbeat_wire._following
        self.assertIs(following, Following.OVER)
        pair.client.dataReceived(BEAT[:3])
        self.assertEqual(pair.client.received, BEAT[:3])

    def test_something_else(self) -> None:
        """Another protocol, or version, is never spoken to."""
        other = (b"AMQP\x00\x01\x00\x00", b"HTTP/1.1 400 Bad Request\r\n", b"\x15\x03")
        for data in other:
            pair = opened(Beating)
            pair.client.dataReceived(data)
            self.assertEqual(pair.client.received, data)
            pair.client.dataReceived(self.opening)
            self.assertEqual(pair.client.received, data + self.opening)
            self.assertFalse(pair.client._heartbeat_wire.ready)

    def test_mute(self) -> None:
        """A policy that asks is refused where the class is written."""
        with self.assertRaisesRegex(TypeError, "Amqp has no question"):
            type("Asking", (Beating,), {"keepalive": Keepalive()})

    def test_value(self) -> None:
        """The wire is a value: one is like another."""
        self.assertEqual({Amqp(), Amqp()}, {Amqp()})
        self.assertEqual(repr(Amqp()), "Amqp()")
