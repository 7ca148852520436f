"""Why a connection is given up: a kind, and the evidence it rests on.

Every kind is a statement about the world that the evidence supports, not a
guess: "no answer" alone is `Kind.PEER_SILENT`, and only what the kernel knows
besides makes it one of the sharper ones.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from heartbeat.evidence import Evidence
    from heartbeat.liveness import Liveness

__all__ = ["Kind", "Verdict", "judge", "of_silence"]

LOST_PROBES = 2
"""Zero-window probes without an answer that speak against the network. One may
be on its way, or counted after its answer was (measured on loopback)."""

LOST_SEGMENTS = 2
"""Retransmission timeouts in a row that speak against the network: one may be a
segment that was lost by itself."""


class Kind(enum.Enum):
    """What happened to the connection; the value is the sentence about it."""

    PEER_SILENT = "no bytes came from the peer"
    """Nothing more is known: the path may be fine."""

    PEER_HUNG = "the connection works, but the peer's application does not answer"
    """Its kernel acknowledges our question, or other bytes of it came."""

    PEER_NOT_READING = "the peer's receive window is closed: it has stopped reading"

    NETWORK_DEAD = "our bytes are retransmitted and nobody acknowledges them"

    WRITE_STALLED = "our bytes are stuck on this host"

    APP_IDLE = "the application was idle"

    MAX_AGE = "the connection reached its greatest age"

    CLOSE_STALLED = "the connection was closed, but closing made no progress"

    PING_FLOOD = "the peer sent more pings than anybody needs to"

    @property
    def hopeless(self) -> bool:
        """Whether a graceful close cannot work: the connection is aborted."""
        return self in _HOPELESS


_HOPELESS = frozenset(
    {
        Kind.PEER_SILENT,
        Kind.PEER_HUNG,
        Kind.PEER_NOT_READING,
        Kind.NETWORK_DEAD,
        Kind.WRITE_STALLED,
        Kind.CLOSE_STALLED,
    }
)


@attrs.frozen(kw_only=True)
class Verdict:
    """A judgement of one connection, or, as a suspicion, the one that threatens.

    Attributes:
        kind: What happened.
        evidence: What was known at that moment.
        peer: The other end, in words.
        at: When it fell, seconds on the monotonic clock of the reactor.
        waited: Seconds since what the limit counts from: the peer's last sign
            of life, the application's last activity, the connection's beginning,
            or the last progress of a close.
        attempt: How many questions went unanswered; 0 if none was asked.
        attempts: How many the policy grants.
        enforced: Whether the connection is ended for it; false in a dry run.
    """

    kind: Kind
    evidence: Evidence
    peer: str
    at: float
    waited: float
    attempt: int = 0
    attempts: int = 0
    enforced: bool = True

    def __str__(self) -> str:
        """One sentence for a log line or a traceback."""
        asked = ""
        if self.attempt:
            asked = f", {self.attempt} of {self.attempts} questions unanswered"
        return (
            f"{self.kind.name}: {self.kind.value} "
            f"(peer {self.peer}, after {self.waited:.3f} s{asked})"
        )


def of_silence(
    liveness: Liveness, evidence: Evidence, now: float, peer: str
) -> Verdict:
    """What the silence of *peer* looks like at *now*, monotonic seconds."""
    policy, question = liveness.policy, liveness.question
    if question is None:
        waited = stuck_for = now - liveness.heard_at
    else:
        waited, stuck_for = now - liveness.proven_at, now - question.moved_at
    return Verdict(
        kind=judge(
            evidence,
            asked=question is not None,
            stuck_for=stuck_for,
            delivered=question is None or question.delivered(evidence),
        ),
        evidence=evidence,
        peer=peer,
        at=now,
        waited=waited,
        attempt=0 if question is None else question.attempt,
        attempts=policy.attempts,
        enforced=policy.enforce,
    )


def judge(
    evidence: Evidence, *, asked: bool, stuck_for: float, delivered: bool = True
) -> Kind:
    """Name the reason for a peer's silence.

    Args:
        evidence: What is known now.
        asked: Whether a question is unanswered; without one nothing was proven.
        stuck_for: Seconds since our bytes last moved on, or, if nothing was asked,
            since the peer was last heard.
        delivered: Whether the peer's kernel may have the question. What it
            acknowledged before it has speaks of the path, not of the application.

    Source:
        Signatures measured on Linux: a peer that does not read has window 0 and
        fresh acknowledgements; a vanished one has unacknowledged bytes, grown
        retransmissions and none.
    """
    if evidence.unsent or evidence.in_flight:
        kind = _judge_stuck(evidence, stuck_for)
        if kind is not None:
            return kind
    works = asked and _works(evidence, stuck_for, delivered=delivered)
    return Kind.PEER_HUNG if works else Kind.PEER_SILENT


def _judge_stuck(evidence: Evidence, stuck_for: float) -> Kind | None:
    """Why our bytes do not move on; None if that is not known to be so."""
    acknowledges = _within(stuck_for, evidence.ack_ago)
    if evidence.window == 0 or evidence.probes:
        dead = evidence.probes >= LOST_PROBES and not acknowledges
        return Kind.NETWORK_DEAD if dead else Kind.PEER_NOT_READING
    if evidence.in_flight:
        dead = evidence.retransmits >= LOST_SEGMENTS
        return Kind.NETWORK_DEAD if dead else None
    leaves = evidence.ack_ago is None and _within(stuck_for, evidence.sent_ago)
    return None if acknowledges or leaves else Kind.WRITE_STALLED


def _works(evidence: Evidence, stuck_for: float, *, delivered: bool) -> bool:
    """Whether the peer's kernel has our question, or sent us bytes since."""
    arrived = evidence.acked is not None and not evidence.in_flight
    answers = delivered and _within(stuck_for, evidence.ack_ago)
    return arrived or answers or _within(stuck_for, evidence.heard_ago)


def _within(seconds: float, ago: float | None) -> bool:
    return ago is not None and ago < seconds
