"""Two `LoopingCall` by hand: one asks, one looks how long ago the peer was heard."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from twisted.internet.protocol import connectionDone
from twisted.internet.task import LoopingCall

from benchmarks.faults.subjects.by_hand import Line, connect_all
from benchmarks.faults.subjects.on_twisted import run_subject

if TYPE_CHECKING:
    from twisted.python.failure import Failure

    from benchmarks.faults.subjects.contract import Options, Program


class TwoLoops(Line):
    """A connection that asks, and looks."""

    def connectionMade(self) -> None:
        """Begin both."""
        self.heard_at = self.reactor.seconds()
        self.asking = LoopingCall(self.sendLine, b"PING 1")
        self.asking.start(self.told.interval, now=False)
        self.looking = LoopingCall(self.look)
        self.looking.start(1.0, now=False)
        super().connectionMade()

    def lineReceived(self, line: bytes) -> None:
        """Note when."""
        self.heard_at = self.reactor.seconds()
        super().lineReceived(line)

    def look(self) -> None:
        """Give up a peer that was not heard for too long."""
        silence = self.reactor.seconds() - self.heard_at
        if silence > self.told.interval + self.told.timeout:
            self.transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """End both."""
        self.asking.stop()
        self.looking.stop()
        super().connectionLost(reason)


def start(reactor: Any, told: Options, program: Program) -> None:
    """Connect."""
    connect_all(reactor, told, program, partial(TwoLoops, reactor, told, program))


if __name__ == "__main__":
    run_subject(start)
