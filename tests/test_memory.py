"""The connection in memory keeps to what Twisted's TCP transport does."""

from __future__ import annotations

from typing import Any

from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.interfaces import IConsumer, IPushProducer, ITransport
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from heartbeat.memory import BUFFER, MemoryTransport, Stage, join
from tests.connections import Sink


class Source:
    """A producer that writes *pieces*, one each time it is asked."""

    def __init__(self, transport: Any, pieces: list[bytes]) -> None:
        self.transport = transport
        self.pieces = pieces
        self.calls: list[str] = []

    def resumeProducing(self) -> None:
        """Write one piece, or say that it is done."""
        self.calls.append("resume")
        if self.pieces:
            self.transport.write(self.pieces.pop(0))
        else:
            self.transport.unregisterProducer()

    def pauseProducing(self) -> None:
        """Write it down."""
        self.calls.append("pause")

    def stopProducing(self) -> None:
        """Write it down."""
        self.calls.append("stop")


class _Cases(SynchronousTestCase):
    def setUp(self) -> None:
        self.client, self.server = Sink(), Sink()
        self.ours, self.theirs = join(self.client, self.server)
        self.client.makeConnection(self.ours)
        self.server.makeConnection(self.theirs)

    def settle(self) -> None:
        """Move until nothing moves."""
        ends = (self.ours, self.theirs)
        while any([end.deliver() or end.finish() for end in ends]):  # noqa: C419
            pass

    def reason(self, sink: Sink) -> type:
        """Why *sink* lost its connection, once."""
        (failure,) = sink.lost
        return type(failure.value)


class WriteTests(_Cases):
    def test_interfaces(self) -> None:
        """It is what protocols expect."""
        for interface in (ITransport, IConsumer, IPushProducer):
            verifyObject(interface, self.ours)

    def test_bytes_wait_to_be_moved(self) -> None:
        """What is written arrives when the test says so."""
        self.ours.write(b"a")
        self.ours.writeSequence([b"b", b"", b"c"])
        self.assertEqual(self.server.received, b"")
        self.assertTrue(self.ours.deliver())
        self.assertEqual(self.server.received, b"abc")
        self.assertFalse(self.ours.deliver())

    def test_only_bytes(self) -> None:
        """Anything but bytes is refused where it is written."""
        text: Any = "text"
        with self.assertRaises(TypeError):
            self.ours.write(text)

    def test_addresses(self) -> None:
        """Each end's peer is the other's host."""
        self.assertEqual(self.ours.getPeer(), self.theirs.getHost())
        self.assertEqual(self.theirs.getPeer(), self.ours.getHost())

    def test_options(self) -> None:
        """Options of TCP that protocols set everywhere are taken."""
        self.ours.setTcpNoDelay(True)
        self.ours.setTcpKeepAlive(True)
        self.assertTrue(self.ours.getTcpNoDelay())
        self.assertFalse(self.ours.getTcpKeepAlive())

    def test_dropped(self) -> None:
        """Bytes can vanish on their way."""
        self.ours.write(b"gone")
        self.ours.drop()
        self.settle()
        self.assertEqual(self.server.received, b"")


