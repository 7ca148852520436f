"""Factories of all kinds, and what they build."""

from __future__ import annotations

import contextlib
import copy
from typing import Any

from autobahn.twisted.websocket import (
    WebSocketClientFactory,
    WebSocketClientProtocol,
    WebSocketServerFactory,
    WebSocketServerProtocol,
)
from h2.config import H2Configuration
from h2.connection import H2Connection
from twisted.internet.interfaces import IProtocolFactory
from twisted.internet.protocol import ClientFactory, Factory, Protocol
from twisted.internet.task import Clock
from twisted.protocols.amp import AMP, Command
from twisted.protocols.basic import LineReceiver
from twisted.protocols.policies import TimeoutFactory, WrappingFactory
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource
from twisted.web.server import Site
from zope.interface.verify import verifyObject

from heartbeat import HeartbeatMixin, Keepalive, Lines, PeerLostError
from heartbeat.testing import Pair, connect
from heartbeat.wrapping import Terms, WatchedFactory, heartbeat_of, watch_factory
from heartbeat.wrapping.proxies import Proxy
from tests.connections import adopted, global_reactor, tcp_pair, until
from tests.tls import client_options, server_options
from tests.wrapping.cases import LISTEN, Notes, Plain, Rigid, factory_of

HASTY = Keepalive(interval=None, silence=0.2, jitter=0)


class Mixed(HeartbeatMixin, Plain):
    """Has a keepalive of its own."""


class Frozen(Plain):
    """An instance that takes no attribute, though it could."""

    def __setattr__(self, name: str, value: object) -> None:
        if name in {"makeConnection", "connectionLost"}:
            raise AttributeError(name)
        super().__setattr__(name, value)


class Add(Command):
    """A command that is never answered."""


class Case(SynchronousTestCase):
    """Factories that are watched, on a clock."""

    def setUp(self) -> None:
        self.clock: Any = Clock()

    def watch(self, factory: Any, policy: Keepalive = LISTEN, **terms: Any) -> Any:
        """The watched factory."""
        return watch_factory(factory, policy, reactor=self.clock, **terms)


class FactoryTests(Case):
    """It is the other factory, but for what it builds."""

    def test_passes_on(self) -> None:
        """What Twisted tells a factory, and asks of it."""
        told: list[str] = []

        class Loud(ClientFactory):
            noisy = False
            numbers = 7

            def doStart(self) -> None:  # noqa: N802 - Twisted's
                told.append("start")

            def doStop(self) -> None:  # noqa: N802 - Twisted's
                told.append("stop")

            def startedConnecting(self, connector: Any) -> None:
                told.append(connector)

        factory = self.watch(Loud())
        factory.doStart()
        factory.startedConnecting("connecting")
        factory.doStop()
        self.assertEqual(told, ["start", "connecting", "stop"])
        self.assertEqual((factory.noisy, factory.numbers), (False, 7))
        self.assertFalse(hasattr(factory, "nothing"))
        self.assertIn("WatchedFactory of <", repr(factory))

    def test_provides(self) -> None:
        """It provides what the other one provides; Twisted's TLS asks for some."""
        site = Site(Resource())
        factory = self.watch(site)
        self.assertTrue(verifyObject(IProtocolFactory, factory))
        self.assertEqual(factory.acceptableProtocols(), site.acceptableProtocols())
        tls = TLSMemoryBIOFactory(server_options(), False, factory)
        self.assertTrue(tls.buildProtocol(None))

    def test_copy(self) -> None:
        """It can be copied, like anything."""
        self.assertTrue(copy.copy(self.watch(Factory())).doStart)

    def test_refused_connection(self) -> None:
        """A factory may refuse a connection."""
        self.assertIsNone(self.watch(factory_of(None)).buildProtocol(None))

    def test_built_again(self) -> None:
        """What was built and never connected may be built again."""
        protocol = Plain()
        factory = self.watch(factory_of(protocol))
        self.assertIs(factory.buildProtocol(None), protocol)
        self.assertIs(factory.buildProtocol(None), protocol)
        pair = connect(protocol, Plain(), self.clock)
        heartbeat_of(protocol)
        pair.lose()
        self.assertEqual(len(protocol.reasons), 1)

    def test_connector(self) -> None:
        """A ``ClientFactory``, by ``reactor.connectTCP``, hears of its connector."""
        reactor, lost = global_reactor(), []

        class Client(ClientFactory):
            noisy = False
            protocol = Plain

            def clientConnectionLost(self, connector: Any, reason: Any) -> None:
                lost.append(connector)

        port = reactor.listenTCP(0, factory_of(Plain()), interface="127.0.0.1")
        self.addCleanup(port.stopListening)
        factory = watch_factory(Client(), HASTY)
        connector = reactor.connectTCP("127.0.0.1", port.getHost().port, factory)
        until(reactor, lambda: lost)
        self.assertEqual(lost, [connector])
        until(reactor, lambda: not _open_sockets(reactor, port))


