"""Whose keepalive is judged: ours, and what one would use instead."""

from __future__ import annotations

import attrs

from benchmarks.faults.faults import ALL

__all__ = ["CANDIDATES", "OURS", "Candidate"]

OURS = "ours"

SHY = "\N{SOFT HYPHEN}"


@attrs.frozen(kw_only=True)
class Candidate:
    """One column, or three.

    Attributes:
        title: Its name.
        heading: The same, with places where it may be broken.
        how: How it is set to an interval and a timeout.
        package: Whose version is told.
        transports: Over which it is played.
        many: Whether one program can have thousands of connections.
    """

    title: str
    heading: str = ""
    how: str
    package: str
    transports: tuple[str, ...] = ("tcp",)
    many: bool = True


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
        "older than interval and timeout",
        package="Twisted",
    ),
    "autobahn": Candidate(
        title="Autobahn",
        heading=f"Auto{SHY}bahn",
        how="`autoPingInterval=interval`, `autoPingTimeout=timeout`, on Twisted",
        package="autobahn",
    ),
    "websockets": Candidate(
        title="websockets",
        heading=f"web{SHY}sockets",
        how="`ping_interval=interval`, `ping_timeout=timeout`; `close_timeout=2`: it closes "
        "politely what it gave up, and so needs 6 s for 4",
        package="websockets",
    ),
    "aiohttp": Candidate(
        title="aiohttp",
        heading="aiohttp",
        how="`heartbeat=2 * timeout`, the one number it has: it waits half as long for the "
        "answer, and so needs 6 s for 4",
        package="aiohttp",
    ),
    "foolscap": Candidate(
        title="Foolscap",
        heading=f"Fool{SHY}scap",
        how="`keepaliveTimeout=interval`, `disconnectTimeout=interval + timeout`; it has "
        "TLS of its own on TCP",
        package="foolscap",
        many=False,
    ),
}
