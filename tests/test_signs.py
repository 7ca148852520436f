"""What liveness looks at, read when it is asked for."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import TestCase

from heartbeat import _twisted, kernel
from heartbeat.signs import KernelSigns
from tests.connections import Sink, adopted, tcp_pair, until
from tests.reactors import fresh


class KernelSignsTests(TestCase):
    def signs(self, transport: Any) -> KernelSigns:
        """What is known now."""
        descriptor = _twisted.descriptor_of(transport)
        vitals = kernel.vitals(descriptor)
        assert vitals is not None
        return KernelSigns(transport, descriptor, vitals)

    def test_idle(self) -> None:
        """On an idle connection nothing is on its way, and all is open."""
        with fresh("select") as reactor:
            ours, peer = tcp_pair()
            with peer, adopted(reactor, Sink(), ours) as sink:
                transport: Any = sink.transport
                signs = self.signs(transport)
                on_its_way = (signs.in_flight, signs.unsent, signs.unread)
                self.assertEqual(on_its_way, (0, 0, 0))
                self.assertTrue(signs.reading and signs.writable)
                self.assertGreater(signs.window or 0, 0)
                self.assertLess(signs.heard_ago, 60)

    def test_traffic(self) -> None:
        """Bytes are counted wherever they are."""
        with fresh("select") as reactor:
            ours, peer = tcp_pair()
            with peer, adopted(reactor, Sink(), ours) as sink:
                transport: Any = sink.transport
                transport.pauseProducing()
                before = self.signs(transport)
                peer.sendall(b"12345")
                transport.write(b"x" * 2**24)
                until(reactor, lambda: self.signs(transport).received == 5)
                signs = self.signs(transport)
                self.assertEqual(signs.unread, 5)
                self.assertFalse(signs.reading)
                whole = signs.acked - before.acked + signs.in_flight + signs.unsent
                self.assertLessEqual(abs(whole - 2**24), 2**20)
                self.assertGreater(signs.unsent, 0)
                self.assertEqual(signs.progress, signs.acked)

    def test_pause_is_no_end(self) -> None:
        """While we do not read by our own will, the peer has not finished."""
        with fresh("select") as reactor:
            ours, peer = tcp_pair()
            with peer, adopted(reactor, Sink(), ours) as sink:
                transport: Any = sink.transport
                transport.pauseProducing()
                self.assertFalse(self.signs(transport).finished)

    def test_in_flight(self) -> None:
        """With segments under way the socket is asked how many bytes those are."""
        with fresh("select") as reactor:
            ours, peer = tcp_pair()
            with peer, adopted(reactor, Sink(), ours) as sink:
                found = _twisted.descriptor_of(sink.transport)
                vitals = kernel.vitals(found)
                assert vitals is not None
                moving = vitals._replace(segments=1)
                signs = KernelSigns(sink.transport, found, moving)
                self.assertEqual(signs.in_flight, 0)  # they have arrived since
