"""TCP and UNIX connections in each of their states."""

from __future__ import annotations

import socket
import sys
from typing import Any
from unittest import skipIf

from twisted.internet.interfaces import IHalfCloseableProtocol
from twisted.internet.protocol import Protocol
from twisted.internet.tcp import Client
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from heartbeat.graph.endpoints.connections import (
    name_from_log,
    of_connection,
    producer_name,
)
from heartbeat.graph.endpoints.context import Context
from heartbeat.graph.endpoints.watching import Watching
from heartbeat.graph.model import Kind, State
from tests.connections import Sink, adopted, descriptor, tcp_pair, until
from tests.graph.linked import Chats, linked
from tests.reactors import REACTORS, fresh

LARGE = 2**23
"""More bytes than two sockets hold."""


@implementer(IHalfCloseableProtocol)
class Halves(Protocol):
    """Goes on when one direction is closed."""

    def readConnectionLost(self) -> None:
        """Nothing."""

    def writeConnectionLost(self) -> None:
        """Nothing."""


class Produces:
    """A producer that is never ready."""

    def pauseProducing(self) -> None:
        """Nothing."""

    def resumeProducing(self) -> None:
        """Nothing."""

    def stopProducing(self) -> None:
        """Nothing."""


def described(transport: Any, reactor: object) -> dict[str, Any]:
    """The fields of *transport* as of now."""
    return of_connection(transport, Context(Watching(reactor)))


class StateTests(SynchronousTestCase):
    """How far a connection has come."""

    def test_connected(self) -> None:
        """Both ends, and all there is to know."""
        with fresh("epoll") as reactor, linked(reactor) as link:
            server = described(link.server.transport, reactor)
            client = described(link.client.transport, reactor)

        self.assertEqual(server["state"], State.CONNECTED)
        self.assertEqual(
            (server["local"], server["peer"]), (client["peer"], client["local"])
        )
        self.assertEqual((server["reading"], server["paused"]), (True, False))
        self.assertEqual(server["parent"][0], "l")
        self.assertIsNone(client["parent"])
        self.assertEqual(client["factory"], "tests.graph.linked.Chats")
        self.assertEqual(client["buffered"], 0)
        self.assertIsNone(client["producer"])

    @skipIf(sys.platform != "linux", "only Linux tells")
    def test_kernel(self) -> None:
        """What the kernel says of it."""
        with fresh("epoll") as reactor, linked(reactor) as link:
            kernel = described(link.client.transport, reactor)["kernel"]

        self.assertEqual(kernel.state, "ESTABLISHED")

    def test_paused(self) -> None:
        """Told not to read, on every reactor."""
        for name in REACTORS:
            with self.subTest(name), fresh(name) as reactor, linked(reactor) as link:
                link.client.transport.pauseProducing()
                fields = described(link.client.transport, reactor)

                self.assertEqual(
                    (fields["state"], fields["paused"], fields["reading"]),
                    (State.CONNECTED, True, False),
                )

    def test_closing(self) -> None:
        """Told to close, or to abort, while bytes are left, on every reactor."""
        for name in REACTORS:
            for close in ("loseConnection", "abortConnection"):
                with (
                    self.subTest(name),
                    fresh(name) as reactor,
                    linked(reactor) as link,
                ):
                    transport = link.client.transport
                    link.server.transport.pauseProducing()
                    transport.write(bytes(LARGE))
                    reactor.iterate(0)
                    getattr(transport, close)()
                    fields = described(transport, reactor)

                    self.assertIs(fields["state"], State.CLOSING)
                    self.assertGreater(fields["buffered"], 0)
                    self.assertEqual(fields["writing"], close == "loseConnection")

    def test_buffered(self) -> None:
        """Bytes that Twisted has, whether it has tried to write them or not."""
        with fresh("epoll") as reactor, linked(reactor) as link:
            transport = link.client.transport
            transport.write(b"12345")
            self.assertEqual(described(transport, reactor)["buffered"], 5)
            link.server.transport.pauseProducing()
            transport.write(bytes(LARGE))
            reactor.iterate(0)

            fields = described(transport, reactor)

            self.assertGreater(fields["buffered"], 0)
            self.assertLess(fields["buffered"], LARGE)
            self.assertTrue(fields["writing"])

    def test_half_closed_by_us(self) -> None:
        """We have closed our direction, on every reactor."""
        for name in REACTORS:
            with (
                self.subTest(name),
                fresh(name) as reactor,
                linked(reactor, Halves(), Halves()) as link,
            ):
                link.client.transport.loseWriteConnection()

                self.assertIs(
                    described(link.client.transport, reactor)["state"],
                    State.HALF_CLOSED,
                )

    @skipIf(sys.platform != "linux", "only Linux tells")
    def test_half_closed_by_peer(self) -> None:
        """The peer has closed its direction, over TCP and UNIX sockets."""
        for path in ("", self.mktemp()):
            with (
                self.subTest(path),
                fresh("epoll") as reactor,
                linked(reactor, Halves(), Halves(), unix=path) as link,
            ):
                link.client.transport.loseWriteConnection()
                server = link.server.transport
                until(reactor, lambda: server not in reactor.getReaders())  # noqa: B023

                fields = described(server, reactor)

                self.assertIs(fields["state"], State.HALF_CLOSED)
                self.assertFalse(fields["paused"])

    def test_end_not_read(self) -> None:
        """A peer that has closed after bytes that nobody has read: it is paused."""
        for path in ("", self.mktemp()):
            with (
                self.subTest(path),
                fresh("epoll") as reactor,
                linked(reactor, Halves(), Halves(), unix=path) as link,
            ):
                server = link.server.transport
                server.pauseProducing()
                link.client.transport.write(b"the end")
                link.client.transport.loseWriteConnection()
                until(reactor, lambda: link.client.transport._writeDisconnected)

                fields = described(server, reactor)

                self.assertEqual(
                    (fields["state"], fields["paused"]), (State.CONNECTED, True)
                )

    def test_lost(self) -> None:
        """Twisted deletes most of it; the peer and the protocol's name survive."""
        for name in REACTORS:
            with self.subTest(name), fresh(name) as reactor, linked(reactor) as link:
                ends = [link.server.transport, link.client.transport]
                link.lose()

                for transport in ends:
                    fields = described(transport, reactor)
                    self.assertIs(fields["state"], State.DISCONNECTED)
                    self.assertEqual((fields["fd"], fields["local"]), (None, ""))
                    self.assertRegex(fields["peer"], r"^127\.0\.0\.1:\d+$")
                    self.assertIsNone(fields["kernel"])
                    self.assertEqual(name_from_log(transport), "Chat")

    def test_failed(self) -> None:
        """An attempt that nobody answered, on every reactor."""
        for name in REACTORS:
            with self.subTest(name), fresh(name) as reactor:
                with socket.socket() as unused:
                    unused.bind(("127.0.0.1", 0))
                    number = unused.getsockname()[1]
                    factory = Chats()
                    connector: Any = reactor.connectTCP("127.0.0.1", number, factory)  # type: ignore[attr-defined]
                    transport = connector.transport
                    waiting = described(transport, reactor)
                    until(reactor, lambda: connector.state == "disconnected")  # noqa: B023
                    fields = described(transport, reactor)

                self.assertIs(waiting["state"], State.CONNECTING)
                self.assertIs(fields["state"], State.FAILED)
                self.assertEqual(fields["peer"], f"127.0.0.1:{number}")
                self.assertEqual(name_from_log(transport), "")

    @skipIf(sys.platform != "linux", "fills the queue of a listening socket")
    def test_connecting(self) -> None:
        """An attempt that is still under way, on every reactor."""
        for name in REACTORS:
            with self.subTest(name), fresh(name) as reactor, socket.socket() as full:
                full.bind(("127.0.0.1", 0))
                full.listen(0)
                fillers = [socket.socket() for _ in range(3)]
                for filler in fillers:
                    filler.setblocking(False)
                    filler.connect_ex(full.getsockname())
                connector: Any = reactor.connectTCP(*full.getsockname(), Chats())  # type: ignore[attr-defined]
                until(reactor, reactor.getWriters)
                fields = described(connector.transport, reactor)
                connector.stopConnecting()
                for filler in fillers:
                    filler.close()

                self.assertIs(fields["state"], State.CONNECTING)
                self.assertEqual(fields["kernel"].state, "SYN_SENT")
                self.assertTrue(fields["writing"])


