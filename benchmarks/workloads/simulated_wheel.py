"""Heartbeats of connections that do not exist: ``simulated_wheel COUNT SECONDS``.

All is ours but the reactor, whose time moves as fast as the processor goes, the
transports, and the evidence, which says what it is told to. Each connection has a
host, a transport and a probe of its own, so that as much memory is walked through as
with real ones.

Prints the processor seconds that one second of the simulated clock takes, in slices,
while all peers are busy, and while all are idle and answer every ping in the next step.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any, ClassVar

from twisted.internet.abstract import FileDescriptor
from twisted.internet.interfaces import IReactorTime
from twisted.internet.task import Clock
from zope.interface import implementer

from heartbeat import Evidence, Heartbeat, Keepalive

if TYPE_CHECKING:
    from collections.abc import Sequence

INTERVAL = 30.0
STEP = 0.05
"""Seconds of simulated time, the width of a slot of the wheel."""

SLICES = 5
"""Measurements, one after the other."""

POLICY = Keepalive(interval=INTERVAL)
SILENCE = 3600.0


@implementer(IReactorTime)
class FakeReactor(Clock):
    """Time moves by hand."""


class Peer:
    """The host of one heartbeat, in place of a protocol.

    Attributes:
        unanswered: Pings of all of them.
    """

    unanswered: ClassVar[list[tuple[Heartbeat, bytes]]] = []
    heartbeat: Heartbeat

    def dataReceived(self, data: bytes) -> None:
        """Never called; evidence is counted here until the probe is ours."""

    def send_ping(self, payload: bytes) -> None:
        """Answer it in the next step."""
        self.unanswered.append((self.heartbeat, payload))

    def send_beat(self) -> None:
        """Never: the policy has no beacon."""

    def peer_suspected(self, verdict: object) -> None:
        """Never: every ping is answered."""
        raise AssertionError(verdict)

    peer_lost = peer_suspected


class Transport(FileDescriptor):
    """Open, and as much of a real one as a check looks at."""

    def __init__(self) -> None:
        self.connected = 1

    def getPeer(self) -> str:
        """Nowhere."""
        return "nowhere"


class Probe:
    """Says what it is told to.

    Attributes:
        evidence: Of all of them.
    """

    __slots__ = ("ago",)
    evidence: ClassVar[Evidence] = Evidence(heard_ago=SILENCE)

    def __init__(self, ago: float) -> None:
        self.ago = ago

    def heard_ago(self) -> float:
        """When something was last heard."""
        return self.ago

    def look(self) -> Evidence:
        """All there is to know."""
        return self.evidence

    signs = look
    """What `heartbeat.liveness` looks at: no more than there is."""

    def close(self) -> None:
        """Hold nothing."""


def build(reactor: FakeReactor, count: int) -> list[Heartbeat]:
    """Connections made one after the other, over an interval."""
    made: list[Heartbeat] = []
    steps = round(INTERVAL / STEP)
    for step in range(steps):
        for _ in range(count * step // steps, count * (step + 1) // steps):
            made.append(connected(reactor, number=len(made)))
        reactor.advance(STEP)
    return made


def connected(reactor: FakeReactor, number: int) -> Heartbeat:
    """One of them, whose peer said something a moment ago."""
    host: Any = Peer()
    host.heartbeat = Heartbeat(host, Transport(), POLICY, reactor)
    # No two floats are the same object on real connections, either.
    host.heartbeat.probe = Probe(0.001 * (number % 1000))
    host.heartbeat.start()
    heartbeat: Heartbeat = host.heartbeat
    return heartbeat


def silence(heartbeats: Sequence[Heartbeat]) -> None:
    """From now on they are idle."""
    for heartbeat in heartbeats:
        probe: Any = heartbeat.probe
        probe.ago = SILENCE


def run(reactor: FakeReactor, steps: int) -> int:
    """Let simulated time pass; how many pings there were."""
    unanswered = Peer.unanswered
    pings = 0
    for _ in range(steps):
        reactor.advance(STEP)
        pings += len(unanswered)
        for heartbeat, payload in unanswered:
            heartbeat.pong(payload)
        unanswered.clear()
    return pings


def cost(reactor: FakeReactor, seconds: float) -> dict[str, Any]:
    """Processor seconds for each simulated one, in slices; and pings."""
    steps = round(seconds / STEP / SLICES)
    shares, pings = [], 0
    for _ in range(SLICES):
        started = time.process_time()
        pings += run(reactor, steps)
        shares.append((time.process_time() - started) / (steps * STEP))
    return {"shares": shares, "pings": pings / (SLICES * steps * STEP)}


def main(count: str, seconds: str) -> None:
    """Measure, print."""
    reactor = FakeReactor()
    gc.disable()  # a million objects in a row would be gone through again and again
    heartbeats = build(reactor, int(count))
    gc.collect()
    gc.freeze()
    gc.enable()
    found = {"busy": cost(reactor, float(seconds))}
    silence(heartbeats)
    found["idle"] = cost(reactor, float(seconds))
    assert found["busy"]["pings"] == 0
    # Most ask at whole seconds, of which a slice has no more than a few.
    assert found["idle"]["pings"] > 0.8 * int(count) / INTERVAL
    print(json.dumps(found), flush=True)
    os._exit(0)  # throwing a million objects away takes seconds


if __name__ == "__main__":
    main(*sys.argv[1:])
