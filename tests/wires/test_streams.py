"""What wires of a byte stream have in common."""

from __future__ import annotations

import gc
import socket
import struct
import weakref
from typing import TYPE_CHECKING, Any, ClassVar

from hypothesis import strategies as st
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import (
    Heartbeat,
    HeartbeatMixin,
    Keepalive,
    NotConnectedError,
    NotReadyError,
)
from heartbeat.host import Host
from heartbeat.protocol import hand_over
from heartbeat.testing import assert_nothing_left, connect
from heartbeat.wires.streams import KEPT, MORE, Stream, StreamWire
from tests.connections import Sink, adopted, tcp_pair, until
from tests.reactors import fresh
from tests.wires.stream_cases import StreamCases, Streaming, opened

if TYPE_CHECKING:
    from heartbeat.testing import Pair

PING, PONG, TEXT, BROKEN, CRASHING, ENDLESS = 1, 2, 3, 4, 5, 6


def parcel(kind: int, content: bytes = b"") -> bytes:
    """A frame of one type byte, one length byte, and its content."""
    return struct.pack("BB", kind, len(content)) + content


class ParcelStream(Stream):
    """Follows parcels."""

    __slots__ = ()

    def split(self, data: bytes, at: int) -> int:
        if data[at] == BROKEN:
            raise ValueError(data[at])
        if data[at] == CRASHING:
            raise KeyError(data[at])
        if len(data) < at + 2 or data[at] == ENDLESS:
            return MORE
        size = 2 + data[at + 1]
        return -size if data[at] in (PING, PONG) else size

    def taken(self, frame: bytes) -> None:
        if frame[0] == PING:
            self.heartbeat.pinged(frame[2:], self.answer)
        else:
            self.heartbeat.pong(frame[2:])

    def answer(self, payload: bytes) -> None:
        self.protocol.transport.write(parcel(PONG, payload))


class Parcels(StreamWire):
    """Pings and pongs as parcels."""

    stream: ClassVar[type[Stream]] = ParcelStream

    def send_ping(self, protocol: Any, payload: bytes) -> None:
        self.ready_stream(protocol).protocol.transport.write(parcel(PING, payload))

    def send_beat(self, protocol: Any) -> None:
        self.ready_stream(protocol).protocol.transport.write(parcel(PONG))


class Post(Streaming, Protocol):
    wire = Parcels()


class Reacting(Post):
    """Does something when a text arrives."""

    reaction: Any = staticmethod(lambda protocol: None)

    def dataReceived(self, data: bytes) -> None:
        super().dataReceived(data)
        self.reaction(self)


def reacting(reaction: Any) -> Pair[Any, Sink]:
    """A connection that calls *reaction*, with the protocol, for all it receives."""
    body = {"reaction": staticmethod(reaction)}
    return opened(type("Reacted", (Reacting,), body))


class ParcelTests(StreamCases, SynchronousTestCase):
    """A wire of one's own."""

    wire = Parcels()
    opening = parcel(TEXT)
    foreign = st.builds(parcel, st.just(TEXT), st.binary(max_size=30))
    taken = (parcel(PING, b"1"), parcel(PONG), parcel(PONG, b"22"))
    words = (parcel(PING, b"123"), parcel(BROKEN), bytes([ENDLESS]), parcel(TEXT, b"1"))

    def test_not_ready(self) -> None:
        """These speak from the first byte on, unless they say otherwise, and not at the end."""
        pair = opened(Post)
        pair.client.send_beat()
        pair.flush()
        self.assertEqual(pair.server.received, parcel(PONG))
        pair.client._heartbeat_wire.ready = False
        with self.assertRaisesRegex(NotReadyError, "Parcels waits"):
            pair.client.send_beat()
        pair.lose()
        self.assertRaises(NotConnectedError, pair.client.send_beat)

    def test_both_sides(self) -> None:
        """Two sides keep each other alive, unseen by the protocols."""
        pair = connect(Post(), Post(), Clock())
        pair.advance(1000)
        self.assertEqual(pair.client.pieces + pair.server.pieces, [])
        asked = pair.client.heartbeat.counters.pings_sent
        self.assertGreater(asked, 10)
        self.assertEqual(pair.client.heartbeat.counters.pongs, asked)
        pair.lose()

    def test_order(self) -> None:
        """An answer leaves after what the protocol says to the bytes before it."""
        pair = reacting(lambda protocol: protocol.transport.write(b"hello"))
        pair.client.dataReceived(parcel(TEXT) + parcel(PING, b"7"))
        pair.flush()
        self.assertEqual(pair.server.received, b"hello" + parcel(PONG, b"7"))