class RefusalTests(Case):
    """What cannot be watched is refused, with the way out."""

    def test_mixin(self) -> None:
        """A protocol with the mixin has a keepalive already, or a place for one."""
        with self.assertRaisesRegex(TypeError, "Mixed has HeartbeatMixin"):
            self.watch(Factory.forProtocol(Mixed))

    def test_mixin_built(self) -> None:
        """Also where the factory does not say so before."""
        for protocol in (Mixed(), Proxy(Mixed())):
            with self.assertRaisesRegex(TypeError, "Mixed has HeartbeatMixin"):
                self.watch(factory_of(protocol)).buildProtocol(None)

    def test_twice(self) -> None:
        """A factory is watched once."""
        with self.assertRaisesRegex(TypeError, "WatchedFactory of .* watched already"):
            self.watch(self.watch(Factory()))

    def test_nested(self) -> None:
        """So is a protocol, whatever is between two factories."""
        inner = self.watch(factory_of(Plain()))
        with self.assertRaisesRegex(TypeError, "watched already"):
            self.watch(factory_of(inner.buildProtocol(None))).buildProtocol(None)

    def test_shared(self) -> None:
        """And it has one connection at a time."""
        factory = self.watch(factory_of(Plain()))
        pair = connect(factory.buildProtocol(None), Plain(), self.clock)
        with self.assertRaisesRegex(TypeError, "a protocol one connection at a time"):
            factory.buildProtocol(None)
        pair.lose()

    def test_wrong_wire(self) -> None:
        """A wire for another kind of protocol is refused as early as that is known."""
        ask = Keepalive()
        with self.assertRaisesRegex(TypeError, "Plain has no lineReceived"):
            self.watch(Factory.forProtocol(Plain), ask, wire=Lines())
        with self.assertRaisesRegex(TypeError, "Plain has no lineReceived"):
            self.watch(factory_of(Plain()), ask, wire=Lines()).buildProtocol(None)

    def test_wire_of_wrapped(self) -> None:
        """It is the wire of what a wrapper of Twisted's, as TLS, wraps."""
        lines = WrappingFactory(Factory.forProtocol(LineReceiver))
        factory = self.watch(lines, Keepalive(), wire=Lines())
        pair = connect(factory.buildProtocol(None), Plain(), self.clock)
        self.assertTrue(heartbeat_of(pair.client).policy.asks)
        pair.lose()
        with self.assertRaisesRegex(TypeError, "Plain has no lineReceived"):
            plain = WrappingFactory(Factory.forProtocol(Plain))
            self.watch(plain, Keepalive(), wire=Lines()).buildProtocol(None)

    def test_no_factory(self) -> None:
        """What builds nothing is refused, with the way out."""
        with self.assertRaisesRegex(TypeError, r"no buildProtocol\(\).*forProtocol"):
            self.watch(Plain())

    def test_rigid_wire(self) -> None:
        """A wire needs a protocol whose attributes can be set."""

        class Anything(Lines):
            def check(self, protocol_class: type) -> None:
                """Take anything."""

        factory = self.watch(factory_of(Rigid()), Keepalive(), wire=Anything())
        with self.assertRaisesRegex(TypeError, "of a Rigid cannot be set"):
            factory.buildProtocol(None)

    def test_terms(self) -> None:
        """The class takes the terms as one; what they say is checked before."""
        self.assertTrue(WatchedFactory(Factory(), Terms(policy=LISTEN)).doStop)
        with self.assertRaisesRegex(TypeError, "needs a question"):
            self.watch(Factory(), Keepalive())


