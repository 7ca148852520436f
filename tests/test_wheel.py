"""Behaviour of the shared timer: never early, nobody forgotten, nothing left."""

from __future__ import annotations

import gc
import math
import socket
import sys
import threading
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from structlog.testing import capture_logs
from twisted.internet.interfaces import IReadDescriptor
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from heartbeat.clock import ScopedClock
from heartbeat.wheel import BATCH, SLOT, SPELL, Check, Clocks, Wheel, wheel_of
from tests.reactors import REACTORS, fresh, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.base import ReactorBase
    from twisted.python.failure import Failure


def nothing() -> None:
    """What a check does that has nothing to do."""


class Noting(Check):
    """A check that notes when it is called, then does something."""

    __slots__ = ("at", "name", "notes", "on_fire", "on_wake")

    def __init__(
        self,
        notes: list[str],
        name: str = "",
        on_fire: Callable[[], object] = nothing,
        on_wake: Callable[[], object] = nothing,
    ) -> None:
        self.notes = notes
        self.name = name
        self.on_fire = on_fire
        self.on_wake = on_wake
        self.at: list[float] = []

    def fire(self, now: float) -> None:
        """Note it."""
        self.notes.append(f"{self.name} fires")
        self.at.append(now)
        self.on_fire()

    def wake(self, now: float) -> None:
        """Note it."""
        self.notes.append(f"{self.name} wakes")
        self.at.append(now)
        self.on_wake()


class ClockTestCase(SynchronousTestCase):
    """A wheel on a fake clock; when a test is done the clock must be empty."""

    def setUp(self) -> None:
        """Make the wheel at 1000 s, and a list that its checks write to."""
        self.clock = Clock()
        self.clock.advance(1000)
        self.wheel = Wheel(self.clock)
        self.notes: list[str] = []
        self.addCleanup(
            lambda: self.assertEqual(list(self.clock.getDelayedCalls()), [])
        )

    def check(
        self,
        name: str = "",
        on_fire: Callable[[], object] = nothing,
        on_wake: Callable[[], object] = nothing,
    ) -> Noting:
        """A check that writes to the test's list."""
        return Noting(self.notes, name, on_fire, on_wake)

    def mark_turns(self) -> None:
        """Note every turn of the reactor from the next one until the wheel is empty."""
        if self.wheel.scheduled:
            self.clock.callLater(0, self.mark)

    def mark(self) -> None:
        """Note one turn."""
        self.notes.append("turn")
        self.mark_turns()


class ScheduleTests(ClockTestCase):
    """When a check fires."""

    def test_fires(self) -> None:
        """A check fires once when its time has come, and is told the time."""
        check = self.check()
        self.wheel.schedule(check, 1030)

        self.clock.pump([29.95, 0.05, 60])

        self.assertEqual(check.at, [1030.0])

    def test_late_by_a_slot(self) -> None:
        """A check whose time is inside a slot fires at the end of it."""
        check = self.check()
        self.wheel.schedule(check, 1000.12)

        self.clock.pump([0.125, 0.025])

        self.assertEqual(check.at, [1000.15])

    def test_not_inside_the_call(self) -> None:
        """A time that has passed fires in the next slot, not inside schedule()."""
        check = self.check()

        self.wheel.schedule(check, 5)
        inside = list(check.at)
        self.clock.advance(SLOT)

        self.assertEqual((inside, len(check.at)), ([], 1))

    def test_never(self) -> None:
        """A check that is scheduled for an infinite time is off the wheel."""
        check = self.check()
        self.wheel.schedule(check, 1001)

        self.wheel.schedule(check, math.inf)

        self.assertEqual(self.wheel.scheduled, 0)
        self.assertEqual(list(self.clock.getDelayedCalls()), [])

    def test_moved(self) -> None:
        """A check that is scheduled again fires at the new time only."""
        for new in (1010, 1050):
            check = self.check()
            self.wheel.schedule(check, 1030)

            self.wheel.schedule(check, new)
            while self.wheel.scheduled:
                self.clock.advance(SLOT)

            self.assertEqual([round(at) for at in check.at], [new])

    def test_order(self) -> None:
        """Checks fire in the order of their slots, inside one as they were added."""
        for name, due in (("late", 1002), ("early", 1001), ("next", 1001)):
            self.wheel.schedule(self.check(name), due)

        self.clock.advance(10)

        self.assertEqual(self.notes, ["early fires", "next fires", "late fires"])

    def test_again_from_inside(self) -> None:
        """A check may schedule itself when it fires, and is off the wheel by then."""
        scheduled = []

        def again() -> None:
            scheduled.append(self.wheel.scheduled)
            if len(check.at) < 3:
                self.wheel.schedule(check, self.clock.seconds() + 1)

        check = self.check(on_fire=again)
        self.wheel.schedule(check, 1001)

        self.clock.pump([1, 1, 1, 1])

        self.assertEqual((check.at, scheduled), ([1001, 1002, 1003], [0, 0, 0]))

    def test_always_the_past(self) -> None:
        """A check that always asks for the past fires once a slot, and no more."""
        check = self.check(on_fire=lambda: self.wheel.schedule(check, 0))
        self.wheel.schedule(check, 1000)

        self.clock.pump([0] * 10 + [SLOT] * 10 + [0] * 10)
        self.wheel.cancel(check)

        self.assertTrue(9 <= len(check.at) <= 11, check.at)

    def test_one_pending_call(self) -> None:
        """However many checks there are, the reactor has one timed call."""
        checks = [self.check() for _ in range(100)]
        for number, check in enumerate(checks):
            self.wheel.schedule(check, 1100 - number)

        pending = len(self.clock.getDelayedCalls())
        for check in checks:
            self.wheel.cancel(check)

        self.assertEqual(pending, 1)

    def test_behind(self) -> None:
        """It is behind from the moment it should have woken; never without checks."""
        self.clock.rightNow += 100
        self.assertEqual(self.wheel.behind, 0.0)
        check = self.check()
        self.wheel.schedule(check, self.wheel.now() + 1)
        self.clock.rightNow += 5
        self.assertAlmostEqual(self.wheel.behind, 4, delta=SLOT)
        self.wheel.cancel(check)
        self.assertEqual(self.wheel.behind, 0.0)

    def test_woken_early(self) -> None:
        """Woken before its time (the clock was set back), the wheel waits on."""
        check = self.check()
        self.wheel.schedule(check, 1030)
        self.clock.rightNow = 1010.0

        self.clock.calls[0].reset(0)
        self.clock.advance(0)
        too_early = list(check.at)
        self.clock.advance(20)

        self.assertEqual((too_early, check.at), ([], [1030]))

    def test_repaired(self) -> None:
        """If somebody cancels all timed calls, the next schedule() sets ours again."""
        first, second = self.check("first"), self.check("second")
        self.wheel.schedule(first, 1001)
        self.clock.getDelayedCalls()[0].cancel()

        self.wheel.schedule(second, 1002)
        self.clock.pump([1, 1])

        self.assertEqual(self.notes, ["first fires", "second fires"])


