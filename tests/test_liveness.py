"""Who is taken for alive, asked, suspected, given up, and when."""

from __future__ import annotations

import math
from typing import Any

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.deadlines import DRAWS
from heartbeat.liveness import READ_SIZE, Action, Liveness
from heartbeat.policy import Keepalive, Proof
from heartbeat.states import TRANSITIONS, State
from tests.simulated import Peer

PLAIN = Keepalive(jitter=0)
REPLY = Keepalive(jitter=0, proof=Proof.REPLY)
SILENCE = Keepalive(interval=None, silence=60)


class AskingTests(SynchronousTestCase):
    def test_interval(self) -> None:
        """It is asked after the interval of silence, not before."""
        peer = Peer.of(PLAIN)
        self.assertEqual(peer.due, 1030)

        self.assertIsNone(peer.at(1029.9))
        self.assertIs(peer.state, State.ALIVE)
        self.assertIs(peer.at(1030), Action.ASK)
        self.assertIs(peer.state, State.ASKED)

    def test_counted_from_last_byte(self) -> None:
        """The interval begins when the last byte came, not when it was noticed."""
        peer = Peer.of(PLAIN)
        peer.send(at=1017)

        self.assertIsNone(peer.at(1030))
        self.assertEqual(peer.due, 1047)
        self.assertEqual(peer.liveness.heard_at, 1017)

    def test_older_news(self) -> None:
        """A clock of coarse steps that says less than is known changes nothing."""
        peer = Peer.of(PLAIN)
        peer.liveness.heard(999.9, 0.0)
        self.assertEqual((peer.liveness.heard_at, peer.due), (1000, 1030))

    def test_jitter_drawn_once(self) -> None:
        """The spread is drawn once a question: every byte would otherwise push the
        interval about.
        """
        draws = iter((0.5, 1.0, 0.0))
        liveness = Liveness(Keepalive(interval=100, jitter=0.18), lambda: next(draws))
        liveness.begin(0.0)
        self.assertEqual(liveness.due(0.0, 0.0), 90)
        liveness.heard(2.0, 0.0)
        self.assertEqual(liveness.due(2.0, 0.0), 96)

        peer = Peer(liveness, now=2.0, heard_at=2.0)
        self.assertIs(peer.at(96), Action.ASK)
        peer.answer()
        self.assertEqual(peer.due, 96 + 84)

    @given(
        st.floats(0.001, 1e6),
        st.floats(0, 1, exclude_max=True),
        st.sampled_from(DRAWS),
        st.floats(0, 1e9),
    )
    def test_jitter_only_earlier(
        self, interval: float, jitter: float, draw: float, now: float
    ) -> None:
        """It shortens the wait, by its share at most."""
        policy = Keepalive(interval=interval, jitter=jitter)
        liveness = Liveness(policy, lambda: draw)
        liveness.begin(now)
        wait = liveness.due(now, 0.0) - now
        self.assertLessEqual(wait, interval + 1e-6)
        self.assertGreaterEqual(wait, interval * (1 - jitter) - 1e-6)

    def test_together(self) -> None:
        """Connections made at different times ask at the same few moments."""
        due = set()
        for made in range(1000):
            liveness = Liveness(Keepalive(interval=30, jitter=0.1))
            liveness.begin(made / 100)
            due.add(liveness.due(made / 100, 0.0))
        self.assertLess(len(due), 20)

    def test_not_together_without_jitter(self) -> None:
        """Whoever allows no jitter is asked on the dot."""
        liveness = Liveness(Keepalive(interval=30, jitter=0))
        liveness.begin(1.23)
        self.assertEqual(liveness.due(1.23, 0.0), 31.23)

    def test_off(self) -> None:
        """Before it starts and after it stopped nothing is due and nothing happens."""
        liveness = Liveness(PLAIN)
        peer = Peer(liveness)

        self.assertEqual(peer.due, math.inf)
        self.assertIsNone(peer.at(5000))
        self.assertIsNone(liveness.answered(5000, 5000, 0.0))
        liveness.begin(5000.0)
        liveness.cease()
        liveness.cease()
        self.assertIs(peer.state, State.OFF)
        self.assertIsNone(peer.at(9000))

    def test_nothing_to_do(self) -> None:
        """A policy without limits never looks."""
        self.assertEqual(Peer.of(Keepalive(interval=None)).due, math.inf)

    def test_stop_forgets_question(self) -> None:
        """Starting again begins anew."""
        peer = Peer.of(PLAIN)
        peer.asked()
        peer.liveness.cease()
        self.assertIsNone(peer.liveness.question)
        peer.liveness.begin(2000.0)
        self.assertEqual(peer.due, 2030)

    def test_write_side_closed(self) -> None:
        """Whoever cannot write does not ask, and tries again after an interval."""
        peer = Peer.of(PLAIN)
        peer.know(writable=False)

        self.assertEqual(peer.run(until=1100), [])
        self.assertIs(peer.state, State.ALIVE)
        peer.know(writable=True)
        self.assertEqual(peer.run(until=1120), [(1120, Action.ASK)])

    def test_without_timeout(self) -> None:
        """Asking goes on, whether answered or not, and nothing is judged."""
        peer = Peer.of(Keepalive(timeout=None, jitter=0))

        wanted = peer.run(until=1100)

        self.assertEqual([at for at, _ in wanted], [1030, 1060, 1090])
        self.assertEqual({action for _, action in wanted}, {Action.ASK})
        self.assertIs(peer.state, State.ALIVE)

    def test_without_timeout_behind_a_queue(self) -> None:
        """Pings that nobody judges do not pile up behind bytes that cannot leave."""
        peer = Peer.of(Keepalive(timeout=None, jitter=0))
        peer.move(0, unsent=100)
        self.assertEqual(peer.run(until=1100), [])

    def test_ask_at_once(self) -> None:
        """After a stall the interval is not waited for."""
        peer = Peer.of(PLAIN)
        peer.liveness.ask_at_once(1001)

        self.assertLessEqual(peer.due, 1001)
        self.assertIs(peer.at(1001), Action.ASK)
        peer.liveness.ask_at_once(1002)
        self.assertEqual(peer.due, 1021)

    def test_ask_at_once_when_heard(self) -> None:
        """Bytes that came in the stall are life enough."""
        peer = Peer.of(PLAIN)
        peer.liveness.ask_at_once(1010)
        peer.send(at=1005)
        self.assertIsNone(peer.at(1010))
        self.assertEqual(peer.due, 1035)

    def test_ask_at_once_without_questions(self) -> None:
        """Whoever never asks does not do so after a stall either."""
        peer = Peer.of(SILENCE)
        peer.liveness.ask_at_once(1010)
        self.assertEqual(peer.due, 1060)

    def test_longer_timeout_than_interval(self) -> None:
        """Bytes after a question are noticed in time for the next interval."""
        peer = Peer.of(Keepalive(interval=10, timeout=60, jitter=0))
        peer.run(until=1011)
        peer.send()

        wanted = peer.run(until=1100)

        self.assertEqual(wanted[0], (1021, Action.ASK))
        self.assertEqual(wanted[1], (1081, Action.WARN))


