"""The mixin on everything people derive from: Twisted's protocols and Autobahn's."""

# mypy: disable-error-code="mutable-override"
from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from twisted.internet.error import ConnectionLost
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.mail.imap4 import IMAP4Client, IMAP4Server
from twisted.mail.pop3 import POP3, AdvancedPOP3Client
from twisted.mail.smtp import ESMTP, SMTP, ESMTPClient, SMTPClient
from twisted.protocols.amp import AMP
from twisted.protocols.basic import (
    Int8StringReceiver,
    Int16StringReceiver,
    Int32StringReceiver,
    LineOnlyReceiver,
    LineReceiver,
    NetstringReceiver,
)
from twisted.protocols.ftp import FTP, FTPClient
from twisted.protocols.memcache import MemCacheProtocol
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.protocols.postfix import PostfixTCPMapServer
from twisted.protocols.stateful import StatefulProtocol
from twisted.python.failure import Failure
from twisted.trial.unittest import SkipTest, SynchronousTestCase
from twisted.web.http import (
    HTTPChannel,
    HTTPFactory,
    _GenericHTTPChannelProtocol,
)
from twisted.words.protocols.irc import IRCClient

from heartbeat import late
from heartbeat.errors import ScopeClosedError
from heartbeat.late import LateTransport
from heartbeat.policy import Keepalive
from heartbeat.protocol import HeartbeatMixin
from heartbeat.states import State
from heartbeat.testing import advance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REASON = Failure(ConnectionLost())
POLICY = Keepalive(interval=None, silence=3600, jitter=0)


class Factory:
    """What some of them ask of theirs."""

    noisy = False
    welcomeMessage = "hello"  # noqa: N815 - FTP's
    timeOut = 600


BROKEN_FRAME = b"\x00\x00\x00\x01\x04\x00\x00\x00\x00"
"""HTTP/2 headers of the connection itself, which has none."""


class Stateful(StatefulProtocol):
    """One byte at a time."""

    def getInitialState(self) -> Any:  # noqa: N802 - Twisted's
        """One byte at a time."""
        return self.getInitialState, 1


BASES: dict[type, Callable[[Any], Any]] = {
    Protocol: lambda kind: kind(),
    LineReceiver: lambda kind: kind(),
    LineOnlyReceiver: lambda kind: kind(),
    NetstringReceiver: lambda kind: kind(),
    Int8StringReceiver: lambda kind: kind(),
    Int16StringReceiver: lambda kind: kind(),
    Int32StringReceiver: lambda kind: kind(),
    Stateful: lambda kind: kind(),
    AMP: lambda kind: kind(),
    IRCClient: lambda kind: kind(),
    HTTPChannel: lambda kind: kind(),
    SMTP: lambda kind: kind(),
    ESMTP: lambda kind: kind(),
    SMTPClient: lambda kind: kind("here"),
    ESMTPClient: lambda kind: kind(b"secret", identity=b"here"),
    POP3: lambda kind: kind(),
    AdvancedPOP3Client: lambda kind: kind(),
    IMAP4Server: lambda kind: kind(),
    IMAP4Client: lambda kind: kind(),
    FTP: lambda kind: kind(),
    FTPClient: lambda kind: kind(),
    MemCacheProtocol: lambda kind: kind(),
    PostfixTCPMapServer: lambda kind: kind(),
    ProtocolWrapper: lambda kind: kind(WrappingFactory(Factory()), Protocol()),
}
"""What to derive from, and how to make one of what was derived."""


def derived(base: type, clock: Clock) -> type:
    """*base* with the mixin, on *clock*."""
    namespace = {"reactor": clock, "keepalive": POLICY}
    return type(f"Lively{base.__name__}", (HeartbeatMixin, base), namespace)


class BaseTests(SynchronousTestCase):
    def setUp(self) -> None:
        """A clock, on which nothing may be left."""
        self.clock = Clock()
        self.addCleanup(lambda: self.assertEqual(self.clock.getDelayedCalls(), []))
        self.addCleanup(late.forget)

    def each(self) -> Iterator[Any]:
        """One protocol of each base, with the mixin, connected."""
        for base, make in BASES.items():
            protocol = make(derived(base, self.clock))
            if getattr(protocol, "factory", None) is None:
                protocol.factory = Factory()
            protocol.makeConnection(StringTransport())
            yield protocol

    def test_ends(self) -> None:
        """On every base timers run, and end with the connection."""
        ran: list[object] = []
        for protocol in self.each():
            protocol.clock.callLater(5, ran.append, protocol)
            protocol.clock.callLater(20, ran.append, "never")
            self.clock.advance(10)
            self.assertIs(ran.pop(), protocol)
            self.assertEqual(protocol.heartbeat.state, State.ALIVE, protocol)
            protocol.connectionLost(REASON)
            self.clock.advance(10)
            self.assertEqual(ran, [], protocol)
            self.assertRaises(ScopeClosedError, protocol.clock.callLater, 1, list)
        self.flushLoggedErrors()

    def test_hot_path(self) -> None:
        """On every base the transport is Twisted's until the loss, never after."""
        for protocol in self.each():
            self.assertIs(type(protocol.transport), StringTransport)
            protocol.connectionLost(REASON)
            expected = type(None) if isinstance(protocol, (AMP, FTP)) else LateTransport
            self.assertIs(type(protocol.transport), expected, protocol)
        self.flushLoggedErrors()

    def test_again(self) -> None:
        """On every base that can be connected twice a second connection works."""
        for base in (Protocol, LineReceiver, NetstringReceiver, IRCClient, FTPClient):
            protocol: Any = derived(base, self.clock)()
            for _ in range(2):
                protocol.makeConnection(StringTransport())
                protocol.clock.callLater(5, list)
                protocol.connectionLost(REASON)
                self.assertEqual(self.clock.getDelayedCalls(), [])


