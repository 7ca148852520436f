"""Transports in memory, connectors, and the rest."""

from __future__ import annotations

import os
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import (
    MemoryReactorClock,
    StringTransport,
    StringTransportWithDisconnection,
)
from twisted.test.iosim import FakeTransport
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.endpoints.context import Context
from heartbeat.graph.endpoints.memory import of_connector, of_other
from heartbeat.graph.endpoints.watching import Watching
from heartbeat.graph.model import State
from heartbeat.memory import join
from tests.connections import until
from tests.graph.endpoints.test_connections import Produces
from tests.graph.endpoints.test_watching import Reader
from tests.graph.linked import Chat, Chats
from tests.reactors import fresh


def described(thing: Any, reactor: object = None) -> dict[str, Any]:
    """The fields of *thing* as of now."""
    return of_other(thing, Context(Watching(reactor)))


class TransportTests(SynchronousTestCase):
    """Transports for tests."""

    def test_string_transport(self) -> None:
        """Twisted's, in each of its states."""
        here, there = (IPv4Address("TCP", "10.0.0.1", p) for p in (1, 2))
        transport = StringTransport(here, there)
        transport.registerProducer(Produces(), True)
        first = described(transport)
        transport.pauseProducing()
        paused = described(transport)
        transport.loseConnection()
        closing = described(transport)
        transport.abortConnection()
        over = described(transport)

        self.assertEqual((first["id"][0], first["state"]), ("c", State.CONNECTED))
        self.assertEqual((first["local"], first["peer"]), ("10.0.0.1:1", "10.0.0.1:2"))
        self.assertEqual(
            first["producer"], "tests.graph.endpoints.test_connections.Produces"
        )
        self.assertEqual((first["paused"], paused["paused"]), (False, True))
        self.assertIs(closing["state"], State.CLOSING)
        self.assertIs(over["state"], State.DISCONNECTED)

    def test_with_disconnection(self) -> None:
        """One that is not connected any more is disconnected."""
        transport = StringTransportWithDisconnection()
        transport.protocol = Chat()
        transport.loseConnection()

        self.assertIs(described(transport)["state"], State.DISCONNECTED)

    def test_fake_transport(self) -> None:
        """Twisted's other one, which has what was written in a list."""
        transport = FakeTransport(Chat(), True)
        transport.write(b"abc")
        open_ = described(transport)
        transport.loseConnection()
        closing = described(transport)
        transport.disconnected = True

        self.assertEqual((open_["state"], open_["buffered"]), (State.CONNECTED, 3))
        self.assertIs(closing["state"], State.CLOSING)
        self.assertIs(described(transport)["state"], State.DISCONNECTED)

    def test_our_transport(self) -> None:
        """Ours, in each of its states."""
        client, server = Protocol(), Protocol()
        ours, _ = join(client, server)
        ours.write(b"abc")
        first = described(ours)
        ours.registerProducer(Produces(), True)
        ours.loseConnection()
        closing = described(ours)
        ours.abortConnection()
        aborting = described(ours)
        ours.finish()

        self.assertEqual((first["state"], first["buffered"]), (State.CONNECTED, 3))
        self.assertEqual(first["local"], "127.0.0.1:50000")
        self.assertEqual(
            closing["producer"], "tests.graph.endpoints.test_connections.Produces"
        )
        self.assertEqual([closing["state"], aborting["state"]], [State.CLOSING] * 2)
        self.assertIs(described(ours)["state"], State.DISCONNECTED)

    def test_hostile(self) -> None:
        """A transport of the program's is not asked anything."""

        class Hostile:
            connected = True

            def write(self, data: bytes) -> None:
                """Not called."""

            @property
            def disconnected(self) -> bool:
                raise AssertionError("was asked whether it is disconnected")

            def getPeer(self) -> Any:
                raise AssertionError("was asked for its peer")

            def __getattr__(self, name: str) -> Any:
                raise AssertionError(f"was asked for {name}")

        self.assertEqual(described(Hostile())["state"], State.CONNECTED)

    def test_reader(self) -> None:
        """Something else that a reactor watches."""
        one, other = os.pipe()
        with fresh("epoll") as reactor:
            reader: Any = Reader(one)
            reader.connected = 0
            reactor.addReader(reader)
            fields = described(reader, reactor)
            reactor.removeReader(reader)
            gone = described(reader, reactor)
        os.close(one)
        os.close(other)

        self.assertEqual((fields["id"][0], fields["fd"]), ("x", one))
        self.assertEqual((fields["state"], fields["reading"]), (State.CONNECTED, True))
        self.assertEqual((gone["state"], gone["fd"]), (State.DISCONNECTED, None))


class ConnectorTests(SynchronousTestCase):
    """Connectors that have no transport."""

    def test_failed(self) -> None:
        """One whose attempt has failed, over TCP and UNIX sockets."""
        path = self.mktemp()
        with fresh("epoll") as reactor:
            any_reactor: Any = reactor
            connectors = [
                any_reactor.connectTCP("127.0.0.1", 1, Chats()),
                any_reactor.connectUNIX(path, Chats()),
            ]
            for connector in connectors:
                until(reactor, lambda: connector.state == "disconnected")  # noqa: B023
            fields = [of_connector(c, Context(Watching(reactor))) for c in connectors]

        self.assertEqual([each["state"] for each in fields], [State.FAILED] * 2)
        self.assertEqual([each["peer"] for each in fields], ["127.0.0.1:1", path])
        self.assertEqual(fields[0]["factory"], "tests.graph.linked.Chats")

    def test_fake(self) -> None:
        """Of a fake reactor, an attempt lasts until it is stopped."""
        reactor = MemoryReactorClock()
        connector = reactor.connectTCP("10.0.0.1", 7, Chats())
        context = Context(Watching(Clock()))

        trying = of_connector(connector, context)
        connector.stopConnecting()

        self.assertEqual(
            (trying["state"], trying["peer"]), (State.CONNECTING, "10.0.0.1:7")
        )
        self.assertIs(of_connector(connector, context)["state"], State.FAILED)
