"""One question put to the peer, and the deadline of its answer.

A deadline that counts from when the question was *written* kills live peers:
the question may still sit here behind a long queue, or lie unread behind a
backlog in the peer's kernel. So the deadline runs from the last time our bytes
moved on, until the question itself has passed:

1. *queued*: bytes written before the question have not reached the peer's host, or,
   where nobody knows that, have not left this one. It runs from the last progress
   of that queue.
2. *sent*: they have. It runs from then, and once more from whenever the peer's
   receive window is seen to grow, which means that its application is working
   through a backlog that lies before the question. That may go on for
   `LARGEST_BACKLOG` bytes, more than a receive buffer holds; after that the
   question has certainly been read.

A peer that hangs makes no such progress, and its deadline passes. So does that of
one whose whole backlog its window does not show, because its kernel has a much larger
buffer: nothing on this side tells it from one that hangs.
"""

from __future__ import annotations

import enum
import math
from typing import Protocol

__all__ = [
    "LARGEST_BACKLOG",
    "NOTABLE_BACKLOG",
    "UNSEEN",
    "Passage",
    "Question",
    "Signs",
]

LARGEST_BACKLOG = 64 * 2**20
"""Bytes, 64 MiB: twice the largest receive buffer Linux makes by default.

Source:
    ``net.ipv4.tcp_rmem``, third number: 6 MiB for long, 32 MiB on Linux 6.18.
"""

NOTABLE_BACKLOG = 4096
"""Bytes, 4 KiB: with less than this before it, a question is read at once.

Source:
    One ``read`` of any protocol implementation takes at least a page.
"""


UNSEEN = 4.0
"""How many times longer than what was seen of a backlog the rest may take that the
peer's window does not show.

Source:
    Linux 6.18 with an 8 MB receive buffer shows a window of 6.9 MB at most, so that
    of a backlog of 2 MB more than half was read unseen.
"""


class Signs(Protocol):
    """What of the evidence `heartbeat.liveness` and this module look at."""

    @property
    def heard_ago(self) -> float:
        """Seconds since the peer's last byte."""

    @property
    def received(self) -> int:
        """Bytes received so far."""

    @property
    def acked(self) -> int | None:
        """Bytes the peer's kernel acknowledged; None where nobody knows."""

    @property
    def in_flight(self) -> int | None:
        """Bytes sent and not acknowledged; None where nobody knows."""

    @property
    def unsent(self) -> int:
        """Bytes that have not left this host."""

    @property
    def progress(self) -> object:
        """A value that changes whenever our bytes moved on."""

    @property
    def window(self) -> int | None:
        """Bytes the peer is ready to take; None where nobody knows."""

    @property
    def reading(self) -> bool:
        """Whether we read what the peer sends."""

    @property
    def finished(self) -> bool:
        """Whether we do not because the peer will send no more."""

    @property
    def writable(self) -> bool:
        """Whether our side may still write."""

    @property
    def unread(self) -> int:
        """Bytes received by our kernel that we have not read."""


class Passage(enum.Enum):
    """How far a question has come."""

    QUEUED = "queued"
    """Bytes written before it are still on their way to the peer's kernel; where
    nobody knows that, still on this host."""

    SENT = "sent"
    """Nothing of ours is before it any more."""


