"""Faults of our own: our reactor, our process, our clock, our close."""

from __future__ import annotations

from benchmarks.faults import deeds
from benchmarks.faults.faults import Fault, Limit, Truth
from heartbeat import Kind

__all__ = ["OURSELVES"]

HOUR = 3600
ALIVE, DEAD, OVER = Truth
HUNG = frozenset({Kind.PEER_HUNG})
SILENT = frozenset({Kind.PEER_SILENT, Kind.PEER_HUNG})
"""Over a UNIX socket nobody says whether the question has arrived."""
STALLED = frozenset({Kind.CLOSE_STALLED})

OURSELVES = (
    Fault(
        name="blocked",
        title="our reactor blocked, 8 s",
        truth=ALIVE,
        deed=deeds.block,
    ),
    Fault(
        name="blocked-again",
        title="our reactor blocked again and again, 3 times 5 s",
        truth=ALIVE,
        deed=deeds.block_again,
    ),
    Fault(
        name="paused",
        title="our reading paused, 8 s",
        truth=ALIVE,
        deed=deeds.pause,
    ),
    Fault(
        name="suspended",
        title="our process stopped, continued after 8 s",
        truth=ALIVE,
        deed=deeds.suspend,
    ),
    Fault(
        name="clock-forward",
        title="wall clock set 1 h forward",
        truth=ALIVE,
        deed=deeds.clock(HOUR),
        faketime=True,
    ),
    Fault(
        name="clock-back",
        title="wall clock set 1 h back",
        truth=ALIVE,
        deed=deeds.clock(-HOUR),
        faketime=True,
    ),
    Fault(
        name="clock-forward-dead",
        title="wall clock set 1 h forward, and the peer freezes",
        truth=DEAD,
        deed=deeds.clock(HOUR, dead=True),
        kinds=HUNG,
        counted=SILENT,
        faketime=True,
    ),
    Fault(
        name="clock-back-dead",
        title="wall clock set 1 h back, and the peer freezes",
        truth=DEAD,
        deed=deeds.clock(-HOUR, dead=True),
        kinds=HUNG,
        counted=SILENT,
        faketime=True,
    ),
    Fault(
        name="tls-close-ignored",
        title="TLS peer ignores our close",
        truth=DEAD,
        deed=deeds.close_on_the_deaf,
        kinds=STALLED,
        limit=Limit.CLOSE,
        transports=("tls",),
        why="All are played over TLS here. Who closes wants the connection to end.",
    ),
    Fault(
        name="producer",
        title="closed behind a producer that never ends",
        truth=DEAD,
        deed=deeds.producer,
        kinds=STALLED,
        limit=Limit.CLOSE,
    ),
)