class RigidTests(Case):
    """Protocols that cannot be shadowed get a stand-in, and everything else."""

    def test_rigid(self) -> None:
        """No attribute of it can be set, or only some."""
        for protocol in (Rigid(), Frozen()):
            notes = Notes()
            factory = self.watch(factory_of(protocol), on_lost=notes.on_lost)
            target = factory.buildProtocol(None)
            self.assertIsInstance(target, Proxy)
            pair = connect(target, Plain(), self.clock)
            pair.server.transport.write(b"bytes")
            pair.advance(55)
            self.assertEqual(protocol.received, b"bytes")
            self.assertIs(protocol.transport.protocol, target)
            pair.advance(10)
            protocol.reasons[0].trap(PeerLostError)
            self.assertIs(notes.lost[0][0], protocol)
            self.assertNotIn("connectionLost", vars(target))


class OthersTests(Case):
    """Protocols of other people."""

    def over(self, client: Any, server: Any) -> Pair[Any, Any]:
        """Connect what two factories build."""
        ends = client.buildProtocol(None), server.buildProtocol(None)
        return connect(*ends, self.clock)

    def test_amp(self) -> None:
        """AMP works, and its waiting calls fail with the verdict."""
        client = self.watch(Factory.forProtocol(AMP))
        pair = self.over(client, client)
        heartbeat = heartbeat_of(pair.client)
        calls = pair.client.callRemote(Add)
        pair.cut()
        pair.advance(65)
        reason = self.failureResultOf(calls, PeerLostError)
        self.assertIs(reason.value.verdict, heartbeat.verdict)

    def test_wrappers(self) -> None:
        """Twisted's wrappers, inside and outside."""
        for outside in (True, False):
            protocol, notes = Plain(), Notes()
            factory: Any = factory_of(protocol)
            if outside:
                inner = self.watch(factory, on_lost=notes.on_lost)
                factory = WrappingFactory(TimeoutFactory(inner, timeoutPeriod=None))
            else:
                wrapping = WrappingFactory(TimeoutFactory(factory, timeoutPeriod=None))
                factory = self.watch(wrapping, on_lost=notes.on_lost)
            pair = connect(factory.buildProtocol(None), Plain(), self.clock)
            heartbeat_of(protocol)
            pair.advance(65)
            protocol.reasons[0].trap(PeerLostError)
            self.assertIs(notes.lost[0][0], protocol)

    def test_autobahn(self) -> None:
        """WebSockets open, and a dead one ends with the verdict as its reason."""
        reasons: list[Any] = []

        class Server(WebSocketServerProtocol):
            def connectionLost(self, reason: Any = None) -> None:
                reasons.append(reason)
                super().connectionLost(reason)

        server = WebSocketServerFactory(reactor=self.clock)
        client = WebSocketClientFactory(reactor=self.clock)
        server.protocol, client.protocol = Server, WebSocketClientProtocol
        pair = self.over(self.watch(client), self.watch(server))
        pair.advance(1)
        self.assertEqual(pair.server.state, pair.server.STATE_OPEN)
        pair.cut()
        pair.advance(65)
        reasons[0].trap(PeerLostError)


