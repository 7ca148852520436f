"""Pings that are requests of the protocol itself."""

from __future__ import annotations

import gc
import weakref
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import CancelledError, Deferred, fail, succeed
from twisted.internet.error import (
    ConnectionAborted,
    ConnectionDone,
    ConnectionLost,
)
from twisted.internet.error import TimeoutError as TwistedTimeoutError
from twisted.internet.task import Clock
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import Heartbeat, HeartbeatMixin, Keepalive
from heartbeat.errors import NotConnectedError, NotReadyError, PolicyError
from heartbeat.host import Host
from heartbeat.policy import Proof
from heartbeat.testing import Pair, assert_nothing_left, connect
from heartbeat.wires.requests import Requests, RequestWire
from tests.connections import Sink, adopted, tcp_pair
from tests.reactors import fresh

POLICY = Keepalive(interval=30, timeout=10, jitter=0, proof=Proof.REPLY)


class RefusedError(Exception):
    """The server says no."""


class ImpatientError(Exception):
    """The library has waited long enough."""


class Mail(LineReceiver):
    """NOOP, answered in order by ``+`` or ``-``; a reply to nothing is an error."""

    def __init__(self) -> None:
        self.waiting: list[Deferred[bytes]] = []
        self.strays = 0

    def noop(self) -> Deferred[bytes]:
        """Ask."""
        self.sendLine(b"NOOP")
        self.waiting.append(Deferred())
        return self.waiting[-1]

    def lineReceived(self, line: bytes) -> None:
        """Give the reply to the oldest who waits."""
        if not self.waiting:
            self.strays += 1
        elif line.startswith(b"+"):
            self.waiting.pop(0).callback(line)
        else:
            self.waiting.pop(0).errback(RefusedError(line))

    def connectionLost(self, reason: Any = None) -> None:
        """Nobody waits any longer."""
        waiting, self.waiting = self.waiting, []
        for request in waiting:
            request.errback(reason)


class Client(HeartbeatMixin, Mail):
    keepalive = POLICY
    wire = Requests("noop", no_replies=(ImpatientError,))
    kinds: tuple[str, ...] = ()

    def peer_lost(self, verdict: Any) -> None:
        """Write it down."""
        self.kinds += (verdict.kind.name,)


class Forgetful(Client):
    """Lets those who wait at the loss wait for ever."""

    def connectionLost(self, reason: Any = None) -> None:
        """Tell nobody."""


class ByHand(Host, Mail):
    """The same without the mixin."""

    wire = Requests("noop")
    reactor: Any

    def connectionMade(self) -> None:
        """Make the keepalive."""
        self.pulse = Heartbeat(self, self.transport, POLICY, self.reactor)
        self.unwire = self.wire.attach(self, self.pulse)
        self.pulse.start()

    def connectionLost(self, reason: Any = None) -> None:
        """End it."""
        self.unwire()
        self.pulse.lost(reason)
        self.pulse.release()
        super().connectionLost(reason)


class Server(LineReceiver):
    """Answers each line by *reply*.

    Args:
        reply: A line; None to say nothing.
    """

    def __init__(self, reply: bytes | None) -> None:
        self.reply = reply
        self.asked = 0

    def lineReceived(self, line: bytes) -> None:
        """Answer."""
        self.asked += 1
        if self.reply is not None:
            self.sendLine(self.reply)


def talk(reply: bytes | None) -> Pair[Client, Server]:
    """A client and a server that answers so."""
    return connect(Client(), Server(reply), Clock())


