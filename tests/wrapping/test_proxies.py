"""The stand-in passes everything on."""

from __future__ import annotations

import copy
from typing import Any, cast

from twisted.application.internet import ClientService
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import (
    IHalfCloseableProtocol,
    ILoggingContext,
    IProtocol,
    IStreamClientEndpoint,
)
from twisted.internet.protocol import Protocol
from twisted.internet.testing import StringTransport
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.http import HTTPFactory
from zope.interface import implementer
from zope.interface.verify import verifyObject

from heartbeat.wrapping.proxies import Proxy, behind, passes_on, unveiled
from tests.wrapping.cases import Plain, Rigid, factory_of


@implementer(IHalfCloseableProtocol)
class HalfCloseable(Rigid):
    """Hears of half a loss."""

    __slots__ = ("halves",)

    def __init__(self) -> None:
        super().__init__()
        self.halves: list[str] = []

    def readConnectionLost(self) -> None:
        """Keep it."""
        self.halves.append("read")

    def writeConnectionLost(self) -> None:
        """Keep it."""
        self.halves.append("write")


class ProxyTests(SynchronousTestCase):
    """What Twisted tells it, the protocol hears."""

    def test_passes_on(self) -> None:
        """The transport as it is, the bytes, and the loss."""
        protocol, transport = Rigid(), StringTransport()
        proxy, reason = Proxy(protocol), Failure(ConnectionDone())
        proxy.makeConnection(cast("Any", transport))
        proxy.dataReceived(b"bytes")
        proxy.connectionLost(reason)
        self.assertIs(protocol.transport, transport)
        self.assertEqual(protocol.received, b"bytes")
        self.assertEqual(protocol.reasons, [reason])

    def test_provides(self) -> None:
        """It provides what the protocol provides, and nothing else but a name."""
        proxy = Proxy(HalfCloseable())
        proxy.readConnectionLost()
        self.assertEqual(proxy.halves, ["read"])
        self.assertTrue(verifyObject(IProtocol, proxy))
        self.assertTrue(verifyObject(IHalfCloseableProtocol, proxy))
        self.assertTrue(verifyObject(ILoggingContext, proxy))
        self.assertFalse(IHalfCloseableProtocol.providedBy(Proxy(Rigid())))

    def test_log_prefix(self) -> None:
        """The protocol's own, or its class."""
        self.assertEqual(Proxy(Rigid()).logPrefix(), "Rigid")
        protocol: Any = Protocol()
        protocol.logPrefix = lambda: "own"
        self.assertEqual(Proxy(protocol).logPrefix(), "own")

    def test_missing(self) -> None:
        """What the protocol does not have, it has not either."""
        self.assertFalse(hasattr(Proxy(Rigid()), "fileDescriptorReceived"))

    def test_repr(self) -> None:
        """It says whose it is."""
        self.assertIn("<Proxy of <tests.wrapping.cases.Rigid", repr(Proxy(Rigid())))

    def test_copy(self) -> None:
        """It can be copied, like anything."""
        protocol = Rigid()
        self.assertIs(unveiled(copy.copy(Proxy(protocol))), protocol)


class PassesOnTests(SynchronousTestCase):
    """Which instances cannot be shadowed."""

    def test_plain(self) -> None:
        """Methods can."""
        self.assertFalse(passes_on(Plain(), "connectionLost"))
        self.assertFalse(passes_on(Plain(), "no such method"))

    def test_web_channel(self) -> None:
        """What is set on Twisted's web channel is set on what it stands for now."""
        channel = HTTPFactory().buildProtocol(None)
        self.assertTrue(passes_on(channel, "connectionLost"))


class BehindTests(SynchronousTestCase):
    """Whose connection it is."""

    def test_unveiled(self) -> None:
        """A proxy gives the protocol away; others are themselves."""
        plain, rigid = Plain(), Rigid()
        self.assertIs(unveiled(plain), plain)
        self.assertIs(unveiled(Proxy(rigid)), rigid)

    def test_client_service(self) -> None:
        """Behind what `ClientService` makes for each connection."""
        built: list[Any] = []

        @implementer(IStreamClientEndpoint)
        class Endpoint:
            def connect(self, protocolFactory: Any) -> Deferred[Any]:  # noqa: N803
                built.append(protocolFactory.buildProtocol(None))
                return Deferred()

        protocol = Plain()
        ClientService(Endpoint(), factory_of(protocol)).startService()
        self.assertIsNot(built[0], protocol)
        self.assertIs(behind(built[0]), protocol)

    def test_last(self) -> None:
        """A protocol whose ``connectionMade`` is nobody's, or no protocol's."""

        class Odd:
            pass

        methods: list[Any] = [None, lambda: None, [].append]
        for method in methods:
            odd: Any = Odd()
            odd.connectionMade = method
            self.assertIs(behind(odd), odd)

    def test_loop(self) -> None:
        """A wrapper that wraps itself is not followed for ever."""
        wrapper: Any = ProtocolWrapper(cast("Any", WrappingFactory)(None), Protocol())
        wrapper.wrappedProtocol = wrapper
        self.assertIs(behind(wrapper), wrapper)

    def test_behind(self) -> None:
        """Behind our proxies and Twisted's wrappers, in any order."""
        rigid = Rigid()
        factory = cast("Any", WrappingFactory)(None)
        outside = Proxy(ProtocolWrapper(factory, cast("Any", rigid)))
        inside = ProtocolWrapper(factory, cast("Any", Proxy(rigid)))
        self.assertIs(behind(outside), rigid)
        self.assertIs(behind(inside), rigid)
