"""Application idleness and age, which have nothing to do with the peer's life."""

from __future__ import annotations

import math

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.limits import Limit, Limits
from heartbeat.policy import Keepalive


def limits(policy: Keepalive, draw: float = 0.0) -> Limits:
    """Of a connection made at 100 s, whose application was last active at 110 s."""
    return Limits(policy, 100.0, 110.0, draw)


class LimitsTests(SynchronousTestCase):
    def twice(self, watched: Limits, now: float) -> Limit | None:
        """What the second look at *now* finds, after the first found nothing final."""
        self.assertFalse(watched.suspected)
        self.assertIsNone(watched.check(now))
        self.assertTrue(watched.suspected)
        self.assertEqual(watched.due(now), now)
        return watched.check(now)

    def test_off(self) -> None:
        """Without limits nothing is ever due."""
        watched = limits(Keepalive())
        self.assertEqual(watched.due(500.0), math.inf)
        self.assertIsNone(watched.check(1e9))

    def test_idle(self) -> None:
        """It counts from the application's last activity."""
        watched = limits(Keepalive(idle=60))
        self.assertEqual(watched.due(100.0), 170.0)
        self.assertIsNone(watched.check(169.9))
        self.assertEqual(watched.due(169.9), 170.0)
        self.assertIs(self.twice(watched, 170.0), Limit.IDLE)

    def test_idle_race(self) -> None:
        """Activity that came with one more pass of I/O saves the connection."""
        watched = limits(Keepalive(idle=60))
        watched.check(170.0)
        watched.active_at = 170.0
        self.assertIsNone(watched.check(170.0))
        self.assertEqual(watched.due(170.0), 230.0)

    def test_age(self) -> None:
        """It counts from the connection's beginning, whatever the application does."""
        watched = limits(Keepalive(max_age=60))
        watched.active_at = 159.0
        self.assertIs(self.twice(watched, 160.0), Limit.AGE)

    def test_age_is_spread(self) -> None:
        """Connections made together end apart, and never later than promised."""
        policy = Keepalive(max_age=1000, jitter=0.2)
        self.assertEqual(limits(policy, draw=0.0).due(100.0), 1100.0)
        self.assertEqual(limits(policy, draw=0.5).due(100.0), 1000.0)

    def test_age_first(self) -> None:
        """If both have passed, it is the age: idleness would not be the reason."""
        watched = limits(Keepalive(idle=60, max_age=60))
        self.assertIs(self.twice(watched, 500.0), Limit.AGE)

    def test_another_limit_meanwhile(self) -> None:
        """A limit that passes between the looks is looked at twice like any other."""
        watched = limits(Keepalive(idle=60, max_age=80))
        self.assertIsNone(watched.check(170.0))
        self.assertIsNone(watched.check(180.0))
        self.assertIs(watched.check(180.0), Limit.AGE)

    def test_dry_run_idle(self) -> None:
        """The next report is a whole period away; the activity stays what it was."""
        watched = limits(Keepalive(idle=60))
        self.twice(watched, 175.0)
        self.assertEqual(watched.active_at, 110.0)
        self.assertEqual(watched.due(175.0), 235.0)

    def test_dry_run_age(self) -> None:
        """The same for the age, and idleness is not touched by it."""
        watched = limits(Keepalive(idle=100, max_age=60))
        self.twice(watched, 160.0)
        self.assertEqual(watched.due(160.0), 210.0)
        self.assertIs(self.twice(watched, 210.0), Limit.IDLE)
        self.assertEqual(watched.due(210.0), 220.0)

    def test_configure(self) -> None:
        """New numbers count from the same beginnings, also between the looks."""
        watched = limits(Keepalive(idle=60))
        watched.check(170.0)
        watched.configure(Keepalive(idle=100))
        self.assertIsNone(watched.check(170.0))
        self.assertEqual(watched.due(170.0), 210.0)
        watched.configure(Keepalive())
        self.assertEqual(watched.due(170.0), math.inf)
