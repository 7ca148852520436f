"""What a peer can do wrong with questions and answers, whatever it speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from benchmarks.faults.faults import ANSWER
from benchmarks.faults.subjects.contract import emit

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Habits"]

LATE = 3.0
"""Seconds until the answer of one that answers late."""

FLOOD, PAUSE = 40, 0.025
"""Questions at once, and the seconds until there are more: 1,600 a second."""


class Talker(Protocol):
    """A connection.

    Attributes:
        longest: Bytes that a payload of its protocol may have.
    """

    longest: int

    def ping(self, payload: bytes) -> None:
        """Ask."""

    def pong(self, payload: bytes) -> None:
        """Answer."""


class Habits:
    """Those of one connection: it behaves until the bench says ``misbehave``.

    Args:
        reactor: For what is late.
        name: Which one.
        talker: Whose.
    """

    def __init__(self, reactor: Any, name: str, talker: Talker) -> None:
        self._reactor = reactor
        self._name = name
        self._talker = talker
        self._bad = self._ended = False
        self._said = False

    def misbehave(self) -> None:
        """Begin."""
        self._bad = True
        if self._name == "flood":
            self._flood()

    def asked(self, payload: bytes) -> None:
        """Answer rightly, or not."""
        if self._bad:
            self._say()
            ANSWERS[self._name](self, payload)
        else:
            self.well(payload)

    def end(self) -> None:
        """The connection is gone."""
        self._ended = True

    def well(self, payload: bytes) -> None:
        """As it should be."""
        self._talker.pong(payload)

    def foreign(self, payload: bytes) -> None:
        """Answer what nobody asked."""
        self._talker.pong(payload[::-1] + b"!")

    def empty(self, payload: bytes) -> None:
        """Answer with nothing."""
        del payload
        self._talker.pong(b"")

    def late(self, payload: bytes) -> None:
        """Answer, but after the timeout."""
        self._reactor.callLater(LATE, self._talker.pong, payload)

    def duplicate(self, payload: bytes) -> None:
        """Answer three times."""
        for _ in range(3):
            self._talker.pong(payload)

    def gigantic(self, payload: bytes) -> None:
        """Answer at length, ask at length, and answer rightly."""
        self._talker.pong(b"g" * self._talker.longest)
        self._talker.ping(b"g" * self._talker.longest)
        self._talker.pong(payload)

    def _flood(self) -> None:
        if self._ended:
            return
        self._say()
        for _ in range(FLOOD):
            self._talker.ping(b"flood")
        self._reactor.callLater(PAUSE, self._flood)

    def _say(self) -> None:
        if not self._said:
            self._said = True
            emit("misbehaved")


ANSWERS: dict[str, Callable[[Habits, bytes], None]] = {
    ANSWER: Habits.well,
    "flood": Habits.well,
    "foreign": Habits.foreign,
    "empty": Habits.empty,
    "late": Habits.late,
    "duplicate": Habits.duplicate,
    "gigantic": Habits.gigantic,
}
"""By the name of a habit."""
