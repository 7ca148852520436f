"""What the keepalives of up to a million connections cost, on a simulated clock."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING, Any

from benchmarks.children import python, run_for_json
from benchmarks.paired import spread
from benchmarks.results import (
    Answer,
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

WORKLOAD = "benchmarks.workloads.simulated_wheel"
LIMIT = 300.0

INTERVAL = 30
MILLION = 1_000_000
SHARE_BOUND = 10.0
SLOPE_BOUNDS = (0.95, 1.05)
FROM = 10_000
"""Connections from which on the slope is taken: with fewer, a wake of the shared timer
finds so few of them due that its own cost shows."""

SECONDS = {
    Effort.QUICK: {1000: 10, 10_000: 10, 100_000: 10},
    Effort.FULL: {1000: 20, 10_000: 20, 100_000: 20, 300_000: 10, MILLION: 10},
}
"""Of simulated time, by the number of connections."""

WAYS = {
    "busy": "busy: bytes keep coming",
    "idle": "idle: pinged, and answering",
}

Shares = dict[str, dict[int, Spread]]
"""Per cent of a core, by way and number of connections."""


def ask(effort: Effort, tell: Callable[[float, str], None]) -> Answer:
    """Simulate each number of connections."""
    seconds = SECONDS[effort]
    found = {}
    for count in seconds:
        tell(done(seconds, count), f"{count:,} connections")
        found[count] = run_for_json(
            python(WORKLOAD, count, seconds[count]), limit=LIMIT
        )
    return answer(found)


def done(counts: Mapping[int, float], upcoming: int) -> float:
    """The share of the work that lies before *upcoming*."""
    return sum(count for count in counts if count < upcoming) / sum(counts)


def answer(found: Mapping[int, Mapping[str, Any]]) -> Answer:
    """Put it together."""
    shares = {
        way: {
            count: spread([100 * share for share in each[way]["shares"]])
            for count, each in found.items()
        }
        for way in WAYS
    }
    most = max(found)
    slopes = {way: slope(shares[way]) for way in WAYS}
    return Answer(
        sentence=(
            f"The keepalives of {most:,} busy connections take "
            f"{shares['busy'][most].median:.1f} % of a core with an interval of "
            f"{INTERVAL} s, those of as many idle ones, each pinged, "
            f"{shares['idle'][most].median / shares['busy'][most].median:.1f} times as "
            f"much; the cost grows with the number of connections to the power of "
            f"{slopes['busy']:.2f} (idle: {slopes['idle']:.2f})."
        ),
        tables=[table(shares, found)],
        plots=[plot(shares)],
        bounds=bounds(shares["busy"], slopes["busy"]),
        notes=NOTES,
    )


def slope(shares: Mapping[int, Spread]) -> float:
    """Of the line through cost against count, both logarithmic."""
    points = [
        (math.log(count), math.log(share.median))
        for count, share in shares.items()
        if count >= FROM
    ]
    counts, costs = zip(*points, strict=True)
    return statistics.linear_regression(counts, costs).slope


def bounds(busy: Mapping[int, Spread], slope: float) -> list[Bound]:
    """What was promised."""
    least, most = SLOPE_BOUNDS
    figure = "slope of cost against count, busy"
    slopes = [
        Bound(figure, slope, most),
        Bound(figure, slope, least, least=True),
    ]
    if MILLION not in busy:
        return slopes
    share = Bound(
        "per cent of a core for 1,000,000 busy connections", busy[MILLION], SHARE_BOUND
    )
    return [share, *slopes]


def table(shares: Shares, found: Mapping[int, Mapping[str, Any]]) -> Table:
    """Cost by number of connections."""
    return Table(
        title=f"Keepalives with an interval of {INTERVAL} s",
        columns=[
            "connections",
            "busy, % of a core",
            "microseconds for a connection and interval",
            "idle, % of a core",
            "microseconds for a connection and interval",
            "pings a second",
        ],
        rows=[
            [
                f"{count:,}",
                shares["busy"][count],
                each_time(shares["busy"][count], count),
                shares["idle"][count],
                each_time(shares["idle"][count], count),
                round(found[count]["idle"]["pings"]),
            ]
            for count in found
        ],
    )


def each_time(share: Spread, count: int) -> float:
    """Microseconds of one connection in one interval."""
    return share.median / 100 * INTERVAL / count * 1e6


def plot(shares: Shares) -> Growth:
    """Cost against the number of connections."""
    return Growth(
        title=f"Keepalives of simulated connections, interval {INTERVAL} s",
        x="connections",
        y="% of a core",
        series=[Series(name, points(shares[way])) for way, name in WAYS.items()],
    )


def points(shares: Mapping[int, Spread]) -> Sequence[tuple[float, float]]:
    """Counts and costs."""
    return [(float(count), share.median) for count, share in shares.items()]


NOTES = [
    """Simulated: a reactor whose time moves as fast as the processor goes, transports
without sockets, and evidence that is made up. So the system calls are left out: one
`getsockopt` for a check of a busy connection, and for an idle one those of the looks,
of the ping and of its answer. Each connection has objects of its own, so that memory is
walked through as with real ones.""",
    f"""The slope is that of a straight line through the logarithms from {FROM:,}
connections on. With fewer, a wake of the shared timer, 20 a second at most, finds a
few connections only, and what the wake itself costs is divided among few. Every check
does the same however many there are; what can differ is how far from the processor the
memory lies that it needs.""",
    """The cyclic garbage collector is on, but had been told to leave alone what existed
before the measurement (`gc.freeze()`), as a server with a million objects does.""",
]

QUESTION = Question(
    name="simulated",
    text="What do the keepalives of a million connections cost?",
    ask=ask,
    seconds={Effort.QUICK: 4.0, Effort.FULL: 30.0},
)
