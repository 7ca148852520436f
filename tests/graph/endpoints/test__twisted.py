"""What Twisted keeps behind an underscore; each is where this Twisted has it."""

from __future__ import annotations

from twisted.internet.interfaces import IPushProducer
from twisted.internet.task import Clock
from twisted.internet.tcp import Server
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from heartbeat.graph.endpoints import _twisted
from heartbeat.graph.reading import read
from tests.graph.linked import Chat, Chats, linked
from tests.reactors import REACTORS, fresh


@implementer(IPushProducer)
class Produces:
    """A producer of either kind."""

    def pauseProducing(self) -> None:
        """Nothing."""

    def resumeProducing(self) -> None:
        """Nothing."""

    def stopProducing(self) -> None:
        """Nothing."""


class ConnectionTests(SynchronousTestCase):
    """Attributes of connections."""

    def test_flags(self) -> None:
        """Aborted, and half closed."""
        with fresh("epoll") as reactor, linked(reactor) as link:
            transport = link.client.transport
            before = (
                _twisted.is_aborted(getattr, transport),
                _twisted.is_unwritable(getattr, transport),
            )
            transport.loseWriteConnection()
            half = _twisted.is_unwritable(getattr, transport)
            transport.abortConnection()

            self.assertEqual(before, (False, False))
            self.assertTrue(half)
            self.assertTrue(_twisted.is_aborted(getattr, transport))

    def test_queued(self) -> None:
        """What was written, what of it was tried, and what has left."""
        server = Server.__new__(Server)
        self.assertEqual(_twisted.queued(read, server), 0)
        server._tempDataLen = 3
        self.assertEqual(_twisted.queued(read, server), 3)
        server.dataBuffer, server.offset = b"12345", 2
        self.assertEqual(_twisted.queued(read, server), 6)

    def test_tls(self) -> None:
        """A TLS layer that holds something back, and closes."""
        with fresh("epoll") as reactor, linked(reactor, tls=True) as link:
            layer = link.client.transport
            before = _twisted.tls_is_closing(layer), _twisted.tls_queued(layer)
            layer._appSendBuffer.append(b"12")
            if hasattr(layer, "_aggregator"):
                layer._aggregator._buffer.append(b"3")
            else:  # pragma: no cover - Twisted before 23.10
                layer._appSendBuffer.append(b"3")
            queued = _twisted.tls_queued(layer)
            layer._aborted = True

            self.assertEqual(before, (False, 0))
            self.assertEqual(queued, 3)
            self.assertTrue(_twisted.tls_is_closing(layer))

    def test_producers(self) -> None:
        """Producers of both kinds, behind what TLS puts around them."""
        for streaming in (True, False):
            with fresh("epoll") as reactor, linked(reactor, tls=True) as link:
                layer, producer = link.client.transport, Produces()
                layer.registerProducer(producer, streaming)

                behind = _twisted.producer_behind(layer.transport.producer)

                self.assertIs(behind, producer)
                layer.unregisterProducer()

    def test_addresses(self) -> None:
        """Of fake ports and connectors, and of a UDP port."""
        reactor = MemoryReactorClock()
        port = reactor.listenTCP(80, Chats())
        connector = reactor.connectTCP("10.0.0.1", 80, Chats())

        self.assertIs(_twisted.fake_address(port), port.getHost())
        self.assertIs(_twisted.fake_address(connector), connector.getDestination())
        self.assertIsNone(_twisted.fake_address(Chat()))
        self.assertIsNone(_twisted.connected_address(Chat()))

    def test_pipes(self) -> None:
        """Of what has none."""
        self.assertEqual(list(_twisted.pipes(Chat())), [])


class ReactorTests(SynchronousTestCase):
    """Attributes of reactors."""

    def test_watched(self) -> None:
        """Every reactor has a container of what it watches; clocks have none."""
        for name in REACTORS:
            with self.subTest(name), fresh(name) as reactor, linked(reactor):
                for what in ("reads", "writes"):
                    self.assertIsNotNone(_twisted.watched(reactor, what))
                by_number = _twisted.selectables(reactor) is not None
                self.assertEqual(by_number, name in {"epoll", "poll"})
                self.assertEqual(list(_twisted.polled(reactor, "reads")), [])
                on_loop = _twisted.asyncio_loop(reactor) is not None
                self.assertEqual(on_loop, name == "asyncio")
        for what in ("reads", "writes"):
            self.assertIsNone(_twisted.watched(Clock(), what))
        self.assertEqual(list(_twisted.internal_readers(Clock())), [])

    def test_internal(self) -> None:
        """What a reactor has for itself is in a set, wherever it is one."""
        with fresh("epoll") as reactor:
            self.assertEqual(
                set(map(id, _twisted.internal_readers(reactor))),
                set(map(id, reactor._internalReaders)),
            )

    def test_calls(self) -> None:
        """Calls of threads, and none of them in a clock."""
        self.assertEqual(_twisted.calls_from_threads(Clock()), 0)
        for name in REACTORS:
            with self.subTest(name), fresh(name) as reactor:
                reactor.callFromThread(int)
                self.assertEqual(_twisted.calls_from_threads(reactor), 1)
                reactor.iterate(0)

    def test_wakers(self) -> None:
        """Nothing wakes a clock."""
        self.assertEqual(set(_twisted.wakers(Clock())), {None})

    def test_team(self) -> None:
        """A pool of nobody's has no threads."""
        self.assertEqual(_twisted.team(Chat()), (0, 0, 0))
