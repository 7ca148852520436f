"""The keepalive of one connection: what its application and its wire see of it.

`heartbeat.watch` looks, `heartbeat.liveness` decides, `heartbeat.response` acts.
Nothing here runs when the application reads or writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from twisted.internet.defer import Deferred, fail

from heartbeat import events
from heartbeat.counters import Counters
from heartbeat.deadlines import coarse
from heartbeat.evidence import probe_for
from heartbeat.host import Host, check_voice
from heartbeat.policy import Keepalive
from heartbeat.response import Phase, Response
from heartbeat.states import Action, State
from heartbeat.wheel import wheel_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.interfaces import IReactorTime
    from twisted.python.failure import Failure

    from heartbeat.pinglog import RoundTrip

__all__ = ["Heartbeat"]


class Heartbeat(Response):
    """Keeps one connection alive, or says why it is not.

    `HeartbeatMixin` makes one per connection. By hand: make it when the
    connection is made, `start` it, and call `lost` and `release` before and
    after what your own ``connectionLost`` does. What is documented here is for you;
    what it inherits besides is its own machinery.

    Args:
        host: Speaks for us and hears of suspicions and verdicts.
        transport: The protocol's transport.
        policy: The numbers.
        reactor: Whose shared wheel says when to look.
        uniform: A random number from 0 up to 1, for the jitter.
        receiver: Whose ``dataReceived`` gets what arrives, if that is not *host*'s.

    Attributes:
        policy: The numbers in force; change them with `configure`.
        state: What is known of the peer.
        phase: Where this is in its life.

    Raises:
        TypeError: *policy* is none, or asks what *host* has no words for.
    """

    __slots__ = ("__weakref__",)

    def __init__(
        self,
        host: Host,
        transport: Any,
        policy: Keepalive,
        reactor: IReactorTime,
        uniform: Callable[[], float] = coarse,
        *,
        receiver: object = None,
    ) -> None:
        _check_policy(policy)
        check_voice(type(host), policy)
        wheel = wheel_of(reactor)
        hearer = host if receiver is None else receiver
        probe = probe_for(hearer, transport, wheel.now)
        super().__init__(host, transport, probe, policy, wheel, uniform=uniform)
        self.tally.opened += 1

    @property
    def counters(self) -> Counters:
        """What happened until now; a copy."""
        log = self.log
        rest = Counters() if self._extras is None else self._extras.counters
        return attrs.evolve(rest, pings_sent=log.sent, pongs=log.answered)

    @property
    def rtt(self) -> RoundTrip | None:
        """Round-trip times; None before the first sample."""
        return self.log.round_trip

    @property
    def last_heard(self) -> float:
        """When the peer's last byte arrived, monotonic seconds."""
        if self.phase is not Phase.RUNNING:
            return self.heard_at
        return max(self.heard_at, self.now() - self.probe.heard_ago())

    def now(self) -> float:
        """Monotonic seconds: the clock of every time given here."""
        return self.wheel.now()

    def start(self) -> None:
        """Begin; harmless when it has begun, or when the connection is gone."""
        if self.phase is Phase.WAITING:
            events.prepare()
            self.phase = Phase.RUNNING
            self.watch()

    def pause(self) -> None:
        """Say, ask and judge nothing until `resume`: for phases that are not yours.

        A question of the peer's is answered then.
        """
        if self.phase is Phase.RUNNING:
            self.phase = Phase.WAITING
            self.unwatch()

    def resume(self) -> None:
        """Go on after `pause`; the peer counts as heard now."""
        self.start()

    def configure(self, policy: Keepalive) -> None:
        """Go by another policy at once, counted from when the peer was last heard.

        Raises:
            TypeError: *policy* is none, or asks what the protocol cannot say;
                the old one stays in force.
        """
        _check_policy(policy)
        check_voice(type(self.host), policy)
        super().configure(policy)
        if policy.enforce and self.state is State.LOST:
            self._enforce()

    def active(self) -> None:
        """The application is at work: resets the ``idle`` limit, nothing else."""
        self.was_active(self.now())

    def ping(self) -> Deferred[float]:
        """Measure the round trip now.

        Returns:
            Fires with seconds; fails with the reason if the connection is lost
            first, with the error if the ping could not be written. Calls while
            one is under way share it; cancelling one cancels no other. It has
            no deadline of its own: ``self.clock.timeout(…, seconds)`` gives one.
            On a connection that is being closed it waits for the loss.
        """
        if self._reason is not None:
            return fail(self._reason)
        first = not self.pings.awaited
        deferred = self.pings.wait()
        if first:
            self.write_ping(self.pings.fail)
        return deferred

    def pong(self, payload: bytes | None = None) -> None:
        """The peer answered; harmless if nothing was asked.

        Args:
            payload: What it echoes; None on a wire whose answers name no ping.
        """
        now = self.now()
        sent_at = self.take_answer(payload, now)
        if sent_at is None:
            return
        if self.overdue(sent_at):
            self.extras.late_pongs += 1
            self.tally.late_pongs += 1
        action = self.answered(now, sent_at, self.wheel.stalled)
        if action is not None:
            self.acted(action, now)
        self.reschedule(now)

    def pinged(self, payload: bytes, reply: Callable[[bytes], None]) -> None:
        """The peer asks; answer it by *reply*, if that is within bounds.

        Args:
            payload: What the answer has to echo, of any length.
            reply: Writes an answer.
        """
        now = self.now()
        self.questioned(payload, reply, now)
        self.reschedule(now)

    def lost(self, reason: Failure) -> None:
        """``connectionLost`` was called, for *reason*: all watching ends; idempotent.

        Call it each time, if the protocol calls its own before the transport does.
        """
        if self._reason is None:
            self.extras.reason = reason
        self.gone()

    def release(self) -> None:
        """Whoever waits for an answer hears why the connection was lost."""
        if self._reason is not None and self._pings is not None:
            self._pings.fail(self._reason)

    def wrote_late(self, size: int) -> None:
        """Count a write, of *size* bytes, after the connection was lost."""
        del size
        self.extras.late_writes += 1
        self.tally.late_writes += 1

    @property
    def _reason(self) -> Failure | None:
        return None if self._extras is None else self._extras.reason

    def _enforce(self) -> None:
        """A dry run is over: its verdict stands, unless the peer was heard since."""
        now = self.now()
        self.look_now(now)
        if self.state is State.LOST:
            self.acted(Action.GIVE_UP, now)


def _check_policy(policy: object) -> None:
    if not isinstance(policy, Keepalive):
        raise TypeError(
            f"a keepalive goes by a Keepalive, not {policy!r}; make one, or derive one: "
            "attrs.evolve(self.heartbeat.policy, interval=...)"
        )
