"""A program full of timed calls whose connections are gone, to be looked at.

    python examples/strays.py --once             # print the picture, and end
    python examples/strays.py                    # stay, and say how to look
    heartbeat run --web examples/strays.py       # the same, with the live page

Ten clients connect to a server in the same process. Some hang up at once, and each of
their protocols forgets another kind of call. Those that stay are fine.
"""

from __future__ import annotations

import argparse
import os
from functools import partial
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint
from twisted.internet.protocol import Factory, connectionDone
from twisted.internet.task import LoopingCall, deferLater, react
from twisted.protocols.basic import LineOnlyReceiver

from heartbeat import HeartbeatMixin, Keepalive, Lines
from heartbeat.graph import expect, install, snapshot, to_text

if TYPE_CHECKING:
    from twisted.python.failure import Failure

LATER = 600.0


class Client(LineOnlyReceiver):
    """What all clients have in common."""

    delimiter = b"\n"

    def __init__(self, reactor: Any) -> None:
        self.reactor = reactor
        self.gone: Deferred[None] = Deferred()

    def ping(self) -> None:
        """Ask."""
        self.sendLine(b"PING")

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell who waits; nothing is cancelled."""
        self.gone.callback(None)


class ForgetsCall(Client):
    """A plain ``callLater``: the classic."""

    def connectionMade(self) -> None:
        """Ping later."""
        self.reactor.callLater(LATER, self.ping)


class ForgetsLoop(Client):
    """A ``LoopingCall`` that nobody stops: it goes on for ever."""

    def connectionMade(self) -> None:
        """Ping again and again."""
        loop = LoopingCall(self.ping)
        loop.clock = self.reactor
        loop.start(60, now=False)


class ForgetsCoroutine(Client):
    """A coroutine that sleeps while its connection goes away."""

    def connectionMade(self) -> None:
        """Work in the background."""
        ensureDeferred(self.work())

    async def work(self) -> None:
        """Sleep, and ping."""
        await deferLater(self.reactor, LATER)
        self.ping()


class Session:
    """What the program knows of a user, with a timer of its own."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def expire(self) -> None:
        """Say goodbye."""
        self.client.sendLine(b"BYE")


class ForgetsSession(Client):
    """A session between the call and the connection."""

    def connectionMade(self) -> None:
        """Begin one."""
        self.reactor.callLater(LATER, Session(self).expire)


class Reconnects(Client):
    """A call that is meant to be there, and says so."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Try again, later."""
        super().connectionLost(reason)
        call = self.reactor.callLater(LATER, self.connect_again)
        expect(call, "reconnects")

    def connect_again(self) -> None:
        """Not in this example."""


class Owns(HeartbeatMixin, Client):
    """The mixin: the call ends with the connection."""

    keepalive = Keepalive(interval=30, timeout=10)
    wire = Lines()

    def connectionMade(self) -> None:
        """Ping later, on the clock of the connection."""
        self.clock.callLater(LATER, self.ping)


LEAVE = [
    *(ForgetsCall, ForgetsLoop, ForgetsCoroutine, ForgetsSession),
    *(Reconnects, Owns),
]
"""These hang up."""

STAY = [ForgetsCall, ForgetsLoop, Owns, Owns]
"""These do not, so what they do is no mistake yet."""


class Server(LineOnlyReceiver):
    """Listens to everybody."""

    delimiter = b"\n"

    def lineReceived(self, line: bytes) -> None:
        """Nothing is asked of it."""


async def main(reactor: Any, arguments: argparse.Namespace) -> None:
    """Make the mess, and show it."""
    server = TCP4ServerEndpoint(reactor, 0, interface="127.0.0.1")
    port = await server.listen(Factory.forProtocol(Server))
    clients: list[Any] = []
    for cls in [*LEAVE, *STAY]:
        endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port)
        factory = Factory.forProtocol(partial(cls, reactor))
        clients.append(await endpoint.connect(factory))
    for client in clients[: len(LEAVE)]:
        client.transport.loseConnection()
        await client.gone
    if arguments.once:
        print(to_text(snapshot(reactor)))
        return
    install(reactor)
    print(f"heartbeat ps {os.getpid()}       # what there is")
    print(f"heartbeat strays {os.getpid()}   # only what should not be there")
    print(f"heartbeat web {os.getpid()}      # the same in a browser, live", flush=True)
    await Deferred()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A program full of stray calls.")
    parser.add_argument("--once", action="store_true", help="print and end")
    react(main, [parser.parse_args()])
