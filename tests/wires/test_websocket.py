"""Pings and pongs of WebSocket itself, on Autobahn's protocols."""

from __future__ import annotations

import gc
import importlib
import os
import struct
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource
from twisted.web.server import Site

from heartbeat import Heartbeat, HeartbeatMixin, Keepalive, Kind, PeerLostError
from heartbeat.answering import BURST, MAX_PAYLOAD, RETRY
from heartbeat.errors import NotReadyError
from heartbeat.host import Host
from heartbeat.testing import Pair, assert_nothing_left, connect
from heartbeat.wires.websocket import MARK, Control, WebSocket

if TYPE_CHECKING:
    from collections.abc import Callable

# Their annotations contradict each other.
compress: Any = importlib.import_module("autobahn.websocket.compress")
txaio: Any = importlib.import_module("txaio")
resource: Any = importlib.import_module("autobahn.twisted.resource")
websocket: Any = importlib.import_module("autobahn.twisted.websocket")

POLICY = Keepalive(interval=30, timeout=10, jitter=0)
PING, PONG = 9, 10
ABNORMAL = 1006


class Noting:
    """Keeps what Autobahn tells; list it before one of its protocols."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[bytes] = []
        self.pongs: list[bytes] = []
        self.closes: list[tuple[bool, int, str]] = []

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803
        """Keep it."""
        self.messages.append(payload)

    def onPong(self, payload: bytes) -> None:  # noqa: N802
        """Keep it."""
        self.pongs.append(payload)

    def onClose(self, wasClean: bool, code: int, reason: str) -> None:  # noqa: N802, N803
        """Keep it."""
        self.closes.append((wasClean, code, reason))


class PlainClient(Noting, websocket.WebSocketClientProtocol):
    pass


class PlainServer(Noting, websocket.WebSocketServerProtocol):
    pass


class Client(HeartbeatMixin, PlainClient):
    keepalive = POLICY
    wire = WebSocket()


class Server(HeartbeatMixin, PlainServer):
    keepalive = POLICY
    wire = WebSocket()


class Case(SynchronousTestCase):
    """Everything, Autobahn's own timers included, on one clock."""

    def setUp(self) -> None:
        """Put them there."""
        self.clock = Clock()
        self.addCleanup(setattr, txaio.config, "loop", txaio.config.loop)
        txaio.config.loop = self.clock

    def built(self, protocol_class: Any, **options: Any) -> Any:
        """A protocol of that class from a factory with these *options*."""
        server = issubclass(protocol_class, websocket.WebSocketServerProtocol)
        side = "Server" if server else "Client"
        factory = getattr(websocket, f"WebSocket{side}Factory")(reactor=self.clock)
        factory.setProtocolOptions(**options)
        factory.protocol = protocol_class
        return factory.buildProtocol(None)

    def open(
        self, client: Any = Client, server: Any = Server, **options: Any
    ) -> Pair[Any, Any]:
        """A pair whose opening handshake is over."""
        ends = [self.built(side, **options) for side in (client, server)]
        pair: Pair[Any, Any] = connect(ends[0], ends[1], self.clock)
        assert pair.client.state == pair.server.state == pair.client.STATE_OPEN
        return pair

    def frames_from(self, sender: Any) -> list[tuple[int, bytes]]:
        """What *sender* will have sent as frames, from now on."""
        sent: list[tuple[int, bytes]] = []
        send = sender.sendFrame

        def note(opcode: int, payload: bytes = b"", **rest: Any) -> None:
            sent.append((opcode, payload))
            send(opcode=opcode, payload=payload, **rest)

        sender.sendFrame = note
        return sent


