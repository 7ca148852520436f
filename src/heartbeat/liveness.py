"""Is the peer alive at time *t*? A state machine without a clock.

Numbers come in, the next deadline and at most one action come out; nothing here
reads a clock, sets a timer or touches a connection. Two rules shape it:

- **A verdict needs a second look.** Reactors run timers before I/O, so after a
  stall of our own the bytes that prove life are still in the kernel when the
  deadline passes. A passed deadline therefore only makes the peer SUSPECT; it
  is LOST when nothing was heard after one more pass of I/O, and nothing of ours
  moved on either.
- **Only the table changes the state**: the one in `heartbeat.states`.

Source:
    Two phases: Apache Cassandra's and ScyllaDB's local-pause guard, OpenSSH's
    ``conn_in_ready`` check before its verdict; measured on Twisted's epoll,
    poll and select reactors.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar, Final, cast

from heartbeat.deadlines import Deadlines, coarse
from heartbeat.policy import Proof
from heartbeat.question import Question
from heartbeat.states import TRANSITIONS, Action, Event, State

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat.policy import Keepalive
    from heartbeat.question import Signs

__all__ = ["READ_SIZE", "Action", "Liveness"]

# For the comparison in every glance: enum members are slow to look up.
_TRAFFIC: Final = Proof.TRAFFIC

READ_SIZE = 2**16
"""Bytes that one pass of I/O reads from a connection, at most.

Source:
    ``twisted.internet.abstract.FileDescriptor.bufferSize``.
