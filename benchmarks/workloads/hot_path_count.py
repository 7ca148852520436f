"""Write or read messages over real connections, under callgrind.

    python -m benchmarks.workloads.hot_path_count PLAN

Imports everything, then forks for each candidate and transport: all find the same,
whoever was there before, and what takes longest, starting, is done once. A child does
each of its cases between two marks, see `benchmarks.instructions`. Prints who did what.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import traceback
from typing import Any

# The reactor itself is chosen after the fork, for two must not share one.
from twisted.internet import default

from benchmarks.instructions import mark
from benchmarks.workloads.connecting import connect, encryption
from benchmarks.workloads.hot_path_plan import Plan
from benchmarks.workloads.messages import prepared

__all__: list[str] = []

WARM_UP = 4
"""Batches that are not counted, for the interpreter to learn the types."""


def main(planned: str) -> None:
    """Have all children do their work, some at the same time."""
    plan = Plan.parse(planned)
    if "tls" in plan.transports:
        encryption()
    found = []
    running: set[int] = set()
    for transport, candidate in itertools.product(plan.transports, plan.candidates):
        if len(running) == (os.cpu_count() or 1):
            running.remove(_ended())
        child = _forked(plan, transport, candidate)
        running.add(child)
        found.append((child, transport, candidate))
    while running:
        running.remove(_ended())
    print(json.dumps({"children": found}))


def _forked(plan: Plan, transport: str, candidate: str) -> int:
    """Start a child; its process id."""
    child = os.fork()
    if child:
        return child
    try:
        work(plan, transport, candidate)
    except BaseException:  # noqa: BLE001 - a child must not go on as its parent
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _ended() -> int:
    """Wait for one child; its process id."""
    child, status = os.wait()
    if status:
        raise SystemExit(f"a child failed: {os.waitstatus_to_exitcode(status)}")
    return child


def work(plan: Plan, transport: str, candidate: str) -> None:
    """Be a child: do each case that fits, between two marks."""
    default.install()
    from twisted.internet import reactor as chosen  # noqa: PLC0415, TID251

    reactor: Any = chosen
    reactor.startRunning(installSignalHandlers=False)
    cases = plan.fitting(candidate)
    # All first: a connection that comes or goes must not be counted.
    lines = {
        kind: connect(reactor, transport, candidate, kind)
        for kind in dict.fromkeys(case.kind for case in cases)
    }
    for case in cases:
        line = lines[case.kind]
        prepared(line, case, WARM_UP * plan.batches_of(case) // plan.batches)()
        run = prepared(line, case, plan.batches_of(case))
        mark()
        run()
        mark()


if __name__ == "__main__":
    main(*sys.argv[1:])