class AliveTests(Case):
    def test_both_sides(self) -> None:
        """Two sides keep each other alive, and the applications see nothing of it."""
        pair = self.open()
        pair.advance(1000)
        for side in (pair.client, pair.server):
            self.assertIsNone(side.heartbeat.verdict)
            self.assertEqual(side.pongs + side.messages + side.closes, [])
        counters = pair.client.heartbeat.counters
        self.assertEqual(counters.pings_sent, counters.pongs)
        self.assertGreater(counters.pings_received, 0)
        self.assertEqual(counters.pings_received, counters.pings_answered)

    def test_plain_peer(self) -> None:
        """So do one side of ours and one that knows nothing of it, whichever it is."""
        for client, server in ((Client, PlainServer), (PlainClient, Server)):
            pair = self.open(client, server)
            pair.advance(1000)
            ours = pair.client if client is Client else pair.server
            self.assertGreater(ours.heartbeat.counters.pongs, 30)
            self.assertEqual(ours.state, ours.STATE_OPEN)

    def test_auto_ping_of_the_peer(self) -> None:
        """A peer with auto-ping is satisfied with our answers."""
        client, server = self.built(Client), self.built(PlainServer)
        server.factory.setProtocolOptions(autoPingInterval=7, autoPingTimeout=3)
        pair = connect(client, server, self.clock)
        pair.advance(1000)
        self.assertGreater(client.heartbeat.counters.pings_answered, 100)
        self.assertEqual(server.closes, [])

    def test_own_auto_ping(self) -> None:
        """Ours is off, by whatever it was on; those of other connections are not."""
        configured = type("Configured", (Server,), {"autoPingInterval": 5})
        pair = self.open(PlainClient, configured, autoPingInterval=50)
        sent = self.frames_from(pair.server)
        pair.advance(1000)
        pings = [payload for opcode, payload in sent if opcode == PING]
        self.assertEqual({ping[: len(MARK)] for ping in pings}, {MARK})
        self.assertEqual(pair.server.factory.autoPingInterval, 50)
        self.assertEqual(pair.client.autoPingInterval, 50)

    def test_under_http(self) -> None:
        """A WebSocket that a web server hands over is kept alive as any other."""
        factory = websocket.WebSocketServerFactory(reactor=self.clock)
        factory.protocol = type("Kept", (Server,), {"reactor": self.clock})
        root = Resource()
        root.putChild(b"ws", resource.WebSocketResource(factory))
        client = self.built(Client)
        client.factory.setSessionParameters("ws://localhost/ws")
        site = Site(root, reactor=self.clock)
        pair = connect(client, site.buildProtocol(None), self.clock)
        pair.advance(100)
        self.assertEqual(client.state, client.STATE_OPEN)
        self.assertGreater(client.heartbeat.counters.pings_received, 0)
        self.assertGreater(client.heartbeat.counters.pongs, 0)
        pair.lose()

    def test_ping_by_hand(self) -> None:
        """A round trip can be measured."""
        pair = self.open()
        measured = pair.client.heartbeat.ping()
        pair.flush()
        self.assertEqual(self.successResultOf(measured), 0.0)

    def test_beat(self) -> None:
        """A beat asks nothing, and the other side's application does not see it."""
        pair = self.open()
        sent = self.frames_from(pair.client)
        pair.client.send_beat()
        pair.flush()
        self.assertEqual(sent, [(PONG, MARK)])
        self.assertEqual(pair.server.pongs, [])
        self.assertEqual(pair.server.heartbeat.counters.unsolicited_pongs, 1)
        self.assertEqual(pair.server.heartbeat.counters.pings_received, 0)

    def test_compressed_fragments(self) -> None:
        """A ping between the fragments of a compressed message leaves it whole."""
        client, server = self.built(Client), self.built(Server)
        client.factory.setProtocolOptions(
            perMessageCompressionOffers=[compress.PerMessageDeflateOffer()],
            perMessageCompressionAccept=compress.PerMessageDeflateResponseAccept,
        )
        server.factory.setProtocolOptions(
            perMessageCompressionAccept=lambda offers: (
                compress.PerMessageDeflateOfferAccept(offers[0])
            )
        )
        pair = connect(client, server, self.clock)
        self.assertEqual(len(client.websocket_extensions_in_use), 1)
        pieces = [os.urandom(50) for _ in range(3)]
        client.beginMessage(isBinary=True)
        for piece in pieces:
            client.sendMessageFrame(piece)
            measured = client.heartbeat.ping()
            pair.flush()
            self.successResultOf(measured)
        client.endMessage()
        pair.flush()
        self.assertEqual(server.messages, [b"".join(pieces)])


