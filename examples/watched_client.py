"""A client that comes back, watched by nothing but a word in its endpoint string.

    python examples/watched_client.py heartbeat:tcp:localhost:8007:silence=60

It knows nothing of this package: Twisted finds ``heartbeat:`` by itself. A server that
falls silent is left, and ``ClientService`` connects again.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from twisted.application.internet import ClientService, backoffPolicy
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import clientFromString
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.task import react

if TYPE_CHECKING:
    from twisted.python.failure import Failure


class Listener(Protocol):
    """Prints what it hears, and why it ends."""

    def connectionMade(self) -> None:
        """Connected, perhaps once more."""
        print("connected", flush=True)

    def dataReceived(self, data: bytes) -> None:
        """Something was said."""
        print("heard:", data.decode(errors="replace").rstrip(), flush=True)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """The reason is the verdict, if that is why."""
        print("lost:", reason.getErrorMessage(), flush=True)


async def main(reactor: Any, arguments: argparse.Namespace) -> None:
    """Stay connected until interrupted."""
    endpoint = clientFromString(reactor, arguments.endpoint)
    factory = Factory.forProtocol(Listener)
    patience = backoffPolicy(initialDelay=0.1, maxDelay=30)
    ClientService(endpoint, factory, patience).startService()
    await Deferred()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A client that comes back.")
    parser.add_argument("endpoint")
    react(main, [parser.parse_args()])
