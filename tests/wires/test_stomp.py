"""Heart-beats of STOMP."""

from __future__ import annotations

import itertools

from hypothesis import strategies as st
from twisted.internet.protocol import Protocol
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import Keepalive, profiles
from heartbeat.wheel import SLOT
from heartbeat.wires.stomp import Stomp
from heartbeat.wires.streams import Following
from tests.wires.stream_cases import BEATS, StreamCases, Streaming, opened

CONNECTED = b"CONNECTED\nversion:1.2\nheart-beat:30000,30000\n\n\x00"


class Beating(Streaming, Protocol):
    keepalive = BEATS
    wire = Stomp()


class StompTests(StreamCases, SynchronousTestCase):
    """Either side."""

    wire = Stomp()
    opening = CONNECTED
    foreign = st.binary(max_size=40) | st.sampled_from([b"\n", b"MESSAGE\n\n\n\x00"])
    words = (b"\n", b"\r\n", b"CONNECTED\n", b"STOMP\r\n", b"ERROR\n", b"\x00")

    def test_beats(self) -> None:
        """An end of line goes out in every interval, and silence is a verdict."""
        pair = opened(Beating, CONNECTED)
        pair.advance(89)
        self.assertRegex(pair.server.received, rb"^\n{2,4}$")
        self.assertEqual(pair.server.lost, [])
        pair.advance(5)
        self.assertEqual(len(pair.server.lost), 1)

    def test_never_late(self) -> None:
        """No beat comes later than offered, from a reactor that is late by a slot."""
        lateness = (SLOT, 0.001, SLOT, 0.013, 0.049, 0.037)
        for offer in (400, 450, 777, 1000, 10_000):
            pair = opened(Beating, CONNECTED)
            policy = profiles.stomp((offer, 0), (0, offer))
            pair.client.heartbeat.configure(policy)
            silent_from = pair.clock.seconds()
            for step in itertools.islice(itertools.cycle(lateness), 3000):
                pair.clock.advance(step)
                pair.flush()
                now = pair.clock.seconds()
                if pair.server.received:
                    pair.server.received = b""
                    silent_from = now
                self.assertLessEqual(now - silent_from, offer / 1000)
            pair.lose()

    def test_hears(self) -> None:
        """The peer's heart-beats are enough, and reach the protocol."""
        pair = opened(Beating, CONNECTED)
        for _ in range(10):
            pair.server.transport.write(b"\n")  # type: ignore[union-attr]
            pair.advance(60)
        self.assertEqual(pair.client.received, b"\n" * 10)
        self.assertEqual(pair.server.lost, [])
        pair.lose()

    def test_openings(self) -> None:
        """Both sides know the other's first frame, whatever stands before it."""
        for opening, ready in (
            (b"CONNECT\n", True),
            (b"\r\n\nSTOMP\r\n", True),
            (b"CONNECTED\r\n", True),
            (b"ERROR\nmessage:no\n", False),
            (b"CONNECTION\n", False),
            (b"GET / HTTP/1.1\r\n", False),
        ):
            pair = opened(Beating)
            for place in range(len(opening)):
                pair.client.dataReceived(opening[place : place + 1])
            self.assertEqual(pair.client._heartbeat_wire.ready, ready)
            self.assertEqual(pair.client.received, opening)

    def test_something_else(self) -> None:
        """What cannot become an opening is handed on as soon as that shows."""
        for data in (b"BUSY", b"CONNECTS", b"ERROR", b"\x15"):
            pair = opened(Beating)
            pair.client.dataReceived(data)
            self.assertEqual(pair.client.received, data)
            self.assertFalse(pair.client._heartbeat_wire.ready)

    def test_gone(self) -> None:
        """After the opening nothing stands before the protocol."""
        pair = opened(Beating, CONNECTED)
        pair.client.dataReceived(b"\n")
        self.assertEqual(pair.client._heartbeat_wire._kept, b"")
        following = pair.client._heartbeat_wire._following
        self.assertIs(following, Following.OVER)

    def test_mute(self) -> None:
        """A policy that asks is refused where the class is written."""
        with self.assertRaisesRegex(TypeError, "Stomp has no question"):
            type("Asking", (Beating,), {"keepalive": Keepalive()})

    def test_value(self) -> None:
        """The wire is a value: one is like another."""
        self.assertEqual({Stomp(), Stomp()}, {Stomp()})
        self.assertEqual(repr(Stomp()), "Stomp()")
