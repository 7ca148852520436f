"""Policies and profiles: any value makes a `Keepalive`, or a `PolicyError`."""

from __future__ import annotations

import inspect
import struct
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import attrs

from heartbeat import Keepalive, PolicyError, profiles
from heartbeat.policy import LONGEST, SHORTEST, Proof
from tests.fuzz.feeding import require

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["TARGETS"]

_DURATIONS = ("interval", "timeout", "beacon", "silence", "idle", "max_age", "grace")
_FIELDS = [field.name for field in attrs.fields(Keepalive)]
_PROFILES = [
    getattr(profiles, name)
    for name in profiles.__all__
    if inspect.isfunction(getattr(profiles, name))
]

_PAIRS = ("ours", "theirs")
"""Parameters that are two numbers."""

_ODD: list[Any] = [
    *(None, True, False, 0, -0.0, "10", b"10", [], 10**400, -1),
    *(float("nan"), float("inf"), float("-inf"), 5e-324, SHORTEST, LONGEST),
    *(Decimal("NaN"), Decimal(30), Fraction(1, 3), 1j, Proof.REPLY, 65535, 2**31),
    *("10000,30000", "0,0", b"5,5", ",", "1,2,3", "٣,٣", (1, 2), (None, "x"), ()),
]


def _values(data: bytes) -> list[Any]:
    """A value for every nine bytes of *data*."""
    return [
        _value(data[place], data[place + 1 : place + 9])
        for place in range(0, len(data) - 8, 9)
    ]


def _value(kind: int, data: bytes) -> Any:
    if kind < 100:
        return _ODD[kind % len(_ODD)]
    if kind < 150:
        return struct.unpack("!d", data)[0]
    if kind < 200:
        return int.from_bytes(data, "big", signed=True)
    if kind < 220:
        return data.decode("latin-1")
    return struct.unpack("!h", data[:2])[0] / 10


def _policy(data: bytes) -> None:
    """All fields at once: each out of *data*, or its default."""
    chosen = zip(_FIELDS, _values(data), strict=False)
    _made(lambda: Keepalive(**{name: value for name, value in chosen if value != ""}))


def _profile(data: bytes) -> None:
    """One profile; the first byte says which."""
    if not data:
        return
    function = _PROFILES[data[0] % len(_PROFILES)]
    parameters = inspect.signature(function).parameters.values()
    needed = [30.0] * sum(each.default is each.empty for each in parameters)
    values = _values(data[1:])
    given = zip(parameters, [*values, *needed[len(values) :]], strict=False)
    chosen = {
        each.name: _shaped(each.name, value)
        for each, value in given
        if each.name != "limits"
    }
    _made(lambda: function(**chosen))


def _shaped(name: str, value: Any) -> Any:
    """The *value* as what a type checker would let through."""
    if name in _PAIRS:
        return value, 5000
    if name == "header" and not isinstance(value, str | bytes | None):
        return str(value)
    return value


def _made(make: Callable[[], Any]) -> None:
    try:
        made = make()
    except PolicyError as error:
        require(str(error), "says nothing")
        return
    if not isinstance(made, Keepalive):
        return
    for name in _DURATIONS:
        seconds = getattr(made, name)
        fits = seconds is None or SHORTEST <= seconds <= LONGEST
        require(fits, "out of range", name, seconds)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "policy": _policy,
    "profiles": _profile,
}
"""By name: feed it anything."""
