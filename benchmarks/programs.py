"""What a whole program loses by the mixin: echo and streams, over real sockets.

One server process has both variants, on two ports; another process puts load on one
and the other in turns of a few milliseconds, so that whatever the machine does besides
meets both alike. Many such rounds give as many ratios.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from benchmarks.children import python, run_for_json
from benchmarks.paired import ratios, spread
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
    from collections.abc import Callable, Sequence

__all__ = ["QUESTION"]

KINDS = {
    "lines": "LineReceiver, Lines",
    "int32": "Int32StringReceiver, IntN",
    "plain": "Protocol, own send_ping",
}
USES = {
    "echo": "echo",
    "sent": "stream to the server",
    "received": "stream from the server",
}
SIZES = {64: "64 B", 65536: "64 KiB"}

WITHOUT, WITH = "without", "with"
MICRO = 1e6


@attrs.frozen
class Plan:
    """How much effort is made.

    Attributes:
        seconds: Of each way to use a server.
        first: Which variant a server makes first; one server for each.
    """

    seconds: float
    first: Sequence[str]


PLANS = {
    Effort.FULL: Plan(seconds=1.9, first=(WITHOUT, WITH)),
    Effort.QUICK: Plan(seconds=0.35, first=(WITH,)),
}


@attrs.frozen
class Case:
    """One way to use one kind of server.

    Attributes:
        kind: Of the server.
        use: What is done with it.
        size: Bytes of a message.
        rounds: The figures of both variants in each round.
    """

    kind: str
    use: str
    size: int
    rounds: list[dict[str, Any]] = attrs.field(factory=list)

    @property
    def server(self) -> str:
        """The kind and the size in words."""
        return f"{KINDS[self.kind]}, {SIZES[self.size]}"

    @property
    def title(self) -> str:
        """All in words."""
        return f"{self.server}, {USES[self.use]}"

    @property
    def echoes(self) -> bool:
        """Whether there are latencies."""
        return self.use == "echo"

    def ratio(self, figure: str) -> Spread:
        """A figure with the mixin, as a multiple of that without it."""
        samples = {name: self._values(figure, name) for name in (WITHOUT, WITH)}
        return ratios(samples, WITHOUT)[WITH]

    def alone(self, figure: str, factor: float = 1.0) -> Spread:
        """A figure without the mixin."""
        return spread([factor * value for value in self._values(figure, WITHOUT)])

    def _values(self, figure: str, variant: str) -> list[float]:
        return [each[variant][figure] for each in self.rounds]


def ask(effort: Effort, tell: Callable[[float, str], None]) -> Answer:
    """Measure, and put it into words."""
    cases = _measure(PLANS[effort], tell)
    return Answer(
        sentence=_sentence(cases),
        tables=[_table(cases)],
        plots=_plots(cases),
        bounds=[bound for case in cases if case.echoes for bound in _bounds(case)],
        notes=_NOTES,
    )


def _measure(plan: Plan, tell: Callable[[float, str], None]) -> list[Case]:
    cases: dict[tuple[str, str, int], Case] = {}
    servers = [(kind, first) for first in plan.first for kind in KINDS]
    for done, (kind, first) in enumerate(servers):
        tell(done / len(servers), KINDS[kind])
        load = python("benchmarks.workloads.programs_load", kind, first, plan.seconds)
        for found in run_for_json(load)["cases"]:
            key = (kind, found["use"], found["size"])
            cases.setdefault(key, Case(*key)).rounds.extend(found["rounds"])
    return list(cases.values())


def _sentence(cases: Sequence[Case]) -> str:
    echoes = [case for case in cases if case.echoes]
    return (
        "An echo server with the mixin and a running keepalive answers "
        f"{_range(echoes, 'rate')} times as many messages per second as without, the "
        f"99th percentile of its latency is {_range(echoes, 'p99')} times, and its CPU "
        f"for each message {_range(echoes, 'cpu')} times that without (medians, from "
        "the least to the greatest of all kinds and sizes)."
    )


def _range(cases: Sequence[Case], figure: str) -> str:
    medians = [case.ratio(figure).median for case in cases]
    return f"{min(medians):.3f} to {max(medians):.3f}"


def _table(cases: Sequence[Case]) -> Table:
    rows: list[list[Cell]] = [
        [
            case.title,
            case.ratio("rate"),
            case.ratio("p99") if case.echoes else None,
            case.ratio("cpu"),
            case.alone("rate"),
            case.alone("p99", MICRO) if case.echoes else None,
            case.alone("cpu", MICRO),
            len(case.rounds),
        ]
        for case in cases
    ]
    return Table(
        title="With the mixin and a running keepalive; without = 1",
        columns=(
            "server, message, use",
            "throughput",
            "99th percentile of latency",
            "server CPU for each message",
            "without: throughput (messages/s)",
            "without: 99th percentile (µs)",
            "without: CPU (µs)",
            "rounds",
        ),
        rows=rows,
    )


def _plots(cases: Sequence[Case]) -> list[Bars]:
    return [
        _bars("Throughput with the mixin", "messages per second", "rate", USES, cases),
        _bars("Tail latency of an echo with the mixin", "p99", "p99", ["echo"], cases),
        _bars("Server CPU with the mixin", "CPU per message", "cpu", USES, cases),
    ]


def _bars(
    title: str,
    axis: str,
    figure: str,
    uses: Sequence[str] | dict[str, str],
    cases: Sequence[Case],
) -> Bars:
    return Bars(
        title=title,
        axis=f"{axis}, without = 1",
        labels=list(dict.fromkeys(case.server for case in cases)),
        series=[
            Series(USES[use], [case.ratio(figure) for case in cases if case.use == use])
            for use in uses
        ],
        reference=1.0,
    )


def _bounds(case: Case) -> list[Bound]:
    return [
        Bound(
            f"throughput, with / without ({case.title})",
            case.ratio("rate"),
            0.99,
            least=True,
        ),
        Bound(f"p99 latency, with / without ({case.title})", case.ratio("p99"), 1.01),
    ]


_NOTES = (
    (
        "Both variants are in one server process, on two ports, and are used in turns "
        "of at least 10 ms, eight turns to a round: ABBA BAAB. A ratio is that of one "
        "round. In the full run there are two servers, which differ in which variant "
        "is made first. The load is bare sockets in another process."
    ),
    (
        "An echo has one message under way on each of 8 connections, so that the server "
        "always has work: latency is mostly waiting for the server. A stream is one "
        "connection. Without a framing, a stream has no messages, and arrives in "
        "pieces of up to 64 KiB whatever was sent."
    ),
    (
        "The keepalive is a hard case: an interval of 1 s, so that it looks at each "
        "connection about once a second. A look falls into the turns of either "
        "variant alike; what one costs is the subject of the questions on idle and on "
        "simulated connections. On lines and strings the wire takes part: it has to "
        "tell its own messages from the application's, one comparison for each."
    ),
)

QUESTION = Question(
    name="programs",
    text=(
        "What does a whole program lose: an echo server, and streams, between two "
        "processes?"
    ),
    ask=ask,
    seconds={Effort.FULL: 90.0, Effort.QUICK: 12.0},
)