class LongTests(SynchronousTestCase):
    """Frames of ours that are longer than what waits."""

    def test_any_cut(self) -> None:
        """However it is cut, one that fits is taken, and a longer one handed on."""
        fits, longer = parcel(PING, b"x" * (KEPT - 2)), parcel(PING, b"x" * (KEPT - 1))
        self.assertEqual((len(fits), len(longer)), (KEPT, KEPT + 1))
        whole = parcel(TEXT, b"1") + fits + longer + parcel(PING, b"2") + parcel(TEXT)
        for size in (1, 2, 3, 63, 64, 65, KEPT - 1, KEPT, KEPT + 1, len(whole)):
            self.followed(whole, [size] * (len(whole) // size + 1), longer)
        for first in range(1, len(whole)):
            self.followed(whole, [first, len(whole)], longer)

    def followed(self, whole: bytes, sizes: list[int], longer: bytes) -> None:
        """Feed the *whole* in pieces of these *sizes*."""
        pair = opened(Post)
        at = 0
        for size in sizes:
            pair.client.dataReceived(whole[at : at + size])
            self.assertLessEqual(len(pair.client._heartbeat_wire._kept), KEPT)
            at += size
        expected = parcel(TEXT, b"1") + longer + parcel(TEXT)
        self.assertEqual(pair.client.received, expected, sizes)
        pair.flush()
        self.assertEqual(pair.server.received, parcel(PONG, b"2"))
        pair.lose()


class WithheldTests(SynchronousTestCase):
    """What waits for more arrives before the end, whichever end that is."""

    def test_loss(self) -> None:
        """It does before ``connectionLost``, while the timers can still be used."""
        events: list[Any] = []

        class Noting(Post):
            def dataReceived(self, data: bytes) -> None:
                self.clock.callLater(5, events.append, "never")
                events.append((data, self.heartbeat.phase.name))

            def connectionLost(self, reason: Any = None) -> None:
                events.append(self.clock.getDelayedCalls())

        pair = opened(Noting)
        pair.client.dataReceived(parcel(TEXT) + b"\1")
        pair.lose()
        pair.clock.advance(10)
        self.assertEqual(events, [(parcel(TEXT), "RUNNING"), (b"\1", "RUNNING"), []])
        assert_nothing_left(pair.clock, pair.client)

    def test_on_tcp(self) -> None:
        """So it does if the peer ends a connection of TCP, or of UNIX."""
        for sockets in (tcp_pair, socket.socketpair):
            with fresh("select") as reactor:
                protocol = Post()
                protocol.reactor = reactor
                ours, peer = sockets()
                with peer, adopted(reactor, protocol, ours):
                    peer.sendall(parcel(TEXT) + b"\1")
                    until(reactor, lambda: protocol.received)  # noqa: B023
                    self.assertEqual(protocol.received, parcel(TEXT))
                self.assertEqual(protocol.pieces, [parcel(TEXT), b"\1"])

    def test_handed_over(self) -> None:
        """What came before a protocol gives its connection away is its own."""
        pair = opened(Post)
        pair.client.dataReceived(b"\1")
        hand_over(pair.client)
        self.assertEqual(pair.client.pieces, [b"\1"])

    def test_handed_over_by_itself(self) -> None:
        """Also if it does so when it takes up its own."""
        pair = reacting(lambda protocol: None)
        pair.client.dataReceived(b"\1")
        pair.client.reaction = hand_over
        pair.client.dataReceived(b"")
        pair.client.dataReceived(b"\2")
        self.assertEqual(pair.client.received, b"\1\2")

    def test_protocol_that_raises(self) -> None:
        """What the protocol raises then is reported, and the loss goes on."""
        for error in (ZeroDivisionError, SystemExit):
            pair = opened(Post)
            pair.client.dataReceived(b"\1")
            lost: list[Any] = []
            pair.client.clock.on_close(lost.append)
            pair.client.pieces = Refusing(error)
            pair.lose()
            self.assertEqual(len(lost), 1)
            self.assertEqual(len(self.flushLoggedErrors(error)), 1)
            self.assertEqual(pair.client.heartbeat.counters.hook_failures, 1)

    def test_not_after_an_error(self) -> None:
        """A protocol that has raised gets nothing more of what came with that."""

        def fail(protocol: Any) -> None:
            raise ZeroDivisionError

        pair = reacting(fail)
        with self.assertRaises(ZeroDivisionError):
            pair.client.dataReceived(parcel(TEXT) + b"\1")
        pair.lose()
        self.assertEqual(pair.client.pieces, [parcel(TEXT)])

    def test_stopped(self) -> None:
        """Whoever stops the following gets it at once."""
        pair = opened(Post)
        pair.client.dataReceived(b"\1")
        pair.client._heartbeat_wire.stop()
        self.assertEqual(pair.client.pieces, [b"\1"])
        pair.lose()
        self.assertEqual(pair.client.pieces, [b"\1"])

    def test_by_hand(self) -> None:
        """Without the mixin as well."""
        for kind in (ByHand, Backwards):
            clock = Clock()
            pair = connect(kind(clock), Sink(), clock)
            pair.client.dataReceived(b"\1")
            pair.lose()
            self.assertEqual(pair.client.received, b"\1")


class Refusing:
    """Takes nothing.

    Args:
        error: What it raises.
    """

    def __init__(self, error: type[BaseException]) -> None:
        self.error = error

    def append(self, _: object) -> None:
        """Refuse it."""
        raise self.error


class BrokenTests(SynchronousTestCase):
    """Streams, wires and protocols that do what they should not."""

    def test_no_frames(self) -> None:
        """What is no frame ends the following; all goes to the protocol then."""
        for end in (bytes([BROKEN]), bytes([ENDLESS]) * (KEPT + 1)):
            pair = opened(Post)
            pair.client.dataReceived(parcel(PONG) + end + parcel(PING))
            pair.client.dataReceived(parcel(PING))
            self.assertEqual(pair.client.received, end + parcel(PING) * 2)

    def test_kept_bytes_are_not_lost(self) -> None:
        """Nor is what was kept of it."""
        pair = opened(Post)
        for _ in range(KEPT + 2):
            pair.client.dataReceived(bytes([ENDLESS]))
        self.assertEqual(pair.client.received, bytes([ENDLESS]) * (KEPT + 2))

    def test_split_that_raises(self) -> None:
        """An error of the wire is reported and counted, and the bytes arrive."""
        pair = opened(Post)
        pair.client.dataReceived(parcel(CRASHING) + parcel(PING))
        self.assertEqual(pair.client.received, parcel(CRASHING) + parcel(PING))
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)
        self.assertEqual(pair.client.heartbeat.counters.hook_failures, 1)

    def test_taken_that_raises(self) -> None:
        """So is one in what it does with a frame; the next is followed."""

        class Clumsy(ParcelStream):
            def taken(self, frame: bytes) -> None:
                super().taken(frame)
                raise KeyError(frame)

        wire = type("Clumsily", (Parcels,), {"stream": Clumsy})()
        pair = opened(type("Recipient", (Post,), {"wire": wire}))
        pair.client.dataReceived((parcel(PING, b"1") + parcel(TEXT)) * 2)
        pair.flush()
        self.assertEqual(pair.server.received, parcel(PONG, b"1") * 2)
        self.assertEqual(pair.client.received, parcel(TEXT) * 2)
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 2)

    def test_protocol_that_raises(self) -> None:
        """What the protocol raises comes out, and then nothing is followed."""

        def fail(protocol: Any) -> None:
            raise ZeroDivisionError

        pair = reacting(fail)
        for _ in range(2):
            with self.assertRaises(ZeroDivisionError):
                pair.client.dataReceived(parcel(TEXT) + parcel(PING))
        self.assertEqual(
            pair.client.pieces, [parcel(TEXT), parcel(TEXT) + parcel(PING)]
        )

    def test_result(self) -> None:
        """What the protocol returns is returned: a transport may look at it."""
        for data in (parcel(TEXT), parcel(TEXT) + parcel(PING), parcel(PING) * 2):
            pair = opened(Post)
            result = None if data[0] == PING else "why"
            pair.client.dataReceived = self.answering(pair.client, result)
            pair.client.wire.attach(pair.client, pair.client.heartbeat)
            self.assertEqual(pair.client.dataReceived(data), result)

    @staticmethod
    def answering(protocol: Any, result: object) -> Any:
        """A ``dataReceived`` that returns *result*."""
        return lambda data: result