class VerdictTests(SynchronousTestCase):
    def test_silence_after_a_question(self) -> None:
        """Two looks after the deadline: a warning, and the verdict."""
        peer = Peer.of(PLAIN)
        peer.asked()
        self.assertEqual(peer.due, 1050)

        self.assertIsNone(peer.at(1049.9))
        self.assertIs(peer.at(1050), Action.WARN)
        self.assertIs(peer.state, State.SUSPECT)
        self.assertEqual(peer.due, 1050)
        self.assertIs(peer.at(1050), Action.GIVE_UP)
        self.assertIs(peer.state, State.LOST)

    def test_equal_and_odd_numbers(self) -> None:
        """Interval and timeout may be equal, or either the longer one."""
        for interval, timeout in ((5, 5), (2, 9), (9, 2), (0.001, 0.001)):
            policy = Keepalive(interval=interval, timeout=timeout, jitter=0)
            *_, (at, action) = Peer.of(policy).run(until=1020)
            self.assertIs(action, Action.GIVE_UP)
            self.assertAlmostEqual(at, 1000 + interval + timeout)

    def test_answer_in_time(self) -> None:
        """An answer closes the question; the next interval begins with it."""
        peer = Peer.of(PLAIN)
        peer.asked()
        peer.now = 1031

        self.assertIsNone(peer.answer())
        self.assertIs(peer.state, State.ALIVE)
        self.assertIsNone(peer.liveness.question)
        self.assertEqual(peer.liveness.proven_at, 1031)
        self.assertEqual(peer.due, 1061)

    def test_answer_at_the_deadline(self) -> None:
        """Bytes that came at the very deadline are in time."""
        peer = Peer.of(PLAIN)
        peer.asked()
        peer.now = 1050
        peer.send()
        self.assertIsNone(peer.at(1050))
        self.assertIs(peer.state, State.ALIVE)

    def test_any_byte_is_an_answer(self) -> None:
        """With proof by traffic, any byte after the question is life."""
        peer = Peer.of(PLAIN)
        peer.asked()
        peer.send(at=1040)
        self.assertIsNone(peer.at(1050))
        self.assertEqual((peer.liveness.proven_at, peer.due), (1040, 1070))

    def test_bytes_between_the_looks(self) -> None:
        """What one more pass of I/O brings clears the suspicion."""
        peer = Peer.of(PLAIN)
        peer.suspected()
        peer.send()
        self.assertIs(peer.at(1050), Action.CLEAR)
        self.assertIs(peer.state, State.ALIVE)

    def test_answer_between_the_looks(self) -> None:
        """So does the answer itself."""
        peer = Peer.of(REPLY)
        peer.suspected()
        self.assertIs(peer.answer(), Action.CLEAR)
        self.assertIs(peer.state, State.ALIVE)

    def test_unread_bytes(self) -> None:
        """With much to read, the second look waits for as many passes as that takes."""
        peer = Peer.of(REPLY)
        peer.asked()
        peer.know(unread=2 * READ_SIZE + 1)
        self.assertIs(peer.at(1050), Action.WARN)

        looks = [peer.at(1050) for _ in range(3)]
        self.assertEqual(looks, [None, None, Action.GIVE_UP])

    def test_attempts(self) -> None:
        """Every attempt has its whole timeout, and begins when the last one ended."""
        peer = Peer.of(Keepalive(attempts=3, jitter=0))

        wanted = peer.run(until=1200)

        self.assertEqual(
            [at for at, _ in wanted if _ is Action.ASK], [1030, 1050, 1070]
        )
        self.assertEqual(wanted[-1], (1090, Action.GIVE_UP))

    def test_answer_in_a_later_attempt(self) -> None:
        """An answer to the first question, in the second attempt, counts: and is
        known to be late.
        """
        peer = Peer.of(attrs.evolve(REPLY, attempts=2))
        peer.run(until=1051)

        self.assertTrue(peer.liveness.overdue(1030))
        self.assertFalse(peer.liveness.overdue(1050))
        self.assertIsNone(peer.liveness.answered(1051, 1030, 0.0))
        self.assertIs(peer.state, State.ALIVE)

    def test_overdue(self) -> None:
        """Late is an answer after the deadline, not one to an earlier ping of the
        user's.
        """
        peer = Peer.of(PLAIN)
        self.assertFalse(peer.liveness.overdue(990))
        peer.asked()
        self.assertFalse(peer.liveness.overdue(1029))
        peer.at(1050)
        self.assertTrue(peer.liveness.overdue(1030))
        peer.at(1050)
        self.assertTrue(peer.liveness.overdue(1030))

    def test_attempts_need_a_way_out(self) -> None:
        """If the write side closed meanwhile, a question cannot be repeated, and one
        alone is not what the policy condemns for.
        """
        peer = Peer.of(Keepalive(attempts=2, jitter=0))
        peer.suspected()
        peer.know(writable=False)

        self.assertIs(peer.at(1050), Action.CLEAR)
        self.assertIs(peer.state, State.ALIVE)
        self.assertEqual(peer.run(until=1200), [])

    def test_half_closed_after_asking(self) -> None:
        """The question that left before stands."""
        peer = Peer.of(PLAIN)
        peer.asked()
        peer.know(writable=False)
        self.assertEqual(peer.run(until=1060)[-1], (1050, Action.GIVE_UP))

    def test_peer_finished(self) -> None:
        """Whoever has closed its side is asked no more, and not taken for paused."""
        peer = Peer.of(PLAIN)
        peer.know(reading=False, finished=True)

        self.assertEqual(peer.run(until=1500), [])
        self.assertIs(peer.state, State.ALIVE)

    def test_peer_finished_after_asking(self) -> None:
        """No answer can come any more, and nothing follows from none."""
        peer = Peer.of(PLAIN)
        peer.asked()
        peer.know(reading=False, finished=True)

        self.assertEqual(peer.run(until=1500), [])
        self.assertIs(peer.state, State.ALIVE)

    def test_suspect_finished(self) -> None:
        """The second look finds that it has closed its side: that was a sign of life."""
        peer = Peer.of(PLAIN)
        peer.suspected()
        peer.know(reading=False, finished=True)

        self.assertIs(peer.at(1050), Action.CLEAR)
        self.assertIs(peer.state, State.ALIVE)

    def test_finished_and_silent(self) -> None:
        """The hard limit counts from its last byte, as ever."""
        peer = Peer.of(SILENCE)
        peer.know(reading=False, finished=True)

        self.assertEqual(
            peer.run(until=1500), [(1060, Action.WARN), (1060, Action.GIVE_UP)]
        )

    def test_resumed_finished(self) -> None:
        """Whoever reads again and finds the end goes on without questions."""
        peer = Peer.of(PLAIN)
        peer.know(reading=False)
        peer.run(until=1100)
        peer.know(finished=True)

        self.assertEqual(peer.run(until=1500), [])
        self.assertIs(peer.state, State.ALIVE)

    def test_question_not_written(self) -> None:
        """Nothing follows from no answer to it; the next try is an interval away."""
        peer = Peer.of(PLAIN)
        peer.asked()
        peer.liveness.withdraw(1030)

        self.assertIs(peer.state, State.ALIVE)
        self.assertEqual(peer.due, 1060)

    def test_withdraw_too_late(self) -> None:
        """Whoever answered or closed while it was written has the last word."""
        peer = Peer.of(PLAIN)
        peer.liveness.withdraw(1000)
        self.assertIs(peer.state, State.ALIVE)
        peer.liveness.cease()
        peer.liveness.withdraw(1000)
        self.assertIs(peer.state, State.OFF)


