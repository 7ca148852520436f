"""Autobahn's server, which answers pings by itself."""

# mypy: disable-error-code="no-untyped-call"
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol

from benchmarks.faults.peers.obeying import obeying
from benchmarks.faults.subjects.on_twisted import run_peer

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.faults.subjects.contract import Options


class Socket(WebSocketServerProtocol):
    """A connection that answers."""

    factory: Any
    transport: Any

    def onOpen(self) -> None:  # noqa: N802 - Autobahn's
        """Be there for commands."""
        self.factory.sockets.add(self)

    def onClose(self, wasClean: bool, code: int, reason: str) -> None:  # noqa: N802, N803
        """Be gone."""
        del wasClean, code, reason
        self.factory.sockets.discard(self)

    def send(self, size: int) -> None:
        """One big message."""
        self.sendMessage(b"y" * size, isBinary=True)

    def halfclose(self) -> None:
        """Say no more, and go on listening."""
        self.transport.loseWriteConnection()

    def deaf(self) -> None:
        """Read no more: not even the end of TLS."""
        self.transport.pauseProducing()


def make(reactor: Any, told: Options) -> tuple[Any, Callable[[str], object]]:
    """A factory, and what obeys commands."""
    del told
    factory: Any = WebSocketServerFactory(reactor=reactor)
    factory.protocol = Socket
    factory.sockets = set()
    factory.noisy = False
    return factory, obeying(factory.sockets)


if __name__ == "__main__":
    run_peer(make)
