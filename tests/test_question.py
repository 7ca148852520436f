"""The deadline of one question: from when it counts, and what moves it."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.evidence import Evidence
from heartbeat.question import (
    LARGEST_BACKLOG,
    NOTABLE_BACKLOG,
    UNSEEN,
    Passage,
    Question,
    Signs,
)


def kernel(
    acked: int = 0, in_flight: int = 0, unsent: int = 0, window: int | None = 65536
) -> Evidence:
    """What the kernel tells of a connection."""
    return Evidence(
        heard_ago=30,
        acked=acked,
        in_flight=in_flight,
        unsent=unsent,
        progress=acked,
        window=window,
    )


def counted(unsent: int = 0, progress: int = 0) -> Evidence:
    """What is known without the kernel."""
    return Evidence(heard_ago=30, unsent=unsent, progress=progress)


def ask(signs: Signs, answered: int = 0, stalled: float = 0.0) -> Question:
    """A first question, asked at 100 s."""
    return Question(100.0, signs, stalled, 1, answered)


def deadline(question: Question, stalled: float = 0.0) -> float:
    """When it expires, with a timeout of 20 s."""
    return question.deadline(20.0, stalled)


class DeliveryTests(SynchronousTestCase):
    def test_acknowledged(self) -> None:
        """It is with the peer's kernel once a byte of it is acknowledged."""
        question = ask(kernel(acked=500, in_flight=40))
        self.assertFalse(question.delivered(kernel(acked=540, in_flight=23)))
        self.assertTrue(question.delivered(kernel(acked=563)))

    def test_unknown(self) -> None:
        """Where nobody knows that nothing speaks against it."""
        self.assertTrue(ask(counted()).delivered(counted()))


class PlainTests(SynchronousTestCase):
    def test_nothing_before_it(self) -> None:
        """The deadline runs from the asking, and nothing moves it."""
        question = ask(kernel(acked=500))
        question.follow(110.0, kernel(acked=540, window=70000), 0.0)

        self.assertTrue(question.straightforward)
        self.assertIs(question.passage, Passage.SENT)
        self.assertEqual((question.asked_at, question.attempt), (100.0, 1))
        self.assertEqual(deadline(question), 120.0)

    def test_position(self) -> None:
        """It begins where our queue ended; unknown if the kernel does not tell."""
        self.assertEqual(ask(kernel(1000, 200, 30)).position, 1230)
        self.assertIsNone(ask(counted(unsent=30)).position)

    def test_stall_credit(self) -> None:
        """Our own lateness is given back, one timeout at most."""
        question = ask(kernel(), stalled=7.0)

        self.assertEqual(deadline(question, 7.0), 120.0)
        self.assertEqual(deadline(question, 10.0), 123.0)
        self.assertEqual(deadline(question, 900.0), 140.0)