class HTTPTests(SynchronousTestCase):
    def test_factory(self) -> None:
        """Twisted's factory puts its reactor and timeout on a channel of ours."""
        clock = Clock()

        class Channel(HeartbeatMixin, HTTPChannel):
            reactor = clock

        factory: Any = HTTPFactory(reactor=clock, timeout=60)
        for make in (Channel, lambda: _GenericHTTPChannelProtocol(Channel())):
            factory.protocol = make
            channel = factory.buildProtocol(None)
            channel.makeConnection(StringTransport())
            due = [call.getTime() for call in clock.getDelayedCalls()]
            self.assertEqual(due, [60])
            channel.connectionLost(REASON)
            self.assertEqual(clock.getDelayedCalls(), [])

    def test_slow_client(self) -> None:
        """A client that does not leave is thrown out, as ever."""
        clock = Clock()

        class Channel(HeartbeatMixin, HTTPChannel):
            reactor = clock
            timeOut = 60

        channel: Any = Channel()
        channel.makeConnection(StringTransport())
        advance(clock, 60)
        self.assertTrue(channel.transport.disconnecting)
        advance(clock, channel.abortTimeout)
        self.assertEqual(clock.getDelayedCalls(), [])
        channel.connectionLost(REASON)


def imported(name: str) -> Any:
    """A module that need not be installed; the test is skipped without it."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise SkipTest(f"{name} cannot be imported: {error}") from None


class HTTP2Tests(SynchronousTestCase):
    def setUp(self) -> None:
        """Twisted's HTTP/2, with the mixin."""
        self.clock = Clock()
        imported("h2")
        imported("priority")
        kind = imported("twisted.web._http2").H2Connection
        lively: Any = type("Lively", (HeartbeatMixin, kind), {"reactor": self.clock})
        self.protocol = lively(reactor=self.clock)
        self.protocol.timeOut = 60
        self.protocol.makeConnection(StringTransport())
        self.protocol.dataReceived(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")

    def test_own_call(self) -> None:
        """It calls its own ``connectionLost``, with an argument of its own."""
        self.protocol.dataReceived(BROKEN_FRAME)
        self.assertTrue(self.protocol.transport.disconnecting)
        self.protocol.connectionLost(REASON)
        self.clock.advance(100)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_idle(self) -> None:
        """It throws out an idle client, and then one that does not leave."""
        advance(self.clock, 60)
        self.assertTrue(self.protocol.transport.disconnecting)
        advance(self.clock, self.protocol.abortTimeout)
        self.protocol.connectionLost(REASON)
        self.assertEqual(self.clock.getDelayedCalls(), [])


class AutobahnTests(SynchronousTestCase):
    def test_websocket(self) -> None:
        """Autobahn's WebSocket protocols shake hands, talk, and end."""
        clock = Clock()
        websocket = imported("autobahn.twisted.websocket")
        ended: list[object] = []

        class Lively(HeartbeatMixin):
            reactor = clock
            keepalive = POLICY

            def onOpen(self) -> None:  # noqa: N802 - Autobahn's
                self.clock.callLater(500, ended.append, "never")
                self.clock.on_close(lambda _: ended.append(type(self).__name__))

            def onClose(self, *_: object) -> None:  # noqa: N802 - Autobahn's
                ended.append("closed")

        ends = []
        for side in ("Server", "Client"):
            base = getattr(websocket, f"WebSocket{side}Protocol")
            factory = getattr(websocket, f"WebSocket{side}Factory")(reactor=clock)
            factory.protocol = type(side, (Lively, base), {})
            ends.append(factory.buildProtocol(None))
        server, client = ends
        for end in ends:
            end.makeConnection(StringTransport())
        for _ in range(5):
            for here, there in ((client, server), (server, client)):
                data = here.transport.value()
                here.transport.clear()
                there.dataReceived(data)
        self.assertEqual((server.state, client.state), (server.STATE_OPEN,) * 2)
        for end in ends:
            self.assertIs(type(end.transport), StringTransport)
            end.connectionLost(REASON)
            self.assertIs(type(end.transport), LateTransport)
        clock.advance(1000)
        self.assertEqual(ended, ["closed", "Server", "closed", "Client"])
