"""When something follows from a peer's silence: the deadlines of one connection.

Nothing here changes a state; `heartbeat.liveness` does.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, cast

from heartbeat.policy import Proof
from heartbeat.states import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat.policy import Keepalive
    from heartbeat.question import Question

__all__ = ["Deadlines"]


class Deadlines:
    """What is known of one peer, and when it has to be looked at.

    Args:
        policy: Its numbers.
        uniform: A random number from 0 up to 1, for the jitter.

    Attributes:
        state: What is known of the peer.
        heard_at: When the peer's last byte arrived, monotonic seconds; it counts
            as heard when this starts, and when we read again after a pause.
        proven_at: When its last sign of life of the asked-for kind arrived,
            monotonic seconds. The same, unless the policy wants an answer.
        question: The open one, or the one it is suspected or lost for; None if
            that is for the hard limit on silence.
    """

    __slots__ = (
        "_answered",
        "_draw",
        "_looked_at",
        "_looks",
        "_policy",
        "_quiet_from",
        "_received",
        "_stalled",
        "_uniform",
        "heard_at",
        "proven_at",
        "question",
        "state",
    )

    def __init__(self, policy: Keepalive, uniform: Callable[[], float]) -> None:
        self._policy = policy
        self._uniform = uniform
        self._draw = uniform()  # anew for every question only, or it would creep
        self.state = State.OFF
        self.heard_at = self.proven_at = self._stalled = 0.0
        self._looked_at = 0.0  # when a check last found nothing to judge
        self._quiet_from = 0.0  # when the interval began: last life, or last try
        self._received = self._answered = self._looks = 0
        self.question: Question | None = None

    def due(self, now: float, stalled: float) -> float:
        """When to check next, monotonic seconds; infinite for never.

        Args:
            now: Monotonic seconds.
            stalled: Cumulative seconds by which our own reactor was late.
        """
        return self._DUE[self.state](self, now, stalled)

    def _ask_at(self) -> float:
        """When we ask: after the interval, shortened by the jitter."""
        interval = self._policy.interval
        if interval is None:
            return math.inf
        return self._quiet_from + interval * (1 - self._policy.jitter * self._draw)

    def _deadline(self, stalled: float) -> float:
        """When the open question counts as unanswered; infinite if it never does."""
        question, timeout = self.question, self._policy.timeout
        if question is None or timeout is None or not self._policy.asks:
            return math.inf
        if self._policy.proof is Proof.TRAFFIC and self.heard_at > question.asked_at:
            return math.inf
        return question.deadline(timeout, stalled)

    def _silence_at(self, stalled: float) -> float:
        """When the hard limit passes; our own lateness is given back once."""
        limit = self._policy.silence
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
        return min(self._ask_at(), self._silence_at(stalled))

    def _due_asked(self, now: float, stalled: float) -> float:
        del now
        # Bytes are noticed only when we look: often enough to ask again in time.
        question, policy = cast("Question", self.question), self._policy
        step = cast("float", policy.interval)
        if not question.straightforward:
            step = min(step, cast("float", policy.timeout) / 4)
        return min(self._limit(stalled), question.next_look(step))

    def _due_now(self, now: float, stalled: float) -> float:
        del stalled
        return now

    def _due_in_a_while(self, now: float, stalled: float) -> float:
        del now, stalled
        policy = self._policy
        waits = (policy.interval, policy.timeout, policy.silence)
        wait = min((wait for wait in waits if wait is not None), default=math.inf)
        return self._looked_at + wait

    _DUE: ClassVar = {
        State.OFF: _due_never,
        State.ALIVE: _due_alive,
        State.ASKED: _due_asked,
        State.SUSPECT: _due_now,
        State.HELD: _due_in_a_while,
        State.LOST: _due_in_a_while,
    }
