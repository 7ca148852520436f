"""An AMP service, kept alive by a command of its own.

    python examples/amp_service.py tcp:8230

AMP has no ping, so both sides agree on one more command. That is all a protocol needs
that has no ready-made wire: write a question in ``send_ping``, and hand the answer to
``self.heartbeat.pong``.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.protocol import Factory
from twisted.internet.task import react
from twisted.protocols import amp

from heartbeat import HeartbeatMixin, Keepalive

if TYPE_CHECKING:
    from twisted.python.failure import Failure


class Ping(amp.Command):
    """Are you there? The answer echoes the payload."""

    arguments = [(b"payload", amp.String())]
    response = [(b"payload", amp.String())]


class Average(amp.Command):
    """The mean of some numbers, which take a while to look at."""

    arguments = [(b"numbers", amp.ListOf(amp.Float())), (b"seconds", amp.Float())]
    response = [(b"mean", amp.Float())]
    errors = {ZeroDivisionError: b"NO_NUMBERS"}


class Peer(HeartbeatMixin, amp.AMP):
    """What client and service have in common: the keepalive."""

    keepalive = Keepalive(interval=30, timeout=10)

    def send_ping(self, payload: bytes) -> None:
        """Ask by a call; if it fails because the connection is lost, so be it."""
        answer = self.callRemote(Ping, payload=payload)
        answer.addCallbacks(self.answered, self.not_answered)

    def answered(self, response: dict[str, bytes]) -> None:
        """The peer echoes what we sent."""
        self.heartbeat.pong(response["payload"])

    def not_answered(self, failure: Failure) -> None:
        """The connection is lost, or the peer does not know the command."""
        if not failure.check(ConnectionDone, ConnectionLost):
            # An error is an answer: somebody is there to make it.
            self.heartbeat.pong()

    @Ping.responder
    def ping(self, payload: bytes) -> dict[str, bytes]:
        """Echo."""
        return {"payload": payload}


class Service(Peer):
    """Computes, slowly."""

    @Average.responder
    async def average(self, numbers: list[float], seconds: float) -> dict[str, float]:
        """Sleeps on the connection's clock: it wakes early if the client leaves."""
        mean = sum(numbers) / len(numbers)
        try:
            await self.clock.sleep(seconds)
        except (ConnectionDone, ConnectionLost):
            print("whoever asked has left", flush=True)
        return {"mean": mean}


async def main(reactor: Any, arguments: argparse.Namespace) -> None:
    """Serve until interrupted."""
    endpoint = serverFromString(reactor, arguments.listen)
    port = await endpoint.listen(Factory.forProtocol(Service))
    print(f"listening on {port.getHost().port}", flush=True)
    await Deferred()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="An AMP service.")
    parser.add_argument("listen", nargs="?", default="tcp:8230:interface=127.0.0.1")
    react(main, [parser.parse_args()])
