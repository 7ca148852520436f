"""When connections are given up whose peers hang, and what the reactor is spared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from benchmarks.children import python, run_for_json
from benchmarks.paired import spread
from benchmarks.results import (
    Answer,
    Bound,
    Distribution,
    Effort,
    Question,
    Series,
    Table,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["QUESTION"]

WORKLOAD = "benchmarks.workloads.verdicts_server"
PAUSE_BOUND = 20.0
SAMPLES = 500
"""Of each distribution that go into the file."""

INTERVAL, TIMEOUT, JITTER = 2.0, 2.0, 0.1
"""Of the workload's policy."""


@attrs.frozen
class Case:
    """One way in which all peers hang at once.

    Attributes:
        phases: ``spread`` or ``together``.
        log: ``none`` or ``structlog``.
        collector: ``on`` or ``frozen``.
        name: For a table.
    """

    phases: str
    log: str
    collector: str
    name: str


SPREAD = Case("spread", "none", "on", "asked at different times")
TOGETHER = Case("together", "none", "on", "all asked in a moment")
FROZEN = Case("together", "none", "frozen", "the same, gc.freeze() before")
LOGGED = Case("together", "structlog", "on", "the same, logged by structlog")
PLAIN = Case("plain", "none", "on", "no keepalive, the peers are killed")

COUNTS = {Effort.QUICK: 1000, Effort.FULL: 10_000}
CASES = {
    Effort.QUICK: [TOGETHER],
    Effort.FULL: [SPREAD, TOGETHER, FROZEN, LOGGED, PLAIN],
}

TITLES = {"silent_for": "by their silence", "since_fault": "since the fault"}

Found = dict[Case, dict[str, Any]]


def ask(effort: Effort, tell: Callable[[float, str], None]) -> Answer:
    """Let the peers hang in each way."""
    count, cases = COUNTS[effort], CASES[effort]
    found: Found = {}
    for n, case in enumerate(cases):
        tell(n / len(cases), f"{count:,} peers hang, {case.name}")
        arguments = (count, case.phases, case.log, case.collector)
        found[case] = run_for_json(python(WORKLOAD, *arguments))
    return answer(found, count)


def answer(found: Found, count: int) -> Answer:
    """Put it together."""
    worst = found[TOGETHER]
    judged = {case: each for case, each in found.items() if case is not PLAIN}
    wrong = sum(map(errors, judged.values()))
    late = max(worst["silent_for"]) / worst["promised"]
    return Answer(
        sentence=(
            f"Of {count:,} connections whose peers hang at once, all asked in a moment, "
            f"half are given up within "
            f"{middle(worst['silent_for']) / worst['promised']:.2f} and all within "
            f"{late:.2f} times the silence that the policy allows; verdicts that were "
            f"missed, mistaken or too early: {wrong}. The longest turn of the reactor "
            f"meanwhile takes "
            f"{worst['dying']['turn'] / worst['calm']['turn']:.1f} times as long as "
            f"the longest before, and without the interpreter's garbage collector "
            f"{worst['dying']['without'] / worst['calm']['without']:.1f} times."
        ),
        tables=[silence_table(judged), pause_table(found)],
        plots=[
            plot(judged, "silent_for", "silence of the peer at the verdict, seconds"),
            plot(judged, "since_fault", "seconds from the fault to connectionLost"),
        ],
        bounds=[
            Bound(
                f"longest turn of the reactor when {count:,} peers hang at once, ms",
                1e3 * worst["dying"]["turn"],
                PAUSE_BOUND,
            ),
            Bound(
                "the same without what the interpreter's garbage collector takes, ms",
                1e3 * worst["dying"]["without"],
                PAUSE_BOUND,
            ),
            Bound("verdicts missed, mistaken or too early", wrong, 0, exact=True),
        ],
        notes=NOTES,
    )


def errors(each: Mapping[str, Any]) -> int:
    """Connections that were not given up, for another reason, or before the fault."""
    right = sum(each["kinds"].get(kind, 0) for kind in ("PEER_HUNG", "PEER_SILENT"))
    lost = len(each["since_fault"])
    return int(each["missed"] + each["too_early"] + lost - right)


def middle(values: Sequence[float]) -> float:
    """The median."""
    return spread(values).median


def silence_table(found: Found) -> Table:
    """When the verdicts fell."""
    rows = []
    for case, each in found.items():
        silent = sorted(each["silent_for"])
        shares = [silent[int(len(silent) * share)] for share in (0.0, 0.5, 0.99)]
        rows.append([case.name, each["promised"], *shares, silent[-1], errors(each)])
    return Table(
        title="Silence of the peer at the verdict, seconds",
        columns=["", "allowed", "least", "half", "99 %", "most", "wrong verdicts"],
        rows=rows,
    )


def pause_table(found: Found) -> Table:
    """How long the reactor was away."""
    return Table(
        title="Longest turn of the reactor, milliseconds",
        columns=[
            "",
            "pinging",
            "without the collector",
            "losing all",
            "without the collector",
        ],
        rows=[
            [
                case.name,
                *(
                    1e3 * each[period][figure]
                    for period in ("calm", "dying")
                    for figure in ("turn", "without")
                ),
            ]
            for case, each in found.items()
        ],
    )


def plot(found: Found, what: str, axis: str) -> Distribution:
    """One of the two distributions."""
    promised = next(iter(found.values()))["promised"]
    return Distribution(
        title=f"{len(next(iter(found.values()))[what]):,} peers hang at once: {TITLES[what]}",
        axis=axis,
        series=[Series(case.name, thinned(each[what])) for case, each in found.items()],
        promised=[
            ("earliest, with the most jitter", INTERVAL * (1 - JITTER) + TIMEOUT),
            ("interval + timeout", promised),
        ]
        if what == "silent_for"
        else [("timeout", TIMEOUT), ("interval + timeout", promised)],
    )


def thinned(values: Sequence[float]) -> list[float]:
    """Some of them, evenly, the least and the greatest among them."""
    known = sorted(values)
    last = len(known) - 1
    points = min(SAMPLES, len(known))
    return [known[round(n * last / max(1, points - 1))] for n in range(points)]


NOTES = [
    f"""The peers live in one process, which is stopped (SIGSTOP): its kernel goes on
acknowledging, nobody answers. The policy asks after {INTERVAL:.0f} s of silence, less a
random tenth at most, and waits {TIMEOUT:.0f} s for an answer.""",
    """*All asked in a moment* is the worst that can happen to the reactor: questions and
verdicts of all connections fall due within two tenths of a second, and take longer than
that. What comes later than promised waits for the processor, and the verdicts after it
are held back besides, because lateness of our own is given back to the peers.""",
    """Turns are measured with the reactor never waiting for I/O, so that each is nothing
but work: a batch of checks of the shared timer, and the end of the connections that the
turn before gave up. The interpreter's cyclic garbage collector stops the program in some
of them, to go through all objects there are, for as long as that takes; `gc.freeze()`
spares it those that were there before. A server without any keepalive, whose peers are
killed, so that all its connections are lost at once, is measured in the same way.""",
]

QUESTION = Question(
    name="verdicts",
    text="When are hanging peers given up, and how long is the reactor away?",
    ask=ask,
    seconds={Effort.QUICK: 10.0, Effort.FULL: 65.0},
)
