"""What is in no list of a reactor is found in the heap."""

from __future__ import annotations

from twisted.internet.protocol import Factory, Protocol
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.search.heap import endpoints_in_heap


class HeapTests(SynchronousTestCase):
    def found(self, thing: object) -> bool:
        return any(each is thing for each in endpoints_in_heap())

    def test_endpoints(self) -> None:
        """Protocols and transports that only their program knows are found."""
        protocol, transport = Protocol(), StringTransport()

        self.assertTrue(self.found(protocol))
        self.assertTrue(self.found(transport))

    def test_others(self) -> None:
        """Factories, classes and everything else are not."""
        factory = Factory()
        instance = {"chat": Protocol}

        for thing in (factory, instance, Protocol, self):
            self.assertFalse(self.found(thing))

    def test_liar(self) -> None:
        """What only says that it is a protocol is none, and is not asked."""

        class Liar:
            asked = 0

            @property
            def __class__(self) -> type:
                Liar.asked += 1
                return Protocol

            @__class__.setter
            def __class__(self, cls: type) -> None:
                """Do nothing: for type checkers."""

        liar = Liar()

        self.assertFalse(self.found(liar))
        self.assertEqual(Liar.asked, 0)
