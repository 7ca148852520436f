"""Snapshots for those who ask from outside, one at a time however many ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from twisted.internet.defer import Deferred, maybeDeferred

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.interfaces import IDelayedCall, IReactorTime
    from twisted.python.failure import Failure

    from heartbeat.graph.model import Snapshot

__all__ = ["Taking", "take", "take_soon"]

REST: Final = 3
"""Between two snapshots the program is left alone for this many times the first."""


def take(reactor: Any) -> Snapshot:
    """A snapshot of *reactor*, at once."""
    from heartbeat.graph.survey import snapshot  # noqa: PLC0415 - dear

    return snapshot(reactor)


def take_soon(reactor: Any) -> Deferred[Snapshot]:
    """A snapshot of *reactor* that never keeps it busy for long."""
    from heartbeat.graph.survey import snapshot_soon  # noqa: PLC0415 - dear

    return snapshot_soon(reactor)


class Taking:
    """One snapshot at a time, and a rest after it: asking cannot use up the program.

    Whoever asks gets a snapshot that was begun after the question, together with all
    the others that have been waiting for it.

    Args:
        reactor: What is looked at, and what times the rest.
        soon: How a snapshot is taken.
    """

    def __init__(
        self,
        reactor: IReactorTime,
        soon: Callable[[Any], Deferred[Snapshot]] = take_soon,
    ) -> None:
        self._reactor = reactor
        self._soon = soon
        self._waiting: list[Deferred[Snapshot]] = []
        self._current: Deferred[Any] | None = None
        self._rest: IDelayedCall | None = None

    def next(self) -> Deferred[Snapshot]:
        """The next snapshot; it can be cancelled."""
        asked: Deferred[Snapshot] = Deferred()
        self._waiting.append(asked)
        if self._current is None and self._rest is None:
            self._begin()
        return asked

    def stop(self) -> None:
        """No snapshot is being taken any more, and no timer runs."""
        if self._current is not None:
            self._current.cancel()
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None

    def _begin(self) -> None:
        waiting, self._waiting = self._waiting, []
        self._current = current = self._safely()
        current.addBoth(self._took, waiting)

    def _safely(self) -> Deferred[Any]:
        reactor: Any = self._reactor
        return maybeDeferred(self._soon, reactor)

    def _took(
        self, result: Snapshot | Failure, waiting: list[Deferred[Snapshot]]
    ) -> None:
        seconds: float = getattr(result, "took", 0.0)
        self._current = None
        self._rest = self._reactor.callLater(REST * seconds, self._rested)
        for asked in waiting:
            # One that was cancelled ignores it; a Failure goes to the errbacks.
            asked.callback(result)

    def _rested(self) -> None:
        self._rest = None
        if not all(asked.called for asked in self._waiting):
            self._begin()
