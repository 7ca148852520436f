"""What one look at a busy connection costs, evidence included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from benchmarks.children import python
from benchmarks.paired import reports, spread
from benchmarks.results import (
    Answer,
    Bars,
    Bound,
    Effort,
    Question,
    Series,
    Spread,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["QUESTION"]

WORKLOAD = "benchmarks.workloads.checks_busy"
BOUND = 1.25

TIMER = "timer"
ASKING = "asking"
CHECK = "check"
WHEEL = "wheel"
WAYS = {
    ASKING: "the system call in it",
    CHECK: "a check",
    WHEEL: "a check by the shared timer",
}


@attrs.frozen
class Case:
    """Some connections.

    Attributes:
        transport: ``tcp`` or ``tls``.
        count: How many are checked in turn.
    """

    transport: str
    count: int

    @property
    def name(self) -> str:
        """For a table."""
        noun = "connection" if self.count == 1 else "connections"
        return f"{self.transport.upper()}, {self.count:,} {noun}"


ONE = Case("tcp", 1)
MANY = Case("tcp", 1000)


@attrs.frozen
class Work:
    """What is done with one effort.

    Attributes:
        cases: Which connections.
        rounds: Processes for each.
        slices: In each process.
    """

    cases: Sequence[Case]
    rounds: int
    slices: int


WORK = {
    Effort.QUICK: Work(cases=[ONE, MANY], rounds=2, slices=10),
    Effort.FULL: Work(
        cases=[ONE, MANY, Case("tls", 1), Case("tls", 1000)], rounds=5, slices=20
    ),
}

Found = dict[Case, list[dict[str, Any]]]
"""Seconds of one of each, by process and case."""


def ask(effort: Effort, tell: Callable[[float, str], None]) -> Answer:
    """Measure all cases."""
    work = WORK[effort]
    commands = {
        case.name: python(WORKLOAD, case.transport, case.count, work.slices)
        for case in work.cases
    }
    found = reports(commands, rounds=work.rounds, tell=tell)
    return answer({case: found[case.name] for case in work.cases})


def answer(found: Found) -> Answer:
    """Put it together."""
    relative = {
        case: {way: ratio(each, way) for way in WAYS if way in each[0]}
        for case, each in found.items()
    }
    one, many = relative[ONE], relative[MANY]
    return Answer(
        sentence=(
            f"A check of a busy TCP connection takes {one[CHECK].median:.2f} times as "
            f"long as a bare callLater and cancel, evidence included; the system call "
            f"in it alone takes {one[ASKING].median:.2f} times as long. With "
            f"{MANY.count:,} connections in turn, and called by the shared timer, it "
            f"takes {many[WHEEL].median:.2f} times as long."
        ),
        tables=[table(found, relative)],
        plots=[plot(relative)],
        bounds=[
            Bound("a check / callLater + cancel, one connection", one[CHECK], BOUND),
            Bound(
                f"the same by the shared timer, {MANY.count:,} connections",
                many[WHEEL],
                BOUND,
            ),
        ],
        notes=NOTES,
    )


def ratio(processes: Sequence[Mapping[str, float]], way: str) -> Spread:
    """To the timer of the same process."""
    return spread([each[way] / each[TIMER] for each in processes])


def table(found: Found, relative: Mapping[Case, Mapping[str, Spread]]) -> Table:
    """All of it."""
    rows: list[list[Any]] = []
    for case, processes in found.items():
        timer = spread([each[TIMER] * 1e6 for each in processes])
        rows.append([f"{case.name}: bare callLater and cancel", timer, 1.0])
        for way, times in relative[case].items():
            microseconds = spread([each[way] * 1e6 for each in processes])
            rows.append([f"{case.name}: {WAYS[way]}", microseconds, times])
    return Table(
        title="One check of a connection whose peer was heard a moment ago",
        columns=["what", "microseconds", "/ callLater and cancel"],
        rows=rows,
    )


def plot(relative: Mapping[Case, Mapping[str, Spread]]) -> Bars:
    """The ratios."""
    return Bars(
        title="One check of a busy connection",
        axis="time / that of a bare callLater and cancel",
        labels=[case.name for case in relative],
        series=[
            Series(name, [ratios.get(way) for ratios in relative.values()])
            for way, name in WAYS.items()
        ],
        reference=1.0,
    )


NOTES = [
    """A check asks the kernel when the peer's last byte arrived, finds that it need not
ask the peer, and puts itself back into the shared timer. It comes once an interval.""",
    """*By the shared timer* adds that timer's own work and the reactor's turns. One connection checked over and over is in the processor's caches, like
the timer it is compared with; of a thousand in turn, neither our objects nor the
kernel's are.""",
    """Why the bound is out of reach: with evidence, a check takes at least the system
call, whose work is the kernel's. What that leaves of the bound is the time of about four
calls of Python functions. A check makes seven: it has to be called itself, to see that
nobody closes the connection, to ask, to note what it learned, to find out when to look
next, and twice to put itself back.""",
    """In every process all of it is measured in short slices one after the other, and
again in reverse order.""",
]

QUESTION = Question(
    name="checks",
    text="What does one look at a busy connection cost?",
    ask=ask,
    seconds={Effort.QUICK: 5.0, Effort.FULL: 35.0},
)
