"""How much memory idle connections hold: ``memory_held KIND COUNT HOW``.

HOW is ``traced`` for the bytes that Python asked for, or ``resident`` for what the
system gave it, which is rounded to pages. All of a connection is in it that Python
holds: protocol, transport and what belongs to them. Prints the bytes of each connection,
when made and when settled, and the objects of it that the garbage collector goes through.
"""

from __future__ import annotations

import gc
import json
import resource
import statistics
import sys
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twisted.internet import reactor as _reactor  # noqa: TID251 - the default one

from benchmarks.workloads.memory_protocols import (
    INTERVAL,
    KINDS,
    TIMEOUT,
    Loops,
    Shared,
    SharedSocket,
)
from heartbeat import HeartbeatMixin, Keepalive

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from twisted.internet.protocol import Protocol

ANSWERS = 3
"""Pings answered on each connection: round trips are known, and every container that
grows when it is first used has grown."""

REPEATS = 3
"""Measurements, each after one more ping: how the connections fall into the slots of the
shared timer is chance, and so is how well they fill them."""

reactor: Any = _reactor


def connect(socket: SharedSocket, kind: str, count: int) -> list[Protocol]:
    """Make connections."""
    protocols: list[Any] = [None] * count
    for n in range(count):
        protocols[n] = KINDS[kind]()
        protocols[n].makeConnection(socket.transport(protocols[n]))
    return protocols


def answer_pings(protocols: Sequence[Any], answers: int) -> None:
    """Let the keepalive ask, and every peer answer in the next turn, up to *answers*."""
    count = len(protocols)
    often = Keepalive(interval=max(0.1, count * 5e-5), timeout=600)
    usual = Keepalive(interval=INTERVAL, timeout=TIMEOUT)
    for protocol in protocols:
        protocol.heartbeat.configure(often)
    for protocol in protocols:
        while protocol.heartbeat.counters.pongs < answers:
            reactor.iterate(0.001)
            deliver()
    for protocol in protocols:
        protocol.heartbeat.configure(usual)


def deliver() -> None:
    """What was written comes back, as a pong if it says that it is a ping."""
    written = Shared.written[:]
    Shared.written.clear()
    for transport, data in written:
        transport.protocol.dataReceived(data.replace(b"PING", b"PONG"))


def settle(protocols: Sequence[Any], kind: str, answers: int = ANSWERS) -> None:
    """Bring connections to where idle ones spend their lives."""
    if isinstance(protocols[0], HeartbeatMixin) and kind != "scope":
        answer_pings(protocols, answers)
    for _ in range(3):
        reactor.iterate(0)
    assert not Shared.written


def traced() -> float:
    """Bytes that Python asked for."""
    held, _ = tracemalloc.get_traced_memory()
    return held


def resident() -> float:
    """Bytes that the system gave us."""
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * resource.getpagesize()


def main(kind: str, count: str, how: str) -> None:
    """Measure, print."""
    measure: Callable[[], float] = {"traced": traced, "resident": resident}[how]
    Loops.reactor = reactor
    reactor.startRunning(installSignalHandlers=False)
    socket = SharedSocket(reactor)
    # What is made once: imports, the wheel, caches.
    first = connect(socket, kind, 10)
    settle(first, kind)
    gc.collect()
    gc.disable()
    if how == "traced":
        tracemalloc.start()
    objects = len(gc.get_objects())
    before = measure()
    protocols = connect(socket, kind, int(count))
    made = measure() - before
    settled = []
    for repeat in range(REPEATS):
        settle(protocols, kind, ANSWERS + repeat)
        gc.collect()
        settled.append(measure() - before)
    objects = len(gc.get_objects()) - objects
    del first
    found = {"made": made, "settled": statistics.fmean(settled), "objects": objects}
    print(json.dumps({what: held / int(count) for what, held in found.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
