"""A client of the line chat that comes back by itself.

    python examples/chat_client.py Ada tcp:localhost:8123

What you type goes to the room; end with ctrl-D. ``ClientService`` reconnects whenever
the connection is lost, and a verdict is a loss like any other: a server that hangs is
left after ``interval + timeout`` seconds, where a plain TCP client would sit for ever.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

import attrs
from twisted.application.internet import ClientService, backoffPolicy
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import clientFromString
from twisted.internet.protocol import Factory, connectionDone
from twisted.internet.stdio import StandardIO
from twisted.internet.task import react
from twisted.protocols.basic import LineOnlyReceiver

from heartbeat import HeartbeatMixin, Keepalive, Lines

if TYPE_CHECKING:
    from twisted.internet.interfaces import IAddress
    from twisted.python.failure import Failure

    from heartbeat import Verdict


class ChatClient(HeartbeatMixin, LineOnlyReceiver):
    """The connection to the server; there is a new one after every loss."""

    keepalive = Keepalive(interval=30, timeout=10)
    wire = Lines()
    delimiter = b"\n"

    def __init__(self, talk: Talk) -> None:
        self.talk = talk

    def connectionMade(self) -> None:
        """Give our name again: the server does not remember us."""
        self.talk.connection = self
        self.sendLine(self.talk.name.encode())

    def lineReceived(self, line: bytes) -> None:
        """Somebody said something."""
        tell(line.decode(errors="replace"))

    def peer_suspected(self, verdict: Verdict) -> None:
        """Before anything is given up."""
        tell(f"* no answer for {verdict.waited:.1f} s")

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """``ClientService`` is told, too, and connects again."""
        self.talk.connection = None
        tell(f"* connection lost: {reason.getErrorMessage()}")


@attrs.define(eq=False)
class Talk(Factory):
    """What outlives a connection: our name, and the one connection there is now."""

    name: str
    keepalive: Keepalive
    connection: ChatClient | None = None

    def buildProtocol(self, addr: IAddress | None) -> ChatClient:
        """A connection with our numbers."""
        client = ChatClient(self)
        client.keepalive = self.keepalive
        return client

    def say(self, line: bytes) -> None:
        """To the room, if we are in it."""
        if self.connection is None:
            tell("* not connected; nobody heard that")
        else:
            self.connection.sendLine(line)


class Console(LineOnlyReceiver):
    """What is typed."""

    delimiter = b"\n"

    def __init__(self, talk: Talk, over: Deferred[None]) -> None:
        self.talk = talk
        self.over = over

    def lineReceived(self, line: bytes) -> None:
        """A line to say."""
        self.talk.say(line)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Standard input has ended."""
        self.over.callback(None)


def tell(text: str) -> None:
    """Print at once, also into a pipe."""
    print(text, flush=True)


async def main(reactor: Any, arguments: argparse.Namespace) -> None:
    """Stay connected until there is nothing more to say."""
    policy = Keepalive(interval=arguments.interval, timeout=arguments.timeout)
    talk = Talk(arguments.name, policy)
    endpoint = clientFromString(reactor, arguments.server)
    service = ClientService(
        endpoint, talk, retryPolicy=backoffPolicy(0.5), clock=reactor
    )
    service.startService()
    over: Deferred[None] = Deferred()
    StandardIO(Console(talk, over), reactor=reactor)
    await over
    await service.stopService()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A client of the line chat.")
    parser.add_argument("name")
    parser.add_argument("server", nargs="?", default="tcp:localhost:8123")
    parser.add_argument("--interval", type=float, default=30, help="seconds")
    parser.add_argument("--timeout", type=float, default=10, help="seconds")
    react(main, [parser.parse_args()])
