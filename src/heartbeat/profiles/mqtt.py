"""MQTT 3.1.1 and 5: the client promises to speak, the server counts one and a half."""

from __future__ import annotations

from typing import Any

from heartbeat.policy import Keepalive
from heartbeat.profiles.numbers import LIMITS, Limits, check_limits, fitted, own

__all__ = ["mqtt_client", "mqtt_server"]

_TWO_BYTES = 65_535
"""What the Keep Alive field holds, seconds."""

_ALLOWANCE = 1.5


def mqtt_client(
    keep_alive: Any,
    server_keep_alive: Any = None,
    *,
    response: Any = 20.0,
    limits: Limits = LIMITS,
) -> Keepalive:
    """MQTT, client side: never silent for the Keep Alive, and asks after as long.

    Question and beat are the same packet, PINGREQ: the one because the server has been
    silent, the other because we have.

    Args:
        keep_alive: Yours, as in CONNECT, seconds, up to 65535; 0 is off.
        server_keep_alive: The server's, from CONNACK (MQTT 5), seconds: it holds instead,
            0 included. None if there was none.
        response: Yours: seconds to wait for PINGRESP; 0 is for ever.
        limits: What *server_keep_alive* is clamped to.

    Returns:
        ``interval`` and ``beacon`` of the Keep Alive, ``timeout`` of *response*.

    Raises:
        PolicyError: A number of yours cannot be meant, or the server's is negative.

    Source:
        MQTT 3.1.1 and 5.0 section 3.1.2.10: the interval between packets the client
        sends must not exceed the Keep Alive; without a PINGRESP "within a reasonable
        amount of time" it should close. MQTT 5.0 section 3.2.2.3.14: Server Keep
        Alive replaces the client's. Paho and mosquitto's library wait another whole
        Keep Alive for the answer, up to 18 hours: give *response* the same for that.
    """
    check_limits(limits)
    agreed = own("keep_alive", keep_alive, most=_TWO_BYTES)
    if server_keep_alive is not None:
        agreed = limits.clamp("server_keep_alive", server_keep_alive)
    patience = own("response", response)
    return Keepalive(interval=agreed, timeout=patience, beacon=agreed, jitter=0)


def mqtt_server(
    keep_alive: Any, server_keep_alive: Any = None, *, limits: Limits = LIMITS
) -> Keepalive:
    """MQTT, server side: a client is given up after one and a half times its Keep Alive.

    Args:
        keep_alive: The client's, from CONNECT, seconds; 0 is off.
        server_keep_alive: Yours, if you told the client another in CONNACK (MQTT 5):
            seconds, up to 65535; 0 is off. None if you did not.
        limits: What *keep_alive* is clamped to.

    Returns:
        ``silence`` of 1.5 times what holds. Bytes count, where the specification
        counts whole packets.

    Raises:
        PolicyError: The client's number is negative, or yours cannot be meant.

    Source:
        MQTT 3.1.1 section 3.1.2.10, MQTT-3.1.2-24, and MQTT 5.0, MQTT-3.1.2-22; section
        3.2.2.3.14 for *server_keep_alive*. Mosquitto gives up after 1.5 times, looking
        every 5 s.
    """
    check_limits(limits)
    agreed = limits.clamp("keep_alive", keep_alive)
    if server_keep_alive is not None:
        agreed = own("server_keep_alive", server_keep_alive, most=_TWO_BYTES)
    silence = None if agreed is None else fitted(agreed * _ALLOWANCE)
    return Keepalive(interval=None, silence=silence, jitter=0)
