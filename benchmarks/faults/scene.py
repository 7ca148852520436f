"""One fault, one candidate, one transport: played, and written down."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

import attrs

from benchmarks.faults.candidates import CANDIDATES, OURS
from benchmarks.faults.faults import GRACE, Truth
from benchmarks.faults.judging import Result, Seen, judge
from benchmarks.faults.processes import ProgramError
from benchmarks.faults.stage import Plan, staged

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.faults.faults import Fault
    from benchmarks.faults.processes import Fact
    from benchmarks.faults.stage import Stage

__all__ = ["Scene"]

QUIET = 0.5
"""Seconds between the connection and the deed."""

PATIENT = 15.0
"""Seconds after the bound for which somebody looks on, for a candidate that is late."""

IMPATIENT = 4.0
"""The same for ours: it is a failure anyway."""

LEAVING = 4.0
"""Seconds for what is to be seen after the end."""

SET = 3500.0
"""Seconds by which a wall clock that was set differs at least."""

CLOSING = GRACE + 3.0
"""Seconds for a close, of what is alive; over a bad network it may need them."""


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
    def watch(self) -> float:
        """Seconds for which somebody looks, after the deed."""
        bound = self.fault.bound
        if bound is None:
            return self.fault.watch
        return bound + (IMPATIENT if self.candidate == OURS else PATIENT)

    @property
    def seconds(self) -> float:
        """About how long it takes."""
        return self.watch + 3.0 + self.fault.count / 1000

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
            count=fault.count,
            extra=fault.extra if self.candidate == OURS else (),
            habit=fault.habit,
            seed=sum(fault.name.encode()),
        )

    def _look(self, stage: Stage) -> Seen:
        subject = stage.subject
        before = subject.expect("ready")
        subject.expect("connected", 40 + self.fault.count / 100)
        stage.pass_time(QUIET)
        begun = time.monotonic()
        moment = self.fault.deed(stage)
        begun = begun if moment is None else moment
        lost = subject.wait("lost", begun + self.watch - time.monotonic())
        watched = time.monotonic() - begun
        if lost is None and subject.first("unable") is None:
            left = self._leave(stage)
        else:
            left = subject.wait("left", LEAVING)
        if left is not None:
            self._check(before, left, lost=lost is not None)
        seen = _seen(begun, lost, before, left)
        doubt = subject.first("suspected")
        unable = subject.first("unable")
        return attrs.evolve(
            seen,
            watched=watched,
            lost=0 if lost is None else self.fault.count,
            suspected=None if doubt is None else doubt["at"] - begun,
            unable=None if unable is None or lost else unable["command"],
        )

    def _check(self, before: Fact, left: Fact, *, lost: bool) -> None:
        """The fault has really been there.

        Raises:
            ProgramError: It has not.
        """
        steps = [each["wall"] - each["at"] for each in (before, left)]
        if self.fault.faketime and abs(steps[1] - steps[0]) < SET:
            raise ProgramError("the wall clock was not set")
        if not lost and left["received"] < self.fault.message:
            raise ProgramError(f"the message did not come: {left['received']} bytes")

    def _leave(self, stage: Stage) -> Fact | None:
        """Close what is alive, to see what is left over then."""
        if self.fault.truth is Truth.DEAD:
            return None  # a close of that is another fault
        stage.subject.tell("close")
        return stage.subject.wait("left", CLOSING)


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
