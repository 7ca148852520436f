"""The keepalive of one connection: what its application and its wire see of it.

`heartbeat.watch` looks, `heartbeat.liveness` decides, `heartbeat.response` acts.
Nothing here runs when the application reads or writes.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, fail

from heartbeat import events
from heartbeat.evidence import Probe, probe_for
from heartbeat.host import Host, check_voice
from heartbeat.policy import Keepalive
from heartbeat.response import Phase, Response
from heartbeat.states import Action, State
from heartbeat.watch import Watch
from heartbeat.wheel import wheel_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.interfaces import IReactorTime
    from twisted.python.failure import Failure

    from heartbeat.counters import Counters
    from heartbeat.pings import RoundTrip
    from heartbeat.verdict import Verdict

__all__ = ["Heartbeat"]


class Heartbeat:
    """Keeps one connection alive, or says why it is not.

    `HeartbeatMixin` makes one per connection. By hand: make it when the
    connection is made, `start` it, and call `lost` and `release` before and
    after what your own ``connectionLost`` does.

    Args:
        host: Speaks for us and hears of suspicions and verdicts.
        transport: The protocol's transport.
        policy: The numbers.
        reactor: Whose shared wheel says when to look.
        uniform: A random number from 0 up to 1, for the jitter.

    Raises:
        TypeError: *policy* is none, or asks what *host* has no words for.
    """

    __slots__ = ("__weakref__", "_reason", "_response", "_watch")

    def __init__(
        self,
        host: Host,
        transport: Any,
        policy: Keepalive,
        reactor: IReactorTime,
        uniform: Callable[[], float] = random.random,
    ) -> None:
        _check_policy(policy)
        check_voice(type(host), policy)
        wheel = wheel_of(reactor)
        probe = probe_for(host, transport, wheel.now)
        self._response = Response(host, transport)
        self._watch = Watch(
            transport, probe, policy, wheel, self._response, uniform=uniform
        )
        self._response.watch = self._watch
        self._reason: Failure | None = None

    @property
    def policy(self) -> Keepalive:
        """The numbers in force; change them with `configure`."""
        return self._watch.liveness.policy

    @property
    def state(self) -> State:
        """What is known of the peer."""
        return self._watch.liveness.state

    @property
    def phase(self) -> Phase:
        """Where this is in its life."""
        return self._response.phase

    @property
    def verdict(self) -> Verdict | None:
        """The last one that fell; in a dry run there may be several."""
        return self._response.verdict

    @property
    def counters(self) -> Counters:
        """What happened so far."""
        return self._response.telling.counters

    @property
    def rtt(self) -> RoundTrip | None:
        """Round-trip times; None before the first sample."""
        return self._response.pings.round_trip

    @property
    def last_heard(self) -> float:
        """When the peer's last byte arrived, monotonic seconds."""
        heard_at = self._watch.liveness.heard_at
        if self.phase is not Phase.RUNNING:
            return heard_at
        return max(heard_at, self.now() - self.probe.heard_ago())

    @property
    def probe(self) -> Probe:
        """Where the evidence comes from; a test puts in its own."""
        return self._watch.probe

    @probe.setter
    def probe(self, probe: Probe) -> None:
        self._watch.probe.close()
        self._watch.probe = probe

    def now(self) -> float:
        """Monotonic seconds: the clock of every time given here."""
        return self._watch.wheel.now()

    def start(self) -> None:
        """Begin; harmless when it has begun, or when the connection is gone."""
        if self.phase is Phase.WAITING:
            events.prepare()
            self._response.phase = Phase.RUNNING
            self._watch.start()

    def pause(self) -> None:
        """Say, ask and judge nothing until `resume`: for phases that are not yours.

        A question of the peer's is answered then.
        """
        if self.phase is Phase.RUNNING:
            self._response.phase = Phase.WAITING
            self._watch.stop()

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
        check_voice(type(self._response.telling.host), policy)
        self._watch.configure(policy)
        self._response.configure_closing(policy.grace)
        if policy.enforce and self.state is State.LOST:
            self._enforce()

    def active(self) -> None:
        """The application is at work: resets the ``idle`` limit, nothing else."""
        self._watch.active(self.now())

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
        pings = self._response.pings
        first = not pings.awaited
        deferred = pings.wait()
        if first:
            self._response.ping(pings.fail)
        return deferred

    def pong(self, payload: bytes | None = None) -> None:
        """The peer answered; harmless if nothing was asked.

        Args:
            payload: What it echoes; None on a wire whose answers name no ping.
        """
        now, liveness = self.now(), self._watch.liveness
        sent_at = self._response.pings.answer(payload, now)
        if sent_at is None:
            self.counters.unsolicited_pongs += 1
            return
        self.counters.pongs += 1
        self.counters.late_pongs += liveness.overdue(sent_at)
        action = liveness.answered(now, sent_at, self._watch.wheel.stalled)
        if action is not None:
            self._response.acted(action, None, now)
        self._watch.reschedule()

    def pinged(self, payload: bytes, reply: Callable[[bytes], None]) -> None:
        """The peer asks; answer it by *reply*, if that is within bounds.

        Args:
            payload: What the answer has to echo, of any length.
            reply: Writes an answer.
        """
        self._response.pinged(payload, reply, self.now())
        self._watch.reschedule()

    def close(self) -> None:
        """Close gracefully, and abort after ``grace`` without progress."""
        self._response.close()

    def lost(self, reason: Failure) -> None:
        """``connectionLost`` was called, for *reason*: all watching ends; idempotent.

        Call it each time, if the protocol calls its own before the transport does.
        """
        if self._reason is None:
            self._reason = reason
        self._response.lost()

    def release(self) -> None:
        """Whoever waits for an answer hears why the connection was lost."""
        if self._reason is not None:
            self._response.pings.fail(self._reason)

    def explain(self, reason: Failure) -> Failure:
        """*reason*, or our verdict if that is why the connection was lost."""
        return self._response.explain(reason)

    def _enforce(self) -> None:
        """A dry run is over: its verdict stands, unless the peer was heard since."""
        now = self.now()
        self._watch.fire(now)
        if self.state is State.LOST:
            self._response.acted(Action.GIVE_UP, self.probe.look(), now)


def _check_policy(policy: object) -> None:
    if not isinstance(policy, Keepalive):
        raise TypeError(
            f"a keepalive goes by a Keepalive, not {policy!r}; make one, or derive one: "
            "attrs.evolve(self.heartbeat.policy, interval=...)"
        )