class PeerTests(Case):
    """What the peer sends as control frames."""

    def test_pings_are_answered(self) -> None:
        """Each with its payload, to the longest that there can be."""
        pair = self.open(Client, PlainServer)
        for payload in (b"", b"x", b"x" * MAX_PAYLOAD):
            pair.server.sendPing(payload)
            pair.flush()
        self.assertEqual(pair.server.pongs, [b"", b"x", b"x" * MAX_PAYLOAD])

    def test_flood(self) -> None:
        """A flood gets no more answers than the burst, and is a verdict."""
        pair = self.open(Client, PlainServer)
        for _ in range(2000):
            pair.server.sendPing(b"x")
        pair.flush()
        self.assertEqual(pair.server.pongs, [b"x"] * BURST)
        self.assertIs(pair.client.heartbeat.verdict.kind, Kind.PING_FLOOD)

    def test_flood_is_not_kept(self) -> None:
        """Whatever number of control frames came, no more is kept of them."""
        pair = self.open(Client, PlainServer)

        def objects_after(count: int) -> int:
            for number in range(count):
                pair.server.sendPing(b"%d" % number)
                pair.server.sendPong(MARK + b"%d" % number)
                pair.flush()
            gc.collect()
            return len(gc.get_objects())

        before = objects_after(100)
        self.assertLess(objects_after(700) - before, 50)

    def test_foreign_pongs(self) -> None:
        """Answers to pings that we did not write are the application's, and harmless."""
        pair = self.open(Client, PlainServer)
        for payload in (b"", b"its own", MARK[:-1]):
            pair.server.sendPong(payload)
        pair.flush()
        self.assertEqual(pair.client.pongs, [b"", b"its own", MARK[:-1]])
        self.assertEqual(pair.client.heartbeat.counters.unsolicited_pongs, 0)

    def test_forged_pongs(self) -> None:
        """One that looks like ours and answers nothing is consumed, and harmless."""
        pair = self.open(Client, PlainServer)
        waiting = pair.client.heartbeat.ping()
        pair.cut()
        pair.flush()
        pair.mend()
        for payload in (MARK, MARK + b"0" * 16, MARK + b"\xff" * 100):
            pair.server.sendPong(payload)
        pair.flush()
        self.assertNoResult(waiting)
        waiting.addErrback(lambda _: None)
        self.assertEqual(pair.client.pongs, [])
        self.assertEqual(pair.client.heartbeat.counters.unsolicited_pongs, 3)

    def test_own_pings(self) -> None:
        """Pings that the application sends itself are answered to the application."""
        pair = self.open(Client, PlainServer)
        pair.client.sendPing(b"my own")
        pair.advance(31)
        self.assertEqual(pair.client.pongs, [b"my own"])

    def test_own_on_ping(self) -> None:
        """An ``onPing`` of your own decides about the answer, within the bounds."""
        seen: list[bytes] = []

        class Picky(Client):
            def onPing(self, payload: bytes) -> None:  # noqa: N802
                seen.append(payload)
                if payload != b"secret":
                    super().onPing(payload)

        pair = self.open(Picky, PlainServer)
        for payload in [b"secret", b"open"] + [b"flood"] * 100:
            pair.server.sendPing(payload)
        pair.flush()
        self.assertEqual(seen, [b"secret", b"open"] + [b"flood"] * (BURST - 2))
        self.assertEqual(pair.server.pongs, seen[1:])


class PhaseTests(Case):
    """Phases in which nothing may be said."""

    def assert_mute(self, protocol: Any, why: str) -> None:
        """Neither a question nor a beat is written, and the wire says why."""
        sent = self.frames_from(protocol)
        for speak in (lambda: protocol.send_ping(b"0" * 16), protocol.send_beat):
            self.assertIn(why, str(self.assertRaises(NotReadyError, speak)))
        self.assertEqual(sent, [])

    def test_handshake(self) -> None:
        """Nothing before the opening handshake is over."""
        pair = connect(self.built(Client), Protocol(), self.clock)
        self.assertEqual(pair.client.state, pair.client.STATE_CONNECTING)
        self.assert_mute(pair.client, "not open")
        pair.lose()

    def test_without_connection_made(self) -> None:
        """Nor before Autobahn knows of a connection; then nothing is hidden either."""
        early: list[Any] = []

        class Eager(Client):
            def connectionMade(self) -> None:
                early.append(self.heartbeat.ping())
                super().connectionMade()

        pair = self.open(Eager)
        self.failureResultOf(early[0], NotReadyError)
        pair.advance(100)
        self.assertGreater(pair.client.heartbeat.counters.pongs, 0)

    def test_closing_handshake(self) -> None:
        """Nothing after the close frame; Autobahn's own deadline ends the connection."""
        pair = self.open(Client, PlainServer)
        pair.cut()
        pair.client.sendClose(1000, "bye")
        self.assert_mute(pair.client, "not open")
        pair.advance(2)
        ((clean, code, reason),) = pair.client.closes
        self.assertEqual((clean, code), (False, ABNORMAL))
        self.assertIn("closing handshake timeout", reason)

    def test_server_that_stays(self) -> None:
        """A server that closes, and then does not end the connection, is left."""
        for policy, closes in ((POLICY, [(True, 1000, "bye")]), (None, [])):
            client = type("Leaving", (Client,), {"keepalive": policy})
            pair = self.open(client, PlainServer)
            pair.server.dropConnection = lambda **_: None
            pair.server.sendClose(1000, "bye")
            pair.advance(42)
            self.assertEqual(pair.client.closes, closes)

    def test_streamed_frame(self) -> None:
        """Nothing within a frame; between frames of the same message again."""
        pair = self.open()
        pair.client.beginMessage(isBinary=True)
        self.assertIsNone(pair.client.send_beat())
        pair.client.beginMessageFrame(6)
        pair.client.sendMessageFrameData(b"abc")
        self.assert_mute(pair.client, "streamed")
        pair.client.sendMessageFrameData(b"def")
        measured = pair.client.heartbeat.ping()
        pair.client.endMessage()
        pair.flush()
        self.successResultOf(measured)
        self.assertEqual(pair.server.messages, [b"abcdef"])

    def test_answers_wait_for_a_streamed_frame(self) -> None:
        """The peer's ping within a frame of ours is answered behind it."""
        pair = self.open(Client, PlainServer)
        pair.client.beginMessage(isBinary=True)
        pair.client.beginMessageFrame(6)
        pair.server.sendPing(b"early")
        pair.server.sendPing(b"late")
        pair.flush()
        self.assertEqual(pair.server.pongs, [])
        pair.client.sendMessageFrameData(b"abcdef")
        pair.client.endMessage()
        pair.advance(RETRY + 0.1)
        self.assertEqual(pair.server.pongs, [b"late"])
        self.assertEqual(pair.server.messages, [b"abcdef"])

    def test_chopped_writes(self) -> None:
        """No question while chopped writes wait, for its time would run in the queue."""
        pair = self.open()
        pair.client.sendFrame(opcode=2, payload=b"x" * 50, chopsize=1)
        self.failureResultOf(pair.client.heartbeat.ping(), NotReadyError)
        pair.client.send_beat()
        pair.server.sendPing(b"!")
        pair.advance(1)
        self.assertEqual(pair.server.messages, [b"x" * 50])
        self.assertEqual(pair.server.pongs, [b"!"])
        measured = pair.client.heartbeat.ping()
        pair.flush()
        self.successResultOf(measured)


