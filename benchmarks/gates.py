"""The bounds that hold in every run, for they are counts: ``python -m benchmarks.gates``.

Exits with 1 if one is broken. Timed bounds are no gates: a busy machine breaks them.
"""

from __future__ import annotations

import subprocess
import sys

from benchmarks import hot_path, read_path, write_path
from benchmarks.candidates import BASE
from benchmarks.children import ROOT
from benchmarks.hot_path_figures import counts
from benchmarks.results import Effort
from benchmarks.workloads.hot_path_plan import Plan

__all__ = ["main"]


def main() -> int:
    """Count, print, judge; the exit status."""
    path = _hot_path()
    scope = subprocess.run(
        [sys.executable, "-m", "benchmarks.scope_cost"], cwd=ROOT, check=False
    )
    return 1 if path or scope.returncode else 0


def _hot_path() -> int:
    """What a running keepalive adds to a message; 1 if a bound is broken."""
    gated = [*write_path.GATED, *read_path.GATED]
    plan = Plan(
        transports=list(hot_path.TRANSPORTS),
        candidates=[BASE, "keepalive"],
        cases=gated,
        batches=hot_path.BATCHES[Effort.FULL],
    )
    found = hot_path.bounds(gated, hot_path.figures(counts(plan)))
    for bound in found:
        word = "ok" if bound.kept else "BROKEN"
        print(f"{bound.figure}: {bound.found:.5f}, bound {bound.bound}: {word}")
    sys.stdout.flush()
    return int(not all(bound.kept for bound in found))


if __name__ == "__main__":
    sys.exit(main())
