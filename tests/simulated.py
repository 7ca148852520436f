"""A peer made of numbers, for what judges one without a reactor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from heartbeat.evidence import Evidence
from heartbeat.liveness import Action, Liveness
from heartbeat.states import State

if TYPE_CHECKING:
    from heartbeat.policy import Keepalive

__all__ = ["Peer"]

HEALTHY = Evidence(heard_ago=0, acked=0, in_flight=0, window=65536)


@attrs.define(eq=False)
class Peer:
    """What a `Liveness` is told, and the time; nothing happens by itself.

    Attributes:
        liveness: Judges this peer.
        now: Monotonic seconds.
        heard_at: When the last byte came, monotonic seconds.
        received: Bytes received.
        stalled: Cumulative seconds by which our own reactor was late.
        rest: What else the evidence says.
    """

    liveness: Liveness
    now: float = 1000.0
    heard_at: float = 1000.0
    received: int = 0
    stalled: float = 0.0
    rest: Evidence = HEALTHY

    @classmethod
    def of(cls, policy: Keepalive, draw: float = 0.0) -> Peer:
        """A peer that was heard at 1000 s, when looking began."""
        peer = cls(Liveness(policy, lambda: draw))
        peer.liveness.begin(peer.now)
        return peer

    @property
    def state(self) -> State:
        """What it is taken for."""
        return self.liveness.state

    @property
    def due(self) -> float:
        """When it is looked at next."""
        return self.liveness.due(self.now, self.stalled)

    @property
    def evidence(self) -> Evidence:
        """What is known of it now."""
        heard_ago = self.now - self.heard_at
        return attrs.evolve(self.rest, heard_ago=heard_ago, received=self.received)

    def know(self, **changes: object) -> None:
        """The evidence changes."""
        self.rest = attrs.evolve(self.rest, **changes)  # type: ignore[arg-type]

    def move(self, acked: int, in_flight: int = 0, unsent: int = 0) -> None:
        """Our bytes are somewhere else now."""
        self.know(acked=acked, in_flight=in_flight, unsent=unsent, progress=acked)

    def send(self, at: float | None = None, size: int = 1) -> None:
        """Bytes come from it, now or *at* an earlier time."""
        self.heard_at = self.now if at is None else at
        self.received += size

    def answer(self) -> Action | None:
        """It answers the open question."""
        question = self.liveness.question
        assert question is not None
        return self.liveness.answered(self.now, question.asked_at, self.stalled)

    def at(self, now: float) -> Action | None:
        """What a check at *now* wants done."""
        self.now = now
        return self.liveness.check(now, self.evidence, self.stalled)

    def asked(self) -> None:
        """Silence until a question is open, at 1000 s and the interval."""
        assert self.at(self.due) is Action.ASK

    def suspected(self) -> None:
        """Silence until its first deadline has passed."""
        self.asked()
        while self.at(self.due) is not Action.WARN:
            assert self.state is State.ASKED

    def settle(self) -> list[Action]:
        """Check as often as it is due now; what was wanted.

        Raises:
            AssertionError: That would go on for ever.
        """
        wanted: list[Action] = []
        known: object = None
        while self.due <= self.now:
            liveness = self.liveness
            state = (self.state, self.due, liveness.question, liveness.looks)
            assert state != known, f"turns in a circle: {state}"
            known = state
            action = self.at(self.now)
            if action is not None:
                wanted.append(action)
        return wanted

    def run(self, until: float) -> list[tuple[float, Action]]:
        """Check whenever it is due, up to a time; when what was wanted."""
        wanted = [(self.now, action) for action in self.settle()]
        while self.due <= until:
            self.now = max(self.now, self.due)
            wanted += [(self.now, action) for action in self.settle()]
        self.now = until
        return wanted