class CancelTests(ClockTestCase):
    """What a cancelled check leaves."""

    def test_cancelled(self) -> None:
        """A cancelled check does not fire, and the reactor has nothing to do."""
        check = self.check()
        self.wheel.schedule(check, 1001)

        self.wheel.cancel(check)

        self.assertEqual(list(self.clock.getDelayedCalls()), [])
        self.clock.advance(10)
        self.assertEqual(check.at, [])

    def test_harmless(self) -> None:
        """Cancelling twice, before the first schedule() or after it fired is fine."""
        check = self.check()
        self.wheel.cancel(check)
        self.wheel.schedule(check, 1001)
        self.clock.advance(1)

        self.wheel.cancel(check)
        self.wheel.cancel(check)

        self.assertEqual((len(check.at), self.wheel.scheduled), (1, 0))

    def test_others_stay(self) -> None:
        """Cancelling the earliest check leaves the others on time."""
        check, other = self.check("cancelled"), self.check("other")
        self.wheel.schedule(check, 1001)
        self.wheel.schedule(other, 1002)

        self.wheel.cancel(check)
        self.clock.pump([1, 0.95])
        before = list(self.notes)
        self.clock.advance(SLOT)

        self.assertEqual((before, self.notes), ([], ["other fires"]))

    def test_same_bucket(self) -> None:
        """A check cancelled by another of its slot does not fire."""
        first = self.check("first", lambda: self.wheel.cancel(second))
        second = self.check("second")
        for check in (first, second):
            self.wheel.schedule(check, 1001)

        self.clock.advance(1)

        self.assertEqual(self.notes, ["first fires"])

    def test_moved_out_of_the_bucket(self) -> None:
        """A check put off by another of its slot fires at the new time."""
        first = self.check("first", lambda: self.wheel.schedule(second, 1002))
        second = self.check("second")
        for check in (first, second):
            self.wheel.schedule(check, 1001)

        self.clock.pump([1, 1])

        self.assertEqual(second.at, [1002])

    def test_nothing_left(self) -> None:
        """A hundred thousand checks come and go, and leave nothing."""
        checks = [self.check() for _ in range(100_000)]
        for number, check in enumerate(checks):
            self.wheel.schedule(check, 1001 + number % 3600)
        gone = weakref.ref(self.wheel._slots)

        for check in checks:
            self.wheel.cancel(check)

        self.assertEqual(self.wheel.scheduled, 0)
        self.assertEqual(list(self.clock.getDelayedCalls()), [])
        self.assertIs(gone(), None)

    def test_reactor_gone(self) -> None:
        """Cancelling after the reactor was thrown away is harmless."""
        clock = Clock()
        wheel, check = Wheel(clock), self.check()
        wheel.schedule(check, 1)
        del clock
        gc.collect()

        wheel.cancel(check)

        self.assertEqual(wheel.scheduled, 0)


