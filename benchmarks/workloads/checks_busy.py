"""Seconds of one check of a busy connection: ``checks_busy TRANSPORT COUNT ROUNDS``.

The connections are real, on the default reactor, and their peers have just spoken, so
that every check finds a byte that arrived moments ago and looks again later. In each
round everything is timed twice, the second time in reverse order:

* ``timer``: a bare ``callLater`` and ``cancel``, and the reactor's housekeeping;
* ``asking``: the system call that a check makes, and nothing else;
* ``check``: a check, called as the shared timer calls it;
* ``wheel``: a check, called by the shared timer, in turns of the reactor. Only with
  enough connections, and once a round, for it takes the time of a slot to come due.
"""

from __future__ import annotations

import gc
import json
import socket
import sys
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from twisted.internet import reactor as _reactor  # noqa: TID251 - the default one
from twisted.internet.protocol import ClientFactory, Factory, Protocol
from twisted.internet.ssl import CertificateOptions

from benchmarks.workloads.certificate import server_options
from heartbeat import HeartbeatMixin, Keepalive, State
from heartbeat.tcp_info import TCP_INFO, TO_LAST_HEARD
from heartbeat.wheel import SLOT, Check, wheel_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CALLS = 1000
"""Of everything, in a row."""

PER_TURN = 100
"""Timers made and cancelled between two of the reactor's turns."""

reactor: Any = _reactor


class Kept(HeartbeatMixin, Protocol):
    """With a keepalive that will not have to ask before the end.

    Attributes:
        heard: Bytes that came.
    """

    keepalive = Keepalive(interval=30)
    heard = 0

    def send_ping(self, payload: bytes) -> None:
        """Never: the peers are busy."""
        raise AssertionError(payload)

    def dataReceived(self, data: bytes) -> None:
        """Note that the peer is busy."""
        self.heard += len(data)


class Peer(Protocol):
    """Speaks once."""

    transport: Any

    def connectionMade(self) -> None:
        """Speak."""
        self.transport.write(b"!")


def connect(transport: str, count: int) -> list[Kept]:
    """Connect *count* of them to peers that have spoken."""
    made: list[Kept] = []

    def kept() -> Kept:
        made.append(Kept())
        return made[-1]

    server, client = Factory.forProtocol(kept), ClientFactory.forProtocol(Peer)
    server.noisy = client.noisy = False
    listen, join = TRANSPORTS[transport]()
    port = listen(0, server, interface="127.0.0.1").getHost().port
    for n in range(count):
        join("127.0.0.1", port, client)
        while len(made) <= n or not made[n].heard:
            reactor.iterate(0.01)
    return made


def tcp() -> tuple[Any, Any]:
    """What listens, and what connects."""
    return reactor.listenTCP, reactor.connectTCP


def tls() -> tuple[Any, Any]:
    """The same, encrypted."""
    theirs, ours = server_options(), CertificateOptions(verify=False)

    def listen(port: int, factory: Factory, interface: str) -> Any:
        return reactor.listenSSL(port, factory, theirs, interface=interface)

    def join(host: str, port: int, factory: ClientFactory) -> None:
        reactor.connectSSL(host, port, factory, ours)

    return listen, join


TRANSPORTS = {"tcp": tcp, "tls": tls}


class Last(Check):
    """Comes after all others of its slot.

    Attributes:
        fired: Whether it has come.
    """

    fired = False

    def fire(self, now: float) -> None:
        """So all others have."""
        del now
        self.fired = True


class Work:
    """What is timed.

    Args:
        protocols: Of the connections.
    """

    def __init__(self, protocols: Sequence[Kept]) -> None:
        transports: list[Any] = [each.transport for each in protocols]
        self._sockets: list[socket.socket] = [each.socket for each in transports]
        self._checks = [entry_of(each) for each in protocols]
        self._wheel = wheel_of(reactor)
        self._repeats = range(CALLS // len(protocols))

    def timer(self) -> None:
        """Make timers and cancel them."""
        for _ in range(CALLS // PER_TURN):
            for _ in range(PER_TURN):
                reactor.callLater(30, nothing).cancel()
            reactor.runUntilCurrent()

    def asking(self) -> None:
        """Ask the kernel what a check asks."""
        for _ in self._repeats:
            for each in self._sockets:
                each.getsockopt(socket.IPPROTO_TCP, TCP_INFO, TO_LAST_HEARD)

    def check(self) -> None:
        """Check the connections."""
        for _ in self._repeats:
            now = self._wheel.now()
            for check in self._checks:
                check.fire(now)

    def wheel(self) -> float:
        """Seconds in which the shared timer checks each connection once."""
        last = Last()
        for check in (*self._checks, last):
            self._wheel.schedule(check, 0.0)  # as soon as there is a slot
        time.sleep(SLOT)
        started = time.perf_counter()
        while not last.fired:
            reactor.iterate(0)
        return time.perf_counter() - started


def entry_of(protocol: Kept) -> Check:
    """What of a connection the shared timer knows."""
    return protocol.heartbeat


def nothing() -> None:
    """Be what the timers would run."""


def timed(work: Callable[[], None]) -> float:
    """How long it takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure(work: Work, count: int, rounds: int) -> dict[str, float]:
    """Seconds of one of each."""
    spent: defaultdict[str, float] = defaultdict(float)
    names = ("timer", "asking", "check")
    for _ in range(rounds):
        for name in (*names, *reversed(names)):
            spent[name] += timed(getattr(work, name)) / (2 * rounds * CALLS)
        if count >= CALLS:
            spent["wheel"] += work.wheel() / (rounds * count)
    return dict(spent)


def main(transport: str, count: str, rounds: str) -> None:
    """Connect, measure, print."""
    reactor.startRunning(installSignalHandlers=False)
    protocols = connect(transport, int(count))
    work = Work(protocols)
    measure(work, int(count), 2)
    gc.collect()
    gc.freeze()  # or the timers would pay for going through all that was set up
    found = measure(work, int(count), int(rounds))
    assert all(each.heartbeat.state is State.ALIVE for each in protocols)
    assert not any(each.heartbeat.counters.pings_sent for each in protocols)
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
