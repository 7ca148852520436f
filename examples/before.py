"""A keepalive as it is usually written by hand, with the usual mistake in it.

    nc -l 8123                                        # the peer; end it with ctrl-C
    python examples/before.py tcp:localhost:8123      # in another terminal

It looks right: there is even clean-up in ``connectionLost``. But of its two timers only
one is cancelled there. The other one fires when the connection is long gone, and closes
what is closed already, for a reason that is not true. See ``after.py``.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import clientFromString, connectProtocol
from twisted.internet.protocol import connectionDone
from twisted.internet.task import deferLater, react
from twisted.protocols.basic import LineOnlyReceiver

if TYPE_CHECKING:
    from twisted.internet.interfaces import IDelayedCall
    from twisted.python.failure import Failure


class Link(LineOnlyReceiver):
    """Pings every ``interval`` seconds; no answer within ``timeout`` is the end."""

    delimiter = b"\n"
    next_ping: IDelayedCall | None = None
    deadline: IDelayedCall | None = None

    def __init__(self, reactor: Any, interval: float, timeout: float) -> None:
        self.reactor = reactor
        self.interval = interval
        self.timeout = timeout
        self.lost: Deferred[None] = Deferred()

    def connectionMade(self) -> None:
        """The first ping comes after one interval."""
        self.next_ping = self.reactor.callLater(self.interval, self.ping)

    def ping(self) -> None:
        """Ask, and set the deadline."""
        self.sendLine(b"PING")
        self.deadline = self.reactor.callLater(self.timeout, self.give_up)

    def lineReceived(self, line: bytes) -> None:
        """An answer calls the deadline off; the next question comes later."""
        if line == b"PING":
            self.sendLine(b"PONG")
        elif line == b"PONG" and self.deadline is not None:
            self.deadline.cancel()
            self.next_ping = self.reactor.callLater(self.interval, self.ping)

    def give_up(self) -> None:
        """No answer: the peer must be dead."""
        print("keepalive timeout: closing the connection", flush=True)
        if self.transport is not None:
            self.transport.loseConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Clean up. The deadline is forgotten here, and nothing will ever say so."""
        print(f"connection lost: {reason.getErrorMessage()}", flush=True)
        if self.next_ping is not None and self.next_ping.active():
            self.next_ping.cancel()
        self.lost.callback(None)


async def main(reactor: Any, arguments: argparse.Namespace) -> None:
    """Connect, wait for the loss, and see what the protocol does after it."""
    link = Link(reactor, arguments.interval, arguments.timeout)
    endpoint = clientFromString(reactor, arguments.server)
    await connectProtocol(endpoint, link)
    await link.lost
    pending = len(reactor.getDelayedCalls())
    print(f"timers left after the loss: {pending}", flush=True)
    await deferLater(reactor, 1.1 * arguments.timeout)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A keepalive that leaks.")
    parser.add_argument("server", nargs="?", default="tcp:localhost:8123")
    parser.add_argument("--interval", type=float, default=3, help="seconds")
    parser.add_argument("--timeout", type=float, default=2, help="seconds")
    react(main, [parser.parse_args()])
