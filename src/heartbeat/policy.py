"""What a user promises about time: one frozen value, every number in seconds.

`Keepalive` is validated once, when it is made; everything that receives one
trusts it. It knows nothing of clocks, connections or protocols.
"""

from __future__ import annotations

import enum
from numbers import Integral, Real
from typing import Any

import attrs

from heartbeat.errors import PolicyError

__all__ = ["LONGEST", "SHORTEST", "Keepalive", "Proof"]

SHORTEST = 0.001
"""Seconds, 1 ms: a shorter duration is a mistake in the unit. The shared timer
fires in steps of 50 ms anyway."""

LONGEST = 1e9
"""Seconds, 31 years: longer than a connection lasts, shorter than timers overflow."""


class Proof(enum.Enum):
    """What counts as a sign of life while a question is open.

    Source:
        Any bytes: gRPC, OpenSSH, pika, aiohttp since aiohttp#12030. Only the
        answer: ``websockets``, Engine.IO, tornado.
    """

    TRAFFIC = "traffic"
    """Any byte from the peer: something over there still talks to us."""

    REPLY = "reply"
    """Only the answer to our question: its application is there."""


_MOST_ATTEMPTS = 1000
"""More can only be a number of something else."""


def _zero_is_off(value: float | None) -> float | None:
    return None if _is_number(value) and value == 0 else value


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _check_duration(_: object, field: attrs.Attribute[Any], value: Any) -> None:
    if value is None:
        return
    if not _is_number(value) or not SHORTEST <= value <= LONGEST:
        raise PolicyError(
            field=field.name,
            value=value,
            rule=f"must be a number of seconds, {SHORTEST} up to {LONGEST:.0e}",
            way_out="give seconds, or None (or 0) to switch it off",
        )


def _check_count(_: object, field: attrs.Attribute[Any], value: Any) -> None:
    if not _is_number(value) or not _is_count(value):
        raise PolicyError(
            field=field.name,
            value=value,
            rule=f"must be a whole number, 1 up to {_MOST_ATTEMPTS}",
            way_out="give 1 to judge by the first unanswered question",
        )


def _is_count(value: Any) -> bool:
    return isinstance(value, Integral) and 1 <= int(value) <= _MOST_ATTEMPTS


def _check_share(_: object, field: attrs.Attribute[Any], value: Any) -> None:
    if not _is_number(value) or not 0 <= value < 1:
        raise PolicyError(
            field=field.name,
            value=value,
            rule="must be a share, at least 0 and less than 1",
            way_out="give 0 for no spread, 0.1 for up to a tenth earlier",
        )


def _check_switch(_: object, field: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, bool):
        raise PolicyError(
            field=field.name,
            value=value,
            rule="must be a bool",
            way_out="give True or False",
        )


def _check_proof(_: object, field: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, Proof):
        raise PolicyError(
            field=field.name,
            value=value,
            rule="must be a member of heartbeat.Proof",
            way_out="give Proof.TRAFFIC or Proof.REPLY",
        )


def _duration(default: float | None) -> Any:
    """A field of seconds in which 0 and ``None`` mean off."""
    return attrs.field(
        default=default, converter=_zero_is_off, validator=_check_duration
    )


@attrs.frozen(kw_only=True)
class Keepalive:
    """When to ask, how long to wait, and what to do about silence.

    Durations are seconds on the monotonic clock, `SHORTEST` up to `LONGEST`.
    ``None`` and 0 mean *off*, never "at every tick". The value is immutable: derive
    a changed one with `attrs.evolve` and hand it to ``self.heartbeat.configure``.

    Attributes:
        interval: Ask the peer after this much silence from it. Default 30.
        timeout: How long an unanswered question stands, counted from when it
            left our buffers. Default 20. Off: ask, but never judge by the
            answer (keeps a NAT mapping open).
        attempts: Unanswered questions before the verdict, at least 1. Default 1:
            a verdict already needs a second look (see `heartbeat.liveness`).
        beacon: Never let *our* side be silent longer than this, even while a
            question is open. Default off. Less than 0.4 s may be exceeded by one step
            of the shared timer, 50 ms.
        silence: Hard limit on silence from the peer, no question asked, for
            protocols that only receive. Default off.
        idle: Application idleness: only ``self.heartbeat.active()`` resets it.
            Default off.
        max_age: Oldest a connection may grow before it is drained and closed.
            Default off.
        proof: Which sign of life answers a question. Default any traffic.
        jitter: Share by which ``interval``, ``beacon`` and ``max_age`` are
            shortened at random, 0 up to 1, so that connections made together do
            not ask together. Default 0.1. Only ever earlier: nothing comes later
            than promised to the peer.
        grace: A close that has made no progress for this long becomes an abort.
            Default 10. Off: never.
        enforce: False only reports what would have been closed. Default True.
        autostart: False waits for ``self.heartbeat.start()``, for protocols
            that must not speak before a login or an upgrade. Default True.

    Raises:
        PolicyError: A value broke a rule; the message names the field, the
            value, the rule and the way out. Nothing was made.

    Source:
        ``interval`` 30: below the 60 s after which RabbitMQ and common proxies
        give up an idle connection; ``timeout`` 20: ``websockets``, gRPC and
        Engine.IO; ``jitter`` 0.1: gRPC's spread of ``MAX_CONNECTION_AGE``
        (proposal A9); ``grace`` 10: ``close_timeout`` of ``websockets``.
        0 as *off*: AMQP 0-9-1 section 4.2.7, MQTT 5.0 section 3.1.2.10.
    """

    interval: float | None = _duration(30.0)
    timeout: float | None = _duration(20.0)
    attempts: int = attrs.field(default=1, validator=_check_count)
    beacon: float | None = _duration(None)
    silence: float | None = _duration(None)
    idle: float | None = _duration(None)
    max_age: float | None = _duration(None)
    proof: Proof = attrs.field(default=Proof.TRAFFIC, validator=_check_proof)
    jitter: float = attrs.field(default=0.1, validator=_check_share)
    grace: float | None = _duration(10.0)
    enforce: bool = attrs.field(default=True, validator=_check_switch)
    autostart: bool = attrs.field(default=True, validator=_check_switch)

    @property
    def asks(self) -> bool:
        """Whether the protocol has to be able to send a ping."""
        return self.interval is not None

    @property
    def beats(self) -> bool:
        """Whether the protocol has to be able to send a one-way beat."""
        return self.beacon is not None

    @property
    def within(self) -> float | None:
        """Seconds from the peer's last sign of life to the verdict, at most.

        That is the promise for an idle connection: the shared timer adds its steps
        (50 ms for every look), and time our own reactor or machine stood still is
        given back to the peer. None if silence is never judged.
        """
        bounds = [self.silence] if self.silence is not None else []
        if self.interval is not None and self.timeout is not None:
            bounds.append(self.interval + self.attempts * self.timeout)
        return min(bounds, default=None)