class FailureTests(ClockTestCase):
    """A check that raises."""

    def fail_loudly(self) -> None:
        """Raise."""
        raise ZeroDivisionError("by the test")

    def test_fire(self) -> None:
        """A check that raises is reported; the others of its slot fire."""
        self.wheel.schedule(self.check("bad", self.fail_loudly), 1001)
        self.wheel.schedule(self.check("good"), 1001)

        self.clock.advance(1)

        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual(self.notes, ["bad fires", "good fires"])

    def test_wake(self) -> None:
        """A check that raises when woken is reported; the others are woken."""
        bad, good = self.check("bad", nothing, self.fail_loudly), self.check("good")
        for due, check in ((1001, self.check("due")), (2001, bad), (2001, good)):
            self.wheel.schedule(check, due)

        self.clock.advance(100)
        for check in (bad, good):
            self.wheel.cancel(check)

        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual(self.notes, ["due fires", "bad wakes", "good wakes"])

    def test_interrupt(self) -> None:
        """An interrupt goes through; what was due with it is still done."""

        def interrupt() -> None:
            raise KeyboardInterrupt

        self.wheel.schedule(self.check("first", interrupt), 1001)
        self.wheel.schedule(self.check("second"), 1001)

        self.assertRaises(KeyboardInterrupt, self.clock.advance, 1)
        self.clock.advance(0)

        self.assertEqual(self.notes, ["first fires", "second fires"])


class ReturnTests(ClockTestCase):
    """A check may say when to fire next by what it returns."""

    def test_again(self) -> None:
        """It fires then, as if it had been scheduled."""
        at: list[float] = []

        class Again(Check):
            def fire(self, now: float) -> float | None:
                at.append(now)
                return now + 10 if len(at) < 3 else None

        self.wheel.schedule(Again(), 1001)
        self.clock.pump([1] * 30)
        self.assertEqual(at, [1001, 1011, 1021])

    def test_no_time(self) -> None:
        """What is no time is reported, and stops nobody else."""

        class Odd(Check):
            def fire(self, now: float) -> float | None:
                return math.nan

        self.wheel.schedule(Odd(), 1001)
        self.wheel.schedule(self.check("other"), 1001)
        self.clock.advance(1)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
        self.assertEqual(self.notes, ["other fires"])


class SpreadTests(ClockTestCase):
    """A big slot does not hold up the reactor."""

    def test_batches(self) -> None:
        """At most a batch fires in one turn, the others in the next turns."""
        for _ in range(2 * BATCH + 1):
            self.wheel.schedule(self.check(), 1001)
        self.clock.callLater(1, self.mark)

        self.clock.advance(1)

        sizes = [part.count("fires") for part in " ".join(self.notes).split("turn")]
        self.assertEqual([size for size in sizes if size], [BATCH, BATCH, 1])

    def test_spell(self) -> None:
        """Checks that take their time leave the reactor to others in between."""

        def work() -> None:
            self.clock.rightNow += SPELL * 0.6

        for _ in range(4):
            self.wheel.schedule(self.check("slow", work), 1001)
        self.clock.callLater(1, self.mark)

        self.clock.advance(1)
        self.clock.advance(1)

        sizes = [part.count("fires") for part in " ".join(self.notes).split("turn")]
        self.assertEqual([size for size in sizes if size], [2, 2])

    def test_cancelled_meanwhile(self) -> None:
        """A check cancelled while its slot is half run does not fire."""
        checks = [self.check() for _ in range(2 * BATCH)]
        for check in checks:
            self.wheel.schedule(check, 1001)

        def cancel_the_rest() -> None:
            for check in checks:
                self.wheel.cancel(check)

        self.clock.callLater(1, cancel_the_rest)
        self.clock.advance(1)

        self.assertEqual(len(self.notes), BATCH)

    def test_cancelled_and_scheduled_meanwhile(self) -> None:
        """A check moved while its slot is half run fires once, at the new time."""
        checks = [self.check() for _ in range(2 * BATCH)]
        for check in checks:
            self.wheel.schedule(check, 1001)

        self.clock.callLater(1, self.wheel.schedule, checks[-1], 1002)
        self.clock.pump([1, 1])

        self.assertEqual(checks[-1].at, [1002])
        self.assertEqual(len(self.notes), 2 * BATCH)

    def test_later_slots_wait_their_turn(self) -> None:
        """What comes due while a slot is half run fires after it."""
        for _ in range(BATCH + 1):
            self.wheel.schedule(self.check("old"), 1001)
        self.wheel.schedule(self.check("new"), 1001 + SLOT)

        self.clock.callLater(1, self.clock.advance, SLOT)
        self.clock.advance(1)

        self.assertEqual(self.notes[-2:], ["old fires", "new fires"])


