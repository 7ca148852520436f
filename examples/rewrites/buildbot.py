"""The keepalive of Buildbot's IRC bot, rewritten: PING, and what comes of it.

    ngircd --nodaemon &
    python examples/rewrites/buildbot.py tcp:localhost:6667 buildbot

A server that has been silent for 60 s is asked, and given up if it says nothing for
another 60 s. Nothing is asked before the login.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import clientFromString, connectProtocol
from twisted.internet.protocol import connectionDone
from twisted.internet.task import react
from twisted.words.protocols.irc import IRCClient

from heartbeat import HeartbeatMixin, Keepalive
from heartbeat.wires.irc import Irc

if TYPE_CHECKING:
    from twisted.python.failure import Failure


class Bot(HeartbeatMixin, IRCClient):
    """A bot that says nothing but what keeps it connected."""

    keepalive = Keepalive(interval=60, timeout=60)
    wire = Irc()

    def __init__(self, nickname: str) -> None:
        self.nickname = nickname
        self.lost: Failure | None = None

    def signedOn(self) -> None:  # noqa: N802 - Twisted's word
        """The server has welcomed us."""
        print("signed on", flush=True)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """There is no loop to stop."""
        self.lost = reason
        super().connectionLost(reason)


async def main(reactor: Any, endpoint: str, nickname: str) -> None:
    """Stay connected until interrupted."""
    await connectProtocol(clientFromString(reactor, endpoint), Bot(nickname))
    await Deferred()


if __name__ == "__main__":
    react(main, sys.argv[1:])
