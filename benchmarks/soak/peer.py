"""The other side: answers pings, echoes lines, and falls mute on one connection if told.

``python -m benchmarks.soak.peer`` prints the port it listens on, serves until its
standard input ends, and knows nothing of heartbeat.
"""

from __future__ import annotations

import sys
from typing import Any

from twisted.internet import (
    reactor,  # noqa: TID251 - a program
    stdio,
)
from twisted.internet.protocol import Factory, Protocol
from twisted.protocols.basic import LineReceiver

__all__ = ["MUTE", "Answering", "UntilTheEnd"]

MUTE = b"MUTE"
"""A line after which the connection is not answered any more."""


class Answering(LineReceiver):
    """Answers, until it is told to be mute."""

    MAX_LENGTH = 2**20
    mute = False

    def lineReceived(self, line: bytes) -> None:
        """Answer pings; echo all else."""
        if line == MUTE:
            self.mute = True
        elif not self.mute:
            answer = b"PONG" + line[4:] if line.startswith(b"PING") else line
            self.sendLine(answer)


class UntilTheEnd(Protocol):
    """Stops the process when whoever started it is gone."""

    def connectionLost(self, reason: Any = None) -> None:
        """Standard input has ended."""
        del reason
        _reactor.callWhenRunning(_reactor.stop)


_reactor: Any = reactor


def _main() -> None:
    port = _reactor.listenTCP(
        0, Factory.forProtocol(Answering), backlog=4096, interface="127.0.0.1"
    )
    stdio.StandardIO(UntilTheEnd())
    sys.stdout.write(f"{port.getHost().port}\n")
    sys.stdout.flush()
    _reactor.run()


if __name__ == "__main__":
    _main()
