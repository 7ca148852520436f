"""What is left of a connection that is over."""

from __future__ import annotations

import gc
from typing import Any

from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.past import NO_PAST, Past


class Protocol:
    def __init__(self) -> None:
        self.lost: list[Any] = []

    def connectionLost(self, reason: Any = None) -> None:
        """Write it down."""
        self.lost.append(reason)


class PastTests(SynchronousTestCase):
    def test_remembers(self) -> None:
        """It knows the transport, and passes a late loss on to the protocol's own."""
        protocol, transport = Protocol(), StringTransport()
        past = Past(protocol, None, transport)
        self.assertIs(past.transport, transport)
        past.connection_lost("again")
        self.assertEqual(protocol.lost, ["again"])

    def test_own(self) -> None:
        """To that of the instance, if it had one."""
        lost: list[Any] = []
        protocol = Protocol()
        Past(protocol, lost.append, None).connection_lost("again")
        self.assertEqual((lost, protocol.lost), (["again"], []))

    def test_keeps_nothing_alive(self) -> None:
        """Both may go; then nothing is known and nothing happens."""
        past = Past(Protocol(), None, StringTransport())
        gc.collect()
        self.assertIsNone(past.transport)
        self.assertIsNone(past.connection_lost("again"))

    def test_cannot_be_weak(self) -> None:
        """What takes no weak references is kept."""
        transport = ("a", "tuple")
        self.assertIs(Past(Protocol(), None, transport).transport, transport)

    def test_none(self) -> None:
        """A connection that is not over has no past transport."""
        self.assertIsNone(NO_PAST.transport)
