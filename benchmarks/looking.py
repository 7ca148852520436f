"""What it costs to look at the reactor, and what it costs the program meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.children import python, run_for_json
from benchmarks.paired import compare, ratios, spread
from benchmarks.results import (
    Answer,
    Bars,
    Bound,
    Effort,
    Growth,
    Question,
    Series,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.results import Cell, Spread

__all__ = ["QUESTION"]

WORKLOAD = "benchmarks.workloads.looking_program"
EACH_BOUND = 50.0
TURN_BOUND = 10.0
PROMISED = {Effort.QUICK: 500, Effort.FULL: 2000}
"""Connections for which the bounds are, or in a hurry half-way there."""

COUNTS = {Effort.QUICK: [500], Effort.FULL: [100, 1000, 2000, 10_000]}
WATCHED: dict[Effort, list[int]] = {Effort.QUICK: [], Effort.FULL: [2000]}
SNAPSHOTS = {Effort.QUICK: 3, Effort.FULL: 10}
ROUNDS = {Effort.QUICK: 1, Effort.FULL: 10}

Found = dict[int, dict[str, Any]]
"""By count, what a workload found."""


def ask(effort: Effort, tell: Callable[[float, str], None]) -> Answer:
    """Look at programs of several sizes."""
    once: Found = {}
    sliced: Found = {}
    counts, rounds = COUNTS[effort], SNAPSHOTS[effort]
    for n, count in enumerate(counts):
        tell(0.7 * n / len(counts), f"{count:,} connections")
        once[count] = run_for_json(python(WORKLOAD, count, "once", rounds))
        sliced[count] = run_for_json(python(WORKLOAD, count, "slices", rounds))
    pages = {}
    for count in WATCHED[effort]:
        tell(0.7, f"{count:,} connections on the live page")
        pages[count] = run_for_json(python(WORKLOAD, count, "page"))
    calls = compare(
        {what: python(WORKLOAD, 1, what) for what in ("bare", "tracked")},
        rounds=ROUNDS[effort],
        tell=lambda done, what: tell(0.7 + 0.3 * done, f"callLater, {what}"),
    )
    return answer(once, sliced, pages, calls, PROMISED[effort])


def answer(
    once: Found,
    sliced: Found,
    pages: Found,
    calls: Mapping[str, list[float]],
    promised: int,
) -> Answer:
    """Put it together."""
    each = {count: of_one(found) for count, found in once.items()}
    turns = {count: milliseconds(found["turns"]) for count, found in sliced.items()}
    without = {count: milliseconds(found["without"]) for count, found in sliced.items()}
    tracked = ratios(calls, "bare")["tracked"]
    return Answer(
        sentence=(
            f"A snapshot takes {each[promised].median:.0f} microseconds for each "
            f"connection and each pending call of {promised:,} connections with twice "
            f"as many calls. Taken in slices, the reactor is away for "
            f"{without[promised].median:.1f} milliseconds at a time, the garbage "
            f"collector apart. callLater and cancel with a tracker take "
            f"{tracked.median:.2f} times as long."
        ),
        tables=[
            Table(
                title="Two pending calls for each connection",
                columns=[
                    "connections",
                    "microseconds for each of both",
                    "ms at once",
                    "ms in slices",
                    "longest turn, ms",
                    "without the collector",
                ],
                rows=[
                    [
                        f"{count:,}",
                        each[count],
                        milliseconds(once[count]["seconds"]),
                        milliseconds(sliced[count]["seconds"]),
                        turns[count],
                        without[count],
                    ]
                    for count in once
                ],
            ),
            calls_table(calls, tracked),
            *([pages_table(pages)] if pages else []),
        ],
        plots=[
            Growth(
                title="Taking a snapshot",
                x="connections, with two pending calls each",
                y="milliseconds",
                series=[
                    Series("at once", points(once)),
                    Series("in slices, all together", points(sliced)),
                ],
            ),
            Bars(
                title="Longest turn of the reactor while a snapshot is taken in slices",
                axis="milliseconds",
                labels=[f"{count:,} connections" for count in turns],
                series=[
                    Series("all", list(turns.values())),
                    Series("without the collector", list(without.values())),
                ],
                reference=TURN_BOUND,
            ),
        ],
        bounds=[
            Bound(
                f"microseconds of a snapshot for each connection and call, {promised:,} "
                "connections",
                each[promised],
                EACH_BOUND,
            ),
            Bound(
                f"longest turn while a snapshot is taken in slices, {promised:,} "
                "connections, ms",
                turns[promised],
                TURN_BOUND,
            ),
            Bound(
                "the same without what the interpreter's garbage collector takes, ms",
                without[promised],
                TURN_BOUND,
            ),
        ],
        notes=NOTES,
    )


def calls_table(calls: Mapping[str, list[float]], tracked: Spread) -> Table:
    """What a tracker adds."""
    rows: list[list[Cell]] = [
        [name, spread([1e6 * value for value in values])]
        for name, values in calls.items()
    ]
    return Table(
        title="callLater and cancel, from a method of a protocol",
        columns=["", "microseconds"],
        rows=[*rows, ["tracked / bare", tracked]],
    )


def pages_table(pages: Found) -> Table:
    """What a live page sends and takes."""
    return Table(
        title="A live page with one watcher; one in fifty connections makes new calls "
        "each second",
        columns=["connections", "kB sent a second", "per cent of the processor"],
        rows=[
            [f"{count:,}", found["bytes"] / 1e3, 100 * found["processor"]]
            for count, found in pages.items()
        ],
    )


def of_one(found: Mapping[str, Any]) -> Spread:
    """Microseconds for each connection and call."""
    return spread([1e6 * seconds / found["seen"] for seconds in found["seconds"]])


def milliseconds(values: list[float]) -> Spread:
    """The same in milliseconds."""
    return spread([1e3 * value for value in values])


def points(found: Found) -> list[tuple[float, float]]:
    """The medians, in milliseconds, by count."""
    return [
        (float(count), milliseconds(each["seconds"]).median)
        for count, each in found.items()
    ]


NOTES = [
    """The connections are real sockets to another process; of the two calls of each,
one is a method of the protocol and one of an object that has the protocol. Each
snapshot sees connections and calls anew; nothing is kept from one to the next.""",
    """*Longest turn* is the longest time between two turns of a reactor that does nothing
else. A full collection of the interpreter's garbage falls into some of them: it goes
through all objects of the program, whoever makes it necessary.""",
    """Without a snapshot nothing of this runs: an installed `heartbeat.graph` is a
listening UNIX socket and a signal handler, and `callLater` is the reactor's own unless
a tracker was asked for.""",
]

QUESTION = Question(
    name="looking",
    text="What does it cost to look at the reactor?",
    ask=ask,
    seconds={Effort.QUICK: 2.9, Effort.FULL: 79.0},
)