class StallTests(ClockTestCase):
    """What the wheel knows of its own lateness."""

    def test_on_time(self) -> None:
        """A wake that is late by no more than a slot is not counted."""
        self.wheel.schedule(self.check(), 1001)

        with capture_logs() as events:
            self.clock.advance(1.04)

        self.assertEqual((self.wheel.stalled, self.wheel.stalls, events), (0, 0, []))

    def test_late(self) -> None:
        """Lateness is added up, all of it, also when it is short of a stall."""
        with capture_logs() as events:
            for _ in range(4):
                self.wheel.schedule(self.check(), self.clock.seconds() + 1)
                self.clock.advance(1.5)

        self.assertEqual((self.wheel.stalled, self.wheel.stalls, events), (2, 0, []))

    def test_stall(self) -> None:
        """A stall is one event for all connections, whatever was due in it."""
        for due in (1030, 1031, 1032):
            self.wheel.schedule(self.check(), due)

        with capture_logs() as events:
            self.clock.advance(100)

        self.assertEqual((self.wheel.stalled, self.wheel.stalls), (70, 1))
        self.assertEqual(
            events,
            [
                {
                    "event": "reactor_stalled",
                    "log_level": "warning",
                    "lateness_s": 70,
                    "checks": 3,
                }
            ],
        )

    def test_credit_first(self) -> None:
        """A check that fires late finds the lateness already counted."""
        seen: list[float] = []
        check = self.check(on_fire=lambda: seen.append(self.wheel.stalled))
        self.wheel.schedule(check, 1030)

        self.clock.advance(100)

        self.assertEqual(seen, [70])

    def test_own_work(self) -> None:
        """Time that the checks themselves take makes the next wake late."""

        def work() -> None:
            self.clock.rightNow += 5

        self.wheel.schedule(self.check("slow", work), 1001)
        self.wheel.schedule(self.check("next"), 1002)

        self.clock.advance(1)

        self.assertEqual((self.wheel.stalled, self.wheel.stalls), (4, 1))

    def test_own_work_in_batches(self) -> None:
        """Time that one batch takes makes the next batch late."""

        def work() -> None:
            self.clock.rightNow += 5

        self.wheel.schedule(self.check("slow", work), 1001)
        for _ in range(BATCH):
            self.wheel.schedule(self.check(), 1001)

        self.clock.advance(1)

        self.assertEqual((self.wheel.stalled, self.wheel.stalls), (5, 1))

    def test_asked_late(self) -> None:
        """A time that had passed when it was asked for is no lateness of ours."""
        self.wheel.schedule(self.check(), 5)

        self.clock.advance(0)

        self.assertEqual(self.wheel.stalled, 0)

    def test_soon_during_a_stall(self) -> None:
        """Asking for soon while a wake is overdue does not hide the lateness."""
        self.wheel.schedule(self.check(), 1001)
        self.clock.rightNow += 10

        self.wheel.soon(self.check())
        self.clock.advance(0)

        self.assertEqual((self.wheel.stalled, self.wheel.stalls), (9, 1))

    def test_other_threshold(self) -> None:
        """What counts as a stall can be set."""
        wheel = Wheel(self.clock, stall=0.2)
        wheel.schedule(self.check(), 1001)

        self.clock.advance(1.25)

        self.assertEqual((wheel.stalled, wheel.stalls), (0.25, 1))

    def test_wakes(self) -> None:
        """After a stall every check that is not due is woken, once, after the due."""
        waits = [self.check("waits"), self.check("waits")]
        for check in waits:
            self.wheel.schedule(check, 1200)
        self.wheel.schedule(self.check("due"), 1001)

        self.clock.pump([100, SLOT])
        for check in waits:
            self.wheel.cancel(check)

        self.assertEqual(self.notes, ["due fires", "waits wakes", "waits wakes"])

    def test_wakes_in_batches(self) -> None:
        """At most a batch is woken in one turn, fired ones included."""
        waits = [self.check("waits") for _ in range(BATCH)]
        for check in waits:
            self.wheel.schedule(check, 1200)
        self.wheel.schedule(self.check("due"), 1001)
        self.clock.callLater(1, self.notes.append, "turn")

        self.clock.advance(100)
        for check in waits:
            self.wheel.cancel(check)

        self.assertEqual(self.notes.index("turn"), BATCH)
        self.assertEqual(len(self.notes), BATCH + 2)

    def test_not_woken_if_cancelled(self) -> None:
        """A check that another one cancels is not woken."""
        first = self.check("first", nothing, lambda: self.wheel.cancel(second))
        second = self.check("second")
        for due, check in ((1001, self.check()), (1200, first), (1200, second)):
            self.wheel.schedule(check, due)

        self.clock.advance(100)
        self.wheel.cancel(first)

        self.assertNotIn("second wakes", self.notes)

    def test_stalls_while_waking(self) -> None:
        """A stall before all are woken from the last wakes all, none twice for it."""

        def work() -> None:
            if self.wheel.stalls == 1:
                self.clock.rightNow += 5

        waits = [self.check("waits", nothing, work) for _ in range(BATCH + 1)]
        for check in waits:
            self.wheel.schedule(check, 3000)
        self.wheel.schedule(self.check("due"), 1001)

        self.clock.advance(100)
        for check in waits:
            self.wheel.cancel(check)

        self.assertEqual(self.wheel.stalls, 2)
        self.assertEqual(self.notes.count("waits wakes"), 1 + BATCH + 1)

    def test_rescheduled_by_waking(self) -> None:
        """A check may ask for an earlier time when it is woken."""
        check = self.check(
            "asks",
            on_wake=lambda: self.wheel.schedule(check, self.clock.seconds() + 1),
        )
        self.wheel.schedule(check, 1200)
        self.wheel.schedule(self.check("due"), 1001)

        self.clock.pump([100, 1])

        self.assertEqual(self.notes, ["due fires", "asks wakes", "asks fires"])