class ReplyTests(SynchronousTestCase):
    def test_traffic_is_no_proof(self) -> None:
        """A peer that talks and does not answer is asked at every interval, and given
        up.
        """
        peer = Peer.of(REPLY)
        wanted: list[tuple[float, Action]] = []
        for second in range(1001, 1060):
            peer.send()
            wanted += peer.run(until=second)

        self.assertEqual(wanted[0], (1030, Action.ASK))
        self.assertEqual(wanted[-1], (1050, Action.GIVE_UP))
        self.assertEqual(peer.liveness.proven_at, 1000)
        self.assertGreaterEqual(peer.liveness.heard_at, 1049)

    def test_answers_without_questions(self) -> None:
        """An answer to a ping of the user's is proof too."""
        peer = Peer.of(REPLY)
        peer.now = 1020
        self.assertIsNone(peer.liveness.answered(1020, 1019, 0.0))
        self.assertEqual(peer.due, 1050)


class SilenceTests(SynchronousTestCase):
    def test_no_question(self) -> None:
        """The hard limit needs none."""
        wanted = Peer.of(SILENCE).run(until=1100)
        self.assertEqual(wanted, [(1060, Action.WARN), (1060, Action.GIVE_UP)])

    def test_bytes_count_from_when_they_came(self) -> None:
        """The limit runs from the last byte."""
        peer = Peer.of(SILENCE)
        peer.send(at=1050)
        peer.at(1060)
        self.assertEqual(peer.due, 1110)

    def test_stall_credit(self) -> None:
        """Our lateness since the last byte is given back, once the limit at most."""
        peer = Peer.of(SILENCE)
        peer.stalled = 7.0
        self.assertEqual(peer.due, 1067)
        peer.stalled = 500.0
        self.assertEqual(peer.due, 1120)

    def test_bytes_between_the_looks_with_proof_by_reply(self) -> None:
        """Silence is about bytes, whatever is asked for as proof."""
        peer = Peer.of(attrs.evolve(SILENCE, proof=Proof.REPLY))
        self.assertIs(peer.at(1060), Action.WARN)
        peer.send()
        self.assertIs(peer.at(1060), Action.CLEAR)
        self.assertEqual((peer.state, peer.due), (State.ALIVE, 1120))

    def test_shorter_than_the_question(self) -> None:
        """If it passes while a question is open, no question is held against the
        peer.
        """
        peer = Peer.of(attrs.evolve(PLAIN, silence=35, attempts=5))
        peer.asked()
        self.assertIs(peer.at(1035), Action.WARN)
        self.assertIsNone(peer.liveness.question)
        self.assertIs(peer.at(1035), Action.GIVE_UP)

    def test_passes_with_the_question(self) -> None:
        """It leaves no further attempt."""
        peer = Peer.of(attrs.evolve(PLAIN, silence=50, attempts=5))
        peer.suspected()
        self.assertIsNotNone(peer.liveness.question)
        self.assertIs(peer.at(1050), Action.GIVE_UP)


