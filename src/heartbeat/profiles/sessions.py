"""FIX 4.4, OpenSSH and IRC: a long session, and a question when it falls silent."""

from __future__ import annotations

from typing import Any

from heartbeat.errors import PolicyError
from heartbeat.policy import Keepalive, Proof
from heartbeat.profiles.numbers import LIMITS, Limits, check_limits, factor, fitted, own

__all__ = ["fix", "irc_client", "irc_server", "ssh_client", "ssh_server"]


def fix(
    heart_bt_int: Any,
    *,
    test_request: float = 1.2,
    disconnect: float = 2.4,
    limits: Limits = LIMITS,
) -> Keepalive:
    """FIX 4.4: a Heartbeat each HeartBtInt, a TestRequest when none came.

    Both sides go by the same number, so it does not matter which one this is.

    Args:
        heart_bt_int: HeartBtInt (tag 108) of the Logon, seconds; 0 is off.
        test_request: Yours: after how many times HeartBtInt to ask, 1 up to 1000.
        disconnect: Yours: after how many times HeartBtInt to give up; more than
            *test_request*.
        limits: What *heart_bt_int* is clamped to.

    Returns:
        ``beacon`` of HeartBtInt, ``interval`` of *test_request* times that, and the
        ``timeout`` that makes *disconnect* times of both.

    Raises:
        PolicyError: HeartBtInt is negative, or a factor of yours cannot be meant.

    Source:
        FIX 4.4 volume 2, "Heartbeat" and "Test Request": a message each HeartBtInt;
        a Test Request after HeartBtInt plus "some reasonable transmission time"; lost
        if that is not answered either. 1.2 and 2.4: QuickFIX. QuickFIX/J: 1.5 and 2.4.
    """
    check_limits(limits)
    asked_after = factor("test_request", test_request)
    given_up_after = factor("disconnect", disconnect)
    if given_up_after <= asked_after:
        raise PolicyError(
            field="disconnect",
            value=disconnect,
            rule=f"must be more than test_request, {test_request}",
            way_out="leave time for the answer",
        )
    agreed = limits.clamp("heart_bt_int", heart_bt_int)
    if agreed is None:
        return Keepalive(interval=None, jitter=0)
    return Keepalive(
        interval=fitted(agreed * asked_after),
        timeout=fitted(agreed * (given_up_after - asked_after)),
        beacon=agreed,
        jitter=0,
    )


def ssh_client(
    server_alive_interval: Any, server_alive_count_max: Any = 3
) -> Keepalive:
    """OpenSSH, client side: ``ServerAliveInterval`` and ``ServerAliveCountMax``.

    Args:
        server_alive_interval: Yours, seconds; 0 is off.
        server_alive_count_max: Yours: questions without any answer, 0 up to 1000. With
            0 the first silence ends the connection, and nothing is asked.

    Returns:
        ``interval`` and ``timeout`` of the interval, ``attempts`` of the count: given up
        after (count + 1) intervals.

    Raises:
        PolicyError: One of these cannot be meant.

    Source:
        ssh_config(5); OpenSSH ``clientloop.c``, ``server_alive_check``. Any packet
        counts. The manual says "approximately 45 seconds" for 15 and 3; the source,
        and this, take 60.
    """
    interval = own("server_alive_interval", server_alive_interval)
    if _is_zero(server_alive_count_max):
        return Keepalive(interval=None, silence=interval, jitter=0)
    return _repeated(interval, server_alive_count_max)


def ssh_server(
    client_alive_interval: Any, client_alive_count_max: Any = 3
) -> Keepalive:
    """OpenSSH, server side: ``ClientAliveInterval`` and ``ClientAliveCountMax``.

    Args:
        client_alive_interval: Yours, seconds; 0 is off.
        client_alive_count_max: Yours: questions without any answer, 0 up to 1000. With
            0 it is asked for ever and never given up.

    Returns:
        As of `ssh_client`, but for a count of 0: then ``timeout`` is off.

    Raises:
        PolicyError: One of these cannot be meant.

    Source:
        sshd_config(5): a count of zero disables connection termination; OpenSSH
        ``serverloop.c``, ``client_alive_check``.
    """
    interval = own("client_alive_interval", client_alive_interval)
    if _is_zero(client_alive_count_max):
        return Keepalive(interval=interval, timeout=None, jitter=0)
    return _repeated(interval, client_alive_count_max)


def _repeated(interval: float | None, count: Any) -> Keepalive:
    """A question each interval, *count* of which may stay without any answer."""
    return Keepalive(interval=interval, timeout=interval, attempts=count, jitter=0)


def _is_zero(count: object) -> bool:
    return isinstance(count, int) and not isinstance(count, bool) and count == 0


def irc_server(ping_timeout: Any = 120.0, pong_timeout: Any = 20.0) -> Keepalive:
    """IRC, server side: a PING after silence, and so long for any answer.

    Args:
        ping_timeout: Yours, seconds of silence before the PING; 0 is off.
        pong_timeout: Yours, seconds of silence after it; 0 is for ever.

    Returns:
        These as ``interval`` and ``timeout``.

    Raises:
        PolicyError: One of these cannot be meant.

    Source:
        :rfc:`2812` section 3.7.2. ngircd's ``PingTimeout`` and ``PongTimeout``, whose
        defaults these are; there any data counts, ``Check_Connections`` in ``conn.c``.
    """
    return Keepalive(
        interval=own("ping_timeout", ping_timeout),
        timeout=own("pong_timeout", pong_timeout),
        jitter=0,
    )


def irc_client(heartbeat_interval: Any = 120.0) -> Keepalive:
    """IRC, client side, as Twisted's `IRCClient` does it: a PING now and then.

    Args:
        heartbeat_interval: Yours, seconds; 0 is off.

    Returns:
        A question each interval whatever the server says, and no ``timeout``: nobody
        is given up for not answering. The rule of `irc_server` is better, and may be
        used by a client as well.

    Raises:
        PolicyError: It cannot be meant.

    Source:
        `twisted.words.protocols.irc.IRCClient`, ``heartbeatInterval``, Twisted 11.0 to
        26.10.
    """
    return Keepalive(
        interval=own("heartbeat_interval", heartbeat_interval),
        timeout=None,
        proof=Proof.REPLY,
        jitter=0,
    )
