"""Write or read messages over real connections, and take the time.

    python -m benchmarks.workloads.hot_path_time PLAN

The candidates live in one process and take turns, in a new order each time, so that
the first of a plan can be compared with each other one of the same turn. Prints the
seconds of a message, by transport, case, candidate and turn.
"""

from __future__ import annotations

import json
import random
import sys
from typing import Any

from twisted.internet import reactor as _reactor  # noqa: TID251 - a program

from benchmarks.workloads.connecting import Line, connect
from benchmarks.workloads.hot_path_plan import Plan
from benchmarks.workloads.messages import Case, prepared

__all__: list[str] = []

reactor: Any = _reactor


def main(planned: str) -> None:
    """Measure one transport after the other."""
    plan = Plan.parse(planned)
    reactor.startRunning(installSignalHandlers=False)
    found = {
        transport: [timed(plan, transport, case) for case in plan.cases]
        for transport in plan.transports
    }
    print(json.dumps({"seconds": found}))


def timed(plan: Plan, transport: str, case: Case) -> dict[str, list[float]]:
    """The seconds of a message, by candidate, of each turn."""
    lines = {
        candidate: connect(reactor, transport, candidate, case.kind)
        for candidate in plan.candidates
        if case in plan.fitting(candidate)
    }
    took: dict[str, list[float]] = {candidate: [] for candidate in lines}
    for _ in range(plan.turns):
        for candidate in random.sample(list(lines), len(lines)):
            took[candidate].append(_turn(lines[candidate], case, plan.batches_of(case)))
    for line in lines.values():
        line.close()
    return took


def _turn(line: Line, case: Case, batches: int) -> float:
    # What the interpreter has learnt of another candidate is forgotten first.
    prepared(line, case, 1)()
    return prepared(line, case, batches)() / (batches * case.batch)


if __name__ == "__main__":
    main(*sys.argv[1:])