class SlowTransferTests(SynchronousTestCase):
    def test_moving_queue(self) -> None:
        """A queue that moves keeps the question open; one that stops does not."""
        peer = Peer.of(PLAIN)
        peer.move(0, in_flight=1000, unsent=10**6)
        wanted: list[tuple[float, Action]] = []
        for second in range(1001, 1200):
            peer.move(1000 * (second - 1000), 1000, 10**6)
            wanted += peer.run(until=second)
        self.assertEqual(wanted, [(1030, Action.ASK)])

        wanted = peer.run(until=1300)
        self.assertEqual([action for _, action in wanted][-1], Action.GIVE_UP)
        self.assertLessEqual(wanted[-1][0], 1199 + 20 + 5)

    def test_progress_between_the_looks(self) -> None:
        """Without the kernel the queue moves only in our own passes of I/O: after a
        stall of ours the second look has to see it.
        """
        peer = Peer.of(PLAIN)
        peer.know(acked=None, in_flight=None, unsent=9000)
        peer.suspected()
        peer.know(unsent=8000)

        self.assertIs(peer.at(1050), Action.CLEAR)
        self.assertIs(peer.state, State.ASKED)
        self.assertEqual(peer.run(until=1080)[-1], (1070, Action.GIVE_UP))

    def test_slow_reader(self) -> None:
        """A backlog before the question is nudged about, a quarter of the timeout at
        a time, and lives as long as the window grows.
        """
        peer = Peer.of(PLAIN)
        peer.move(acked=60000)
        peer.know(window=100)
        peer.asked()

        wanted = peer.run(until=1045)
        self.assertEqual(wanted, [(at, Action.NUDGE) for at in (1035, 1040, 1045)])
        peer.know(window=9000)
        self.assertIs(peer.at(1049), Action.NUDGE)
        self.assertEqual(peer.run(until=1100)[-1], (1069, Action.GIVE_UP))

    def test_read_up_to_the_answered_question(self) -> None:
        """An answer proves that everything before its question was read."""
        peer = Peer.of(PLAIN)
        peer.move(acked=60000)
        peer.asked()
        peer.now = 1031
        peer.answer()

        peer.asked()
        question: Any = peer.liveness.question
        self.assertFalse(question.backlogged)

    def test_answer_to_an_older_ping(self) -> None:
        """It proves nothing about what was written after that."""
        peer = Peer.of(PLAIN)
        peer.move(acked=60000)
        peer.asked()
        peer.liveness.answered(1031, 1029.0, 0.0)

        peer.now = 1031
        peer.asked()
        question: Any = peer.liveness.question
        self.assertTrue(question.backlogged)


