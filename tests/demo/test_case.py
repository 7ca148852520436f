"""What all cases of the second act have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.demo.case import BOUND, POLICY, Case, Fate
from heartbeat.errors import PeerLostError
from heartbeat.testing import assert_nothing_left
from tests.demo.company import Told, staged

if TYPE_CHECKING:
    from heartbeat.demo.peers import Process

PROCESS = cast("Process", None)


class Plain(Case):
    """A case of nothing."""

    name = "plain"
    deed = "nothing"


class CaseTests(SynchronousTestCase):
    """What a connection tells its case."""

    def test_before(self) -> None:
        """Before it is connected there is nothing of ours."""
        case = Plain(Told())

        self.assertRaises(RuntimeError, lambda: case.ours)
        self.assertIs(case.fate, Fate.LIVES)

    def test_lives(self) -> None:
        """While the peer answers, it lives."""
        case, pair, told = staged(Plain)
        case.begin(PROCESS)

        pair.advance(10)

        self.assertIs(case.fate, Fate.LIVES)
        self.assertFalse(case.settled)
        self.assertTrue(case.answered_all)
        self.assertEqual((case.took, case.since), (0.0, 10.0))
        self.assertEqual(told, [("plain", "nothing")])

    def test_given_up(self) -> None:
        """When the peer vanishes it is suspected, judged and lost, and tells so."""
        case, pair, told = staged(Plain)
        case.begin(PROCESS)
        pair.cut()

        pair.advance(BOUND + 1)

        self.assertIs(case.fate, Fate.GIVEN_UP)
        self.assertTrue(case.settled)
        self.assertIsInstance(case.reason, PeerLostError)
        self.assertApproximates(case.took, BOUND, 0.5)
        self.assertEqual(case.when(), f"after {case.took:.2f} s")
        texts = [text.partition(" ")[0].strip(":,") for _, text in told]
        self.assertEqual(
            texts, ["nothing", "suspected", "PEER_SILENT", "connectionLost"]
        )
        assert_nothing_left(pair.clock, case.ours)

    def test_lost(self) -> None:
        """When somebody else ends the connection it is lost, without a verdict."""
        case, pair, told = staged(Plain)

        pair.lose()

        self.assertIs(case.fate, Fate.LOST)
        self.assertIsInstance(case.reason, (ConnectionDone, ConnectionLost))
        self.assertEqual(told, [("plain", "connectionLost, ConnectionLost")])

    def test_abstract(self) -> None:
        """What is claimed and known is up to each kind of case."""
        case = Plain(Told())

        self.assertRaises(NotImplementedError, case.claims)
        self.assertRaises(NotImplementedError, case.facts)

    def test_bound(self) -> None:
        """The bound is what the policy says."""
        self.assertEqual(BOUND, (POLICY.interval or 0) + (POLICY.timeout or 0))
