"""One fault, one candidate, one transport: played, and written down."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

import attrs

from benchmarks.faults.candidates import CANDIDATES, OURS
from benchmarks.faults.evidence import happened, played
from benchmarks.faults.faults import GRACE, QUIET, Truth
from benchmarks.faults.judging import Result, Seen, judge, promised
from benchmarks.faults.processes import ProgramError
from benchmarks.faults.stage import Plan, staged

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.faults.faults import Fault
    from benchmarks.faults.processes import Fact
    from benchmarks.faults.stage import Stage
    from benchmarks.faults.store import Key

__all__ = ["Scene"]

PATIENT = 15.0
"""Seconds after the bound for which somebody looks on, for a candidate that is late."""

IMPATIENT = 4.0
"""The same for ours, where it is a failure anyway, and for who promises nothing."""

STEADY = 4.0
"""Seconds for which what is alive is watched after the time in which it would be given
up if it were dead."""

LEAVING = 4.0
"""Seconds for what is to be seen after the end."""

CLOSING = GRACE + 8.0
"""Seconds for a close, of what is alive; after a bad time TCP waits before it repeats."""


@attrs.frozen
class Scene:
    """What is to be played."""

    fault: Fault
    candidate: str
    transport: str

    @property
    def name(self) -> str:
        """For a reader."""
        return f"{self.fault.name}, {self.candidate} over {self.transport}"

    @property
    def key(self) -> Key:
        """Of its result."""
        return self.fault.name, self.candidate, self.transport

    @property
    def watch(self) -> float:
        """Seconds for which somebody looks, from the end of the deed."""
        fault, who = self.fault, CANDIDATES[self.candidate]
        within = promised(fault, self.candidate)
        if within is None:
            dead = who.promised(fault.interval, fault.timeout)
            return max(fault.watch, dead + STEADY)
        patient = self.candidate != OURS and self.candidate not in fault.unpromised
        return within + fault.slack + (PATIENT if patient else IMPATIENT)

    @property
    def ages(self) -> tuple[float, ...]:
        """Of its connections when it happens, in seconds; a crowd is of one age."""
        if not CANDIDATES[self.candidate].many:
            return (QUIET,)
        return self.fault.phases(self.transport)

    @property
    def seconds(self) -> float:
        """About how long it takes."""
        return self.watch + max(self.ages) + 3.0 + self.fault.count / 1000

    def play(self, certificate: str, stopped: Callable[[], bool]) -> Result:
        """Play it.

        Raises:
            StoppedError: The bench is to end.
        """
        if self.fault.count > 1 and not CANDIDATES[self.candidate].many:
            return self._judged(Seen(unable=f"{self.fault.count:,} connections"))
        try:
            with staged(self._plan(), certificate, stopped) as stage:
                seen = self._look(stage)
        except (ProgramError, OSError, subprocess.SubprocessError) as error:
            seen = Seen(failure=str(error))
        return self._judged(seen)

    def _judged(self, seen: Seen) -> Result:
        return judge(self.fault, self.candidate, self.transport, seen)

    def _plan(self) -> Plan:
        fault = self.fault
        return Plan(
            candidate=self.candidate,
            transport=self.transport,
            between=fault.between,
            faketime=fault.faketime,
            interval=fault.interval,
            timeout=fault.timeout,
            count=self._count,
            begin=tuple(max(self.ages) - each for each in self.ages),
            extra=fault.extra if self.candidate == OURS else (),
            habit=fault.habit,
            seed=sum(fault.name.encode()),
        )

    @property
    def _count(self) -> int:
        """Of connections."""
        return max(self.fault.count, len(self.ages))

    def _look(self, stage: Stage) -> Seen:
        subject = stage.subject
        before = subject.expect("ready")
        subject.expect("connected", 40 + self._count / 100)
        stage.pass_time(min(self.ages))
        begun = time.monotonic()
        moment = self.fault.deed(stage)
        ended = max(time.monotonic(), moment or 0.0)
        since = begun if moment is None else moment
        lost = subject.wait("lost", ended + self.watch - time.monotonic())
        watched = time.monotonic() - since
        unable = subject.first("unable")
        if unable is not None and lost is None:
            return Seen(unable=unable["command"], watched=watched)
        if lost is not None and (lost.get("first") or lost["at"]) < begun:
            raise ProgramError(f"it was lost before anything happened: {lost}")
        happened(self.fault, stage, lost=lost is not None)
        kept = lost is None and self.fault.truth is Truth.DEAD
        after = self._counted(stage, lost=lost is not None, kept=kept)
        played(self.fault, before, after, lost=lost is not None)
        doubt = subject.first("suspected")
        return attrs.evolve(
            _seen(since, lost, before, None if kept else after),
            watched=watched,
            connections=self._count,
            lost=0 if lost is None else self._count,
            suspected=None if doubt is None else doubt["at"] - since,
        )

    def _counted(self, stage: Stage, *, lost: bool, kept: bool) -> Fact:
        """What the subject holds: at its end, for which what is alive is closed.

        What is dead, and was kept, is not closed: that is another fault.
        """
        if kept:
            stage.subject.tell("report")
            return stage.subject.expect("report", LEAVING)
        if not lost:
            if stage.relay is not None:
                stage.tell_relay("heal")
            stage.subject.tell("close")
        return stage.subject.expect("left", LEAVING if lost else CLOSING)


def _seen(begun: float, lost: Fact | None, before: Fact, left: Fact | None) -> Seen:
    seen = Seen()
    if lost is not None:
        seen = Seen(
            seconds=lost["at"] - begun,
            first=lost["first"] - begun if "first" in lost else None,
            kind=_kind(lost),
            reason=lost["reason"],
        )
    if left is None:
        return seen
    return attrs.evolve(
        seen,
        fds=left["fds"] - before["fds"],
        calls=left["calls"] - before["calls"],
        memory=left["memory"] - before["memory"],
    )


def _kind(lost: Fact) -> str | None:
    """The one there is; of many connections the names of all, if they differ."""
    kinds = lost.get("kinds")
    if kinds is None or len(kinds) == 1:
        kind: str | None = lost["kind"]
        return kind
    return ", ".join(f"{kind}: {count}" for kind, count in sorted(kinds.items()))
