"""A server of idle connections: Twisted's line protocol, and who keeps it alive.

    python -m benchmarks.workloads.idle_lines CANDIDATE INTERVAL

Asks each peer every INTERVAL seconds with a line, ``PING``, and gives up one that has
not been heard for as long and `ALLOWED` seconds more.
"""

# mypy: disable-error-code="no-untyped-call"
from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from twisted.internet.protocol import Factory
from twisted.internet.task import LoopingCall
from twisted.protocols.basic import LineReceiver
from twisted.protocols.policies import TimeoutMixin

from benchmarks.workloads.idle_gauge import ALLOWED
from benchmarks.workloads.idle_reactor import SharedTimer, reactor, run
from heartbeat import HeartbeatMixin, Keepalive, Lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.python.failure import Failure


class Nothing(LineReceiver):
    """Nobody asks."""

    transport: Any

    def lineReceived(self, line: bytes) -> None:
        """Take it."""


def ours(interval: float) -> type[Nothing]:
    """The mixin with its wire for lines."""

    class Ours(HeartbeatMixin, Nothing):
        keepalive = Keepalive(interval=interval, timeout=ALLOWED)
        wire = Lines()

    return Ours


def two_loops(interval: float) -> type[Nothing]:
    """Two `LoopingCall` by hand: one asks, one looks when the peer was last heard."""

    class TwoLoops(Nothing):
        def connectionMade(self) -> None:
            self.heard_at = reactor.seconds()
            self.asking = LoopingCall(self.sendLine, b"PING")
            self.asking.start(interval, now=False)
            self.looking = LoopingCall(self.look)
            self.looking.start(interval, now=False)

        def lineReceived(self, line: bytes) -> None:
            del line
            self.heard_at = reactor.seconds()

        def look(self) -> None:
            if reactor.seconds() - self.heard_at > interval + ALLOWED:
                self.transport.abortConnection()

        def connectionLost(self, reason: Failure | None = None) -> None:
            del reason
            self.asking.stop()
            self.looking.stop()

    return TwoLoops


def timeout_mixin(interval: float) -> type[Nothing]:
    """Twisted's `TimeoutMixin`, reset by each line, and a delayed call that asks."""

    class ByTimeoutMixin(TimeoutMixin, Nothing):
        def connectionMade(self) -> None:
            self.setTimeout(interval + ALLOWED)
            self.asking = reactor.callLater(interval, self.ask)

        def ask(self) -> None:
            self.sendLine(b"PING")
            self.asking = reactor.callLater(interval, self.ask)

        def lineReceived(self, line: bytes) -> None:
            del line
            self.resetTimeout()

        def connectionLost(self, reason: Failure | None = None) -> None:
            del reason
            self.setTimeout(None)
            self.asking.cancel()

    return ByTimeoutMixin


CANDIDATES: dict[str, Callable[[float], type[Nothing]]] = {
    "nothing": lambda _: Nothing,
    "ours": ours,
    "two-loops": two_loops,
    "timeout-mixin": timeout_mixin,
}


def main(candidate: str, interval: str) -> None:
    """Serve until killed."""
    factory = Factory.forProtocol(CANDIDATES[candidate](float(interval)))
    run(factory, SharedTimer() if candidate == "ours" else None)


if __name__ == "__main__":
    main(*sys.argv[1:])
