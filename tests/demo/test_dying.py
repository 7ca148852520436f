"""Peers that do not live, connected in memory."""

from __future__ import annotations

from typing import Any, cast

import attrs
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.demo import dying
from heartbeat.demo.case import BOUND, STEP, Fate
from heartbeat.demo.dying import Deaf, Frozen, GivenUp, Killed
from heartbeat.evidence import Evidence, Source
from heartbeat.verdict import Kind
from tests.demo.company import Told, begin, failed, staged

ACKNOWLEDGED = Evidence(source=Source.KERNEL, heard_ago=2.0, ack_ago=1.0)
CLOSED = Evidence(source=Source.KERNEL, heard_ago=2.0, window=0, unsent=1)


class GivenUpTests(SynchronousTestCase):
    """Peers that must be given up."""

    def given_up(self, kind: Any) -> GivenUp:
        """A case of that *kind* that was given up."""
        case, pair, _ = staged(kind)
        self.patch(dying, "DEAF_PARCELS", 0)
        begin(case)
        pair.cut()
        pair.advance(BOUND + 1)
        return cast("GivenUp", case)

    def judge(self, case: GivenUp, kind: Kind, evidence: Evidence) -> list[str]:
        """Which claims fail if the verdict had been another."""
        assert case.verdict is not None
        verdict = attrs.evolve(case.verdict, kind=kind, evidence=evidence)
        case.verdict = cast("Any", case.reason).verdict = verdict
        return failed(case)

    def test_deeds(self) -> None:
        """One is frozen, the other gets more than it takes."""
        self.patch(dying, "DEAF_PARCELS", 2)
        frozen, _, _ = staged(Frozen)
        deaf, pair, _ = staged(Deaf)
        received: list[bytes] = []
        self.patch(pair.server, "lineReceived", received.append)

        self.assertEqual(begin(frozen), ["freeze"])
        self.assertEqual(begin(deaf), [])
        pair.flush()

        self.assertEqual([len(line) for line in received], [65_000, 65_000])

    def test_counted(self) -> None:
        """Where the kernel says nothing, it is enough that it was given up."""
        case = self.given_up(Frozen)

        self.assertEqual(failed(case), [])
        self.assertEqual(len(case.claims()), 4)
        self.assertRegex(case.facts()[0], r"^last byte 3\.\d\d s ago")

    def test_frozen(self) -> None:
        """Its kernel must have acknowledged what was sent after its last byte."""
        case = self.given_up(Frozen)
        too_old = attrs.evolve(ACKNOWLEDGED, ack_ago=2.0 - STEP / 2)
        unknown = attrs.evolve(ACKNOWLEDGED, ack_ago=None)
        wrong = ["the evidence shows PEER_HUNG"]

        self.assertEqual(self.judge(case, Kind.PEER_HUNG, ACKNOWLEDGED), [])
        self.assertEqual(self.judge(case, Kind.PEER_SILENT, ACKNOWLEDGED), wrong)
        self.assertEqual(self.judge(case, Kind.PEER_HUNG, too_old), wrong)
        self.assertEqual(self.judge(case, Kind.PEER_HUNG, unknown), wrong)

    def test_deaf(self) -> None:
        """Its window must be closed, with bytes waiting."""
        case = self.given_up(Deaf)
        opened = attrs.evolve(CLOSED, window=1)
        wrong = ["the evidence shows PEER_NOT_READING"]

        self.assertEqual(self.judge(case, Kind.PEER_NOT_READING, CLOSED), [])
        self.assertEqual(self.judge(case, Kind.PEER_NOT_READING, opened), wrong)

    def test_untold(self) -> None:
        """That connectionLost was told something else is noticed."""
        case = self.given_up(Frozen)
        case.reason = ValueError()

        self.assertEqual(failed(case), ["connectionLost was told the verdict"])

    def test_not_given_up(self) -> None:
        """That there was no verdict is noticed."""
        case, pair, _ = staged(Frozen)
        pair.lose()

        self.assertEqual(failed(case), ["is given up"])
        self.assertEqual(case.facts(), [])

    def test_abstract(self) -> None:
        """What the evidence has to show is up to each kind of case."""
        case = GivenUp(Told())

        self.assertRaises(NotImplementedError, case.shows, CLOSED)


class KilledTests(SynchronousTestCase):
    """A peer that is gone."""

    def test_noticed(self) -> None:
        """The connection is lost, and that is all."""
        case, pair, _ = staged(Killed)
        self.assertEqual(begin(case), ["kill"])

        pair.lose()

        self.assertIs(case.fate, Fate.LOST)
        self.assertEqual(failed(case), [])
        self.assertEqual(case.facts(), ["closed by its kernel, ConnectionLost"])

    def test_not_noticed(self) -> None:
        """That it took a keepalive to notice is noticed."""
        case, pair, _ = staged(Killed)
        begin(case)
        pair.cut()

        pair.advance(BOUND + 1)

        self.assertEqual(len(failed(case)), 2)
