"""Many pending timers: ``timers_many CLOCK``, which is ``bare`` or ``scoped``.

Prints, by how many calls are pending, the bytes that each of them holds, and the
seconds it takes to end them all: to close the scope, or to cancel each by hand.
"""

from __future__ import annotations

import gc
import json
import sys
import time
import tracemalloc
from array import array
from typing import TYPE_CHECKING, Any

from twisted.internet import reactor as _reactor  # noqa: TID251 - the default one

from heartbeat.clock import ScopedClock

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = (1, 10, 100, 1000, 10_000)
AT_LEAST = 40_000
"""Calls that are ended, with each size."""

DELAY = 30.0

reactor: Any = _reactor


def nobody() -> None:
    """Be what the timers would run."""


def clock_of(name: str) -> Any:
    """A fresh clock."""
    return ScopedClock(reactor) if name == "scoped" else reactor


def fill(clock: Any, size: int) -> list[Any]:
    """Make calls."""
    return [clock.callLater(DELAY, nobody) for _ in range(size)]


def ending(clock: Any, calls: list[Any]) -> Callable[[], None]:
    """What ends all calls."""
    if isinstance(clock, ScopedClock):
        return clock.close

    def cancel_all() -> None:
        for call in calls:
            call.cancel()

    return cancel_all


def ended_in(name: str, size: int) -> float:
    """Seconds to end *size* calls."""
    spent = 0.0
    times = AT_LEAST // size
    for _ in range(times):
        clock = clock_of(name)
        end = ending(clock, fill(clock, size))
        reactor.runUntilCurrent()  # they are in its heap then
        started = time.perf_counter()
        end()
        spent += time.perf_counter() - started
        reactor.runUntilCurrent()
    return spent / times


def held_by(name: str) -> dict[int, float]:
    """Bytes of one pending call."""
    most = max(SIZES)
    clock = clock_of(name)
    calls: list[Any] = [None] * most
    traced = array("q", [0] * most)
    gc.collect()
    gc.disable()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for n in range(most):
        calls[n] = clock.callLater(DELAY, nobody)
        traced[n], _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    gc.enable()
    for call in calls:
        call.cancel()
    return {size: (traced[size - 1] - before) / size for size in SIZES}


def main(name: str) -> None:
    """Measure, print."""
    held = held_by(name)
    gc.freeze()
    ended_in(name, 10)
    print(json.dumps({"bytes": held, "seconds": {n: ended_in(name, n) for n in SIZES}}))


if __name__ == "__main__":
    main(*sys.argv[1:])
