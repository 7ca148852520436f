"""When a connection is looked at, and what is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import Evidence, Keepalive, Kind, State
from heartbeat.answering import Answering
from heartbeat.response import Phase
from heartbeat.states import Action
from heartbeat.testing import InjectedProbe, advance, assert_nothing_left
from heartbeat.watch import BACK_OFF, NOTICE, Watch
from heartbeat.wheel import Clocks, Wheel, wheel_of
from tests.chat import STEADY, alone, injected, together

if TYPE_CHECKING:
    from heartbeat.extras import Extras
    from heartbeat.limits import Limit

QUIET = Keepalive(interval=None, grace=None, jitter=0)
BEACON = attrs.evolve(QUIET, beacon=10)


class Noted(Watch):
    """Only writes down what it finds."""

    __slots__ = ("notes",)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.notes: list[str] = []

    def acted(self, action: Action, now: float) -> None:
        """Write it down."""
        self.notes.append(action.name)

    def limited(self, limit: Limit, evidence: Evidence, now: float) -> None:
        """Write it down."""
        self.notes.append(limit.name)

    def beat(self) -> None:
        """Write it down."""
        self.notes.append("beat")

    def closing(self) -> None:
        """Write it down, and look no more."""
        self.notes.append("closing")
        self.unwatch()


class Rig:
    """A watch on its own."""

    def __init__(
        self,
        policy: Keepalive,
        *,
        wheel: Wheel | None = None,
        transport: Any = None,
        kind: type[Noted] = Noted,
    ) -> None:
        self.clock = Clock()
        self.wheel = wheel or wheel_of(self.clock)
        self.probe = InjectedProbe(self.wheel.now)
        self.transport = transport or StringTransport()
        self.watch = kind(self.transport, self.probe, policy, self.wheel)
        self.watch.watch()

    @property
    def notes(self) -> list[str]:
        """What was found."""
        return self.watch.notes


class ScheduleTests(SynchronousTestCase):
    def test_looks_when_due(self) -> None:
        """The first look comes when the interval has passed."""
        rig = Rig(STEADY)
        advance(rig.clock, 29.9)
        self.assertEqual(rig.notes, [])
        advance(rig.clock, 0.2)
        self.assertEqual(rig.notes, ["ASK"])

    def test_busy(self) -> None:
        """While bytes come, only their age is asked for, and nothing else happens."""

        class Busy(InjectedProbe):
            def look(self) -> Evidence:
                raise AssertionError("looked")

        rig = Rig(STEADY)
        rig.watch.probe = probe = Busy(rig.wheel.now)
        for _ in range(100):
            probe.hear()
            advance(rig.clock, 5)
        self.assertEqual(rig.notes, [])
        self.assertGreater(rig.watch.heard_at, 460)

    def test_second_look_is_not_put_off(self) -> None:
        """A peer that pings in every pass of I/O does not delay the verdict."""
        passes: list[State] = []

        class Pinged(Noted):
            __slots__ = ()

            def acted(self, action: Action, now: float) -> None:
                super().acted(action, now)
                if action is Action.WARN:
                    rig.clock.callLater(0, ping)

        def ping() -> None:
            passes.append(rig.watch.state)
            rig.watch.reschedule(rig.clock.seconds())
            if passes[-1] is State.SUSPECT and len(passes) < 100:
                rig.clock.callLater(0, ping)

        rig = Rig(STEADY, kind=Pinged)
        advance(rig.clock, 41)
        self.assertEqual(rig.notes, ["ASK", "WARN", "GIVE_UP"])
        self.assertIs(passes[0], State.SUSPECT)

    def test_limit_is_not_put_off(self) -> None:
        """Nor does it delay the end of a connection that has grown too old."""
        passes: list[float] = []

        class Pinged(Noted):
            __slots__ = ()

            def _look_further(self, extras: Extras, now: float) -> None:
                super()._look_further(extras, now)
                if not passes:
                    ping()

        def ping() -> None:
            passes.append(rig.clock.seconds())
            rig.watch.reschedule(rig.clock.seconds())
            if "AGE" not in rig.notes and len(passes) < 100:
                rig.clock.callLater(0, ping)

        rig = Rig(attrs.evolve(QUIET, max_age=10), kind=Pinged)
        advance(rig.clock, 11)
        self.assertEqual(rig.notes[:1], ["AGE"])
        self.assertLess(len(passes), 100)

    def test_nothing_to_do(self) -> None:
        """A policy that is off schedules nothing."""
        rig = Rig(QUIET)
        assert_nothing_left(rig.clock)
        rig.watch.reschedule(rig.clock.seconds())
        assert_nothing_left(rig.clock)

    def test_stopped(self) -> None:
        """Stopped, it looks no more, however often it is asked to."""
        rig = Rig(STEADY)
        rig.watch.unwatch()
        rig.watch.unwatch()
        rig.watch.reschedule(rig.clock.seconds())
        assert_nothing_left(rig.clock)
        self.assertFalse(rig.watch.watching)

    def test_look_that_raises(self) -> None:
        """A look that raises is reported and tried again after a while, not at once."""

        class Broken(InjectedProbe):
            looks = 0

            def look(self) -> Evidence:
                Broken.looks += 1
                raise ZeroDivisionError

        rig = Rig(STEADY)
        rig.watch.probe = Broken(rig.wheel.now)
        advance(rig.clock, 30.1 + 3 * (BACK_OFF + 0.1))
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), Broken.looks)
        self.assertIn(Broken.looks, (3, 4))

    def test_exit_in_a_look(self) -> None:
        """A ``SystemExit``, which a reactor survives, does not end the watch."""

        class Leaving(InjectedProbe):
            def look(self) -> Evidence:
                raise SystemExit

        rig = Rig(STEADY)
        rig.watch.probe = Leaving(rig.wheel.now)
        self.assertRaises(SystemExit, advance, rig.clock, 31)
        rig.watch.probe = InjectedProbe(rig.wheel.now)
        advance(rig.clock, 31)
        self.assertEqual(rig.notes, ["ASK"])

    def test_raises_and_stops(self) -> None:
        """A look that raises after the watch was stopped is not tried again."""

        class Broken(InjectedProbe):
            def look(self) -> Evidence:
                rig.watch.unwatch()
                raise ZeroDivisionError

        rig = Rig(STEADY)
        rig.watch.probe = Broken(rig.wheel.now)
        advance(rig.clock, 31)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        assert_nothing_left(rig.clock)

    def test_now(self) -> None:
        """It may be told to look at once, whatever is due; then all goes on."""
        rig = Rig(STEADY)
        advance(rig.clock, 5)
        rig.probe.hear()
        rig.watch.look_now(rig.clock.seconds())
        self.assertEqual((rig.notes, rig.watch.looked_at), ([], 5.0))
        advance(rig.clock, 31)
        self.assertEqual(rig.notes, ["ASK"])
        rig.watch.unwatch()
        rig.watch.look_now(rig.clock.seconds())
        assert_nothing_left(rig.clock)

    def test_no_glance_at_the_idle(self) -> None:
        """Whoever had to be asked at the last look is not glanced at first."""

        class Counted(InjectedProbe):
            glances = 0

            def signs(self) -> Evidence:
                self.glances -= 1  # it glances for us
                return self.look()

            def heard_ago(self) -> float:
                self.glances += 1
                return super().heard_ago()

        rig = Rig(attrs.evolve(STEADY, grace=None))
        rig.watch.probe = probe = Counted(rig.wheel.now)
        for _ in range(3):
            advance(rig.clock, 31)
            question = rig.watch.question
            assert question is not None
            now = rig.clock.seconds()
            rig.watch.answered(now, question.asked_at, 0.0)
            rig.watch.reschedule(now)
        self.assertEqual(rig.notes, ["ASK"] * 3)
        self.assertEqual(probe.glances, 1)

    def test_nobody_above(self) -> None:
        """On its own it finds things, and does nothing about them."""
        clock = Clock()
        probe = InjectedProbe(clock.seconds)
        policy = attrs.evolve(STEADY, beacon=7, max_age=90)
        watch = Watch(StringTransport(), probe, policy, wheel_of(clock))
        watch.watch()
        advance(clock, 100)
        self.assertIs(watch.state, State.LOST)
        watch.closing()
        watch.unwatch()
        assert_nothing_left(clock)

    def test_probe_replaced(self) -> None:
        """A probe that takes another's place sees it closed."""
        rig = Rig(STEADY)
        rig.watch.probe = InjectedProbe(rig.wheel.now)
        self.assertIsNot(rig.watch.probe, rig.probe)

    def test_transport_that_says_little(self) -> None:
        """A transport without ``disconnecting`` is watched like any other."""
        rig = Rig(STEADY, transport=object())
        advance(rig.clock, 31)
        self.assertEqual(rig.notes, ["ASK"])


