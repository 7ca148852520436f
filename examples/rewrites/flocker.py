"""The keepalive of Flocker's control protocol, rewritten: AMP, both sides ask.

    python examples/rewrites/flocker.py tcp:4524:interface=127.0.0.1

Each side asks at least every 30 s, and gives the other up after 60 s of silence. A
question to an old peer, which does not know the command, is answered by an error: it
lives.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.protocol import Factory, connectionDone
from twisted.internet.task import react
from twisted.protocols.amp import AMP

from heartbeat import HeartbeatMixin, Keepalive
from heartbeat.wires.amp import AmpPing

if TYPE_CHECKING:
    from twisted.python.failure import Failure


class Service:
    """Knows the connections there are."""

    def __init__(self) -> None:
        self.connections: set[ControlAMP] = set()

    def connected(self, connection: ControlAMP) -> None:
        """One more."""
        self.connections.add(connection)

    def disconnected(self, connection: ControlAMP) -> None:
        """One less."""
        self.connections.remove(connection)


class ControlAMP(HeartbeatMixin, AMP):
    """One end of a control connection."""

    keepalive = Keepalive(interval=30, timeout=30, beacon=30)
    wire = AmpPing()

    def __init__(self, service: Service) -> None:
        super().__init__()
        self.service = service
        self.lost: Failure | None = None

    def connectionMade(self) -> None:
        """Tell the service; nothing has to be started."""
        super().connectionMade()
        self.service.connected(self)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell the service; nothing has to be stopped."""
        self.lost = reason
        super().connectionLost(reason)
        self.service.disconnected(self)


async def main(reactor: Any, endpoint: str) -> None:
    """Listen until interrupted."""
    factory = Factory.forProtocol(lambda: ControlAMP(Service()))
    port = await serverFromString(reactor, endpoint).listen(factory)
    print(f"listening on {port.getHost()}", flush=True)
    await Deferred()


if __name__ == "__main__":
    react(main, sys.argv[1:])
