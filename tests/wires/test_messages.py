"""What wires have in common whose protocol delivers one message at a time."""

from __future__ import annotations

from typing import Any, ClassVar

import attrs
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import HeartbeatMixin, Keepalive, PolicyError
from heartbeat.protocol import connection_of
from heartbeat.testing import connect
from heartbeat.wires.messages import MessageWire, Sieve
from tests.connections import Sink


@attrs.frozen(kw_only=True)
class Parcels(MessageWire):
    """A wire for `Post`."""

    receiver: ClassVar[str] = "arrived"
    sender: ClassVar[str] = "send"


class Post(Protocol):
    """Every write is a message, for a peer that reads as fast."""

    MAX_LENGTH = 100

    def __init__(self) -> None:
        self.parcels: list[bytes] = []

    def dataReceived(self, data: bytes) -> None:
        """One message."""
        self.arrived(data)

    def arrived(self, parcel: bytes) -> object:
        """Keep it."""
        self.parcels.append(parcel)
        return "kept"

    def send(self, parcel: bytes) -> None:
        """Write it."""
        self.transport.write(parcel)  # type: ignore[union-attr]


class Beating(HeartbeatMixin, Post):
    keepalive = Keepalive(interval=30, timeout=10, jitter=0)
    wire = Parcels(ping=b"?", pong=b"!")


class WordTests(SynchronousTestCase):
    def test_refused(self) -> None:
        """Words that cannot be told apart, or are none, are refused with the way out."""
        text: Any = "PING"
        for words in (
            {"ping": b""},
            {"pong": b"TWO WORDS"},
            {"ping": text},
            {"ping": b"SAME", "pong": b"SAME"},
        ):
            with self.assertRaises(PolicyError) as caught:
                Parcels(**words)
            self.assertIn(
                "give" if len(words) == 1 else "for ever", str(caught.exception)
            )

    def test_own_words(self) -> None:
        """Words can be chosen."""
        pair = connect(Beating(), Sink(), Clock())
        pair.server.transport.write(b"? 1")  # type: ignore[union-attr]
        pair.flush()
        self.assertEqual(pair.server.received, b"! 1")
        pair.server.transport.write(b"!")  # type: ignore[union-attr]
        pair.flush()
        pair.server.transport.write(b"?!")  # type: ignore[union-attr]
        pair.flush()
        self.assertEqual(pair.client.parcels, [b"?!"])
        pair.client.send_beat()
        pair.client.heartbeat.ping().addErrback(lambda _: None)
        pair.flush()
        self.assertRegex(pair.server.received, rb"^! 1!\? [0-9a-f]{16}$")
        pair.lose()


class CheckTests(SynchronousTestCase):
    def test_methods_missing(self) -> None:
        """A class that cannot receive or send such messages is refused where written."""
        for missing in ("arrived", "send"):
            body = {"wire": Parcels(), missing: None}
            with self.assertRaisesRegex(TypeError, missing):
                type("Crippled", (HeartbeatMixin, Post), body)

    def test_messages_too_short(self) -> None:
        """So is one whose longest message is shorter than a ping."""
        with self.assertRaisesRegex(TypeError, "at most 20 bytes"):
            type("Short", (HeartbeatMixin, Post), {"wire": Parcels(), "MAX_LENGTH": 20})

    def test_no_limit_known(self) -> None:
        """A class that names no limit has none."""
        self.assertEqual(Parcels().limit_of(Protocol), float("inf"))

    def test_hook_is_passed_through(self) -> None:
        """The user's hook gets its message, and its result is returned."""
        pair = connect(Beating(), Sink(), Clock())
        self.assertEqual(pair.client.arrived(b"parcel"), "kept")
        self.assertIsNone(pair.client.arrived(b"! 1"))
        self.assertEqual(pair.client.parcels, [b"parcel"])
        not_bytes: list[Any] = [bytearray(b"?x"), bytearray(b"? 7")]
        self.assertEqual(list(map(pair.client.arrived, not_bytes)), ["kept", None])
        pair.flush()
        self.assertEqual(pair.server.received, b"! 7")


class SieveTests(SynchronousTestCase):
    def test_removed(self) -> None:
        """Removed, also twice, it leaves no trace, and whoever kept it gets everything."""
        client = connect(Beating(), Sink(), Clock()).client
        sieve = Sieve(client.wire, client, client.heartbeat)
        kept = client.arrived
        sieve.remove()
        sieve.remove()
        self.assertNotEqual(client.arrived, kept)
        kept(b"! 1")
        self.assertEqual(client.parcels, [])
        connection_of(client).leave(Failure(ConnectionDone()))
        kept(b"! 1")
        self.assertEqual(client.parcels, [b"! 1"])
