"""The inside of a ``ClientService``; it is where this Twisted has it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from twisted.application.internet import ClientService
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.endpoints import _machines, _names
from tests.graph.endpoints.test_connections import Produces
from tests.graph.linked import Chat, Chats

STATES = ("", "_waiting", "_connected")


class _ClientMachine:
    """The machine of a ``ClientService`` as Twisted 22.10 to 24.3 have it."""

    _machine = SimpleNamespace(_symbol="_symbol_1")

    def __init__(self, state: str) -> None:
        self._endpoint, self._factory, self._failedAttempts = Chat(), Chats(), 2
        self._retryCall, self._currentConnection = Produces(), Chat()
        if state:
            method = getattr(type(self), state)
            self._symbol_1 = SimpleNamespace(_state=SimpleNamespace(method=method))

    def _waiting(self) -> None:
        """Nothing."""

    def _connected(self) -> None:
        """Nothing."""


class MachineTests(SynchronousTestCase):
    """What runs a ``ClientService``."""

    def test_none(self) -> None:
        """What is none of its parts has none."""
        self.assertIsNone(_machines.machine(Chat()))
        self.assertIsNone(_machines.notified(Chat()))
        self.assertFalse(_machines.is_machine(Chat()))
        self.assertIsNone(_machines.core_of(Chat()))

    def test_new(self) -> None:
        """That of this Twisted tells what it works for."""
        reactor = MemoryReactorClock()
        end = TCP4ClientEndpoint(reactor, "10.0.0.1", 7)
        service = ClientService(end, Chats(), clock=reactor)
        machine = _machines.machine(service)
        first = _machines.machine_parts(machine)
        service.startService()
        factory = reactor.tcpClients[0][2]
        protocol: Any = factory.buildProtocol(None)
        factory.clientConnectionFailed(None, Failure(ConnectionRefusedError()))  # type: ignore[arg-type]
        waiting = _machines.machine_parts(machine)
        (call,) = reactor.getDelayedCalls()
        reactor.advance(60)
        connected: Any = reactor.tcpClients[1][2].buildProtocol(None)
        connected.makeConnection(StringTransport())
        last = _machines.machine_parts(machine)

        self.assertTrue(_machines.is_machine(machine))
        self.assertIs(_machines.notified(protocol._wrappedProtocol), machine)
        self.assertIs(first.endpoint, end)
        self.assertEqual(
            [each.state for each in (first, waiting, last)],
            ["init", "waiting", "connected"],
        )
        self.assertIsNone(first.retry)
        self.assertIs(waiting.retry, call)
        self.assertIsNotNone(last.protocol)
        self.assertIsNone(last.retry)

    def test_old_notification(self) -> None:
        """What an old one has told is a function, which encloses the machine."""
        machine: Any = _ClientMachine("_waiting")
        self.patch(_names, "MACHINES", (f"{__name__}._ClientMachine",))

        def lost(reason: object) -> object:
            return reason, machine

        def unrelated() -> None:
            """Encloses nothing."""

        self.assertIs(
            _machines.notified(SimpleNamespace(_lostNotification=lost)), machine
        )
        for other in (unrelated, Chat()):
            proxy = SimpleNamespace(_lostNotification=other)
            self.assertIsNone(_machines.notified(proxy))

    def test_old(self) -> None:
        """That of an old Twisted keeps its state under a name of its own."""
        parts = {
            state: _machines.machine_parts(_ClientMachine(state)) for state in STATES
        }

        self.assertEqual(
            [each.state for each in parts.values()], ["init", "waiting", "connected"]
        )
        self.assertEqual({each.failed_attempts for each in parts.values()}, {2})
        self.assertIsInstance(parts["_waiting"].retry, Produces)
        self.assertIsNone(parts["_waiting"].protocol)
        self.assertIsInstance(parts["_connected"].protocol, Chat)
        self.assertIsNone(parts["_connected"].retry)
