"""The peers that do not live: what happens to each, and what is claimed about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartbeat.demo.case import BOUND, PARCEL, SLACK, STEP, Case, Fate
from heartbeat.demo.claims import Claim
from heartbeat.demo.peer import Mode
from heartbeat.demo.words import in_words
from heartbeat.errors import PeerLostError
from heartbeat.evidence import Evidence, Source
from heartbeat.verdict import Kind, Verdict

if TYPE_CHECKING:
    from heartbeat.demo.peers import Process

__all__ = ["Deaf", "Frozen", "GivenUp", "Killed"]

DEAF_PARCELS = 250
"""16 MB: more than the buffers of both kernels hold."""


class GivenUp(Case):
    """A peer that must be given up, in time and for the right reason.

    Attributes:
        kind: The right reason.
    """

    kind: Kind

    def shows(self, evidence: Evidence) -> bool:
        """Whether *evidence* supports the kind."""
        raise NotImplementedError

    def facts(self) -> list[str]:
        """What the verdict rests on."""
        return [] if self.verdict is None else in_words(self.verdict.evidence)

    def claims(self) -> list[Claim]:
        """It is given up in time, for the right reason, and is told so."""
        verdict = self.verdict
        if verdict is None:
            return [Claim("is given up", holds=False, instead=str(self.reason))]
        told = isinstance(self.reason, PeerLostError) and self.reason.verdict is verdict
        return [
            Claim(
                f"given up {self.took:.2f} s after it, interval + timeout are {BOUND:g} s",
                0 < self.took < BOUND + SLACK,
            ),
            Claim(
                f"it had {verdict.waited:.2f} s to show a sign of life",
                verdict.waited > BOUND - STEP,
            ),
            Claim(
                f"the evidence shows {self.kind.name}",
                self._rightly(verdict),
                f"{verdict.kind.name}, {verdict.evidence}",
            ),
            Claim("connectionLost was told the verdict", told, repr(self.reason)),
        ]

    def _rightly(self, verdict: Verdict) -> bool:
        if verdict.evidence.source is not Source.KERNEL:
            # Without TCP_INFO all one knows is that nothing comes, or goes.
            return verdict.kind in (Kind.PEER_SILENT, Kind.WRITE_STALLED)
        return verdict.kind is self.kind and self.shows(verdict.evidence)


class Frozen(GivenUp):
    """Its process stands still; its kernel does not."""

    name = "frozen"
    deed = "SIGSTOP: its process stands still"
    kind = Kind.PEER_HUNG

    def do(self, process: Process) -> None:
        """Stop it."""
        process.freeze()

    def shows(self, evidence: Evidence) -> bool:
        """Its kernel acknowledged our ping after its last word."""
        ack_ago = evidence.ack_ago
        return ack_ago is not None and ack_ago < evidence.heard_ago - STEP


class Deaf(GivenUp):
    """It does not read what we send."""

    name = "deaf"
    mode = Mode.DEAF
    deed = "stops reading while we send 16 MB"
    kind = Kind.PEER_NOT_READING

    def do(self, process: Process) -> None:
        """Send."""
        del process
        self.ours.transport.write(PARCEL * DEAF_PARCELS)

    def shows(self, evidence: Evidence) -> bool:
        """Its window is closed, and bytes wait for it to open."""
        return evidence.window == 0 and evidence.unsent > 0


class Killed(Case):
    """Its process is gone, and its kernel says so."""

    name = "killed"
    deed = "SIGKILL: its process is gone"

    def do(self, process: Process) -> None:
        """Kill it."""
        process.kill()

    def facts(self) -> list[str]:
        """Who ended it."""
        return [f"closed by its kernel, {type(self.reason).__name__}"]

    def claims(self) -> list[Claim]:
        """The loss is noticed at once, without a keepalive."""
        text = "its kernel closed the connection, no verdict was needed"
        return [
            Claim(text, self.fate is Fate.LOST, str(self.verdict or self.fate.value)),
            Claim(f"noticed after {self.took:.2f} s", self.took < BOUND),
        ]
