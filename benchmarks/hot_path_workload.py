"""Write or read N messages over one real connection: what ``hot_path.py`` measures.

    python hot_path_workload.py {tcp,tls} {write,read} {nothing,keepalive} N

The protocol under test sits on the server's side of a loopback connection in a real
reactor. Its peer is a bare socket, with the standard library's ``ssl`` around it for
TLS, so that as little as possible besides the protocol's side is counted.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import sys
from typing import Any

from certificate import peer_context, server_options
from twisted.internet import reactor as _reactor  # noqa: TID251 - a program
from twisted.internet.protocol import Factory, Protocol

from heartbeat import HeartbeatMixin, Keepalive, State
from heartbeat._twisted import descriptor_of

MESSAGE = b"x" * 64
BATCH = 64
"""Messages between two turns of the reactor."""

reactor: Any = _reactor


class Nothing(Protocol):
    """A protocol that takes what comes."""

    def dataReceived(self, data: bytes) -> None:
        """Take it."""


class Kept(HeartbeatMixin, Nothing):
    """The same, with a keepalive that runs, and looks once an hour.

    Under valgrind the loop takes longer than a usual interval, and what is measured
    must not depend on how fast the machine is: a look is not part of a write.
    """

    keepalive = Keepalive(interval=3600, timeout=10)
    transport: Any

    def makeConnection(self, transport: Any) -> None:
        """Remember what Twisted handed over."""
        self.given = transport
        super().makeConnection(transport)

    def send_ping(self, payload: bytes) -> None:
        """Ask."""
        self.transport.write(payload)


class Peer:
    """The other end: a bare socket, perhaps with TLS around it."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setblocking(False)

    def connected(self) -> bool:
        """Whether both sides may speak."""
        return True

    def send(self, message: bytes) -> None:
        """Put *message* into the protocol's kernel buffer."""
        self.socket.send(message)

    def drain(self) -> None:
        """Read what has come; one batch comes in one piece."""
        # Loopback may take a moment, and an empty read would not be counted alike.
        select.select([self.socket], [], [], 1.0)
        with contextlib.suppress(BlockingIOError):
            self.socket.recv(2**16)


class TLSPeer(Peer):
    """The same, encrypted."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self._outgoing = ssl.MemoryBIO()
        self._incoming = ssl.MemoryBIO()
        context = peer_context()
        self._tls = context.wrap_bio(self._incoming, self._outgoing)

    def connected(self) -> bool:
        """Go on with the handshake."""
        with contextlib.suppress(BlockingIOError):
            self._incoming.write(self.socket.recv(2**16))
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        finally:
            self.socket.send(self._outgoing.read())
        return True

    def send(self, message: bytes) -> None:
        """Encrypt *message* and put it into the protocol's kernel buffer."""
        self._tls.write(message)
        self.socket.send(self._outgoing.read())


def connect(transport: str, protocol: Protocol) -> Peer:
    """Connect *protocol* to a peer."""
    factory = Factory.forProtocol(lambda: protocol)
    if transport == "tls":
        port = reactor.listenSSL(0, factory, server_options(), interface="127.0.0.1")
    else:
        port = reactor.listenTCP(0, factory, interface="127.0.0.1")
    peer = (TLSPeer if transport == "tls" else Peer)(port.getHost().port)
    while not (protocol.connected and peer.connected()):
        reactor.iterate(0.01)
    for _ in range(100):
        reactor.iterate(0)
    return peer


def write(protocol: Protocol, peer: Peer, count: int) -> None:
    """Write *count* messages, one at a time."""
    transport: Any = protocol.transport
    send = transport.write
    for _ in range(count // BATCH):
        for _ in range(BATCH):
            send(MESSAGE)
        reactor.iterate(0)
        peer.drain()


def read(protocol: Protocol, peer: Peer, count: int) -> None:
    """Have *count* messages delivered to *protocol*, one at a time."""
    descriptor: Any = descriptor_of(protocol.transport)
    for _ in range(count // BATCH):
        for _ in range(BATCH):
            peer.send(MESSAGE)
            # Loopback may take a moment, and an empty read would not be counted alike.
            select.select([descriptor], [], [])
            descriptor.doRead()
        reactor.iterate(0)


def main(transport: str, direction: str, variant: str, count: str) -> None:
    """Connect both variants, and have one of them work.

    Both, because each object and each import shifts which attribute look-ups hit the
    interpreter's cache, for all code of the process, by more than is measured here.
    """
    reactor.startRunning(installSignalHandlers=False)
    kept = Kept()
    protocols: dict[str, Protocol] = {"nothing": Nothing(), "keepalive": kept}
    peers = {name: connect(transport, each) for name, each in protocols.items()}
    assert kept.heartbeat.state is State.ALIVE
    assert not {"dataReceived", "write"} & set(vars(kept))
    assert kept.transport is kept.given
    work = {"write": write, "read": read}[direction]
    work(protocols[variant], peers[variant], int(count))


if __name__ == "__main__":
    main(*sys.argv[1:])
