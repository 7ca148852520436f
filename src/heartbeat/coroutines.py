"""Coroutines that end with their scope.

Twisted turns a coroutine into a Deferred and cancels it by cancelling what it awaits.
Two things are missing for one that belongs to a connection, and are here. It gets the
reason the connection ended, not ``CancelledError``. And it gets it also when the scope
closes while it is running, so not waiting for anything: at its next ``await``.
"""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from typing import TYPE_CHECKING, Any, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure

from heartbeat.ownership import Estate, Expendable, end, excuse

if TYPE_CHECKING:
    from heartbeat.ending import Ending

__all__ = ["Task"]

T = TypeVar("T")


class Task(Deferred[T]):
    """The result of a coroutine that fails with the scope's reason when the scope closes.

    It fires when the coroutine is over. A coroutine that catches the reason may await
    again, to clean up: it is told once.
    """

    def __init__(self, estate: Estate, coroutine: Coroutine[Any, Any, T]) -> None:
        super().__init__()
        self._estate = estate
        self._steps = _Steps(estate, coroutine)
        Expendable(estate, self)
        self._work = Deferred.fromCoroutine(self._steps)
        self._work.addBoth(self._over)

    @property
    def told(self) -> bool:
        """Whether the coroutine knows that its scope has ended."""
        return self._steps.told is not None

    def cancel(self) -> None:
        """Cancel what the coroutine awaits; nothing while it runs itself."""
        if self.called:
            super().cancel()
        elif not self._steps.running:
            self._work.cancel()

    def _over(self, result: T | Failure) -> None:
        if isinstance(result, Failure):
            self.errback(result)
        else:
            self.callback(result)
        ending = self._estate.ending
        if ending:
            # Perhaps long after the scope closed, if the coroutine took its time.
            excuse(self, ending)
            ending.forget_frames()


class _Steps(Coroutine[Any, Any, T]):
    """A coroutine that is told, once, when its scope has ended."""

    __slots__ = ("_coroutine", "_estate", "told")

    def __init__(self, estate: Estate, coroutine: Coroutine[Any, Any, T]) -> None:
        self._coroutine = coroutine
        self._estate = estate
        self.told: Ending | None = None

    @property
    def running(self) -> bool:
        """Whether the coroutine is on the stack right now."""
        return bool(self._coroutine.cr_running)  # type: ignore[attr-defined]

    def send(self, value: Any) -> Any:
        """Give the coroutine what it awaited; what it awaits next."""
        return self._awaited(self._coroutine.send(value))

    def throw(self, kind: Any, value: Any = None, traceback: Any = None) -> Any:
        """Raise in the coroutine; what it awaits next."""
        error = kind if value is None else value.with_traceback(traceback)
        ending = self._estate.ending
        if ending and not self.told and isinstance(error, CancelledError):
            error = ending.error
        self.told = ending
        return self._awaited(self._coroutine.throw(error))

    def close(self) -> None:
        """Raise ``GeneratorExit`` in the coroutine."""
        self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, T]:
        """For the interface; Twisted calls `send` and `throw`."""
        return self._coroutine.__await__()

    def _awaited(self, awaited: Any) -> Any:
        ending = self._estate.ending
        # The scope closed while the coroutine ran: there was nothing to cancel then.
        if ending and not self.told and isinstance(awaited, Deferred):
            end(awaited, ending)
        return awaited