class SuspendTests(SynchronousTestCase):
    """A machine that was suspended: monotonic stands, boot and wall clock go on."""

    def setUp(self) -> None:
        """Make three clocks that can be told apart."""
        self.wall, self.monotonic, self.boot = Clock(), Clock(), Clock()
        self.wall.advance(1.7e9)
        self.boot.advance(500)
        clocks = Clocks(self.monotonic.seconds, self.boot.seconds)
        self.wheel = Wheel(self.wall, clocks=clocks)
        self.notes: list[str] = []
        self.check = Noting(self.notes, "check")

    def tearDown(self) -> None:
        """Nothing is pending."""
        self.wheel.cancel(self.check)
        self.assertEqual(list(self.wall.getDelayedCalls()), [])

    def suspend(self, seconds: float) -> None:
        """Close the lid, open it *seconds* later."""
        self.boot.advance(seconds)
        self.wall.advance(seconds)

    def go_on(self, seconds: float) -> None:
        """Let *seconds* pass as usual."""
        for clock in (self.monotonic, self.boot, self.wall):
            clock.advance(seconds)

    def test_suspend(self) -> None:
        """A suspend is one event and wakes every check; it is no stall."""
        self.wheel.schedule(self.check, 30)

        with capture_logs() as events:
            self.suspend(3600)

        self.assertEqual(self.notes, ["check wakes"])
        self.assertEqual((self.wheel.suspended, self.wheel.suspends), (3600, 1))
        self.assertEqual((self.wheel.stalled, self.wheel.stalls), (0, 0))
        self.assertEqual(
            events,
            [
                {
                    "event": "machine_suspended",
                    "log_level": "info",
                    "suspended_s": 3600,
                    "checks": 1,
                }
            ],
        )

    def test_not_early(self) -> None:
        """A suspend does not age a deadline: it comes after as much time awake."""
        self.wheel.schedule(self.check, 30)
        self.go_on(10)
        self.suspend(3600)

        self.go_on(19)
        before = list(self.notes)
        self.go_on(1)

        self.assertEqual(before, ["check wakes"])
        self.assertEqual(self.notes, ["check wakes", "check fires"])

    def test_seen_late(self) -> None:
        """A suspend shorter than what was left is seen at the next wake."""
        self.wheel.schedule(self.check, 30)
        self.suspend(20)
        at_once = self.wheel.suspended

        self.go_on(10)

        self.assertEqual((at_once, self.wheel.suspended), (0, 20))

    def test_short(self) -> None:
        """A second or less is not taken for a suspend, but several add up."""
        self.wheel.schedule(self.check, 30)

        for _ in range(3):
            self.boot.advance(0.75)
            self.wheel.schedule(Noting(self.notes, "other"), 0)
            self.go_on(SLOT)

        self.assertEqual((self.wheel.suspended, self.wheel.suspends), (1.5, 1))

    def test_not_in_use(self) -> None:
        """A suspend while nothing was scheduled is nobody's business."""
        self.wheel.schedule(self.check, 30)
        self.wheel.cancel(self.check)
        self.suspend(3600)

        self.wheel.schedule(self.check, 30)
        self.go_on(30)

        self.assertEqual((self.notes, self.wheel.suspends), (["check fires"], 0))

    def test_wall_clock_set_forward(self) -> None:
        """Setting the wall clock forward fires nothing early and is no suspend."""
        self.wheel.schedule(self.check, 30)

        self.wall.advance(3600)

        self.assertEqual((self.notes, self.wheel.suspends), ([], 0))


class SoonTests(ClockTestCase):
    """Being called after a whole pass of I/O."""

    def test_third_turn(self) -> None:
        """It fires at the third wake, and not inside the call."""
        self.clock.callLater(0, self.mark)
        self.wheel.soon(self.check("soon"))

        self.clock.advance(0)

        self.assertEqual(self.notes[:4], ["turn"] * 3 + ["soon fires"])

    def test_from_inside(self) -> None:
        """A check that fires may ask for it: the second look before a verdict."""

        def look_again() -> None:
            if len(check.at) < 2:
                self.wheel.soon(check)

        check = self.check(on_fire=look_again)
        self.wheel.schedule(check, 1001)

        self.clock.advance(1)

        self.assertEqual(check.at, [1001, 1001])

    def test_together(self) -> None:
        """Checks that ask in the same turn fire in the same turn."""
        self.clock.callLater(0, self.mark)
        self.wheel.soon(self.check("first"))
        self.wheel.soon(self.check("second"))

        self.clock.advance(0)

        self.assertEqual(self.notes[3:5], ["first fires", "second fires"])

    def test_cancel(self) -> None:
        """It can be cancelled like anything else."""
        check = self.check()
        self.wheel.soon(check)

        self.wheel.cancel(check)

        self.assertEqual(list(self.clock.getDelayedCalls()), [])
        self.assertEqual((self.wheel.scheduled, self.notes), (0, []))

    def test_cancelled_beside_another(self) -> None:
        """One that is cancelled does not keep the wheel turning."""
        check, other = self.check("soon"), self.check("other")
        self.wheel.schedule(other, 1001)
        self.wheel.soon(check)
        self.wheel.cancel(check)

        self.clock.pump([0, 1])

        self.assertEqual(self.notes, ["other fires"])

    def test_instead_of_a_time(self) -> None:
        """It takes the place of a time, and a time takes its place."""
        first, second = self.check("first"), self.check("second")
        self.wheel.schedule(first, 1001)
        self.wheel.soon(first)
        self.wheel.soon(second)
        self.wheel.schedule(second, 1001)

        self.clock.pump([0, 0.5])
        before = list(self.notes)
        self.clock.pump([0.5, 60])

        self.assertEqual(before, ["first fires"])
        self.assertEqual(self.notes, ["first fires", "second fires"])

    def test_instead_of_being_due(self) -> None:
        """A check that is due and is asked for soon has its pass of I/O first."""
        first = self.check("first", lambda: self.wheel.soon(second))
        second = self.check("second", self.mark_turns)
        for check in (first, second):
            self.wheel.schedule(check, 1001)
        self.clock.callLater(1, self.mark)

        self.clock.advance(1)

        self.assertEqual(self.notes[:3], ["first fires", "turn", "turn"])
        self.assertEqual(second.at, [1001])

    def test_woken(self) -> None:
        """After a stall it is woken, too, and then fires."""
        self.wheel.soon(self.check("soon"))
        self.clock.rightNow += 10

        self.clock.advance(0)

        self.assertEqual(self.notes, ["soon wakes", "soon fires"])


