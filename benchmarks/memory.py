"""What a connection holds while it is idle, and what its coming and going costs."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

import attrs

from benchmarks.children import python, run_for_json
from benchmarks.paired import ratios, reports, spread
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

BYTES_BOUND = 700
LOOPS_BOUND = 0.5

OURS = "scope and keepalive"
LOOPS = "two LoopingCalls"
PLAIN = "plain"
BASES = {
    "scope": PLAIN,
    OURS: PLAIN,
    "scope, keepalive and wire": "plain lines",
    LOOPS: PLAIN,
    "TimeoutMixin": PLAIN,
}
"""What is measured, and on top of what."""

HELD = "benchmarks.workloads.memory_held"
LIVES = "benchmarks.workloads.memory_lives"
WAYS = {"calls": "Twisted's calls alone", "sockets": "with real sockets"}


@attrs.frozen
class Work:
    """What is done with one effort.

    Attributes:
        sizes: Connections at the same time.
        rounds: Of the timed comparison.
        lives: Connections that come and go in each.
    """

    sizes: Sequence[int]
    rounds: int
    lives: int


WORK = {
    Effort.QUICK: Work(sizes=(1000,), rounds=2, lives=1000),
    Effort.FULL: Work(sizes=(100, 1000, 10_000), rounds=5, lives=2000),
}


@attrs.frozen
class Held:
    """Bytes of one connection.

    Attributes:
        settled: That Python asked for, by how many connections there are.
        made: The same with the most of them, before the first ping.
        resident: That the system gave for them, with the most.
        objects: What the garbage collector goes through of one connection.
    """

    settled: Mapping[int, float]
    made: float
    resident: float
    objects: float

    def above(self, base: Held) -> Held:
        """What is left without *base*."""
        return Held(
            {size: held - base.settled[size] for size, held in self.settled.items()},
            self.made - base.made,
            self.resident - base.resident,
            self.objects - base.objects,
        )


def ask(effort: Effort, tell: Callable[[float, str], None]) -> Answer:
    """Measure both."""
    work = WORK[effort]
    tell(0.0, "memory of idle connections")
    held = measure_held(work.sizes)
    lives = measure_lives(
        work, lambda done, kind: tell(0.4 + 0.6 * done, f"coming and going: {kind}")
    )
    return answer(held, lives)


# Memory.


def measure_held(sizes: Sequence[int]) -> dict[str, Held]:
    """Bytes of one connection on top of Twisted's, by kind."""
    kinds = sorted({*BASES, *BASES.values()})
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = dict(zip(kinds, pool.map(partial(held, sizes), kinds), strict=True))
    return {kind: found[kind].above(found[base]) for kind, base in BASES.items()}


def held(sizes: Sequence[int], kind: str) -> Held:
    """Bytes of one connection, Twisted's included."""
    traced = {n: run_for_json(python(HELD, kind, n, "traced")) for n in sizes}
    most = max(sizes)
    resident = run_for_json(python(HELD, kind, most, "resident"))
    return Held(
        {size: each["settled"] for size, each in traced.items()},
        traced[most]["made"],
        resident["settled"],
        resident["objects"],
    )


# Time.


def measure_lives(
    work: Work, tell: Callable[[float, str], None]
) -> dict[str, dict[str, list[float]]]:
    """Seconds of one connection's coming and going, by way and kind."""
    commands = {kind: python(LIVES, kind, work.lives) for kind in [PLAIN, *BASES]}
    found = reports(commands, rounds=work.rounds, tell=tell)
    return {
        how: {kind: [each[how] for each in found[kind]] for kind in commands}
        for how in WAYS
    }


# The answer.