class CloseTests(_Cases):
    def test_delivers_first(self) -> None:
        """A close lets arrive what was written, before it and after it."""
        self.ours.write(b"before ")
        self.ours.loseConnection()
        self.ours.loseConnection()
        self.assertTrue(self.ours.disconnecting)
        self.ours.write(b"after")
        self.settle()
        self.assertEqual(self.server.received, b"before after")
        self.assertIs(self.reason(self.client), ConnectionDone)
        self.assertIs(self.reason(self.server), ConnectionDone)

    def test_reads_no_more(self) -> None:
        """After loseConnection nothing is delivered; who writes is told off."""
        self.theirs.write(b"too late")
        self.ours.loseConnection()
        self.settle()
        self.assertEqual(self.client.received, b"")
        self.assertIs(self.reason(self.server), ConnectionLost)

    def test_both_close(self) -> None:
        """Two ends that close at once, with bytes on the way, both end."""
        for end in (self.ours, self.theirs):
            end.write(b"bye")
            end.stopProducing()
        self.settle()
        self.assertIs(self.reason(self.client), ConnectionDone)
        self.assertIs(self.reason(self.server), ConnectionDone)

    def test_abort(self) -> None:
        """An abort loses what was written, and ends not before the next turn."""
        self.ours.write(b"lost")
        self.ours.abortConnection()
        self.ours.write(b"lost, too")
        self.assertEqual(self.client.lost, [])
        self.assertFalse(self.ours.disconnecting)  # as in Twisted
        self.settle()
        self.assertEqual(self.server.received, b"")
        self.assertIs(self.reason(self.client), ConnectionAborted)
        self.assertIs(self.reason(self.server), ConnectionLost)

    def test_afterwards(self) -> None:
        """Once lost, nothing that is asked of it does anything."""
        self.ours.abortConnection()
        self.settle()
        self.ours.write(b"late")
        self.ours.loseConnection()
        self.ours.abortConnection()
        self.ours.lose(ConnectionLost())
        self.ours.hear(ConnectionLost())
        self.settle()
        self.assertIs(self.ours.stage, Stage.LOST)
        self.assertFalse(self.ours.connected)
        self.assertEqual(len(self.client.lost), 1)

    def test_unread(self) -> None:
        """An end that does not read learns nothing, not even of the end."""
        self.theirs.pauseProducing()
        self.ours.write(b"unread")
        self.ours.loseConnection()
        self.settle()
        self.assertEqual(self.client.lost, [])
        self.theirs.resumeProducing()
        self.settle()
        self.assertEqual(self.server.received, b"unread")
        self.assertIs(self.reason(self.server), ConnectionDone)

    def test_end_unheard(self) -> None:
        """It learns of it when it reads again."""
        self.theirs.pauseProducing()
        self.ours.abortConnection()
        self.settle()
        self.assertEqual(self.server.lost, [])
        self.theirs.resumeProducing()
        self.settle()
        self.assertIs(self.reason(self.server), ConnectionLost)

    def test_write_to_a_lost_end(self) -> None:
        """Or when it writes, for then it is told off."""
        self.theirs.pauseProducing()
        self.ours.abortConnection()
        self.settle()
        self.theirs.write(b"anybody there?")
        self.settle()
        self.assertIs(self.reason(self.server), ConnectionLost)

    def test_alone(self) -> None:
        """Where no word reaches the other side, each end ends for itself."""
        self.assertFalse(self.ours.finish_alone())
        self.ours.loseConnection()
        self.assertTrue(self.ours.finish_alone())
        self.theirs.abortConnection()
        self.assertTrue(self.theirs.finish_alone())
        self.assertIs(self.reason(self.client), ConnectionDone)
        self.assertIs(self.reason(self.server), ConnectionAborted)


class ProducerTests(_Cases):
    def test_pull(self) -> None:
        """A pull producer is asked whenever everything has left."""
        source = Source(self.ours, [b"1", b"2", b"3"])
        self.ours.registerProducer(source, streaming=False)
        self.ours.loseConnection()
        self.settle()
        self.assertEqual(self.server.received, b"123")
        self.assertIs(self.reason(self.client), ConnectionDone)
        self.assertNotIn("stop", source.calls)

    def test_push(self) -> None:
        """A push producer is paused behind a full queue, and resumed once."""
        source = Source(self.ours, [])
        self.ours.registerProducer(source, streaming=True)
        self.ours.write(b"x" * BUFFER)
        self.assertEqual(source.calls, [])
        self.ours.write(b"x")
        self.settle()
        self.assertEqual(source.calls, ["pause", "resume"])

    def test_not_paused(self) -> None:
        """One that was not paused is not resumed."""
        source = Source(self.ours, [])
        self.ours.registerProducer(source, streaming=True)
        self.ours.write(b"x")
        self.settle()
        self.assertEqual(source.calls, [])

    def test_close_waits(self) -> None:
        """A close waits for the producer, an end in between stops it."""
        source = Source(self.ours, [])
        self.ours.registerProducer(source, streaming=True)
        self.ours.loseConnection()
        self.settle()
        self.assertEqual(self.client.lost, [])
        self.theirs.abortConnection()
        self.settle()
        self.assertEqual(source.calls, ["stop"])
        self.assertIs(self.reason(self.client), ConnectionLost)

    def test_only_one(self) -> None:
        """A second producer is an error."""
        self.ours.registerProducer(Source(self.ours, []), streaming=True)
        with self.assertRaisesRegex(RuntimeError, "never unregistered"):
            self.ours.registerProducer(Source(self.ours, []), streaming=True)

    def test_too_late(self) -> None:
        """A producer for a lost connection is stopped."""
        self.ours.lose(ConnectionLost())
        source = Source(self.ours, [])
        self.ours.registerProducer(source, streaming=True)
        self.assertEqual(source.calls, ["stop"])

    def test_still_writing(self) -> None:
        """A producer is not asked for more while its protocol's bytes wait."""
        source = Source(self.ours, [])

        class Talker(Sink):
            def dataReceived(self, data: bytes) -> None:
                if not self.received:
                    other.write(b"back")
                super().dataReceived(data)

        talker = Talker()
        other: MemoryTransport = self.ours
        self.theirs.protocol = talker
        self.ours.registerProducer(source, streaming=True)
        self.ours.write(b"x" * (BUFFER + 1))
        self.assertTrue(self.ours.deliver())
        self.assertEqual(source.calls, ["pause"])
        self.settle()
        self.assertEqual(source.calls, ["pause", "resume"])