class LossTests(Case):
    def test_verdict(self) -> None:
        """``onClose`` says why we ended the connection, in the words of the verdict."""
        pair = self.open()
        pair.cut()
        pair.advance(42)
        verdict = pair.client.heartbeat.verdict
        self.assertIs(verdict.kind, Kind.PEER_SILENT)
        words = f'connection was closed uncleanly ("{PeerLostError(verdict)}")'
        self.assertEqual(pair.client.closes, [(False, ABNORMAL, words)])

    def test_not_ours(self) -> None:
        """What others ended keeps Autobahn's words, after a dry run's verdict, too."""
        dry = Keepalive(interval=30, timeout=10, jitter=0, enforce=False)
        pair = self.open(type("Dry", (Client,), {"keepalive": dry}))
        pair.cut()
        pair.advance(42)
        self.assertIsNotNone(pair.client.heartbeat.verdict)
        pair.lose()
        ((_, _, reason),) = pair.client.closes
        self.assertIn("peer dropped the TCP connection", reason)

    def test_reason_that_was_known(self) -> None:
        """A reason that Autobahn has already is kept."""
        pair = self.open(Client, PlainServer)
        pair.cut()
        pair.advance(39)
        pair.client.wasNotCleanReason = "of its own"
        pair.advance(3)
        self.assertIsNotNone(pair.client.heartbeat.verdict)
        ((_, _, reason),) = pair.client.closes
        self.assertEqual(reason, 'connection was closed uncleanly ("of its own")')

    def test_last_word(self) -> None:
        """``peer_lost`` can close the way WebSocket does, if there is hope."""

        class Polite(Server):
            keepalive = Keepalive(interval=30, timeout=10, max_age=60, jitter=0)

            def peer_lost(self, verdict: Any) -> None:
                if not verdict.kind.hopeless:
                    self.sendClose(3000, verdict.kind.name)

        pair = self.open(Client, Polite)
        pair.advance(70)
        self.assertEqual(pair.client.closes, [(True, 3000, "MAX_AGE")])

    def test_nothing_left(self) -> None:
        """No timer is left, the one included that Autobahn forgets."""
        pair = self.open(closeHandshakeTimeout=60)
        pair.client.sendClose(1000, "bye")
        self.assertIsNotNone(pair.client.closeHandshakeTimeoutCall)
        pair.lose()
        assert_nothing_left(self.clock, pair.client, pair.server)
        self.assertIsNone(pair.client.closeHandshakeTimeoutCall)
        for name in ("onPing", "onPong"):
            self.assertNotIn(name, vars(pair.client))

    def test_removed(self) -> None:
        """Removed, also twice, it passes everything on to whoever is still called."""
        client = self.open(Client, PlainServer).client
        seen: list[bytes] = []
        client.onPing = seen.append
        control = Control(client, client.heartbeat)
        kept = client.onPing, client.onPong
        control.remove()
        control.remove()
        self.assertEqual(client.onPing, seen.append)
        kept[0](b"ping")
        kept[1](MARK)
        self.assertEqual((seen, client.pongs), ([b"ping"], []))

    def test_answer_that_is_too_late(self) -> None:
        """An answer that is owed when the wire is removed is not written any more."""
        client = self.open(Client, PlainServer).client
        owed: list[Callable[[], None]] = []

        class Slow:
            def pinged(self, payload: bytes, reply: Callable[[bytes], None]) -> None:
                owed.append(lambda: reply(payload))

            def explain(self, reason: Failure) -> Failure:
                return reason

        slow: Any = Slow()
        control = Control(client, slow)
        client.onPing(b"x")
        sent = self.frames_from(client)
        control.remove()
        owed[0]()
        self.assertEqual(sent, [])