class ClosingTests(SynchronousTestCase):
    def test_noticed(self) -> None:
        """A close by the application is noticed at the next look."""
        rig = Rig(attrs.evolve(STEADY, interval=5))
        rig.probe.hear()
        rig.transport.loseConnection()
        advance(rig.clock, 5.1)
        self.assertEqual(rig.notes, ["closing"])

    def test_noticed_where_nothing_is_asked(self) -> None:
        """It is noticed in time, too, if nothing else needs a look."""
        rig = Rig(Keepalive(interval=None))
        advance(rig.clock, 3 * NOTICE + 1)
        rig.transport.loseConnection()
        advance(rig.clock, NOTICE)
        self.assertEqual(rig.notes, ["closing"])

    def test_abort_noticed(self) -> None:
        """An abort, which ``disconnecting`` does not show, is noticed, too."""
        rig = Rig(STEADY)
        rig.transport._aborting = True  # type: ignore[union-attr]
        advance(rig.clock, 31)
        self.assertEqual(rig.notes, ["closing"])

    def test_lower_layer_noticed(self) -> None:
        """A close below the transport is noticed, however much the peer sends."""

        class Layered:
            transport = StringTransport()

        rig = Rig(STEADY, transport=Layered())
        Layered.transport.loseConnection()
        for _ in range(40):
            rig.probe.hear()
            advance(rig.clock, 1)
        self.assertEqual(rig.notes, ["closing"])


