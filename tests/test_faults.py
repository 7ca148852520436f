"""The fault bench: its table, its judgement, its page, and some scenes for real."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from heartbeat import Keepalive, Kind

ROOT = Path(__file__).resolve().parent.parent

sys.path.insert(0, str(ROOT))
# They are run from the root of the project; the tests may be run from anywhere.
try:
    from click.testing import CliRunner

    from benchmarks.faults import __main__ as command
    from benchmarks.faults import (
        candidates,
        cells,
        evidence,
        hosts,
        judging,
        page,
        relay,
        store,
        throttle,
    )
    from benchmarks.faults.faults import ALL, ANSWER, Fault, Limit, Truth
    from benchmarks.faults.peers.habits import ANSWERS, LATE, Habits
    from benchmarks.faults.processes import ProgramError
    from benchmarks.faults.running import play_all, scenes_of
    from benchmarks.faults.stage import faketime_library
    from benchmarks.faults.subjects import contract
    from benchmarks.faults.table import FAULTS, GROUPS
except ImportError as error:
    # A copy of the tests, alone; or without what a benchmark needs.
    raise SkipTest(f"the fault bench cannot be imported: {error}") from error
finally:
    sys.path.remove(str(ROOT))

if TYPE_CHECKING:
    from collections.abc import Sequence

EVERY = scenes_of(list(FAULTS.values()), list(candidates.CANDIDATES))
DEMANDED = os.environ.get("HEARTBEAT_ALL_TESTS")
"""Nothing that can be installed may be missing then."""

FROZEN = FAULTS["peer-frozen"]
BLOCKED = FAULTS["blocked"]
KILLED = FAULTS["peer-killed"]
KILLED_KEY = ("peer-killed", "ours", "tcp")

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


LOST = judging.Mark.GIVEN_UP
NOTHING_LEFT: dict[str, Any] = {"fds": 0, "calls": 0}


def mark(fault: Fault, who: str = candidates.OURS, **known: Any) -> judging.Mark:
    """What a scene is worth, over TCP."""
    return judging.judge(fault, who, "tcp", judging.Seen(**known)).mark


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
        self.assertIsNone(BLOCKED.promised)

    def test_each_candidate_has_a_promise_of_its_own(self) -> None:
        """By its own rules, of a silent peer; of all else they have one time."""
        found = {name: judging.promised(FROZEN, name) for name in candidates.CANDIDATES}
        self.assertEqual(found.pop("websockets"), 6)
        self.assertEqual(found.pop("aiohttp"), 6)
        self.assertEqual(found.pop("looping_calls"), 5)
        self.assertEqual(set(found.values()), {4})
        self.assertEqual(judging.promised(FAULTS["producer"], "websockets"), 4)
        self.assertEqual(judging.promised(FAULTS["many-vanished"], "aiohttp"), 20)
        self.assertIsNone(judging.promised(BLOCKED, "aiohttp"))

    def test_what_is_dead_is_so_at_any_time(self) -> None:
        """Three connections of other ages, the same in each run."""
        for fault in FAULTS.values():
            ages = fault.phases("tcp")
            self.assertEqual(ages, fault.phases("tcp"))
            self.assertTrue(max(ages) < fault.interval + fault.timeout, fault.name)
            single = fault.truth is not Truth.DEAD or fault.count > 1
            self.assertEqual(len(ages), 1 if single else 3, fault.name)
        early, asked, late = FROZEN.phases("tcp")
        self.assertTrue(early < FROZEN.interval < asked < late)
        self.assertNotEqual(FROZEN.phases("tcp"), FROZEN.phases("tls"))

    def test_what_is_alive_is_watched_for_long_enough(self) -> None:
        """Longer than it would take to be given up, by whatever candidate."""
        for scene in EVERY:
            who = candidates.CANDIDATES[scene.candidate]
            within = who.promised(scene.fault.interval, scene.fault.timeout)
            if scene.fault.truth is Truth.ALIVE:
                self.assertTrue(scene.watch > within + 1, scene.name)

    def test_every_fault_is_played_with_ours(self) -> None:
        """Over all transports it applies to; with others over TCP where there is."""
        ours = {
            (each.fault.name, each.transport)
            for each in EVERY
            if each.candidate == candidates.OURS
        }
        wanted = {(each.name, on) for each in FAULTS.values() for on in each.transports}
        self.assertEqual(ours, wanted)
        others = [each for each in EVERY if each.candidate != candidates.OURS]
        self.assertTrue(all(each.fault.others for each in others))
        for each in others:
            wanted_on = "tcp" if "tcp" in each.fault.transports else "tls"
            self.assertEqual(each.transport, wanted_on, each.name)

    def test_only_what_others_have_no_field_for_is_ours_alone(self) -> None:
        """Whatever else is played is played with all."""
        alone = [each for each in FAULTS.values() if not each.others]
        self.assertTrue(all(each.extra for each in alone))
        for fault in FAULTS.values():
            if fault.others:
                self.assertEqual(fault.extra, (), fault.name)


class JudgingTests(SynchronousTestCase):
    """Right, or how it is wrong."""

    def test_dead(self) -> None:
        """It has to be given up, in time, for a reason that is true."""
        hung = "PEER_HUNG"
        fine = mark(FROZEN, seconds=3.9, kind=hung, **NOTHING_LEFT)
        self.assertIs(fine, judging.Mark.RIGHT)
        self.assertIs(mark(FROZEN, seconds=4.6, kind=hung), judging.Mark.LATE)
        self.assertIs(mark(FROZEN, watched=9), judging.Mark.KEPT)
        wrong = mark(FROZEN, seconds=3.9, kind="NETWORK_DEAD")
        self.assertIs(wrong, judging.Mark.WRONG_KIND)
        self.assertIs(mark(FROZEN, seconds=3.9), judging.Mark.WRONG_KIND)

    def test_each_by_its_own_promise(self) -> None:
        """One that promises 6 s is not late after 5."""
        for who, seconds, right in (
            ("timeout_mixin", 4.4, True),
            ("timeout_mixin", 4.6, False),
            ("aiohttp", 6.4, True),
            ("aiohttp", 6.6, False),
        ):
            found = mark(FROZEN, who, seconds=seconds, **NOTHING_LEFT)
            self.assertIs(found, judging.Mark.RIGHT if right else judging.Mark.LATE)

    def test_no_promise(self) -> None:
        """What a library never promised is not held against it, unless it does it."""
        flood = FAULTS["flood"]
        result = judging.judge(flood, "aiohttp", "tcp", judging.Seen(watched=6))
        self.assertIs(result.mark, judging.Mark.UNABLE)
        self.assertEqual(result.seen.unable, flood.unpromised["aiohttp"])
        found = mark(flood, "aiohttp", seconds=1.0, **NOTHING_LEFT)
        self.assertIs(found, judging.Mark.RIGHT)
        self.assertIs(mark(FAULTS["pong-foreign"], "aiohttp", seconds=3.0), LOST)

    def test_many(self) -> None:
        """Of many connections each verdict has to be true."""
        many = FAULTS["many-vanished"]
        fine = "NETWORK_DEAD: 9963, PEER_HUNG: 37"
        found = mark(many, seconds=12.0, kind=fine, **NOTHING_LEFT)
        self.assertIs(found, judging.Mark.RIGHT)
        wrong = "NETWORK_DEAD: 9963, WRITE_STALLED: 37"
        self.assertIs(mark(many, seconds=12.0, kind=wrong), judging.Mark.WRONG_KIND)

    def test_alive(self) -> None:
        """It must not be given up."""
        self.assertIs(mark(BLOCKED, **NOTHING_LEFT), judging.Mark.RIGHT)
        self.assertIs(mark(BLOCKED, seconds=8.0), LOST)

    def test_over(self) -> None:
        """What the kernel says needs no verdict, and no time."""
        found = mark(KILLED, seconds=0.1, **NOTHING_LEFT)
        self.assertIs(found, judging.Mark.RIGHT)
        verdict = mark(KILLED, seconds=0.1, kind="PEER_SILENT")
        self.assertIs(verdict, judging.Mark.WRONG_KIND)

    def test_left_over(self) -> None:
        """A descriptor or a timed call that stays is not right."""
        self.assertIs(mark(BLOCKED, **NOTHING_LEFT), judging.Mark.RIGHT)
        self.assertIs(mark(BLOCKED, fds=1, calls=0), judging.Mark.LEFT_OVER)
        self.assertIs(mark(BLOCKED, fds=0, calls=1), judging.Mark.LEFT_OVER)

    def test_not_played(self) -> None:
        """What could not be played is no success."""
        self.assertIs(mark(BLOCKED, failure="no peer"), judging.Mark.FAILED)
        self.assertIs(mark(BLOCKED), judging.Mark.FAILED, "nothing was counted")
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
        both = store.merged(earlier, later, {old.key, other.key})
        self.assertEqual((both.started, both.ended, both.seconds), ("1", "4", 300.0))
        self.assertEqual(list(both.results), [new, other])
        elsewhere = attrs.evolve(later, machine={"name": "there"})
        self.assertIs(store.merged(earlier, elsewhere, {other.key}), elsewhere)
        forgotten = store.merged(earlier, later, {old.key})
        self.assertEqual(list(forgotten.results), [new])

    def test_whole(self) -> None:
        """A result of every scene there is."""
        found = judging.judge(BLOCKED, "ours", "tcp", judging.Seen())
        report = store.Report({}, "1", "2", None, (found,))
        self.assertTrue(report.is_whole({found.key}))
        self.assertFalse(report.is_whole({found.key, ("blocked", "ours", "tls")}))


ACKNOWLEDGES = (
    bytes([0x45, 0, 0, 40])
    + bytes(5)
    + bytes([6])
    + bytes(22)
    + bytes([0x50])
    + bytes(7)
)
"""The headers of IPv4 and TCP, of 20 bytes each."""
SPEAKS = bytes([0x45, 0, 0, 41]) + ACKNOWLEDGES[4:] + b"?"


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

        self.assertNotIn((7, b"0"), arriving(1), "the first is lost for certain")
        self.assertEqual(arriving(1), arriving(1))
        self.assertNotEqual(arriving(1), arriving(2))
        self.assertTrue(500 < len(arriving(1)) < 700)

    def test_what_came_through(self) -> None:
        """Packets with bytes of an application, since all is as it was told."""
        way = relay.Way(1)
        way.obey("delay 1 2", 0.0)
        for now in (1.0, 3.0):
            way.take(SPEAKS, 7, now)
            way.take(ACKNOWLEDGES, 7, now)
        self.assertEqual(len(way.give(9.0)), 4)
        self.assertEqual(dict(way.carried), {7: 1})
        way.obey("loss 0.1", 9.0)
        self.assertEqual((way.lost, dict(way.carried)), (0, {}))
        way.take(SPEAKS, 7, 9.0)
        self.assertEqual(way.lost, 1)
        way.obey("heal", 9.5)
        way.take(SPEAKS, 7, 9.5)
        self.assertEqual(way.give(9.5), [(7, SPEAKS)])

    def test_who_speaks(self) -> None:
        """An application, not its kernel; and only over TCP."""
        self.assertTrue(relay.speaks(SPEAKS))
        for silent in (ACKNOWLEDGES, bytes([0x60]) + SPEAKS[1:], b"?"):
            self.assertFalse(relay.speaks(silent))


class ContractTests(SynchronousTestCase):
    """What the programs are told."""

    def test_options(self) -> None:
        """Numbers, an address, and fields of the policy."""
        told = contract.options(
            ["--transport=tcp", "--address=10.0.0.1:80", "--extra=proof=REPLY"]
        )
        self.assertEqual((told.host, told.port, told.interval), ("10.0.0.1", 80, 2.0))
        self.assertEqual(told.begin, ())
        self.assertEqual(told.extra, {"proof": "REPLY"})

    def test_rate(self) -> None:
        """A rate that is not limited lets a whole piece through."""
        self.assertEqual(throttle.Rate().piece(), throttle.PIECE)

    def test_rates(self) -> None:
        """Each connection has its own, also one that comes later."""
        rates = throttle.Rates()
        early = rates.add("up")
        rates.set("up", 10_000.0)
        late, other = rates.add("up"), rates.add("down")
        for rate in (early, late):
            self.assertTrue(0 < rate.piece() <= 1000)
        self.assertEqual(other.piece(), throttle.PIECE)


class Talker:
    """Notes what it is to say."""

    longest = 125

    def __init__(self) -> None:
        self.said: list[tuple[str, bytes]] = []

    def ping(self, payload: bytes) -> None:
        """Ask."""
        self.said.append(("ping", payload))

    def pong(self, payload: bytes) -> None:
        """Answer."""
        self.said.append(("pong", payload))


class HabitTests(SynchronousTestCase):
    """What a peer does wrong."""

    def misbehaving(self, name: str) -> tuple[list[tuple[str, bytes]], Clock]:
        """What one with that habit says when it is asked."""
        talker, clock = Talker(), Clock()
        habits = Habits(clock, name, talker)
        habits.asked(b"before")
        self.assertEqual(talker.said, [("pong", b"before")])
        del talker.said[:]
        told = io.StringIO()
        with contextlib.redirect_stdout(told):
            habits.misbehave()
            habits.asked(b"ask")
        self.assertIn('"misbehaved"', told.getvalue())
        self.addCleanup(habits.end)
        return talker.said, clock

    def test_answers(self) -> None:
        """Wrong ones."""
        big = b"g" * Talker.longest
        for name, said in {
            ANSWER: [("pong", b"ask")],
            "foreign": [("pong", b"ksa!")],
            "empty": [("pong", b"")],
            "duplicate": 3 * [("pong", b"ask")],
            "gigantic": [("pong", big), ("ping", big), ("pong", b"ask")],
            "late": [],
        }.items():
            self.assertEqual(self.misbehaving(name)[0], said, name)

    def test_late(self) -> None:
        """An answer that comes after the timeout."""
        said, clock = self.misbehaving("late")
        clock.advance(LATE)
        self.assertEqual(said, [("pong", b"ask")])

    def test_flood(self) -> None:
        """Questions without end."""
        said, clock = self.misbehaving("flood")
        clock.pump(40 * [0.025])
        self.assertTrue(said.count(("ping", b"flood")) > 1000)

    def test_every_habit_is_known(self) -> None:
        """Of every row."""
        self.assertTrue({each.habit for each in FAULTS.values()} <= set(ANSWERS))


class EvidenceTests(SynchronousTestCase):
    """A scene in which nothing went wrong."""

    def test_played(self) -> None:
        """The clock was set, and the message came; else it is no success."""
        fact = {"at": 1.0, "wall": 1.0, "received": 0}
        evidence.played(BLOCKED, fact, fact, lost=False)
        with self.assertRaisesRegex(ProgramError, "clock was not set"):
            evidence.played(FAULTS["clock-back"], fact, fact, lost=False)
        evidence.played(FAULTS["huge-from-peer"], fact, fact, lost=True)
        with self.assertRaisesRegex(ProgramError, "message did not come"):
            evidence.played(FAULTS["huge-from-peer"], fact, fact, lost=False)


class CommandTests(SynchronousTestCase):
    """The command line."""

    def said(self, *arguments: str) -> tuple[int, str]:
        """Exit status and output."""
        result = CliRunner().invoke(command.main, list(arguments))
        return result.exit_code, result.output

    def test_list(self) -> None:
        """Both kinds of names."""
        status, said = self.said("--list")
        self.assertEqual(status, 0)
        for name in (*FAULTS, *candidates.CANDIDATES):
            self.assertIn(name, said)

    def test_unknown(self) -> None:
        """It is told what there is."""
        status, said = self.said("--candidates", "x,ours")
        self.assertEqual(status, 2)
        self.assertIn("no candidate 'x'", said)
        self.assertIn("foolscap", said)
        self.assertIn("no fault 'y'", self.said("--only", "y")[1])

    def test_nothing_to_play(self) -> None:
        """A row of ours, with another candidate."""
        status, said = self.said("--only=delay-attempts", "--candidates=aiohttp")
        self.assertEqual(status, 2)
        self.assertIn("nothing to play", said)

    def test_place_of_the_page(self) -> None:
        """Only what is whole is a page of the documentation."""
        found = judging.judge(BLOCKED, "ours", "tcp", judging.Seen())
        report = store.Report({}, "1", "2", None, (found,))
        told = io.StringIO()
        with contextlib.redirect_stdout(told):
            whole = command.page_folder(report, {found.key}, quick=False)
            part = command.page_folder(report, {found.key, KILLED_KEY}, quick=False)
            quick = command.page_folder(report, {found.key}, quick=True)
        self.assertEqual(
            [each.name for each in (whole, part, quick)],
            ["docs", "faults-partial", "faults-quick"],
        )
        self.assertIn("1 of 2 scenes have no result", told.getvalue())

    def test_hosts_of_another_bench_without_a_tool(self) -> None:
        """They stay, and that is no error."""
        with tempfile.TemporaryDirectory() as folder:
            left = Path(folder, "hbfault999999999n0a")
            left.touch()
            self.patch(hosts, "SPACES", Path(folder))
            self.patch(os, "environ", {**os.environ, "PATH": folder})
            hosts.sweep()
            self.assertIn("ip is not installed", hosts.why_no_hosts())
            self.assertTrue(left.exists())


class SceneTests(SynchronousTestCase):
    """The bench, for real."""

    def play(self, names: Sequence[str], transport: str) -> None:
        """Ours, at once, with quick numbers: found, for a true reason, nothing left."""
        quick = [
            # No quicker: TCP repeats a question some times before much is known.
            attrs.evolve(FAULTS[name], interval=0.5, timeout=2.0, slack=30.0)
            for name in names
        ]
        scenes = [
            each
            for each in scenes_of(quick, [candidates.OURS])
            if each.transport == transport
        ]
        results = play_all(scenes, lambda _scene, _result: None)
        self.assertEqual({each.fault for each in results}, set(names))
        for each in results:
            self.assertIs(each.mark, judging.Mark.RIGHT, each)

    def test_on_this_host(self) -> None:
        """A peer that is frozen, one that does not read, and a clock that is set."""
        names = ["peer-frozen", "not-reading"]
        if faketime_library() is not None:
            self.play([*names, "clock-forward-dead"], "unix")
            return
        self.play(names, "unix")
        self.lacking("libfaketime is not installed (apt-get install libfaketime)")

    def test_between_hosts(self) -> None:
        """A cable that is cut, packets that are dropped, and packets that are late."""
        if missing := hosts.missing_tool():
            self.lacking(missing)
        if why := hosts.why_no_hosts():
            raise SkipTest(why)
        self.play(["host-vanished", "ours-dropped", "delay-far-beyond"], "tcp")

    def lacking(self, why: str) -> None:
        """A tool is: in the continuous integration that is a failure."""
        if DEMANDED:
            self.fail(why)
        raise SkipTest(why)

    def test_page(self) -> None:
        """Written from results alone; whoever is not asked has a place in the legend."""
        results = [
            judging.judge(each.fault, each.candidate, each.transport, judging.Seen())
            for each in EVERY
        ]
        report = store.Report({}, "2020-01-01T00:00", "", 60.0, tuple(results))
        with tempfile.TemporaryDirectory() as folder:
            found, docs = Path(folder, "results.json"), Path(folder, "docs")
            store.dump(report, found)
            page.write(found, docs)
            text = (docs / "faults.md").read_text(encoding="utf-8")
            plot = (docs / "faults" / "overview.svg").read_text(encoding="utf-8")
            self.assertEqual(store.load(docs / "faults" / "results.json"), report)
        for fault in FAULTS.values():
            self.assertIn(fault.title, text)
        self.assertIn(FAULTS["flood"].unpromised["aiohttp"], text)
        self.assertIn("not asked", plot)

    def test_there_is_a_page(self) -> None:
        """The documentation has the results."""
        page = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
        for fault in FAULTS.values():
            self.assertTrue(fault.title in page, fault.title)

    def test_counted(self) -> None:
        """Other pages tell how many there are."""
        many = len(FAULTS)
        for page, said in (
            ("README.md", f"through {many} faults"),
            ("docs/tests.md", f"does {many} things to them"),
        ):
            self.assertIn(said, (ROOT / page).read_text(encoding="utf-8"))
