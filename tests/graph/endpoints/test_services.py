"""``ClientService`` objects, taken apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.application.internet import ClientService
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.error import ConnectionRefusedError as Refused
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.endpoints.ids import id_of
from heartbeat.graph.endpoints.services import core_of, describe, machine_of
from tests.graph.linked import Chat, Chats

if TYPE_CHECKING:
    from heartbeat.graph.model import Service


def described(service: object) -> Service:
    """The service as of now, its connection called by its class."""
    machine = machine_of(service)
    assert machine is not None
    return describe(machine, lambda thing: type(thing).__name__)


class ServiceTests(SynchronousTestCase):
    """From the start to the stop."""

    def setUp(self) -> None:
        self.reactor = MemoryReactorClock()
        end = TCP4ClientEndpoint(self.reactor, "10.0.0.1", 7)
        self.service = ClientService(end, Chats(), clock=self.reactor)

    def test_life(self) -> None:
        """Each state, and what it brings."""
        first = described(self.service)
        self.service.startService()
        connecting = described(self.service)
        self._factory().clientConnectionFailed(None, Failure(Refused()))
        waiting = described(self.service)
        (call,) = self.reactor.getDelayedCalls()
        self.reactor.advance(60)
        protocol = self._factory().buildProtocol(None)
        protocol.makeConnection(StringTransport())
        connected = described(self.service)
        self.service.stopService()
        leaving = described(self.service)
        protocol.connectionLost(Failure(Refused()))
        stopped = described(self.service)

        self.assertEqual(
            [
                each.state
                for each in (first, connecting, waiting, connected, leaving, stopped)
            ],
            [
                "not started",
                "connecting",
                "waiting to retry",
                "connected",
                "disconnecting",
                "stopped",
            ],
        )
        self.assertEqual(first.id, stopped.id)
        self.assertEqual(
            first.endpoint, "twisted.internet.endpoints.TCP4ClientEndpoint"
        )
        self.assertEqual(first.factory, "tests.graph.linked.Chats")
        self.assertEqual(
            (waiting.timer, waiting.failed_attempts), (id_of(call, "t"), 1)
        )
        self.assertIsNone(connected.timer)
        self.assertIn(connected.connection, ("_ReconnectingProtocolProxy", "Chat"))
        self.assertIsNone(stopped.connection)

    def test_parts(self) -> None:
        """The service, its machine and what it puts around a protocol are one."""
        self.service.startService()
        machine = machine_of(self.service)
        proxy = self._factory().buildProtocol(None)._wrappedProtocol

        self.assertIsNotNone(machine)
        self.assertIs(machine_of(machine), machine)
        self.assertIs(machine_of(proxy), machine)
        self.assertIsNotNone(core_of(machine))
        for other in (Chat(), None, Chats()):
            self.assertIsNone(machine_of(other))

    def test_derived(self) -> None:
        """A class derived from it is one, too."""

        class Own(ClientService):
            @property
            def _machine(self) -> Any:  # type: ignore[override]
                raise AssertionError("was asked for its machine")

        self.assertIsNone(machine_of(Own.__new__(Own)))

    def _factory(self) -> Any:
        return self.reactor.tcpClients[-1][2]
