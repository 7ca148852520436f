"""AMQP 0-9-1 and STOMP 1.2: both sides promise never to be silent for long.

Neither has a question, so there is no ``interval``: our side beats, and the peer's
silence alone is judged.
"""

from __future__ import annotations

import math
from typing import Any

import attrs

from heartbeat.beacon import LEAST
from heartbeat.errors import PolicyError
from heartbeat.policy import SHORTEST, Keepalive
from heartbeat.profiles.numbers import (
    LIMITS,
    Limits,
    Unit,
    check_limits,
    factor,
    fitted,
    own,
)

__all__ = ["amqp", "amqp_tune_ok", "stomp", "stomp_heart_beat"]

_SHORT = 65_535
"""What AMQP's field holds: a ``short`` of seconds."""

_INTERVALS_MISSED = 2

_SHARE_OF_BEATS = 0.5


def amqp_tune_ok(wanted: Any, proposed: Any, *, limits: Limits = LIMITS) -> int:
    """The heartbeat that a client answers in ``Tune-Ok``: the lower of the two.

    A server needs no such computation: what the client says there holds.

    Args:
        wanted: Yours, seconds, up to 65535; 0 is off, None follows the server.
        proposed: The server's, from ``Tune``, seconds; 0 is off.
        limits: What *proposed* is clamped to.

    Returns:
        Whole seconds, rounded up; 0 if either side does not want heartbeats.

    Raises:
        PolicyError: *wanted* is no such number, or *proposed* is negative.

    Source:
        AMQP 0-9-1, reference of ``connection.tune`` and ``connection.tune-ok``: "zero
        means the server does not want a heartbeat"; the client may only lower what is
        proposed. Implementations differ on 0: pika answers what its user wants,
        RabbitMQ's Java client and Bunny the greater number if one is 0. RabbitMQ goes
        by ``Tune-Ok`` alone, so any number may be given to `amqp` instead.
    """
    check_limits(limits)
    mine = own("wanted", wanted, most=_SHORT)
    theirs = limits.clamp("proposed", proposed)
    if theirs is None or (mine is None and wanted is not None):
        return 0
    return min(math.ceil(min(mine or theirs, theirs)), _SHORT)


def amqp(heartbeat: Any, *, limits: Limits = LIMITS) -> Keepalive:
    """AMQP 0-9-1: beat twice in the agreed time, give up after twice that time.

    Args:
        heartbeat: Seconds, as in ``Tune-Ok``; 0 is off.
        limits: What *heartbeat* is clamped to.

    Returns:
        ``beacon`` of half of it, ``silence`` of twice.

    Raises:
        PolicyError: *heartbeat* is negative or no number.

    Source:
        AMQP 0-9-1 section 4.2.7: any octet is a substitute for a heartbeat, and a peer
        closes after two intervals or longer without one. Half: RabbitMQ and pika
        send every T/2. RabbitMQ gives up after 2 T up to 3 T, pika after T + 5 s.
    """
    check_limits(limits)
    agreed = limits.clamp("heartbeat", heartbeat)
    if agreed is None:
        return Keepalive(interval=None, jitter=0)
    return Keepalive(
        interval=None,
        silence=fitted(agreed * _INTERVALS_MISSED),
        beacon=fitted(agreed * _SHARE_OF_BEATS),
        jitter=0,
    )


def stomp_heart_beat(header: str | bytes | None) -> tuple[int, int]:
    """The two numbers of a ``heart-beat`` header, milliseconds.

    Args:
        header: Its value, ``"10000,30000"``; None if there is no such header.

    Returns:
        What its sender can do and what it wants; ``(0, 0)`` without a header.

    Raises:
        PolicyError: It is not two numbers of at most 18 digits with a comma between.

    Source:
        STOMP 1.2, "Heart-beating": two positive integers, a missing header is "0,0".
        Spaces around them: stomp.py and RabbitMQ take them.
    """
    if header is None:
        return 0, 0
    text = header.decode("ascii", "replace") if isinstance(header, bytes) else header
    can, comma, wants = str(text).partition(",")
    if not comma or not (_is_whole(can) and _is_whole(wants)):
        raise PolicyError(
            field="heart-beat",
            value=header,
            rule="the peer's header must be two whole numbers of milliseconds",
            way_out="close the connection: this peer does not speak the protocol",
        )
    return int(can), int(wants)


_DIGITS = 18  # int() is slow, and then refuses, with thousands


def _is_whole(text: str) -> bool:
    digits = text.strip(" ")
    return digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS


def stomp(
    ours: tuple[Any, Any],
    theirs: tuple[Any, Any],
    *,
    tolerance: float = 1.5,
    limits: Limits = LIMITS,
) -> Keepalive:
    """STOMP 1.2: each direction beats as slowly as the slower of both asks for.

    It is the same for clients and servers: what counts is whose header it is.

    Args:
        ours: Milliseconds, the header we sent: what we can do, what we want; 0 is off.
            What we can do is a promise, and one of less than 400 ms cannot be kept: see
            `heartbeat.beacon.LEAST`.
        theirs: The same of the peer's header; see `stomp_heart_beat`.
        tolerance: How many times the agreed time the peer may be silent, 1 up to 1000.
        limits: Its ``longest`` is what *theirs* is clamped to. The shortest is your own
            offer, which a peer may rely on.

    Returns:
        ``beacon`` of the greater of what we can and what they want, ``silence`` of
        *tolerance* times the greater of what we want and what they can; each is off if
        one of its two is 0.

    Raises:
        PolicyError: A number of ours cannot be meant, or not be kept, or one of theirs
            is negative.

    Source:
        STOMP 1.2, "Heart-beating": MAX(cx, sy) and MAX(sx, cy); any new data counts; the
        receiver should take into account an error margin. 1.5: stomp.py's default
        ``heart_beat_receive_scale``. RabbitMQ gives up after two to three times, and
        goes by whole seconds: 1 for less than one, else rounded down.
    """
    check_limits(limits)
    slack = factor("tolerance", tolerance)
    we_can, we_want = (
        own("ours", number, Unit.MILLISECONDS) for number in _pair("ours", ours)
    )
    _check_promise(ours, we_can)
    cap = attrs.evolve(limits, shortest=SHORTEST)
    they_can, they_want = (
        cap.clamp("theirs", number, Unit.MILLISECONDS)
        for number in _pair("theirs", theirs)
    )
    expected = _slower(we_want, they_can)
    return Keepalive(
        interval=None,
        silence=None if expected is None else fitted(expected * slack),
        beacon=_slower(we_can, they_want),
        jitter=0,
    )


def _check_promise(ours: tuple[Any, Any], seconds: float | None) -> None:
    if seconds is not None and seconds < LEAST:
        least = LEAST / Unit.MILLISECONDS.value
        raise PolicyError(
            field="ours",
            value=ours,
            rule=f"must not promise a heart-beat within less than {least:g} milliseconds, "
            "for the shared timer goes by steps of 50",
            way_out=f"offer {least:g} or more, or 0 for no heart-beats",
        )


def _slower(wish: float | None, other: float | None) -> float | None:
    return None if wish is None or other is None else max(wish, other)


def _pair(field: str, value: Any) -> tuple[Any, Any]:
    if isinstance(value, tuple | list) and len(value) == 2:  # noqa: PLR2004 - a pair
        return value[0], value[1]
    raise PolicyError(
        field=field,
        value=value,
        rule="must be two numbers of milliseconds: what can be done, what is wanted",
        way_out="give (10_000, 30_000), or what stomp_heart_beat() returns",
    )