class QueuedTests(SynchronousTestCase):
    def test_unsent_bytes(self) -> None:
        """While bytes before it move on, the deadline runs from when they did."""
        question = ask(kernel(acked=0, in_flight=1000, unsent=9000))
        self.assertIs(question.passage, Passage.QUEUED)
        self.assertFalse(question.straightforward)

        question.follow(115.0, kernel(acked=2000, in_flight=1000, unsent=7000), 0.0)
        self.assertEqual(deadline(question), 135.0)
        question.follow(130.0, kernel(acked=2000, in_flight=1000, unsent=7000), 0.0)
        self.assertEqual(deadline(question), 135.0)

    def test_bytes_in_flight(self) -> None:
        """A slow path empties itself before the question, and that is no silence."""
        question = ask(kernel(acked=0, in_flight=4000))

        question.follow(110.0, kernel(acked=3000, in_flight=1030), 0.0)
        self.assertIs(question.passage, Passage.QUEUED)
        self.assertEqual(deadline(question), 130.0)
        question.follow(125.0, kernel(acked=4000, in_flight=30), 0.0)
        self.assertIs(question.passage, Passage.SENT)
        self.assertEqual(deadline(question), 145.0)

    def test_passed(self) -> None:
        """Bytes written after it do not extend its deadline."""
        question = ask(kernel(acked=0, in_flight=4000))
        question.follow(101.0, kernel(acked=4000, unsent=9999), 0.0)

        question.follow(110.0, kernel(acked=8000, unsent=9999), 0.0)

        self.assertTrue(question.straightforward)
        self.assertEqual(deadline(question), 121.0)

    def test_credit_starts_anew(self) -> None:
        """Stalls before the last progress are not given back again."""
        question = ask(kernel(unsent=10), stalled=1.0)
        question.follow(105.0, kernel(acked=5, unsent=5), 4.0)

        self.assertEqual(deadline(question, 6.0), 127.0)

    def test_counted_progress(self) -> None:
        """Without the kernel, bytes that it took are progress."""
        question = ask(counted(unsent=10, progress=50))

        question.follow(110.0, counted(unsent=10, progress=60), 0.0)
        self.assertEqual(deadline(question), 130.0)
        question.follow(112.0, counted(unsent=0, progress=70), 0.0)
        self.assertEqual(deadline(question), 132.0)
        self.assertTrue(question.straightforward)

    def test_counted_shrinking(self) -> None:
        """A queue that shrank is progress where nobody counts; growing is none."""
        question = ask(counted(unsent=100))

        question.follow(110.0, counted(unsent=500), 0.0)
        self.assertEqual(deadline(question), 120.0)
        question.follow(115.0, counted(unsent=400), 0.0)
        self.assertEqual(deadline(question), 135.0)

    def test_evidence_gone(self) -> None:
        """Positions that become unknown on the way count as an empty queue does."""
        question = ask(kernel(in_flight=50))
        question.follow(110.0, counted(unsent=7), 0.0)
        self.assertIs(question.passage, Passage.QUEUED)
        question.follow(111.0, counted(), 0.0)
        self.assertIs(question.passage, Passage.SENT)


class BacklogTests(SynchronousTestCase):
    def test_what_is_a_backlog(self) -> None:
        """Bytes the peer has not proven to have read, if they are many."""
        self.assertFalse(ask(kernel(acked=NOTABLE_BACKLOG)).backlogged)
        self.assertTrue(ask(kernel(acked=NOTABLE_BACKLOG + 1)).backlogged)
        self.assertFalse(ask(kernel(acked=90000), answered=89000).backlogged)
        self.assertFalse(ask(counted()).backlogged)

    def test_window_grows(self) -> None:
        """The peer's application works through a backlog: the deadline moves."""
        question = ask(kernel(acked=90000, window=1000))

        question.follow(115.0, kernel(acked=90000, window=5000), 0.0)
        self.assertEqual(deadline(question), 135.0)
        question.follow(120.0, kernel(acked=90000, window=5000), 0.0)
        self.assertEqual(deadline(question), 135.0)

    def test_window_shrinks(self) -> None:
        """A window that fills up is no sign of reading."""
        question = ask(kernel(acked=90000, window=5000))
        question.follow(115.0, kernel(acked=90020, window=4980), 0.0)

        self.assertEqual(deadline(question), 120.0)

    def test_out_of_sight(self) -> None:
        """A window that is wide open shows no more reading: what may still be unread
        gets as long as as much of it took before.
        """
        question = ask(kernel(acked=90000, window=1000))

        question.follow(110.0, kernel(acked=90000, window=46000), 0.0)

        self.assertAlmostEqual(deadline(question), 110.0 + 20.0 + 10.0)
        question.follow(125.0, kernel(acked=90000, window=46000), 0.0)
        self.assertAlmostEqual(deadline(question), 140.0)

    def test_out_of_sight_in_proportion(self) -> None:
        """Less that is unread gets less time; nothing unread gets none."""
        question = ask(kernel(acked=90000, window=1000))
        question.follow(112.0, kernel(acked=90000, window=61000), 0.0)
        self.assertAlmostEqual(deadline(question), 112.0 + 20.0 + 6.0)
        question.follow(113.0, kernel(acked=90000, window=91000), 0.0)
        self.assertAlmostEqual(deadline(question), 133.0)

    def test_out_of_sight_is_limited(self) -> None:
        """However little was seen, the rest gets no more than a multiple of its time."""
        question = ask(kernel(acked=90000, window=80000))
        question.follow(110.0, kernel(acked=90000, window=90000), 0.0)
        self.assertAlmostEqual(deadline(question), 110.0 + 20.0 + UNSEEN * 10.0)

    def test_read_enough(self) -> None:
        """After more bytes than a peer can hold, the question was read."""
        question = ask(kernel(acked=90000, window=1000))
        question.follow(115.0, kernel(90000 + LARGEST_BACKLOG, window=1001), 0.0)

        self.assertEqual(deadline(question), 120.0)

    def test_window_unknown(self) -> None:
        """Where the window is not told, a backlog cannot be seen to shrink."""
        question = ask(kernel(acked=90000, window=None))
        question.follow(115.0, kernel(acked=90000, window=5000), 0.0)
        self.assertEqual(deadline(question), 120.0)
        question = ask(kernel(acked=90000))
        question.follow(115.0, kernel(acked=90000, window=None), 0.0)
        self.assertEqual(deadline(question), 120.0)


