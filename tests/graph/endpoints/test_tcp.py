"""What the kernel says of a TCP connection."""

from __future__ import annotations

import socket
import sys
from unittest import skipIf

from twisted.trial.unittest import SynchronousTestCase

from heartbeat import tcp_info
from heartbeat.graph.endpoints import tcp
from heartbeat.graph.endpoints.tcp import evidence
from tests.connections import tcp_pair


@skipIf(sys.platform != "linux", "only Linux tells")
class EvidenceTests(SynchronousTestCase):
    """Real sockets."""

    def setUp(self) -> None:
        self.ours, self.theirs = tcp_pair()
        self.addCleanup(self.ours.close)
        self.addCleanup(self.theirs.close)

    def test_connected(self) -> None:
        """Its state, and that nothing is on its way."""
        kernel = evidence(self.ours)

        assert kernel is not None
        self.assertEqual(kernel.state, "ESTABLISHED")
        self.assertEqual((kernel.in_flight, kernel.retransmits), (0, 0))
        assert kernel.rtt is not None
        assert kernel.heard_ago is not None
        assert kernel.sent_ago is not None
        self.assertGreater(kernel.rtt, 0)
        self.assertGreaterEqual(kernel.heard_ago, 0)
        self.assertGreaterEqual(kernel.sent_ago, 0)

    def test_in_flight(self) -> None:
        """Bytes that the peer's kernel has no room for are counted."""
        self.theirs.setblocking(False)
        self.ours.setblocking(False)
        sent = 0
        try:
            while True:
                sent += self.ours.send(bytes(2**16))
        except BlockingIOError:
            pass
        # Some are in flight only for a moment: what the peer has not taken stays.
        kernel = evidence(self.ours)

        assert kernel is not None
        assert kernel.in_flight is not None
        self.assertGreaterEqual(kernel.in_flight, 0)
        self.assertLess(kernel.in_flight, sent)

    def test_unacknowledged(self) -> None:
        """Bytes that were not sent yet are not in flight."""
        self.assertEqual(tcp._unacknowledged(self.ours, 0), 0)
        self.assertEqual(tcp._unacknowledged(self.ours, 100), 0)

    def test_unknown(self) -> None:
        """Nothing of what is closed, is not TCP, or is told of by too old a kernel."""
        one, two = socket.socketpair()
        with one, two:
            self.assertIsNone(evidence(one))
        with socket.socket(
            socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDP
        ) as udp:
            self.assertIsNone(evidence(udp))
        self.patch(tcp_info, "STRUCT_SIZE", 20)
        self.assertIsNone(evidence(self.ours))

    def test_elsewhere(self) -> None:
        """Nothing on other systems."""
        self.patch(tcp, "_LINUX", False)

        self.assertIsNone(evidence(self.ours))
