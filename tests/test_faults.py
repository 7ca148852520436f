"""The fault bench: its table, its judgement, its page, and one scene for real."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from heartbeat import Keepalive, Kind

ROOT = Path(__file__).resolve().parent.parent

sys.path.insert(0, str(ROOT))
# They are run from the root of the project; the tests may be run from anywhere.
try:
    from benchmarks.faults import candidates, cells, judging, relay, store, throttle
    from benchmarks.faults.faults import ALL, Fault, Limit, Truth
    from benchmarks.faults.running import scenes_of
    from benchmarks.faults.subjects import contract
    from benchmarks.faults.table import FAULTS, GROUPS
    from benchmarks.workloads.certificate import write_pem
except ImportError as error:
    # A copy of the tests, alone; or without what a benchmark needs.
    raise SkipTest(f"the fault bench cannot be imported: {error}") from error
finally:
    sys.path.remove(str(ROOT))

FROZEN = FAULTS["peer-frozen"]
BLOCKED = FAULTS["blocked"]
KILLED = FAULTS["peer-killed"]

numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)
seen = st.builds(
    judging.Seen,
    seconds=numbers,
    first=numbers,
    watched=st.floats(0, 100),
    lost=st.integers(0, 10_000),
    kind=st.none() | st.sampled_from([each.name for each in Kind]),
    reason=st.text(max_size=8),
    suspected=numbers,
    fds=st.none() | st.integers(-3, 3),
    calls=st.none() | st.integers(-3, 3),
    memory=st.none() | st.integers(),
    unable=st.none() | st.text(max_size=8),
    failure=st.none() | st.text(max_size=8),
)
results = st.builds(
    judging.judge,
    st.sampled_from(list(FAULTS.values())),
    st.sampled_from(list(candidates.CANDIDATES)),
    st.sampled_from(ALL),
    seen,
)


def mark(fault: Fault, who: str = candidates.OURS, **known: object) -> judging.Mark:
    """What a scene is worth, over TCP."""
    return judging.judge(fault, who, "tcp", judging.Seen(**known)).mark  # type: ignore[arg-type]


class TableTests(SynchronousTestCase):
    """The faults."""

    def test_each_has_a_name_of_its_own(self) -> None:
        """None is hidden by another one."""
        self.assertEqual(len(FAULTS), sum(map(len, GROUPS.values())))
        self.assertEqual(len({each.title for each in FAULTS.values()}), len(FAULTS))

    def test_each_can_be_told_right_from_wrong(self) -> None:
        """What is dead has verdicts that are true of it, everything else has none."""
        for fault in FAULTS.values():
            self.assertEqual(bool(fault.kinds), fault.truth is Truth.DEAD, fault.name)
            self.assertTrue(set(fault.transports) <= set(ALL), fault.name)

    def test_what_is_promised_is_what_the_policy_promises(self) -> None:
        """The bound is computed from the numbers the programs are told."""
        self.assertEqual(FROZEN.promised, Keepalive(interval=2, timeout=2).within)
        twice = attrs.evolve(FROZEN, extra=("attempts=2",))
        self.assertEqual(twice.promised, 6)
        self.assertEqual(FAULTS["sends-1-byte-idle"].promised, 8)
        self.assertEqual(attrs.evolve(FROZEN, limit=Limit.GRACE).promised, 2)
        self.assertEqual(attrs.evolve(FROZEN, limit=Limit.CLOSE).promised, 4)
        self.assertEqual(KILLED.promised, 0)
        self.assertIsNone(BLOCKED.bound)

    def test_every_fault_is_played_with_ours(self) -> None:
        """Over all transports it applies to; with others over TCP."""
        scenes = scenes_of(list(FAULTS.values()), list(candidates.CANDIDATES))
        ours = {
            (each.fault.name, each.transport)
            for each in scenes
            if each.candidate == candidates.OURS
        }
        wanted = {(each.name, on) for each in FAULTS.values() for on in each.transports}
        self.assertEqual(ours, wanted)
        others = [each for each in scenes if each.candidate != candidates.OURS]
        self.assertEqual({each.transport for each in others}, {"tcp"})
        self.assertTrue(all(each.fault.others for each in others))


class JudgingTests(SynchronousTestCase):
    """Right, or how it is wrong."""

    def test_dead(self) -> None:
        """It has to be given up, in time, for a reason that is true."""
        hung = "PEER_HUNG"
        self.assertIs(mark(FROZEN, seconds=3.9, kind=hung), judging.Mark.RIGHT)
        self.assertIs(mark(FROZEN, seconds=4.6, kind=hung), judging.Mark.LATE)
        self.assertIs(mark(FROZEN, watched=9), judging.Mark.KEPT)
        wrong = mark(FROZEN, seconds=3.9, kind="NETWORK_DEAD")
        self.assertIs(wrong, judging.Mark.WRONG_KIND)
        self.assertIs(mark(FROZEN, seconds=3.9), judging.Mark.WRONG_KIND)
        self.assertIs(mark(FROZEN, "aiohttp", seconds=3.9), judging.Mark.RIGHT)

    def test_many(self) -> None:
        """Of many connections each verdict has to be true."""
        many = FAULTS["many-vanished"]
        fine = "NETWORK_DEAD: 9963, PEER_HUNG: 37"
        self.assertIs(mark(many, seconds=12.0, kind=fine), judging.Mark.RIGHT)
        wrong = "NETWORK_DEAD: 9963, WRITE_STALLED: 37"
        self.assertIs(mark(many, seconds=12.0, kind=wrong), judging.Mark.WRONG_KIND)

    def test_alive(self) -> None:
        """It must not be given up."""
        self.assertIs(mark(BLOCKED), judging.Mark.RIGHT)
        self.assertIs(mark(BLOCKED, seconds=8.0), judging.Mark.GIVEN_UP)

    def test_over(self) -> None:
        """What the kernel says needs no verdict, and no time."""
        self.assertIs(mark(KILLED, seconds=0.1), judging.Mark.RIGHT)
        verdict = mark(KILLED, seconds=0.1, kind="PEER_SILENT")
        self.assertIs(verdict, judging.Mark.WRONG_KIND)

    def test_left_over(self) -> None:
        """A descriptor or a timed call that stays is not right."""
        self.assertIs(mark(BLOCKED, fds=0, calls=0), judging.Mark.RIGHT)
        self.assertIs(mark(BLOCKED, fds=1, calls=0), judging.Mark.LEFT_OVER)
        self.assertIs(mark(BLOCKED, fds=0, calls=1), judging.Mark.LEFT_OVER)

    def test_not_played(self) -> None:
        """What could not be played is no success."""
        self.assertIs(mark(BLOCKED, failure="no peer"), judging.Mark.FAILED)
        self.assertIs(mark(BLOCKED, unable="pause"), judging.Mark.UNABLE)

    @settings(max_examples=40, deadline=None)
    @given(results)
    def test_every_result_has_a_cell(self, result: judging.Result) -> None:
        """One line, and bold if it is wrong."""
        text = cells.cell(result)
        self.assertNotIn("\n", text)
        fine = (judging.Mark.RIGHT, judging.Mark.UNABLE, judging.Mark.FAILED)
        self.assertEqual(text.startswith("**"), result.mark not in fine)


class StoreTests(SynchronousTestCase):
    """The file of results."""

    @settings(max_examples=40, deadline=None)
    @given(st.lists(results, max_size=3).map(tuple), numbers)
    def test_what_is_loaded_is_what_was_saved(
        self, found: tuple[judging.Result, ...], seconds: float | None
    ) -> None:
        """Nothing of a report is lost in the file."""
        report = store.Report({"name": "here"}, "then", "later", seconds, found)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "new", "faults.json")
            store.dump(report, path)
            self.assertEqual(store.load(path), report)

    def test_later_results_replace_earlier_ones(self) -> None:
        """On the same machine; of another one nothing is kept."""
        old = judging.judge(FROZEN, "ours", "tcp", judging.Seen(failure="old"))
        new = attrs.evolve(old, mark=judging.Mark.RIGHT)
        other = judging.judge(BLOCKED, "ours", "tcp", judging.Seen())
        here = {"name": "here"}
        earlier = store.Report(here, "1", "2", 300.0, (old, other))
        later = store.Report(here, "3", "4", None, (new,))
        both = store.merged(earlier, later)
        self.assertEqual((both.started, both.ended, both.seconds), ("1", "4", 300.0))
        self.assertEqual(list(both.results), [new, other])
        elsewhere = attrs.evolve(later, machine={"name": "there"})
        self.assertIs(store.merged(earlier, elsewhere), elsewhere)


class WayTests(SynchronousTestCase):
    """What carries packets between two hosts."""

    def test_delay(self) -> None:
        """It rises evenly, and packets arrive when their time has come."""
        way = relay.Way(1)
        way.obey("delay 2 4", 100.0)
        self.assertEqual(
            [way.delay(at) for at in (100.0, 102.0, 104.0, 109.0)], [0, 1, 2, 2]
        )
        way.take(b"packet", 7, 104.0)
        self.assertEqual((way.give(105.9), way.give(106.0)), ([], [(7, b"packet")]))
        self.assertIsNone(way.pause(106.0))

    def test_loss(self) -> None:
        """About as many are lost as should be, the same with the same seed."""

        def arriving(seed: int) -> list[tuple[int, bytes]]:
            way = relay.Way(seed)
            way.obey("loss 0.4", 0.0)
            for number in range(1000):
                way.take(str(number).encode(), 7, 0.0)
            return way.give(0.0)

        self.assertEqual(arriving(1), arriving(1))
        self.assertNotEqual(arriving(1), arriving(2))
        self.assertTrue(500 < len(arriving(1)) < 700)


class ContractTests(SynchronousTestCase):
    """What the programs are told."""

    def test_options(self) -> None:
        """Numbers, an address, and fields of the policy."""
        told = contract.options(
            ["--transport=tcp", "--address=10.0.0.1:80", "--extra=proof=REPLY"]
        )
        self.assertEqual((told.host, told.port, told.interval), ("10.0.0.1", 80, 2.0))
        self.assertEqual(told.extra, {"proof": "REPLY"})

    def test_rate(self) -> None:
        """A rate that is not limited lets a whole piece through."""
        self.assertEqual(throttle.Rate().piece(), throttle.PIECE)


class SceneTests(SynchronousTestCase):
    """The bench, for real."""

    def test_frozen_peer(self) -> None:
        """Over a UNIX socket, with quick numbers: found, in time, nothing left."""
        fault = attrs.evolve(FROZEN, interval=0.4, timeout=0.4, slack=30.0)
        (scene,) = [
            each
            for each in scenes_of([fault], [candidates.OURS])
            if each.transport == "unix"
        ]
        with tempfile.TemporaryDirectory() as folder:
            pair = Path(folder, "pair.pem")
            write_pem(pair)
            result = scene.play(str(pair), lambda: False)
        self.assertIs(result.mark, judging.Mark.RIGHT, result)

    def test_there_is_a_page(self) -> None:
        """The documentation has the results."""
        page = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
        for fault in FAULTS.values():
            self.assertTrue(fault.title in page, fault.title)
