"""Autobahn's server, which answers pings by itself, or with a habit.

With one it is the peer of every WebSocket client here: what a control frame may be, it
knows.

Source:
    RFC 6455, section 5.5: the payload of a control frame has at most 125 bytes.
"""

# mypy: disable-error-code="no-untyped-call"
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol

from benchmarks.faults.peers.habits import Habits
from benchmarks.faults.peers.obeying import obeying
from benchmarks.faults.subjects.on_twisted import run_peer

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.faults.subjects.contract import Options


class Socket(WebSocketServerProtocol):
    """A connection that answers."""

    factory: Any
    transport: Any
    longest = 125

    def onOpen(self) -> None:  # noqa: N802 - Autobahn's
        """Be there for commands."""
        self._habits = Habits(self.factory.reactor, self.factory.habit, self)
        self.misbehave = self._habits.misbehave
        self.factory.sockets.add(self)

    def onPing(self, payload: bytes) -> None:  # noqa: N802 - Autobahn's
        """Answer, as it does, or not."""
        self._habits.asked(payload)

    def ping(self, payload: bytes) -> None:
        """Ask."""
        self.sendPing(payload)

    def pong(self, payload: bytes) -> None:
        """Answer."""
        self.sendPong(payload)

    def onClose(self, wasClean: bool, code: int, reason: str) -> None:  # noqa: N802, N803
        """Be gone."""
        del wasClean, code, reason
        self.factory.sockets.discard(self)
        self._habits.end()

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
    factory: Any = WebSocketServerFactory(reactor=reactor)
    factory.habit = told.habit
    factory.protocol = Socket
    factory.sockets = set()
    factory.noisy = False
    return factory, obeying(factory.sockets)


if __name__ == "__main__":
    run_peer(make)
