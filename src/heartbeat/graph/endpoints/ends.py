"""The ends of a connection in words, from plain values only.

Twisted's transports keep the other end as a tuple or a path, and a socket tells its own
end. So no ``getPeer`` or ``getHost`` is called, which a program may have its own of.
"""

from __future__ import annotations

import os
import socket
from typing import Any

from heartbeat.graph.reading import is_named, read

__all__ = ["fd_of", "in_words", "local_of", "of_address", "socket_of"]

_ADDRESSES = (
    "twisted.internet.address.IPv4Address",
    "twisted.internet.address.IPv6Address",
)
_UNIX_ADDRESS = "twisted.internet.address.UNIXAddress"


def socket_of(value: object) -> socket.socket | None:
    """*value* if it is a socket, and no class of the program's that is derived."""
    # Not isinstance: a mere type can be trusted not to have methods of its own.
    return value if type(value) is socket.socket else None


def fd_of(sock: socket.socket | None) -> int | None:
    """The descriptor of a socket; None once it is closed."""
    if sock is None:
        return None
    fd = sock.fileno()
    return None if fd < 0 else fd


def local_of(sock: socket.socket | None) -> str:
    """The end that a socket is bound to; ``""`` if that cannot be known."""
    if sock is None:
        return ""
    try:
        return in_words(sock.getsockname())
    except OSError:
        return ""


def in_words(address: Any) -> str:
    """An address as sockets and transports have it: a tuple or a path.

    Returns:
        ``127.0.0.1:80``, ``[::1]:80``, ``/run/it.sock``, ``@abstract``; ``""`` for
        anything else.
    """
    kind = type(address)
    if kind is tuple:
        host, port = (*address, None, None)[:2]
        return _of_tuple(host, port)
    if kind is bytes:
        return _of_path(os.fsdecode(address))
    if kind is str:
        return _of_path(address)
    return ""


def of_address(address: object) -> str:
    """An address object of Twisted's; ``""`` for anything else."""
    cls = type(address)
    if is_named(cls, *_ADDRESSES):
        return in_words((read(address, "host"), read(address, "port")))
    if is_named(cls, _UNIX_ADDRESS):
        return in_words(read(address, "name"))
    return ""


def _of_tuple(host: object, port: object) -> str:
    if type(port) is not int:
        # A UNIX connection has its path, and None.
        return in_words(host) if port is None else ""
    if type(host) is bytes:
        host = os.fsdecode(host)
    if type(host) is not str:
        return ""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _of_path(path: str) -> str:
    return f"@{path[1:]}" if path.startswith("\0") else path
