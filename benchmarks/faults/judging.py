"""Was it right? What was seen in a scene against what is true of its fault."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import attrs

from benchmarks.faults.candidates import CANDIDATES, OURS
from benchmarks.faults.faults import Limit, Truth

if TYPE_CHECKING:
    from benchmarks.faults.faults import Fault

__all__ = ["Mark", "Result", "Seen", "judge", "promised"]


class Mark(enum.Enum):
    """What a scene is worth."""

    RIGHT = "right"
    LATE = "late"
    """Dead, and found to be so, but after the time that is promised."""
    GIVEN_UP = "given up"
    """Alive, and lost all the same."""
    KEPT = "not found"
    """Dead, and not found to be so while we watched."""
    WRONG_KIND = "wrong verdict"
    LEFT_OVER = "left over"
    """All right, but something remains that was not there before."""
    UNABLE = "unable"
    """The library has no way to do what the scene is about, or promises no such thing."""
    FAILED = "failed"
    """The bench could not play the scene."""


@attrs.frozen(kw_only=True)
class Seen:
    """What a scene shows.

    Attributes:
        seconds: From the deed to the loss, of several to the last; None if one is left.
        first: The same, to the first loss of several.
        watched: Seconds from the deed for which somebody looked.
        connections: How many there were.
        lost: How many of them were lost; all, or none was counted.
        kind: Of the verdict; of many that differ "KIND: count, KIND: count".
        reason: What the program was told.
        suspected: Seconds from the deed to the first doubt.
        fds: Descriptors more than before it connected, after the end.
        calls: Timed calls more.
        memory: Bytes more.
        unable: What it could not do.
        failure: Why there is nothing to see.
    """

    seconds: float | None = None
    first: float | None = None
    watched: float = 0.0
    connections: int = 1
    lost: int = 0
    kind: str | None = None
    reason: str = ""
    suspected: float | None = None
    fds: int | None = None
    calls: int | None = None
    memory: int | None = None
    unable: str | None = None
    failure: str | None = None


@attrs.frozen(kw_only=True)
class Result:
    """What came out of one fault, for one candidate over one transport."""

    fault: str
    candidate: str
    transport: str
    mark: Mark
    promised: float | None
    bound: float | None
    seen: Seen

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is the result of."""
        return self.fault, self.candidate, self.transport


def promised(fault: Fault, candidate: str) -> float | None:
    """Seconds from the deed to the end, as *candidate* promises; None if it is alive.

    Each has its own rule for a silent peer; of anything else all have the same time.
    """
    if fault.promised is None or fault.limit is not Limit.WITHIN or candidate == OURS:
        return fault.promised
    return CANDIDATES[candidate].promised(fault.interval, fault.timeout)


def judge(fault: Fault, candidate: str, transport: str, seen: Seen) -> Result:
    """Compare."""
    within = promised(fault, candidate)
    bound = None if within is None else within + fault.slack
    mark = _mark(fault, candidate, transport, seen, bound)
    why = fault.unpromised.get(candidate)
    if why is not None and mark in (Mark.KEPT, Mark.LATE, Mark.GIVEN_UP):
        mark, seen = Mark.UNABLE, attrs.evolve(seen, unable=why)
    return Result(
        fault=fault.name,
        candidate=candidate,
        transport=transport,
        mark=mark,
        promised=within,
        bound=bound,
        seen=seen,
    )


def _mark(
    fault: Fault, candidate: str, transport: str, seen: Seen, bound: float | None
) -> Mark:
    if seen.failure is not None or seen.unable is not None:
        return Mark.FAILED if seen.failure is not None else Mark.UNABLE
    if fault.truth is Truth.ALIVE:
        return _left(seen) if seen.seconds is None else Mark.GIVEN_UP
    if seen.seconds is None:
        return Mark.KEPT
    if candidate == OURS and not _kind_is_true(fault, transport, seen.kind):
        return Mark.WRONG_KIND
    late = bound is not None and seen.seconds > bound
    return Mark.LATE if late else _left(seen)


def _kind_is_true(fault: Fault, transport: str, kind: str | None) -> bool:
    """An end that needs no verdict has none."""
    true = {each.name for each in fault.true_kinds(transport)}
    if kind is None or not true:
        return kind is None and not true
    return {each.partition(":")[0] for each in kind.split(", ")} <= true


def _left(seen: Seen) -> Mark:
    """Something has come to an end: who has not counted then has not played."""
    if seen.fds is None or seen.calls is None:
        return Mark.FAILED
    return Mark.LEFT_OVER if seen.fds or seen.calls else Mark.RIGHT
