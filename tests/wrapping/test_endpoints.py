"""Endpoints of Twisted's, in memory and on real sockets, with the services on them."""

from __future__ import annotations

import contextlib
from typing import Any

import attrs
from twisted.application.internet import ClientService
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.internet.endpoints import (
    TCP4ClientEndpoint,
    TCP4ServerEndpoint,
    connectProtocol,
    wrapClientTLS,
)
from twisted.internet.error import ConnectingCancelledError, ConnectionAborted
from twisted.internet.interfaces import IStreamClientEndpoint, IStreamServerEndpoint
from twisted.internet.protocol import Factory
from twisted.internet.task import deferLater
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.protocols.basic import LineReceiver
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase
from zope.interface.verify import verifyObject

from heartbeat import HeartbeatMixin, Keepalive, Kind, Lines, PeerLostError
from heartbeat.wrapping import (
    WatchedClientEndpoint,
    heartbeat_of,
    watch_client,
    watch_server,
)
from heartbeat.wrapping.watched import Watched
from tests.connections import global_reactor
from tests.peers.process import Peer
from tests.tls import client_options, server_options
from tests.wrapping.cases import LISTEN, Notes, Plain, Rigid, factory_of

HASTY = Keepalive(interval=None, silence=0.2, jitter=0, grace=0.2)
ASK = Keepalive(interval=0.1, timeout=60, jitter=0, grace=0.2)


class Mixed(HeartbeatMixin, Plain):
    """Has a keepalive of its own."""


class Waiting(Plain):
    """Says when it is over."""

    def __init__(self) -> None:
        super().__init__()
        self.over: Deferred[Any] = Deferred()

    def connectionLost(self, reason: Any = None) -> None:
        """It is over."""
        super().connectionLost(reason)
        self.over.callback(None)


class Talk(Waiting, LineReceiver):
    """Lines, of somebody's."""

    dataReceived = LineReceiver.dataReceived


class InMemoryTests(SynchronousTestCase):
    """What the endpoints do, without sockets."""

    def setUp(self) -> None:
        self.reactor: Any = MemoryReactorClock()
        self.client = TCP4ClientEndpoint(self.reactor, "127.0.0.1", 7)
        self.server = TCP4ServerEndpoint(self.reactor, 7)

    def watched(self, **terms: Any) -> WatchedClientEndpoint:
        """The client's endpoint, watched on its own reactor."""
        return watch_client(self.client, LISTEN, reactor=self.reactor, **terms)

    def accept(self, number: int = -1) -> Any:
        """Let a connection succeed; what Twisted connected."""
        factory = self.reactor.tcpClients[number][2]
        protocol = factory.buildProtocol(None)
        protocol.makeConnection(StringTransport())
        return protocol

    def test_interfaces(self) -> None:
        """They are endpoints, and say whose."""
        client, server = self.watched(), watch_server(self.server, LISTEN)
        self.assertTrue(verifyObject(IStreamClientEndpoint, client))
        self.assertTrue(verifyObject(IStreamServerEndpoint, server))
        self.assertIn("WatchedClientEndpoint of <twisted", repr(client))
        self.assertIn("WatchedServerEndpoint of <twisted", repr(server))

    def test_own_protocol(self) -> None:
        """The Deferred fires with the very protocol, also if a stand-in is connected."""
        for protocol in (Plain(), Rigid()):
            connected = self.watched().connect(factory_of(protocol))
            self.accept()
            self.assertIs(self.successResultOf(connected), protocol)
            self.assertTrue(heartbeat_of(protocol).watching)

    def test_connect_protocol(self) -> None:
        """Twisted's ``connectProtocol`` works."""
        protocol = Plain()
        connected = connectProtocol(self.watched(), protocol)
        self.accept()
        self.assertIs(self.successResultOf(connected), protocol)

    def test_cancel(self) -> None:
        """A connection that is being made can be cancelled."""
        connected = self.watched().connect(Factory.forProtocol(Plain))
        connected.cancel()
        self.failureResultOf(connected, ConnectingCancelledError)
        self.assertTrue(self.reactor.connectors[0].stoppedConnecting)

    def test_client_refuses(self) -> None:
        """What cannot be watched fails the Deferred, and connects nothing."""
        connected = self.watched().connect(Factory.forProtocol(Mixed))
        self.failureResultOf(connected, TypeError)
        self.assertEqual(self.reactor.tcpClients, [])

    def test_client_refuses_late(self) -> None:
        """Also if that shows only when it is built."""
        connected = self.watched().connect(factory_of(Mixed()))
        self.reactor.tcpClients[0][2].buildProtocol(None)
        self.failureResultOf(connected, TypeError)

    def test_server(self) -> None:
        """What is accepted is watched."""
        watched = watch_server(self.server, LISTEN, reactor=self.reactor)
        protocol = Plain()
        port = self.successResultOf(watched.listen(factory_of(protocol)))
        self.assertTrue(port.getHost())
        built = self.reactor.tcpServers[0][1].buildProtocol(None)
        self.assertIs(built, protocol)
        protocol.makeConnection(StringTransport())
        self.assertTrue(heartbeat_of(protocol).watching)

    def test_server_refuses(self) -> None:
        """A factory that cannot be watched is not listened for."""
        watched = watch_server(self.server, LISTEN)
        self.failureResultOf(watched.listen(Factory.forProtocol(Mixed)), TypeError)
        self.assertEqual(self.reactor.tcpServers, [])

    def test_bad_endpoint(self) -> None:
        """Anything else than an endpoint is refused at once, with the way out."""
        for watch, word in ((watch_client, "client"), (watch_server, "server")):
            with self.assertRaisesRegex(TypeError, f"as by {word}FromString"):
                watch("tcp:1234", LISTEN)
            with self.assertRaisesRegex(TypeError, "is watched already"):
                watch(self.watched(), LISTEN)
        with self.assertRaisesRegex(TypeError, "needs a question"):
            watch_client(self.client, Keepalive())

    def test_client_service(self) -> None:
        """A service reconnects when the watch ends a connection."""
        notes = Notes()
        service = ClientService(
            self.watched(on_lost=notes.on_lost),
            Factory.forProtocol(Waiting),
            clock=self.reactor,
            retryPolicy=lambda _: 1.0,
        )
        service.startService()
        made: list[Any] = []
        for _ in range(2):
            service.whenConnected().addCallback(made.append)
            connected = self.accept()
            self.assertIsInstance(made[-1].connectionLost, Watched)
            for _ in range(62):
                self.reactor.advance(1)
            connected.connectionLost(Failure(ConnectionAborted()))
            self.assertIsInstance(made[-1].reasons[0].value, PeerLostError)
            self.reactor.advance(1)
        self.assertEqual([told for told, _ in notes.lost], made)
        self.assertEqual(len(self.reactor.tcpClients), 3)
        self.successResultOf(service.stopService())
        self.assertEqual(self.reactor.getDelayedCalls(), [])


