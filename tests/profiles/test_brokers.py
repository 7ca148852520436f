"""AMQP 0-9-1 and STOMP 1.2: the specification's cases, those of brokers and clients."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import Keepalive, PolicyError
from heartbeat.profiles import Limits, amqp, amqp_tune_ok, stomp
from heartbeat.profiles.brokers import stomp_heart_beat
from tests.profiles.arbitrary import ANYTHING, LIMITED, check
from tests.profiles.timing import LATE, timeline

TUNINGS = [
    # wanted, proposed, agreed
    (None, 60, 60),  # RabbitMQ 4: 60 is its default, and a client without a wish
    (30, 60, 30),  # specification: the client may reduce
    (600, 60, 60),  # specification: to the lowest agreed value
    (0, 60, 0),  # pika: 0 turns heartbeats off
    (60, 0, 0),  # specification: zero, the server does not want a heartbeat
    (None, 0, 0),  # RabbitMQ with heartbeat = 0
    (0, 0, 0),
    (None, 580, 580),  # RabbitMQ 3.0 to 3.5: its default
    (65_535, 65_535, 65_535),  # the largest that the field holds
    (1.5, 60, 2),  # whole seconds on the wire
    (None, 10**9, 65_535),  # more than the field holds, clamped to a day, and to that
]

HEARTBEATS = [
    # seconds in Tune-Ok, beacon, silence
    (60, 30.0, 120.0),  # RabbitMQ's default: sends each T/2
    (1, 0.5, 2.0),  # the least the field can say
    (580, 290.0, 1160.0),
    (65_535, 32_767.5, 131_070.0),
]

HEADERS: list[tuple[str | bytes | None, tuple[int, int]]] = [
    ("0,0", (0, 0)),  # specification: the same as no header
    ("10000,10000", (10_000, 10_000)),
    (b"4000, 30000", (4000, 30_000)),  # stomp.py strips spaces
    (None, (0, 0)),
]

NEGOTIATIONS = [
    # What we can and want, what they can and want; the beacon, and the silence before
    # the margin: all in milliseconds.
    ((0, 0), (0, 0), None, None),
    ((10_000, 10_000), (0, 0), None, None),  # ActiveMQ without a heart-beat policy
    ((4000, 4000), (4000, 4000), 4000, 4000),
    ((500, 500), (1000, 1000), 1000, 1000),  # RabbitMQ: half a second is one
    ((1500, 1500), (1000, 1000), 1500, 1500),  # RabbitMQ: one and a half is one
    ((4000, 8000), (10_000, 2000), 4000, 10_000),  # MAX(cx, sy), MAX(sx, cy)
    ((0, 8000), (3000, 2000), None, 8000),  # cx 0: cannot send
    ((4000, 0), (3000, 2000), 4000, None),  # cy 0: does not want
    ((4000, 8000), (0, 20_000), 20_000, None),  # sx 0
    ((4000, 8000), (3000, 0), None, 8000),  # sy 0
]


class AmqpTests(SynchronousTestCase):
    def test_tune_ok(self) -> None:
        """The lower one; 0 from either side is off."""
        for wanted, proposed, agreed in TUNINGS:
            self.assertEqual(amqp_tune_ok(wanted, proposed), agreed, (wanted, proposed))

    def test_tune_ok_is_clamped(self) -> None:
        """A server that proposes less than our limit gets our limit."""
        self.assertEqual(amqp_tune_ok(None, 1, limits=Limits(shortest=5)), 5)

    def test_tune_ok_refuses(self) -> None:
        """What does not fit the field, and a negative proposal."""
        self.assertRaises(PolicyError, amqp_tune_ok, 65_536, 60)
        self.assertRaises(PolicyError, amqp_tune_ok, 60, -1)

    def test_fields(self) -> None:
        """Half of it to beat, twice of it to give up, and nothing is asked."""
        for agreed, beacon, silence in HEARTBEATS:
            policy = amqp(agreed)
            self.assertEqual((policy.beacon, policy.silence), (beacon, silence))
            self.assertFalse(policy.asks)

    def test_off(self) -> None:
        """0 is off: no beat, no judgement."""
        self.assertEqual(amqp(0), Keepalive(interval=None, jitter=0))

    def test_timing(self) -> None:
        """Two beats in each agreed time; the verdict after twice the time, not before."""
        seen = timeline(amqp(10), 25)

        self.assertEqual(seen.asked, [])
        for beat, next_beat in zip([0.0, *seen.beaten], seen.beaten, strict=False):
            self.assertTrue(4.7 < next_beat - beat <= 5.0)
        assert seen.given_up is not None
        self.assertTrue(20 <= seen.given_up <= 20 + LATE)

    def test_any_octet_counts(self) -> None:
        """One byte in nearly twice the time is enough."""
        self.assertIsNone(timeline(amqp(10), 100, talks_every=19).given_up)

    @given(ANYTHING, ANYTHING, LIMITED)
    def test_anything(self, wanted: Any, proposed: Any, limits: Limits) -> None:
        """A sound policy, or the error that says what is wrong."""
        check(amqp, proposed, limits=limits)
        try:
            agreed = amqp_tune_ok(wanted, proposed, limits=limits)
        except PolicyError:
            return
        self.assertTrue(isinstance(agreed, int) and 0 <= agreed <= 65_535)


class StompTests(SynchronousTestCase):
    def test_headers(self) -> None:
        """Two numbers; none if there is no header."""
        for header, numbers in HEADERS:
            self.assertEqual(stomp_heart_beat(header), numbers)

    def test_no_pair(self) -> None:
        """What is no pair, or no header, is refused with the way out."""
        wrong: list[Any] = [None, 5, (1,), (1, 2, 3), "1,2"]
        for each in wrong:
            with self.assertRaisesRegex(PolicyError, "must be two numbers"):
                stomp(each, (0, 0))
            with self.assertRaisesRegex(PolicyError, "must be two numbers"):
                stomp((0, 0), each)
        number: Any = 1.5
        self.assertRaises(PolicyError, stomp_heart_beat, number)

    def test_malformed_headers(self) -> None:
        """Anything but two whole numbers is the peer's mistake."""
        malformed: list[str | bytes] = [
            "", "1", "1,", ",1", "1,2,3", "-1,0", "1.5,2", "a,b", "\xb2,1",
                       "1,\u0661", b"\xff,1", "9" * 19 + ",1",
        ]  # fmt: skip
        for header in malformed:
            error = self.assertRaises(PolicyError, stomp_heart_beat, header)
            self.assertEqual(error.field, "heart-beat")

    def test_negotiated(self) -> None:
        """Each direction by itself, the greater of both; 0 switches it off."""
        for ours, theirs, out, back in NEGOTIATIONS:
            policy = stomp(ours, theirs)
            self.assertEqual(policy.beacon, out and out / 1000, (ours, theirs))
            self.assertEqual(policy.silence, back and 1.5 * back / 1000, (ours, theirs))
            self.assertFalse(policy.asks)

    def test_tolerance(self) -> None:
        """It is the user's; at least the agreed time."""
        self.assertEqual(stomp((0, 2000), (2000, 0), tolerance=3).silence, 6)
        self.assertRaises(PolicyError, stomp, (0, 1), (1, 0), tolerance=0.9)

    def test_clamped(self) -> None:
        """A peer gets no more patience than the limits allow."""
        policy = stomp((0, 1), (100_000, 0), limits=Limits(longest=60))
        self.assertEqual(policy.silence, 90)

    def test_own_offer(self) -> None:
        """Our own number is the least: a peer gets neither more beats, nor fewer."""
        self.assertEqual(stomp((1000, 0), (0, 1)).beacon, 1)
        self.assertEqual(stomp((400, 0), (0, 100)).beacon, 0.4)
        slow = Limits(shortest=10)
        self.assertEqual(stomp((1000, 0), (0, 2000), limits=slow).beacon, 2)

    def test_promise(self) -> None:
        """An offer that cannot be kept is refused, whatever the peer wants."""
        for theirs in ((0, 0), (0, 100), (0, 10_000)):
            with self.assertRaisesRegex(
                PolicyError, r"ours=\(399, 0\).*offer 400 or more"
            ):
                stomp((399, 0), theirs)
        self.assertIsNone(stomp((0, 1), (1, 1)).beacon)

    def test_timing(self) -> None:
        """A beat comes before the agreed time is over; the verdict after the margin."""
        seen = timeline(stomp((4000, 4000), (2000, 1000)), 10)

        for beat, next_beat in zip([0.0, *seen.beaten], seen.beaten, strict=False):
            self.assertTrue(3.7 < next_beat - beat <= 4.0)
        assert seen.given_up is not None
        self.assertTrue(6 <= seen.given_up <= 6 + LATE)

    @given(st.tuples(ANYTHING, ANYTHING), st.tuples(ANYTHING, ANYTHING), LIMITED)
    def test_anything(
        self, ours: tuple[Any, Any], theirs: tuple[Any, Any], limits: Limits
    ) -> None:
        """A sound policy, or the error that says what is wrong."""
        check(stomp, ours, theirs, limits=limits)
        check(stomp, (1000, 1), (1, 1), tolerance=ours[0], limits=limits)

    @given(st.one_of(st.text(max_size=30), st.binary(max_size=30)))
    def test_any_header(self, header: str | bytes) -> None:
        """Two numbers, or the error that says what is wrong."""
        try:
            numbers = stomp_heart_beat(header)
        except PolicyError:
            return
        check(stomp, (1000, 1000), numbers)