class SharingTests(SynchronousTestCase):
    """Who has which wheel."""

    def test_one_a_reactor(self) -> None:
        """A reactor has one wheel, another reactor has another."""
        clock, other = Clock(), Clock()

        self.assertIs(wheel_of(clock), wheel_of(clock))
        self.assertIsNot(wheel_of(clock), wheel_of(other))

    def test_scope(self) -> None:
        """A scope inside a scope has the wheel of the reactor under them."""
        clock = Clock()

        scope = ScopedClock(ScopedClock(clock))

        self.assertIs(wheel_of(scope), wheel_of(clock))

    def test_not_kept(self) -> None:
        """The wheel of a fake clock goes with it, even with checks on it."""
        clock = Clock()
        wheel = wheel_of(clock)
        wheel.schedule(Check(), 1)
        gone = weakref.ref(clock), weakref.ref(wheel)

        del clock, wheel
        gc.collect()  # the clock, and with it the entry in the table of wheels
        gc.collect()  # the wheel

        self.assertEqual([ref() for ref in gone], [None, None])

    def test_now(self) -> None:
        """On a fake clock the wheel's time is the clock's."""
        clock = Clock()
        clock.advance(7)

        self.assertEqual(wheel_of(clock).now(), 7)


class WheelMachine(RuleBasedStateMachine):
    """Anything may be done to a few checks; a table says what must come of it."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.wheel = Wheel(self.clock)
        self.checks = [Noting([], "", self.noting(number)) for number in range(6)]
        self.due: dict[int, float] = {}  # {number: not before}
        self.timed: set[int] = set()  # those not asked for soon
        self.fired: list[float] = []  # when the timed ones were due

    def noting(self, number: int) -> Callable[[], None]:
        """What the check of this number does when it fires."""

        def fire() -> None:
            # A KeyError, which the wheel reports, if it fires twice.
            due = self.due.pop(number)
            assert due <= self.clock.seconds()
            if number in self.timed:
                self.fired.append(due)

        return fire

    numbers = st.integers(min_value=0, max_value=5)
    delays = st.one_of(
        st.sampled_from([-1.0, 0.0, 0.05, 0.1, 0.15, 1.0]),
        st.floats(min_value=-1, max_value=5),
    )

    @rule(number=numbers, delay=delays)
    def schedule(self, number: int, delay: float) -> None:
        """Schedule or move a check."""
        now = self.clock.seconds()
        self.due[number] = now + max(0.0, delay)
        self.timed.add(number)
        self.wheel.schedule(self.checks[number], now + delay)

    @rule(number=numbers)
    def soon(self, number: int) -> None:
        """Ask for a check soon."""
        self.due[number] = self.clock.seconds()
        self.timed.discard(number)
        self.wheel.soon(self.checks[number])

    @rule(number=numbers)
    def cancel(self, number: int) -> None:
        """Cancel a check, scheduled or not."""
        self.due.pop(number, None)
        self.wheel.cancel(self.checks[number])

    @rule(seconds=st.floats(min_value=0, max_value=2))
    def advance(self, seconds: float) -> None:
        """Let time pass: what is due has fired, in the order of its slots."""
        self.fired.clear()
        self.clock.advance(seconds)

        now = self.clock.seconds()
        assert all(due > now - 2 * SLOT for due in self.due.values()), self.due
        pairs = zip(self.fired, self.fired[1:], strict=False)
        assert all(first < second + 2 * SLOT for first, second in pairs), self.fired

    @precondition(lambda self: self.due)
    @rule()
    def wait(self) -> None:
        """Wait for the last one: all have fired."""
        self.clock.advance(max(0.0, max(self.due.values()) - self.clock.seconds()))
        self.clock.advance(2 * SLOT)

        assert not self.due

    @invariant()
    def counts(self) -> None:
        """The wheel knows how many wait, and asks for one wake if any."""
        assert self.wheel.scheduled == len(self.due)
        assert len(self.clock.getDelayedCalls()) == bool(self.due)


class ModelTests(SynchronousTestCase):
    """Everything at once."""

    def test_model(self) -> None:
        """Whatever is done in whatever order, each check fires once and in time."""
        run_state_machine_as_test(
            WheelMachine, settings=settings(deadline=None, max_examples=100)
        )

        self.assertEqual(self.flushLoggedErrors(), [])


@implementer(IReadDescriptor)
class Socket:
    """One end of a pair of sockets, read by a reactor; the other end is ours."""

    def __init__(self, on_read: Callable[[], None] = nothing) -> None:
        self.ours, self.theirs = socket.socketpair()
        self.ours.setblocking(False)
        self.on_read = on_read
        self.heard = 0

    def send(self) -> None:
        """Put bytes into the kernel for the reactor to find."""
        self.theirs.send(b"x")

    def doRead(self) -> None:
        """Count what came."""
        self.heard += len(self.ours.recv(100))
        self.on_read()

    def fileno(self) -> int:
        """The end that the reactor reads."""
        return self.ours.fileno()

    def logPrefix(self) -> str:
        """The name in Twisted's log."""
        return "test"

    def connectionLost(self, reason: Failure) -> None:
        """Close both."""
        self.ours.close()
        self.theirs.close()


