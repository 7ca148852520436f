"""All endpoints of a reactor, those in its lists and those that are not."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING, Any

from twisted.application.internet import ClientService
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import HeartbeatMixin
from heartbeat.graph.endpoints.census import Census
from heartbeat.graph.endpoints.services import core_of
from heartbeat.graph.model import Kind, State
from tests.connections import until
from tests.graph.linked import Chat, Chats, closed, linked
from tests.reactors import REACTORS, fresh

if TYPE_CHECKING:
    from heartbeat.graph.model import Endpoint


def unowned(census: Census) -> int:
    """How many sockets no endpoint has."""
    return sum(census.unowned_sockets() or ())


class Beating(HeartbeatMixin, Protocol):
    """A protocol with our mixin."""


def taken(reactor: object) -> Census:
    """A census of *reactor*, complete."""
    census = Census(reactor)
    census.begin()
    for _ in census.steps():
        pass
    return census


def found(reactor: object) -> dict[str, Endpoint]:
    """The endpoints of *reactor* by their protocols and ends."""
    census = taken(reactor)
    census.close()
    return {f"{each.protocol} {each.local}": each for each in census.endpoints}


class ReactorTests(SynchronousTestCase):
    """Every reactor has the same endpoints."""

    def test_plain(self) -> None:
        """A port, and both ends of a connection, on every reactor."""
        for name in REACTORS:
            with self.subTest(name), fresh(name) as reactor, linked(reactor) as link:
                census = taken(reactor)
                self.addCleanup(census.close)
                port, server, client = map(
                    census.endpoint_of, (link.port, link.server, link.client)
                )
                assert port is not None
                assert server is not None
                assert client is not None

                self.assertEqual(
                    {each.id for each in census.endpoints},
                    {port.id, server.id, client.id},
                )
                self.assertEqual(
                    [port.state, server.state, client.state],
                    [State.LISTENING, State.CONNECTED, State.CONNECTED],
                )
                self.assertEqual(
                    (server.local, server.peer), (client.peer, client.local)
                )
                self.assertEqual((server.parent, client.parent), (port.id, None))
                self.assertEqual(server.protocol, "tests.graph.linked.Chat")
                self.assertEqual(server.layers, ("twisted.internet.tcp.Server",))
                self.assertTrue(server.reading)
                self.assertTrue(client.reading)
                self.assertFalse(client.writing)

    def test_tls(self) -> None:
        """TLS is seen through, on every reactor."""
        for name in REACTORS:
            with (
                self.subTest(name),
                fresh(name) as reactor,
                linked(reactor, tls=True) as link,
            ):
                census = taken(reactor)
                self.addCleanup(census.close)
                server = census.endpoint_of(link.server)
                port = census.endpoint_of(link.port)
                assert server is not None
                assert port is not None

                self.assertEqual((server.kind, port.kind), (Kind.TLS, Kind.TLS))
                self.assertEqual(port.protocol, "tests.graph.linked.Chat")
                self.assertEqual(server.factory, "tests.graph.linked.Chats")
                self.assertEqual(server.protocol, "tests.graph.linked.Chat")
                self.assertEqual(len(server.layers), 2)
                self.assertEqual(len(census.endpoints), 3)

    def test_lost(self) -> None:
        """A lost connection is found by its protocol, on every reactor."""
        for name in REACTORS:
            with self.subTest(name), fresh(name) as reactor, linked(reactor) as link:
                link.lose()
                census = taken(reactor)
                self.addCleanup(census.close)

                end = census.endpoint_of(link.client)

                assert end is not None
                self.assertIs(end.state, State.DISCONNECTED)
                self.assertEqual(end.protocol, "tests.graph.linked.Chat")
                self.assertIsNone(end.fd)

    def test_paused(self) -> None:
        """What the reactor does not watch is found by who refers to it."""
        for name in REACTORS:
            with self.subTest(name), fresh(name) as reactor, linked(reactor) as link:
                link.client.transport.pauseProducing()
                census = taken(reactor)
                self.addCleanup(census.close)
                before = len(census.endpoints)

                end = census.endpoint_of(link.client)

                assert end is not None
                self.assertEqual((before, len(census.endpoints)), (2, 3))
                self.assertEqual((end.paused, end.state), (True, State.CONNECTED))

    def test_no_descriptors(self) -> None:
        """A clock watches nothing."""
        for reactor in (Clock(), MemoryReactorClock()):
            census = taken(reactor)

            self.assertEqual((census.endpoints, census.notes), ([], []))


class CensusTests(SynchronousTestCase):
    """What is met, and what becomes of it."""

    def test_nothing(self) -> None:
        """What is no part of an endpoint has none."""
        census = taken(Clock())

        for thing in (None, 7, "c1", object(), [Chat()], Chats(), Clock()):
            self.assertIsNone(census.endpoint_of(thing))
        self.assertEqual(census.endpoints, [])

    def test_same(self) -> None:
        """Protocol, layers, transport and connector are one endpoint, made once."""
        with fresh("epoll") as reactor, linked(reactor, tls=True) as link:
            census = taken(reactor)
            self.addCleanup(census.close)
            layer = link.client.transport
            parts = (link.client, layer, layer.transport, link.connector)

            ends = list(map(census.endpoint_of, parts))

            self.assertEqual(len(set(map(id, ends))), 1)
            self.assertEqual(len(census.endpoints), 3)

    def test_same_id(self) -> None:
        """The next census has the same names."""
        with fresh("epoll") as reactor, linked(reactor):
            self.assertEqual(
                {each.id for each in found(reactor).values()},
                {each.id for each in found(reactor).values()},
            )

    def test_named_late(self) -> None:
        """A lost transport has its protocol's name; meeting that tells the rest."""
        with fresh("epoll") as reactor, linked(reactor, Beating()) as link:
            transport = link.server.transport
            link.lose()
            until(reactor, lambda: not transport.connected)
            census = taken(reactor)
            self.addCleanup(census.close)

            first = census.endpoint_of(transport)
            second = census.endpoint_of(link.server)

            assert first is not None
            assert second is not None
            self.assertEqual((first.protocol, first.scopes), ("Beating", ()))
            self.assertEqual(second.protocol, f"{__name__}.Beating")
            self.assertEqual(second.scopes[0].state, "closed")
            self.assertIn("aborted", second.lost_reason or "")
            self.assertIs(census.endpoint_of(transport), second)
            self.assertEqual(first.id, second.id)

    def test_wrapper_without_protocol(self) -> None:
        """A lost wrapper that has let go of the protocol does not pass for it."""
        with fresh("epoll") as reactor, linked(reactor, tls=True) as link:
            layer = link.client.transport
            link.lose()
            census = taken(reactor)
            self.addCleanup(census.close)

            first = census.endpoint_of(layer)
            second = census.endpoint_of(link.client)

            assert first is not None
            assert second is not None
            self.assertEqual(first.protocol, "Chat")
            self.assertEqual(second.protocol, "tests.graph.linked.Chat")
            self.assertEqual(second.kind, Kind.TLS)
            self.assertEqual(len(second.layers), 2)

    def test_never_connected(self) -> None:
        """A protocol without a transport is an endpoint of its own."""
        census = taken(Clock())
        inner = Chat()
        wrapper = ProtocolWrapper(WrappingFactory(Chats()), inner)

        ends = [census.endpoint_of(each) for each in (inner, wrapper, inner)]

        self.assertEqual(len(set(map(id, ends))), 1)
        assert ends[0] is not None
        self.assertIs(ends[0].state, State.UNCONNECTED)
        self.assertEqual(ends[0].protocol, "tests.graph.linked.Chat")

    def test_before_its_turn(self) -> None:
        """What is asked for before its turn is described then, and once."""
        with fresh("epoll") as reactor, linked(reactor) as link:
            census = Census(reactor)
            self.addCleanup(census.close)
            census.begin()
            first = census.endpoint_of(link.client)
            for _ in census.steps():
                pass

            self.assertIs(census.endpoint_of(link.client), first)
            self.assertEqual(len(census.endpoints), 3)

    def test_protocols(self) -> None:
        """The protocols that were met, each with its endpoint."""
        with fresh("epoll") as reactor, linked(reactor) as link:
            census = taken(reactor)
            self.addCleanup(census.close)

            met = {id(protocol): end for protocol, end in census.protocols()}

            self.assertEqual(set(met), {id(link.server), id(link.client)})
            self.assertIs(met[id(link.client)], census.endpoint_of(link.client))

    def test_scope_owner(self) -> None:
        """A scope belongs to the connection whose clock it is, or is inside of."""
        clock = Clock()
        protocol = Beating()
        protocol.reactor = clock
        protocol.makeConnection(StringTransport())
        census = taken(clock)

        self.assertIsNone(census.scope_owner(protocol.clock))
        end = census.endpoint_of(protocol)

        self.assertIsNotNone(end)
        self.assertIs(census.scope_owner(protocol.clock), end)
        self.assertIs(census.scope_owner(protocol.clock.child("login").child()), end)
        self.assertIsNone(census.scope_owner(clock))

    def test_unowned(self) -> None:
        """Sockets of the reactor are owned by its endpoints, all others are not."""
        for name in REACTORS:
            with self.subTest(name), fresh(name) as reactor:
                before = unowned(taken(reactor))
                with linked(reactor) as link:
                    self.assertEqual(unowned(taken(reactor)), before)
                    link.client.transport.pauseProducing()
                    census = taken(reactor)
                    self.assertEqual(unowned(census), before + 1)
                    census.endpoint_of(link.client)
                    self.assertEqual(unowned(census), before)

    def test_transports(self) -> None:
        """Transports are known with their endpoints, protocols without one are not."""
        with fresh("select") as reactor, linked(reactor) as link:
            census = taken(reactor)
            census.endpoint_of(Chat())
            found = {id(base): endpoint for base, endpoint in census.transports()}

            transport = link.client.transport
            self.assertEqual(found[id(transport)], census.endpoint_of(transport))
            self.assertEqual(len(found) + 1, len(census.endpoints))

    def test_close(self) -> None:
        """A closed census keeps what it found, and nothing of the program."""
        with fresh("epoll") as reactor:
            with linked(reactor) as link:
                census = taken(reactor)
                protocol = weakref.ref(link.client)
                transport = weakref.ref(link.client.transport)
                known = weakref.ref(link.port)
            census.close()
            del link
            gc.collect()

            self.assertEqual((protocol(), transport(), known()), (None, None, None))
            self.assertEqual(len(census.endpoints), 3)


