"""When to look at a connection, and what is found.

A `Watch` is the entry of one connection in the shared wheel. It fetches the
evidence, judges by it, and asks the layers above to act. On a connection where bytes
keep coming it stops after one number: when they came.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from heartbeat._slots import bucket_of
from heartbeat._twisted import is_closing
from heartbeat.beacon import Beacon
from heartbeat.deadlines import coarse
from heartbeat.extras import Extras
from heartbeat.limits import Limit, Limits
from heartbeat.liveness import Action, Liveness
from heartbeat.states import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat.answering import Answering
    from heartbeat.evidence import Evidence, Probe
    from heartbeat.policy import Keepalive
    from heartbeat.wheel import Wheel

__all__ = ["BACK_OFF", "NOTICE", "Watch"]

NOTICE = 30.0
"""Seconds within which a ``loseConnection`` by the application is noticed, where
the policy has a ``grace``: nothing stands in its way to tell us. The default
``interval``, so that it costs no look of its own."""

BACK_OFF = 1.0
"""Seconds until the next look after one that raised: an error is not repeated in
every turn of the reactor."""

# For the comparisons in every look: enum members are slow to look up.
_ALIVE: Final = State.ALIVE
_OFF: Final = State.OFF
_SUSPECT: Final = State.SUSPECT


class Watch(Liveness):
    """Looks at one connection whenever a deadline may have come.

    Args:
        transport: The protocol's transport.
        probe: Where evidence comes from; may be replaced at any time.
        policy: The numbers.
        wheel: The shared timer; its clock is the one all seconds are on.
        uniform: A random number from 0 up to 1, for the jitter.

    Attributes:
        transport: As given.
        wheel: As given.
        opened_at: When this was made, monotonic seconds.
    """

    __slots__ = ("_extras", "_probe", "opened_at", "transport", "wheel")

    def __init__(
        self,
        transport: Any,
        probe: Probe,
        policy: Keepalive,
        wheel: Wheel,
        *,
        uniform: Callable[[], float] = coarse,
    ) -> None:
        super().__init__(policy, uniform)
        self.transport = transport
        self._probe = probe
        self.wheel = wheel
        self.opened_at = self.looked_at = wheel.now()
        self._extras: Extras | None = None

    # What the layers above do about what is found.

    def acted(self, action: Action, now: float) -> None:
        """Liveness asks for an *action*."""

    def limited(self, limit: Limit, evidence: Evidence, now: float) -> None:
        """A *limit* has passed."""

    def beat(self) -> None:
        """Our side must show life."""

    def closing(self) -> None:
        """The application closes the connection."""

    def answer(self, answering: Answering, unsent: int, now: float) -> None:
        """Try to write an answer that was put off."""

    # Looking.

    @property
    def probe(self) -> Probe:
        """Where the evidence comes from; a test puts in its own."""
        return self._probe

    @probe.setter
    def probe(self, probe: Probe) -> None:
        self._probe.close()
        self._probe = probe

    @property
    def watching(self) -> bool:
        """Whether it looks at all."""
        return self.state is not _OFF

    def watch(self) -> None:
        """Begin to look; the peer counts as heard, and us as active, now."""
        now = self.looked_at = self.wheel.now()
        self.begin(now, self.wheel.stalled)
        self._configure_extras(self.policy, now)
        self.was_active(now)
        self.reschedule(now)

    def unwatch(self) -> None:
        """Look no more; idempotent."""
        self.cease()
        self.wheel.cancel(self)

    def configure(self, policy: Keepalive) -> None:
        """Go by other numbers, counted from the same beginnings."""
        now = self.wheel.now()
        self.go_by(policy)
        self._configure_extras(policy, now)
        self.reschedule(now)

    def was_active(self, at: float) -> None:
        """The application was active *at*, monotonic seconds."""
        if self._limits is not None:
            self._limits.active_at = at

    def idle_for(self, now: float) -> float:
        """Seconds since the application was last active."""
        return now - (self._limits.active_at if self._limits else self.opened_at)

    def reschedule(self, now: float) -> None:
        """See to it that the next look comes when it is due, as of *now*.

        Not while a second look is under way: a peer that pings in every pass of I/O
        would put it off for ever.
        """
        extras = self._extras
        limits = None if extras is None else extras.limits
        limited = limits is not None and limits.suspected
        if self.state is not _SUSPECT and not limited:
            self._schedule(now)

    def fire(self, now: float) -> float | None:
        """A deadline may have come; on a busy connection it has moved on."""
        # Since the last look only an answer can have been heard: who was asked then
        # will have to be asked again, and a glance would not do.
        idle = self.heard_at > self.looked_at
        self.looked_at = now
        try:
            # A close of startTLS's shows on a lower layer only.
            if is_closing(self.transport):
                self.closing()
                return None
            if self.state is _ALIVE and not idle:
                due = self._glance(now)
                if due > now:
                    return due if due < math.inf else None
            self._look(now)
        except BaseException:  # the reactor goes on after a SystemExit, too
            if self.watching:
                self.wheel.schedule(self, now + BACK_OFF)
            raise
        return self._next_look(now)

    def look_now(self, now: float) -> None:
        """Look, instead of when that is due."""
        self.wheel.cancel(self)
        due = self.fire(now)
        if due is not None:
            self.wheel.schedule(self, due)

    def wake(self, now: float) -> None:
        """Our reactor was stalled, or suspended: ask without waiting."""
        self.ask_at_once(now)
        self.reschedule(now)

    @property
    def extras(self) -> Extras:
        """A place for what few connections need; made when it is first asked for."""
        if self._extras is None:
            self._extras = Extras()
        return self._extras

    @property
    def _limits(self) -> Limits | None:
        return None if self._extras is None else self._extras.limits

    def _next_look(self, now: float) -> float | None:
        """When, if that is not seen to already, or not at a time."""
        if not self.watching or bucket_of(self) is not None:
            return None
        due = self._due(now)
        if due <= now:
            self.wheel.soon(self)
            return None
        return due if due < math.inf else None

    def _schedule(self, now: float) -> None:
        if not self.watching:
            return
        due = self._due(now)
        if due <= now:
            self.wheel.soon(self)
        else:
            self.wheel.schedule(self, due)

    def _glance(self, now: float) -> float:
        """When to look, by the one number that matters on a lively connection."""
        heard_at = now - self._probe.heard_ago()
        if heard_at > self.heard_at:
            self.heard(heard_at, self.wheel.stalled)
        return self._due(now)

    def _look(self, now: float) -> None:
        action = self.check(now, self._probe.signs(), self.wheel.stalled)
        if action is not None:
            self.acted(action, now)
        if self._extras is not None and self.watching:
            self._look_further(self._extras, now)

    def _look_further(self, extras: Extras, now: float) -> None:
        evidence = self._probe.look()
        limit = extras.limits.check(now) if extras.limits else None
        if limit is not None:
            self.limited(limit, evidence, now)
        if extras.beacon is not None and self.watching:
            self._check_beacon(extras.beacon, evidence, now)
        if extras.answering is not None and self.watching:
            self.answer(extras.answering, evidence.unsent, now)

    def _check_beacon(self, beacon: Beacon, evidence: Evidence, now: float) -> None:
        if beacon.check(now, evidence.sent_ago, evidence.unsent) and evidence.writable:
            self.beat()

    def _due(self, now: float) -> float:
        stalled = self.wheel.stalled
        due = (
            self.due_alive(stalled) if self.state is _ALIVE else self.due(now, stalled)
        )
        notice = self.looked_at + NOTICE
        if notice < due and self.policy.grace is not None:
            due = notice
        return due if self._extras is None else min(due, self._extras.due(now))

    def _configure_extras(self, policy: Keepalive, now: float) -> None:
        limited = policy.idle is not None or policy.max_age is not None
        if self._extras is None and not limited and not policy.beats:
            return
        extras = self.extras
        if extras.limits is not None:
            extras.limits.configure(policy)
        elif limited:
            extras.limits = Limits(policy, self.opened_at, now, self._uniform())
        if extras.beacon is not None:
            extras.beacon.configure(policy)
        elif policy.beats:
            extras.beacon = Beacon(policy, now, self._uniform)
