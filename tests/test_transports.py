"""The mixin on real connections, of every kind that Twisted makes."""

# mypy: disable-error-code="mutable-override"
from __future__ import annotations

import contextlib
import os
import socket
import tempfile
from typing import TYPE_CHECKING, Any

from twisted.application.internet import ClientService
from twisted.internet.endpoints import (
    TCP4ClientEndpoint,
    TCP4ServerEndpoint,
    UNIXClientEndpoint,
    UNIXServerEndpoint,
)
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.tcp import Connection
from twisted.protocols.basic import LineReceiver
from twisted.protocols.policies import (
    ProtocolWrapper,
    TimeoutFactory,
    WrappingFactory,
)
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from heartbeat import late
from heartbeat.errors import PeerLostError
from heartbeat.late import LateTransport
from heartbeat.policy import Keepalive
from heartbeat.protocol import HeartbeatMixin, connection_of, hand_over
from heartbeat.verdict import Kind
from tests.connections import (
    adopted,
    descriptor,
    global_reactor,
    tcp_pair,
    until,
)
from tests.reactors import REACTORS, fresh
from tests.tls import client_options, server_options

if TYPE_CHECKING:
    from collections.abc import Iterator

POLICY = Keepalive(interval=None, silence=3600, jitter=0)


class Talker(HeartbeatMixin, LineReceiver):
    """Keeps what happens to it."""

    keepalive = POLICY
    transport: Any
    given: Any = None
    reason: Any = None
    pending_at_loss = -1

    def __init__(self, reactor: Any) -> None:
        self.reactor = reactor
        self.lines: list[bytes] = []

    def makeConnection(self, transport: Any) -> None:
        """Keep what Twisted hands over."""
        self.given = transport
        super().makeConnection(transport)

    def connectionMade(self) -> None:
        """Have a timer that ends with the connection, and would not end before."""
        self.clock.callLater(3600, self.lines.append, b"never")

    def lineReceived(self, line: bytes) -> None:
        """Keep it."""
        self.lines.append(line)

    def connectionLost(self, reason: Failure = Failure(ConnectionDone())) -> None:  # noqa: B008
        """Keep why; no ``super()``."""
        self.pending_at_loss = len(self.clock.getDelayedCalls())
        self.reason = reason


class Case(SynchronousTestCase):
    def setUp(self) -> None:
        """A reactor of our own."""
        self.addCleanup(late.forget)
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        self.reactor: Any = stack.enter_context(fresh("select"))
        self.stack = stack

    def until(self, condition: Any) -> None:
        """Turn the reactor until *condition* holds."""
        until(self.reactor, condition)

    def adopt(self, sock: socket.socket, factory: Any = None) -> Talker:
        """A talker on *sock*, perhaps inside what *factory* makes of it."""
        talker = Talker(self.reactor)
        outer = factory(_factory(talker)) if factory else None
        self.stack.enter_context(adopted(self.reactor, talker, sock, outer))
        return talker

    def assertLive(self, talker: Talker) -> None:  # noqa: N802
        """Fail unless *talker* has its transport, and its timers."""
        self.assertIs(talker.transport, talker.given)
        self.assertEqual(len(talker.clock.getDelayedCalls()), 1)

    def assertOver(self, talker: Talker) -> None:  # noqa: N802
        """Fail unless *talker* heard of its end, and nothing of it is left."""
        self.assertIsNotNone(talker.reason)
        self.assertEqual(talker.pending_at_loss, 0)
        self.assertIs(type(talker.transport), LateTransport)
        talker.transport.write(b"late")
        self.assertEqual(talker.heartbeat.counters.late_writes, 1)
        self.assertEqual(
            vars(talker).keys() & {"connectionLost", "dataReceived"}, set()
        )
        timers = [
            call for call in self.reactor.getDelayedCalls() if "callLater" in str(call)
        ]
        self.assertEqual(timers, [])


def _factory(talker: Talker) -> Any:
    factory: Any = Factory()
    factory.protocol = lambda: talker
    return factory


class SocketTests(Case):
    def talk(
        self, ours: socket.socket, peer: socket.socket, factory: Any = None
    ) -> None:
        """A line comes, then the peer leaves."""
        with peer:
            talker = self.adopt(ours, factory)
            peer.sendall(b"hello\r\n")
            self.until(lambda: talker.lines)
            self.assertLive(talker)
        self.until(lambda: talker.reason)
        self.assertEqual(talker.lines, [b"hello"])
        self.assertOver(talker)

    def test_tcp(self) -> None:
        """TCP."""
        self.talk(*tcp_pair())

    def test_unix(self) -> None:
        """A UNIX socket, where the bytes are counted."""
        self.talk(*socket.socketpair())

    def test_wrapped(self) -> None:
        """Inside Twisted's wrappers, a timeout among them."""

        def wrap(inner: Any) -> Any:
            factory = WrappingFactory(TimeoutFactory(inner, timeoutPeriod=None))
            factory.protocol = ProtocolWrapper
            return factory

        self.talk(*tcp_pair(), wrap)

    def test_reactors(self) -> None:
        """On every reactor of the platform."""
        for name in REACTORS:
            self.reactor = self.stack.enter_context(fresh(name))
            self.talk(*tcp_pair())