class ReactorTests(SynchronousTestCase):
    """The wheel on real reactors."""

    def setUp(self) -> None:
        """See to it that every descriptor is closed in the end."""
        gc.collect()
        before = self.open_descriptors()
        self.addCleanup(
            lambda: self.assertEqual(self.open_descriptors(), before),
        )

    def open_descriptors(self) -> int:
        """How many this process has open; always 0 where it cannot be known."""
        directory = Path("/proc/self/fd")
        return len(list(directory.iterdir())) if directory.exists() else 0

    def on_each(self, test: Callable[[Any, Wheel], None]) -> None:
        """Run *test* with every kind of reactor and a wheel; nothing may be left."""
        for name in REACTORS:
            with fresh(name) as reactor:
                wheel = Wheel(reactor, stall=0.4)
                test(reactor, wheel)
                self.assertEqual(wheel.scheduled, 0, name)
                self.assertEqual(self.watched(reactor), [], name)

    def watched(self, reactor: Any) -> list[object]:
        """What the reactor reads from, besides what is its own."""
        return [each for each in reactor.getReaders() if each is not reactor.waker]

    def spin(self, until: float) -> None:
        """Keep the reactor busy until a moment on the monotonic clock."""
        while time.monotonic() < until:
            pass

    def test_fires(self) -> None:
        """Checks fire in order, none early, and a reactor needs no other reason."""

        def test(reactor: Any, wheel: Wheel) -> None:
            notes: list[str] = []
            now = wheel.now()
            last = Noting(notes, "last", reactor.stop)
            wheel.schedule(last, now + 0.12)
            first = Noting(notes, "first")
            wheel.schedule(first, now + 0.01)
            run(reactor)
            self.assertEqual(notes, ["first fires", "last fires"])
            self.assertTrue(now + 0.01 <= first.at[0] <= last.at[0])
            self.assertGreaterEqual(last.at[0], now + 0.12)

        self.on_each(test)

    def test_spread(self) -> None:
        """A big slot is run in several passes, with I/O in between."""

        def test(reactor: Any, wheel: Wheel) -> None:
            notes: list[str] = []
            due = wheel.now() + 0.01
            peer = Socket(lambda: notes.append("read"))
            reactor.addReader(peer)
            wheel.schedule(Noting(notes, "first", peer.send), due)
            for _ in range(3 * BATCH):
                wheel.schedule(Noting(notes, "more"), due)
            wheel.schedule(Noting(notes, "last", reactor.stop), due)
            run(reactor)
            self.assertEqual(len(notes), 3 * BATCH + 3)
            self.assertIn("read", notes[1:-1])

        self.on_each(test)

    def test_reactor_stops(self) -> None:
        """A reactor that stops with checks on its wheel closes the descriptor."""

        def test(reactor: Any, wheel: Wheel) -> None:
            check = Check()
            wheel.schedule(check, wheel.now() + 1000)
            reactor.callLater(0, reactor.stop)
            run(reactor)
            self.assertEqual(self.watched(reactor), [])
            wheel.cancel(check)

        self.on_each(test)

    def test_remove_all(self) -> None:
        """Checks survive ``reactor.removeAll()``: the next schedule() repairs."""

        def test(reactor: Any, wheel: Wheel) -> None:
            notes: list[str] = []
            wheel.schedule(Noting(notes, "first"), wheel.now() + 0.01)
            reactor.removeAll()
            last = Noting(notes, "last", reactor.stop)
            wheel.schedule(last, wheel.now() + 0.11)
            run(reactor)
            self.assertEqual(notes, ["first fires", "last fires"])

        self.on_each(test)

    def test_iterated(self) -> None:
        """A check that runs the reactor from inside does not run the wheel in it."""

        def test(reactor: Any, wheel: Wheel) -> None:
            notes: list[str] = []

            def iterate() -> None:
                wheel.schedule(Noting(notes, "second", reactor.stop), 0)
                reactor.iterate(0)
                reactor.iterate(0)
                notes.append("first done")

            wheel.schedule(Noting(notes, "first", iterate), wheel.now())
            run(reactor)
            self.assertEqual(notes, ["first fires", "first done", "second fires"])

        for name in ("epoll", "poll", "select"):
            if name in REACTORS:
                with fresh(name) as reactor:
                    test(reactor, Wheel(reactor))

    def test_two_reactors(self) -> None:
        """Two reactors in one process do not get in each other's way."""
        notes: list[str] = []
        with fresh("select") as one, fresh("asyncio") as two:
            for name, reactor in (("one", one), ("two", two)):
                wheel = wheel_of(reactor)
                wheel.schedule(Noting(notes, name, reactor.stop), wheel.now())

            run(two)
            run(one)

        self.assertEqual(notes, ["two fires", "one fires"])

    def test_blocked(self) -> None:
        """A reactor that was blocked is a stall, known to the check that was due."""

        def test(reactor: Any, wheel: Wheel) -> None:
            notes: list[str] = []
            stalled: list[float] = []
            due = wheel.now() + 0.1
            waits = Noting(notes, "waits", nothing, reactor.stop)
            check = Noting(notes, "due", lambda: stalled.append(wheel.stalled))
            wheel.schedule(waits, due + 1000)
            wheel.schedule(check, due)
            reactor.callWhenRunning(self.spin, due + 0.6)
            with capture_logs() as events:
                run(reactor)
            wheel.cancel(waits)
            self.assertEqual(notes[0], "due fires")
            self.assertIn("waits wakes", notes)
            self.assertGreaterEqual(stalled[0], 0.5)
            self.assertGreaterEqual(wheel.stalls, 1)
            self.assertEqual(len(events), wheel.stalls)

        self.on_each(test)

    def test_soon(self) -> None:
        """What was in the kernel when the check fired is read before soon is over."""

        def test(reactor: Any, wheel: Wheel) -> None:
            peers = [Socket() for _ in range(10)]
            heard: list[int] = []

            def suspect() -> None:
                for peer in peers:
                    peer.send()
                wheel.soon(verdict)

            def judge() -> None:
                heard.extend(peer.heard for peer in peers)
                reactor.stop()

            verdict = Noting([], "verdict", judge)
            for peer in peers[:5]:
                reactor.addReader(peer)
            # In between, so that the reactor finds our descriptor in between.
            wheel.schedule(Noting([], "suspect", suspect), wheel.now())
            for peer in peers[5:]:
                reactor.addReader(peer)
            run(reactor)
            self.assertEqual(heard, [1] * 10)

        self.on_each(test)

    def test_soon_asked_by_a_reader(self) -> None:
        """The same if it is asked for in a pass in which a wake is already due."""

        def test(reactor: Any, wheel: Wheel) -> None:
            heard: list[int] = []

            def suspect() -> None:
                for peer in peers:
                    peer.send()
                wheel.soon(verdict)

            def judge() -> None:
                heard.extend(peer.heard for peer in peers)
                reactor.stop()

            def start() -> None:
                first.send()
                self.spin(wheel.now() + 2 * SLOT)

            peers = [Socket() for _ in range(10)]
            first = Socket(suspect)
            verdict = Noting([], "verdict", judge)
            reactor.addReader(first)
            for peer in peers[:5]:
                reactor.addReader(peer)
            wheel.schedule(Check(), wheel.now())
            for peer in peers[5:]:
                reactor.addReader(peer)
            reactor.callWhenRunning(start)
            run(reactor)
            self.assertEqual(heard, [1] * 10)

        self.on_each(test)


