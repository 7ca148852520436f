"""When something follows from a peer's silence: the deadlines of one connection.

Nothing here changes a state; `heartbeat.liveness` does.

A keepalive is one object, in layers that are classes on top of each other: a `Check`
of the wheel, its deadlines, `heartbeat.liveness`, `heartbeat.watch`,
`heartbeat.telling`, `heartbeat.conversation`, `heartbeat.response`,
`heartbeat.keepalive`. Each knows those below it and works without those above. Objects
beside each other would say the same, and cost every idle connection 40 bytes and a
cache miss each.
"""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, ClassVar, cast

from heartbeat._slots import Check
from heartbeat.policy import Proof
from heartbeat.states import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat.policy import Keepalive
    from heartbeat.question import Question

__all__ = ["DRAWS", "TOGETHER", "Deadlines", "coarse"]

DRAWS = tuple(n / 256 for n in range(256))
"""What `coarse` gives: a million connections share these, and have none of their own."""


def coarse() -> float:
    """A random number from 0 up to 1, one of `DRAWS`."""
    return DRAWS[random.getrandbits(8)]


TOGETHER = 1 / 3
"""Share of the jitter that is not left to chance: the moment to ask is moved back to
a multiple of it, with the defaults to a whole second. So connections ask together, and
the answers come together.

Source:
    Measured: to wake a process costs as much as several pings. With 1000 connections
    that ask every 30 s, 33 share a wake instead of two.
"""


class Deadlines(Check):
    """What is known of one peer, and when it has to be looked at.

    Args:
        policy: Its numbers.
        uniform: A random number from 0 up to 1, for the jitter.

    Attributes:
        policy: As given; `heartbeat.liveness.Liveness.go_by` changes it.
        state: What is known of the peer.
        heard_at: When the peer's last byte arrived, monotonic seconds; it counts
            as heard when this starts, and when we read again after a pause.
        proven_at: When its last sign of life of the asked-for kind arrived,
            monotonic seconds. The same, unless the policy wants an answer.
        looked_at: When the connection was last looked at, monotonic seconds.
        question: The open one, or the one it is suspected or lost for; None if
            that is for the hard limit on silence.
    """

    __slots__ = (
        "_answered",
        "_draw",
        "_quiet_from",
        "_stalled",
        "_uniform",
        "heard_at",
        "looked_at",
        "policy",
        "proven_at",
        "question",
        "state",
    )

    def __init__(self, policy: Keepalive, uniform: Callable[[], float]) -> None:
        self.policy = policy
        self._uniform = uniform
        self._draw = uniform()  # anew for every question only, or it would creep
        self.state = State.OFF
        self.heard_at = self.proven_at = self.looked_at = self._stalled = 0.0
        self._quiet_from = 0.0  # when the interval began: last life, or last try
        self._answered = 0
        self.question: Question | None = None

    def due(self, now: float, stalled: float) -> float:
        """When to check next, monotonic seconds; infinite for never.

        Args:
            now: Monotonic seconds.
            stalled: Cumulative seconds by which our own reactor was late.
        """
        return self._DUE[self.state](self, now, stalled)

    def due_alive(self, stalled: float) -> float:
        """The same of a peer that is `State.ALIVE`, as most are most of the time."""
        policy = self.policy
        if policy.interval is None:
            return self._silence_at(stalled)
        spread = policy.interval * policy.jitter
        ask_at = (
            self._quiet_from + policy.interval - spread * (1 - TOGETHER) * self._draw
        )
        if spread and ask_at > 0:
            ask_at -= ask_at % (spread * TOGETHER)
        if policy.silence is None:
            return ask_at
        return min(ask_at, self._silence_at(stalled))

    def _deadline(self, stalled: float) -> float:
        """When the open question counts as unanswered; infinite if it never does."""
        question, timeout = self.question, self.policy.timeout
        if question is None or timeout is None or not self.policy.asks:
            return math.inf
        if self.policy.proof is Proof.TRAFFIC and self.heard_at > question.asked_at:
            return math.inf
        return question.deadline(timeout, stalled)

    def _silence_at(self, stalled: float) -> float:
        """When the hard limit passes; our own lateness is given back once."""
        limit = self.policy.silence
        if limit is None:
            return math.inf
        return self.heard_at + limit + min(stalled - self._stalled, limit)

    def _limit(self, stalled: float) -> float:
        return min(self._deadline(stalled), self._silence_at(stalled))

    # One method a state: when to look again.

    def _due_never(self, now: float, stalled: float) -> float:
        del now, stalled
        return math.inf

    def _due_alive(self, now: float, stalled: float) -> float:
        del now
        return self.due_alive(stalled)

    def _due_asked(self, now: float, stalled: float) -> float:
        del now
        # Bytes are noticed only when we look: often enough to ask again in time.
        question, policy = cast("Question", self.question), self.policy
        step = cast("float", policy.interval)
        if not question.straightforward:
            step = min(step, cast("float", policy.timeout) / 4)
        return min(self._limit(stalled), question.next_look(step))

    def _due_now(self, now: float, stalled: float) -> float:
        del stalled
        return now

    def _due_in_a_while(self, now: float, stalled: float) -> float:
        del now, stalled
        policy = self.policy
        waits = (policy.interval, policy.timeout, policy.silence)
        wait = min((wait for wait in waits if wait is not None), default=math.inf)
        return self.looked_at + wait

    _DUE: ClassVar = {
        State.OFF: _due_never,
        State.ALIVE: _due_alive,
        State.ASKED: _due_asked,
        State.SUSPECT: _due_now,
        State.HELD: _due_in_a_while,
        State.LOST: _due_in_a_while,
    }
