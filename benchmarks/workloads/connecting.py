"""Connect candidates to their peers, over loopback, in this process's reactor."""

from __future__ import annotations

import functools
import socket
from typing import TYPE_CHECKING, Any

import attrs
from twisted.internet.tcp import Server

from benchmarks.candidates import CANDIDATES, KINDS, OURS, factory_for
from benchmarks.workloads.peer import ROOM, Peer
from heartbeat import State

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Line", "connect", "encryption"]


@attrs.frozen
class Line:
    """One connection.

    Attributes:
        reactor: That it lives in.
        protocol: The candidate, on the server's side.
        peer: The other end.
        descriptor: What the reactor reads from.
    """

    reactor: Any
    protocol: Any
    peer: Peer
    descriptor: Any

    def close(self) -> None:
        """Hang up, and wait until the candidate knows."""
        self.peer.socket.close()
        while self.descriptor.connected:
            self.reactor.iterate(0.01)


def connect(reactor: Any, transport: str, candidate: str, kind: str) -> Line:
    """Connect a candidate to a peer of its own; both ends may speak.

    Args:
        reactor: A running one.
        transport: "tcp" or "tls".
        candidate: A key of `CANDIDATES`.
        kind: A key of `KINDS`.
    """
    factory, made = factory_for(CANDIDATES[candidate], KINDS[kind], reactor)
    if transport == "tls":
        options, make_peer = encryption()
        port = reactor.listenSSL(0, factory, options, interface="127.0.0.1")
    else:
        make_peer = Peer
        port = reactor.listenTCP(0, factory, interface="127.0.0.1")
    for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
        port.socket.setsockopt(socket.SOL_SOCKET, option, ROOM)
    peer = make_peer(port.getHost().port)
    while not (made and made[0].connected and peer.connected()):
        reactor.iterate(0.01)
    for _ in range(20):
        reactor.iterate(0)
    (protocol,) = made
    if candidate in OURS:
        assert protocol.heartbeat.state is State.ALIVE
    descriptor = _descriptor_to(peer, port.getHost().port, reactor)
    return Line(reactor, protocol, peer, descriptor)


@functools.cache
def encryption() -> tuple[Any, Callable[[int], Peer]]:
    """What a server needs, and what makes its peer."""
    # Imported only if needed: it takes seconds under valgrind.
    from benchmarks.workloads.certificate import server_options  # noqa: PLC0415
    from benchmarks.workloads.tls_peer import TLSPeer  # noqa: PLC0415

    return server_options(), TLSPeer


def _descriptor_to(peer: Peer, port: int, reactor: Any) -> Any:
    """What reads from *peer*, which connected to *port*; two may come from one port."""
    ends = (port, peer.port)
    connections = [each for each in reactor.getReaders() if isinstance(each, Server)]
    (found,) = [
        each
        for each in connections
        if (each.getHost().port, each.getPeer().port) == ends
    ]
    return found
