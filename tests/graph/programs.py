"""Servers and clients that nobody here wrote, all in one process, on real sockets."""

from __future__ import annotations

import warnings
from functools import partial
from typing import Any

from autobahn.twisted.websocket import (
    WebSocketClientFactory,
    WebSocketClientProtocol,
    WebSocketServerFactory,
    WebSocketServerProtocol,
)
from cryptography.hazmat.primitives.asymmetric import rsa
from twisted.application.internet import ClientService, TimerService
from twisted.cred.portal import Portal
from twisted.internet.defer import Deferred, succeed
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint
from twisted.internet.protocol import DatagramProtocol, Factory, Protocol
from twisted.internet.task import deferLater
from twisted.mail.imap4 import IMAP4Server
from twisted.mail.pop3 import POP3
from twisted.mail.smtp import ESMTP, SMTPFactory
from twisted.names.client import Resolver
from twisted.names.dns import DNSDatagramProtocol
from twisted.web.client import Agent, HTTPConnectionPool
from twisted.web.http import _GenericHTTPChannelProtocol
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site

with warnings.catch_warnings():
    # An older conch imports ciphers that a newer cryptography is about to drop.
    warnings.simplefilter("ignore")
    from twisted.conch.ssh import connection, keys, userauth
    from twisted.conch.ssh.factory import SSHFactory
    from twisted.conch.ssh.transport import SSHClientTransport

__all__ = ["Programs"]

BROWSERS = 3
SOCKETS = 2


class Peer(Protocol):
    """Says what it is given, and then nothing."""

    def __init__(self, words: bytes = b"") -> None:
        self.words = words
        self.gone: Deferred[None] = Deferred()

    def connectionMade(self) -> None:
        """Say it."""
        transport: Any = self.transport
        transport.write(self.words)

    def connectionLost(self, reason: Any = None) -> None:
        """Tell who waits."""
        self.gone.callback(None)


class Body(Protocol):
    """Waits for the end of an answer."""

    def __init__(self) -> None:
        self.whole: Deferred[None] = Deferred()

    def connectionLost(self, reason: Any = None) -> None:
        """That was it."""
        self.whole.callback(None)


class Quick(Resource):
    """Answers, and begins a session."""

    isLeaf = True  # noqa: N815 - Twisted's

    def render_GET(self, request: Any) -> bytes:  # noqa: N802 - Twisted's
        """Both."""
        request.getSession()
        return b"hello"


class Slow(Resource):
    """Answers in a minute, whether anybody is there or not."""

    isLeaf = True  # noqa: N815 - Twisted's

    def __init__(self, reactor: Any) -> None:
        super().__init__()
        self.reactor = reactor

    def render_GET(self, request: Any) -> Any:  # noqa: N802 - Twisted's
        """Later."""
        self.reactor.callLater(60, request.finish)
        request.write(b"wait ")
        return NOT_DONE_YET


class Pop(POP3):
    """A POP3 server that has a timeout."""

    timeOut = 88


class Ssh(SSHFactory):
    """An SSH server that lets nobody in, and waits for that for ten minutes."""

    def __init__(self) -> None:
        key = keys.Key(rsa.generate_private_key(65537, 2048))
        self.publicKeys = {b"ssh-rsa": key.public()}
        self.privateKeys = {b"ssh-rsa": key}
        self.services = {
            b"ssh-userauth": userauth.SSHUserAuthServer,
            b"ssh-connection": connection.SSHConnection,
        }
        self.portal = Portal(None)  # type: ignore[arg-type]

    def getPrimes(self) -> None:  # noqa: N802 - Twisted's
        """None of its own."""


class SshClient(SSHClientTransport):
    """Asks to be let in."""

    def __init__(self) -> None:
        self.asked: Deferred[None] = Deferred()

    def verifyHostKey(self, *_: object) -> Deferred[bool]:  # noqa: N802 - Twisted's
        """Believe it."""
        return succeed(True)

    def connectionSecure(self) -> None:  # noqa: N802 - Twisted's
        """Ask."""
        nobody = connection.SSHConnection()
        self.requestService(userauth.SSHUserAuthClient(b"nobody", nobody))

    def setService(self, service: Any) -> None:  # noqa: N802 - Twisted's
        """We were asked who we are."""
        super().setService(service)
        self.asked.callback(None)