class StallTests(SynchronousTestCase):
    def test_credit(self) -> None:
        """Time our reactor stood still is not the peer's silence."""
        peer = Peer.of(PLAIN)
        peer.asked()
        peer.stalled = 12.0
        self.assertIsNone(peer.at(1050))
        self.assertEqual(peer.run(until=1100)[-1], (1062, Action.GIVE_UP))

    def test_credit_is_capped(self) -> None:
        """A reactor that is always late keeps a dead peer one timeout longer."""
        peer = Peer.of(PLAIN)
        peer.asked()
        peer.stalled = 900.0
        self.assertEqual(peer.run(until=1100)[-1], (1070, Action.GIVE_UP))

    def test_credit_between_the_looks(self) -> None:
        """A stall after the warning is given back as well."""
        peer = Peer.of(PLAIN)
        peer.suspected()
        peer.stalled = 5.0
        self.assertIs(peer.at(1053), Action.CLEAR)
        self.assertEqual((peer.state, peer.due), (State.ASKED, 1055))


class HeldTests(SynchronousTestCase):
    def test_not_reading(self) -> None:
        """While we do not read nothing is asked or judged, in any state."""
        for prepare in (Peer.asked, Peer.suspected):
            peer = Peer.of(PLAIN)
            prepare(peer)
            peer.know(reading=False)
            self.assertIs(peer.at(1050), Action.HOLD)
            self.assertEqual(peer.run(until=2000), [])
            self.assertIs(peer.state, State.HELD)

    def test_not_reading_when_due(self) -> None:
        """It is reported when something would have been due, and only once."""
        peer = Peer.of(PLAIN)
        peer.send(at=1000, size=5000)
        peer.know(reading=False)
        self.assertEqual(peer.run(until=2000), [(1030, Action.HOLD)])

    def test_bytes_while_held(self) -> None:
        """What the kernel still takes is noted, and changes nothing."""
        peer = Peer.of(PLAIN)
        peer.know(reading=False)
        peer.run(until=1035)
        peer.send()
        self.assertEqual(peer.run(until=1100), [])
        self.assertEqual(peer.state, State.HELD)
        self.assertEqual(peer.liveness.heard_at, 1035)

    def test_resumed(self) -> None:
        """When we read again the peer has all its time, and is asked at once."""
        peer = Peer.of(attrs.evolve(PLAIN, silence=60))
        peer.know(reading=False)
        peer.run(until=1500)
        peer.know(reading=True)

        wanted = peer.run(until=1600)

        resumed = wanted[0][0]
        self.assertLessEqual(resumed, 1520)
        self.assertEqual(wanted[0], (resumed, Action.ASK))
        self.assertEqual(wanted[-1], (resumed + 20, Action.GIVE_UP))

    def test_resumed_without_questions(self) -> None:
        """The hard limit begins anew."""
        peer = Peer.of(SILENCE)
        peer.know(reading=False)
        peer.run(until=1500)
        peer.know(reading=True)
        self.assertIsNone(peer.at(1501))
        self.assertEqual((peer.state, peer.due), (State.ALIVE, 1561))

    def test_resumed_half_closed(self) -> None:
        """Whoever cannot write goes on without asking."""
        peer = Peer.of(PLAIN)
        peer.know(reading=False)
        peer.run(until=1100)
        peer.know(reading=True, writable=False)
        self.assertIsNone(peer.at(1101))
        self.assertEqual((peer.state, peer.due), (State.ALIVE, 1131))

    def test_answer_while_held(self) -> None:
        """An answer that was read before the next look ends it."""
        peer = Peer.of(REPLY)
        peer.asked()
        peer.know(reading=False)
        peer.at(1050)
        self.assertIsNone(peer.answer())
        self.assertIs(peer.state, State.ALIVE)


