"""From a protocol to its keepalive."""

from __future__ import annotations

from typing import Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import HeartbeatMixin, NotConnectedError
from heartbeat.testing import connect
from heartbeat.wrapping import heartbeat_of, watch_factory
from tests.wrapping.cases import LISTEN, Plain, Rigid, factory_of


class Mixed(HeartbeatMixin, Plain):
    """Has one of its own."""

    keepalive = LISTEN


class FindingTests(SynchronousTestCase):
    """``heartbeat_of``."""

    def setUp(self) -> None:
        self.clock: Any = Clock()

    def test_connected(self) -> None:
        """From the protocol or its transport, while it is connected."""
        for protocol in (Plain(), Rigid()):
            factory = watch_factory(factory_of(protocol), LISTEN, reactor=self.clock)
            pair = connect(factory.buildProtocol(None), Plain(), self.clock)
            found = heartbeat_of(protocol)
            self.assertIs(found.policy, LISTEN)
            self.assertIs(heartbeat_of(protocol.transport), found)
            pair.lose()
            with self.assertRaisesRegex(LookupError, "is not watched"):
                heartbeat_of(protocol)

    def test_not_watched(self) -> None:
        """Others have none, and the error says how to get one."""
        pair = connect(Plain(), Plain(), self.clock)
        with self.assertRaisesRegex(LookupError, r"with watch_factory\(\)"):
            heartbeat_of(pair.client)
        pair.lose()

    def test_mixin(self) -> None:
        """A protocol with the mixin answers for itself."""
        pair = connect(Mixed(), Plain(), self.clock)
        self.assertIs(heartbeat_of(pair.client), pair.client.heartbeat)
        pair.lose()

    def test_not_connected(self) -> None:
        """Before the connection there is none, with the mixin and without."""
        for protocol in (Mixed(), Plain(), Rigid()):
            error = self.assertRaises(NotConnectedError, heartbeat_of, protocol)
            self.assertIsInstance(error, LookupError)
            self.assertIn(f"keepalive of {type(protocol).__name__}", str(error))
