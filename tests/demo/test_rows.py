"""A case as a line of the table."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.demo.case import BOUND
from heartbeat.demo.dying import Frozen
from heartbeat.demo.living import Answering
from heartbeat.demo.rows import Mark, Row, row_after, row_during
from heartbeat.verdict import Kind
from tests.demo.company import Told, staged


class DuringTests(SynchronousTestCase):
    """How a case stands."""

    def test_starting(self) -> None:
        """Before it is connected there is nothing to say."""
        row = row_during(Answering(Told()))

        self.assertEqual(row, Row(peer="answering", deed=row.deed, outcome="starting"))

    def test_alive(self) -> None:
        """While it lives: what its keepalive thinks, and what is known."""
        case, _, _ = staged(Answering)

        row = row_during(case)

        self.assertEqual((row.mark, row.outcome), (Mark.OPEN, "alive"))
        self.assertEqual(row.evidence[0], "last byte 0.00 s ago")

    def test_lost(self) -> None:
        """When it is over: that it is."""
        case, pair, _ = staged(Answering)
        pair.lose()

        row = row_during(case)

        self.assertEqual((row.outcome, row.evidence), ("lost", []))


class AfterTests(SynchronousTestCase):
    """What became of a case."""

    def test_given_up(self) -> None:
        """A verdict is there with its reason and its evidence."""
        case, pair, _ = staged(Frozen)
        case.deed_at = case.ours.heartbeat.now()
        pair.cut()
        pair.advance(BOUND + 1)

        row = row_after(case)

        self.assertEqual((row.mark, row.outcome), (Mark.HOLDS, "given up"))
        self.assertRegex(row.when, r"^after 3\.\d\d s$")
        self.assertEqual(
            (row.verdict, row.because), ("PEER_SILENT", Kind.PEER_SILENT.value)
        )
        self.assertEqual(row.evidence, case.facts())

    def test_failed(self) -> None:
        """A claim that does not hold marks the row; without a verdict there is none."""
        case, pair, _ = staged(Frozen)
        pair.lose()

        row = row_after(case)

        self.assertEqual((row.mark, row.verdict, row.because), (Mark.FAILED, "", ""))
