"""How the other end of a connection is called in logs and errors."""

from __future__ import annotations

from typing import Any

from twisted.internet.address import IPv4Address, IPv6Address, UNIXAddress

__all__ = ["peer_of"]


def peer_of(transport: Any) -> str:
    """The peer of *transport* in words: ``host:port``, a path, or its type's name.

    Never raises: it is asked for in error paths, where a transport may be gone.
    """
    try:
        return _describe(transport.getPeer())
    except Exception:  # noqa: BLE001 - a transport of anybody's, perhaps half gone
        return f"unknown peer of a {type(transport).__name__}"


def _describe(address: object) -> str:
    if isinstance(address, IPv4Address):
        return f"{address.host}:{address.port}"
    if isinstance(address, IPv6Address):
        return f"[{address.host}]:{address.port}"
    if isinstance(address, UNIXAddress):
        return repr(address.name) if address.name else "unnamed UNIX socket"
    return type(address).__name__
