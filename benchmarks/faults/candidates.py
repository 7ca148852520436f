"""Whose keepalive is judged: ours, and what one would use instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from benchmarks.faults.faults import ALL, GRACE

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CANDIDATES", "OURS", "Candidate", "heartbeat"]

OURS = "ours"

LINES, FRAMES = "ours", "autobahn"
"""Peers that can misbehave: of lines, and of WebSocket."""

SHY = "\N{SOFT HYPHEN}"


def together(interval: float, timeout: float) -> float:
    """What most of them promise, in seconds."""
    return interval + timeout


def each_second(interval: float, timeout: float) -> float:
    """Of one that looks every second."""
    return interval + timeout + 1.0


def and_close(interval: float, timeout: float) -> float:
    """Of one that closes politely what it has given up."""
    return interval + timeout + GRACE


def heartbeat(interval: float, timeout: float) -> float:
    """The one number of aiohttp: half of it is not less than the timeout, in seconds."""
    return max(interval, 2 * timeout)


def one_and_a_half(interval: float, timeout: float) -> float:
    """Of aiohttp's number; times of more than 5 s it rounds up to a whole second."""
    ask = heartbeat(interval, timeout)
    return sum(each + (each > 5.0) for each in (ask, ask / 2))


@attrs.frozen(kw_only=True)
class Candidate:
    """One column, or three.

    Attributes:
        title: Its name.
        heading: The same, with places where it may be broken.
        how: How it is set to an interval and a timeout.
        promised: Seconds in which it gives up what is dead, with both, by its own rules.
        package: Whose version is told.
        transports: Its columns at a glance; of others there is one, over whatever they
            are played.
        many: Whether one program can have several connections.
        rough: Whose peer plays the part of one that misbehaves.
    """

    title: str
    heading: str = ""
    how: str
    promised: Callable[[float, float], float] = together
    package: str
    transports: tuple[str, ...] = ("tcp",)
    many: bool = True
    rough: str = LINES


CANDIDATES: dict[str, Candidate] = {
    OURS: Candidate(
        title="ours",
        how="`HeartbeatMixin` and `Lines` on a `LineReceiver`, "
        "`Keepalive(interval=interval, timeout=timeout, grace=2)`",
        package="txheartbeat",
        transports=ALL,
    ),
    "timeout_mixin": Candidate(
        title="TimeoutMixin",
        heading=f"Timeout{SHY}Mixin",
        how="`setTimeout(interval + timeout)`, reset by each line; a `LoopingCall` asks "
        "every interval",
        package="Twisted",
    ),
    "looping_calls": Candidate(
        title="two LoopingCalls",
        heading=f"two Looping{SHY}Calls",
        how="one asks every interval, one looks every second whether the last line is "
        "older than interval and timeout: a second more",
        promised=each_second,
        package="Twisted",
    ),
    "autobahn": Candidate(
        title="Autobahn",
        heading=f"Auto{SHY}bahn",
        how="`autoPingInterval=interval`, `autoPingTimeout=timeout`, on Twisted",
        package="autobahn",
        rough=FRAMES,
    ),
    "websockets": Candidate(
        title="websockets",
        heading=f"web{SHY}sockets",
        how="`ping_interval=interval`, `ping_timeout=timeout`, and the grace of ours as "
        f"`close_timeout={GRACE:g}`: it closes politely what it gave up, and so promises "
        f"{GRACE:g} s more",
        promised=and_close,
        package="websockets",
        rough=FRAMES,
    ),
    "aiohttp": Candidate(
        title="aiohttp",
        heading="aiohttp",
        how="`heartbeat=max(interval, 2 * timeout)`, the one number it has: it waits half "
        "as long for the answer, not less than the others, and so promises one and a half "
        "times that; times of more than 5 s it rounds up to a whole second; "
        f"`ClientWSTimeout(ws_close={GRACE:g})`",
        promised=one_and_a_half,
        package="aiohttp",
        rough=FRAMES,
    ),
    "foolscap": Candidate(
        title="Foolscap",
        heading=f"Fool{SHY}scap",
        how="`keepaliveTimeout=interval`, `disconnectTimeout=interval + timeout`; it has "
        "TLS of its own on TCP",
        package="foolscap",
        many=False,
        rough="foolscap",
    ),
}
