"""gRPC: keepalive of clients (proposal A8), and how servers manage connections (A9)."""

from __future__ import annotations

import math
from typing import Any

from heartbeat.policy import Keepalive
from heartbeat.profiles.numbers import own

__all__ = ["grpc_client", "grpc_server"]

_LEAST_TIME_OF_CLIENTS = 10.0

_LEAST_TIME_OF_SERVERS = 1.0

_SPREAD_OF_AGES = 0.1


def _finite(value: Any) -> Any:
    """The specification writes infinite where this package writes None."""
    return None if isinstance(value, float) and value == math.inf else value


def _at_least(least: float, seconds: float | None) -> float | None:
    return None if seconds is None else max(seconds, least)


def grpc_client(time: Any = None, timeout: Any = 20.0) -> Keepalive:
    """gRPC, client side: a PING after silence; any byte counts.

    Without ``KEEPALIVE_WITHOUT_CALLS`` a client asks only while a call is open: that is
    ``self.heartbeat.pause()`` and ``resume()``.

    Args:
        time: Yours (``KEEPALIVE_TIME``), seconds; less than 10 becomes 10. None, 0 and
            infinity are off, the default.
        timeout: Yours (``KEEPALIVE_TIMEOUT``), seconds; None, 0 and infinity are for ever.

    Returns:
        These as ``interval`` and ``timeout``.

    Raises:
        PolicyError: One of these cannot be meant.

    Source:
        gRPC proposal A8, "Extending for Basic Health Checking"; grpc-go
        ``KeepaliveMinPingTime``. After a GOAWAY that says "too_many_pings" the time of
        the next connection is to be doubled.
    """
    return Keepalive(
        interval=_at_least(_LEAST_TIME_OF_CLIENTS, own("time", _finite(time))),
        timeout=own("timeout", _finite(timeout)),
        jitter=0,
    )


def grpc_server(
    time: Any = 7200.0,
    timeout: Any = 20.0,
    *,
    max_connection_idle: Any = None,
    max_connection_age: Any = None,
    max_connection_age_grace: Any = None,
) -> Keepalive:
    """gRPC, server side: a PING after silence, and an end to idle and to old connections.

    Args:
        time: Yours (``KEEPALIVE_TIME``), seconds; less than 1 becomes 1.
        timeout: Yours (``KEEPALIVE_TIMEOUT``), seconds.
        max_connection_idle: Yours, seconds without a call; call
            ``self.heartbeat.active()`` for each.
        max_connection_age: Yours, seconds.
        max_connection_age_grace: Yours, seconds without progress that a close may take;
            gRPC counts all of them.
            For all five, None, 0 and infinity are off.

    Returns:
        These as ``interval``, ``timeout``, ``idle``, ``max_age`` and ``grace``. With
        *max_connection_age* there is a ``jitter`` of a tenth, which only ever makes it
        younger, and the PING earlier; gRPC spreads ages by a tenth either way.

    Raises:
        PolicyError: One of these cannot be meant.

    Source:
        gRPC proposal A9, whose defaults these are; grpc-go ``ServerParameters`` for
        the least time of 1 s.
    """
    age = own("max_connection_age", _finite(max_connection_age))
    return Keepalive(
        interval=_at_least(_LEAST_TIME_OF_SERVERS, own("time", _finite(time))),
        timeout=own("timeout", _finite(timeout)),
        idle=own("max_connection_idle", _finite(max_connection_idle)),
        max_age=age,
        grace=own("max_connection_age_grace", _finite(max_connection_age_grace)),
        jitter=0 if age is None else _SPREAD_OF_AGES,
    )
