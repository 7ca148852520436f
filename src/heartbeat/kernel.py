"""What the kernel tells of a socket, a pipe or a terminal when it is asked."""

from __future__ import annotations

import socket
import struct
import sys
from typing import TYPE_CHECKING, Any

from twisted.internet.interfaces import IHalfCloseableProtocol

from heartbeat import tcp_info

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat.tcp_info import TcpInfo, Vitals

try:
    import fcntl
    import termios
except ImportError:  # pragma: no cover - Windows
    fcntl = termios = None  # type: ignore[assignment]

__all__ = ["GONE", "finished", "knows", "tcp", "unacknowledged", "unread", "vitals"]

GONE = (AttributeError, OSError)
"""What asking about a lost connection raises: Twisted deletes its ``socket``."""

_INT = struct.Struct("i")

_PEEK = socket.MSG_PEEK | getattr(socket, "MSG_DONTWAIT", 0)  # which Windows lacks


def knows(descriptor: Any) -> bool:
    """Whether `tcp` will tell of *descriptor*'s connection.

    Not of MPTCP, where the kernel speaks of the first of several paths.
    """
    if sys.platform != "linux":  # pragma: no cover - not Linux
        return False
    try:
        proto = descriptor.socket.getsockopt(socket.SOL_SOCKET, socket.SO_PROTOCOL)
        return proto == socket.IPPROTO_TCP and vitals(descriptor) is not None
    except GONE:
        return False


def tcp(descriptor: Any) -> TcpInfo | None:
    """Everything Linux knows of a TCP connection; None if that is too little.

    Raises:
        AttributeError, OSError: `GONE`: the connection is lost, or is not TCP.
    """
    return tcp_info.parse(_ask(descriptor))


def vitals(descriptor: Any) -> Vitals | None:
    """The little of it that every look needs.

    Raises:
        AttributeError, OSError: `GONE`.
    """
    return tcp_info.vitals(_ask(descriptor))


def _ask(descriptor: Any) -> bytes:
    ask: Callable[[int, int, int], bytes] = descriptor.socket.getsockopt
    return ask(socket.IPPROTO_TCP, tcp_info.TCP_INFO, tcp_info.STRUCT_SIZE)


def unread(descriptor: Any) -> int:
    """Bytes that arrived and were not read, of a socket, a pipe or a terminal.

    0 if it is closed, cannot tell, or the platform has no ``ioctl``.
    """
    return _count(descriptor, "FIONREAD")


def finished(descriptor: Any) -> bool:
    """Whether the peer has closed its side, all it sent is read, and that is no end.

    It is one, unless the protocol takes half a connection: so for any other, and of a
    lost connection, False. Asked while *descriptor* is not read: then it is told
    apart from a pause of our own.
    """
    protocol = getattr(descriptor, "protocol", None)
    if IHalfCloseableProtocol(protocol, None) is None:
        return False
    try:
        rest: bytes = descriptor.socket.recv(1, _PEEK)
    except GONE:
        return False  # nothing to read yet, among them
    return not rest


def unacknowledged(descriptor: Any) -> int:
    """Bytes given to a TCP socket of Linux that its peer has not acknowledged.

    0 if it is closed, cannot tell, or the platform has no ``ioctl``.

    Source:
        ``SIOCOUTQ``, which is ``TIOCOUTQ``: tcp(7).
    """
    return _count(descriptor, "TIOCOUTQ")


def _count(descriptor: Any, request: str) -> int:
    fileno = descriptor.fileno()
    if fcntl is None or fileno < 0:
        return 0
    try:
        answer = fcntl.ioctl(fileno, getattr(termios, request), bytes(_INT.size))
    except OSError:
        return 0
    count: int = _INT.unpack(answer)[0]
    return count
