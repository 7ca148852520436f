"""What a timer of a connection's scope costs, beside one of the bare reactor."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from benchmarks.children import python
from benchmarks.instructions import Measurement, measure
from benchmarks.paired import compare, ratios, reports, spread
from benchmarks.results import (
    Answer,
    Bars,
    Bound,
    Effort,
    Growth,
    Question,
    Series,
    Spread,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["QUESTION"]

CALLS = "benchmarks.workloads.timers_calls"
MANY = "benchmarks.workloads.timers_many"
SCRIPT = Path(__file__).parent / "workloads" / "timers_calls.py"

INSTRUCTIONS_BOUND = 1.25
FEW, MORE = 1000, 11_000
"""Calls in the two runs whose instructions are counted."""

DEFAULT = "epoll"
CLOCKS = {"bare": "bare reactor", "scoped": "scope"}
WAYS = {
    "cancel": "callLater and cancel",
    "fire": "callLater, and it runs",
    "reset": "reset",
}


@attrs.frozen
class Case:
    """One thing done on one reactor.

    Attributes:
        way: One of `WAYS`.
        reactor: Which.
    """

    way: str
    reactor: str = DEFAULT

    @property
    def name(self) -> str:
        """For a table."""
        return f"{WAYS[self.way]}, {self.reactor}"


@attrs.frozen
class Work:
    """What is done with one effort.

    Attributes:
        cases: What is timed.
        rounds: Of that.
        count: Calls in each.
        counted: What of it is counted in instructions.
    """

    cases: Sequence[Case]
    rounds: int
    count: int
    counted: Sequence[str]


DEFAULTS = [Case(way) for way in WAYS]
OTHERS = [Case("cancel", reactor) for reactor in ("poll", "select", "asyncio")]
WORK = {
    Effort.QUICK: Work(DEFAULTS, rounds=3, count=20_000, counted=[]),
    Effort.FULL: Work([*DEFAULTS, *OTHERS], rounds=5, count=50_000, counted=["cancel"]),
}

Times = dict[Case, dict[str, list[float]]]
"""Seconds of one call, by clock."""


def ask(effort: Effort, tell: Callable[[float, str], None]) -> Answer:
    """Measure times, memory and, if there is time, instructions."""
    work = WORK[effort]
    times = measure_times(work, lambda done, what: tell(0.5 * done, what))
    tell(0.5, "many timers")
    commands = {clock: python(MANY, clock) for clock in CLOCKS}
    many = reports(commands, rounds=1)
    tell(0.6, "instructions")
    counted = {way: instructions(way) for way in work.counted}
    return answer(times, {clock: many[clock][0] for clock in CLOCKS}, counted)


def measure_times(work: Work, tell: Callable[[float, str], None]) -> Times:
    """Seconds of one call."""
    commands = {
        f"{case.name}, {clock}": python(
            CALLS, case.way, clock, case.reactor, work.count
        )
        for case in work.cases
        for clock in CLOCKS
    }
    found = compare(commands, rounds=work.rounds, tell=tell)
    return {
        case: {clock: found[f"{case.name}, {clock}"] for clock in CLOCKS}
        for case in work.cases
    }


def instructions(way: str) -> dict[str, float]:
    """Instructions of one call, by clock, those of the loop around it left out."""
    measured = {
        clock: Measurement(SCRIPT, [what, clock, DEFAULT], FEW, MORE)
        for clock, what in {"nothing": "nothing", **dict.fromkeys(CLOCKS, way)}.items()
    }
    counted = measure(measured)
    return {clock: counted[clock] - counted["nothing"] for clock in CLOCKS}


def answer(
    times: Times,
    many: Mapping[str, Mapping[str, Any]],
    counted: Mapping[str, Mapping[str, float]],
) -> Answer:
    """Put it together."""
    slower = {case: ratios(each, "bare")["scoped"] for case, each in times.items()}
    cancel, fire, reset = (slower[case].median for case in DEFAULTS)
    larger = {
        size: each["scoped"] / each["bare"] for size, each in paired(many, "bytes")
    }
    said = "".join(
        f" In instructions that is {each['scoped'] / each['bare']:.3f} times."
        for each in counted.values()
    )
    return Answer(
        sentence=(
            f"callLater and cancel on a scope take {cancel:.2f} times as long as on the "
            f"bare reactor, callLater with the call {fire:.2f} times and reset "
            f"{reset:.2f} times.{said} A pending call holds up to "
            f"{max(larger.values()):.2f} times the memory. Closing a scope with 10,000 "
            f"pending takes {share(many, 10_000) / share(many, 100):.2f} times as long "
            f"for each as closing one with 100."
        ),
        tables=[times_table(times, slower, counted), many_table(many)],
        plots=[times_plot(slower), many_plot(many)],
        bounds=[
            Bound(
                f"instructions, {WAYS[way]}: scope / bare reactor",
                each["scoped"] / each["bare"],
                INSTRUCTIONS_BOUND,
                exact=True,
            )
            for way, each in counted.items()
        ],
        notes=NOTES,
    )


def paired(
    many: Mapping[str, Mapping[str, Any]], what: str
) -> list[tuple[int, dict[str, float]]]:
    """By number of pending calls, what there is of each clock."""
    return [
        (int(size), {clock: many[clock][what][size] for clock in CLOCKS})
        for size in many["bare"][what]
    ]


def share(many: Mapping[str, Mapping[str, Any]], size: int) -> float:
    """Seconds for one call of a scope that is closed with *size* of them."""
    return float(many["scoped"]["seconds"][str(size)]) / size


def times_table(
    times: Times,
    slower: Mapping[Case, Spread],
    counted: Mapping[str, Mapping[str, float]],
) -> Table:
    """Time and instructions of one call."""
    rows: list[list[Any]] = []
    for case, each in times.items():
        exact = counted.get(case.way) if case.reactor == DEFAULT else None
        rows.append(
            [
                case.name,
                *(spread([1e6 * one for one in each[clock]]) for clock in CLOCKS),
                slower[case],
                *([round(exact[clock]) for clock in CLOCKS] if exact else [None, None]),
                exact["scoped"] / exact["bare"] if exact else None,
            ]
        )
    return Table(
        title="One call",
        columns=[
            "what, on which reactor",
            "bare, microseconds",
            "scope, microseconds",
            "scope / bare",
            "bare, instructions",
            "scope, instructions",
            "scope / bare",
        ],
        rows=rows,
    )


def many_table(many: Mapping[str, Mapping[str, Any]]) -> Table:
    """Memory of a pending call, and time to end it, by how many there are."""
    seconds = dict(paired(many, "seconds"))
    return Table(
        title="One of many pending calls",
        columns=[
            "pending",
            "bare, bytes",
            "scope, bytes",
            "scope / bare",
            "cancelled by hand, microseconds",
            "scope closed, microseconds",
        ],
        rows=[
            [
                f"{size:,}",
                *(round(held[clock]) for clock in CLOCKS),
                held["scoped"] / held["bare"],
                *(1e6 * seconds[size][clock] / size for clock in CLOCKS),
            ]
            for size, held in paired(many, "bytes")
        ],
    )


def times_plot(slower: Mapping[Case, Spread]) -> Bars:
    """The ratios."""
    return Bars(
        title="One call on a scope",
        axis="time / that on the bare reactor",
        labels=[case.name for case in slower],
        series=[Series("scope", list(slower.values()))],
        reference=1.0,
    )


def many_plot(many: Mapping[str, Mapping[str, Any]]) -> Growth:
    """Time to end them all."""
    names = {"bare": "each cancelled by hand", "scoped": "scope closed"}
    return Growth(
        title="Ending all pending calls",
        x="pending calls",
        y="microseconds",
        series=[
            Series(
                name,
                [(n, 1e6 * each[clock]) for n, each in paired(many, "seconds")],
            )
            for clock, name in names.items()
        ],
    )


NOTES = [
    """*callLater and cancel* includes what the reactor does about cancelled calls, once
in a turn of 100. Bytes are what Python asked for; with few calls, what a scope or the
reactor makes for its first one weighs most. Closing a scope also fails its Deferreds
and coroutines, of which there are none here.""",
]

QUESTION = Question(
    name="timers",
    text="What does a timer cost that dies with its connection?",
    ask=ask,
    seconds={Effort.QUICK: 10.0, Effort.FULL: 50.0},
)
