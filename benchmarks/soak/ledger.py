"""What is true of each connection, and what became of it: right, wrong, or missed.

Pure bookkeeping: it is told what was done to a peer, and what the keepalive said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from heartbeat import Kind

if TYPE_CHECKING:
    from heartbeat import Keepalive, Verdict

__all__ = ["BRIEF", "FROZEN", "MUTED", "Doom", "Ledger"]

MUTED = frozenset({Kind.PEER_HUNG})
"""What is true of a peer whose kernel acknowledges and whose application is silent."""

FROZEN = MUTED | {Kind.PEER_NOT_READING}
"""The same of a stopped process: what was sent to it may fill its window as well."""

BRIEF = 0.3
"""Share of the timeout for which a peer is stopped without being dead."""

MARGIN = 1.5
"""Seconds beyond the policy's promise: two looks of the wheel, and two reactors on a
busy machine. Our own stalls are added as the wheel measured them."""


@attrs.frozen
class Doom:
    """A peer that has to be given up.

    Attributes:
        what: What was done to it.
        kinds: The verdicts that are true of it.
        at: When it was done, monotonic seconds.
        by: When it has to be given up at the latest, not counting stalls.
        stalled: Cumulative seconds of stalls at that moment.
    """

    what: str
    kinds: frozenset[Kind]
    at: float
    by: float
    stalled: float

    @classmethod
    def of(
        cls,
        what: str,
        kinds: frozenset[Kind],
        policy: Keepalive,
        now: float,
        stalled: float,
    ) -> Doom:
        """It is *done* now to a peer that is watched by *policy*."""
        within, timeout = policy.within, policy.timeout
        assert within is not None
        assert timeout is not None
        # A peer that is stopped briefly hears later that it is to be mute.
        by = now + within + BRIEF * timeout + MARGIN
        return cls(what, kinds, now, by, stalled)

    def missed(self, now: float, stalled: float) -> bool:
        """Whether the time is over."""
        return now > self.by + (stalled - self.stalled)


@attrs.define(eq=False)
class Ledger:
    """Counts what was right, and describes what was not.

    Attributes:
        deeds: How often each thing was done.
        right: Verdicts that were true, by what had been done.
        took: Seconds from the deed to the verdict, of each.
        wrong: Sentences, one for each false, mistaken, late or missed verdict, and for
            each loss that nobody caused.
    """

    deeds: dict[str, int] = attrs.field(factory=dict)
    right: dict[str, int] = attrs.field(factory=dict)
    took: list[float] = attrs.field(factory=list)
    wrong: list[str] = attrs.field(factory=list)

    def did(self, what: str, times: int = 1) -> None:
        """*what* was done."""
        self.deeds[what] = self.deeds.get(what, 0) + times

    def judged(
        self, doom: Doom | None, verdict: Verdict, now: float, stalled: float
    ) -> None:
        """A verdict has fallen on a connection that *doom* was done to."""
        if doom is None:
            self.wrong.append(f"false verdict: {verdict}; {verdict.evidence}")
        elif verdict.kind not in doom.kinds:
            self.wrong.append(f"wrong kind for {doom.what}: {verdict}")
        elif doom.missed(now, stalled):
            self.wrong.append(f"{now - doom.by:.2f} s late for {doom.what}: {verdict}")
        else:
            self.right[doom.what] = self.right.get(doom.what, 0) + 1
            self.took.append(now - doom.at)

    def missed(self, doom: Doom, peer: str) -> None:
        """The time of *doom* is over, and nothing was said."""
        self.wrong.append(f"missed: {doom.what}, {peer}")

    def lost(self, reason: str) -> None:
        """A connection was lost, and nobody had done anything to it."""
        self.wrong.append(f"a loss that nobody caused: {reason}")