def answer(
    held: Mapping[str, Held], lives: Mapping[str, Mapping[str, Sequence[float]]]
) -> Answer:
    """Put it together."""
    most = max(held[OURS].settled)
    ours, loops = held[OURS].settled[most], held[LOOPS].settled[most]
    slower = {how: ratios(times, PLAIN) for how, times in lives.items()}
    return Answer(
        sentence=(
            f"On top of what Twisted holds, an idle connection with a scope and a "
            f"keepalive holds {ours / loops:.2f} times what two LoopingCalls by hand "
            f"hold. Its coming and going through a real socket takes "
            f"{slower['sockets'][OURS].median:.2f} times as long as a plain one's, "
            f"that of two LoopingCalls {slower['sockets'][LOOPS].median:.2f} times."
        ),
        tables=[held_table(held), lives_table(lives, slower)],
        plots=[held_plot(held), lives_plot(slower)],
        bounds=[
            Bound(
                "bytes per idle connection, scope and keepalive",
                ours,
                BYTES_BOUND,
            ),
            Bound("the same / two LoopingCalls", ours / loops, LOOPS_BOUND),
        ],
        notes=NOTES,
    )


def held_table(held: Mapping[str, Held]) -> Table:
    """Bytes."""
    sizes = sorted(held[OURS].settled)
    loops = held[LOOPS].settled[max(sizes)]
    return Table(
        title="Bytes that one idle connection holds on top of Twisted's own",
        columns=[
            "with",
            *(f"{size:,} connections" for size in sizes),
            "/ two LoopingCalls",
            "before the first ping",
            "resident",
            "objects",
        ],
        rows=[
            [
                kind,
                *(round(each.settled[size]) for size in sizes),
                each.settled[max(sizes)] / loops,
                round(each.made),
                round(each.resident),
                round(each.objects, 1),
            ]
            for kind, each in held.items()
        ],
    )


def held_plot(held: Mapping[str, Held]) -> Growth:
    """Bytes of all of them against their number."""
    return Growth(
        title="Memory of idle connections, on top of Twisted's own",
        x="connections",
        y="bytes",
        series=[
            Series(kind, [(size, size * one) for size, one in each.settled.items()])
            for kind, each in held.items()
        ],
    )


def lives_table(
    lives: Mapping[str, Mapping[str, Sequence[float]]],
    slower: Mapping[str, Mapping[str, Spread]],
) -> Table:
    """Times."""
    headings = ((f"{way}, microseconds", "/ plain") for way in WAYS.values())
    return Table(
        title="Coming and going of one connection",
        columns=["with", *chain.from_iterable(headings)],
        rows=[
            [
                kind,
                *chain.from_iterable(
                    (microseconds(lives[how][kind]), slower[how].get(kind, 1.0))
                    for how in WAYS
                ),
            ]
            for kind in [PLAIN, *BASES]
        ],
    )


def microseconds(seconds: Sequence[float]) -> Spread:
    """The same in smaller units."""
    return spread([each * 1e6 for each in seconds])


def lives_plot(slower: Mapping[str, Mapping[str, Spread]]) -> Bars:
    """Ratios, of whole connections."""
    kinds = list(slower["sockets"])
    return Bars(
        title="Coming and going of one connection through a real socket",
        axis="time / that of a plain protocol",
        labels=kinds,
        series=[
            Series("accepted and lost", [slower["sockets"][kind] for kind in kinds])
        ],
        reference=1.0,
    )


MEMORY_NOTE = """Memory is what Python asked for (tracemalloc), all of a connection's
objects included, minus the same of a plain protocol. *Resident* is a second opinion by
the system, rounded to pages. Connections with a keepalive had each
answered three pings before, and the kernel had been asked about each, so that all that
comes into being on an idle connection was there. The transports are Twisted's own for
a server's connection, but share one socket. A connection's share of the slots of the
shared timer is in it; it differs by a few bytes from run to run, for how the slots fill
is chance, and the mean of three is given. *Objects*
are those that the interpreter's garbage collector goes through."""

LIVES_NOTE = """Coming and going: `makeConnection` and the transport's
`connectionLost`; through real sockets, whatever the server does between `accept` and
the last `close`, the client's work left out."""

NOTES = [MEMORY_NOTE, LIVES_NOTE]

QUESTION = Question(
    name="memory",
    text="What does a connection hold, and what does its coming and going cost?",
    ask=ask,
    seconds={Effort.QUICK: 8.0, Effort.FULL: 40.0},
)
