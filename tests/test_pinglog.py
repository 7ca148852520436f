"""What pings have shown, in numbers and in few bytes."""

from __future__ import annotations

import struct
import sys
from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.pinglog import (
    EMPTY,
    PingLog,
    RoundTrip,
    add_answer,
    add_ping,
    read,
)

SECONDS = st.floats(0, 1000)


def after(*seconds: float | None) -> bytes:
    """A log with answers that took so long."""
    log = EMPTY
    for each in seconds:
        log = add_answer(add_ping(log), each)
    return log


class RoundTripTests(SynchronousTestCase):
    def test_first(self) -> None:
        """RFC 6298, 2.2: the average is the sample, the variation half of it."""
        trip = read(after(0.8)).round_trip
        self.assertEqual(trip, RoundTrip(0.8, 0.8, 0.4, 0.8))

    def test_then(self) -> None:
        """RFC 6298, 2.3: the variation first, by the old average; an eighth, a
        quarter.
        """
        trip = read(after(0.8, 1.6)).round_trip
        assert trip is not None
        self.assertEqual((trip.latest, trip.least), (1.6, 0.8))
        self.assertAlmostEqual(trip.variation, 0.75 * 0.4 + 0.25 * 0.8)
        self.assertAlmostEqual(trip.smoothed, 0.875 * 0.8 + 0.125 * 1.6)

    def test_zero(self) -> None:
        """A coarse clock measures nothing at all, and that is a number."""
        self.assertEqual(read(after(0.0, 0.0)).round_trip, RoundTrip(0, 0, 0, 0))

    @given(st.lists(SECONDS, min_size=1, max_size=50))
    def test_between_the_samples(self, samples: list[float]) -> None:
        """Averages stay between the samples, the least is the least."""
        trip = read(after(*samples)).round_trip
        assert trip is not None

        self.assertEqual((trip.latest, trip.least), (samples[-1], min(samples)))
        self.assertGreaterEqual(trip.smoothed, min(samples) * (1 - 1e-9))
        self.assertLessEqual(trip.smoothed, max(samples) * (1 + 1e-9))
        self.assertGreaterEqual(trip.variation, 0)

    def test_value(self) -> None:
        """It does not change."""
        trip: Any = read(after(1.0)).round_trip
        with self.assertRaises(attrs.exceptions.FrozenInstanceError):
            trip.latest = 2.0


class LogTests(SynchronousTestCase):
    def test_empty(self) -> None:
        """Before any ping there is nothing to read."""
        self.assertEqual(read(EMPTY), PingLog(0, 0, None))

    def test_small(self) -> None:
        """It takes no more than 73 bytes, whatever was measured."""
        self.assertLessEqual(sys.getsizeof(after(0.5, 0.25, None)), 73)

    def test_counts(self) -> None:
        """Pings and answers are counted; who answered may be unknown."""
        log = add_ping(after(None))
        self.assertEqual(read(log), PingLog(2, 1, None))

    def test_ping_leaves_the_times(self) -> None:
        """A ping changes nothing that was measured, nor does an uncertain answer."""
        log = after(0.5)
        self.assertEqual(read(add_ping(log)).round_trip, read(log).round_trip)
        self.assertEqual(read(add_answer(log, None)).round_trip, read(log).round_trip)

    def test_countless(self) -> None:
        """A number too large for its place stays the largest there is."""
        most = 2**32 - 1
        log = add_answer(add_ping(struct.pack("=II", most, most)), None)
        self.assertEqual(read(log), PingLog(most, most, None))
