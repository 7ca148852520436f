"""What the pings of one connection have shown so far: counts and round-trip times.

Every idle connection has such a log all the time, and two entries are made in every
interval. So it is kept as a bytes object of 73 bytes, not as seven objects of 350, and
nothing is unpacked that does not change.

Source:
    Smoothing: :rfc:`6298` section 2.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

import attrs

__all__ = ["EMPTY", "PingLog", "RoundTrip", "add_answer", "add_ping", "read"]

EMPTY = struct.pack("=II", 0, 0)
"""The log of a connection without pings."""

_ALPHA = 1 / 8
_BETA = 1 / 4
_MOST = 2**32 - 1

_COUNTS = struct.Struct("=II")  # sent, answered
_TIMES = struct.Struct("=4d")  # as in RoundTrip; absent before the first sample


@attrs.frozen
class RoundTrip:
    """Round-trip times of one connection, seconds on the monotonic clock.

    They span the whole way, from our write through both applications and back,
    so waiting in queues counts. A coarse clock can make one exactly 0.0.

    Attributes:
        latest: The last one measured.
        smoothed: Their moving average.
        variation: Their mean deviation from it.
        least: The smallest one measured.
    """

    latest: float
    smoothed: float
    variation: float
    least: float


class PingLog(NamedTuple):
    """What a log says."""

    sent: int
    """Pings written, counted up to 2**32 - 1."""
    answered: int
    """Answers to them; likewise."""
    round_trip: RoundTrip | None
    """What was measured; None before the first sample."""


def read(log: bytes) -> PingLog:
    """What *log* says."""
    times = log[_COUNTS.size :]
    trip = RoundTrip(*_TIMES.unpack(times)) if times else None
    sent, answered = _COUNTS.unpack_from(log)
    return PingLog(sent, answered, trip)


def add_ping(log: bytes) -> bytes:
    """*log* after one more ping was written."""
    sent, answered = _COUNTS.unpack_from(log)
    return _COUNTS.pack(min(sent + 1, _MOST), answered) + log[_COUNTS.size :]


def add_answer(log: bytes, seconds: float | None) -> bytes:
    """*log* after one more answer, which took *seconds*; None if nobody knows."""
    sent, answered = _COUNTS.unpack_from(log)
    times = log[_COUNTS.size :]
    if seconds is not None:
        times = _TIMES.pack(*_smoothed(times, seconds))
    return _COUNTS.pack(sent, min(answered + 1, _MOST)) + times


def _smoothed(times: bytes, seconds: float) -> tuple[float, float, float, float]:
    if not times:
        return seconds, seconds, seconds / 2, seconds
    _, smoothed, variation, least = _TIMES.unpack(times)
    return (
        seconds,
        (1 - _ALPHA) * smoothed + _ALPHA * seconds,
        (1 - _BETA) * variation + _BETA * abs(smoothed - seconds),
        min(least, seconds),
    )
