"""A short soak, and the bookkeeping of a long one."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from heartbeat import Evidence, Keepalive, Kind, Verdict
from heartbeat.testing import InjectedProbe

ROOT = Path(__file__).resolve().parent.parent

# It is run from the root of the project; the tests may be run from anywhere.
sys.path.insert(0, str(ROOT))
try:
    import benchmarks.machine  # noqa: F401 - the program will want it
    from benchmarks.soak import page
    from benchmarks.soak.ledger import FROZEN, MUTED, Doom, Ledger
except ImportError as error:
    # A copy of the tests, alone, or without what benchmarks need.
    raise SkipTest(f"the soak cannot be imported: {error}") from error
finally:
    sys.path.remove(str(ROOT))

POLICY = Keepalive(interval=5, timeout=5)


def evidence() -> Evidence:
    """Some."""
    return InjectedProbe(lambda: 0.0).look()


def verdict(kind: Kind) -> Verdict:
    """One of that kind."""
    return Verdict(kind=kind, evidence=evidence(), peer="a peer", at=10.0, waited=10.0)


class LedgerTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.ledger = Ledger()
        self.doom = Doom.of("mute", MUTED, POLICY, now=100.0, stalled=1.0)

    def test_right(self) -> None:
        """A true verdict in time counts for what was done."""
        self.ledger.judged(self.doom, verdict(Kind.PEER_HUNG), 110.0, 1.0)

        self.assertEqual(self.ledger.right, {"mute": 1})
        self.assertEqual((self.ledger.took, self.ledger.wrong), ([10.0], []))

    def test_false(self) -> None:
        """A verdict on a peer to which nothing was done is wrong."""
        self.ledger.judged(None, verdict(Kind.PEER_HUNG), 110.0, 1.0)

        self.assertIn("false verdict: PEER_HUNG", self.ledger.wrong[0])

    def test_kind(self) -> None:
        """So is one of a kind that is not true; a stopped process has two."""
        frozen = Doom.of("stopped", FROZEN, POLICY, now=100.0, stalled=1.0)
        for doom in (self.doom, frozen):
            self.ledger.judged(doom, verdict(Kind.PEER_NOT_READING), 110.0, 1.0)

        self.assertEqual(len(self.ledger.wrong), 1)
        self.assertIn("wrong kind for mute", self.ledger.wrong[0])

    def test_late(self) -> None:
        """So is one that comes later than promised, our own stalls given back."""
        self.ledger.judged(self.doom, verdict(Kind.PEER_HUNG), 120.0, 1.0)
        self.ledger.judged(self.doom, verdict(Kind.PEER_HUNG), 120.0, 11.0)

        self.assertEqual(len(self.ledger.wrong), 1)
        self.assertIn("late for mute", self.ledger.wrong[0])

    def test_missed_and_lost(self) -> None:
        """So is none at all, and a loss that nobody caused."""
        self.assertFalse(self.doom.missed(110.0, 1.0))
        self.assertTrue(self.doom.missed(120.0, 1.0))
        self.ledger.missed(self.doom, "a peer")
        self.ledger.lost("nobody knows")

        self.assertEqual(len(self.ledger.wrong), 2)

    def test_deeds(self) -> None:
        """What is done is counted."""
        self.ledger.did("closed")
        self.ledger.did("closed", 2)

        self.assertEqual(self.ledger.deeds, {"closed": 3})


class ShortTests(SynchronousTestCase):
    """The real thing, with fewer connections."""

    def test_short(self) -> None:
        """Nobody is judged wrongly, nobody is missed, nothing is left."""
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder, "soak.json")
            options = ["--connections=150", "--seconds=10", "--peers=3", "--no-page"]
            command = [sys.executable, "-m", "benchmarks.soak", *options]
            done = subprocess.run(
                [*command, f"--output={output}"],
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=False,
            )
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            found = json.loads(output.read_text())
            page.write(found, Path(folder, "soak.md"))
            text = Path(folder, "soak.md").read_text()

        self.assertEqual(found["wrong"], [])
        self.assertGreater(found["made"], 150)
        self.assertIn("**No false, mistaken, late or missed verdicts", text)