class DryRunTests(SynchronousTestCase):
    def test_verdict_proven_wrong(self) -> None:
        """After a verdict that is not enforced, bytes make the peer alive again."""
        peer = Peer.of(PLAIN)
        peer.run(until=1100)
        self.assertIs(peer.state, State.LOST)
        self.assertEqual(peer.run(until=1200), [])

        peer.send()
        wanted = peer.run(until=1229)

        self.assertEqual([action for _, action in wanted], [Action.CLEAR])
        self.assertIs(peer.state, State.ALIVE)
        self.assertEqual(peer.due, 1230)

    def test_late_answer(self) -> None:
        """So does a late answer."""
        peer = Peer.of(REPLY)
        peer.run(until=1100)
        peer.send()
        self.assertEqual(peer.run(until=1199), [])
        self.assertIs(peer.liveness.answered(1199, 1030, 0.0), Action.CLEAR)
        self.assertIs(peer.state, State.ALIVE)


class ConfigureTests(SynchronousTestCase):
    def test_from_last_heard(self) -> None:
        """New numbers count from the last sign of life."""
        peer = Peer.of(PLAIN)
        peer.now = 1020
        peer.liveness.go_by(Keepalive(interval=25, jitter=0))
        self.assertEqual(peer.due, 1025)
        peer.liveness.go_by(Keepalive(interval=5, jitter=0))
        self.assertEqual(peer.due, 1005)
        self.assertIs(peer.at(1020), Action.ASK)
        self.assertEqual(peer.liveness.policy.interval, 5)

    def test_open_question(self) -> None:
        """A question that is open goes by the new timeout at once."""
        peer = Peer.of(PLAIN)
        peer.asked()
        peer.liveness.go_by(attrs.evolve(PLAIN, timeout=100))
        self.assertEqual(peer.run(until=1129), [])
        self.assertEqual(peer.run(until=1200)[-1], (1130, Action.GIVE_UP))

    def test_more_patience_when_warned(self) -> None:
        """Whoever raises the timeout on a warning is obeyed."""
        peer = Peer.of(PLAIN)
        peer.suspected()
        peer.liveness.go_by(attrs.evolve(PLAIN, timeout=60))
        self.assertIs(peer.at(1050), Action.CLEAR)
        self.assertIs(peer.state, State.ASKED)
        self.assertEqual(peer.run(until=1100)[-1], (1090, Action.GIVE_UP))

    def test_questions_off(self) -> None:
        """A question that the policy would not ask any more is not held against the
        peer, whether open or passed.
        """
        unasked = attrs.evolve(PLAIN, interval=None)
        for policy in (unasked, attrs.evolve(PLAIN, timeout=None)):
            peer = Peer.of(PLAIN)
            peer.asked()
            peer.liveness.go_by(policy)
            self.assertIs(peer.state, State.ALIVE)
            peer = Peer.of(PLAIN)
            peer.suspected()
            peer.liveness.go_by(policy)
            self.assertIs(peer.at(1050), Action.CLEAR)
            self.assertIs(peer.state, State.ALIVE)
            self.assertNotIn(Action.WARN, [action for _, action in peer.run(1900)])

    def test_proof_relaxed(self) -> None:
        """Bytes that were no proof before are, once the policy says so."""
        for prepare in (Peer.asked, Peer.suspected):
            peer = Peer.of(REPLY)
            peer.asked()
            peer.send(at=1040)
            peer.at(1041)
            if prepare is Peer.suspected:
                peer.at(1050)
            peer.liveness.go_by(PLAIN)
            peer.settle()
            self.assertIs(peer.state, State.ALIVE)
            self.assertEqual((peer.liveness.proven_at, peer.due), (1040, 1070))

    def test_proof_tightened(self) -> None:
        """What proved life so far goes on doing so."""
        peer = Peer.of(PLAIN)
        peer.send(at=1010)
        peer.at(1010)
        peer.liveness.go_by(REPLY)
        self.assertEqual(peer.due, 1040)

    def test_while_off(self) -> None:
        """Numbers may come before the start."""
        liveness = Liveness(PLAIN, lambda: 0.0)
        liveness.go_by(Keepalive(interval=5))
        liveness.begin(10.0)
        self.assertEqual(liveness.due(10.0, 0.0), 15)


