"""What the candidates on Twisted have in common: the commands, and connecting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from twisted.internet.protocol import ClientFactory, connectionDone
from twisted.protocols.basic import LineReceiver

from benchmarks.faults.subjects.on_twisted import connect_each
from benchmarks.faults.subjects.ours import Flow, Idle

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.python.failure import Failure

    from benchmarks.faults.subjects.contract import Options, Program

__all__ = ["Commands", "Line", "connect_all", "reason_of"]


class Commands:
    """What the bench tells a protocol of Twisted's, whatever it speaks."""

    transport: Any

    def flow(self) -> None:
        """Messages, as fast as they go."""
        Flow(cast("Any", self)).begin()

    def pause(self) -> None:
        """Read no more."""
        self.transport.pauseProducing()

    def resume(self) -> None:
        """Read again."""
        self.transport.resumeProducing()

    def producer(self) -> None:
        """Close behind a producer that never ends."""
        self.transport.registerProducer(Idle(), False)
        self.transport.loseConnection()

    def close(self) -> None:
        """Close gracefully."""
        self.transport.loseConnection()


class Line(Commands, LineReceiver):
    """A connection of lines that nobody keeps alive, and its actor."""

    MAX_LENGTH = 2**25

    def __init__(self, reactor: Any, told: Options, program: Program) -> None:
        self.reactor = reactor
        self.told = told
        self.program = program

    def connectionMade(self) -> None:
        """Say so."""
        self.program.connected(self)

    def lineReceived(self, line: bytes) -> None:
        """Take a message."""
        self.program.received += len(line)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Say why."""
        self.program.lost(self, None, reason_of(reason))

    def send(self, size: int) -> None:
        """One long line."""
        self.sendLine(b"x" * size)


def reason_of(failure: Failure) -> str:
    """In words."""
    return f"{type(failure.value).__name__}: {failure.value}"


def connect_all(
    reactor: Any, told: Options, program: Program, make: Callable[[], Any]
) -> None:
    """Make all connections."""

    class Clients(ClientFactory):
        noisy = False

        def buildProtocol(self, addr: object) -> Any:
            del addr
            return make()

        def clientConnectionFailed(self, connector: Any, reason: Failure) -> None:
            del connector
            program.lost(None, None, f"not connected: {reason.value}")

    connect_each(reactor, told, Clients())
