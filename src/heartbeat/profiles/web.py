"""WebSocket as ``websockets`` and Autobahn keep it alive, and Engine.IO v4."""

from __future__ import annotations

from typing import Any

from heartbeat.policy import Keepalive, Proof
from heartbeat.profiles.numbers import LIMITS, Limits, Unit, check_limits, fitted, own

__all__ = ["autobahn", "engine_io_client", "engine_io_server", "websockets"]


def websockets(ping_interval: Any = 20.0, ping_timeout: Any = 20.0) -> Keepalive:
    """The rule of ``websockets``: a Ping an interval, and only its Pong counts.

    Args:
        ping_interval: Yours, seconds; None and 0 are off.
        ping_timeout: Yours, seconds to wait for the Pong; None and 0 are for ever.

    Returns:
        These as ``interval`` and ``timeout``. The interval is counted from the last Pong,
        where ``websockets`` counts from the last Ping: one round trip later.

    Raises:
        PolicyError: One of these cannot be meant.

    Source:
        ``websockets`` 15, ``Connection.keepalive``, whose defaults these are;
        :rfc:`6455` sections 5.5.2 and 5.5.3.
    """
    return Keepalive(
        interval=own("ping_interval", ping_interval),
        timeout=own("ping_timeout", ping_timeout),
        proof=Proof.REPLY,
        jitter=0,
    )


def autobahn(
    auto_ping_interval: Any,
    auto_ping_timeout: Any = 0,
    *,
    restart_on_any_traffic: bool = True,
) -> Keepalive:
    """Autobahn's automatic pings, by the numbers of its options.

    Args:
        auto_ping_interval: Yours (``autoPingInterval``), seconds; 0 is off.
        auto_ping_timeout: Yours (``autoPingTimeout``), seconds; 0 is for ever.
        restart_on_any_traffic: Yours (``autoPingRestartOnAnyTraffic``): whether data
            answers a Ping as well.

    Returns:
        These as ``interval`` and ``timeout``. With *restart_on_any_traffic* a peer that
        sends is not asked at all, and a part of a message counts; Autobahn asks it,
        and takes whole frames.

    Raises:
        PolicyError: One of these cannot be meant.

    Source:
        Autobahn 26.10, ``WebSocketProtocol.processControlFrame``,
        ``_sendAutoPing`` and ``onFrameEnd``.
    """
    return Keepalive(
        interval=own("auto_ping_interval", auto_ping_interval),
        timeout=own("auto_ping_timeout", auto_ping_timeout),
        proof=Proof.TRAFFIC if restart_on_any_traffic else Proof.REPLY,
        jitter=0,
    )


def engine_io_server(
    ping_interval: Any = 25_000, ping_timeout: Any = 20_000
) -> Keepalive:
    """Engine.IO v4, server side: it is the server that pings.

    Args:
        ping_interval: Yours, milliseconds; 0 is off.
        ping_timeout: Yours, milliseconds to wait for the pong; 0 is for ever.

    Returns:
        These as ``interval`` and ``timeout``; only a pong counts.

    Raises:
        PolicyError: One of these cannot be meant.

    Source:
        Engine.IO protocol 4, "Heartbeat"; its example's numbers are the defaults.
    """
    return Keepalive(
        interval=own("ping_interval", ping_interval, Unit.MILLISECONDS),
        timeout=own("ping_timeout", ping_timeout, Unit.MILLISECONDS),
        proof=Proof.REPLY,
        jitter=0,
    )


def engine_io_client(
    ping_interval: Any, ping_timeout: Any, *, limits: Limits = LIMITS
) -> Keepalive:
    """Engine.IO v4, client side: a server that does not ping in time is gone.

    Args:
        ping_interval: The server's, from the open packet, milliseconds; 0 is off.
        ping_timeout: The server's, from the open packet, milliseconds; 0 is off.
        limits: What each is clamped to.

    Returns:
        ``silence`` of both together; any data counts, where the specification counts
        pings.

    Raises:
        PolicyError: One of these is negative or no number.

    Source:
        Engine.IO protocol 4, "Heartbeat": no ping within pingInterval + pingTimeout.
    """
    check_limits(limits)
    interval = limits.clamp("ping_interval", ping_interval, Unit.MILLISECONDS)
    timeout = limits.clamp("ping_timeout", ping_timeout, Unit.MILLISECONDS)
    silence = None if not interval or not timeout else fitted(interval + timeout)
    return Keepalive(interval=None, silence=silence, jitter=0)