"""


class Liveness(Deadlines):
    """The state of one peer.

    Args:
        policy: Its numbers.
        uniform: A random number from 0 up to 1, for the jitter.

    Attributes:
        known: Bytes received when the peer ceased to be simply alive, or at its last
            sign of life since: more of them are one. None while it is alive.
        looks: Looks left until the verdict on a suspect.
    """

    __slots__ = ("known", "looks")

    def __init__(
        self, policy: Keepalive, uniform: Callable[[], float] = coarse
    ) -> None:
        super().__init__(policy, uniform)
        self.known: int | None = None
        self.looks = 0

    def go_by(self, policy: Keepalive) -> None:
        """Go by other numbers: computed from the last sign of life, not from now."""
        self.policy = policy
        if policy.proof is Proof.TRAFFIC:
            self.proven_at = self.heard_at
            self._quiet_from = max(self._quiet_from, self.heard_at)
        if self.state is State.ASKED and self._deadline(self._stalled) == math.inf:
            self._drop_question()

    def begin(self, now: float, stalled: float = 0.0) -> None:
        """Begin to look; the peer counts as heard at *now*, monotonic seconds."""
        self._enter(Event.START)
        self._stalled = stalled
        self.heard_at = now
        self._prove(now)

    def cease(self) -> None:
        """Look no more; idempotent."""
        self._enter(Event.STOP)
        self.question = self.known = None

    def heard(self, at: float, stalled: float) -> None:
        """Take note of bytes that arrived *at*, monotonic seconds, while ALIVE."""
        if at <= self.heard_at:
            return
        self.heard_at = at
        self._stalled = stalled
        if self.policy.proof is _TRAFFIC:
            self.proven_at = self._quiet_from = at

    def answered(self, now: float, sent_at: float, stalled: float) -> Action | None:
        """The peer answered, at *now*, a ping *sent_at*, both monotonic seconds."""
        if self.state is State.OFF:
            return None
        question = self.question
        if question and question.position is not None and sent_at >= question.asked_at:
            self._answered = question.position
        self.heard_at = max(self.heard_at, now)
        self._stalled = stalled
        return self._live_on(now)

    def withdraw(self, now: float) -> None:
        """The question could not be written; try again after another interval."""
        if self.state is State.ASKED:
            self._drop_question()
            self._quiet_from = now

    def overdue(self, sent_at: float) -> bool:
        """Whether an answer to a ping *sent_at* would come after its deadline."""
        if self.state in (State.SUSPECT, State.LOST):
            return True
        question = self.question
        repeated = question is not None and question.attempt > 1
        return repeated and sent_at < cast("Question", question).asked_at

    def ask_at_once(self, now: float) -> None:
        """After a stall or a suspend: do not wait for the interval to pass."""
        del now
        if self.state is State.ALIVE and self.policy.asks:
            self._quiet_from = -math.inf

    def check(self, now: float, signs: Signs, stalled: float) -> Action | None:
        """Judge by what is known at *now*.

        Args:
            now: Monotonic seconds, never before an earlier call's.
            signs: What the kernel and the transport know.
            stalled: Cumulative seconds by which our own reactor was late.
        """
        self.looked_at = now
        if self._shows_life(now, signs, stalled):
            return self._live_on(self.heard_at)
        return self._CHECKS[self.state](self, now, signs, stalled)

    # One method a state: what a check does in it.

    def _check_nothing(self, now: float, signs: Signs, stalled: float) -> None:
        del now, signs, stalled

    def _check_alive(self, now: float, signs: Signs, stalled: float) -> Action | None:
        if now < self.due_alive(stalled):
            return None
        reading = signs.reading
        if not reading and not signs.finished:
            return self._hold(signs)
        if now >= self._silence_at(stalled):
            return self._expire(now, signs, stalled)
        self._quiet_from = now
        self._draw = self._uniform()
        if not reading or not signs.writable:  # no answer, or no question, gets through
            return None
        if self.policy.timeout is None:  # what waits to leave keeps a path open too
            return None if signs.unsent else Action.ASK
        self._enter(Event.SILENT)
        return self._ask(now, signs, stalled, attempt=1)

    def _check_asked(self, now: float, signs: Signs, stalled: float) -> Action | None:
        if not signs.reading:
            return self._hear_no_more(signs)
        question = cast("Question", self.question)  # ASKED means there is one
        question.follow(now, signs, stalled)
        if now >= self._limit(stalled):
            return self._expire(now, signs, stalled)
        pause = cast("float", self.policy.timeout) / 8
        return Action.NUDGE if question.nudge(now, signs, pause) else None

    def _check_suspect(self, now: float, signs: Signs, stalled: float) -> Action | None:
        if not signs.reading and (self.question or not signs.finished):
            return self._hear_no_more(signs)
        if self.question:
            self.question.follow(now, signs, stalled)
        if now < self._limit(stalled):
            return self._excuse(stalled)
        self.looks -= 1
        if self.looks > 0:
            return None
        return self._conclude(now, signs, stalled)

    def _check_held(self, now: float, signs: Signs, stalled: float) -> Action | None:
        if not signs.reading and not signs.finished:
            return None
        self._enter(Event.RESUMED)
        self.question = self.known = None
        self._stalled = stalled
        self.heard_at = now
        self._prove(now)
        self.ask_at_once(now)
        return self._check_alive(now, signs, stalled)

    # What the checks are made of.

    def _shows_life(self, now: float, signs: Signs, stalled: float) -> bool:
        if self.state is State.ALIVE:
            self.heard(now - signs.heard_ago, stalled)
            return False
        if self.known is None or signs.received <= self.known:
            return False
        self.known = signs.received
        self._stalled = stalled
        self.heard_at = max(self.heard_at, now - signs.heard_ago)
        return self.policy.proof is Proof.TRAFFIC and self.state is not State.HELD

    def _live_on(self, at: float) -> Action | None:
        mistaken = self.state in (State.SUSPECT, State.LOST)
        self._enter(Event.HEARD)
        self.question = self.known = None
        self._prove(at)
        return Action.CLEAR if mistaken else None

    def _prove(self, at: float) -> None:
        self.proven_at = self._quiet_from = at

    def _ask(self, now: float, signs: Signs, stalled: float, attempt: int) -> Action:
        self.known = signs.received
        self.question = Question(now, signs, stalled, attempt, self._answered)
        return Action.ASK

    def _expire(self, now: float, signs: Signs, stalled: float) -> Action:
        if now < self._deadline(stalled):
            self.question = None  # silence alone has passed its limit
        self._enter(Event.EXPIRED)
        self.known = signs.received
        self.looks = 1 + signs.unread // READ_SIZE
        return Action.WARN

    def _excuse(self, stalled: float) -> Action:
        """The deadline has moved since the first look."""
        if self._deadline(stalled) < math.inf:
            self._enter(Event.EXTENDED)
        else:
            self._drop_question()
        return Action.CLEAR

    def _conclude(self, now: float, signs: Signs, stalled: float) -> Action:
        """Nothing was heard in the second look either."""
        question = self.question
        final = now >= self._silence_at(stalled)
        if final or not question or question.attempt >= self.policy.attempts:
            self._enter(Event.CONFIRMED)
            return Action.GIVE_UP
        if not signs.writable:  # nobody can ask again: only silence speaks now
            self._drop_question()
            return Action.CLEAR
        self._enter(Event.RETRIED)
        return self._ask(now, signs, stalled, attempt=question.attempt + 1)

    def _drop_question(self) -> None:
        self._enter(Event.WITHDRAWN)
        self.question = self.known = None

    def _hear_no_more(self, signs: Signs) -> Action | None:
        """No answer can be heard: by our own will, or the peer has said its last."""
        if not signs.finished:
            return self._hold(signs)
        suspected = self.state is State.SUSPECT
        self._drop_question()
        return Action.CLEAR if suspected else None

    def _hold(self, signs: Signs) -> Action:
        self._enter(Event.PAUSED)
        self.known = signs.received
        return Action.HOLD

    def _enter(self, event: Event) -> None:
        self.state = TRANSITIONS[self.state][event]

    _CHECKS: ClassVar = {
        State.OFF: _check_nothing,
        State.ALIVE: _check_alive,
        State.ASKED: _check_asked,
        State.SUSPECT: _check_suspect,
        State.HELD: _check_held,
        State.LOST: _check_nothing,
    }