class NestedTests(SynchronousTestCase):
    """Calls in calls, and ends in the middle."""

    def test_lines_and_raw_data(self) -> None:
        """What a `LineReceiver` gives back to itself is not followed again."""

        class Mixed(HeartbeatMixin, LineReceiver):
            keepalive = Keepalive(interval=30, timeout=10)
            wire = Parcels()
            delimiter = b"\n"
            raw = b""

            def lineReceived(self, line: bytes) -> None:
                self.setRawMode()

            def rawDataReceived(self, data: bytes) -> None:
                self.raw += data[:4]
                self.setLineMode(data[4:])

        # Two texts that hold a line, raw data that looks like a ping, and the rest.
        data = parcel(TEXT, b"\n" + parcel(PING) * 2 + b"\n" + parcel(PING) * 3)
        pair = opened(type("Plain", (Mixed,), {}))
        pair.client.dataReceived(data)
        pair.client.dataReceived(b"")
        pair.client.resumeProducing()
        pair.flush()
        self.assertEqual(pair.server.received, b"")
        self.assertEqual(pair.client.raw, parcel(PING) * 2 + parcel(PING) * 2)

    def test_more_arguments(self) -> None:
        """A protocol may have arguments of its own, for what it gives back to itself."""

        class Unpausing(Post):
            def dataReceived(self, data: bytes, again: bool = False) -> None:
                super().dataReceived(b"again " + data if again else data)

        pair = opened(Unpausing)
        pair.client.dataReceived(parcel(PONG), True)
        self.assertEqual(pair.client.pieces, [b"again " + parcel(PONG)])

    def test_paused(self) -> None:
        """Nor what it kept while it was paused, and takes up again by itself."""

        class Pausing(HeartbeatMixin, LineReceiver):
            keepalive = Keepalive(interval=30, timeout=10)
            wire = Parcels()
            delimiter = b"\n"
            raw = b""

            def lineReceived(self, line: bytes) -> None:
                if line[0] == TEXT:
                    self.pauseProducing()
                else:
                    self.setRawMode()

            def rawDataReceived(self, data: bytes) -> None:
                self.raw += data[:4]
                self.setLineMode(data[4:])

        pair = opened(type("Plain", (Pausing,), {}))
        line = parcel(PING, b"\n") + parcel(PING) * 2
        pair.client.dataReceived(parcel(TEXT, b"\n" + line * 2))
        self.assertEqual(pair.client.raw, b"")
        pair.client.resumeProducing()
        pair.flush()
        self.assertEqual(pair.client.raw, parcel(PING) * 4)
        self.assertEqual(pair.server.received, b"")

    def test_handed_over_with_a_tail(self) -> None:
        """That is so for what would have been kept, too."""
        pair = reacting(hand_over)
        pair.client.dataReceived(parcel(TEXT) + bytes([TEXT]))
        pair.client.dataReceived(parcel(PING))
        self.assertEqual(
            pair.client.pieces, [parcel(TEXT), bytes([TEXT]), parcel(PING)]
        )

    def test_raising_by_itself(self) -> None:
        """What a protocol raises when it takes up its own changes nothing."""
        pair = opened(Post)
        pair.client.pieces = None
        with self.assertRaises(AttributeError):
            pair.client.dataReceived(b"")
        pair.client.pieces = []
        pair.client.dataReceived(parcel(PING) + parcel(TEXT))
        self.assertEqual(pair.client.pieces, [parcel(TEXT)])

    def test_handed_over(self) -> None:
        """A protocol that gives its connection away gets all the rest of the chunk."""
        pair = reacting(hand_over)
        rest = parcel(PING) + parcel(TEXT, b"rest") + b"\x03"
        pair.client.dataReceived(parcel(TEXT) + rest)
        self.assertEqual(pair.client.pieces, [parcel(TEXT), rest])

    def test_lost_in_the_middle(self) -> None:
        """So does one whose connection is lost while it receives."""
        pair = reacting(lambda protocol: protocol.transport.lose(ConnectionDone()))
        pair.client.dataReceived(parcel(TEXT) + parcel(PING) + parcel(TEXT))
        self.assertEqual(
            pair.client.pieces, [parcel(TEXT), parcel(PING) + parcel(TEXT)]
        )

    def test_lost_by_a_frame(self) -> None:
        """Taking a frame may end all; that it then fails is nobody's business."""

        class Ending(ParcelStream):
            def taken(self, frame: bytes) -> None:
                self.protocol.transport.lose(ConnectionDone())
                raise KeyError

        wire = type("Endingly", (Parcels,), {"stream": Ending})()
        pair = opened(type("Recipient", (Post,), {"wire": wire}))
        pair.client.dataReceived(parcel(PING) + parcel(TEXT) + parcel(PING))
        self.assertEqual(pair.client.received, parcel(TEXT) + parcel(PING))