class WebTests(Case):
    """Twisted's web server, whose channel changes with the protocol."""

    def setUp(self) -> None:
        super().setUp()
        root = Resource()
        root.isLeaf = True
        root.render = lambda _: b"body"  # type: ignore[method-assign]
        self.site = Site(root, reactor=self.clock, timeout=None)

    def connect(self) -> Pair[Plain, Any]:
        """A client that is nobody's, and a watched channel."""
        channel = self.watch(self.site).buildProtocol(None)
        pair = connect(Plain(), channel, self.clock)
        self.transport = pair.client.transport.other
        self.heartbeat = heartbeat_of(self.transport)
        return pair

    def assertGivenUp(self, pair: Pair[Plain, Any]) -> None:  # noqa: N802 - as unittest's
        """Silence ends the connection, and nothing is left."""
        self.assertTrue(self.heartbeat.watching)
        pair.advance(15)
        self.assertTrue(self.heartbeat.verdict)
        self.assertFalse(self.heartbeat.watching)
        self.assertEqual(len(pair.client.reasons), 1)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_http(self) -> None:
        """A request is answered; a silent client is given up."""
        pair = self.connect()
        pair.client.transport.write(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        pair.advance(50)
        self.assertIn(b"body", pair.client.received)
        self.assertGivenUp(pair)

    def test_http2(self) -> None:
        """The change to HTTP/2 replaces the channel, and the watch goes on."""
        pair = self.connect()
        self.transport.negotiatedProtocol = b"h2"
        client = H2Connection(H2Configuration())
        client.initiate_connection()
        pair.client.transport.write(client.data_to_send())
        pair.advance(50)
        self.assertEqual(type(pair.server._channel).__name__, "H2Connection")
        self.assertGivenUp(pair)

    def test_handed_over(self) -> None:
        """Who takes the transport over takes the watch, until the transport is gone."""
        pair = self.connect()
        other = Plain()
        self.transport.protocol = other
        other.makeConnection(self.transport)
        self.assertIs(heartbeat_of(other), self.heartbeat)
        pair.advance(50)
        self.assertGivenUp(pair)
        self.assertEqual(len(other.reasons), 1)


class TLSTests(SynchronousTestCase):
    """TLS, above the watch, below it, and started on the way."""

    def setUp(self) -> None:
        self.reactor = global_reactor()
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)
        self.ours, self.theirs = tcp_pair()

    def test_inside(self) -> None:
        """The watch inside: the protocol gets the TLS transport."""
        protocol = Plain()
        watched = watch_factory(factory_of(protocol), LISTEN)
        self.talk(protocol, TLSMemoryBIOFactory(server_options(), False, watched))

    def test_outside(self) -> None:
        """The watch outside: the reason comes through TLS."""
        protocol = Plain()
        tls = TLSMemoryBIOFactory(server_options(), False, factory_of(protocol))
        self.talk(protocol, watch_factory(tls, LISTEN))

    def test_started(self) -> None:
        """``startTLS`` on a watched connection."""
        protocol, client = Plain(), Plain()
        self.adopt(protocol, self.ours, watch_factory(factory_of(protocol), LISTEN))
        self.adopt(client, self.theirs, factory_of(client))
        heartbeat = heartbeat_of(protocol)
        protocol.transport.startTLS(server_options())
        client.transport.startTLS(client_options(), normal=False)
        client.transport.write(b"secret")
        until(self.reactor, lambda: protocol.received)
        self.assertIs(heartbeat_of(protocol), heartbeat)
        self.given_up(protocol, client)

    def talk(self, protocol: Plain, factory: Any) -> None:
        """Bytes come, then nothing."""
        client = Plain()
        self.adopt(protocol, self.ours, factory)
        self.adopt(
            client,
            self.theirs,
            TLSMemoryBIOFactory(client_options(), True, factory_of(client)),
        )
        client.transport.write(b"bytes")
        until(self.reactor, lambda: protocol.received)
        self.assertTrue(heartbeat_of(protocol).watching)
        self.given_up(protocol, client)

    def given_up(self, protocol: Plain, client: Plain) -> None:
        """The verdict comes, and nothing of ours stays."""
        heartbeat_of(protocol).configure(HASTY)
        until(self.reactor, lambda: protocol.reasons and client.reasons)
        protocol.reasons[0].trap(PeerLostError)
        self.assertNotIn("connectionLost", vars(protocol))
        with self.assertRaises(LookupError):
            heartbeat_of(protocol)

    def adopt(self, protocol: Protocol, sock: Any, factory: Any) -> None:
        """Connect it to *sock* until the test ends."""
        self.stack.enter_context(adopted(self.reactor, protocol, sock, factory))


def _open_sockets(reactor: Any, port: Any) -> list[object]:
    own = set(reactor._internalReaders) | {port}
    return [reader for reader in reactor.getReaders() if reader not in own]
