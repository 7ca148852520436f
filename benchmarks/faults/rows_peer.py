"""Faults of the peer: its process, and what it says."""

from __future__ import annotations

from benchmarks.faults import deeds
from benchmarks.faults.faults import Fault, Limit, Truth
from heartbeat import Kind

__all__ = ["PEER", "SILENCE", "WORDS"]

ALIVE, DEAD, OVER = Truth
HUNG = frozenset({Kind.PEER_HUNG})
SILENT = frozenset({Kind.PEER_SILENT, Kind.PEER_HUNG})
"""Over a UNIX socket nobody says whether the question has arrived."""
FULL = frozenset({Kind.PEER_NOT_READING})
SILENCE = dict.fromkeys(
    ("timeout_mixin", "looping_calls", "foolscap"),
    "it judges silence, and asks for no answer in time",
)
STRICT = dict.fromkeys(
    ("autobahn", "websockets"),
    "it asks for the right answer, as ours does with `proof=REPLY`",
)
UNLIMITED = dict.fromkeys(
    (
        "timeout_mixin",
        "looping_calls",
        "autobahn",
        "websockets",
        "aiohttp",
        "foolscap",
    ),
    "it limits no questions",
)
STUCK = frozenset({Kind.PEER_NOT_READING, Kind.WRITE_STALLED})

PEER = (
    Fault(
        name="peer-frozen",
        title="peer's process frozen",
        truth=DEAD,
        deed=deeds.freeze,
        kinds=HUNG,
        counted=SILENT,
    ),
    Fault(
        name="peer-killed",
        title="peer's process killed",
        truth=OVER,
        deed=deeds.kill,
        limit=Limit.AT_ONCE,
        why="Its kernel closes the connection: nobody has to wait for a verdict.",
    ),
    Fault(
        name="not-reading",
        title="peer reads nothing (zero window)",
        truth=DEAD,
        deed=deeds.window(0),
        kinds=FULL,
        counted=STUCK,
        between="throttle",
    ),
    Fault(
        name="reads-1-byte",
        title="peer reads 1 byte a second",
        truth=DEAD,
        deed=deeds.window(1),
        kinds=FULL,
        counted=STUCK,
        between="throttle",
        why="Its window stays closed for many minutes: nothing moves on.",
    ),
    Fault(
        name="sends-1-byte",
        title="peer sends 1 byte a second, no message",
        truth=ALIVE,
        deed=deeds.dribble,
        between="throttle",
        why="Any byte is life, with the default proof: a slow message looks the same.",
    ),
    Fault(
        name="sends-1-byte-reply",
        title="peer sends 1 byte a second; answers count (proof)",
        truth=DEAD,
        deed=deeds.dribble,
        kinds=HUNG,
        between="throttle",
        extra=("proof=REPLY",),
        others=False,
        why="The policy asks for an answer, and none comes.",
    ),
    Fault(
        name="sends-1-byte-idle",
        title="peer sends 1 byte a second; limit on idleness (idle)",
        truth=DEAD,
        deed=deeds.dribble,
        kinds=frozenset({Kind.APP_IDLE}),
        limit=Limit.IDLE,
        between="throttle",
        extra=("idle=6",),
        others=False,
        why="No message came for 6 s; a close may take 2 s more, for TLS waits for it.",
    ),
    Fault(
        name="huge-to-peer",
        title="message of 10 s to the peer",
        truth=ALIVE,
        deed=deeds.huge_to_peer,
        between="throttle",
        watch=15.0,
    ),
    Fault(
        name="huge-from-peer",
        title="message of 10 s from the peer",
        truth=ALIVE,
        deed=deeds.huge_from_peer,
        message=deeds.HUGE,
        between="throttle",
        watch=15.0,
    ),
    Fault(
        name="half-close",
        title="half-close by the peer",
        truth=OVER,
        deed=deeds.half_close,
        limit=Limit.AT_ONCE,
        why="A protocol that has no use for half a connection is told that it is over.",
    ),
    Fault(
        name="half-close-kept",
        title="half-close by the peer; the protocol goes on",
        truth=ALIVE,
        deed=deeds.half_close,
        extra=("protocol=half-closing",),
        transports=("tcp", "unix"),
        others=False,
        why="The peer still reads, and can answer nothing: no answer proves nothing.",
    ),
)

WORDS = (
    Fault(
        name="flood",
        title="peer floods us with pings",
        truth=DEAD,
        deed=deeds.misbehave,
        kinds=frozenset({Kind.PING_FLOOD}),
        limit=Limit.GRACE,
        habit="flood",
        unpromised=UNLIMITED,
        why="1,600 questions a second, on each connection, are no keepalive.",
    ),
    *(
        Fault(
            name=f"pong-{habit}",
            title=title,
            truth=ALIVE,
            deed=deeds.misbehave,
            habit=habit,
            unpromised=unpromised,
            why=why,
        )
        for habit, title, unpromised, why in (
            (
                "foreign",
                "pongs that nobody asked for, no others",
                STRICT,
                "RFC 6455, section 5.5.3: a pong may come unasked, as a heartbeat.",
            ),
            ("empty", "empty pongs, no others", STRICT, ""),
            ("duplicate", "each pong three times", {}, ""),
            (
                "gigantic",
                "gigantic pings and pongs",
                {},
                (
                    "They have 1 MiB in lines; 125 bytes in WebSocket, the most that RFC "
                    "6455, section 5.5, allows to a control frame; 50 bytes in Foolscap."
                ),
            ),
        )
    ),
    Fault(
        name="pong-foreign-reply",
        title="foreign pongs, only an answer counts (proof)",
        truth=DEAD,
        deed=deeds.misbehave,
        kinds=HUNG,
        habit="foreign",
        extra=("proof=REPLY",),
        others=False,
    ),
    Fault(
        name="pong-late",
        title="each pong after 3 s, timeout 2 s",
        truth=DEAD,
        deed=deeds.misbehave,
        kinds=HUNG,
        counted=SILENT,
        habit="late",
        unpromised=SILENCE,
        why="That is what a timeout of 2 s says.",
    ),
    Fault(
        name="pong-late-attempts",
        title="each pong after 3 s, timeout 2 s, two attempts",
        truth=ALIVE,
        deed=deeds.misbehave,
        habit="late",
        extra=("attempts=2",),
        others=False,
        watch=12.0,
    ),
)