class RemovedTests(SynchronousTestCase):
    """Nothing is left of a stream."""

    def test_twice(self) -> None:
        """It can be removed twice, and whoever kept it gets everything."""
        pair = opened(Post)
        stream: Stream = pair.client._heartbeat_wire
        stream.remove()
        stream.remove()
        stream.stop()
        pair.client.dataReceived(parcel(PING))
        stream.receive(parcel(PING))
        self.assertEqual(pair.client.received, parcel(PING) * 2)
        pair.lose()

    def test_on_tcp(self) -> None:
        """Over TCP the instance is afterwards as it was."""
        with fresh("select") as reactor:
            self.followed(reactor, lambda stream: None)

    def test_stopped_on_tcp(self) -> None:
        """After `Stream.stop` nothing stands before ``dataReceived`` any more."""
        with fresh("select") as reactor:
            before = self.followed(reactor, Stream.stop)
        self.assertNotIn("dataReceived", before)

    def test_on_unix(self) -> None:
        """Where bytes are counted before ``dataReceived`` as well, no less."""
        with fresh("select") as reactor:
            self.followed(reactor, lambda stream: None, socket.socketpair())
            self.followed(reactor, Stream.stop, socket.socketpair())

    def test_freed(self) -> None:
        """A protocol that was lost waits for no collector."""
        self.addCleanup(gc.enable)
        gc.disable()
        with fresh("select") as reactor:
            protocol = Post()
            protocol.reactor = reactor
            ours, peer = socket.socketpair()
            gone: Any = weakref.ref(protocol)
            with peer, adopted(reactor, protocol, ours):
                peer.sendall(parcel(PING) + parcel(TEXT))
                until(reactor, lambda: gone().received)
            del protocol
            self.assertIsNone(gone())

    def followed(self, reactor: Any, act: Any, sockets: Any = None) -> dict[str, Any]:
        """What a protocol has of its own after *act*; checked when it is lost."""
        protocol = Post()
        protocol.reactor = reactor
        ours, peer = sockets or tcp_pair()
        with peer, adopted(reactor, protocol, ours):
            peer.sendall(parcel(PONG, b"1") + parcel(TEXT))
            until(reactor, lambda: protocol.received)
            self.assertIn("dataReceived", vars(protocol))
            act(vars(protocol)["_heartbeat_wire"])
            own = dict(vars(protocol))
        self.assertEqual(protocol.pieces, [parcel(TEXT)])
        self.assertNotIn("dataReceived", vars(protocol))
        self.assertNotIn("_heartbeat_wire", vars(protocol))
        return own

    def test_connected_again(self) -> None:
        """A protocol that is connected again and again gets no heavier."""
        clock, protocol = Clock(), Post()
        for end in (None, Stream.stop):
            for _ in range(3):
                pair = connect(protocol, Sink(), clock)
                if end is not None:
                    end(vars(protocol)["_heartbeat_wire"])
                pair.lose()
                self.assertNotIn("dataReceived", vars(protocol))

    def test_counted_on(self) -> None:
        """What was counted before a stream goes is not forgotten."""
        pair = opened(Post)
        pair.client.dataReceived(parcel(TEXT))
        pair.clock.advance(1)
        pair.client._heartbeat_wire.stop()
        evidence = pair.client.heartbeat.probe.look()
        self.assertEqual((evidence.received, evidence.heard_ago), (2, 1.0))

    def test_forgotten(self) -> None:
        """Kept by somebody, it keeps neither the protocol nor its heartbeat."""
        pair = opened(Post)
        stream = pair.client._heartbeat_wire
        pair.lose()
        self.assertEqual((stream.protocol, stream.heartbeat), (None, None))

    def test_small(self) -> None:
        """It has no dictionary."""
        for kind in (Stream, ParcelStream):
            self.assertEqual(kind.__dictoffset__, 0)


