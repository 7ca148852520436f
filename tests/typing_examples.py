"""What users write, on every kind of base: read by mypy, never run.

No comment here may silence the type checker about the package.
"""

# ruff: noqa: TC004 - nobody calls them
# Not part of mypy's --strict, and no rule for class attributes that configure.
# mypy: disable-error-code="mutable-override"
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.task import Clock
from twisted.mail.imap4 import IMAP4Client, IMAP4Server
from twisted.mail.pop3 import POP3, AdvancedPOP3Client
from twisted.mail.smtp import ESMTP, ESMTPClient
from twisted.protocols.amp import AMP
from twisted.protocols.basic import (
    Int8StringReceiver,
    Int16StringReceiver,
    Int32StringReceiver,
    LineOnlyReceiver,
    LineReceiver,
    NetstringReceiver,
)
from twisted.protocols.memcache import MemCacheProtocol
from twisted.protocols.policies import ProtocolWrapper
from twisted.protocols.postfix import PostfixTCPMapServer
from twisted.protocols.stateful import StatefulProtocol
from twisted.web.http import HTTPChannel
from twisted.words.protocols.irc import IRCClient

from heartbeat import (
    Heartbeat,
    HeartbeatMixin,
    IntN,
    Keepalive,
    Lines,
    Netstrings,
    ScopedClock,
    State,
    TimeoutMixin,
    Verdict,
)

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall
    from twisted.python.failure import Failure
    from typing_extensions import assert_type

POLICY = Keepalive(interval=30, timeout=10)


class Plain(HeartbeatMixin, Protocol):
    keepalive = POLICY

    def connectionMade(self) -> None:
        self.clock.callLater(5, self.greet, b"hello", loudly=True)
        self.clock.every(60, self.greet, b"again")
        self.setting_timers()

    def greet(self, what: bytes, *, loudly: bool = False) -> None:
        assert self.transport is not None
        self.transport.write(what.upper() if loudly else what)

    def setting_timers(self) -> None:
        assert_type(self.clock, ScopedClock)
        assert_type(self.heartbeat, Heartbeat)
        assert_type(self.heartbeat.ping(), Deferred[float])
        assert_type(self.heartbeat.state, State)
        assert_type(self.callLater(5, self.greet, b"x"), IDelayedCall)

    def dataReceived(self, data: bytes) -> None:
        self.heartbeat.active()
        self.heartbeat.pong(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.heartbeat.configure(Keepalive(interval=60))

    def send_ping(self, payload: bytes) -> None:
        self.greet(payload)

    def send_beat(self) -> None:
        self.greet(b".")

    def peer_suspected(self, verdict: Verdict) -> None:
        self.greet(str(verdict.kind).encode())

    def peer_lost(self, verdict: Verdict) -> None:
        self.greet(b"bye")


class Bare(HeartbeatMixin, Protocol):
    def connectionLost(self, reason: Failure = connectionDone) -> None:
        super().connectionLost(reason)

    def makeConnection(self, transport: Any) -> None:
        super().makeConnection(transport)


class Chat(HeartbeatMixin, LineReceiver):
    keepalive = POLICY
    wire = Lines()
    reactor = Clock()

    def lineReceived(self, line: bytes) -> None:
        self.sendLine(line)


class Louder(Chat):
    keepalive = Keepalive(interval=5)
    wire = Lines(ping=b"Ping", pong=b"Pong")


class OnlyLines(HeartbeatMixin, LineOnlyReceiver):
    wire = Lines()

    def lineReceived(self, line: bytes) -> None:
        self.sendLine(line)


class Strings(HeartbeatMixin, NetstringReceiver):
    wire = Netstrings()

    def stringReceived(self, string: bytes) -> None:
        self.sendString(string)


class Strings8(HeartbeatMixin, Int8StringReceiver):
    wire = IntN()

    def stringReceived(self, string: bytes) -> None:
        self.sendString(string)


class Strings16(HeartbeatMixin, Int16StringReceiver):
    wire = IntN()


class Strings32(HeartbeatMixin, Int32StringReceiver):
    wire = IntN()


class Stateful(HeartbeatMixin, StatefulProtocol):
    pass


class Commands(HeartbeatMixin, AMP):
    pass


class Relay(HeartbeatMixin, IRCClient):
    nickname = "relay"


class Channel(HeartbeatMixin, HTTPChannel):
    pass


class MailServer(HeartbeatMixin, ESMTP):
    pass


class MailClient(HeartbeatMixin, ESMTPClient):
    pass


class Box(HeartbeatMixin, POP3):
    pass


class BoxClient(HeartbeatMixin, AdvancedPOP3Client):
    pass


class Store(HeartbeatMixin, IMAP4Server):
    pass


class StoreClient(HeartbeatMixin, IMAP4Client):
    pass


class Cache(HeartbeatMixin, MemCacheProtocol):
    pass


class Map(HeartbeatMixin, PostfixTCPMapServer):
    pass


class Wrapper(HeartbeatMixin, ProtocolWrapper):
    pass


class Idle(TimeoutMixin, LineReceiver):
    def connectionMade(self) -> None:
        assert_type(self.setTimeout(2.5), float | None)

    def dataReceived(self, data: bytes) -> None:
        self.resetTimeout()

    def timeoutConnection(self) -> None:
        self.setTimeout(None)


class IdleLast(LineReceiver, TimeoutMixin):
    def connectionMade(self) -> None:
        self.setTimeout(10)


class Both(HeartbeatMixin, LineReceiver, TimeoutMixin):
    def connectionMade(self) -> None:
        self.setTimeout(10)
        self.clock.callLater(1, self.resetTimeout)


class ChatFactory(Factory):
    protocol = Chat

    def buildProtocol(self, addr: object) -> Chat:
        chat = Chat()
        chat.keepalive = Keepalive(interval=5)
        chat.reactor = Clock()
        chat.clock.callLater(60, list)
        return chat