class BeaconTests(SynchronousTestCase):
    def test_beats(self) -> None:
        """Our side is never silent for longer than the policy says."""
        rig = Rig(BEACON)
        advance(rig.clock, 41)
        self.assertEqual(rig.notes, ["beat"] * 4)

    def test_while_a_question_is_open(self) -> None:
        """An open question does not silence us."""
        rig = Rig(Keepalive(interval=5, timeout=100, beacon=10, jitter=0))
        advance(rig.clock, 21)
        self.assertEqual(rig.notes, ["ASK", "beat", "beat"])

    def test_our_bytes_count(self) -> None:
        """What the application writes makes a beat unnecessary."""
        rig = Rig(BEACON)
        for _ in range(10):
            rig.probe.set(sent_ago=0.0)
            advance(rig.clock, 5)
        self.assertEqual(rig.notes, [])

    def test_write_side_closed(self) -> None:
        """After a half-close nothing is written, and we do not spin."""
        rig = Rig(BEACON)
        rig.probe.set(writable=False)
        advance(rig.clock, 41)
        self.assertEqual(rig.notes, [])

    def test_reconfigured(self) -> None:
        """A beacon goes by a new policy from the last write."""
        rig = Rig(BEACON)
        rig.watch.configure(attrs.evolve(BEACON, beacon=20))
        advance(rig.clock, 39)
        self.assertEqual(rig.notes, ["beat"])


class AnswerTests(SynchronousTestCase):
    def test_due(self) -> None:
        """An answer that is owed is tried when it is due."""

        class Answers(Noted):
            __slots__ = ()

            def answer(self, answering: Answering, unsent: int, now: float) -> None:
                self.notes.append(f"answer behind {unsent}")
                self.extras.answering = None

        rig = Rig(QUIET, kind=Answers)
        rig.probe.set(unsent=17)
        rig.watch.extras.answering = answering = Answering(rig.clock.seconds())
        answering.owe(lambda: None, rig.clock.seconds() + 3)
        rig.watch.reschedule(rig.clock.seconds())
        advance(rig.clock, 4)
        self.assertEqual(rig.notes, ["answer behind 17"])


