"""The garbage collector waits, and is then as it was."""

from __future__ import annotations

import gc

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.collector import uncollected


class CollectorTests(SynchronousTestCase):
    """Whether it is enabled."""

    def tearDown(self) -> None:
        gc.enable()

    def test_waits(self) -> None:
        """It is disabled within, and enabled again after an error, too."""
        with self.assertRaises(ZeroDivisionError), uncollected():
            self.assertFalse(gc.isenabled())
            1 / 0  # noqa: B018 - the error
        self.assertTrue(gc.isenabled())

    def test_disabled(self) -> None:
        """It stays disabled if it was."""
        gc.disable()
        with uncollected():
            self.assertFalse(gc.isenabled())
        self.assertFalse(gc.isenabled())
