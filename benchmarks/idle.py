"""What a connection costs that nobody uses, and one that is busy, and who is cheaper.

Real connections from real processes; every candidate does the same work: it asks each
peer after so much silence, and gives it up if no answer comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.results import (
    Answer,
    Bars,
    Bound,
    Cell,
    Effort,
    Growth,
    Question,
    Series,
    Spread,
    Table,
)
from benchmarks.workloads.idle_plan import (
    LINES,
    NOTHING,
    OTHERS,
    OURS,
    PLANS,
    WEBSOCKET,
    Found,
    Plan,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.workloads.idle_field import Subject
    from benchmarks.workloads.idle_plan import Stack

__all__ = ["QUESTION"]

SAME = (LINES, WEBSOCKET)
"""The stacks on which there is a heartbeat of ours."""


def ask(effort: Effort, tell: Callable[[float, str], None]) -> Answer:
    """Measure, and put it into words."""
    plan = PLANS[effort].possible()
    found = plan.measure(tell)
    return Answer(
        sentence=_sentence(plan, found),
        tables=[_idle_table(plan, found), _busy_table(plan, found)],
        plots=[_bars(plan, found), _growth(plan, found)],
        bounds=list(_bounds(plan, found)),
        notes=_notes(plan),
    )


def _sentence(plan: Plan, found: Found) -> str:
    most = plan.counts[-1]
    against = ", ".join(
        f"{_against(stack, peer, most, found).median:.2f} times that of "
        f"{stack.candidates[peer]} ({stack.title})"
        for stack in SAME
        for peer in stack.peers
    )
    lines = [LINES.subject(name, most) for name in (OURS, NOTHING)]
    busy = found.busy_ratio(lines[0], lines[1])
    return (
        f"With {most:,} connections, an idle one that is pinged costs the server's CPU "
        f"{against}; while its peer talks it costs {busy.median:.2f} times that of one "
        "without a keepalive."
    )


def _against(stack: Stack, peer: str, count: int, found: Found) -> Spread:
    """Our CPU as a multiple of a peer's on the same stack."""
    return found.idle_ratio(stack.subject(OURS, count), stack.subject(peer, count))


def _subjects(plan: Plan) -> Iterator[tuple[Stack, Subject, Subject]]:
    """Every server, with its stack and the one of ours it is compared with."""
    for stack in (*SAME, OTHERS):
        ours = WEBSOCKET if stack is OTHERS else stack
        for subject in plan.subjects([stack]):
            yield stack, subject, ours.subject(OURS, subject.count)


def _title(stack: Stack, subject: Subject) -> str:
    return f"{stack.title}: {stack.candidates[subject.candidate]}"


def _idle_table(plan: Plan, found: Found) -> Table:
    rows: list[list[Cell]] = [
        [
            _title(stack, subject),
            subject.count,
            found.idle_ratio(subject, ours),
            found.cost(subject),
            found.ping_cost(subject),
            _memory(stack, subject, plan, found),
        ]
        for stack, subject, ours in _subjects(plan)
    ]
    return Table(
        title=f"Idle connections, pinged after {plan.interval:g} s of silence",
        columns=(
            "stack and keepalive",
            "connections",
            "CPU, heartbeat = 1",
            "CPU for each connection and second (µs)",
            "CPU for each ping (µs)",
            "resident memory for each further connection (bytes)",
        ),
        rows=rows,
    )


def _memory(stack: Stack, subject: Subject, plan: Plan, found: Found) -> Cell:
    """Bytes for each connection, beside the row of most; None elsewhere."""
    less, more = plan.counts[0], plan.counts[-1]
    if stack not in SAME or subject.count != more or less == more:
        return None
    least = stack.subject(subject.candidate, less)
    return round(found.growth(least, subject))


def _busy_table(plan: Plan, found: Found) -> Table:
    rows: list[list[Cell]] = [
        [
            _title(stack, subject),
            subject.count,
            found.busy_ratio(subject, stack.subject(NOTHING, subject.count)),
            found.checks(subject),
            sum(window.pings for window in found.busy[subject]),
        ]
        for stack, subject, _ in _subjects(plan)
        if stack in SAME and subject.candidate != NOTHING
    ]
    return Table(
        title=f"Busy connections, a message of 20 bytes every {plan.every:g} s",
        columns=(
            "stack and keepalive",
            "connections",
            "CPU, no keepalive = 1",
            "in heartbeat's shared timer, each connection and second (µs)",
            "pings sent",
        ),
        rows=rows,
    )


