"""A scope on a clock of its own, for the tests of what a scope is made of."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.clock import ScopedClock

if TYPE_CHECKING:
    from twisted.python.failure import Failure

__all__ = ["Boom", "ScopeTestCase"]


class Boom(Exception):
    """What misbehaving code raises in these tests."""


class ScopeTestCase(SynchronousTestCase):
    """Every test leaves no pending call and no unhandled error."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.scope = ScopedClock(self.clock, name="test")
        self.log: list[Any] = []

    def tearDown(self) -> None:
        self.scope.close()
        self.assertEqual(list(self.clock.getDelayedCalls()), [])
        self.logged()

    def logged(self, *kinds: type[BaseException]) -> list[Failure]:
        """Errors of these kinds that were logged so far; any other fails the test."""
        gc.collect()
        failures: list[Failure] = self.flushLoggedErrors()
        for failure in failures:
            if not failure.check(*kinds):
                self.fail(f"logged: {failure.getTraceback()}")
        return failures
