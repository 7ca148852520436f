"""How late our own reactor is, measured by the soak itself.

A verdict may come later by the time for which our reactor could do nothing. How long
that was must not be asked of the library: one that counted too much would excuse itself.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LATE", "TICK", "Lateness"]

TICK = 0.01
"""Seconds between two looks."""

LATE = 0.05
"""Seconds from which on a look is late: less is what a busy reactor takes for a turn."""


class Lateness:
    """Adds up by how much the timed calls of *reactor* come late.

    Args:
        reactor: What is measured.
        now: Monotonic seconds.
    """

    def __init__(self, reactor: Any, now: Callable[[], float] = time.monotonic) -> None:
        self.now = now
        self._reactor = reactor
        self._sum = 0.0
        self._due = 0.0
        self._call: Any = None

    def start(self) -> None:
        """Begin to look."""
        self._due = self.now() + TICK
        self._call = self._reactor.callLater(TICK, self._look)

    def stop(self) -> None:
        """Look no more, and leave no call."""
        self._sum = self.seconds
        self._call.cancel()
        self._call = None

    @property
    def seconds(self) -> float:
        """All of it so far, what is under way included. Never shrinks."""
        if self._call is None:
            return self._sum
        late = self.now() - self._due
        return self._sum + late if late > LATE else self._sum

    def _look(self) -> None:
        self._sum = self.seconds
        self.start()
