"""The peer's pings: answered within bounds, put off, or a flood."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.answering import (
    BURST,
    FULL,
    MAX_PAYLOAD,
    RATE,
    RETRY,
    STRIKES,
    Answering,
    Ruling,
)
from heartbeat.errors import NotReadyError


class Peer:
    """Pings, and keeps what it was answered."""

    def __init__(self) -> None:
        self.answering = Answering(100.0)
        self.answers: list[bytes] = []

    def ping(self, now: float, payload: bytes = b"", unsent: int = 0) -> Ruling:
        """One ping, handled as a connection does."""
        ruling = self.answering.rule(now, payload)
        if ruling is Ruling.ANSWER:
            self.answering.owe(lambda: self.answers.append(payload), now)
            self.answering.pay(now, unsent)
        return ruling


class AnsweringTests(SynchronousTestCase):
    def test_answered(self) -> None:
        """A ping is answered at once; then nothing is owed."""
        peer = Peer()
        self.assertIs(peer.ping(100.0, b"x"), Ruling.ANSWER)
        self.assertEqual(peer.answers, [b"x"])
        self.assertEqual(peer.answering.due(), math.inf)
        self.assertEqual(peer.answering.pay(101.0, 0), 0)

    def test_due(self) -> None:
        """An answer that is owed is due at once; paying it writes one."""
        answering = Answering(100.0)
        answering.owe(lambda: None, 100.0)
        self.assertEqual(answering.due(), 100.0)
        self.assertEqual(answering.pay(100.0, FULL), 1)

    def test_way_out_blocked(self) -> None:
        """An answer waits for the way out; only the newest one does."""
        peer = Peer()
        peer.ping(100.0, b"old", FULL + 1)
        peer.ping(100.5, b"new", FULL + 1)

        self.assertEqual(peer.answers, [])
        self.assertEqual(peer.answering.due(), 100.5 + RETRY)
        self.assertEqual(peer.answering.pay(101.5, 0), 1)
        self.assertEqual(peer.answers, [b"new"])

    def test_not_ready(self) -> None:
        """An answer that cannot be said now stays owed, and is tried again."""
        answering = Answering(100.0)
        answers: list[float] = []

        def reply() -> None:
            if not answers:
                answers.append(0.0)
                raise NotReadyError("a frame is being streamed")
            answers.append(1.0)

        answering.owe(reply, 100.0)
        self.assertEqual(answering.pay(100.0, 0), 0)
        self.assertEqual(answering.due(), 100.0 + RETRY)
        self.assertEqual(answering.pay(100.0 + RETRY, 0), 1)
        self.assertEqual(answers, [0.0, 1.0])
        self.assertEqual(answering.due(), math.inf)

    def test_beyond_the_burst(self) -> None:
        """The last ping of many is answered when the budget allows: that answers all
        before it.
        """
        peer = Peer()
        for number in range(BURST + 5):
            self.assertIs(peer.ping(100.0, b"%d" % number), Ruling.ANSWER)
        self.assertEqual(len(peer.answers), BURST)

        due = peer.answering.due()
        self.assertEqual(due, 100.0 + 2 / RATE)
        self.assertEqual(peer.answering.pay(due, 0), 1)
        self.assertEqual(peer.answers[-1], b"%d" % (BURST + 4))
        self.assertEqual(peer.answering.due(), math.inf)

    def test_too_long(self) -> None:
        """What no ping may be is not echoed."""
        peer = Peer()
        self.assertIs(peer.ping(100.0, b"x" * MAX_PAYLOAD), Ruling.ANSWER)
        self.assertIs(peer.ping(100.0, b"x" * (MAX_PAYLOAD + 1)), Ruling.SKIP)
        self.assertEqual(len(peer.answers), 1)

    def test_flood(self) -> None:
        """The thousandth ping in excess is a flood, whatever is in them; once."""
        for size in (0, MAX_PAYLOAD + 1):
            peer = Peer()
            rulings = [
                peer.ping(100.0, b"x" * size) for _ in range(BURST + STRIKES + 50)
            ]
            self.assertEqual(rulings.index(Ruling.FLOOD), BURST + STRIKES - 1)
            self.assertEqual(rulings.count(Ruling.FLOOD), 1)

    def test_slow_flood(self) -> None:
        """Twice the rate is a flood after 100 s, the rate itself never."""
        twice, once = Peer(), Peer()
        times = [100.0 + number / (2 * RATE) for number in range(3000)]
        rulings = [twice.ping(now) for now in times]
        flooded = times[rulings.index(Ruling.FLOOD)]
        self.assertTrue(100 <= flooded - 100.0 <= 110)
        self.assertNotIn(Ruling.FLOOD, [once.ping(now) for now in times[::2]])

    def test_forgiven(self) -> None:
        """After the bucket has filled up again the strikes are forgotten."""
        peer = Peer()
        for _ in range(BURST + STRIKES - 1):
            peer.ping(100.0)
        rest = 100.0 + BURST / RATE
        for _ in range(BURST + STRIKES - 1):
            self.assertIsNot(peer.ping(rest), Ruling.FLOOD)
        self.assertIs(peer.ping(rest), Ruling.FLOOD)

    def test_failing_reply(self) -> None:
        """A reply that raises is not tried again."""

        def reply() -> None:
            raise OSError

        answering = Answering(100.0)
        answering.owe(reply, 100.0)
        self.assertRaises(OSError, answering.pay, 100.0, 0)
        self.assertEqual(answering.pay(100.0, 0), 0)

    @given(
        st.lists(
            st.tuples(
                st.floats(0, 3), st.integers(0, 60), st.sampled_from((0, FULL + 1))
            ),
            max_size=40,
        )
    )
    def test_bound(self, volleys: list[tuple[float, int, int]]) -> None:
        """However they come, never more answers than a burst and the rate."""
        peer, now = Peer(), 100.0
        for pause, count, unsent in volleys:
            now += pause
            peer.answering.pay(now, unsent)
            for _ in range(count):
                peer.ping(now, unsent=unsent)
            self.assertLessEqual(len(peer.answers), BURST + RATE * (now - 100.0) + 1e-6)
            self.assertGreater(peer.answering.due(), now)