DURATIONS = st.sampled_from((None, 1.0, 2.5, 3.0, 10.0, 30.0, 100.0))
POLICIES = st.builds(
    Keepalive,
    interval=DURATIONS,
    timeout=DURATIONS,
    silence=DURATIONS,
    attempts=st.integers(1, 3),
    jitter=st.sampled_from((0, 0.1, 0.5)),
    proof=st.sampled_from(Proof),
)
EPSILON = 1e-6


class World(RuleBasedStateMachine):
    """Anything may happen to a connection; few sentences are always true.

    The truth is kept in `life`, when the peer last showed life of the kind that the
    policy asks for, `fair`, since when nothing but silence happened, and `given`,
    seconds of stall that have to be given back since then.
    """

    @initialize(policy=POLICIES, draw=st.floats(0, 1), kernel=st.booleans())
    def begin(self, policy: Keepalive, draw: float, kernel: bool) -> None:
        """A connection is made, with evidence of one kind or the other."""
        self.peer = Peer.of(policy, draw)
        self.kernel = kernel
        self.changed = False
        self.life = self.bytes = self.fair = self.peer.now
        self.given = 0.0
        self.backlog = 0
        if not kernel:
            self.peer.know(acked=None, in_flight=None, window=None)

    def judge(self, wanted: list[tuple[float, Action]]) -> None:
        """No verdict while there is life younger than the bound."""
        policy = self.peer.liveness.policy
        for at, action in wanted:
            if action is Action.GIVE_UP:
                self.assert_old_enough(at, policy)

    def assert_old_enough(self, at: float, policy: Keepalive) -> None:
        """A verdict *at* that time was not too early, for silence or for questions."""
        attempts = 1 if self.changed else policy.attempts
        silence = policy.silence if policy.silence is not None else math.inf
        judged = policy.interval is not None and policy.timeout is not None
        bound = attempts * (policy.timeout or 0) if judged else math.inf
        by_silence = at - self.bytes >= silence - EPSILON
        by_question = at - self.life >= bound - EPSILON
        assert by_silence or by_question, (at, self.life, self.bytes, policy)

    def proven(self, at: float) -> None:
        """There was life, by the policy's standard."""
        self.life = at
        self.renew()

    def renew(self) -> None:
        """Something other than silence happened: the bound counts from now."""
        self.fair, self.given = self.peer.now, 0.0

    @rule(seconds=st.floats(0, 50) | st.floats(0, 300))
    def wait(self, seconds: float) -> None:
        """Time passes, and every check comes when it is due."""
        self.judge(self.peer.run(until=self.peer.now + seconds))

    @rule(seconds=st.floats(0.1, 200))
    def stall(self, seconds: float) -> None:
        """Our reactor stands still; nothing is checked meanwhile."""
        self.peer.now += seconds
        self.peer.stalled += seconds
        self.given += seconds
        self.peer.liveness.ask_at_once(self.peer.now)
        self.judge([(self.peer.now, action) for action in self.peer.settle()])

    @rule(size=st.integers(1, 10**6))
    def hear(self, size: int) -> None:
        """Bytes come; without the kernel only if we read them."""
        if not self.kernel and not self.peer.rest.reading:
            return
        self.peer.send(size=size)
        self.bytes = self.peer.now
        if self.peer.liveness.policy.proof is Proof.TRAFFIC:
            self.proven(self.peer.now)
        else:
            self.renew()

    @precondition(lambda self: self.peer.liveness.question is not None)
    @rule()
    def answer(self) -> None:
        """The peer answers the question, whatever became of it."""
        self.peer.answer()
        self.bytes = self.peer.now
        self.proven(self.peer.now)

    @rule(reading=st.booleans(), writable=st.booleans(), unread=st.integers(0, 10**6))
    def turn(self, reading: bool, writable: bool, unread: int) -> None:
        """We pause, resume, half-close."""
        self.peer.know(reading=reading, writable=writable, unread=unread)
        self.peer.know(finished=False)
        self.renew()

    @rule()
    def finish(self) -> None:
        """The peer closes its side."""
        self.peer.know(reading=False, finished=True)
        self.renew()

    @rule(queued=st.integers(0, 10**5), moved=st.integers(0, 10**5))
    def write(self, queued: int, moved: int) -> None:
        """Bytes are written, and some of them move on."""
        rest = self.peer.rest
        waiting = rest.unsent + queued
        moved = min(moved, waiting)
        progress = int(str(rest.progress)) + moved
        self.peer.know(unsent=waiting - moved, progress=progress)
        if self.kernel:
            self.peer.know(acked=progress, window=progress % 70000)
        self.renew()

    @rule(policy=POLICIES)
    def configure(self, policy: Keepalive) -> None:
        """The policy changes."""
        self.peer.liveness.go_by(policy)
        self.changed = True
        if policy.proof is Proof.TRAFFIC:
            self.life = self.bytes
        self.renew()

    @rule()
    def withdraw(self) -> None:
        """The question could not be written."""
        self.peer.liveness.withdraw(self.peer.now)
        self.renew()

    @rule()
    def restart(self) -> None:
        """Looking stops, and begins again."""
        self.peer.liveness.cease()
        self.peer.liveness.begin(self.peer.now, self.peer.stalled)
        self.life = self.bytes = self.peer.now
        self.renew()

    @invariant()
    def settled(self) -> None:
        """Checks that are due now come to an end, and change states by the table."""
        before = self.peer.state
        actions = self.peer.settle()
        self.judge([(self.peer.now, action) for action in actions])
        reach = {before}
        for _ in range(2 + len(actions)):
            reach |= {
                target for state in reach for target in TRANSITIONS[state].values()
            }
        assert self.peer.state in reach
        assert self.peer.due > self.peer.now

    @invariant()
    def found(self) -> None:
        """Whoever is silent for longer than promised is given up."""
        peer, policy = self.peer, self.peer.liveness.policy
        asks = peer.rest.writable and not peer.rest.finished
        bound = policy.within if asks else policy.silence
        paused = not (peer.rest.reading or peer.rest.finished)
        if bound is None or paused or peer.state is State.LOST:
            return
        slack = 2 * self.given + self.leniency(policy) + EPSILON
        assert peer.now <= self.fair + bound + slack, (peer.state, bound, slack)

    @invariant()
    def asked(self) -> None:
        """Whoever is silent for longer than the interval has been asked."""
        peer, policy = self.peer, self.peer.liveness.policy
        rest = peer.rest
        judged = policy.interval is not None and policy.timeout is not None
        if peer.state is State.ALIVE and judged and rest.reading and rest.writable:
            silent = peer.now - max(self.fair, self.life)
            assert silent <= (policy.interval or 0) + EPSILON

    def leniency(self, policy: Keepalive) -> float:
        """Seconds after an event until it is noticed: we read again, bytes moved."""
        waits = (policy.interval, policy.timeout, policy.silence)
        return min((wait for wait in waits if wait is not None), default=0.0)


WorldTests = World.TestCase
WorldTests.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
