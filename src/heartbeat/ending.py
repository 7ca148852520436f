"""The states of a scope; why and when it ended, and what it says afterwards."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, TypeAlias, cast

from twisted.python.failure import Failure
from twisted.python.reflect import safe_str

from heartbeat.calls import Inert
from heartbeat.errors import ScopeClosedError

if TYPE_CHECKING:
    from types import TracebackType

    from twisted.internet.interfaces import IReactorTime

    from heartbeat.calls import ScopedCall

__all__ = ["Ended", "Ending", "Reason", "ScopeState"]

Reason: TypeAlias = Failure | BaseException | str
"""Why a scope closes: what ``connectionLost`` was given, an exception, or words."""


class ScopeState(enum.Enum):
    """How far a scope has come; it only ever goes on to the next."""

    OPEN = "open"
    """Takes timers, Deferreds, coroutines and inner scopes."""

    CLOSING = "closing"
    """Its timers are cancelled and it takes no more. ``own`` and ``on_close`` work."""

    CLOSED = "closed"
    """Nothing works any more, and nothing is left."""


class Ending:
    """The end of one scope.

    Attributes:
        reason: What `heartbeat.clock.ScopedClock.close` was given.
        at: When, in seconds on the scope's clock.
        name: The scope's name, ``""`` if it has none.
        peer: The other end of its connection, ``""`` if there was none.
        failure: The reason as owned Deferreds get it. Words become a
            `heartbeat.errors.ScopeClosedError`.
        error: The exception in it.
    """

    __slots__ = ("_traceback", "at", "error", "failure", "name", "peer", "reason")

    def __init__(self, reason: Reason, at: float, name: str, peer: str) -> None:
        self.reason = reason
        self.at = at
        self.name = name
        self.peer = peer
        self.failure = self._as_failure(reason)
        # A Failure's value is only None for Failures made in ancient ways.
        self.error = cast("BaseException", self.failure.value)
        self._traceback: TracebackType | None = self.error.__traceback__

    def refusal(self, now: float) -> ScopeClosedError:
        """What a closed scope raises at *now*, seconds on its clock."""
        return ScopeClosedError(
            name=self.name,
            peer=self.peer,
            closed_ago=max(0.0, now - self.at),
            reason=_in_words(self.reason),
        )

    def caused(self, result: object) -> bool:
        """Whether a Deferred's *result* is the scope's end, and nothing else."""
        return isinstance(result, Failure) and result.value is self.error

    def forget_frames(self) -> None:
        """Take back the traceback that the reason collected in callbacks.

        An exception thrown into a coroutine refers to its frame afterwards, and so
        would the scope, to everything the coroutine worked with.
        """
        self.error.__traceback__ = self._traceback

    def _as_failure(self, reason: Reason) -> Failure:
        if isinstance(reason, Failure):
            return reason
        if isinstance(reason, BaseException):
            return Failure(reason)
        return Failure(self.refusal(self.at))


class Ended:
    """What takes the clock's place in a scope that has ended: it takes no calls.

    So an open scope need not ask, at each call, whether it is open: 140 instructions.

    Attributes:
        ending: Why and when.
        state: `ScopeState.CLOSING` or `ScopeState.CLOSED`.
        dropped: Calls that were refused in silence.
    """

    __slots__ = ("_clock", "_drop", "dropped", "ending", "state")

    def __init__(self, clock: IReactorTime, ending: Ending, *, drop: bool) -> None:
        self._clock = clock
        self._drop = drop
        self.ending = ending
        self.state = ScopeState.CLOSING
        self.dropped = 0

    def seconds(self) -> float:
        """The time, as before."""
        return self._clock.seconds()

    def callLater(self, delay: float, _: ScopedCall) -> Inert:
        """Refuse a call, or drop it and count that."""
        if not self._drop:
            raise self.refusal()
        self.dropped += 1
        return Inert(self.seconds() + delay)

    def refusal(self) -> ScopeClosedError:
        """What the scope raises now."""
        return self.ending.refusal(self.seconds())


def _in_words(reason: Reason) -> str:
    """The message of an exception or a Failure, or its type's name if it has none."""
    value = reason.value if isinstance(reason, Failure) else reason
    return safe_str(value) or type(value).__name__
