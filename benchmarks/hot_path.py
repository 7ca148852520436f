"""What a running keepalive adds to ``transport.write`` and ``dataReceived``: nothing.

    python benchmarks/hot_path.py

Prints the instructions of one write and one read of 64 bytes over real TCP and TLS
connections, without the mixin and with it and a running keepalive, and their ratio.
Exits with 1 if a ratio is above the bound.
"""

from __future__ import annotations

import sys
from pathlib import Path

from instructions import Measurement, measure

BOUND = 1.001
LOW, HIGH = 2048, 8192
WORKLOAD = Path(__file__).with_name("hot_path_workload.py")


def main() -> int:
    """Measure, print, judge."""
    cases = [(t, d) for t in ("tcp", "tls") for d in ("write", "read")]
    counted = measure(
        {
            f"{transport} {direction} {variant}": Measurement(
                WORKLOAD, [transport, direction, variant], LOW, HIGH
            )
            for transport, direction in cases
            for variant in ("nothing", "keepalive")
        }
    )
    print(f"{'':10}  {'nothing':>10}  {'keepalive':>10}  {'ratio':>8}")
    worst = 0.0
    for transport, direction in cases:
        bare = counted[f"{transport} {direction} nothing"]
        kept = counted[f"{transport} {direction} keepalive"]
        ratio = kept / bare
        worst = max(worst, ratio)
        print(f"{transport} {direction:6}  {bare:10.1f}  {kept:10.1f}  {ratio:8.5f}")
    print(f"bound {BOUND}: {'kept' if worst <= BOUND else 'BROKEN'}")
    return 0 if worst <= BOUND else 1


if __name__ == "__main__":
    sys.exit(main())
