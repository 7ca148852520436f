"""Faults of the network, and all peers at once."""

from __future__ import annotations

from benchmarks.faults import deeds
from benchmarks.faults.faults import Fault, Truth
from benchmarks.faults.rows_peer import SILENCE
from heartbeat import Kind

__all__ = ["CROWD", "MANY", "NETWORK"]

NET = ("tcp", "tls")
"""Where there is a network between."""

MANY = 10_000
"""Connections that are lost at once."""

ALIVE, DEAD, _ = Truth
GONE = frozenset({Kind.NETWORK_DEAD})

NETWORK = (
    Fault(
        name="host-vanished",
        title="peer's host vanished",
        truth=DEAD,
        deed=deeds.vanish,
        kinds=GONE,
        transports=NET,
    ),
    Fault(
        name="ours-dropped",
        title="only our packets lost",
        truth=DEAD,
        deed=deeds.drop_ours,
        kinds=GONE,
        transports=NET,
    ),
    Fault(
        name="theirs-dropped",
        title="only the peer's packets lost",
        truth=DEAD,
        deed=deeds.drop_theirs,
        kinds=GONE,
        transports=NET,
    ),
    *(
        Fault(
            name=f"loss-{share}",
            title=f"{share} % of the packets lost",
            truth=ALIVE,
            deed=deeds.lose(share / 100),
            transports=NET,
            between="relay",
            timeout=20.0,
            watch=30.0,
            why="TCP repeats what is lost. The timeout is the default one. The first "
            "packet is lost for certain, the others by chance.",
        )
        for share in (5, 20, 40)
    ),
    Fault(
        name="delay-below",
        title="round trip rises to 1.5 s, timeout 2 s",
        truth=ALIVE,
        deed=deeds.delay(1.5),
        transports=NET,
        between="relay",
        watch=12.0,
    ),
    Fault(
        name="delay-far-beyond",
        title="round trip of 12 s, from one packet to the next",
        truth=DEAD,
        deed=deeds.delay_at_once(12.0),
        kinds=frozenset({Kind.PEER_SILENT, Kind.NETWORK_DEAD}),
        transports=NET,
        between="relay",
        why="Whoever asks from then on hears nothing for 12 s: longer than interval and "
        "timeout together, and than what anybody here promises.",
    ),
    Fault(
        name="delay-beyond",
        title="round trip rises to 3 s, timeout 2 s",
        truth=DEAD,
        deed=deeds.delay(3.0),
        kinds=frozenset({Kind.PEER_SILENT, Kind.NETWORK_DEAD}),
        transports=NET,
        between="relay",
        unpromised=SILENCE,
        why="That is what a timeout of 2 s says. Who asks every 2 s whatever comes hears "
        "an answer every 2 s.",
    ),
    Fault(
        name="delay-attempts",
        title="round trip rises to 3 s, timeout 2 s, two attempts",
        truth=ALIVE,
        deed=deeds.delay(3.0),
        transports=NET,
        between="relay",
        extra=("attempts=2",),
        others=False,
        watch=14.0,
        why="The first answer comes late, and in time for the second question.",
    ),
)

CROWD = (
    Fault(
        name="many-vanished",
        title=f"{MANY:,} peers vanish at once",
        truth=DEAD,
        deed=deeds.vanish,
        kinds=GONE | {Kind.PEER_HUNG},
        why="Of so many, some have just been asked: their kernels have acknowledged the "
        "question, and the answer is lost with the host. Of these no more is known than "
        "that they do not answer.",
        transports=NET,
        interval=6.0,
        timeout=6.0,
        count=MANY,
        slack=2.0,
    ),
)