class ServiceTests(SynchronousTestCase):
    """``ClientService`` objects."""

    def test_connected(self) -> None:
        """The service of a connection is found by the connection."""
        with fresh("epoll") as reactor:
            service, port = self._started(reactor)
            connected: list[Any] = []
            service.whenConnected().addCallback(connected.append)
            until(reactor, lambda: connected)
            census = taken(reactor)
            self.addCleanup(census.close)

            (found_one,) = census.services

            end = census.endpoint_of(connected[0])
            assert end is not None
            self.assertEqual(found_one.state, "connected")
            self.assertEqual(found_one.connection, end.id)
            self.assertEqual(end.protocol, "tests.graph.linked.Chat")
            self.assertEqual(len(end.layers), 3)
            self.assertIs(census.service_of(service), found_one)
            self._stop(reactor, service, port)

    def test_waiting(self) -> None:
        """One that waits to try again has a timer, and its parts are the same one."""
        with fresh("epoll") as reactor:
            service, port = self._started(reactor, listening=False)
            until(reactor, reactor.getDelayedCalls)
            until(reactor, lambda: self._state(reactor, service) != "connecting")
            census = taken(reactor)
            self.addCleanup(census.close)

            found_one = census.service_of(service)

            assert found_one is not None
            self.assertEqual(found_one.state, "waiting to retry")
            self.assertEqual(found_one.failed_attempts, 1)
            self.assertIsNotNone(found_one.timer)
            self.assertEqual(census.services, [found_one])
            machine: Any = service._machine
            self.assertIs(census.service_of(machine), found_one)
            self.assertIs(census.service_of(core_of(machine)), found_one)
            self.assertIsNone(census.service_of(Chat()))
            self._stop(reactor, service, port)

    def _started(self, reactor: Any, *, listening: bool = True) -> tuple[Any, Any]:
        port = reactor.listenTCP(0, Chats(), interface="127.0.0.1")
        end = TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port)
        if not listening:
            closed(reactor, port)
        service = ClientService(end, Chats(), clock=reactor)
        service.startService()
        return service, port

    def _state(self, reactor: Any, service: Any) -> str | None:
        found_one = taken(reactor).service_of(service)
        return None if found_one is None else found_one.state

    def _stop(self, reactor: Any, service: Any, port: Any) -> None:
        done: list[object] = []
        service.stopService().addBoth(done.append)
        until(reactor, lambda: done)
        closed(reactor, port)
