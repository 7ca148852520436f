"""What a benchmark finds out, as plain values that JSON can hold.

A benchmark module answers one question. Its `Answer` is all that the page, the plots
and the printed summary are made from: nothing there is computed that is not in the
file of results.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "Answer",
    "Bars",
    "Bound",
    "Cell",
    "Distribution",
    "Effort",
    "Growth",
    "Plot",
    "Question",
    "Series",
    "Spread",
    "Table",
]


@attrs.frozen
class Spread:
    """A figure that was measured more than once.

    Attributes:
        median: Of all rounds.
        low: The 5th percentile of the rounds, or their least, if they are few.
        high: The 95th percentile, or their greatest.
    """

    median: float
    low: float
    high: float


Cell = str | int | float | Spread | None
"""One cell of a table; None where there is nothing to measure."""


@attrs.frozen
class Table:
    """Figures side by side.

    Attributes:
        title: What the rows are, and the unit of the cells.
        columns: Headings; the first is that of the rows' names.
        rows: Each as long as *columns*.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@attrs.frozen
class Series:
    """One line, or the bars of one colour.

    Attributes:
        name: For the legend.
        values: Bars: one for each label. Growth: pairs of count and cost.
            Distribution: samples.
    """

    name: str
    values: Sequence[Cell] | Sequence[tuple[float, float]]


@attrs.frozen
class Bars:
    """Horizontal bars in groups, with their spreads.

    Attributes:
        title: What is shown.
        axis: What the length of a bar is, with its unit.
        labels: One for each group.
        series: One for each colour.
        reference: Where a line is drawn, like 1.0 for ratios; None for none.
    """

    title: str
    axis: str
    labels: Sequence[str]
    series: Sequence[Series]
    reference: float | None = None
    kind: str = attrs.field(default="bars", init=False)


@attrs.frozen
class Growth:
    """Cost against count, both logarithmic, with the slope of each line.

    Attributes:
        title: What is shown.
        x: What is counted.
        y: What it costs, with its unit.
        series: One for each line.
    """

    title: str
    x: str
    y: str
    series: Sequence[Series]
    kind: str = attrs.field(default="growth", init=False)


@attrs.frozen
class Distribution:
    """How samples are distributed: the share of them at most x.

    Attributes:
        title: What is shown.
        axis: What the samples are, with their unit.
        series: One for each line.
        promised: Where lines are drawn, by what they mean.
    """

    title: str
    axis: str
    series: Sequence[Series]
    promised: Sequence[tuple[str, float]] = ()
    kind: str = attrs.field(default="distribution", init=False)


Plot = Bars | Growth | Distribution


@attrs.frozen
class Bound:
    """A figure that was promised not to be exceeded.

    Attributes:
        figure: What it is, with its unit.
        found: What was measured.
        bound: The limit.
        exact: Whether it is a count, the same in every run, and not a time.
        least: Whether *bound* is a lower limit instead of an upper one.
    """

    figure: str
    found: float | Spread
    bound: float
    exact: bool = False
    least: bool = False

    @property
    def kept(self) -> bool:
        """Whether it holds; of a spread, whether its nearer end does."""
        found = self.found
        if self.least:
            return (found.high if isinstance(found, Spread) else found) >= self.bound
        return (found.low if isinstance(found, Spread) else found) <= self.bound


@attrs.frozen
class Answer:
    """What came out.

    Attributes:
        sentence: The answer in one sentence or two, with ratios, no absolute claims.
        tables: The figures.
        plots: The same, to look at.
        bounds: What was promised of them.
        notes: What one has to know to read them right, a paragraph each.
    """

    sentence: str
    tables: Sequence[Table]
    plots: Sequence[Plot] = ()
    bounds: Sequence[Bound] = ()
    notes: Sequence[str] = ()


class Effort(enum.Enum):
    """How long it may take."""

    QUICK = "quick"
    """All together under two minutes: fewer sizes, fewer rounds."""
    FULL = "full"
    """All together under fifteen."""


@attrs.frozen
class Question:
    """One question, and how to answer it.

    Attributes:
        name: For the command line: ``python -m benchmarks NAME``.
        text: The question itself.
        ask: Does the work. Told how much effort to make, and whom to tell from time
            to time how far it is, from 0 to 1, and what it is doing.
        seconds: About how long it takes, with each effort; for the progress bar.
    """

    name: str
    text: str
    ask: Callable[[Effort, Callable[[float, str], None]], Answer]
    seconds: dict[Effort, float]