class Question:
    """An open question: since when it may be held against the peer.

    Args:
        now: Monotonic seconds at which it is asked.
        signs: What was known just before it was written.
        stalled: Cumulative seconds our own reactor was late.
        attempt: 1 for the first question of a silence, then 2, ….
        answered: Position in our stream, bytes, up to which the peer has
            proven to have read: where its last answered question stood.

    Attributes:
        moved_at: Monotonic seconds from which the deadline runs.
        position: Position in our stream, bytes, at which the question begins;
            None where positions are unknown.
    """

    __slots__ = (
        "_backlog",
        "_first_edge",
        "_followed_at",
        "_nudged_at",
        "_progress",
        "_sent_at",
        "_stalled",
        "_unsent",
        "_window",
        "_worked",
        "asked_at",
        "attempt",
        "moved_at",
        "passage",
        "position",
    )

    def __init__(
        self, now: float, signs: Signs, stalled: float, attempt: int, answered: int
    ) -> None:
        self.asked_at = now
        self.attempt = attempt
        self.position = _end_of_queue(signs)
        waits = signs.unsent or signs.in_flight
        self.passage = Passage.QUEUED if waits else Passage.SENT
        self.moved_at = self._followed_at = self._nudged_at = self._sent_at = now
        self._stalled = stalled
        self._progress = signs.progress
        self._unsent = signs.unsent
        self._window = signs.window
        self._first_edge = _edge(signs)
        self._backlog = 0 if self.position is None else self.position - answered
        self._worked = 0  # bytes of it that the peer was seen to read

    @property
    def backlogged(self) -> bool:
        """Whether bytes sent before it may lie unread with the peer."""
        return self._backlog > NOTABLE_BACKLOG

    @property
    def straightforward(self) -> bool:
        """Whether nothing was before it: its deadline cannot move any more."""
        return self.passage is Passage.SENT and not self.backlogged

    def follow(self, now: float, signs: Signs, stalled: float) -> None:
        """Take note of how far it has come; *now* in monotonic seconds."""
        self._followed_at = now
        if self._has_moved(signs):
            self.moved_at = now
            self._stalled = stalled
        if self.passage is Passage.QUEUED and self._has_passed(signs):
            self.passage = Passage.SENT
            self._sent_at = now
            self._first_edge = _edge(signs)
        self._progress = signs.progress
        self._unsent = signs.unsent
        self._window = signs.window

    def delivered(self, signs: Signs) -> bool:
        """Whether the peer's kernel has its first byte, as far as anybody knows."""
        if self.position is None or signs.acked is None:
            return True
        return signs.acked > self.position

    def deadline(self, timeout: float, stalled: float) -> float:
        """When it counts as unanswered, monotonic seconds.

        Our own lateness since is given back, at most one *timeout*: a reactor
        that is always late must not keep dead peers for ever.
        """
        ours = min(stalled - self._stalled, timeout)
        return self.moved_at + timeout + ours + self._out_of_sight()

    def next_look(self, step: float) -> float:
        """When to `follow` it next: whole *step* s from the asking, monotonic."""
        steps = math.floor((self._followed_at - self.asked_at) / step) + 1
        look = self.asked_at + steps * step
        return max(look, math.nextafter(self._followed_at, math.inf))  # it may round

    def nudge(self, now: float, signs: Signs, pause: float) -> bool:
        """Whether to send another ping, at most one in *pause* seconds.

        Only where an acknowledgement would tell something: the peer's kernel has
        everything, and may be keeping it for an application that is slow.
        """
        quiet = signs.unsent == 0 and signs.in_flight == 0
        tells = self.backlogged and quiet and signs.window is not None
        if not tells or not signs.writable or now < self._nudged_at + pause:
            return False
        self._nudged_at = now
        return True

    def _out_of_sight(self) -> float:
        """Seconds the peer may need for what its window does not show any more.

        A window opens no further than to its largest, while as much again may
        still lie unread. What was seen gives the pace, and, so that a peer which
        stops in the middle is found, the longest that is granted.
        """
        rest = max(0, self._backlog - self._worked)
        if not self._worked or rest > (self._window or 0):
            return 0.0  # it would still be seen to open
        return (self.moved_at - self._sent_at) * min(UNSEEN, rest / self._worked)

    def _has_moved(self, signs: Signs) -> bool:
        if self.passage is Passage.QUEUED:
            shrank = self.position is None and signs.unsent < self._unsent
            return shrank or signs.progress != self._progress
        edge = _edge(signs)
        if edge is None or self._first_edge is None or not self.backlogged:
            return False
        read = edge - self._first_edge
        if (signs.window or 0) <= (self._window or 0) or read >= LARGEST_BACKLOG:
            return False
        self._worked = read
        return True

    def _has_passed(self, signs: Signs) -> bool:
        if self.position is None or signs.acked is None:
            return signs.unsent == 0
        return signs.acked >= self.position


def _end_of_queue(signs: Signs) -> int | None:
    """Position of the next byte we will write."""
    if signs.acked is None or signs.in_flight is None:
        return None
    return signs.acked + signs.in_flight + signs.unsent


def _edge(signs: Signs) -> int | None:
    """Position up to which the peer has offered to take bytes."""
    if signs.acked is None or signs.window is None:
        return None
    return signs.acked + signs.window
