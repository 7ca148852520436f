"""Peers that live, connected in memory."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.demo import living
from heartbeat.demo.case import BOUND
from heartbeat.demo.living import Answering, Busy, Unheard
from tests.demo.company import begin, failed, staged


class LivingTests(SynchronousTestCase):
    """Peers that must live."""

    def test_answering(self) -> None:
        """An idle peer that answers is done when it has lived for long enough."""
        case, pair, _ = staged(Answering)
        self.assertEqual(begin(case), [])
        self.assertFalse(case.settled)

        pair.advance(5)

        self.assertTrue(case.settled)
        self.assertEqual(failed(case), [])
        self.assertEqual(case.when(), "")
        self.assertRegex(case.facts()[0], r"^\d of \d pings answered$")

    def test_given_up(self) -> None:
        """That a living one was given up makes its claims fail, and says why."""
        case, pair, _ = staged(Answering)
        begin(case)
        pair.cut()

        pair.advance(5)

        self.assertEqual(failed(case), ["lives", "1 of 2 pings answered"])
        self.assertIn("PEER_SILENT", case.claims()[0].instead)

    def test_busy(self) -> None:
        """A busy one answers what lies behind the transfer, late."""
        self.patch(living, "BUSY_PARCELS", 2)
        case, pair, told = staged(Busy)
        begin(case)
        self.assertFalse(case.settled)
        self.assertEqual(case.facts(), ["1 of 2 pings answered"])
        pair.clock.advance(0.5)  # nothing moves meanwhile

        pair.advance(BOUND + 1)

        self.assertTrue(case.settled)
        self.assertIn("is answered, after 0.50 s", told[-1][1])
        self.assertEqual(case.facts()[1], "while it was silent:")
        self.assertEqual(case.facts()[-1], "0 B of them acked in the last 3 s")
        # In memory it is as quick as any other.
        self.assertEqual(len(failed(case)), 3)

    def test_busy_lost(self) -> None:
        """A busy one that is lost is done, and its claims fail."""
        case, pair, _ = staged(Busy)
        begin(case)

        pair.lose()

        self.assertTrue(case.settled)
        self.assertIn("lives", failed(case))

    def test_unheard(self) -> None:
        """While we are blocked nobody is heard; afterwards it answers."""
        self.patch(living, "BLOCK", 0.001)
        case, pair, told = staged(Unheard)
        self.assertEqual(begin(case), [])
        self.assertTrue(case.settled)
        case.block()
        self.assertFalse(case.heard_again())
        case.stalled(2.5)
        case.silent = 5.0

        pair.advance(1.5)

        self.assertTrue(case.heard_again())
        self.assertTrue(case.heard_again())
        self.assertEqual(failed(case), [])
        self.assertEqual(case.when(), "heard 1.50 s after the block")
        said = "last byte 5.00 s ago, 2.50 s of it our doing"
        self.assertEqual(case.facts()[1], said)
        self.assertEqual(len(told), 3)

    def test_unheard_lost(self) -> None:
        """If it is lost it is not waited for, and its claims fail."""
        self.patch(living, "BLOCK", 0.001)
        case, pair, _ = staged(Unheard)
        case.block()

        pair.lose()

        self.assertTrue(case.heard_again())
        self.assertEqual(len(failed(case)), 5)
