"""Listening ports, and ports for datagrams."""

from __future__ import annotations

import sys
from typing import Any
from unittest import skipIf

from twisted.internet import unix
from twisted.internet.protocol import ConnectedDatagramProtocol, DatagramProtocol
from twisted.internet.tcp import Port
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.endpoints.context import Context
from heartbeat.graph.endpoints.ports import of_datagrams, of_fake_port, of_port
from heartbeat.graph.endpoints.watching import Watching
from heartbeat.graph.model import Kind, State
from tests.connections import until
from tests.graph.linked import Chats, closed
from tests.reactors import fresh
from tests.tls import server_options


def context(reactor: object) -> Context:
    """As of now."""
    return Context(Watching(reactor))


class PortTests(SynchronousTestCase):
    """Ports that accept connections."""

    def test_listening(self) -> None:
        """Where it listens, and for what."""
        with fresh("epoll") as reactor:
            port: Any = reactor.listenTCP(0, Chats(), interface="127.0.0.1")  # type: ignore[attr-defined]
            fields = of_port(port, context(reactor))
            closed(reactor, port)

        self.assertEqual(fields["kind"], Kind.TCP)
        self.assertEqual(fields["state"], State.LISTENING)
        self.assertRegex(fields["local"], r"^127\.0\.0\.1:\d+$")
        self.assertEqual(fields["protocol"], "tests.graph.linked.Chat")
        self.assertEqual(fields["factory"], "tests.graph.linked.Chats")
        self.assertEqual((fields["reading"], fields["paused"]), (True, False))
        self.assertIsInstance(fields["fd"], int)

    def test_kinds(self) -> None:
        """TLS by the factory, UNIX by the class."""
        path = self.mktemp()
        with fresh("epoll") as reactor:
            any_reactor: Any = reactor
            tls = any_reactor.listenSSL(0, Chats(), server_options())
            local = any_reactor.listenUNIX(path, Chats())
            fields = [of_port(port, context(reactor)) for port in (tls, local)]
            closed(reactor, tls)
            closed(reactor, local)

        self.assertEqual([each["kind"] for each in fields], [Kind.TLS, Kind.UNIX])
        self.assertEqual(fields[1]["local"], path)

    def test_states(self) -> None:
        """Paused, closing, closed, and never opened."""
        with fresh("epoll") as reactor:
            port: Any = reactor.listenTCP(0, Chats(), interface="127.0.0.1")  # type: ignore[attr-defined]
            port.stopReading()
            paused = of_port(port, context(reactor))
            stopping = port.stopListening()
            closing = of_port(port, context(reactor))
            until(reactor, lambda: stopping.called)
            over = of_port(port, context(reactor))
            failed = of_port(Port(0, Chats(), reactor=reactor), context(reactor))

        self.assertEqual((paused["state"], paused["paused"]), (State.LISTENING, True))
        self.assertIs(closing["state"], State.CLOSING)
        self.assertEqual((over["state"], over["fd"]), (State.DISCONNECTED, None))
        self.assertIs(failed["state"], State.FAILED)

    def test_fake(self) -> None:
        """A port of a fake reactor says where it would listen."""
        reactor = MemoryReactorClock()
        port = reactor.listenTCP(80, Chats())

        fields = of_fake_port(port, context(reactor))

        self.assertEqual(fields["local"], "0.0.0.0:80")
        self.assertIs(fields["state"], State.LISTENING)


class DatagramTests(SynchronousTestCase):
    """Ports for datagrams."""

    def test_udp(self) -> None:
        """Open to all, then to one, then to none."""
        with fresh("epoll") as reactor:
            port: Any = reactor.listenUDP(0, DatagramProtocol(), interface="127.0.0.1")  # type: ignore[attr-defined]
            free = of_datagrams(port, context(reactor))
            port.connect("127.0.0.1", 7)
            bound = of_datagrams(port, context(reactor))
            closed(reactor, port)
            over = of_datagrams(port, context(reactor))

        self.assertEqual((free["kind"], free["state"]), (Kind.UDP, State.LISTENING))
        self.assertEqual(free["id"][0], "u")
        self.assertEqual(
            (bound["state"], bound["peer"]), (State.CONNECTED, "127.0.0.1:7")
        )
        self.assertIs(over["state"], State.DISCONNECTED)

    @skipIf(sys.platform == "win32", "there are none")
    def test_unix(self) -> None:
        """UNIX datagrams, with a peer and without."""
        path = self.mktemp()
        with fresh("epoll") as reactor:
            port: Any = unix.DatagramPort(path, DatagramProtocol(), reactor=reactor)
            port.startListening()
            client: Any = unix.ConnectedDatagramPort(
                path, ConnectedDatagramProtocol(), reactor=reactor
            )
            client.startListening()
            fields = [of_datagrams(each, context(reactor)) for each in (port, client)]
            closed(reactor, client)
            closed(reactor, port)

        self.assertEqual([each["kind"] for each in fields], [Kind.UNIX_DATAGRAM] * 2)
        self.assertEqual(fields[0]["local"], path)
        self.assertEqual(
            (fields[1]["state"], fields[1]["peer"]), (State.CONNECTED, path)
        )
