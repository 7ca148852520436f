"""Which answer belongs to which ping, and who hears of it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.pings import MAX_PENDING, Pings


def told(pings: Pings, payload: Any, now: float) -> float | None:
    """An answer comes, and who waits hears of it; when its ping was written."""
    answered = pings.answer(payload)
    if answered is None:
        return None
    pings.release(now - answered.sent_at)
    return answered.sent_at


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
        self.assertEqual(told(self.pings, payload, 12.0), 10.0)
        self.assertIsNone(told(self.pings, payload, 13.0))

    def test_answers_earlier_ones(self) -> None:
        """An answer is one to all pings before it, and to none after it."""
        first, second, third = (self.pings.send(float(at)) for at in range(3))
        self.assertEqual(told(self.pings, second, 5.0), 1.0)
        self.assertEqual(len(self.pings), 1)
        self.assertIsNone(told(self.pings, first, 6.0))
        self.assertEqual(told(self.pings, third, 7.0), 2.0)

    def test_foreign(self) -> None:
        """An answer to nothing is none, and measures nothing."""
        self.assertIsNone(told(self.pings, None, 1.0))
        self.pings.send(1.0)
        for payload in (b"", b"x" * 500, b"0" * 16):
            self.assertIsNone(told(self.pings, payload, 2.0))
        self.assertEqual(len(self.pings), 1)

    def test_bytearray(self) -> None:
        """Some parsers hand out a mutable payload."""
        payload: Any = bytearray(self.pings.send(1.0))
        self.assertEqual(told(self.pings, payload, 2.0), 1.0)

    def test_nameless(self) -> None:
        """An answer that names no ping is one to the oldest; certainly so only if there
        is no other.
        """
        self.pings.send(1.0)
        self.pings.send(2.0)
        self.assertEqual(self.pings.answer(None), (1.0, False))
        self.assertEqual(self.pings.answer(None), (2.0, True))

    def test_certain(self) -> None:
        """An answer that names its ping belongs to it."""
        payload = self.pings.send(1.0)
        self.pings.send(2.0)
        self.assertEqual(self.pings.answer(payload), (1.0, True))

    def test_settled(self) -> None:
        """It is settled while nothing is on its way and nobody waits."""
        self.assertTrue(self.pings.settled)
        payload = self.pings.send(1.0)
        self.assertFalse(self.pings.settled)
        self.pings.answer(payload)
        self.assertTrue(self.pings.settled)
        waiting = self.pings.wait()
        self.assertFalse(self.pings.settled)
        waiting.cancel()
        self.failureResultOf(waiting, CancelledError)
        self.assertTrue(self.pings.settled)

    def test_withdraw(self) -> None:
        """A ping that was never written cannot be answered."""
        payload = self.pings.send(1.0)
        self.pings.withdraw(payload)
        self.pings.withdraw(payload)
        self.assertIsNone(told(self.pings, payload, 2.0))

    def test_bounded(self) -> None:
        """A peer that never answers costs no more than a few pings; the newest are
        kept.
        """
        payloads = [self.pings.send(float(at)) for at in range(100)]
        self.assertEqual(len(self.pings), MAX_PENDING)
        self.assertIsNone(told(self.pings, payloads[0], 100.0))
        self.assertEqual(told(self.pings, payloads[-1], 100.0), 99.0)
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
            self.assertIs(pings.answer(sent[which]) is not None, known)
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

        told(self.pings, payload, 3.5)

        self.assertEqual([self.successResultOf(d) for d in waiting], [2.5, 2.5])
        self.assertFalse(self.pings.awaited)

    def test_earlier_ping(self) -> None:
        """The answer to a ping from before one waited is not what is waited for."""
        earlier = self.pings.send(1.0)
        waiting = self.pings.wait()
        payload = self.pings.send(9.0)

        told(self.pings, earlier, 10.0)
        self.assertNoResult(waiting)
        told(self.pings, payload, 11.0)
        self.assertEqual(self.successResultOf(waiting), 2.0)

    def test_later_ping(self) -> None:
        """The answer to a later one is: it answers all before it."""
        waiting = self.pings.wait()
        self.pings.send(1.0)
        later = self.pings.send(4.0)
        told(self.pings, later, 5.0)
        self.assertEqual(self.successResultOf(waiting), 1.0)

    def test_sharing(self) -> None:
        """Who comes while a ping is under way gets its answer too."""
        first = self.pings.wait()
        payload = self.pings.send(1.0)
        second = self.pings.wait()
        self.pings.send(2.0)
        told(self.pings, payload, 3.0)
        self.assertEqual(self.successResultOf(first), 2.0)
        self.assertEqual(self.successResultOf(second), 2.0)

    def test_forgotten_ping(self) -> None:
        """A ping pushed out by newer ones does not leave anybody waiting."""
        waiting = self.pings.wait()
        payloads = [self.pings.send(float(at)) for at in range(MAX_PENDING + 5)]
        told(self.pings, payloads[-1], 30.0)
        self.successResultOf(waiting)

    def test_cancel(self) -> None:
        """Who cancels affects nobody else."""
        first, second = self.pings.wait(), self.pings.wait()
        payload = self.pings.send(1.0)
        first.cancel()
        self.failureResultOf(first, CancelledError)
        told(self.pings, payload, 2.0)
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
        told(self.pings, abandoned, 6.0)
        self.assertNoResult(second)
        told(self.pings, payload, 7.0)
        self.assertEqual(self.successResultOf(second), 2.0)

    def test_cancel_from_within(self) -> None:
        """Who is told first may cancel the others, or wait again."""
        again: list[Deferred[float]] = []
        first, second, third = (self.pings.wait() for _ in range(3))

        def hears(_: float) -> None:
            second.cancel()
            again.append(self.pings.wait())

        first.addCallback(hears)
        told(self.pings, self.pings.send(1.0), 2.0)

        self.failureResultOf(second, CancelledError)
        self.successResultOf(third)
        self.assertNoResult(again[0])

    def test_cancel_while_failing(self) -> None:
        """Who is told of a failure first may cancel the others, too."""
        first, second = self.pings.wait(), self.pings.wait()
        first.addErrback(lambda _: second.cancel())
        self.pings.fail(Failure(OSError("lost")))
        self.failureResultOf(second, CancelledError)

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
        self.assertEqual(told(self.pings, question, 3.0), 1.0)
