"""What describing endpoints needs to know."""

from __future__ import annotations

from twisted.protocols.policies import WrappingFactory
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.endpoints.context import Context
from heartbeat.graph.endpoints.watching import Watching
from tests.graph.linked import Chats


class ContextTests(SynchronousTestCase):
    """Things that many endpoints share."""

    def test_factory(self) -> None:
        """The class of the innermost factory."""
        context, factory = Context(Watching(None)), WrappingFactory(Chats())

        for _ in range(2):
            self.assertEqual(context.factory_of(factory), "tests.graph.linked.Chats")
        self.assertIsNone(context.factory_of(None))

    def test_port(self) -> None:
        """A port has one name."""
        context, port = Context(Watching(None)), Chats()

        first = context.port_id(port)

        self.assertEqual((first or "")[0], "l")
        self.assertEqual(context.port_id(port), first)
        self.assertIsNone(context.port_id(None))
