"""Counting bytes from outside, and leaving no trace."""

from __future__ import annotations

import functools
import gc
import weakref
from typing import Any

from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.protocols.basic import LineReceiver
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.counting import Arrivals, Departures
from tests.connections import Sink


class Lines(LineReceiver):
    """Reads raw bytes until ``;`` and then lines again, as LineReceiver has it."""

    delimiter = b"\n"

    def connectionMade(self) -> None:
        """Begin with raw bytes."""
        self.seen: list[bytes] = []
        self.setRawMode()

    def rawDataReceived(self, data: bytes) -> None:
        """Give back what follows the ``;``."""
        _, _, rest = data.partition(b";")
        self.setLineMode(rest)

    def lineReceived(self, line: bytes) -> None:
        """Keep it."""
        self.seen.append(line)


class ArrivalsTests(SynchronousTestCase):
    def setUp(self) -> None:
        """A clock that is not at 0."""
        self.clock = Clock()
        self.clock.advance(100)

    def counting(self, protocol: Protocol) -> Arrivals:
        """Count what *protocol*, connected in memory, receives."""
        protocol.makeConnection(StringTransport())
        return Arrivals(protocol, self.clock.seconds)

    def test_before_any(self) -> None:
        """Before any byte the peer counts as heard when counting began."""
        arrivals = self.counting(Sink())
        self.clock.advance(5)
        self.assertEqual((arrivals.total, arrivals.last_at), (0, 100.0))

    def test_bytes(self) -> None:
        """Bytes are counted, their time is kept, and the protocol gets them."""
        sink = Sink()
        arrivals = self.counting(sink)
        self.clock.advance(5)
        sink.dataReceived(b"12345")
        self.clock.advance(2)
        sink.dataReceived(b"678")
        self.assertEqual((arrivals.total, arrivals.last_at), (8, 107.0))
        self.assertEqual(sink.received, b"12345678")

    def test_more_than_bytes(self) -> None:
        """A protocol that hands itself bytes again, with a word on them, may."""

        class Again(Sink):
            def dataReceived(self, data: bytes, again: bool = False) -> None:
                super().dataReceived(data + b"!" * again)

        protocol = Again()
        arrivals = self.counting(protocol)
        protocol.dataReceived(b"12")
        protocol.dataReceived(b"2", True)
        self.assertEqual((arrivals.total, protocol.received), (2, b"122!"))

    def test_no_bytes(self) -> None:
        """A call without bytes, as ``resumeProducing`` makes, is not a sign of life."""
        lines = Lines()
        arrivals = self.counting(lines)
        lines.pauseProducing()
        self.clock.advance(5)
        lines.resumeProducing()
        self.assertEqual((arrivals.total, arrivals.last_at), (0, 100.0))

    def test_reinjected(self) -> None:
        """Bytes that ``setLineMode`` hands in again are not counted again."""
        lines = Lines()
        arrivals = self.counting(lines)
        lines.dataReceived(b"raw;one\ntwo\n")
        self.assertEqual(arrivals.total, 12)
        self.assertEqual(lines.seen, [b"one", b"two"])

    def test_protocol_raises(self) -> None:
        """What the protocol raises passes, and counting goes on."""

        class Picky(Protocol):
            def dataReceived(self, data: bytes) -> None:
                raise ValueError(data)

        picky = Picky()
        arrivals = self.counting(picky)
        self.assertRaises(ValueError, picky.dataReceived, b"12")
        self.assertRaises(ValueError, picky.dataReceived, b"345")
        self.assertEqual(arrivals.total, 5)

    def test_replaced(self) -> None:
        """A protocol that switches its ``dataReceived`` is counted on, leniently."""
        sink: Any = Sink()
        arrivals = self.counting(sink)
        got: list[bytes] = []
        sink.dataReceived = got.append
        self.clock.advance(5)

        arrivals.refresh()
        arrivals.refresh()
        sink.dataReceived(b"12")

        self.assertEqual((arrivals.total, arrivals.last_at), (2, 105.0))
        self.assertEqual(got, [b"12"])

    def test_wrapped(self) -> None:
        """Somebody else's wrapper around ours does not make bytes count twice."""
        sink: Any = Sink()
        arrivals = self.counting(sink)
        ours = sink.dataReceived
        sink.dataReceived = functools.partial(ours)
        arrivals.refresh()
        sink.dataReceived(b"12")
        self.assertEqual((arrivals.total, sink.received), (2, b"12"))

    def test_stop(self) -> None:
        """Stopped, it leaves no trace on the protocol and counts no more."""
        sink = Sink()
        arrivals = self.counting(sink)
        arrivals.stop()
        arrivals.stop()
        arrivals.refresh()
        sink.dataReceived(b"12")
        self.assertNotIn("dataReceived", vars(sink))
        self.assertEqual(arrivals.total, 0)

    def test_stop_below_another(self) -> None:
        """Stopped below somebody else's wrapper, it passes bytes and counts none."""
        sink: Any = Sink()
        arrivals = self.counting(sink)
        ours = sink.dataReceived
        sink.dataReceived = functools.partial(ours)
        arrivals.stop()
        sink.dataReceived(b"12")
        self.assertEqual((arrivals.total, sink.received), (0, b"12"))

    def test_below(self) -> None:
        """What stands below it comes and goes, in time unseen, without a trace."""
        sink: Any = Sink()
        arrivals = self.counting(sink)
        self.clock.advance(5)
        got: list[bytes] = []
        arrivals.below(lambda: setattr(sink, "dataReceived", got.append))
        self.assertEqual((arrivals.total, arrivals.last_at), (0, 100.0))
        sink.dataReceived(b"12")
        self.assertEqual((arrivals.total, arrivals.last_at, got), (2, 105.0, [b"12"]))
        arrivals.below(lambda: delattr(sink, "dataReceived"))
        sink.dataReceived(b"345")
        self.assertEqual((arrivals.total, sink.received), (5, b"345"))
        arrivals.stop()
        self.assertNotIn("dataReceived", vars(sink))

    def test_below_when_stopped(self) -> None:
        """Stopped, it lets it happen and counts no more."""
        sink: Any = Sink()
        arrivals = self.counting(sink)
        arrivals.stop()
        arrivals.below(lambda: setattr(sink, "dataReceived", list))
        self.assertIs(sink.dataReceived, list)

    def test_lets_go(self) -> None:
        """Stopped, it does not keep the protocol."""
        sink = Sink()
        arrivals = self.counting(sink)
        arrivals.stop()
        gone = weakref.ref(sink)
        del sink
        gc.collect()
        self.assertIsNone(gone())