class LimitTests(SynchronousTestCase):
    def test_age(self) -> None:
        """An age that is reached is found once, by two looks."""
        rig = Rig(attrs.evolve(QUIET, max_age=50))
        advance(rig.clock, 51)
        self.assertEqual(rig.notes, ["AGE"])

    def test_idle_race(self) -> None:
        """Activity between the two looks keeps the connection."""

        class Request(InjectedProbe):
            def look(self) -> Evidence:
                # It was in the kernel already: read in the pass of I/O that follows.
                rig.clock.callLater(0, rig.watch.was_active, rig.clock.seconds())
                return super().look()

        rig = Rig(attrs.evolve(QUIET, idle=50))
        rig.watch.probe = Request(rig.wheel.now)
        advance(rig.clock, 99)
        self.assertEqual(rig.notes, [])

    def test_reconfigured(self) -> None:
        """A limit goes by a new policy from the last activity."""
        rig = Rig(attrs.evolve(QUIET, idle=50))
        rig.watch.was_active(10.0)
        self.assertEqual(rig.watch.idle_for(15.0), 5.0)
        rig.watch.configure(attrs.evolve(QUIET, idle=100))
        advance(rig.clock, 109)
        self.assertEqual(rig.notes, [])
        advance(rig.clock, 2)
        self.assertEqual(rig.notes, ["IDLE"])

    def test_idle_without_limit(self) -> None:
        """Without a limit it is idle since it was opened."""
        self.assertEqual(Rig(QUIET).watch.idle_for(7.0), 7.0)


class StallTests(SynchronousTestCase):
    def test_asks_at_once(self) -> None:
        """After a stall of our own the peer is asked, not judged."""
        pair = alone()
        pair.clock.advance(1000)
        pair.flush()
        self.assertEqual(pair.client.verdicts, [])
        pair.advance(0.1)
        self.assertIs(pair.client.heartbeat.state, State.ASKED)

    def test_shorter_than_the_interval(self) -> None:
        """A stall makes us ask though the interval has not passed."""
        rig = Rig(STEADY)
        rig.watch.wake(rig.clock.seconds())
        advance(rig.clock, 0.1)
        self.assertEqual(rig.notes, ["ASK"])

    def test_stalled_again_and_again(self) -> None:
        """Lateness is given back: a peer that answers between stalls lives."""
        pair = together()
        for _ in range(20):
            pair.clock.advance(60)  # longer than interval and timeout, in one go
            pair.flush()
            pair.advance(0.2)
        self.assertEqual(pair.client.verdicts, [])
        self.assertEqual(pair.client.suspicions, [])

    def test_dead_all_the_same(self) -> None:
        """What is given back is limited: a reactor always late finds the dead, too."""
        pair = alone()
        for _ in range(20):
            pair.clock.advance(15)
            pair.flush()
        self.assertEqual(pair.client.kinds, [Kind.PEER_SILENT])


class SuspendTests(SynchronousTestCase):
    def test_asked_after_a_suspend(self) -> None:
        """After the machine slept the peer is asked at once, and is not judged."""
        clock, asleep = Clock(), [0.0]
        clocks = Clocks(clock.seconds, lambda: clock.seconds() + asleep[0])
        rig = Rig(STEADY, wheel=Wheel(clock, clocks=clocks))
        rig.watch.configure(attrs.evolve(STEADY, silence=500))
        other = Rig(attrs.evolve(STEADY, interval=5), wheel=rig.wheel)
        advance(clock, 4)
        asleep[0] = 3600.0
        self.assertEqual(rig.notes, [])
        advance(clock, 1.2)  # the other one wakes the wheel, which sees it
        self.assertEqual(rig.wheel.suspends, 1)
        self.assertEqual((rig.notes, other.notes), (["ASK"], ["ASK"]))
        rig.watch.unwatch()
        other.watch.unwatch()
        assert_nothing_left(clock)


class PhaseTests(SynchronousTestCase):
    def test_follow_ups_stop(self) -> None:
        """Once a look has ended the connection, nothing more is checked in it."""
        policy = attrs.evolve(STEADY, interval=None, silence=10, idle=5, beacon=1)
        pair, probe = injected(policy)
        probe.set(sent_ago=0.0)
        pair.client.heartbeat.active()
        pair.advance(11)
        self.assertIs(pair.client.heartbeat.phase, Phase.ENDED)
        assert_nothing_left(pair.clock, pair.client)
