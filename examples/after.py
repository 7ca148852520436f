"""The keepalive of ``before.py``, with the mixin.

    nc -l 8123                                        # the peer; end it with ctrl-C
    python examples/after.py tcp:localhost:8123       # in another terminal

No timer is made here, so none can be forgotten. What ``before.py`` does by hand, and
what it does not do at all (bytes that prove life although no answer came, a slow
transfer, a reactor that was busy itself), is in the two lines of configuration.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import clientFromString, connectProtocol
from twisted.internet.protocol import connectionDone
from twisted.internet.task import deferLater, react
from twisted.protocols.basic import LineOnlyReceiver

from heartbeat import HeartbeatMixin, Keepalive, Lines

if TYPE_CHECKING:
    from twisted.python.failure import Failure

    from heartbeat import Verdict


class Link(HeartbeatMixin, LineOnlyReceiver):
    """Pings after ``interval`` seconds of silence; the wire knows what that looks like."""

    delimiter = b"\n"
    wire = Lines()

    def __init__(self, interval: float, timeout: float) -> None:
        self.keepalive = Keepalive(interval=interval, timeout=timeout)
        self.lost: Deferred[None] = Deferred()

    def lineReceived(self, line: bytes) -> None:
        """Lines of the application; PING and PONG do not come here."""

    def peer_lost(self, verdict: Verdict) -> None:
        """The peer is given up; the connection is closed after this."""
        print(f"keepalive timeout: {verdict}", flush=True)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """There is nothing to clean up."""
        print(f"connection lost: {reason.getErrorMessage()}", flush=True)
        self.lost.callback(None)


async def main(reactor: Any, arguments: argparse.Namespace) -> None:
    """Connect, wait for the loss, and see what the protocol does after it."""
    link = Link(arguments.interval, arguments.timeout)
    endpoint = clientFromString(reactor, arguments.server)
    await connectProtocol(endpoint, link)
    await link.lost
    pending = len(reactor.getDelayedCalls())
    print(f"timers left after the loss: {pending}", flush=True)
    await deferLater(reactor, 1.1 * arguments.timeout)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A keepalive that does not leak.")
    parser.add_argument("server", nargs="?", default="tcp:localhost:8123")
    parser.add_argument("--interval", type=float, default=3, help="seconds")
    parser.add_argument("--timeout", type=float, default=2, help="seconds")
    react(main, [parser.parse_args()])