class KindTests(SynchronousTestCase):
    """What else is told of it."""

    def test_unix(self) -> None:
        """A path for the server's end; the client has none."""
        path = self.mktemp()
        with fresh("epoll") as reactor, linked(reactor, unix=path) as link:
            server = described(link.server.transport, reactor)
            client = described(link.client.transport, reactor)

        self.assertEqual((server["kind"], client["kind"]), (Kind.UNIX, Kind.UNIX))
        self.assertEqual((server["local"], server["peer"]), (path, ""))
        self.assertEqual((client["local"], client["peer"]), ("", path))
        self.assertIsNone(server["kernel"])

    def test_adopted(self) -> None:
        """A connection that no port has accepted."""
        ours, theirs = tcp_pair(socket.AF_INET6)
        with theirs, fresh("epoll") as reactor, adopted(reactor, Sink(), ours) as sink:
            fields = described(descriptor(sink), reactor)

            self.assertIsNone(fields["parent"])
            self.assertIsNone(fields["factory"])
            self.assertTrue(fields["peer"].startswith("[::1]:"))

    def test_tls_flag(self) -> None:
        """TLS that was started later leaves its mark when the connection is lost."""
        with fresh("epoll") as reactor, linked(reactor) as link:
            link.client.transport.TLS = True
            fields = described(link.client.transport, reactor)
            link.client.transport.TLS = False

        self.assertIs(fields["kind"], Kind.TLS)

    def test_producer(self) -> None:
        """The class of what was registered."""
        with fresh("epoll") as reactor, linked(reactor) as link:
            link.client.transport.registerProducer(Produces(), True)

            producer = described(link.client.transport, reactor)["producer"]

            self.assertEqual(producer, f"{__name__}.Produces")
        self.assertIsNone(producer_name(None))

    def test_derived(self) -> None:
        """A transport class of the program's is read, and none of it is run."""

        class Own(Client):
            @property
            def producer(self) -> Any:  # type: ignore[override]
                raise AssertionError("was asked for its producer")

            def getPeer(self) -> Any:
                raise AssertionError("was asked for its peer")

            def fileno(self) -> int:
                raise AssertionError("was asked for its descriptor")

            def __repr__(self) -> str:
                raise AssertionError("was asked for its text")

        with fresh("epoll") as reactor:
            own = Own.__new__(Own)
            own.realAddress = ("127.0.0.1", 7)
            own.connected = 1

            fields = described(own, reactor)

        self.assertEqual((fields["peer"], fields["producer"]), ("127.0.0.1:7", None))
        self.assertIs(fields["state"], State.CONNECTED)

    def test_nameless(self) -> None:
        """A transport without a name for the log, or without a peer."""
        self.assertEqual(name_from_log(StringTransport()), "")
        with fresh("epoll") as reactor:
            fields = described(Client.__new__(Client), reactor)

        self.assertEqual(fields["peer"], "")