class Pipe:
    """Takes some of what is written, like ``FileDescriptor.writeSomeData``."""

    def __init__(self, *answers: int | Exception) -> None:
        self.answers = list(answers)

    def writeSomeData(self, _data: bytes) -> int | Exception:  # noqa: N802 - Twisted's
        """The next answer."""
        return self.answers.pop(0)


class DeparturesTests(SynchronousTestCase):
    def test_counts_what_went(self) -> None:
        """Only bytes that were taken count: not a full kernel, not an error."""
        clock = Clock()
        error = ConnectionError()
        pipe = Pipe(3, 0, 4, error, 0)
        departures = Departures(pipe, clock.seconds)
        self.assertEqual((departures.total, departures.last_at), (0, None))
        answers = []
        for _ in range(5):
            clock.advance(1)
            answers.append(pipe.writeSomeData(b"data"))
        self.assertEqual(answers, [3, 0, 4, error, 0])
        self.assertEqual((departures.total, departures.last_at), (7, 3.0))

    def test_stop(self) -> None:
        """Stopped, it leaves no trace."""
        pipe = Pipe(3)
        departures = Departures(pipe, Clock().seconds)
        departures.stop()
        self.assertEqual(pipe.writeSomeData(b"data"), 3)
        self.assertEqual((departures.total, list(vars(pipe))), (0, ["answers"]))
