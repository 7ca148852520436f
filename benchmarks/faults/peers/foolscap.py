"""A Tub of Foolscap's, which answers pings by itself."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from benchmarks.faults.peers.obeying import obeying
from benchmarks.faults.subjects.foolscap_identity import NAME, certificate
from benchmarks.faults.subjects.on_twisted import run_peer

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.faults.subjects.contract import Options


_api: Any = importlib.import_module("foolscap.api")


class Client:
    """Somebody who has connected."""

    def __init__(self, remote: Any) -> None:
        self._remote = remote
        self._transport = remote.tracker.broker.transport

    def send(self, size: int) -> None:
        """One big message."""
        self._remote.callRemoteOnly("take", b"y" * size)

    def halfclose(self) -> None:
        """Say no more, and go on listening."""
        self._transport.loseWriteConnection()

    def deaf(self) -> None:
        """Read no more: not even the end of TLS."""
        self._transport.pauseProducing()


class Taker(_api.Referenceable):  # type: ignore[misc]
    """What clients talk to.

    Attributes:
        clients: Those that are there.
    """

    def __init__(self) -> None:
        self.clients: set[Client] = set()

    def remote_meet(self, remote: Any) -> None:
        """Somebody is there."""
        client = Client(remote)
        self.clients.add(client)
        remote.notifyOnDisconnect(self.clients.discard, client)

    def remote_take(self, message: bytes) -> None:
        """Swallow a message."""


def make(reactor: Any, told: Options) -> tuple[None, Callable[[str], object]]:
    """Listen; the certificate we were told is not used."""
    del reactor
    taker = Taker()
    tub = _api.Tub(certData=certificate())
    tub.setOption("keepaliveTimeout", 3600)  # it answers, and does not ask
    tub.startService()
    host, _, port = told.address.rpartition(":")
    if told.transport != "unix":  # which it cannot
        tub.listenOn(f"tcp:{port}:interface={host}:backlog=4096")
    tub.setLocation("tcp:localhost:1")  # nobody is told where we are
    tub.registerReference(taker, NAME)
    return None, obeying(taker.clients)


if __name__ == "__main__":
    run_peer(make)
