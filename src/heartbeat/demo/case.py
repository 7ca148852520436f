"""What all cases of the second act have in common, and our end of a connection.

A case is told by its connection what happens, and says what that amounts to.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, Protocol

from twisted.protocols.basic import LineReceiver

from heartbeat.demo.peer import Mode
from heartbeat.policy import Keepalive
from heartbeat.protocol import HeartbeatMixin
from heartbeat.wires import Lines

if TYPE_CHECKING:
    from twisted.python.failure import Failure

    from heartbeat.demo.claims import Claim
    from heartbeat.demo.peers import Process
    from heartbeat.host import Wire
    from heartbeat.verdict import Verdict

__all__ = ["BOUND", "POLICY", "Case", "Fate", "Log", "Watched"]

POLICY = Keepalive(interval=1, timeout=2.5, jitter=0)
"""On a busy machine, a process that lives may stand still for 2 s."""

BOUND = 3.5
"""Seconds: interval + timeout, the longest a dead peer goes unnoticed."""

SLACK = 10.0
"""Seconds by which a busy machine may make us later than promised."""

STEP = 0.05
"""Seconds by which the kernel's times are coarser than ours, at most."""

PARCEL = b"x" * 65000 + b"\r\n"
"""What large transfers consist of: a line."""


class Fate(enum.Enum):
    """What may become of a connection."""

    LIVES = "lives"
    GIVEN_UP = "given up"
    LOST = "lost"
    """Somebody else ended it."""


class Log(Protocol):
    """Where a case tells, by name, what has just happened to it."""

    def __call__(self, name: str, text: str) -> None:
        """Tell *text* of *name*."""


class Case:
    """One peer and our connection to it.

    Attributes:
        name: In a word.
        mode: What the peer process does.
        deed: What happens to it, in a few words.
        protocol: Our end, None before it is connected.
        verdict: Of the connection, None if none fell.
        deed_at: When the deed was done, monotonic seconds.
        ended_at: When the connection was lost, monotonic seconds, or None.
        reason: Why it was lost, or None.
    """

    name: str
    mode = Mode.ANSWERS
    deed: str

    def __init__(self, log: Log) -> None:
        self._log = log
        self.protocol: Watched | None = None
        self.verdict: Verdict | None = None
        self.deed_at = 0.0
        self.ended_at: float | None = None
        self.reason: BaseException | None = None

    @property
    def ours(self) -> Watched:
        """Our end, once there is one."""
        if self.protocol is None:
            raise RuntimeError(f"{self.name} is not connected")
        return self.protocol

    @property
    def fate(self) -> Fate:
        """What has become of it so far."""
        if self.ended_at is None:
            return Fate.LIVES
        return Fate.LOST if self.verdict is None else Fate.GIVEN_UP

    @property
    def took(self) -> float:
        """Seconds from the deed to the end of the connection, or 0."""
        return 0.0 if self.ended_at is None else self.ended_at - self.deed_at

    @property
    def since(self) -> float:
        """Seconds since the deed."""
        return self.ours.heartbeat.now() - self.deed_at

    @property
    def answered_all(self) -> bool:
        """Whether no ping of ours waits for its answer."""
        counters = self.ours.heartbeat.counters
        return counters.pongs == counters.pings_sent

    @property
    def settled(self) -> bool:
        """Whether what has to happen has happened."""
        return self.fate is not Fate.LIVES

    def begin(self, process: Process) -> None:
        """Do the deed."""
        self.deed_at = self.ours.heartbeat.now()
        self.tell(self.deed)
        self.do(process)

    def do(self, process: Process) -> None:
        """Do the deed itself; by default there is none."""

    def when(self) -> str:
        """After how long what became of it did, in words."""
        return f"after {self.took:.2f} s"

    def facts(self) -> list[str]:
        """What is known of the connection, each line on one subject."""
        raise NotImplementedError

    def claims(self) -> list[Claim]:
        """What must be true at the end of the performance."""
        raise NotImplementedError

    def tell(self, text: str) -> None:
        """Something happened."""
        self._log(self.name, text)

    # What the connection tells.

    def suspected(self, verdict: Verdict) -> None:
        """A deadline has passed."""
        self.tell(f"suspected, after {verdict.waited:.2f} s without a sign of life")

    def judged(self, verdict: Verdict) -> None:
        """It is given up."""
        self.verdict = verdict
        self.tell(f"{verdict.kind.name}: {verdict.kind.value}")

    def lost(self, reason: Failure) -> None:
        """It is gone."""
        self.ended_at = self.ours.heartbeat.now()
        self.reason = reason.value
        self.tell(f"connectionLost, {type(reason.value).__name__}")


class Watched(HeartbeatMixin, LineReceiver):
    """Our end of a connection: a protocol like any other."""

    keepalive: Keepalive | None = POLICY
    wire: Wire | None = Lines()
    transport: Any

    def __init__(self, case: Case, reactor: Any) -> None:
        self.case = case
        self.reactor = reactor

    def connectionMade(self) -> None:
        """There is a connection."""
        self.case.protocol = self

    def peer_suspected(self, verdict: Verdict) -> None:
        """A deadline has passed."""
        self.case.suspected(verdict)

    def peer_lost(self, verdict: Verdict) -> None:
        """The verdict has fallen."""
        self.case.judged(verdict)

    def connectionLost(self, reason: Failure) -> None:  # type: ignore[override]
        """The connection is gone."""
        self.case.lost(reason)