class TLSTests(Case):
    def setUp(self) -> None:
        """The global reactor, by which TLS flushes small writes."""
        super().setUp()
        self.reactor = global_reactor()

    def server(self, inner: Any) -> Any:
        """The server's side of TLS around *inner*."""
        return TLSMemoryBIOFactory(server_options(), False, inner)

    def client(self, inner: Any) -> Any:
        """The client's side of TLS around *inner*."""
        return TLSMemoryBIOFactory(client_options(), True, inner)

    def test_both_ends(self) -> None:
        """Client and server talk, and end together."""
        ours, theirs = tcp_pair()
        server, client = self.adopt(ours, self.server), self.adopt(theirs, self.client)
        client.sendLine(b"hello")
        self.until(lambda: server.lines)
        self.assertLive(server)
        self.assertLive(client)
        client.transport.loseConnection()
        self.until(lambda: server.reason and client.reason)
        self.assertOver(server)
        self.assertOver(client)

    def test_start_tls(self) -> None:
        """A connection may go over to TLS on its way."""
        ours, theirs = tcp_pair()
        server, client = self.adopt(ours), self.adopt(theirs)
        client.sendLine(b"plain")
        self.until(lambda: server.lines)
        server.transport.startTLS(server_options())
        # It was accepted like a server's, too.
        client.transport.startTLS(client_options(), normal=False)
        client.sendLine(b"secret")
        self.until(lambda: len(server.lines) > 1)
        self.assertLive(server)
        self.assertLive(client)
        server.transport.loseConnection()
        self.until(lambda: server.reason and client.reason)
        self.assertOver(server)
        self.assertOver(client)

    def test_given_up(self) -> None:
        """The reason is our verdict, whatever TLS calls it."""
        ours, theirs = tcp_pair()
        server, client = self.adopt(ours, self.server), self.adopt(theirs, self.client)
        client.sendLine(b"hello")
        self.until(lambda: server.lines)
        server.heartbeat.configure(Keepalive(interval=None, silence=0.1, grace=0.1))
        self.until(lambda: server.reason)
        self.assertIs(server.reason.value.verdict.kind, Kind.PEER_SILENT)
        self.until(lambda: client.reason)
        self.assertIsNone(client.reason.check(PeerLostError))


@implementer(IHalfCloseableProtocol)
class HalfTalker(Talker):
    """Hears of each half."""

    def readConnectionLost(self) -> None:
        """Note it."""
        self.lines.append(b"<read>")

    def writeConnectionLost(self) -> None:
        """Note it."""
        self.lines.append(b"<write>")


class HalfCloseTests(Case):
    def test_halves(self) -> None:
        """Timers go on while one half is open, and end with the other."""
        ours, peer = tcp_pair()
        talker = HalfTalker(self.reactor)
        with peer, adopted(self.reactor, talker, ours):
            peer.shutdown(socket.SHUT_WR)
            self.until(lambda: talker.lines)
            self.assertLive(talker)
            talker.transport.loseWriteConnection()
            self.until(lambda: len(talker.lines) > 1)
            self.assertLive(talker)
            talker.transport.loseConnection()
            self.until(lambda: talker.reason)
        self.assertEqual(talker.lines, [b"<read>", b"<write>"])
        self.assertOver(talker)

    def test_peer_finished(self) -> None:
        """Silence counts on when the peer has closed its side: that is no pause."""
        self.check_finished(*tcp_pair())
        self.check_finished(*socket.socketpair())

    def check_finished(self, ours: socket.socket, peer: socket.socket) -> None:
        """The peer closes its side; that is seen, and it is given up in time."""
        talker = HalfTalker(self.reactor)
        with peer, adopted(self.reactor, talker, ours):
            peer.shutdown(socket.SHUT_WR)
            self.until(lambda: talker.lines)
            self.assertTrue(talker.heartbeat.probe.look().finished)
            limit = Keepalive(interval=None, silence=0.1, grace=0.1)
            talker.heartbeat.configure(limit)
            self.until(lambda: talker.reason)
        self.assertIs(talker.reason.value.verdict.kind, Kind.PEER_SILENT)


class ReasonTests(Case):
    def test_given_up(self) -> None:
        """A connection that we end is lost for our verdict."""
        ours, peer = tcp_pair()
        with peer:
            talker = self.adopt(ours)
            talker.heartbeat.configure(Keepalive(interval=None, silence=0.1, grace=0.1))
            self.until(lambda: talker.reason)
            self.assertIs(talker.reason.value.verdict.kind, Kind.PEER_SILENT)

    def test_own(self) -> None:
        """One that the application ends is lost for its reason."""
        ours, peer = tcp_pair()
        with peer:
            talker = self.adopt(ours)
            talker.transport.loseConnection()
            self.until(lambda: talker.reason)
            talker.reason.trap(ConnectionDone)


