"""One thing as an endpoint, with all that is over it."""

from __future__ import annotations

from typing import Any

from twisted.internet.endpoints import TCP4ClientEndpoint, wrapClientTLS
from twisted.internet.protocol import DatagramProtocol, Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.protocols.policies import TimeoutFactory, WrappingFactory
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource
from twisted.web.server import Site

from heartbeat import HeartbeatMixin, Keepalive
from heartbeat.graph import static
from heartbeat.graph.endpoints import description as endpoints
from heartbeat.graph.endpoints.census import Census
from heartbeat.graph.endpoints.context import Context
from heartbeat.graph.endpoints.description import (
    describe,
    describe_alone,
    with_protocol,
)
from heartbeat.graph.endpoints.layers import base_of
from heartbeat.graph.endpoints.watching import Watching
from heartbeat.graph.model import Endpoint, Kind, State
from tests.connections import descriptor, until
from tests.graph.endpoints.test_connections import Produces
from tests.graph.endpoints.test_layers import Hostile
from tests.graph.linked import Chats, closed, linked
from tests.reactors import REACTORS, fresh
from tests.tls import client_options, server_options

SERVER = "twisted.internet.tcp.Server"
CLIENT = "twisted.internet.tcp.Client"
TLS = static.class_name(TLSMemoryBIOFactory.protocol)


class Beating(HeartbeatMixin, Protocol):
    """A protocol with our mixin."""

    keepalive = Keepalive()

    def send_ping(self, payload: bytes) -> None:
        """Say nothing."""


class Dropping(Protocol):
    """Lets go of its transport when that is lost."""

    def connectionLost(self, reason: object = None) -> None:
        self.transport = None


def context(reactor: object) -> Context:
    """As of now."""
    return Context(Watching(reactor))


def met(reactor: object, thing: object) -> Endpoint:
    """The endpoint of *thing*."""
    census = Census(reactor)
    census.begin()
    end = census.endpoint_of(thing)
    census.close()
    assert end is not None
    return end


def accepted(reactor: object) -> list[Endpoint]:
    """The connections that ports of *reactor* have accepted."""
    census = Census(reactor)
    census.begin()
    for _ in census.steps():
        pass
    census.close()
    return [each for each in census.endpoints if each.parent]


class LayeredTests(SynchronousTestCase):
    """Protocols under which there is more than a transport."""

    def test_start_tls(self) -> None:
        """TLS that was started later, on every reactor, until after the loss."""
        for name in REACTORS:
            with self.subTest(name), fresh(name) as reactor, linked(reactor) as link:
                link.server.transport.startTLS(server_options())
                link.client.transport.startTLS(client_options())
                server = met(reactor, link.server)
                bypass = met(reactor, link.client.transport.protocol.transport)
                client = met(reactor, link.client)
                link.lose()
                over = met(reactor, link.client)

                self.assertEqual((server.kind, client.kind), (Kind.TLS, Kind.TLS))
                self.assertEqual(server.protocol, "tests.graph.linked.Chat")
                self.assertEqual(server.layers, (TLS, SERVER))
                self.assertEqual(bypass.id, client.id)
                self.assertEqual(
                    (over.kind, over.state), (Kind.TLS, State.DISCONNECTED)
                )

    def test_policies(self) -> None:
        """Wrappers around wrappers around TLS."""
        with fresh("epoll") as reactor:
            any_reactor: Any = reactor
            chats = Chats()
            wrapping: Any = WrappingFactory(chats)
            timing = TimeoutFactory(wrapping, None)
            port = any_reactor.listenSSL(
                0, timing, server_options(), interface="127.0.0.1"
            )
            end = wrapClientTLS(
                client_options(),
                TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port),
            )
            done: list[Any] = []
            end.connect(Chats()).addCallback(done.append)
            until(reactor, lambda: done and chats.built)
            server, client = met(reactor, chats.built[0]), met(reactor, done[0])
            listening = met(reactor, port)
            ends = [descriptor(each) for each in (chats.built[0], done[0])]
            for each in ends:
                each.abortConnection()  # type: ignore[attr-defined]
            until(reactor, lambda: not any(each.connected for each in ends))
            closed(reactor, port)

        policies = "twisted.protocols.policies"
        self.assertEqual(
            server.layers,
            (
                f"{policies}.ProtocolWrapper",
                f"{policies}.TimeoutProtocol",
                TLS,
                SERVER,
            ),
        )
        self.assertEqual(server.kind, Kind.TLS)
        self.assertEqual(server.factory, "tests.graph.linked.Chats")
        self.assertEqual(client.kind, Kind.TLS)
        self.assertEqual(client.protocol, "tests.graph.linked.Chat")
        self.assertEqual(client.factory, "tests.graph.linked.Chats")
        self.assertEqual((client.layers[0], client.layers[-1]), (TLS, CLIENT))
        self.assertEqual(listening.factory, "tests.graph.linked.Chats")

    def test_http(self) -> None:
        """A channel of the web server, which is in a wrapper of its own."""
        with fresh("epoll") as reactor:
            any_reactor: Any = reactor
            site = Site(Resource(), reactor=reactor)
            port = any_reactor.listenTCP(0, site, interface="127.0.0.1")
            connector = any_reactor.connectTCP(
                "127.0.0.1", port.getHost().port, Chats()
            )
            until(reactor, lambda: accepted(reactor))
            (server,) = accepted(reactor)
            connector.disconnect()
            until(reactor, lambda: not accepted(reactor))
            closed(reactor, port)

        self.assertEqual(server.protocol, "twisted.web.http.HTTPChannel")
        self.assertEqual(
            server.layers, ("twisted.web.http._GenericHTTPChannelProtocol", SERVER)
        )
        self.assertEqual(server.factory, "twisted.web.server.Site")
        self.assertEqual(server.producer, "twisted.web.http.HTTPChannel")

    def test_tls_inside(self) -> None:
        """What a TLS layer holds back, its producer, and that it closes."""
        with fresh("epoll") as reactor, linked(reactor, tls=True) as link:
            layer = link.client.transport
            layer.registerProducer(Produces(), True)
            layer._appSendBuffer.append(b"12345")
            layer.disconnecting = True
            end = met(reactor, link.client)

        self.assertGreaterEqual(end.buffered, 5)
        self.assertEqual(
            end.producer, "tests.graph.endpoints.test_connections.Produces"
        )
        self.assertIs(end.state, State.CLOSING)

    def test_tls_in_memory(self) -> None:
        """TLS over a transport in memory, which ends."""
        factory = TLSMemoryBIOFactory(server_options(), False, Chats())
        layer: Any = factory.buildProtocol(None)
        transport: Any = StringTransport()
        layer.makeConnection(transport)
        protocol = layer.wrappedProtocol
        end = met(None, protocol)
        transport.disconnected = True

        self.assertEqual((end.kind, end.state), (Kind.TLS, State.CONNECTED))
        self.assertIs(met(None, protocol).state, State.DISCONNECTED)


