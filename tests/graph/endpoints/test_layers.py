"""From a protocol to its transport, and back."""

from __future__ import annotations

from typing import Any

from twisted.application.internet import ClientService
from twisted.internet.endpoints import TCP4ClientEndpoint, _WrappingProtocol
from twisted.internet.interfaces import IHalfCloseableProtocol, IProtocol
from twisted.internet.protocol import DatagramProtocol, ProcessProtocol, Protocol
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.http import HTTPChannel, _GenericHTTPChannelProtocol
from zope.interface import implementer, providedBy

from heartbeat.graph import static
from heartbeat.graph.endpoints import layers
from heartbeat.graph.endpoints.layers import (
    above,
    base_of,
    is_late,
    is_protocol,
    is_top,
    layers_between,
    layers_over,
    register_wrapper,
    topmost,
)
from heartbeat.late import LateTransport
from tests.graph.linked import Chat, Chats, linked
from tests.reactors import fresh


@implementer(IProtocol, IHalfCloseableProtocol)
class Halves(Protocol):
    """A protocol with more interfaces than the usual ones."""

    def readConnectionLost(self) -> None:
        """Nothing."""

    def writeConnectionLost(self) -> None:
        """Nothing."""


def top_of(base: object) -> object | None:
    """What is over all others; None if nothing is."""
    over = layers_over(base)
    return over[-1] if over else None


class Hostile(Protocol):
    """A protocol whose code must not run."""

    @property
    def transport(self) -> Any:  # type: ignore[override]
        """Not to be read."""
        raise AssertionError("was asked for its transport")

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"was asked for {name}")

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        raise AssertionError("was asked for its class")


class Onion:
    """A layer that Twisted does not know."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.below: Any = None

    def makeConnection(self, transport: Any) -> None:
        """Connect both."""
        self.below = transport
        self.inner.makeConnection(self)


def proxy(protocol: Any) -> Any:
    """What ``ClientService`` puts around a protocol, for one end of a connection."""
    reactor = MemoryReactorClock()
    end = TCP4ClientEndpoint(reactor, "10.0.0.1", 7)
    ClientService(end, Chats(protocol), clock=reactor).startService()
    built: Any = reactor.tcpClients[0][2].buildProtocol(None)
    return built._wrappedProtocol


class LayerTests(SynchronousTestCase):
    """In-memory transports with layers over them."""

    def test_plain(self) -> None:
        """A protocol on a transport."""
        protocol, transport = Chat(), StringTransport()
        protocol.makeConnection(transport)

        self.assertIs(base_of(protocol), transport)
        self.assertIs(base_of(transport), transport)
        self.assertEqual(list(layers_between(protocol, transport)), [transport])

    def test_none(self) -> None:
        """A protocol without a transport has no base."""
        for protocol in (Chat(), DatagramProtocol(), ProcessProtocol(), Hostile()):
            self.assertIsNone(base_of(protocol))
            self.assertIs(topmost(protocol), protocol)

    def test_wrappers(self) -> None:
        """Wrappers of all kinds, in one another."""
        transport: Any = StringTransport()
        http = _GenericHTTPChannelProtocol(HTTPChannel())
        inner = proxy(http)
        middle = _WrappingProtocol(_Waiter(), inner)
        outer = ProtocolWrapper(WrappingFactory(Chats()), middle)
        transport.protocol = outer
        outer.makeConnection(transport)
        channel = http._channel

        self.assertIs(top_of(transport), channel)
        self.assertEqual(
            list(map(id, layers_over(transport))),
            list(map(id, (outer, middle, inner, http, channel))),
        )
        for each in (outer, middle, inner, http, channel):
            self.assertIs(base_of(each), transport)
            self.assertIs(topmost(each), channel)
        self.assertIs(above(outer), middle)
        self.assertEqual(
            [is_top(each) for each in (outer, middle, inner, http, channel, transport)],
            [False, False, False, False, True, False],
        )
        channel.connectionLost(None)

    def test_interfaces(self) -> None:
        """What provides its interfaces by magic, provides them afterwards as well."""
        wrapped = proxy(Halves())
        wrapped.makeConnection(StringTransport())
        self.assertTrue(is_protocol(type(wrapped)))
        self.assertIsNotNone(base_of(wrapped))
        top_of(wrapped)

        self.assertIn(IHalfCloseableProtocol, list(providedBy(wrapped)))

    def test_late(self) -> None:
        """The stand-in for a lost transport is seen through."""
        protocol, transport = Chat(), StringTransport()
        late = LateTransport(transport, peer="", reason="", lost_at=0.0, now=float)
        protocol.transport = late  # type: ignore[assignment]

        self.assertTrue(is_late(late))
        self.assertFalse(is_late(transport))
        self.assertTrue(layers.is_layer(type(late)))
        self.assertFalse(layers.is_layer(type(transport)))
        self.assertIs(base_of(protocol), transport)
        self.assertIs(base_of(late), transport)
        self.assertEqual(list(layers_between(protocol, transport)), [transport])

    def test_tls(self) -> None:
        """TLS from the start, and TLS that was started later."""
        with fresh("epoll") as reactor, linked(reactor, tls=True) as link:
            layer = link.client.transport

            self.assertIs(base_of(link.client), layer.transport)
            self.assertIs(top_of(layer.transport), link.client)
            self.assertEqual(
                list(layers_between(link.client, layer.transport)),
                [layer, layer.transport],
            )

    def test_no_protocol(self) -> None:
        """Something else under the name of a protocol is none."""
        transport: Any = StringTransport()
        transport.protocol = "tcp"

        self.assertIsNone(top_of(transport))
        self.assertIsNone(top_of(object()))

    def test_connector(self) -> None:
        """A connector leads to its transport, while it has one."""
        with fresh("epoll") as reactor, linked(reactor) as link:
            self.assertIs(base_of(link.connector), link.client.transport)
            link.lose()
            link.connector.transport = None
            self.assertIs(base_of(link.connector), link.connector)

    def test_circle(self) -> None:
        """Nothing is followed for ever."""
        one, two = Chat(), Chat()
        one.transport, two.transport = two, one  # type: ignore[assignment]
        wrapper: Any = ProtocolWrapper(WrappingFactory(Chats()), one)
        wrapper.wrappedProtocol = wrapper
        transport: Any = StringTransport()
        transport.protocol = wrapper

        self.assertIsNone(base_of(one))
        self.assertLess(len(layers_over(transport)), 40)
        self.assertLess(len(list(layers_between(one, object()))), 40)
        self.assertIs(topmost(wrapper), wrapper)

    def test_registered(self) -> None:
        """A wrapper of the program's is seen through once it is made known."""
        protocol, transport = Chat(), StringTransport()
        onion = Onion(protocol)
        onion.makeConnection(transport)
        self.assertIsNot(base_of(protocol), transport)
        self.patch(layers, "_UP", dict(layers._UP))
        self.patch(layers, "_DOWN", dict(layers._DOWN))
        self.addCleanup(static.forget)

        register_wrapper(Onion, up="inner", down="below")

        self.assertIs(base_of(protocol), transport)
        self.assertIs(above(onion), protocol)

    def test_limit(self) -> None:
        """Classes are not remembered for ever."""
        self.patch(static, "KEPT", 1)
        for number in range(5):
            thing = type(f"Class{number}", (), {})()
            base_of(thing)
            above(thing)

        for known in (layers._ups, layers._downs, layers._protocols):
            self.assertLess(len(known), 4)


class _Waiter:
    def callback(self, result: object) -> None:
        """Nothing waits."""