class Programs:
    """All of them, from `start` to `stop`.

    Args:
        reactor: The global one, which most of these use.
    """

    def __init__(self, reactor: Any) -> None:
        self.reactor = reactor
        self.ports: list[Any] = []
        self.peers: list[Any] = []
        self.browsers: list[Peer] = []
        self.services: list[Any] = []
        self.pool = HTTPConnectionPool(reactor)

    async def start(self) -> None:
        """Everybody is there, and silent."""
        await self._web()
        await self._mail()
        await self._web_sockets()
        await self._ssh()
        self._names()
        await self._services()

    async def leave(self) -> None:
        """The browsers go."""
        for browser in self.browsers:
            await self._end(browser)
        self.browsers = []
        # The pool's connection stays.
        while self._channels() > 1:
            await deferLater(self.reactor, 0)

    async def stop(self) -> None:
        """Nothing is left; calls that these programs forget are cancelled."""
        await self.leave()
        for service in self.services:
            await service.stopService()
        await self.pool.closeCachedConnections()
        for peer in self.peers:
            await self._end(peer)
        for port in self.ports:
            await port.stopListening()
        for call in self.reactor.getDelayedCalls():
            call.cancel()

    def _channels(self) -> int:
        readers = self.reactor.getReaders()
        served = [getattr(reader, "protocol", None) for reader in readers]
        return sum(isinstance(each, _GenericHTTPChannelProtocol) for each in served)

    async def _listen(self, factory: Any) -> int:
        factory.noisy = False
        endpoint = TCP4ServerEndpoint(self.reactor, 0, interface="127.0.0.1")
        port: Any = await endpoint.listen(factory)
        self.ports.append(port)
        number: int = port.getHost().port
        return number

    async def _connect(self, number: int, factory: Any) -> Any:
        factory.noisy = False
        endpoint = TCP4ClientEndpoint(self.reactor, "127.0.0.1", number)
        return await endpoint.connect(factory)

    async def _meet(self, factory: Any, words: bytes = b"") -> Peer:
        number = await self._listen(factory)
        peer: Peer = await self._connect(
            number, Factory.forProtocol(partial(Peer, words))
        )
        self.peers.append(peer)
        return peer

    async def _end(self, peer: Any) -> None:
        peer.transport.abortConnection()
        await peer.gone

    async def _web(self) -> None:
        root = Resource()
        root.putChild(b"quick", Quick())
        root.putChild(b"slow", Slow(self.reactor))
        number = await self._listen(Site(root, timeout=50))
        for path in [b"quick"] * BROWSERS + [b"slow"]:
            words = b"GET /%s HTTP/1.1\r\nHost: localhost\r\n\r\n" % path
            factory = Factory.forProtocol(partial(Peer, words))
            self.browsers.append(await self._connect(number, factory))
        url = b"http://127.0.0.1:%d/quick" % number
        response = await Agent(self.reactor, pool=self.pool).request(b"GET", url)
        body = Body()
        response.deliverBody(body)
        await body.whole

    async def _mail(self) -> None:
        mail = SMTPFactory()
        mail.protocol = ESMTP
        await self._meet(mail)
        await self._meet(Factory.forProtocol(IMAP4Server))
        await self._meet(Factory.forProtocol(Pop))

    async def _web_sockets(self) -> None:
        factory = WebSocketServerFactory()
        factory.protocol = WebSocketServerProtocol
        factory.setProtocolOptions(autoPingInterval=30, autoPingTimeout=10)
        number = await self._listen(factory)
        for _ in range(SOCKETS):
            client = WebSocketClientFactory(f"ws://127.0.0.1:{number}")
            client.protocol = WebSocketClientProtocol
            protocol = await self._connect(number, client)
            protocol.gone = protocol.is_closed
            await protocol.is_open
            self.peers.append(protocol)

    async def _ssh(self) -> None:
        number = await self._listen(Ssh())
        client: Any = await self._connect(number, Factory.forProtocol(SshClient))
        await client.asked
        client.gone = Deferred()
        client.connectionLost = lambda _=None: client.gone.callback(None)
        self.peers.append(client)

    def _names(self) -> None:
        silent: Any = self.reactor.listenUDP(0, DatagramProtocol(), "127.0.0.1")
        self.ports.append(silent)
        server = ("127.0.0.1", silent.getHost().port)
        resolver = Resolver(servers=[server], timeout=(55,), reactor=self.reactor)
        resolver.lookupAddress("example.com").addErrback(lambda _: None)
        self.ports += [
            reader
            for reader in self.reactor.getReaders()
            if isinstance(getattr(reader, "protocol", None), DNSDatagramProtocol)
        ]

    async def _services(self) -> None:
        number = await self._listen(Factory.forProtocol(Protocol))
        await self.ports.pop().stopListening()
        endpoint = TCP4ClientEndpoint(self.reactor, "127.0.0.1", number)
        client = ClientService(
            endpoint, Factory.forProtocol(Protocol), lambda _: 99.0, self.reactor
        )
        failed = client.whenConnected(failAfterFailures=1)
        failed.addErrback(lambda _: None)
        client.startService()
        await failed
        timer = TimerService(44, lambda: None)
        timer.clock = self.reactor
        timer.startService()
        self.services = [client, timer]