class SwitchTests(Case):
    def test_switch(self) -> None:
        """A new protocol takes over the transport; each has its own timers."""
        ours, peer = tcp_pair()
        old, new = Talker(self.reactor), Talker(self.reactor)
        with peer, adopted(self.reactor, old, ours):
            transport: Any = old.transport
            hand_over(old)
            transport.protocol = new
            new.makeConnection(transport)
            self.assertEqual(old.clock.getDelayedCalls(), [])
            self.assertLive(new)
            peer.sendall(b"hello\r\n")
            self.until(lambda: new.lines)
            peer.close()
            self.until(lambda: new.reason)
        self.assertEqual((old.lines, old.reason), ([], None))
        self.assertOver(new)

    def test_early_call(self) -> None:
        """So it is if the old one is told by its own ``connectionLost``."""
        ours, peer = tcp_pair()
        old, new = Talker(self.reactor), Talker(self.reactor)
        with peer, adopted(self.reactor, old, ours):
            transport: Any = old.transport
            old.connectionLost()
            self.assertEqual(old.pending_at_loss, 0)
            self.assertIs(old.transport, transport)
            transport.protocol = new
            new.makeConnection(transport)
            self.assertLive(new)


class EndpointTests(Case):
    @contextlib.contextmanager
    def listening(self, endpoint: Any) -> Iterator[tuple[Any, list[Talker]]]:
        """A port at *endpoint*, and its talkers; closed after the block."""
        talkers: list[Talker] = []
        factory: Any = Factory()

        def build(_: object) -> Talker:
            talkers.append(Talker(self.reactor))
            return talkers[-1]

        factory.buildProtocol = build
        port = self.successResultOf(endpoint.listen(factory))
        try:
            yield port, talkers
        finally:
            stopped = port.stopListening()
            self.until(lambda: stopped.called)
            for talker in talkers:
                talker.transport.loseConnection()
                self.until(lambda talker=talker: talker.reason)

    def reconnect(self, server: Any, client_to: Any) -> None:
        """A service connects, loses the connection, and connects again."""
        made: list[Talker] = []

        def build(_: object) -> Talker:
            made.append(Talker(self.reactor))
            return made[-1]

        factory: Any = Factory()
        factory.buildProtocol = build
        with self.listening(server) as (port, talkers):
            service: Any = ClientService(
                client_to(port), factory, retryPolicy=lambda _: 0, clock=self.reactor
            )
            service.startService()
            self.until(lambda: made and made[0].transport and talkers)
            self.assertIsInstance(made[0].transport, Connection)
            self.assertLive(made[0])
            made[0].sendLine(b"hello")
            self.until(lambda: talkers[0].lines)
            talkers[0].transport.abortConnection()
            self.until(lambda: len(made) > 1 and made[1].transport)
            self.assertLive(made[1])
            stopped = service.stopService()
            self.until(lambda: stopped.called)
        for talker in (*made, *talkers):
            self.assertOver(talker)

    def test_tcp(self) -> None:
        """Over TCP."""
        server = TCP4ServerEndpoint(self.reactor, 0, interface="127.0.0.1")
        self.reconnect(
            server,
            lambda port: TCP4ClientEndpoint(
                self.reactor, "127.0.0.1", port.getHost().port
            ),
        )

    def test_unix(self) -> None:
        """Over a UNIX socket."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "socket")  # noqa: PTH118 - Twisted's is a str
            self.reconnect(
                UNIXServerEndpoint(self.reactor, path),
                lambda _: UNIXClientEndpoint(self.reactor, path),
            )


class Twice(Talker):
    """One object for every connection, as some clients have."""


class ReuseTests(Case):
    def test_next_after_loss(self) -> None:
        """A second connection of the same object works as the first."""
        talker = Twice(self.reactor)
        for _ in range(2):
            talker.reason = None
            ours, peer = tcp_pair()
            with peer, adopted(self.reactor, talker, ours):
                self.assertLive(talker)
                peer.close()
                self.until(lambda: talker.reason)
            self.assertOver(talker)

    def test_next_without_loss(self) -> None:
        """What was told to end ends: the protocol cannot tell which one was lost."""
        talker = Twice(self.reactor)
        first, second = tcp_pair(), tcp_pair()
        with first[1], second[1], adopted(self.reactor, talker, first[0]):
            old = descriptor(talker)
            with adopted(self.reactor, talker, second[0]):
                self.assertLive(talker)
                old.connectionLost(Failure(ConnectionDone()))
                self.assertEqual(talker.pending_at_loss, 0)
                self.assertIs(talker.transport, talker.given)
                self.assertTrue(connection_of(talker).transport)
            self.assertOver(talker)


class PlainTests(Case):
    def test_protocol(self) -> None:
        """Without a keepalive nothing is shadowed but ``connectionLost``."""

        class Plain(HeartbeatMixin, Protocol):
            reactor = self.reactor

        ours, peer = tcp_pair()
        plain = Plain()
        with peer, adopted(self.reactor, plain, ours):
            methods = {name for name in vars(plain) if hasattr(Protocol, name)}
            methods -= {"connected", "factory", "transport"}
            self.assertEqual(methods, {"connectionLost"})
