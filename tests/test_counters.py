"""Counters are plain numbers."""

from __future__ import annotations

import attrs
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.counters import Counters


class CountersTests(SynchronousTestCase):
    def test_start_at_zero(self) -> None:
        """Nothing has happened yet."""
        self.assertEqual(set(attrs.asdict(Counters()).values()), {0})

    def test_identity(self) -> None:
        """Two connections' counters are never the same, and no name can be misspelt."""
        counters = Counters()
        self.assertNotEqual(counters, Counters())
        self.assertRaises(AttributeError, setattr, counters, "ping_sent", 1)