class RequestsTests(SynchronousTestCase):
    """`Requests`, named after a method of the protocol."""

    def test_reply_is_life(self) -> None:
        """A server that replies lives, though nothing else is said."""
        pair = talk(b"+OK")
        pair.advance(1000)
        counters = pair.client.heartbeat.counters
        self.assertEqual(pair.client.kinds, ())
        self.assertEqual(counters.pongs, counters.pings_sent)
        self.assertEqual(pair.server.asked, counters.pings_sent)
        self.assertGreater(counters.pongs, 20)

    def test_refusal_is_life(self) -> None:
        """So does one that answers with an error; nobody is told of that."""
        pair = talk(b"-ERR")
        pair.advance(1000)
        self.assertEqual(pair.client.kinds, ())
        self.assertGreater(pair.client.heartbeat.counters.pongs, 20)

    def test_silence(self) -> None:
        """A server that does not reply is given up; no Deferred is left unhandled."""
        pair = talk(None)
        pair.advance(100)
        self.assertEqual(pair.client.kinds, ("PEER_SILENT",))
        self.assertEqual(pair.client.waiting, [])
        self.assertNotIn("_heartbeat_wire", vars(pair.client))
        assert_nothing_left(pair.clock, pair.client)

    def test_round_trip(self) -> None:
        """``heartbeat.ping()`` measures a request."""
        pair = talk(b"+")
        ping = pair.client.heartbeat.ping()
        pair.clock.advance(0.5)
        pair.flush()
        self.assertAlmostEqual(self.successResultOf(ping), 0.5)

    def test_failures_that_are_no_replies(self) -> None:
        """The end of the connection, cancelling and timeouts are no signs of life."""
        for error in (
            ConnectionDone(),
            ConnectionLost(),
            ConnectionAborted(),
            CancelledError(),
            TimeoutError(),
            TwistedTimeoutError(),
            ConnectionResetError(),
            ImpatientError(),
        ):
            pair = talk(None)
            pair.client.send_ping(b"1")
            pair.client.waiting.pop().errback(error)
            counters = pair.client.heartbeat.counters
            self.assertEqual((counters.pongs, counters.unsolicited_pongs), (0, 0))

    def test_reply_after_the_loss(self) -> None:
        """A reply that the library hands over after the loss counts not."""
        pair = talk(None)
        pair.client.send_ping(b"1")
        late = pair.client.waiting.pop()
        pair.lose()
        late.callback(b"+")
        self.assertEqual(pair.client.heartbeat.counters.unsolicited_pongs, 0)

    def test_freed(self) -> None:
        """A protocol that keeps its requests after the loss waits for no collector."""
        self.addCleanup(gc.enable)
        gc.disable()
        with fresh("select") as reactor:
            protocol = Forgetful()
            protocol.reactor = reactor
            ours, peer = tcp_pair()
            with peer, adopted(reactor, protocol, ours):
                protocol.send_ping(b"1")
                protocol.send_beat()
            self.assertEqual(len(protocol.waiting), 2)
            gone = weakref.ref(protocol)
            del protocol
            self.assertIsNone(gone())

    def test_beat(self) -> None:
        """A beat is a request as well; whatever becomes of it is ignored."""
        for reply in (b"+", b"-"):
            pair = talk(reply)
            pair.client.send_beat()
            pair.flush()
            self.assertEqual(pair.server.asked, 1)
            self.assertEqual(pair.client.heartbeat.counters.unsolicited_pongs, 0)

    def test_composition(self) -> None:
        """A host and a keepalive made by hand do the same."""
        client = ByHand()
        client.reactor = Clock()
        pair = connect(client, Server(b"+"), client.reactor)
        pair.advance(100)
        self.assertEqual(client.pulse.counters.pongs, 3)
        pair.lose()
        self.assertEqual(client.reactor.getDelayedCalls(), [])

    def test_raises(self) -> None:
        """A method that raises is reported, and nothing counts as sent."""
        pair = talk(None)
        pair.client.noop = lambda: 1 / 0  # type: ignore[method-assign,return-value,assignment]
        pair.advance(31)
        self.assertEqual(pair.client.heartbeat.counters.pings_sent, 0)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_no_deferred(self) -> None:
        """A method that returns none is refused, with the way out."""
        pair = talk(None)
        pair.client.noop = lambda: None  # type: ignore[method-assign,return-value,assignment]
        with self.assertRaisesRegex(TypeError, "got None: it goes by the Deferred"):
            pair.client.send_ping(b"1")

    def test_unattached(self) -> None:
        """Without a connection the wire says so, and asks nothing."""
        mail = Mail()
        self.assertRaises(NotConnectedError, Requests("noop").send_ping, mail, b"1")
        self.assertEqual(mail.waiting, [])

    def test_check(self) -> None:
        """A class without the method is refused where it is written."""
        with self.assertRaisesRegex(TypeError, r"Typo has no nop\(\), by which"):
            type("Typo", (HeartbeatMixin, Mail), {"wire": Requests("nop")})

    def test_name(self) -> None:
        """The method is given by its name; anything else is refused where written."""
        for value in (Mail.noop, "", 5, None, "no op"):
            error = self.assertRaises(PolicyError, Requests, value)
            self.assertEqual((error.field, error.value), ("method", value))
            self.assertIn('as in Requests("noop")', str(error))

    def test_no_replies(self) -> None:
        """Exceptions are given as a tuple of classes, or refused where written."""
        for value in (ValueError, [ValueError], (5,), ("ValueError",), (str,), None):
            options: Any = {"no_replies": value}
            error = self.assertRaises(PolicyError, Requests, "noop", **options)
            self.assertEqual((error.field, error.value), ("no_replies", value))
        given = (ValueError, KeyboardInterrupt)
        self.assertEqual(Requests("noop", no_replies=given).no_replies, given)

    @settings(deadline=None)
    @given(
        st.lists(
            st.one_of(
                st.binary(max_size=50),
                st.sampled_from([b"+\r\n", b"-\r\n", b"\r\n", b"+"]),
            ),
            max_size=30,
        ),
        st.integers(0, 30),
    )
    def test_fuzz(self, pieces: list[bytes], asked: int) -> None:
        """Whatever comes, nothing is raised, and no reply counts for two pings."""
        pair: Pair[Client, Any] = connect(Client(), Sink(), Clock())
        for _ in range(asked):
            pair.client.send_ping(b"1")
        pair.flush()
        for piece in pieces:
            pair.server.transport.write(piece)
            pair.flush()
        counters = pair.client.heartbeat.counters
        self.assertLessEqual(counters.pongs + counters.unsolicited_pongs, asked)
        self.assertEqual(pair.server.received, b"NOOP\r\n" * asked)
        pair.lose()


