"""The keepalive of Synapse's replication protocol, rewritten: lines, beats both ways.

    python examples/rewrites/synapse.py tcp:9092:interface=127.0.0.1

Either side says ``PING`` when it has been silent for 5 s, and gives the other up after
25 s of silence. There is no answer to a ``PING``: it is a beat, not a question.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.protocol import Factory, connectionDone
from twisted.internet.task import react
from twisted.protocols.basic import LineOnlyReceiver

from heartbeat import HeartbeatMixin, Keepalive

if TYPE_CHECKING:
    from twisted.python.failure import Failure


class Replication(HeartbeatMixin, LineOnlyReceiver):
    """One end of a replication connection."""

    delimiter = b"\n"
    keepalive = Keepalive(interval=None, beacon=5, silence=25, grace=25)

    def __init__(self) -> None:
        self.commands: list[bytes] = []
        self.lost: Failure | None = None

    def connectionMade(self) -> None:
        """Let the other side know at once that it will hear from us."""
        self.send_beat()

    def send_beat(self) -> None:
        """Show life; the number is milliseconds, and nobody looks at it."""
        self.sendLine(b"PING %d" % (self.clock.seconds() * 1000))

    def lineReceived(self, line: bytes) -> None:
        """A command; PING has done its work by arriving."""
        if line.strip() and not line.startswith(b"PING"):
            self.commands.append(line)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """There is no timer to stop."""
        self.lost = reason


async def main(reactor: Any, endpoint: str) -> None:
    """Listen until interrupted."""
    port = await serverFromString(reactor, endpoint).listen(
        Factory.forProtocol(Replication)
    )
    print(f"listening on {port.getHost()}", flush=True)
    await Deferred()


if __name__ == "__main__":
    react(main, sys.argv[1:])
