"""Evidence in words."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.demo.words import in_words, size_of
from heartbeat.evidence import Evidence


class WordsTests(SynchronousTestCase):
    """Evidence in words."""

    def test_everything(self) -> None:
        """All that the kernel knows, in three lines."""
        evidence = Evidence(
            heard_ago=2.125,
            ack_ago=0.5,
            acked=2_500_000,
            in_flight=1500,
            unsent=7,
            window=0,
            probes=2,
            retransmits=3,
            rtt=0.00123,
        )

        self.assertEqual(
            in_words(evidence),
            [
                "last byte 2.12 s ago, last ack 0.50 s ago",
                "2.5 MB acked, 2 kB in flight, 7 B unsent",
                "window 0 B, 2 window probes, 3 retransmits, rtt 1.23 ms",
            ],
        )

    def test_little(self) -> None:
        """Of what nobody knows, nothing is said."""
        evidence = Evidence(heard_ago=1.0)

        self.assertEqual(in_words(evidence), ["last byte 1.00 s ago", "0 B unsent"])


class SizeTests(SynchronousTestCase):
    """Numbers of bytes."""

    def test_units(self) -> None:
        """Each size in the unit that suits it."""
        sizes = [0, 999, 1000, 65_500, 1_000_000, 16_250_500]

        self.assertEqual(
            [size_of(size) for size in sizes],
            ["0 B", "999 B", "1 kB", "66 kB", "1.0 MB", "16.3 MB"],
        )
