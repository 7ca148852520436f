"""Our side is never silent for longer than promised."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.beacon import LEAST, MARGIN, Beacon
from heartbeat.policy import Keepalive
from heartbeat.wheel import SLOT


def beacon(period: float | None = 10, jitter: float = 0.0, draw: float = 0.0) -> Beacon:
    """Of a connection on which we wrote at 100 s."""
    return Beacon(Keepalive(beacon=period, jitter=jitter), 100.0, lambda: draw)


class BeaconTests(SynchronousTestCase):
    def test_due(self) -> None:
        """A little before the period is over, because timers come late."""
        self.assertEqual(beacon().due(), 110.0 - MARGIN)

    def test_short(self) -> None:
        """Of a short period the margin is a part, and all of it from the least on."""
        self.assertAlmostEqual(beacon(0.2).due(), 100.0 + 0.15)
        self.assertAlmostEqual(beacon(LEAST).due(), 100.0 + LEAST - MARGIN)
        self.assertGreaterEqual(MARGIN, 2 * SLOT)

    def test_beats(self) -> None:
        """If nothing of ours left in time it beats, and a period begins."""
        ours = beacon()
        self.assertFalse(ours.check(109.0, 9.0, 0))
        self.assertTrue(ours.check(109.9, 9.9, 0))
        self.assertEqual(ours.due(), 119.9 - MARGIN)

    def test_our_own_words(self) -> None:
        """Anything we sent is a sign of life: the period counts from it."""
        ours = beacon()
        self.assertFalse(ours.check(109.9, 2.0, 0))
        self.assertAlmostEqual(ours.due(), 117.9 - MARGIN)

    def test_nobody_knows(self) -> None:
        """Where nobody knows when we wrote, only beats count."""
        ours = beacon()
        self.assertTrue(ours.check(109.9, None, 0))
        self.assertFalse(ours.check(112.0, None, 0))

    def test_older_news(self) -> None:
        """The kernel may not have sent our last beat yet: it counts all the same."""
        ours = beacon()
        ours.check(109.9, 9.9, 0)
        self.assertFalse(ours.check(110.0, 10.0, 0))
        self.assertEqual(ours.due(), 119.9 - MARGIN)

    def test_on_the_way_out(self) -> None:
        """Bytes that wait will show life when they leave: no beat behind them, and no
        look before a period after now.
        """
        ours = beacon()
        self.assertFalse(ours.check(109.9, 9.9, 5000))
        self.assertEqual(ours.due(), 119.9 - MARGIN)

    def test_jitter(self) -> None:
        """The spread only makes it earlier, and is drawn once a beat."""
        draws = iter((0.5, 0.0))
        ours = Beacon(Keepalive(beacon=10, jitter=0.2), 100.0, lambda: next(draws))
        self.assertEqual(ours.due(), 109.0 - MARGIN)
        ours.check(105.0, 1.0, 0)
        self.assertEqual(ours.due(), 113.0 - MARGIN)
        self.assertTrue(ours.check(113.0, 9.0, 0))
        self.assertEqual(ours.due(), 123.0 - MARGIN)

    def test_configure(self) -> None:
        """Other numbers count from when we last wrote; off is never."""
        ours = beacon()
        ours.configure(Keepalive(beacon=4, jitter=0))
        self.assertEqual(ours.due(), 104.0 - MARGIN)
        ours.configure(Keepalive())
        self.assertEqual(ours.due(), math.inf)
        self.assertFalse(ours.check(500.0, None, 0))

    @given(
        st.floats(0.001, 1e6),
        st.floats(0, 0.999),
        st.floats(0, 1, exclude_max=True),
        st.booleans(),
    )
    def test_bounds(
        self, period: float, jitter: float, draw: float, waiting: bool
    ) -> None:
        """Whatever the numbers, the next one is later than now, within the period."""
        ours = beacon(period, jitter, draw)
        for _ in range(3):
            now = ours.due()
            self.assertIs(ours.check(now, None, int(waiting)), not waiting)
            self.assertGreater(ours.due(), now)
            self.assertLessEqual(ours.due(), now + period)
