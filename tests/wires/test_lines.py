"""Pings and pongs as lines."""

from __future__ import annotations

from twisted.internet.task import Clock
from twisted.protocols.basic import LineOnlyReceiver, LineReceiver
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import HeartbeatMixin, Lines
from heartbeat.testing import connect
from tests.connections import Sink
from tests.wires.cases import Receiving, WireCases


class Lined(Receiving, LineReceiver):
    wire = Lines()


class LinedOnly(Receiving, LineOnlyReceiver):
    wire = Lines()


class LineReceiverTests(WireCases, SynchronousTestCase):
    """On `LineReceiver`."""

    make = Lined

    def framed(self, message: bytes) -> bytes:
        """One line."""
        return message + b"\r\n"

    def test_raw_mode(self) -> None:
        """Raw data is the user's, pings in it included; then lines are lines again."""

        class Body(Lined):
            raw = b""

            def lineReceived(self, line: bytes) -> None:
                super().lineReceived(line)
                self.setRawMode()

            def rawDataReceived(self, data: bytes) -> None:
                self.raw += data[:8]
                self.setLineMode(data[8:])

        pair = connect(Body(), Sink(), Clock())
        pair.server.transport.write(  # type: ignore[union-attr]
            b"PING 1\r\nbody\r\nPING 2\r\nPING 3\r\nnext\r\n"
        )
        pair.flush()
        self.assertEqual(pair.client.raw, b"PING 2\r\n")
        self.assertEqual(pair.client.messages, [b"body", b"next"])
        self.assertEqual(pair.server.received, b"PONG 1\r\nPONG 3\r\n")

    def test_closing_by_a_line(self) -> None:
        """After a line that closes the connection, pings get no answer any more."""

        class Quitting(Lined):
            def lineReceived(self, line: bytes) -> None:
                self.transport.loseConnection()  # type: ignore[union-attr]

        pair = connect(Quitting(), Sink(), Clock())
        pair.server.transport.write(b"quit\r\nPING 1\r\n")  # type: ignore[union-attr]
        pair.flush()
        self.assertEqual(pair.server.received, b"")

    def test_paused(self) -> None:
        """Lines that wait while the protocol is paused are sieved when it resumes."""

        class Pausing(Lined):
            def lineReceived(self, line: bytes) -> None:
                super().lineReceived(line)
                self.pauseProducing()

        pair = connect(Pausing(), Sink(), Clock())
        pair.server.transport.write(b"stop\r\nPING 1\r\n")  # type: ignore[union-attr]
        pair.flush()
        self.assertEqual(pair.server.received, b"")
        pair.client.resumeProducing()
        pair.flush()
        self.assertEqual(pair.server.received, b"PONG 1\r\n")

    def test_line_too_long(self) -> None:
        """A line beyond MAX_LENGTH is the protocol's business, even if it is a ping."""
        pair = connect(Lined(), Sink(), Clock())
        pair.server.transport.write(  # type: ignore[union-attr]
            b"PING " + b"x" * LineReceiver.MAX_LENGTH + b"\r\n"
        )
        pair.flush()
        self.assertEqual(len(pair.server.lost), 1)
        self.assertEqual(pair.server.received, b"")


class LineOnlyReceiverTests(WireCases, SynchronousTestCase):
    """On `LineOnlyReceiver`."""

    make = LinedOnly

    def framed(self, message: bytes) -> bytes:
        """One line."""
        return message + b"\r\n"


class CheckTests(SynchronousTestCase):
    def test_word_with_a_delimiter(self) -> None:
        """A word that would end the line is refused where the class is written."""
        with self.assertRaisesRegex(TypeError, "ends a line"):
            type(
                "Split", (HeartbeatMixin, LineReceiver), {"wire": Lines(pong=b"P\r\nG")}
            )

    def test_short_lines(self) -> None:
        """So are lines too short for a ping."""
        with self.assertRaisesRegex(TypeError, "at most 16 bytes"):
            type(
                "Short",
                (HeartbeatMixin, LineReceiver),
                {"wire": Lines(), "MAX_LENGTH": 16},
            )