class NudgeTests(SynchronousTestCase):
    def test_only_what_tells_something(self) -> None:
        """A nudge needs a backlog, a free wire, a known window and a way out."""
        idle = kernel(acked=90000)
        silent: list[tuple[Question, Any]] = [
            (ask(kernel()), kernel()),
            (ask(idle), kernel(acked=90000, in_flight=20)),
            (ask(idle), kernel(acked=90000, unsent=20)),
            (ask(idle), kernel(acked=90000, window=None)),
            (ask(idle), Evidence(heard_ago=0, in_flight=0, window=9, writable=False)),
            (ask(counted()), counted()),
        ]

        self.assertTrue(ask(idle).nudge(105.0, idle, 2.5))
        for question, signs in silent:
            self.assertFalse(question.nudge(105.0, signs, 2.5))

    def test_rate(self) -> None:
        """At most one in a pause, counted from the question and from each other."""
        idle = kernel(acked=90000)
        question = ask(idle)

        times = (102.0, 102.5, 104.0, 105.0)
        nudges = [question.nudge(now, idle, 2.5) for now in times]
        self.assertEqual(nudges, [False, True, False, True])


class NextLookTests(SynchronousTestCase):
    def test_grid(self) -> None:
        """Looks are whole steps from the asking, however late the last one was."""
        question = ask(kernel())
        self.assertEqual(question.next_look(5.0), 105.0)

        looks = []
        for now in (104.9, 105.0, 112.0):
            question.follow(now, kernel(), 0.0)
            looks.append(question.next_look(5.0))
        self.assertEqual(looks, [105.0, 110.0, 115.0])

    @given(
        st.floats(0, 1e9), st.floats(0, 1e6), st.floats(0.00025, 1e9, allow_nan=False)
    )
    def test_always_later(self, asked_at: float, passed: float, step: float) -> None:
        """It never is now, so that looking cannot go round in a circle."""
        question = Question(asked_at, kernel(), 0.0, 1, 0)
        now = asked_at + passed
        question.follow(now, kernel(), 0.0)

        look = question.next_look(step)

        self.assertGreater(look, now)
        self.assertLessEqual(look, now + step * (1 + 1e-9) + math.ulp(now) * 4)


class PositionTests(SynchronousTestCase):
    @given(
        st.integers(0, 10**6),
        st.integers(0, 10**6),
        st.integers(0, 10**6),
        st.lists(st.tuples(st.floats(0.1, 19), st.integers(0, 10**5)), max_size=30),
    )
    def test_moving_queue_never_expires(
        self,
        acked: int,
        in_flight: int,
        unsent: int,
        steps: list[tuple[float, int]],
    ) -> None:
        """A queue that moves within every timeout keeps the question open, until
        the peer's kernel has all that was before it; then one timeout is left.
        """
        question, now, end = ask(kernel(acked, in_flight, unsent)), 100.0, 0
        end = acked + in_flight + unsent
        self.assertEqual(question.position, end)

        for seconds, size in steps:
            waiting = acked < end
            now += seconds
            moved = min(size, end - acked)
            acked += moved
            question.follow(now, kernel(acked, 0, end - acked, window=None), 0.0)
            if waiting and moved:
                self.assertEqual(deadline(question), now + 20)
            expected = Passage.QUEUED if acked < end else Passage.SENT
            self.assertIs(question.passage, expected)
