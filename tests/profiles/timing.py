"""When a policy asks, beats and gives up: measured on a clock, against a peer of choice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import attrs
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock

from heartbeat import HeartbeatMixin, Keepalive
from heartbeat.policy import LONGEST, SHORTEST
from heartbeat.testing import assert_nothing_left, connect

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat import Verdict

__all__ = ["LATE", "Timeline", "assert_sound", "timeline"]

LATE = 0.2
"""Seconds by which something may come after its moment: the shared timer's steps."""


@attrs.define
class Timeline:
    """What happened when, seconds since the connection was made."""

    asked: list[float] = attrs.field(factory=list)
    beaten: list[float] = attrs.field(factory=list)
    given_up: float | None = None


class Speaker(HeartbeatMixin, Protocol):
    """Notes when it is made to speak; what it says is one byte."""

    keepalive = Keepalive(interval=None)

    transport: Any

    def __init__(self, policy: Keepalive, clock: Clock, answers: bool) -> None:
        self.keepalive = policy
        self.reactor = clock
        self.seen = Timeline()
        self._answers = answers

    def send_ping(self, payload: bytes) -> None:
        self.seen.asked.append(self.clock.seconds())
        self.transport.write(b"?")
        if self._answers:
            self.clock.callLater(0, self.heartbeat.pong, payload)

    def send_beat(self) -> None:
        self.seen.beaten.append(self.clock.seconds())
        self.transport.write(b".")

    def peer_lost(self, verdict: Verdict) -> None:
        self.seen.given_up = self.clock.seconds()


def timeline(
    policy: Keepalive,
    seconds: float,
    *,
    talks_every: float | None = None,
    answers: bool = False,
) -> Timeline:
    """Run *policy* for so long against a peer, and say what happened.

    Args:
        policy: It must have no jitter, or the moments are anybody's guess.
        seconds: How long.
        talks_every: Seconds between bytes the peer sends unasked; None for none.
        answers: Whether it answers.
    """
    clock = Clock()
    pair = connect(Protocol(), Speaker(policy, clock, answers), clock)
    talk: Callable[[bytes], None] = cast("Any", pair.client.transport).write
    for step in range(int(seconds / talks_every) if talks_every else 0):
        clock.callLater((step + 1) * (talks_every or 0), talk, b"!")
    pair.advance(seconds)
    pair.lose()
    pair.flush()
    for call in clock.getDelayedCalls():
        call.cancel()  # what the peer would have said later
    assert_nothing_left(clock, pair.server)
    return pair.server.seen


def assert_sound(policy: Keepalive) -> None:
    """Fail unless every time of *policy* is off or a number that is no tick."""
    for field in (
        "interval",
        "timeout",
        "beacon",
        "silence",
        "idle",
        "max_age",
        "grace",
    ):
        value = getattr(policy, field)
        assert value is None or SHORTEST <= value <= LONGEST, (field, value)
