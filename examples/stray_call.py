"""A timed call that outlives its connection, and a picture in which one sees it.

    python examples/stray_call.py                        # the picture as text
    python examples/stray_call.py --svg stray-call.svg   # and as a drawing

Two clients connect to a server in the same process. It hangs up on the first one, whose
call stays behind. Nothing in the program knows that it is being looked at.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint
from twisted.internet.protocol import Factory, connectionDone
from twisted.internet.task import react
from twisted.protocols.basic import LineOnlyReceiver

from heartbeat.graph import snapshot, to_svg, to_text, track

if TYPE_CHECKING:
    from twisted.python.failure import Failure


class ServerAPI(LineOnlyReceiver):
    """Expects to hear of its client from time to time."""

    def __init__(self, reactor: Any) -> None:
        self.reactor = reactor

    def connectionMade(self) -> None:
        """Set a deadline."""
        self.deadline = self.reactor.callLater(90, self.expire)

    def lineReceived(self, line: bytes) -> None:
        """Whoever says BYE is let go."""
        if line == b"BYE" and self.transport is not None:
            self.transport.loseConnection()

    def expire(self) -> None:
        """It was not heard of."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Clean up, as one should."""
        if self.deadline.active():
            self.deadline.cancel()


class ClientAPI(LineOnlyReceiver):
    """Keeps its connection alive, by hand."""

    def __init__(self, reactor: Any) -> None:
        self.reactor = reactor
        self.gone: Deferred[None] = Deferred()

    def connectionMade(self) -> None:
        """Begin to."""
        self.reactor.callLater(30, self.postConnectionLostCall)

    def postConnectionLostCall(self) -> None:  # noqa: N802 - the name it has always had
        """Ask, whether there is a connection or not."""
        self.sendLine(b"PING")

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Forget to clean up."""
        self.gone.callback(None)


async def main(reactor: Any, arguments: argparse.Namespace) -> None:
    """Connect two clients, lose one, and look."""
    track(reactor)
    server = TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1")
    port = await server.listen(Factory.forProtocol(lambda: ServerAPI(reactor)))
    address = port.getHost()
    clients: list[Any] = []
    for _ in range(2):
        endpoint = TCP4ClientEndpoint(reactor, address.host, address.port)
        factory = Factory.forProtocol(lambda: ClientAPI(reactor))
        clients.append(await endpoint.connect(factory))
    clients[0].sendLine(b"BYE")
    await clients[0].gone
    seen = snapshot(reactor)
    print(to_text(seen))
    if arguments.svg is not None:
        arguments.svg.write_text(to_svg(seen), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A stray call, and a picture of it.")
    parser.add_argument("--svg", type=Path, help="a file to write the drawing to")
    react(main, [parser.parse_args()])
