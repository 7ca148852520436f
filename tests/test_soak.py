"""A short soak, and the bookkeeping of a long one."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from heartbeat import Evidence, Keepalive, Kind, Verdict
from heartbeat.testing import InjectedProbe

ROOT = Path(__file__).resolve().parent.parent

# It is run from the root of the project; the tests may be run from anywhere.
sys.path.insert(0, str(ROOT))
try:
    import benchmarks.machine  # noqa: F401 - the program will want it
    from benchmarks.soak import page
    from benchmarks.soak.__main__ import CONNECTIONS, SECONDS, publishes
    from benchmarks.soak.census import count, gained, growth
    from benchmarks.soak.lateness import TICK, Lateness
    from benchmarks.soak.ledger import FROZEN, MUTED, Account, Doom, Ledger
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
        self.doom = Doom.of("mute", MUTED, POLICY, now=100.0, late=1.0)
        self.ledger.doomed(self.doom)

    def account(self) -> Account:
        """Of those that fell mute."""
        return self.ledger.accounts["mute"]

    def test_right(self) -> None:
        """A true verdict in time counts for what was done."""
        self.ledger.judged(self.doom, verdict(Kind.PEER_HUNG), 110.0, 1.0)

        self.assertEqual(self.account(), Account(doomed=1, right=1))
        self.assertEqual((self.ledger.took, self.ledger.wrong), ([10.0], []))

    def test_false(self) -> None:
        """A verdict on a peer to which nothing was done is wrong."""
        self.ledger.judged(None, verdict(Kind.PEER_HUNG), 110.0, 1.0)

        self.assertIn("false verdict: PEER_HUNG", self.ledger.wrong[0])

    def test_kind(self) -> None:
        """So is one of a kind that is not true; a stopped process has two."""
        frozen = Doom.of("stopped", FROZEN, POLICY, now=100.0, late=1.0)
        self.ledger.doomed(frozen)
        for doom in (self.doom, frozen):
            self.ledger.judged(doom, verdict(Kind.PEER_NOT_READING), 110.0, 1.0)

        self.assertEqual(len(self.ledger.wrong), 1)
        self.assertIn("wrong kind for mute", self.ledger.wrong[0])
        self.assertEqual(self.account(), Account(doomed=1, wrong=1))

    def test_late(self) -> None:
        """So is one that comes later than promised, our own lateness given back."""
        self.ledger.doomed(self.doom)
        self.ledger.judged(self.doom, verdict(Kind.PEER_HUNG), 120.0, 1.0)
        self.ledger.judged(self.doom, verdict(Kind.PEER_HUNG), 120.0, 11.0)

        self.assertEqual(len(self.ledger.wrong), 1)
        self.assertIn("8.50 s late for mute", self.ledger.wrong[0])
        self.assertEqual(self.account(), Account(doomed=2, right=1, wrong=1))

    def test_missed(self) -> None:
        """So is none at all."""
        self.assertFalse(self.doom.missed(110.0, 1.0))
        self.assertTrue(self.doom.missed(120.0, 1.0))
        self.ledger.missed(self.doom, "a peer")

        self.assertEqual(self.ledger.wrong, ["missed: mute, a peer"])

    def test_lost(self) -> None:
        """So is a loss that nobody caused."""
        self.ledger.lost(None, "nobody knows")
        self.ledger.lost(self.doom, "nobody knows")

        sentence = "a loss that nobody caused: nobody knows"
        self.assertEqual(self.ledger.wrong, [sentence, f"{sentence} (mute)"])
        self.assertEqual(self.account().open, 0)

    def test_unaccounted(self) -> None:
        """What had to be given up, and nobody knows what became of it, is said."""
        self.assertIn("mute: of 1 connections", *self.ledger.unaccounted())
        self.ledger.forestalled(self.doom)
        self.assertEqual(list(self.ledger.unaccounted()), [])

    def test_deeds(self) -> None:
        """What is done is counted."""
        self.ledger.did("closed")
        self.ledger.did("closed", 2)

        self.assertEqual(self.ledger.deeds, {"closed": 3})


class LatenessTests(SynchronousTestCase):
    """What our own reactor could not do anything in, whoever says what about it."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.lateness = Lateness(self.clock, self.clock.seconds)
        self.lateness.start()

    def pass_by(self, ticks: int) -> None:
        """Nothing keeps the reactor."""
        for _ in range(ticks):
            self.clock.advance(TICK)

    def test_in_time(self) -> None:
        """A reactor that comes in time is not late, however long it runs."""
        self.pass_by(100)
        self.assertEqual(self.lateness.seconds, 0)

    def test_blocked(self) -> None:
        """The time for which it was blocked counts, at once and for ever."""
        self.clock.rightNow += 5
        self.assertAlmostEqual(self.lateness.seconds, 5 - TICK)
        self.pass_by(100)
        self.clock.rightNow += 5
        self.pass_by(1)
        self.assertAlmostEqual(self.lateness.seconds, 10, delta=3 * TICK)

    def test_stopped(self) -> None:
        """Nothing is left, but for what was found."""
        self.clock.rightNow += 5
        self.lateness.stop()
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.clock.advance(100)
        self.assertAlmostEqual(self.lateness.seconds, 5 - TICK)


class Many:
    """Something of which there is much."""


class Few:
    """Something of which there is less."""


class CensusTests(SynchronousTestCase):
    """What there is more of."""

    def test_gained(self) -> None:
        """Classes of which there are enough more are named, most first."""
        before = count(MemoryReactorClock())
        there = [Many() for _ in range(3000)], [Few() for _ in range(2000)]
        after = count(MemoryReactorClock())
        names = [f"{__name__}.Many", f"{__name__}.Few"]
        found = gained(before, after, least=2000)
        self.assertEqual(found, {names[0]: (0, 3000), names[1]: (0, 2000)})
        self.assertEqual(list(found), names)
        self.assertEqual(list(gained(before, after, least=2001)), names[:1])
        del there

    def test_growth(self) -> None:
        """Calls that are pending are counted."""
        reactor = MemoryReactorClock()
        before = count(reactor)
        reactor.callLater(1, int)
        self.assertEqual(growth(before, count(reactor))["calls"], 1)


class PageTests(SynchronousTestCase):
    """What is published."""

    def test_whole_runs_only(self) -> None:
        """A run that is shorter or smaller becomes a page only if one says so."""
        self.assertTrue(publishes(None, CONNECTIONS, SECONDS))
        self.assertFalse(publishes(None, CONNECTIONS - 1, SECONDS))
        self.assertFalse(publishes(None, CONNECTIONS, SECONDS - 1))
        self.assertTrue(publishes(True, 10, 10))
        self.assertFalse(publishes(False, CONNECTIONS, SECONDS))


class ShortTests(SynchronousTestCase):
    """The real thing, with fewer connections."""

    def test_short(self) -> None:
        """Nobody is judged wrongly, nobody is missed, nothing is left."""
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder, "soak.json")
            options = ["--connections=150", "--seconds=10", "--peers=3"]
            # Nothing of it may depend on how busy the machine is.
            options.append("--margin=6")
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
        self.assertIn("mute", found["accounts"])
        for what, account in found["accounts"].items():
            told = [f"{account[n]:,}" for n in ("doomed", "right", "forestalled")]
            self.assertIn(f"| {what} | {' | '.join(told)} | 0 |", text)
            self.assertEqual(
                account["doomed"], account["right"] + account["forestalled"]
            )
        self.assertEqual(found["accounts"]["mute"]["doomed"], found["deeds"]["mute"])