class ByHand(Host, Protocol):
    """Ties a keepalive and a wire to itself, without the mixin."""

    wire = Parcels()

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.received = b""

    def connectionMade(self) -> None:
        policy = Keepalive(interval=30, timeout=10)
        self.pulse = Heartbeat(self, self.transport, policy, self.clock)
        self.detach = self.wire.attach(self, self.pulse)
        self.pulse.start()

    def dataReceived(self, data: bytes) -> None:
        self.received += data

    def connectionLost(self, reason: Failure = Failure(ConnectionDone())) -> None:  # noqa: B008
        for end in self.ends():
            end()
        self.pulse.release()

    def ends(self, reason: Failure = Failure(ConnectionDone())) -> list[Any]:  # noqa: B008
        """What ends the wire and the keepalive, in this order."""
        return [self.detach, lambda: self.pulse.lost(reason)]


class Backwards(ByHand):
    """Ends them in the other order."""

    def ends(self, reason: Failure = Failure(ConnectionDone())) -> list[Any]:  # noqa: B008
        """Both."""
        return super().ends(reason)[::-1]


class CompositionTests(SynchronousTestCase):
    """Without the mixin."""

    def test_by_hand(self) -> None:
        """A wire serves a keepalive that somebody ties to a protocol by hand."""
        for kind in (ByHand, Backwards):
            clock = Clock()
            pair = connect(kind(clock), Post(), clock)
            pair.server.transport.write(parcel(TEXT) + parcel(PING, b"1"))  # type: ignore[union-attr]
            pair.advance(1000)
            self.assertEqual(pair.client.received, parcel(TEXT))
            self.assertGreater(pair.client.pulse.counters.pongs, 10)
            self.assertEqual(pair.server.pieces, [])
            pair.lose()
            self.assertNotIn("dataReceived", vars(pair.client))
            assert_nothing_left(clock, pair.server)


class WireTests(SynchronousTestCase):
    """The wire itself."""

    def test_no_stream(self) -> None:
        """A class without ``dataReceived`` is refused where it is written."""
        with self.assertRaisesRegex(TypeError, r"has no dataReceived\(\).*Parcels"):
            type(
                "Deaf",
                (HeartbeatMixin, Protocol),
                {"wire": Parcels(), "dataReceived": None},
            )

    def test_abstract(self) -> None:
        """What a wire of one's own has to define says so."""
        wire = StreamWire()
        with self.assertRaises(NotImplementedError):
            wire.send_ping(None, b"")
        with self.assertRaises(NotImplementedError):
            wire.send_beat(None)
        pair = opened(type("Abstract", (Post,), {"wire": Bare()}))
        pair.client.dataReceived(parcel(PING))
        self.assertEqual(pair.client.received, parcel(PING))
        self.assertEqual(len(self.flushLoggedErrors(NotImplementedError)), 1)
        Stream(pair.client, pair.client.heartbeat).taken(b"")


class Bare(Parcels):
    """Makes streams that cannot split."""

    stream = Stream
