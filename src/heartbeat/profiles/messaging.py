"""NATS and ZMTP 3.1: pings on a schedule, and how many may stay unanswered."""

from __future__ import annotations

from typing import Any

from heartbeat.policy import Keepalive, Proof
from heartbeat.profiles.numbers import LIMITS, Limits, Unit, check_limits, own

__all__ = ["nats_client", "nats_server", "zmtp"]


def nats_client(ping_interval: Any = 120.0, max_pings_out: Any = 2) -> Keepalive:
    """NATS, client side: a PING an interval; only PONG counts.

    Args:
        ping_interval: Yours, seconds; 0 is off.
        max_pings_out: Yours: PINGs that may stay unanswered, 1 up to 1000.

    Returns:
        ``interval`` and ``timeout`` of *ping_interval*: asked *max_pings_out* times, an
        interval apart, and given up an interval after the last.

    Raises:
        PolicyError: One of these cannot be meant.

    Source:
        NATS client protocol, PING/PONG. nats.go ``processPingTimer`` and nats.py
        ``_ping_interval``: only PONG resets their count; 120 s and 2 are their defaults.
    """
    return _nats(ping_interval, max_pings_out, Proof.REPLY)


def nats_server(ping_interval: Any = 120.0, ping_max: Any = 2) -> Keepalive:
    """NATS, server side: a PING after an interval without traffic.

    Args:
        ping_interval: Yours, seconds; 0 is off.
        ping_max: Yours: PINGs that may stay unanswered, 1 up to 1000.

    Returns:
        As of `nats_client`, but any traffic counts.

    Raises:
        PolicyError: One of these cannot be meant.

    Source:
        nats-server ``ping_interval`` and ``ping_max``, ``processPingTimer``: no PING to
        a client that was heard, or was sent messages, within the interval. Its first
        PING, 2 s after the connection to measure the round trip, is not part of the
        liveness rule.
    """
    return _nats(ping_interval, ping_max, Proof.TRAFFIC)


def _nats(ping_interval: Any, attempts: Any, proof: Proof) -> Keepalive:
    interval = own("ping_interval", ping_interval)
    return Keepalive(
        interval=interval, timeout=interval, attempts=attempts, proof=proof, jitter=0
    )


def zmtp(
    heartbeat_ivl: Any,
    heartbeat_timeout: Any = None,
    *,
    peer_ttl: Any = 0,
    limits: Limits = LIMITS,
) -> Keepalive:
    """ZMTP 3.1: a PING an interval, and the peer may say how long it may be silent.

    Args:
        heartbeat_ivl: Yours (``ZMQ_HEARTBEAT_IVL``), milliseconds; 0 is off.
        heartbeat_timeout: Yours (``ZMQ_HEARTBEAT_TIMEOUT``), milliseconds without
            traffic after a PING; 0 is never, None as much as *heartbeat_ivl*.
        peer_ttl: The peer's, from its PING, tenths of a second; 0 is off.
        limits: What *peer_ttl* is clamped to.

    Returns:
        ``interval`` and ``beacon`` of *heartbeat_ivl*, for a PING leaves even while the
        peer talks: its TTL, if you sent one, needs it. ``timeout`` of
        *heartbeat_timeout*, ``silence`` of *peer_ttl*.

    Raises:
        PolicyError: A number of yours cannot be meant, or the peer's is negative.

    Source:
        ZMTP 3.1 (RFC 37), "Heartbeating": TTL in tenths of a second. libzmq's
        ``zmq_setsockopt``: any traffic cancels the timeout, whose default is the
        interval.
    """
    check_limits(limits)
    interval = own("heartbeat_ivl", heartbeat_ivl, Unit.MILLISECONDS)
    timeout = own("heartbeat_timeout", heartbeat_timeout, Unit.MILLISECONDS)
    if heartbeat_timeout is None:
        timeout = interval
    return Keepalive(
        interval=interval,
        timeout=timeout,
        beacon=interval,
        silence=limits.clamp("peer_ttl", peer_ttl, Unit.DECISECONDS),
        jitter=0,
    )
