"""Timers on a reactor, or on a scope of it: ``timers_calls WHAT CLOCK REACTOR COUNT``.

WHAT is done COUNT times:

* ``cancel``: ``callLater`` and ``cancel``, the reactor cleaning up once in a turn;
* ``fire``: ``callLater``, and the reactor calls it;
* ``reset``: a pending call is put off;
* ``nothing``: all that the others do besides.

CLOCK is ``bare`` or ``scoped``. Prints the seconds it took, and the count.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import sys
import time
from typing import TYPE_CHECKING, Any

from heartbeat.clock import ScopedClock

if TYPE_CHECKING:
    from collections.abc import Callable

PER_TURN = 100
"""Calls of the application's in one turn of the reactor."""

DELAY = 30

REACTORS = {
    "epoll": ("epollreactor", "EPollReactor"),
    "poll": ("pollreactor", "PollReactor"),
    "select": ("selectreactor", "SelectReactor"),
    "asyncio": ("asyncioreactor", "AsyncioSelectorReactor"),
}


class Work:
    """What is timed.

    Args:
        clock: Which clock makes the calls.
        turn: Has the reactor go once through its timed calls.
    """

    def __init__(self, clock: Any, turn: Callable[[], object]) -> None:
        self._clock = clock
        self._turn = turn
        self._fired = 0

    def nothing(self, count: int) -> None:
        """Go through the motions."""
        for n in range(count):
            if not n % PER_TURN:
                nobody()

    def cancel(self, count: int) -> None:
        """Make calls and cancel them."""
        clock, turn = self._clock, self._turn
        for n in range(count):
            clock.callLater(DELAY, nobody).cancel()
            if not n % PER_TURN:
                turn()

    def fire(self, count: int) -> None:
        """Make calls and have them run."""
        clock = self._clock
        for made in range(0, count, PER_TURN):
            for _ in range(PER_TURN):
                clock.callLater(0, self._fire)
            while self._fired < made + PER_TURN:
                self._turn()

    def reset(self, count: int) -> None:
        """Put one call off, again and again."""
        call = self._clock.callLater(DELAY, nobody)
        turn = self._turn
        for n in range(count):
            call.reset(DELAY)
            if not n % PER_TURN:
                turn()
        call.cancel()

    def _fire(self) -> None:
        self._fired += 1


def nobody() -> None:
    """Be what the timers would run."""


def reactor_of(name: str) -> tuple[Any, Callable[[], object]]:
    """A reactor, and what takes it through one turn of its timed calls."""
    module, kind = REACTORS[name]
    make: Any = getattr(importlib.import_module(f"twisted.internet.{module}"), kind)
    if name != "asyncio":
        reactor = make()
        return reactor, reactor.runUntilCurrent
    loop = asyncio.new_event_loop()
    reactor = make(loop)

    def turn() -> None:
        reactor.runUntilCurrent()
        loop.call_soon(loop.stop)
        loop.run_forever()  # or the loop would keep all that was cancelled

    return reactor, turn


def main(what: str, clock: str, reactor_name: str, count: str) -> None:
    """Measure, print."""
    reactor, turn = reactor_of(reactor_name)
    work = Work(ScopedClock(reactor) if clock == "scoped" else reactor, turn)
    gc.collect()
    gc.freeze()
    started = time.perf_counter()
    getattr(work, what)(int(count))
    print(json.dumps({"seconds": time.perf_counter() - started, "count": int(count)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
