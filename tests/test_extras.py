"""What few connections need, and when it wants a look."""

from __future__ import annotations

import math

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.answering import Answering
from heartbeat.beacon import MARGIN, Beacon
from heartbeat.counters import Counters
from heartbeat.extras import Extras
from heartbeat.limits import Limits
from heartbeat.policy import Keepalive


class ExtrasTests(SynchronousTestCase):
    def test_nothing(self) -> None:
        """Nothing needs no look."""
        self.assertEqual(Extras().due(0.0), math.inf)

    def test_earliest(self) -> None:
        """The earliest of them counts."""
        policy = Keepalive(max_age=50, beacon=20, jitter=0)
        extras = Extras()
        extras.limits = Limits(policy, 0.0, 0.0, 0.0)
        self.assertEqual(extras.due(1.0), 50)
        extras.beacon = Beacon(policy, 0.0, lambda: 0.0)
        self.assertEqual(extras.due(1.0), 20 - MARGIN)
        extras.answering = Answering(0.0)
        extras.answering.owe(lambda: None, 3.0)
        self.assertEqual(extras.due(1.0), 3.0)

    def test_counts(self) -> None:
        """What happens is counted in it; a reader gets a copy."""
        extras = Extras()
        before = extras.counters
        extras.suspicions += 2
        self.assertEqual((before.suspicions, extras.counters.suspicions), (0, 2))
        self.assertIs(type(before), Counters)
