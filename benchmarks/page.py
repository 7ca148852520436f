"""Write ``docs/benchmarks.md`` and its plots, from the file of results alone."""

from __future__ import annotations

import datetime as dt
import shutil
import textwrap
from typing import TYPE_CHECKING

from benchmarks.children import ROOT
from benchmarks.plots import alt, draw
from benchmarks.results import Effort
from benchmarks.store import load
from benchmarks.wording import escaped, judged, of_bound, written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from benchmarks.results import Answer, Bound, Cell, Table
    from benchmarks.store import Outcome, Report

__all__ = ["pipes", "write"]

FOLDER = "benchmarks"
"""Of the plots and the results, beside the page."""

RESULTS = "results.json"

RERUN = {Effort.FULL: "make bench", Effort.QUICK: "make bench-quick"}

HOW_TO_READ = """\
A figure like 1.02 (0.98 to 1.05) was measured more than once: that is the median of
all rounds, with their 5th and 95th percentile, or with the least and the greatest
where there are few; in a plot an arrow at the end of such a spread means that it
goes on. What is compared by time was measured in turns, in one run, and ratios are
those of one round. Columns that are no ratios hold for this machine only.
Instructions are counted, not timed."""

HOW_TO_JUDGE = """\
A bound is kept if the figure is on its right side. *Within the spread* means that
the median is not, but the nearer end of the spread is: this run cannot tell.
*Counted* are instructions and events; *measured* are times and bytes, and what is
made of them."""

FAILURE_LIMIT = 300
"""Characters that are told of a failure."""


def write(results: Path, docs: Path) -> None:
    """Write the page; plots of before that it has no more are removed.

    Args:
        results: The file of results; nothing else is known of the run.
        docs: The folder that gets ``benchmarks.md``, and in ``benchmarks/`` the plots
            and a copy of the results.

    Raises:
        ValueError: The file is not one of results, or one of another schema.
    """
    report = load(results)
    folder = docs / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.svg"):
        old.unlink()
    for outcome in report.outcomes:
        for number, plot in enumerate(outcome.answer.plots if outcome.answer else ()):
            draw(plot, folder / _file(outcome, number))
    shutil.copyfile(results, folder / RESULTS)
    text = "\n\n".join(_page(report))
    (docs / "benchmarks.md").write_text(f"{text}\n", encoding="utf-8")


def _page(report: Report) -> Iterator[str]:
    yield "# Benchmarks"
    yield (
        "What the keepalive and the clock of a connection cost, beside what one would "
        "use instead. All figures and plots here are made from "
        f"[one file of results]({FOLDER}/{RESULTS})."
    )
    yield _measured_on(report)
    yield _rerun(report)
    yield _flat(HOW_TO_READ)
    yield "## Bounds"
    yield from _bounds(report.outcomes)
    for outcome in report.outcomes:
        yield f"## {_heading(outcome)}"
        yield f"**{escaped(outcome.text)}**"
        if outcome.answer is None:
            yield from _failed(outcome)
        else:
            yield from _answered(outcome, outcome.answer)
    yield "## Versions"
    yield pipes(
        ["", "found"],
        [[escaped(name), escaped(what)] for name, what in report.machine.items()],
        right=(),
    )


# How it was measured.


def _measured_on(report: Report) -> str:
    known = {name: escaped(what) for name, what in report.machine.items()}

    def told(name: str) -> str:
        return known.get(name, "unknown")

    hurry = (
        " This was a quick run, with few rounds and sizes: its figures are rough."
        if report.effort is Effort.QUICK
        else ""
    )
    return (
        f"Measured {_when(report)} on {told('processor')} (processors: "
        f"{told('processors')}), {told('kernel')}, with "
        f"Python {told('Python')}, Twisted {told('Twisted')} and its "
        f"{told('reactor')}, {told('OpenSSL')} and txheartbeat "
        f"{told('txheartbeat')}; effort: {report.effort.value}. "
        f"[All versions](#versions) are at the end.{hurry}"
    )


def _when(report: Report) -> str:
    started = dt.datetime.fromisoformat(report.started)
    ended = dt.datetime.fromisoformat(report.ended)
    day = f"{started:%Y-%m-%d}"
    if started.date() == ended.date():
        return f"on {day}, {started:%H:%M} to {ended:%H:%M} UTC,"
    return f"from {day} {started:%H:%M} to {ended:%Y-%m-%d %H:%M} UTC"


