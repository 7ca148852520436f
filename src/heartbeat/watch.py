"""When to look at a connection, and what is found.

A `Watch` is the entry of one connection in the shared wheel. It fetches the
evidence, hands it to the parts that decide, and passes on what they decide. On
a connection where bytes keep coming it stops after one number: when they came.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Protocol

from heartbeat import _twisted
from heartbeat.beacon import Beacon
from heartbeat.host import NOBODY
from heartbeat.limits import Limit, Limits
from heartbeat.liveness import Action, Liveness
from heartbeat.states import State
from heartbeat.wheel import Check, Wheel

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat.evidence import Evidence, Probe
    from heartbeat.policy import Keepalive

__all__ = ["BACK_OFF", "NOTICE", "Reactions", "Watch"]

NOTICE = 30.0
"""Seconds within which a ``loseConnection`` by the application is noticed, where
the policy has a ``grace``: nothing stands in its way to tell us. The default
``interval``, so that it costs no look of its own."""

BACK_OFF = 1.0
"""Seconds until the next look after one that raised: an error is not repeated in
every turn of the reactor."""


class Reactions(Protocol):
    """What is done about what is found."""

    def acted(self, action: Action, evidence: Evidence | None, now: float) -> None:
        """Liveness asks for an *action*."""

    def limited(self, limit: Limit, evidence: Evidence, now: float) -> None:
        """A *limit* has passed."""

    def beat(self) -> None:
        """Our side must show life."""

    def closing(self) -> None:
        """The application closes the connection."""

    def answer_due(self) -> float:
        """When an answer that was put off is due, monotonic seconds."""

    def answer(self, unsent: int, now: float) -> None:
        """Try to write an answer that was put off."""


class Watch(Check):
    """Looks at one connection whenever a deadline may have come.

    Args:
        transport: The protocol's transport.
        probe: Where evidence comes from; may be replaced at any time.
        policy: The numbers.
        wheel: The shared timer; its clock is the one all seconds are on.
        reactions: What is done about what is found.
        uniform: A random number from 0 up to 1, for the jitter.
    """

    __slots__ = (
        "_beacon",
        "_limits",
        "_looked_at",
        "_reactions",
        "_transport",
        "_uniform",
        "liveness",
        "opened_at",
        "probe",
        "wheel",
    )

    def __init__(
        self,
        transport: Any,
        probe: Probe,
        policy: Keepalive,
        wheel: Wheel,
        reactions: Reactions,
        *,
        uniform: Callable[[], float] = random.random,
    ) -> None:
        super().__init__()
        self._transport = transport
        self._reactions = reactions
        self._uniform = uniform
        self.probe = probe
        self.wheel = wheel
        self.liveness = Liveness(policy, uniform)
        self.opened_at = self._looked_at = wheel.now()
        self._limits: Limits | None = None
        self._beacon: Beacon | None = None

    @property
    def running(self) -> bool:
        """Whether it looks at all."""
        return self.liveness.state is not State.OFF

    def start(self) -> None:
        """Begin to look; the peer counts as heard, and us as active, now."""
        now = self._looked_at = self.wheel.now()
        self.liveness.start(now, self.wheel.stalled)
        self._configure_rest(self.liveness.policy, now)
        self.active(now)
        self.reschedule()

    def stop(self) -> None:
        """Look no more; idempotent."""
        self.liveness.stop()
        self.wheel.cancel(self)

    def let_go(self) -> None:
        """The connection is gone: there will be nothing to react to."""
        self._reactions = NOBODY

    def configure(self, policy: Keepalive) -> None:
        """Go by other numbers, counted from the same beginnings."""
        self.liveness.policy = policy
        self._configure_rest(policy, self.wheel.now())
        self.reschedule()

    def active(self, now: float) -> None:
        """The application was active at *now*, monotonic seconds."""
        if self._limits is not None:
            self._limits.active_at = now

    def idle_for(self, now: float) -> float:
        """Seconds since the application was last active."""
        return now - (self._limits.active_at if self._limits else self.opened_at)

    def reschedule(self) -> None:
        """See to it that the next look comes when it is due.

        Not while a second look is under way: a peer that pings in every pass of I/O
        would put it off for ever.
        """
        limited = self._limits is not None and self._limits.suspected
        if self.liveness.state is not State.SUSPECT and not limited:
            self._schedule()

    def _schedule(self) -> None:
        if not self.running:
            return
        now = self.wheel.now()
        due = self._due(now)
        if due <= now:
            self.wheel.soon(self)
        else:
            self.wheel.schedule(self, due)

    def fire(self, now: float) -> None:
        """A deadline may have come; on a busy connection it has moved on."""
        self._looked_at = now
        try:
            if not self._busy(now):
                self._look(now)
        except BaseException:  # the reactor goes on after a SystemExit, too
            if self.running:
                self.wheel.schedule(self, now + BACK_OFF)
            raise
        self._schedule()

    def wake(self, now: float) -> None:
        """Our reactor was stalled, or suspended: ask without waiting."""
        self.liveness.ask_at_once(now)
        self.reschedule()

    def _busy(self, now: float) -> bool:
        if self.liveness.state is not State.ALIVE:
            return False
        # A close of startTLS's shows on a lower layer only.
        if _twisted.is_closing(self._transport):
            return False
        self.liveness.heard(now - self.probe.heard_ago(), self.wheel.stalled)
        return self._due(now) > now

    def _look(self, now: float) -> None:
        if _twisted.is_closing(self._transport):
            self._reactions.closing()
            return
        evidence = self.probe.look()
        action = self.liveness.check(now, evidence, self.wheel.stalled)
        if action is not None:
            self._reactions.acted(action, evidence, now)
        for follow_up in (self._check_limits, self._check_beacon, self._check_answer):
            if self.running:
                follow_up(evidence, now)

    def _check_limits(self, evidence: Evidence, now: float) -> None:
        limit = self._limits.check(now) if self._limits else None
        if limit is not None:
            self._reactions.limited(limit, evidence, now)

    def _check_beacon(self, evidence: Evidence, now: float) -> None:
        beacon = self._beacon
        if beacon is None or not beacon.check(now, evidence.sent_ago, evidence.unsent):
            return
        if evidence.writable:
            self._reactions.beat()

    def _check_answer(self, evidence: Evidence, now: float) -> None:
        self._reactions.answer(evidence.unsent, now)

    def _due(self, now: float) -> float:
        due = min(
            self.liveness.due(now, self.wheel.stalled), self._reactions.answer_due()
        )
        if self.liveness.policy.grace is not None:
            due = min(due, self._looked_at + NOTICE)
        if self._limits is not None:
            due = min(due, self._limits.due(now))
        if self._beacon is not None:
            due = min(due, self._beacon.due())
        return due

    def _configure_rest(self, policy: Keepalive, now: float) -> None:
        if self._limits is not None:
            self._limits.configure(policy)
        elif policy.idle is not None or policy.max_age is not None:
            self._limits = Limits(policy, self.opened_at, now, self._uniform())
        if self._beacon is not None:
            self._beacon.configure(policy)
        elif policy.beats:
            self._beacon = Beacon(policy, now, self._uniform)
