"""How results are written in the cells of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.faults.faults import Truth
from benchmarks.faults.judging import Mark
from benchmarks.wording import NOTHING

if TYPE_CHECKING:
    from benchmarks.faults.faults import Fault
    from benchmarks.faults.judging import Result, Seen

__all__ = ["SIGNS", "cell", "kind_of", "left_over", "truth_of"]

SIGNS = {
    Mark.LATE: "late",
    Mark.KEPT: "missed",
    Mark.GIVEN_UP: "lost",
    Mark.WRONG_KIND: "wrong",
    Mark.LEFT_OVER: "left",
    Mark.UNABLE: "cannot",
    Mark.FAILED: "not played",
}
"""In a word; what is right needs none."""

NEUTRAL = (Mark.UNABLE, Mark.FAILED)
"""Neither right nor wrong."""

SPACE = "\N{NO-BREAK SPACE}"


def cell(result: Result | None) -> str:
    """What came out, as short as can be; wrong is bold."""
    if result is None:
        return NOTHING
    mark, seen = result.mark, result.seen
    if mark is Mark.RIGHT:
        return "alive" if seen.seconds is None else _seconds(seen.seconds)
    return SIGNS[mark] if mark in NEUTRAL else _wrong(result)


def truth_of(fault: Fault) -> str:
    """What is right, with the promise about time."""
    if fault.promised is None:
        return "alive"
    if not fault.promised:
        return f"{fault.truth.value}, at once"
    return f"{fault.truth.value}, {fault.promised:g}{SPACE}s"


def kind_of(fault: Fault, result: Result) -> str:
    """The verdict, as code; nothing where none is needed."""
    kind = result.seen.kind
    if kind is None:
        return ""
    return f"`{kind}`" if fault.truth is not Truth.ALIVE else f"**`{kind}`**"


def left_over(seen: Seen) -> str:
    """Descriptors and timed calls, in words."""
    known = ((seen.fds, "descriptor"), (seen.calls, "timed call"))
    said = [
        f"{count} {what}{'' if count == 1 else 's'}" for count, what in known if count
    ]
    return ", ".join(said) or "nothing"


def _wrong(result: Result) -> str:
    seen, word = result.seen, f"**{SIGNS[result.mark]}**"
    if result.mark is Mark.KEPT or seen.seconds is None:
        return word
    said = f"{word} {_seconds(seen.seconds)}"
    return f"{said}, {seen.kind}" if result.mark is Mark.WRONG_KIND else said


def _seconds(seconds: float) -> str:
    return f"{max(0.0, seconds):.1f}{SPACE}s"