def _rerun(report: Report) -> str:
    minutes = sum(outcome.seconds for outcome in report.outcomes) / 60
    return (
        f"To measure on a machine of yours, run `{RERUN[report.effort]}` in a checkout, "
        f"on Linux with valgrind; all that is shown here took {minutes:.1f} minutes. "
        "Leave the machine alone meanwhile. Each question can be asked alone, by the "
        "command at its end."
    )


# What was promised.


def _bounds(outcomes: Sequence[Outcome]) -> Iterator[str]:
    known = [
        (outcome, bound)
        for outcome in outcomes
        if outcome.answer is not None
        for bound in outcome.answer.bounds
    ]
    if known:
        yield _count([bound for _, bound in known])
    failed = [
        f"[{_heading(each)}](#{each.name})" for each in outcomes if each.answer is None
    ]
    if failed:
        yield f"Not answered, so that nothing is known of their bounds: {', '.join(failed)}."
    if known:
        yield pipes(
            ["question", "figure", "found", "bound", "how", "kept"],
            [
                [
                    f"[{_heading(outcome)}](#{outcome.name})",
                    escaped(bound.figure),
                    *map(_unbroken, of_bound(bound)),
                    "counted" if bound.exact else "measured",
                    judged(bound),
                ]
                for outcome, bound in known
            ],
            right=(2, 3),
        )
        yield _flat(HOW_TO_JUDGE)


def _count(bounds: Sequence[Bound]) -> str:
    """How many are kept, and plainly which are not."""
    broken = [bound for bound in bounds if not bound.kept]
    unsure = sum(judged(bound) == "within the spread" for bound in bounds)
    said = f"Of {len(bounds)} bounds {len(bounds) - len(broken)} are kept"
    if unsure:
        said += f", {unsure} of them only within the spread"
    if not broken:
        return f"{said}; none is broken."
    which = "\n".join(
        "- {}: {}, promised {}".format(escaped(bound.figure), *of_bound(bound))
        for bound in broken
    )
    return f"{said}. **Not kept ({len(broken)}):**\n\n{which}"


# One question.


def _failed(outcome: Outcome) -> Iterator[str]:
    yield "This question could not be answered in this run. It ended with:"
    lines = (outcome.failure or "no reason given").strip().splitlines()
    # The last one is the error itself; where the checkout lies is nobody's business.
    reason = lines[-1].replace(f"{ROOT}/", "")
    if len(reason) > FAILURE_LIMIT:
        reason = f"{reason[:FAILURE_LIMIT]} …"
    yield f"```text\n{textwrap.fill(reason, 80)}\n```"
    yield _command(outcome)


def _answered(outcome: Outcome, answer: Answer) -> Iterator[str]:
    yield _flat(answer.sentence)
    for number, plot in enumerate(answer.plots):
        yield f"![{escaped(alt(plot))}]({FOLDER}/{_file(outcome, number)})"
    for table in answer.tables:
        yield f"**{escaped(table.title)}**"
        yield _table(table)
    for note in answer.notes:
        yield _flat(note)
    yield _command(outcome)


def _command(outcome: Outcome) -> str:
    return f"Ask again:\n\n```sh\n{outcome.command}\n```"


def _table(table: Table) -> str:
    right = [
        column
        for column in range(1, len(table.columns))
        if not any(isinstance(row[column], str) for row in table.rows)
    ]
    rows = [[escaped(_cell(cell)) for cell in row] for row in table.rows]
    return pipes([escaped(each) for each in table.columns], rows, right)


def _cell(cell: Cell) -> str:
    return cell if isinstance(cell, str) else _unbroken(written(cell))


def _unbroken(figure: str) -> str:
    """The same, to be broken before a parenthesis only."""
    space = "\N{NO-BREAK SPACE}"
    return figure.replace(" ", space).replace(f"{space}(", " (")


# Markdown.


def pipes(
    columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int]
) -> str:
    """A table.

    Args:
        columns: Headings.
        rows: Cells.
        right: The columns whose cells stand at the right, as numbers do.
    """
    rules = ["---:" if n in right else ":---" for n in range(len(columns))]
    return "\n".join(f"| {' | '.join(row)} |" for row in [columns, rules, *rows])


def _heading(outcome: Outcome) -> str:
    return outcome.name.replace("-", " ").capitalize()


def _file(outcome: Outcome, number: int) -> str:
    return f"{outcome.name}-{number + 1}.svg"


def _flat(text: str) -> str:
    """One paragraph in one line; it is Markdown already."""
    return " ".join(text.split())
