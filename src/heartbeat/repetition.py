"""A call made again and again while its scope is open.

The beats lie on a grid, ``start + n * interval``, so that slow calls and late reactors
do not add up. A beat that was missed is not made up for. A call that raises, or whose
Deferred fails, is reported, and the next beat comes; one whose Deferred is still
pending at the next beat is not made twice at a time.
"""

from __future__ import annotations

import inspect
import math
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure

from heartbeat import events
from heartbeat.calls import ScopedCall, name_of
from heartbeat.ending import ScopeState
from heartbeat.errors import PolicyError
from heartbeat.ownership import end

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat.clock import ScopedClock

__all__ = ["Repetition"]


class Repetition:
    """What `heartbeat.clock.ScopedClock.every` returns.

    Attributes:
        interval: Seconds between two beats of the grid, > 0.
        runs: How often the function was called.
        failures: How many of these raised, or returned a Deferred that failed.
        skipped: Beats on which it was not called because the Deferred of the call
            before was still pending.
    """

    __slots__ = (
        "__weakref__",
        "_beat",
        "_function",
        "_pending",
        "_scope",
        "_start",
        "failures",
        "interval",
        "runs",
        "skipped",
    )

    def __init__(
        self, scope: ScopedClock, interval: float, function: Callable[[], object]
    ) -> None:
        if not _is_interval(interval):
            raise PolicyError(
                field="interval",
                value=interval,
                rule="must be a finite number of seconds > 0",
                way_out="use callLater(0, ...) to run as soon as possible",
            )
        self.interval = interval
        self.runs = self.failures = self.skipped = 0
        self._scope = scope
        self._function: Callable[[], object] | None = function
        self._pending: Deferred[Any] | None = None
        self._beat: ScopedCall | None = None
        self._start = scope.seconds()

    @property
    def running(self) -> bool:
        """Whether there will be another beat: not stopped, and the scope is open."""
        return self._function is not None and self._scope.state is ScopeState.OPEN

    def begin(self, *, now: bool) -> None:
        """Have the first beat *now*, or after one interval; for the scope."""
        if now:
            self._tick()
        else:
            self._schedule()

    def stop(self) -> None:
        """Make no more calls; harmless when stopped already.

        A Deferred of the last call that is still pending is left alone.
        """
        self._function = None
        if self._beat is not None and self._beat.active():
            self._beat.cancel()

    def _tick(self) -> None:
        if self._pending is None:
            self._run()
        else:
            self._skip()
        if self.running:
            self._schedule()

    def _schedule(self) -> None:
        self._beat = self._scope.callLater(self._until_next_beat(), self._tick)

    def _until_next_beat(self) -> float:
        """Seconds, in (0, interval]: also on a clock that was stepped back."""
        now = self._scope.seconds()
        left = self.interval - (now - self._start) % self.interval
        # A beat that rounding made early by the last digits is the one that was due.
        # These digits are added to the delay, or they would add up.
        return left if left > 4 * math.ulp(now) else self.interval + left

    def _run(self) -> None:
        assert self._function is not None  # noqa: S101 - for mypy
        self.runs += 1
        try:
            result = self._function()
            if inspect.iscoroutine(result):
                result = self._scope.run(result)
        except BaseException:  # noqa: BLE001 - as the reactor and Deferreds do
            self._failed(Failure())
        else:
            if isinstance(result, Deferred):
                self._await(result)

    def _await(self, result: Deferred[Any]) -> None:
        self._pending = result
        ending = self._scope.ending
        if ending is None or self._scope.state is ScopeState.CLOSING:
            self._scope.own(result)
        else:
            # The function closed the scope before it returned this.
            end(result, ending)
        result.addCallbacks(self._done, self._failed)

    def _done(self, _: object) -> None:
        self._pending = None

    def _failed(self, failure: Failure) -> None:
        self._pending = None
        ending = self._scope.ending
        if ending and (ending.caused(failure) or failure.check(CancelledError)):
            return
        self.failures += 1
        events.report("a call of every() failed", failure, **self._described())

    def _skip(self) -> None:
        self.skipped += 1
        if self.skipped == 1:
            events.emit("beat_skipped", level="warning", **self._described())

    def _described(self) -> dict[str, object]:
        return {
            "scope": self._scope.name,
            "peer": self._scope.peer,
            "function": name_of(self._function),
            "interval_s": self.interval,
        }


def _is_interval(interval: float) -> bool:
    try:
        return 0 < interval < math.inf
    except TypeError:
        return False
