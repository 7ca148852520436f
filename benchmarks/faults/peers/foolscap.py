"""A Tub of Foolscap's, which answers pings by itself, or with a habit.

Its questions and answers have a number for a payload, of at most 64 digits of 7 bits.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from benchmarks.faults.peers.habits import Habits
from benchmarks.faults.peers.obeying import obeying
from benchmarks.faults.subjects.foolscap_identity import NAME, certificate
from benchmarks.faults.subjects.on_twisted import run_peer

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.faults.subjects.contract import Options


_api: Any = importlib.import_module("foolscap.api")


class Client:
    """Somebody who has connected."""

    longest = 50

    def __init__(self, remote: Any, reactor: Any, habit: str) -> None:
        self._remote = remote
        broker = remote.tracker.broker
        self._transport = broker.transport
        self._ping, self._pong = broker.sendPING, broker.sendPONG
        self._habits = Habits(reactor, habit, self)
        self.misbehave = self._habits.misbehave
        broker.sendPONG = self._asked
        remote.notifyOnDisconnect(self._habits.end)

    def ping(self, payload: bytes) -> None:
        """Ask."""
        self._ping(int.from_bytes(payload, "big"))

    def pong(self, payload: bytes) -> None:
        """Answer."""
        self._pong(int.from_bytes(payload, "big"))

    def _asked(self, number: int) -> None:
        self._habits.asked(number.to_bytes(self.longest, "big"))

    def send(self, size: int) -> None:
        """One big message."""
        self._remote.callRemoteOnly("take", b"y" * size)

    def halfclose(self) -> None:
        """Say no more, and go on listening."""
        self._transport.loseWriteConnection()

    def deaf(self) -> None:
        """Read no more: not even the end of TLS."""
        self._transport.pauseProducing()


class Taker(_api.Referenceable):  # type: ignore[misc]
    """What clients talk to.

    Attributes:
        clients: Those that are there.
    """

    def __init__(self, reactor: Any, habit: str) -> None:
        self._reactor = reactor
        self._habit = habit
        self.clients: set[Client] = set()

    def remote_meet(self, remote: Any) -> None:
        """Somebody is there."""
        client = Client(remote, self._reactor, self._habit)
        self.clients.add(client)
        remote.notifyOnDisconnect(self.clients.discard, client)

    def remote_take(self, message: bytes) -> None:
        """Swallow a message."""


def make(reactor: Any, told: Options) -> tuple[None, Callable[[str], object]]:
    """Listen; the certificate we were told is not used."""
    taker = Taker(reactor, told.habit)
    tub = _api.Tub(certData=certificate())
    tub.setOption("keepaliveTimeout", 3600)  # it answers, and does not ask
    tub.startService()
    host, _, port = told.address.rpartition(":")
    if told.transport != "unix":  # which it cannot
        tub.listenOn(f"tcp:{port}:interface={host}:backlog=4096")
    tub.setLocation("tcp:localhost:1")  # nobody is told where we are
    tub.registerReference(taker, NAME)
    return None, obeying(taker.clients)


if __name__ == "__main__":
    run_peer(make)