class ProtocolTests(SynchronousTestCase):
    """Protocols, with and without a transport."""

    def test_alone(self) -> None:
        """One that was never connected, and one that dropped its transport."""
        factory = Chats(Dropping())
        dropping: Any = factory.buildProtocol(None)
        before = describe_alone(dropping, context(None)).endpoint
        dropping.makeConnection(StringTransport())
        dropping.connectionLost()
        after = describe_alone(dropping, context(None)).endpoint

        self.assertEqual(
            (before.state, after.state), (State.UNCONNECTED, State.DISCONNECTED)
        )
        self.assertEqual(before.factory, "tests.graph.linked.Chats")
        self.assertEqual(after.protocol, f"{__name__}.Dropping")

    def test_datagrams(self) -> None:
        """A datagram protocol before and after its time."""
        with fresh("epoll") as reactor:
            protocol = DatagramProtocol()
            before = met(reactor, protocol)
            port: Any = reactor.listenUDP(0, protocol, interface="127.0.0.1")  # type: ignore[attr-defined]
            during = met(reactor, protocol)
            closed(reactor, port)
            after = met(reactor, protocol)

        self.assertEqual(
            [before.state, during.state, after.state],
            [State.UNCONNECTED, State.LISTENING, State.DISCONNECTED],
        )

    def test_hostile(self) -> None:
        """A protocol is looked at, not asked."""
        protocol = Hostile()
        transport: Any = StringTransport()
        transport.protocol = protocol

        end = describe(transport, context(None)).endpoint

        self.assertEqual(end.protocol, "tests.graph.endpoints.test_layers.Hostile")
        self.assertIs(
            describe_alone(protocol, context(None)).endpoint.state, State.UNCONNECTED
        )

    def test_mixin(self) -> None:
        """The mixin tells its scopes and its keepalive, and after the end, why."""
        clock = Clock()
        protocol: Any = Beating()
        protocol.reactor = clock
        transport: Any = StringTransport()
        protocol.makeConnection(transport)
        protocol.clock.callLater(5, int)
        transport.protocol = protocol
        found = describe(transport, context(None))
        alive = found.endpoint
        protocol.connectionLost(None)
        clock.advance(2)
        transport.protocol = None
        lost = describe(transport, context(None))
        with_protocol(lost, protocol)

        self.assertIs(found.clock, protocol.clock)
        self.assertEqual(alive.scopes[0].pending, 1)
        self.assertIsNotNone(alive.keepalive)
        self.assertEqual((alive.state, alive.lost_ago), (State.CONNECTED, None))
        self.assertEqual(lost.endpoint.state, State.DISCONNECTED)
        self.assertEqual(lost.endpoint.lost_ago, 2.0)
        self.assertEqual(lost.endpoint.scopes[0].state, "closed")
        self.assertIs(lost.protocol, protocol)

    def test_fakes(self) -> None:
        """Ports and connectors of a fake reactor."""
        reactor = MemoryReactorClock()
        port = reactor.listenTCP(80, Chats())
        connector = reactor.connectTCP("10.0.0.1", 80, Chats())

        self.assertIs(met(reactor, port).state, State.LISTENING)
        self.assertIs(met(reactor, connector).state, State.CONNECTING)

    def test_limit(self) -> None:
        """Classes are not remembered for ever."""
        self.patch(static, "KEPT", 1)
        for number in range(5):
            thing = type(f"Class{number}", (), {"write": None})()
            self.assertIs(base_of(thing), thing)
            describe(thing, context(None))

        self.assertLess(len(endpoints._functions), 4)
        static.forget()
        self.assertEqual(endpoints._functions, {})
