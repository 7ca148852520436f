"""How figures are written, in tables and beside bars."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from benchmarks.results import Spread

if TYPE_CHECKING:
    from benchmarks.results import Bound, Cell

__all__ = ["NOTHING", "escaped", "is_ours", "judged", "number", "of_bound", "written"]

NOTHING = "\N{EN DASH}"
"""Where there is nothing to measure."""

DIGITS = 3
"""That are significant, of most figures."""

NEAR_ONE = 0.01
EXACT_DECIMALS = 4
"""Of a ratio that differs from 1 by `NEAR_ONE` at most and has no spread."""

MOST_DECIMALS = 6

LARGE = 10_000.0
"""What has a spread and is so large is rounded before the point, too."""

OURS = re.compile(
    r"\b(heartbeat|the mixin|scoped?|ours|(?<!no )keepalive)\b", re.IGNORECASE
)
SPACES = re.compile(r"[ \t\n]+")
MARKUP = re.compile(r"([\\`*\[\]<>|]|(?<![a-zA-Z0-9])_|_(?![a-zA-Z0-9]))")


def written(cell: Cell, least_decimals: int = 0) -> str:
    """A cell of a table, as text.

    Args:
        cell: The figure.
        least_decimals: That there are to be, unless it is a whole number.
    """
    if cell is None:
        return NOTHING
    if isinstance(cell, str):
        return cell
    if not isinstance(cell, Spread):
        return number(cell, least_decimals)
    decimals = _decimals_of_spread(cell)
    if least_decimals:
        decimals = max(least_decimals, decimals)
    median, low, high = (
        f"{round(each, decimals):,.{max(0, decimals)}f}"
        for each in (cell.median, cell.low, cell.high)
    )
    return f"{median} ({low} to {high})"


def number(value: float, least_decimals: int = 0, *, exact: bool = True) -> str:
    """One number: whole ones as they are, others with as many digits as mean much.

    Args:
        value: The number.
        least_decimals: That there are to be, unless it is a whole number.
        exact: Whether it has no spread; then more is said of how near to 1 it is.
    """
    if isinstance(value, int):
        return f"{value:,}"
    near = EXACT_DECIMALS if exact and abs(value - 1) <= NEAR_ONE else 0
    return f"{value:,.{max(least_decimals, near, _decimals(value))}f}"


def of_bound(bound: Bound) -> tuple[str, str]:
    """What was found and what was promised, so that one can tell which is more."""
    limit = f"{bound.bound:,.10g}"
    decimals = len(limit.partition(".")[2])
    found = written(bound.found, decimals + 1 if decimals else 0)
    return found, f"at {'least' if bound.least else 'most'} {limit}"


def judged(bound: Bound) -> str:
    """Whether it is kept, not kept, or neither can be told from the spread."""
    if not bound.kept:
        return "**no**"
    if not isinstance(bound.found, Spread):
        return "yes"
    median = bound.found.median
    kept = median >= bound.bound if bound.least else median <= bound.bound
    return "yes" if kept else "within the spread"


def escaped(text: str) -> str:
    """Text that stays what it is when read as Markdown."""
    return MARKUP.sub(r"\\\1", SPACES.sub(" ", text.strip()))


def is_ours(name: str) -> bool:
    """Whether a row, a bar or a line is about this package."""
    return OURS.search(name) is not None


def _decimals(value: float) -> int:
    """For `DIGITS` significant ones; what is a little below a power of ten is one."""
    if not math.isfinite(value) or not value:
        return 0
    size = math.floor(math.log10(abs(value) * 1.1))
    return min(MOST_DECIMALS, max(0, DIGITS - 1 - size))


def _decimals_of_spread(cell: Spread) -> int:
    """Enough to tell the ends apart; fewer than none of large figures."""
    if cell.median >= LARGE and math.isfinite(cell.high):
        return DIGITS - 1 - math.floor(math.log10(cell.median))
    width = cell.high - cell.low
    if width <= 0 or not math.isfinite(width):
        return _decimals(cell.median)
    apart = min(EXACT_DECIMALS, math.ceil(-math.log10(width)))
    return max(apart, _decimals(cell.median))
