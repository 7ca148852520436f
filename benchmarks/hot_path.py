"""The hot path: what a running keepalive adds to each message, beside other means.

`benchmarks.write_path` and `benchmarks.read_path` ask, `benchmarks.hot_path_figures`
measures; here the figures become an answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from benchmarks.candidates import BASE, CANDIDATES, KINDS
from benchmarks.hot_path_figures import Key, Times, counts, times
from benchmarks.results import Answer, Bars, Bound, Cell, Effort, Series, Table
from benchmarks.workloads.hot_path_plan import Plan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.workloads.messages import Case

__all__ = ["BATCHES", "TRANSPORTS", "Subject", "asking", "bounds", "figures"]

BOUND = 1.001
"""Instructions of a message with a running keepalive, of those without."""

TRANSPORTS = {"tcp": "TCP", "tls": "TLS"}

BATCHES = {Effort.QUICK: 6, Effort.FULL: 12}
"""Of each case that are counted; what is left of chance shrinks with their number."""

CHOSEN = {
    Effort.QUICK: (BASE, "keepalive", "wire", "stamp", "timeout", "renew"),
    Effort.FULL: tuple(CANDIDATES),
}
"""What is measured."""

TIMED_BATCHES = 4
ROUNDS = {Effort.QUICK: 1, Effort.FULL: 4}
TURNS = {Effort.QUICK: 8, Effort.FULL: 10}

COUNTING = {Effort.QUICK: 0.6, Effort.FULL: 0.5}
"""The share of the time that counting takes; timing takes the rest."""

NOTES = (
    """A message is written by a method of the protocol, which each candidate has; the
    counter, the time stamp and the rest are one line more in it. So what is compared is
    that line, and not that somebody has to put a method around `transport.write` to have
    a place for it.""",
    """Between two turns of the reactor there are 256 messages of 64 bytes, 64 of 1 KiB or
    one of 64 KiB; the turn is counted, the peer is not. Bytes are read message by
    message, lines and strings four at a time.""",
    """Instructions are those of the process, counted by callgrind, without the kernel's.
    Each candidate has a process of its own, forked from one that has imported
    everything. What happens inside the memory allocators is left out, for it depends on
    everything before. *Nothing at all, again* shows how far the rest can be trusted.""",
    """A time is compared with that of nothing at all a moment before or after, in the
    same process. The spread is that of single turns. All timeouts and intervals are an
    hour: what a look of the keepalive costs is the business of other questions.""",
)


@attrs.frozen
class Subject:
    """What is asked about.

    Attributes:
        verb: What happens to a message.
        cases: What is measured.
        gated: Of these, those that have a bound; the first is the plain one.
    """

    verb: str
    cases: Mapping[Effort, Sequence[Case]]
    gated: Sequence[Case]


def asking(
    subject: Subject,
) -> Callable[[Effort, Callable[[float, str], None]], Answer]:
    """What measures and answers."""

    def ask(effort: Effort, tell: Callable[[float, str], None]) -> Answer:
        share = COUNTING[effort]
        plan = Plan(
            transports=list(TRANSPORTS),
            candidates=list(CHOSEN[effort]),
            cases=list(subject.cases[effort]),
            batches=BATCHES[effort],
        )
        tell(0.0, "instructions")
        counted = counts(plan)
        timing = attrs.evolve(plan, batches=TIMED_BATCHES, turns=TURNS[effort])
        timed = times(
            timing,
            ROUNDS[effort],
            lambda done, what: tell(share + done * (1 - share), f"time, {what}"),
        )
        return _answer(subject, plan, counted, timed)

    return ask


def figures(counted: Mapping[Key, float]) -> dict[Key, float]:
    """Instructions of a message, of those with nothing at all."""
    return {
        (transport, case, candidate): value / counted[transport, case, BASE]
        for (transport, case, candidate), value in counted.items()
        if candidate != BASE
    }


def bounds(gated: Sequence[Case], ratios: Mapping[Key, float]) -> list[Bound]:
    """What was promised of the keepalive."""
    return [
        Bound(
            f"instructions, {label(case)} over {name}, keepalive / nothing",
            ratios[transport, case, "keepalive"],
            BOUND,
            exact=True,
        )
        for case in gated
        for transport, name in TRANSPORTS.items()
    ]


def label(case: Case) -> str:
    """A case, for headings."""
    kind = KINDS[case.kind]
    method = kind.writer if case.direction == "write" else kind.receive
    of = {"int32": " (Int32)", "netstrings": " (netstring)"}.get(case.kind, "")
    size = f"{case.size} B" if case.size < 2**10 else f"{case.size // 2**10} KiB"
    return f"{method}{of} {size}"


def _answer(
    subject: Subject, plan: Plan, counted: Mapping[Key, float], timed: Times
) -> Answer:
    cases, ratios = plan.cases, figures(counted)
    others = [each for each in plan.candidates if each != BASE]
    return Answer(
        sentence=_sentence(subject, ratios),
        tables=[
            table
            for transport in TRANSPORTS
            for table in (
                _instructions(transport, cases, counted, ratios, others),
                _times(transport, cases, timed, others),
            )
        ],
        plots=[
            *(_bars(case, ratios, others, "Instructions") for case in subject.gated),
            _bars(subject.gated[0], timed.ratios, others, "Time"),
        ],
        bounds=bounds(subject.gated, ratios),
        notes=[" ".join(note.split()) for note in NOTES],
    )


def _sentence(subject: Subject, ratios: Mapping[Key, float]) -> str:
    plain = subject.gated[0]
    ours = " and ".join(
        f"{ratios[transport, plain, 'keepalive']:.4f} times over {name}"
        for transport, name in TRANSPORTS.items()
    )
    beside = ", ".join(
        f"{ratios['tcp', plain, each]:.2f} with {CANDIDATES[each].name}"
        for each in ("counter", "stamp", "reset", "timeout", "renew")
        if ("tcp", plain, each) in ratios
    )
    return (
        f"A message of 64 bytes that is {subject.verb} takes, with a running keepalive, "
        f"{ours} the instructions that it takes with nothing at all; {beside} (TCP)."
    )


def _instructions(
    transport: str,
    cases: Sequence[Case],
    counted: Mapping[Key, float],
    ratios: Mapping[Key, float],
    others: Sequence[str],
) -> Table:
    def cell(case: Case, candidate: str) -> Cell:
        ratio = ratios.get((transport, case, candidate))
        return None if ratio is None else round(ratio, 4)

    return _table(
        f"Instructions of one message over {TRANSPORTS[transport]}, "
        "as multiples of those with nothing at all",
        "instructions, nothing at all",
        {case: round(counted[transport, case, BASE]) for case in cases},
        cell,
        others,
    )


def _times(
    transport: str, cases: Sequence[Case], timed: Times, others: Sequence[str]
) -> Table:
    return _table(
        f"Time of one message over {TRANSPORTS[transport]}, "
        "as multiples of that with nothing at all",
        "microseconds, nothing at all",
        {case: round(1e6 * timed.seconds[transport, case].median, 2) for case in cases},
        lambda case, candidate: timed.ratios.get((transport, case, candidate)),
        others,
    )


def _table(
    title: str,
    first: str,
    base: Mapping[Case, Cell],
    cell: Callable[[Case, str], Cell],
    others: Sequence[str],
) -> Table:
    cases = list(base)
    rows = [
        [CANDIDATES[each].name, *(cell(case, each) for case in cases)]
        for each in others
    ]
    return Table(title, ["", *map(label, cases)], [[first, *base.values()], *rows])


def _bars(
    case: Case, ratios: Mapping[Key, Cell], others: Sequence[str], what: str
) -> Bars:
    there = [each for each in others if ("tcp", case, each) in ratios]
    return Bars(
        title=f"{what} of one message: {label(case)}",
        axis="multiple of that with nothing at all",
        labels=[CANDIDATES[each].name for each in there],
        series=[
            Series(name, [ratios[transport, case, each] for each in there])
            for transport, name in TRANSPORTS.items()
        ],
        reference=1.0,
    )