class Steps:
    """What a check does while the wall clock is set again and again."""

    def __init__(
        self,
        test: WallClockTests,
        reactor: ReactorBase,
        wheel: Wheel,
        check: Noting,
        step: float,
    ) -> None:
        self.test = test
        self.reactor = reactor
        self.wheel = wheel
        self.check = check
        self.step = step

    def next(self) -> None:
        """Set the clock, then wait for a time, for a turn, and stop."""
        times = len(self.check.at)
        self.test.set_wall_clock(self.reactor, (times + 1) * self.step)
        if times == 1:
            self.wheel.schedule(self.check, self.wheel.now() + 0.06)
        elif times == 2:
            self.wheel.soon(self.check)
        else:
            self.reactor.stop()


class WallClockTests(SynchronousTestCase):
    """Somebody sets the wall clock, which Twisted's own timed calls follow."""

    if sys.platform != "linux":
        skip = "only the kernel's timer is independent of it"

    def test_set_back(self) -> None:
        """An hour back: checks fire on time while Twisted's own calls do not."""
        self.check_fires_on_time(-3600)

    def test_set_forward(self) -> None:
        """An hour forward: no check fires early."""
        self.check_fires_on_time(3600)

    def check_fires_on_time(self, step: float) -> None:
        """Set the clock while a check waits, and again whenever it fires."""
        for name in REACTORS:
            with fresh(name) as reactor:
                wheel = wheel_of(reactor)
                check = Noting([])
                check.on_fire = Steps(self, reactor, wheel, check, step).next
                due = wheel.now() + 0.06
                wheel.schedule(check, due)
                reactor.callWhenRunning(self.set_wall_clock, reactor, step)
                self.run_with_watchdog(reactor)

                self.assertEqual(len(check.at), 3, name)
                self.assertGreaterEqual(check.at[0], due)
                self.assertGreaterEqual(check.at[1], check.at[0] + 0.06)
                self.assertLess(wheel.stalled, 3000)

    def run_with_watchdog(self, reactor: Any) -> None:
        """Run a reactor whose timed calls cannot be relied on, 30 s at most."""
        watchdog = threading.Timer(30, reactor.callFromThread, [reactor.stop])
        watchdog.start()
        reactor.run(installSignalHandlers=False)
        watchdog.cancel()
        watchdog.join()

    def set_wall_clock(self, reactor: ReactorBase, step: float) -> None:
        """Do what ``date --set`` does."""
        self.patch(reactor, "seconds", lambda: time.time() + step)  # noqa: TID251
