"""A line chat: what one says, all others hear.

    python examples/chat_server.py tcp:8123

Somebody who says nothing for half a minute is asked whether they are still there, and
leaves the room 10 s later if no answer comes. Whoever gives no name within a minute
leaves as well. Any line client will do, ``nc`` included; `chat_client` answers the
questions by itself.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.protocol import Factory, connectionDone
from twisted.internet.task import react
from twisted.protocols.basic import LineOnlyReceiver

from heartbeat import HeartbeatMixin, Keepalive, Lines

if TYPE_CHECKING:
    from twisted.internet.interfaces import IAddress
    from twisted.python.failure import Failure

    from heartbeat import Verdict


class Chat(HeartbeatMixin, LineOnlyReceiver):
    """One guest, as the server sees them."""

    keepalive = Keepalive(interval=30, timeout=10)
    wire = Lines()
    delimiter = b"\n"

    def __init__(self, room: Room) -> None:
        self.room = room
        self.name = ""

    def connectionMade(self) -> None:
        """Ask for a name, and do not wait for it longer than a minute."""
        self.sendLine(b"* your name?")
        self.nameless = self.clock.callLater(60, self.heartbeat.close)

    def lineReceived(self, line: bytes) -> None:
        """The first line is a name, every other is for the room."""
        text = line.decode(errors="replace").strip()
        if self.name:
            self.room.say(f"{self.name}: {text}", but=self)
        elif text:
            self.name = text
            self.nameless.cancel()
            self.room.enter(self)

    def peer_suspected(self, verdict: Verdict) -> None:
        """An answer is overdue: the others may want to know."""
        self.room.say(f"* {self.name or verdict.peer} does not answer", but=self)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Say why, in words: a verdict's sentence if we gave them up."""
        self.room.leave(self, reason.getErrorMessage())


@attrs.define(eq=False)
class Room(Factory):
    """Everybody who has a name."""

    keepalive: Keepalive
    guests: set[Chat] = attrs.Factory(set)

    def buildProtocol(self, addr: IAddress | None) -> Chat:
        """A guest at the door, with the numbers of this room."""
        guest = Chat(self)
        guest.keepalive = self.keepalive
        return guest

    def say(self, text: str, but: Chat | None = None) -> None:
        """Everybody hears *text*, *but* the one who said it."""
        for guest in self.guests - {but}:
            guest.sendLine(text.encode())

    def enter(self, guest: Chat) -> None:
        """*guest* has given a name."""
        self.guests.add(guest)
        self.say(f"* {guest.name} is here")
        print(f"{guest.name} came", flush=True)

    def leave(self, guest: Chat, why: str) -> None:
        """*guest* is gone, or never came in."""
        if guest in self.guests:
            self.guests.remove(guest)
            self.say(f"* {guest.name} left")
            print(f"{guest.name} left: {why}", flush=True)


async def main(reactor: Any, arguments: argparse.Namespace) -> None:
    """Serve until interrupted."""
    room = Room(Keepalive(interval=arguments.interval, timeout=arguments.timeout))
    port = await serverFromString(reactor, arguments.listen).listen(room)
    print(f"listening on {port.getHost().port}", flush=True)
    await Deferred()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A line chat.")
    parser.add_argument("listen", nargs="?", default="tcp:8123:interface=127.0.0.1")
    parser.add_argument("--interval", type=float, default=30, help="seconds")
    parser.add_argument("--timeout", type=float, default=10, help="seconds")
    react(main, [parser.parse_args()])