class CompositionTests(Case):
    def test_without_the_mixin(self) -> None:
        """The wire serves a keepalive that is made by hand."""
        clock = self.clock

        class Composed(Host, PlainServer):
            wire = WebSocket()

            def connectionMade(self) -> None:
                self.pulse = Heartbeat(self, self.transport, POLICY, clock)
                self.unwire = self.wire.attach(self, self.pulse)
                super().connectionMade()
                self.pulse.start()

            def connectionLost(
                self,
                reason: Failure = Failure(ConnectionDone()),  # noqa: B008
            ) -> None:
                self.unwire()
                self.pulse.lost(reason)
                super().connectionLost(reason)

        pair = self.open(PlainClient, Composed)
        pair.advance(100)
        self.assertGreater(pair.server.pulse.counters.pongs, 0)
        pair.cut()
        pair.advance(42)
        self.assertIn("PEER_SILENT", pair.server.closes[0][2])
        pair.client.connectionLost(Failure(ConnectionLost()))
        assert_nothing_left(clock)


class CheckTests(SynchronousTestCase):
    def test_other_protocols(self) -> None:
        """A class that is none of Autobahn's is refused where it is written."""
        with self.assertRaisesRegex(TypeError, r"onPing\(\).*WebSocketServerProtocol"):
            type("Wrong", (HeartbeatMixin, Protocol), {"wire": WebSocket()})

    def test_value(self) -> None:
        """One is as good as another."""
        self.assertEqual(WebSocket(), WebSocket())
        self.assertEqual(repr(WebSocket()), "WebSocket()")


def framed(opcode: int, fin: bool, rsv: int, masked: bool, payload: bytes) -> bytes:
    """One frame, allowed or not; a mask of zeros changes nothing."""
    size = len(payload)
    length = bytes([size]) if size < 126 else b"\x7e" + struct.pack("!H", size)
    first = fin << 7 | rsv << 4 | opcode
    head = bytes([first, length[0] | masked << 7]) + length[1:]
    return head + b"\0" * 4 * masked + payload


FRAMES = st.one_of(
    st.builds(
        framed,
        st.sampled_from([PING, PONG]),
        st.just(value=True),
        st.just(0),
        st.booleans(),
        st.binary(max_size=125) | st.builds(MARK.__add__, st.binary(max_size=20)),
    ),
    st.builds(
        framed,
        st.integers(0, 15),
        st.booleans(),
        st.sampled_from([0, 0, 0, 1, 4, 7]),
        st.booleans(),
        st.binary(max_size=200),
    ),
    st.binary(max_size=30),
)


class FuzzTests(Case):
    def setUp(self) -> None:
        """For each example, not only for the first."""

    @settings(deadline=None, max_examples=60)
    @given(st.lists(FRAMES, max_size=60), st.booleans(), st.booleans())
    def test_frames(self, frames: list[bytes], abrupt: bool, serving: bool) -> None:
        """Whatever comes, nothing is raised, and answers and memory are bounded."""
        super().setUp()
        kinds = (PlainClient, Server) if serving else (Client, PlainServer)
        pair = self.open(*kinds, failByDrop=abrupt)
        ends = (pair.client, pair.server)
        peer, ours = ends if serving else ends[::-1]
        sent = self.frames_from(ours)
        for frame in frames:
            peer.transport.write(frame)
        pair.flush()
        pings = [payload for opcode, payload in sent if opcode == PONG]
        self.assertLessEqual(len(pings), BURST)
        self.assertLessEqual(max(map(len, pings), default=0), MAX_PAYLOAD)
        pair.advance(100)
        pair.lose()
        assert_nothing_left(self.clock, ours)
        self.doCleanups()
