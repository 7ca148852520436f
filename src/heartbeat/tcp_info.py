"""What Linux tells about a TCP connection, read from its ``struct tcp_info``.

Pure: bytes in, a value out. The kernel has only ever appended to the struct, so
an offset once right stays right, and an old kernel gives a shorter struct.

Source:
    ``struct tcp_info`` in Linux ``include/uapi/linux/tcp.h``, ``tcp_get_info``
    in ``net/ipv4/tcp.c``.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

import attrs

__all__ = [
    "STRUCT_SIZE",
    "TCP_INFO",
    "TO_LAST_HEARD",
    "TcpInfo",
    "Vitals",
    "parse",
    "unpack_last_heard",
    "vitals",
]

TCP_INFO = 11
"""The socket option, at level ``IPPROTO_TCP``."""

TO_LAST_HEARD = 56
"""Bytes of the struct that `unpack_last_heard` takes, no more and no less."""

STRUCT_SIZE = 232
"""Bytes of the struct that `parse` makes use of."""

STATES = (
    "UNKNOWN",
    "ESTABLISHED",
    "SYN_SENT",
    "SYN_RECV",
    "FIN_WAIT1",
    "FIN_WAIT2",
    "TIME_WAIT",
    "CLOSE",
    "CLOSE_WAIT",
    "LAST_ACK",
    "LISTEN",
    "CLOSING",
    "NEW_SYN_RECV",
)
"""Names of ``tcpi_state``, by its number.

Source:
    Linux ``include/net/tcp_states.h``.
"""

# state, retransmits, probes | snd_mss | last_data_sent | last_data_recv,
# last_ack_recv | rtt | bytes_acked, bytes_received (Linux 4.1) | notsent (4.6)
_FIELDS = struct.Struct("=BxBB 12xI 24xI 4xII 8xI 48xQQ 8xI")
_WINDOW = struct.Struct("=228xI")  # snd_wnd (5.4)

unpack_last_heard = struct.Struct("=52xI").unpack
"""Milliseconds since data arrived, or since the connection was made, in a tuple.

In steps of the kernel's tick, 1 to 10 ms; from 0 again after 49 days.
"""

_MILLI = 1e-3
_MICRO = 1e-6

# snd_mss | unacked | last_data_recv | bytes_acked, bytes_received | notsent
_VITAL_FIELDS = struct.Struct("=16xI 4xI 24xI 64xQQ 8xI")


class Vitals(NamedTuple):
    """What liveness asks of a TCP connection, in the units of the kernel."""

    segments: int
    """Segments sent and not acknowledged."""
    heard_ago: int
    """Milliseconds since data arrived, or since the connection was made."""
    acked: int
    """Bytes acknowledged so far; an active opener's counts one for its SYN."""
    received: int
    """Bytes received so far, read by us or not."""
    not_sent: int
    """Bytes in the send queue that have not been sent even once."""
    window: int | None
    """Bytes the peer is ready to take; None before Linux 5.4."""


@attrs.frozen(kw_only=True)
class TcpInfo:
    """What a TCP connection has come to, as its kernel counts it."""

    state: str
    """As in the kernel, without ``TCP_``: ``"ESTABLISHED"``, ``"CLOSE_WAIT"``, …"""
    retransmits: int
    """Retransmission timeouts in a row for the oldest unacknowledged byte."""
    probes: int
    """Zero-window or keepalive probes that wait for an answer."""
    sent_ago: float
    """Seconds since a segment with data was sent, retransmissions included.

    Since the connection was made, if none was.
    """
    heard_ago: float
    """Seconds since data arrived, or since the connection was made."""
    ack_ago: float
    """Seconds since the peer's kernel last acknowledged something."""
    rtt: float
    """Smoothed round trip, seconds, between the kernels."""
    acked: int
    """Bytes acknowledged so far; an active opener's counts one for its SYN."""
    received: int
    """Bytes received so far, read by us or not."""
    not_sent: int
    """Bytes in the send queue that have not been sent even once."""
    window: int | None
    """Bytes the peer is ready to take; None before Linux 5.4."""


def parse(data: bytes) -> TcpInfo | None:
    """The struct in *data*, or None if it says less than liveness needs.

    That is a kernel before 4.6, and one that gives a struct it has not filled
    in: gVisor, whose ages are all 0, would make every peer look alive for ever.
    No real connection has a maximum segment size of 0.

    Args:
        data: What ``getsockopt`` returned, of any length.
    """
    if len(data) < _FIELDS.size:
        return None
    state, retransmits, probes, mss, *counts = _FIELDS.unpack_from(data)
    if mss == 0:
        return None
    sent, heard, ack, rtt, acked, received, not_sent = counts
    return TcpInfo(
        state=_name(state),
        retransmits=retransmits,
        probes=probes,
        sent_ago=sent * _MILLI,
        heard_ago=heard * _MILLI,
        ack_ago=ack * _MILLI,
        rtt=rtt * _MICRO,
        acked=acked,
        received=received,
        not_sent=not_sent,
        window=_window(data),
    )


def vitals(data: bytes) -> Vitals | None:
    """The same, but only what every look at a connection needs."""
    if len(data) < _VITAL_FIELDS.size:
        return None
    mss, segments, heard, acked, received, not_sent = _VITAL_FIELDS.unpack_from(data)
    if mss == 0:
        return None
    return Vitals(segments, heard, acked, received, not_sent, _window(data))


def _name(state: int) -> str:
    return STATES[state] if state < len(STATES) else STATES[0]


def _window(data: bytes) -> int | None:
    if len(data) < _WINDOW.size:
        return None
    window: int = _WINDOW.unpack_from(data)[0]
    return window
