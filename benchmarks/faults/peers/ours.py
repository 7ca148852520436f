"""The other end of ours: lines, with habits; it has no keepalive of its own.

It answers pings by hand, so that what it does wrong is no more than that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.internet.protocol import Factory, connectionDone
from twisted.protocols.basic import LineReceiver

from benchmarks.faults.peers.habits import Habits
from benchmarks.faults.peers.obeying import obeying
from benchmarks.faults.subjects.on_twisted import run_peer

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.python.failure import Failure

    from benchmarks.faults.subjects.contract import Options


class Line(LineReceiver):
    """A connection that answers, and its habits."""

    MAX_LENGTH = 2**25
    longest = 2**20
    transport: Any

    def __init__(self, reactor: Any, told: Options, lines: set[Line]) -> None:
        self._lines = lines
        self._habits = Habits(reactor, told.habit, self)
        self.misbehave = self._habits.misbehave

    def connectionMade(self) -> None:
        """Be there for commands."""
        self._lines.add(self)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Be gone."""
        del reason
        self._lines.discard(self)
        self._habits.end()

    def lineReceived(self, line: bytes) -> None:
        """Answer a question; swallow all else."""
        word, _, payload = line.partition(b" ")
        if word == b"PING":
            self._habits.asked(payload)

    def ping(self, payload: bytes) -> None:
        """Ask."""
        self.sendLine(b"PING " + payload)

    def pong(self, payload: bytes) -> None:
        """Answer."""
        self.sendLine(b"PONG " + payload if payload else b"PONG")

    # Commands.

    def send(self, size: int) -> None:
        """One long line."""
        self.sendLine(b"y" * size)

    def halfclose(self) -> None:
        """Say no more, and go on listening."""
        self.transport.loseWriteConnection()

    def deaf(self) -> None:
        """Read no more: not even the end of TLS."""
        self.transport.pauseProducing()


def make(reactor: Any, told: Options) -> tuple[Factory, Callable[[str], object]]:
    """A factory of lines with one habit, and what obeys commands."""
    lines: set[Line] = set()

    class Lines(Factory):
        noisy = False

        def buildProtocol(self, addr: object) -> Line:
            del addr
            return Line(reactor, told, lines)

    return Lines(), obeying(lines)


if __name__ == "__main__":
    run_peer(make)
