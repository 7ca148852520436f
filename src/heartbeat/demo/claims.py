"""What the demo says happened, and whether it did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat.clock import ScopedClock

__all__ = ["Claim", "until"]

POLL = 0.02
"""Seconds between two looks of `until`."""


@attrs.frozen
class Claim:
    """A sentence about what was just seen.

    Attributes:
        text: The sentence.
        holds: Whether it is true.
        instead: What was seen where it is not.
    """

    text: str
    holds: bool
    instead: str = ""


async def until(
    clock: ScopedClock, condition: Callable[[], object], limit: float
) -> bool:
    """Wait until *condition* holds, for *limit* seconds at most; whether it does."""
    ends_at = clock.seconds() + limit
    while not condition():
        if clock.seconds() >= ends_at:
            return False
        await clock.sleep(POLL)
    return True
