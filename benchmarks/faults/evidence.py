"""Did it happen? A scene in which nothing went wrong is no success."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.faults.faults import ANSWER, Truth
from benchmarks.faults.processes import ProgramError

if TYPE_CHECKING:
    from benchmarks.faults.faults import Fault
    from benchmarks.faults.processes import Fact
    from benchmarks.faults.stage import Stage

__all__ = ["happened", "played"]

SET = 3500.0
"""Seconds by which a wall clock that was set differs at least."""

SOON = 4.0
"""Seconds for an answer of a program of ours."""


def happened(fault: Fault, stage: Stage, *, lost: bool) -> None:
    """What is between both, and the peer, have done what they should.

    Raises:
        ProgramError: They have not.
    """
    refused = stage.peer.first("unable")
    if refused is not None:
        raise ProgramError(f"the peer cannot {refused['command']}")
    if fault.habit != ANSWER and stage.peer.first("misbehaved") is None:
        raise ProgramError("nobody asked the peer, so it has not misbehaved")
    if stage.relay is None or lost or fault.truth is not Truth.ALIVE:
        return
    stage.tell_relay("report")
    way = stage.relay.expect("way", SOON)
    if not way["there"] or not way["back"]:
        raise ProgramError(f"no question and answer came through: {way}")
    if way["losing"] and not way["lost"]:
        raise ProgramError(f"nothing was lost on the way: {way}")


def played(fault: Fault, before: Fact, after: Fact, *, lost: bool) -> None:
    """The subject has had its part.

    Raises:
        ProgramError: It has not.
    """
    steps = [each["wall"] - each["at"] for each in (before, after)]
    if fault.faketime and abs(steps[1] - steps[0]) < SET:
        raise ProgramError("the wall clock was not set")
    if not lost and after["received"] < fault.message:
        raise ProgramError(f"the message did not come: {after['received']} bytes")
