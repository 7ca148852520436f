"""How long connections take to come and go: ``memory_lives KIND COUNT``.

Prints seconds of one connection: ``calls`` for what Twisted calls when it has accepted
a connection, and when it has lost it, without a socket being made or closed;
``sockets`` for whole connections through loopback, accepted, closed by the peer and
noticed.
"""

from __future__ import annotations

import contextlib
import gc
import json
import socket
import sys
import time
from typing import TYPE_CHECKING, Any

from twisted.internet import reactor as _reactor  # noqa: TID251 - the default one
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Factory
from twisted.python.failure import Failure

from benchmarks.workloads.memory_protocols import KINDS, Loops, SharedSocket

if TYPE_CHECKING:
    from twisted.internet.interfaces import IAddress
    from twisted.internet.protocol import Protocol

BATCH = 100
"""Connections that stand at the same time."""

reactor: Any = _reactor


class Lives:
    """Twisted's calls at both ends of a connection's life, nothing between.

    Args:
        kind: Of protocol.
    """

    def __init__(self, kind: str) -> None:
        self._make = KINDS[kind]
        self._socket = SharedSocket(reactor)
        self._done = Failure(ConnectionDone())

    def batch(self) -> float:
        """Seconds of `BATCH` of them."""
        protocols = [self._make() for _ in range(BATCH)]
        ends = [(each, self._socket.transport(each)) for each in protocols]
        started = time.perf_counter()
        for protocol, transport in ends:
            protocol.makeConnection(transport)
        for _, transport in ends:
            transport.connectionLost(self._done)
        reactor.iterate(0)
        return time.perf_counter() - started


class Sockets(Factory):
    """Whole connections.

    Args:
        kind: Of protocol.
    """

    noisy = False

    def __init__(self, kind: str) -> None:
        self._make = KINDS[kind]
        self._protocols: list[Any] = []
        self._port = reactor.listenTCP(0, self, interface="127.0.0.1", backlog=BATCH)

    def buildProtocol(self, addr: IAddress | None) -> Protocol:
        """Make one and remember it."""
        del addr
        self._protocols.append(self._make())
        return self._protocols[-1]  # type: ignore[no-any-return]

    def batch(self) -> float:
        """Seconds of `BATCH` of them, our part of the peer's work left out."""
        self._protocols.clear()
        address = ("127.0.0.1", self._port.getHost().port)
        with contextlib.ExitStack() as peers:
            for _ in range(BATCH):
                peers.enter_context(socket.create_connection(address))
            spent = self._turns(connected=True)
        return spent + self._turns(connected=False)

    def _turns(self, *, connected: bool) -> float:
        started = time.perf_counter()
        while not self._all(connected=connected):
            reactor.iterate(0)
        return time.perf_counter() - started

    def _all(self, *, connected: bool) -> bool:
        protocols = self._protocols
        return len(protocols) == BATCH and all(
            bool(each.transport.connected) is connected for each in protocols
        )


def seconds(work: Lives | Sockets, count: int) -> float:
    """Of one connection, once warmed up."""
    batches = count // BATCH
    for _ in range(batches // 4 + 1):
        work.batch()
    gc.collect()
    return sum(work.batch() for _ in range(batches)) / (batches * BATCH)


def main(kind: str, count: str) -> None:
    """Measure, print."""
    Loops.reactor = reactor
    reactor.startRunning(installSignalHandlers=False)
    ways: dict[str, Lives | Sockets]
    ways = {"calls": Lives(kind), "sockets": Sockets(kind)}
    print(json.dumps({how: seconds(work, int(count)) for how, work in ways.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
