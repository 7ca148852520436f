"""What it takes to import the package, on top of the reactor."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from benchmarks.children import python, run_for_json
from benchmarks.paired import reports, spread
from benchmarks.results import (
    Answer,
    Bars,
    Bound,
    Cell,
    Effort,
    Question,
    Series,
    Spread,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["QUESTION"]

WORKLOAD = "benchmarks.workloads.imports_fresh"
REACTOR, OURS = "twisted.internet.reactor", "heartbeat"
BOUND = 30.0
ROUNDS = {Effort.QUICK: 6, Effort.FULL: 30}

Measured = dict[str, Spread]
"""Of both imports."""


def ask(effort: Effort, tell: Callable[[float, str], None]) -> Answer:
    """Import in fresh interpreters."""
    tell(0.0, "modules")
    modules = run_for_json(python(WORKLOAD, "modules"))["modules"]
    commands = {what: python(WORKLOAD, what) for what in ("time", "resident")}
    found = reports(
        commands,
        rounds=ROUNDS[effort],
        tell=lambda done, what: tell(0.1 + 0.9 * done, what),
    )
    traced = run_for_json(python(WORKLOAD, "traced"))
    times = found["time"]
    return answer(
        milliseconds=of_both(times, 1e3),
        share=spread([each[OURS] / each[REACTOR] for each in times]),
        resident=of_both(found["resident"], 2**-20),
        traced=traced,
        modules=modules,
    )


def of_both(rounds: Sequence[Mapping[str, float]], unit: float) -> Measured:
    """Of both imports, in units."""
    return {
        name: spread([each[name] * unit for each in rounds]) for name in (REACTOR, OURS)
    }


def answer(
    milliseconds: Measured,
    share: Spread,
    resident: Measured,
    traced: Mapping[str, float],
    modules: Sequence[str],
) -> Answer:
    """Put it together."""
    memory = traced[OURS] / traced[REACTOR]
    rows: list[list[Cell]] = [
        [f"import {name}", milliseconds[name], traced[name] / 2**20, resident[name]]
        for name in (REACTOR, OURS)
    ]
    return Answer(
        sentence=(
            f"After the reactor, importing heartbeat takes {share.median:.2f} times as "
            f"long again as importing the reactor did, and {memory:.2f} times the "
            f"memory; it adds {len(modules)} modules."
        ),
        tables=[
            Table(
                title="One import after the other, in a fresh interpreter",
                columns=["", "milliseconds", "MiB", "MiB, resident"],
                rows=[
                    *rows,
                    ["heartbeat / reactor", share, memory, None],
                ],
            ),
            modules_table(modules),
        ],
        plots=[
            Bars(
                title="Importing",
                axis="milliseconds",
                labels=list(milliseconds),
                series=[Series("after one another", list(milliseconds.values()))],
            )
        ],
        bounds=[
            Bound("ms of import heartbeat after the reactor", milliseconds[OURS], BOUND)
        ],
        notes=NOTES,
    )


def modules_table(modules: Sequence[str]) -> Table:
    """Whose modules they are."""
    owners = Counter(name.partition(".")[0] for name in modules)
    rows: list[list[Cell]] = [
        [owner, count, examples(modules, owner)]
        for owner, count in owners.most_common()
    ]
    return Table(
        title="Modules that importing heartbeat adds",
        columns=["package", "modules", "of them"],
        rows=rows,
    )


def examples(modules: Sequence[str], owner: str) -> str:
    """Some of the modules of a package."""
    names = [name.partition(".")[2] for name in modules if name.startswith(f"{owner}.")]
    return ", ".join(names[:8]) + (", …" if len(names) > 8 else "")


NOTES = [
    """Each round is a fresh interpreter that imports the reactor and then heartbeat; the
files are in the system's cache and compiled. MiB are what Python asked for, traced in
an interpreter of its own; *resident* is what the system gave.""",
]

QUESTION = Question(
    name="imports",
    text="What does it take to import the package?",
    ask=ask,
    seconds={Effort.QUICK: 5.0, Effort.FULL: 20.0},
)
