"""Measure a server with and without the mixin, in turns of a few milliseconds.

    python -m benchmarks.workloads.programs_load KIND FIRST SECONDS

Prints, for each way to use it, the rounds of SECONDS: in each, both variants had as
many slices, in an order that favours none: ABBA BAAB.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import Any

from benchmarks.workloads.idle_pipe import Child
from benchmarks.workloads.programs_peer import PEERS, Peer, Slice

SIZES = (64, 65536)

SLICE = 0.01
"""Seconds of a slice at least: long beside a wake of a process."""

VARIANTS = ("without", "with")
ROUND = (0, 1, 1, 0, 1, 0, 0, 1)
"""The order of the variants within a round."""


class Part:
    """All slices of one variant in one round."""

    def __init__(self) -> None:
        self._slices: list[Slice] = []
        self._cpu = 0.0

    def add(self, found: Slice, cpu: float) -> None:
        """One more, and the server's seconds of CPU for it."""
        self._slices.append(found)
        self._cpu += cpu

    def figures(self) -> dict[str, float]:
        """Messages per second, CPU seconds for each, and the 99th percentile."""
        messages = sum(each.messages for each in self._slices)
        seconds = sum(each.seconds for each in self._slices)
        found = {"rate": messages / seconds, "cpu": self._cpu / messages}
        latencies = [x for each in self._slices for x in each.latencies]
        if latencies:
            found["p99"] = statistics.quantiles(latencies, n=100)[-1]
        return found


def units_for(peer: Peer) -> int:
    """The work of one slice; warms everything up as well."""
    units = 1
    while (seconds := peer.run(units).seconds) < SLICE:
        units = max(units + 1, int(units * min(4.0, 1.2 * SLICE / seconds)))
    return units


def measure_round(peers: list[Peer], units: int, server: Child) -> dict[str, Any]:
    """Both variants, in turns."""
    parts = {name: Part() for name in VARIANTS}
    for variant in ROUND:
        before = server.ask("usage")["cpu"]
        found = peers[variant].run(units)
        cpu = server.ask("usage")["cpu"] - before
        parts[VARIANTS[variant]].add(found, cpu)
    return {name: part.figures() for name, part in parts.items()}


def measure(
    server: Child, kind: str, use: str, size: int, seconds: float
) -> list[dict[str, Any]]:
    """All rounds of one way to use the server."""
    ports = server.ask("ports")
    peers = [PEERS[use](ports[name], kind, size) for name in VARIANTS]
    try:
        units = max(units_for(peer) for peer in peers)
        running = server.ask("running")["running"]
        assert running == peers[0].connections, f"{running} keepalives run"
        rounds: list[dict[str, Any]] = []
        until = time.monotonic() + seconds
        while not rounds or time.monotonic() < until:
            rounds.append(measure_round(peers, units, server))
        return rounds
    finally:
        for peer in peers:
            peer.close()


def main(kind: str, first: str, seconds: str) -> None:
    """Measure everything with one server."""
    server = Child("benchmarks.workloads.programs_server", kind, first)
    try:
        found = [
            {
                "use": use,
                "size": size,
                "rounds": measure(server, kind, use, size, float(seconds)),
            }
            for use in PEERS
            for size in SIZES
        ]
    finally:
        server.end()
    print(json.dumps({"cases": found}))


if __name__ == "__main__":
    main(*sys.argv[1:])
