"""Which answer belongs to which ping, who hears of it, and how long it took."""

from __future__ import annotations

from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.pings import MAX_PENDING, Pings, RoundTrip

SECONDS = st.floats(0, 1000)


class RoundTripTests(SynchronousTestCase):
    def test_first(self) -> None:
        """RFC 6298, 2.2: the average is the sample, the variation half of it."""
        self.assertEqual(RoundTrip.first(0.8), RoundTrip(0.8, 0.8, 0.4, 0.8))

    def test_then(self) -> None:
        """RFC 6298, 2.3: the variation first, by the old average; an eighth, a
        quarter.
        """
        after = RoundTrip.first(0.8).then(1.6)
        self.assertEqual((after.latest, after.least), (1.6, 0.8))
        self.assertAlmostEqual(after.variation, 0.75 * 0.4 + 0.25 * 0.8)
        self.assertAlmostEqual(after.smoothed, 0.875 * 0.8 + 0.125 * 1.6)

    def test_zero(self) -> None:
        """A coarse clock measures nothing at all, and that is a number."""
        self.assertEqual(RoundTrip.first(0.0).then(0.0), RoundTrip(0, 0, 0, 0))

    @given(st.lists(SECONDS, min_size=1, max_size=50))
    def test_between_the_samples(self, samples: list[float]) -> None:
        """Averages stay between the samples, the least is the least."""
        trip = RoundTrip.first(samples[0])
        for sample in samples[1:]:
            trip = trip.then(sample)

        self.assertEqual((trip.latest, trip.least), (samples[-1], min(samples)))
        self.assertGreaterEqual(trip.smoothed, min(samples) * (1 - 1e-9))
        self.assertLessEqual(trip.smoothed, max(samples) * (1 + 1e-9))
        self.assertGreaterEqual(trip.variation, 0)

    def test_value(self) -> None:
        """It does not change."""
        trip: Any = RoundTrip.first(1.0)
        with self.assertRaises(attrs.exceptions.FrozenInstanceError):
            trip.latest = 2.0


class MatchingTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Nothing is on its way."""
        self.pings = Pings()

    def test_payload(self) -> None:
        """16 hexadecimal digits, never twice, different on every connection."""
        payloads = {self.pings.send(0.0) for _ in range(100)}
        self.assertEqual(len(payloads), 100)
        for payload in payloads:
            self.assertEqual(len(payload), 16)
            int(payload, 16)
        self.assertNotEqual(Pings().send(0.0), Pings().send(0.0))

    def test_answer(self) -> None:
        """An answer says when its ping was written, once."""
        payload = self.pings.send(10.0)
        self.assertEqual(self.pings.answer(payload, 12.0), 10.0)
        self.assertIsNone(self.pings.answer(payload, 13.0))
        self.assertEqual(self.pings.round_trip, RoundTrip.first(2.0))

    def test_answers_earlier_ones(self) -> None:
        """An answer is one to all pings before it, and to none after it."""
        first, second, third = (self.pings.send(float(at)) for at in range(3))
        self.assertEqual(self.pings.answer(second, 5.0), 1.0)
        self.assertEqual(len(self.pings), 1)
        self.assertIsNone(self.pings.answer(first, 6.0))
        self.assertEqual(self.pings.answer(third, 7.0), 2.0)

    def test_foreign(self) -> None:
        """An answer to nothing is none, and measures nothing."""
        self.assertIsNone(self.pings.answer(None, 1.0))
        self.pings.send(1.0)
        for payload in (b"", b"x" * 500, b"0" * 16):
            self.assertIsNone(self.pings.answer(payload, 2.0))
        self.assertIsNone(self.pings.round_trip)
        self.assertEqual(len(self.pings), 1)

    def test_bytearray(self) -> None:
        """Some parsers hand out a mutable payload."""
        payload: Any = bytearray(self.pings.send(1.0))
        self.assertEqual(self.pings.answer(payload, 2.0), 1.0)

    def test_nameless(self) -> None:
        """An answer that names no ping is one to the oldest; it is measured only if
        there can be no doubt.
        """
        self.pings.send(1.0)
        self.pings.send(2.0)
        self.assertEqual(self.pings.answer(None, 3.0), 1.0)
        self.assertIsNone(self.pings.round_trip)
        self.assertEqual(self.pings.answer(None, 4.0), 2.0)
        self.assertEqual(self.pings.round_trip, RoundTrip.first(2.0))

    def test_measures_on(self) -> None:
        """Every further answer goes into the average."""
        for seconds in (0.8, 1.6):
            self.pings.answer(self.pings.send(0.0), seconds)
        self.assertEqual(self.pings.round_trip, RoundTrip.first(0.8).then(1.6))

    def test_withdraw(self) -> None:
        """A ping that was never written cannot be answered."""
        payload = self.pings.send(1.0)
        self.pings.withdraw(payload)
        self.pings.withdraw(payload)
        self.assertIsNone(self.pings.answer(payload, 2.0))

    def test_bounded(self) -> None:
        """A peer that never answers costs no more than a few pings; the newest are
        kept.
        """
        payloads = [self.pings.send(float(at)) for at in range(100)]
        self.assertEqual(len(self.pings), MAX_PENDING)
        self.assertIsNone(self.pings.answer(payloads[0], 100.0))
        self.assertEqual(self.pings.answer(payloads[-1], 100.0), 99.0)
        self.assertEqual(len(self.pings), 0)

    @given(st.lists(st.integers(-1, 30), max_size=60))
    def test_any_order(self, script: list[int]) -> None:
        """Whatever is answered, in whatever order, twice or never: an answer counts
        once, and only for pings that are not older than one already answered.
        """
        pings, sent, newest = Pings(), list[bytes](), -1
        for step, which in enumerate(script):
            if which < 0 or which >= len(sent):
                sent.append(pings.send(float(step)))
                continue
            known = which > newest and which >= len(sent) - MAX_PENDING
            self.assertIs(pings.answer(sent[which], float(step)) is not None, known)
            newest = max(newest, which) if known else newest
            self.assertEqual(len(pings), min(len(sent) - newest - 1, MAX_PENDING))


class WaitingTests(SynchronousTestCase):
    def setUp(self) -> None:
        """Nothing is on its way."""
        self.pings = Pings()

    def test_answered(self) -> None:
        """Everybody who waits hears how long it took, once."""
        self.assertFalse(self.pings.awaited)
        waiting = [self.pings.wait(), self.pings.wait()]
        self.assertTrue(self.pings.awaited)
        payload = self.pings.send(1.0)

        self.pings.answer(payload, 3.5)

        self.assertEqual([self.successResultOf(d) for d in waiting], [2.5, 2.5])
        self.assertFalse(self.pings.awaited)

    def test_earlier_ping(self) -> None:
        """The answer to a ping from before one waited is not what is waited for."""
        earlier = self.pings.send(1.0)
        waiting = self.pings.wait()
        payload = self.pings.send(9.0)

        self.pings.answer(earlier, 10.0)
        self.assertNoResult(waiting)
        self.pings.answer(payload, 11.0)
        self.assertEqual(self.successResultOf(waiting), 2.0)

    def test_later_ping(self) -> None:
        """The answer to a later one is: it answers all before it."""
        waiting = self.pings.wait()
        self.pings.send(1.0)
        later = self.pings.send(4.0)
        self.pings.answer(later, 5.0)
        self.assertEqual(self.successResultOf(waiting), 1.0)

    def test_sharing(self) -> None:
        """Who comes while a ping is under way gets its answer too."""
        first = self.pings.wait()
        payload = self.pings.send(1.0)
        second = self.pings.wait()
        self.pings.send(2.0)
        self.pings.answer(payload, 3.0)
        self.assertEqual(self.successResultOf(first), 2.0)
        self.assertEqual(self.successResultOf(second), 2.0)

    def test_forgotten_ping(self) -> None:
        """A ping pushed out by newer ones does not leave anybody waiting."""
        waiting = self.pings.wait()
        payloads = [self.pings.send(float(at)) for at in range(MAX_PENDING + 5)]
        self.pings.answer(payloads[-1], 30.0)
        self.successResultOf(waiting)

    def test_cancel(self) -> None:
        """Who cancels affects nobody else."""
        first, second = self.pings.wait(), self.pings.wait()
        payload = self.pings.send(1.0)
        first.cancel()
        self.failureResultOf(first, CancelledError)
        self.pings.answer(payload, 2.0)
        self.assertEqual(self.successResultOf(second), 1.0)

    def test_all_cancelled(self) -> None:
        """After that the next one waits for a ping of its own."""
        first = self.pings.wait()
        abandoned = self.pings.send(1.0)
        first.cancel()
        self.failureResultOf(first, CancelledError)
        self.assertFalse(self.pings.awaited)

        second = self.pings.wait()
        payload = self.pings.send(5.0)
        self.pings.answer(abandoned, 6.0)
        self.assertNoResult(second)
        self.pings.answer(payload, 7.0)
        self.assertEqual(self.successResultOf(second), 2.0)

    def test_cancel_from_within(self) -> None:
        """Who is told first may cancel the others, or wait again."""
        again: list[Deferred[float]] = []
        first, second, third = (self.pings.wait() for _ in range(3))

        def told(_: float) -> None:
            second.cancel()
            again.append(self.pings.wait())

        first.addCallback(told)
        self.pings.answer(self.pings.send(1.0), 2.0)

        self.failureResultOf(second, CancelledError)
        self.successResultOf(third)
        self.assertNoResult(again[0])

    def test_fail(self) -> None:
        """Everybody who waits hears the reason, once; who waits later does not."""
        waiting = [self.pings.wait(), self.pings.wait()]
        self.pings.fail(Failure(OSError("lost")))
        for deferred in waiting:
            self.failureResultOf(deferred, OSError)
        self.assertNoResult(self.pings.wait())

    def test_fail_forgets_no_ping(self) -> None:
        """A ping that could not be written leaves those that were."""
        question = self.pings.send(1.0)
        waiting = self.pings.wait()
        self.pings.withdraw(self.pings.send(2.0))
        self.pings.fail(Failure(OSError("not written")))
        self.failureResultOf(waiting, OSError)
        self.assertEqual(self.pings.answer(question, 3.0), 1.0)