class SocketTests(TestCase):
    """Real peers, real sockets, the real reactor."""

    def setUp(self) -> None:
        self.reactor = global_reactor()
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)

    def peer(self) -> Peer:
        """One that answers pings, until it is frozen."""
        return self.stack.enter_context(contextlib.closing(Peer("answer")))

    def to(self, peer: Peer) -> TCP4ClientEndpoint:
        """Where it is."""
        return TCP4ClientEndpoint(self.reactor, peer.host, peer.port)

    @inlineCallbacks
    def test_silent_peer(self) -> Any:
        """A peer that says nothing is given up."""
        endpoint = watch_client(self.to(self.peer()), HASTY)
        protocol = yield endpoint.connect(Factory.forProtocol(Waiting))
        yield protocol.over
        self.assertIs(protocol.reasons[0].value.verdict.kind, Kind.PEER_SILENT)

    @inlineCallbacks
    def test_frozen_peer(self) -> Any:
        """One that answers is kept, and given up when it is frozen; then we reconnect."""
        peer = self.peer()
        watched = watch_client(self.to(peer), ASK, wire=Lines())
        service = ClientService(
            watched, Factory.forProtocol(Talk), retryPolicy=lambda _: 0.01
        )
        service.startService()
        first = yield service.whenConnected()
        heartbeat = heartbeat_of(first)
        for _ in range(3):
            yield heartbeat.ping()
        self.assertIsNone(heartbeat.verdict)
        peer.freeze()
        heartbeat.configure(attrs.evolve(ASK, timeout=0.2))
        yield first.over
        self.assertIs(first.reasons[0].value.verdict.kind, Kind.PEER_HUNG)
        yield deferLater(self.reactor, 0)  # the service is told after the protocol
        # The peer's kernel still accepts connections.
        second = yield service.whenConnected()
        self.assertIsNot(first, second)
        self.assertTrue(heartbeat_of(second).watching)
        yield deferLater(self.reactor, 0)  # nor may it be stopped while it tells us
        yield service.stopService()

    @inlineCallbacks
    def test_tls(self) -> Any:
        """Client and server over TLS, the watch outside of one and inside the other."""
        accepted: Deferred[Waiting] = Deferred()

        class Accepted(Waiting):
            def connectionMade(self) -> None:
                accepted.callback(self)

        factory = Factory.forProtocol(Accepted)
        tls = TLSMemoryBIOFactory(server_options(), False, factory)
        server = TCP4ServerEndpoint(self.reactor, 0, interface="127.0.0.1")
        port = yield watch_server(server, HASTY).listen(tls)
        plain = TCP4ClientEndpoint(self.reactor, "127.0.0.1", port.getHost().port)
        watched = watch_client(wrapClientTLS(client_options(), plain), LISTEN)
        client = yield watched.connect(Factory.forProtocol(Waiting))
        peer = yield accepted
        yield peer.over
        peer.reasons[0].trap(PeerLostError)
        yield client.over
        yield port.stopListening()
