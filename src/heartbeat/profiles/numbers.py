"""What all profiles do with numbers: units, 0 as *off*, and whom to trust.

A number is either *yours*, from your configuration, or the *peer's*, from the wire.
Yours is a mistake if it cannot be meant. The peer's is input: what the protocol cannot
mean is an error as well, for you to close the connection by; what it can mean, and you
do not want to follow, is clamped to `Limits`.
"""

from __future__ import annotations

import enum
from numbers import Real
from typing import Any

import attrs

from heartbeat.errors import PolicyError
from heartbeat.policy import LONGEST, SHORTEST

__all__ = ["LIMITS", "Limits", "Unit", "check_limits", "factor", "fitted", "own"]

_LARGEST_FACTOR = 1000.0
"""More can only be a number of something else."""


class Unit(enum.Enum):
    """What a protocol counts in; the value is how many seconds one is."""

    SECONDS = 1.0
    DECISECONDS = 0.1
    MILLISECONDS = 0.001


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _check(_: object, field: attrs.Attribute[Any], value: Any) -> None:
    if not _is_number(value) or not SHORTEST <= value <= LONGEST:
        raise PolicyError(
            field=field.name,
            value=value,
            rule=f"must be a number of seconds, {SHORTEST} up to {LONGEST:.0e}",
            way_out="give the shortest and the longest time a peer may propose",
        )


@attrs.frozen(kw_only=True)
class Limits:
    """How far a peer may go with the numbers that it proposes.

    Attributes:
        shortest: Seconds; a peer that proposes less gets this. Default 0.5, two beats a
            second. It may give us up for it.
        longest: Seconds; a peer that proposes more gets this. Default 86400, a day: more
            than any 16-bit number of seconds, so that AMQP and MQTT peers get what they
            propose. A peer that then keeps its own, longer promise is given up.

    Raises:
        PolicyError: One of these is no such number, or they are in the wrong order.
    """

    shortest: float = attrs.field(default=0.5, validator=_check)
    longest: float = attrs.field(default=86_400.0, validator=_check)

    def __attrs_post_init__(self) -> None:
        if self.shortest > self.longest:
            raise PolicyError(
                field="shortest",
                value=self.shortest,
                rule=f"must not be more than longest, {self.longest}",
                way_out="give the shortest and the longest time a peer may propose",
            )

    def clamp(self, name: str, value: Any, unit: Unit = Unit.SECONDS) -> float | None:
        """What is made of a peer's number: seconds between the limits, or None.

        Args:
            name: What the protocol calls it, for the error.
            value: The number, in *unit*; 0 is off. More than the protocol's field could
                hold, and infinity, count as very long.
            unit: What it counts.

        Returns:
            Seconds; None for 0.

        Raises:
            PolicyError: Not a number, NaN or negative: no protocol here can mean that,
                so the peer has broken it.
        """
        if not _is_number(value) or not value >= 0:
            raise PolicyError(
                field=name,
                value=value,
                rule=f"the peer's {unit.name.lower()} must be a number, and not negative",
                way_out="close the connection: this peer does not speak the protocol",
            )
        if value == 0:
            return None
        if value >= self.longest / unit.value:  # an integer may be too large to convert
            return self.longest
        return max(float(value) * unit.value, self.shortest)


LIMITS = Limits()
"""What holds unless you say otherwise: half a second up to a day."""


def check_limits(limits: object) -> None:
    """Raise `PolicyError` unless *limits* are `Limits`."""
    if not isinstance(limits, Limits):
        raise PolicyError(
            field="limits",
            value=limits,
            rule="must be Limits, in seconds",
            way_out="give Limits(shortest=0.5, longest=86400), or leave it out",
        )


def own(
    name: str, value: Any, unit: Unit = Unit.SECONDS, most: float = LONGEST
) -> float | None:
    """What is made of a number of your own: seconds, or None for None and 0.

    Args:
        name: What the caller calls it, for the error.
        value: The number, in *unit*; None and 0 are off.
        unit: What it counts.
        most: The largest number the protocol can carry, in *unit*.

    Raises:
        PolicyError: It is no number, negative, NaN, infinite, less than 1 ms, or more
            than *most* or than `heartbeat.policy.LONGEST`.
    """
    if value is None or (_is_number(value) and value == 0):
        return None
    least, largest = SHORTEST / unit.value, min(most, LONGEST / unit.value)
    if not _is_number(value) or not least <= value <= largest:
        raise PolicyError(
            field=name,
            value=value,
            rule=f"must be a number of {unit.name.lower()}, {least:g} up to {largest:g}",
            way_out=f"give {unit.name.lower()}, or 0 to switch it off",
        )
    return float(value) * unit.value


def factor(name: str, value: Any, least: float = 1.0) -> float:
    """A number of your own that others are multiplied with, *least* up to 1000.

    Raises:
        PolicyError: It is not.
    """
    if not _is_number(value) or not least <= value <= _LARGEST_FACTOR:
        raise PolicyError(
            field=name,
            value=value,
            rule=f"must be a factor, {least:g} up to {_LARGEST_FACTOR:g}",
            way_out="give how many times the agreed time may pass",
        )
    return float(value)


def fitted(seconds: float) -> float:
    """A computed number of seconds, as near to it as a `Keepalive` takes."""
    return min(max(seconds, SHORTEST), LONGEST)