class RequestWireTests(SynchronousTestCase):
    """The base, for a wire of one's own."""

    def test_own(self) -> None:
        """One method makes a wire; it may say that it is not ready."""

        class Own(RequestWire):
            def ask(self, protocol: Any) -> Deferred[Any]:
                if protocol.busy:
                    raise NotReadyError("busy")
                return succeed(None)

        class Talk(HeartbeatMixin, Mail):
            keepalive = POLICY
            wire = Own()
            busy = True

        pair = connect(Talk(), Sink(), Clock())
        self.failureResultOf(pair.client.heartbeat.ping(), NotReadyError)
        pair.client.busy = False
        self.assertEqual(self.successResultOf(pair.client.heartbeat.ping()), 0)

    def test_abstract(self) -> None:
        """Without ``ask`` there is no question."""
        error = self.assertRaises(NotImplementedError, RequestWire().ask, None)
        self.assertEqual(str(error), "RequestWire must define ask()")

    def test_failed_at_once(self) -> None:
        """A request that fails before anything was sent is no answer."""

        class Dead(RequestWire):
            def ask(self, protocol: Any) -> Deferred[Any]:
                return fail(Failure(ConnectionLost()))

        class Talk(HeartbeatMixin, Mail):
            keepalive = POLICY
            wire = Dead()

        pair = connect(Talk(), Sink(), Clock())
        self.assertNoResult(pair.client.heartbeat.ping().addErrback(lambda _: None))
        pair.lose()
