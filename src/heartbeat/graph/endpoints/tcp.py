"""What the kernel says of a TCP connection, for a snapshot."""

from __future__ import annotations

import socket
import struct
import sys

from heartbeat import kernel, tcp_info
from heartbeat.graph.model import Kernel

__all__ = ["evidence"]

_LINUX = sys.platform == "linux"
_PLAIN = (0, socket.IPPROTO_TCP)

# tcpi_unacked: segments sent and not acknowledged.
_in_flight = struct.Struct("=24xI").unpack_from


def evidence(sock: socket.socket) -> Kernel | None:
    """What Linux knows of the connection; None where that is too little.

    Not of MPTCP, where the kernel speaks of the first of several paths.
    """
    if not _LINUX or sock.proto not in _PLAIN:
        return None
    try:
        data = sock.getsockopt(
            socket.IPPROTO_TCP, tcp_info.TCP_INFO, tcp_info.STRUCT_SIZE
        )
    except OSError:
        return None
    info = tcp_info.parse(data)
    if info is None:
        return None
    return Kernel(
        state=info.state,
        heard_ago=info.heard_ago,
        sent_ago=info.sent_ago,
        rtt=info.rtt,
        retransmits=info.retransmits,
        in_flight=_unacknowledged(sock, info.not_sent) if _in_flight(data)[0] else 0,
    )


def _unacknowledged(sock: socket.socket, not_sent: int) -> int:
    return max(0, kernel.unacknowledged(sock) - not_sent)