def _bars(plan: Plan, found: Found) -> Bars:
    shown = [
        (stack, subject, found.idle_ratio(subject, ours))
        for stack, subject, ours in _subjects(plan)
        if (stack is OTHERS or subject.count == plan.counts[-1])
        and subject.candidate != NOTHING
    ]
    series = {
        f"same stack, {plan.counts[-1]:,} connections": SAME,
        f"other stacks, {plan.counts[0]:,} connections": (OTHERS,),
    }
    return Bars(
        title=f"Server CPU of an idle connection, pinged every {plan.interval:g} s",
        axis="CPU, heartbeat on the same stack = 1 (other stacks: on Autobahn's)",
        labels=[_title(stack, subject) for stack, subject, _ in shown],
        series=[
            Series(
                name, [ratio if stack in stacks else None for stack, _, ratio in shown]
            )
            for name, stacks in series.items()
        ],
        reference=1.0,
    )


def _growth(plan: Plan, found: Found) -> Growth:
    lines = [
        Series(
            f"{stack.title}: {title}",
            [
                (count, count * found.cost(stack.subject(name, count)).median)
                for count in plan.counts
            ],
        )
        for stack in SAME
        for name, title in stack.candidates.items()
        if name != NOTHING
    ]
    return Growth(
        title=f"Server CPU of all idle connections, pinged every {plan.interval:g} s",
        x="connections",
        y="CPU (µs per second)",
        series=[*lines, *_busy_growth(plan, found)],
    )


def _busy_growth(plan: Plan, found: Found) -> Iterator[Series]:
    """The checks of busy connections; nothing where there is no such timer."""
    subjects = [LINES.subject(OURS, count) for count in plan.counts]
    checks = [(subject.count, found.checks(subject)) for subject in subjects]
    values = [(count, count * each.median) for count, each in checks if each]
    if len(values) == len(checks):
        yield Series(f"{LINES.title}: heartbeat's checks while busy", values)


def _bounds(plan: Plan, found: Found) -> Iterator[Bound]:
    for stack in SAME:
        for peer in stack.peers:
            for count in plan.counts:
                yield Bound(
                    f"CPU per idle pinged connection, ours / {stack.candidates[peer]} "
                    f"({stack.title}, {count:,} connections)",
                    _against(stack, peer, count, found),
                    1.0,
                )


def _notes(plan: Plan) -> list[str]:
    return [
        (
            "Each server and the peers of each are processes of their own; the peers are "
            "bare sockets that answer pings. All servers of a stack, at all counts, are up "
            "at once and measured in the same windows, and ratios are those of a window. "
            "CPU is that of the server process, user and system, by getrusage."
        ),
        (
            f"The interval is {plan.interval:g} s, and connections are made evenly within "
            "one. It is not scaled: what a ping costs depends much on how many are asked "
            "in one wake of the process, and so on connections per interval. A waking "
            "process has cold caches. heartbeat, Autobahn (up to 100 at once) and aiohttp ask in whole "
            "seconds; the others ask one "
            "connection at a time."
        ),
        (
            "Same work: a ping after each interval and 20 s for its answer. heartbeat's "
            "policy is the default one, which asks up to a tenth earlier (jitter), so it "
            "sends about 5 % more pings; these count in the CPU of a connection. "
            "LoopingCalls, the delayed call beside TimeoutMixin, Autobahn and websockets "
            "ask by the clock, whether the peer talks or not; heartbeat, aiohttp and "
            "foolscap only when it is silent."
        ),
        (
            "Autobahn's auto-ping costs less than heartbeat on the same stack: it writes "
            "a ping and waits. heartbeat asks the kernel and the transport before each "
            "question, so that a deadline can be judged by evidence, and that is what the "
            "difference pays for: one system call and the Python around it."
        ),
        (
            "While busy, heartbeat asks nothing and only looks when the peer was last "
            "heard, about once an interval. That is too little to be seen beside the "
            "traffic, so it is measured by a stopwatch (the thread's CPU clock) around the "
            "shared timer in the server as well. A few pings of the moment when talk "
            "begins may still be counted."
        ),
        (
            "foolscap 24.9 works on CPython 3.11 with Twisted 26.10, with deprecation "
            "warnings of pyOpenSSL. Measured is its lowest layer, Banana, which has the "
            "keepalive, on bare TCP, without its negotiation and TLS. The other stacks do "
            "other work besides and are there for comparison only."
        ),
    ]


QUESTION = Question(
    name="idle",
    text=(
        "What does an idle and a busy connection cost, with 1,000 to 10,000 real "
        "ones, beside every other keepalive?"
    ),
    ask=ask,
    seconds={Effort.FULL: 170.0, Effort.QUICK: 13.0},
)
