"""All peers of a server hang at once: ``verdicts_server COUNT PHASES LOG GC``.

The peers live in one process, which is stopped: its kernel goes on acknowledging, and
nobody answers any more. Prints when each connection was lost, what the verdicts were,
and how long each turn of the reactor took, before and after.

* PHASES is ``spread``, connections asked at different times, as they come;
  ``together``, all of them asked, and so given up, in a moment; or ``plain``, without a
  keepalive, where the peers' process is killed instead, and their kernel says so.
* LOG is ``none``, nobody listens; or ``structlog`` as it comes, into ``/dev/null``.
* GC is ``on``; or ``frozen``: what there was before is left alone by the collector.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import time
from array import array
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

import structlog
from twisted.internet import reactor as _reactor  # noqa: TID251 - the default one
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.logger import globalLogBeginner

from benchmarks.workloads.verdicts_peer import raise_limit
from heartbeat import HeartbeatMixin, Keepalive, PeerLostError

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.python.failure import Failure

POLICY = Keepalive(interval=2, timeout=2)
CALM = 2.0
"""Seconds for which nothing happens but pings."""
PATIENCE = 30.0
"""Seconds after which whoever is not lost yet was missed."""

reactor: Any = _reactor


class Losses:
    """What became of the connections; the protocols themselves are let go.

    Attributes:
        at: When the application heard of each, monotonic seconds.
        silent_for: How long each peer had been silent then, by its verdict.
        kinds: Of the verdicts, and how many lost a connection without one.
    """

    def __init__(self) -> None:
        self.at = array("d")
        self.silent_for = array("d")
        self.kinds: Counter[str] = Counter()

    def note(self, reason: Failure) -> None:
        """One more."""
        self.at.append(time.monotonic())
        if not isinstance(reason.value, PeerLostError):
            self.kinds["none"] += 1
            return
        verdict = reason.value.verdict
        self.silent_for.append(verdict.waited)
        self.kinds[verdict.kind.name] += 1


class Kept(HeartbeatMixin, Protocol):
    """One connection of the server.

    Attributes:
        answering: How many have answered a ping.
        losses: What became of all.
    """

    answering: ClassVar = 0
    losses: ClassVar = Losses()

    keepalive = POLICY
    transport: Any
    answered = False

    def send_ping(self, payload: bytes) -> None:
        """Write it as it is."""
        self.transport.write(payload)

    def dataReceived(self, data: bytes) -> None:
        """It is the answer."""
        if not self.answered:
            self.answered = True
            Kept.answering += 1
        self.heartbeat.pong(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Note when, and why."""
        self.losses.note(reason)


class Plain(Protocol):
    """The same without a keepalive: it asks once, to know that its peer is there."""

    transport: Any

    def connectionMade(self) -> None:
        """Ask."""
        self.transport.write(b"?")

    def dataReceived(self, data: bytes) -> None:
        """It is the answer."""
        del data
        Kept.answering += 1

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Note when."""
        Kept.losses.note(reason)


class Pauses:
    """How long the turns of the reactor take.

    It has something to do in every turn, so that the reactor never waits for I/O.
    """

    def __init__(self) -> None:
        self._turns = array("d")
        self._without = array("d")
        self._collecting = 0.0
        self._last = time.perf_counter()
        gc.callbacks.append(self._collector)

    def turn(self) -> None:
        """Note how long the last one was; come again in the next."""
        now = time.perf_counter()
        self._turns.append(now - self._last)
        self._without.append(now - self._last - self._collecting)
        self._last, self._collecting = now, 0.0
        reactor.callLater(0, self.turn)

    def _collector(self, phase: str, info: object) -> None:
        del info
        now = time.perf_counter()
        self._collecting += now if phase == "stop" else -now

    def longest(self) -> dict[str, float]:
        """Seconds of the longest turn, and of the longest but for the collector.

        Begins anew.
        """
        longest = {"turn": max(self._turns), "without": max(self._without)}
        del self._turns[:], self._without[:]
        return longest


def wait(done: Callable[[], bool], seconds: float, *, pause: float = 0.0) -> None:
    """Run the reactor until something is the case, or for so long.

    Args:
        done: What is to be the case.
        seconds: For how long at most.
        pause: For how long a turn may wait for I/O.
    """
    until = time.monotonic() + seconds
    while not done() and time.monotonic() < until:
        reactor.iterate(pause)


def serve(
    kind: type[Kept | Plain], count: int
) -> tuple[list[Any], subprocess.Popen[bytes]]:
    """Connect all peers, and wait until each has answered a ping."""
    made: list[Any] = []

    def make() -> Protocol:
        made.append(kind())
        return cast("Protocol", made[-1])

    factory = Factory.forProtocol(make)
    factory.noisy = False
    port = reactor.listenTCP(0, factory, backlog=4096, interface="127.0.0.1")
    peers = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "benchmarks.workloads.verdicts_peer",
            str(port.getHost().port),
            str(count),
        ]
    )
    wait(lambda: Kept.answering == count, 60, pause=0.01)
    assert Kept.answering == count
    return made, peers


def begin_logging(log: str) -> None:
    """Tell the log where to go."""
    globalLogBeginner.beginLoggingTo([], redirectStandardIO=False)
    if log == "structlog":
        nowhere = Path(os.devnull).open("w")  # noqa: SIM115 - for the whole run
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(nowhere))


def gather(protocols: list[Kept]) -> None:
    """Have all of them asked within a moment, an interval from now."""
    for protocol in protocols:
        protocol.heartbeat.pause()
        protocol.heartbeat.resume()


def main(count: str, phases: str, log: str, collector: str) -> None:
    """Let them hang, and watch."""
    raise_limit()
    begin_logging(log)
    reactor.startRunning(installSignalHandlers=False)
    protocols, peers = serve(Plain if phases == "plain" else Kept, int(count))
    gc.collect()
    if collector == "frozen":
        gc.freeze()
    pauses = Pauses()
    pauses.turn()
    wait(lambda: False, CALM)
    calm = pauses.longest()
    if phases == "together":
        gather(protocols)
    protocols.clear()
    wait(lambda: False, 0.1)
    pauses.longest()
    losses = Kept.losses
    too_early = len(losses.at)
    stopped_at = time.monotonic()
    peers.send_signal(signal.SIGKILL if phases == "plain" else signal.SIGSTOP)
    wait(lambda: len(losses.at) == int(count), PATIENCE)
    report = {
        "promised": POLICY.within,
        "since_fault": [at - stopped_at for at in losses.at],
        "silent_for": list(losses.silent_for),
        "kinds": losses.kinds,
        "too_early": too_early,
        "missed": int(count) - len(losses.at),
        "calm": calm,
        "dying": pauses.longest(),
    }
    peers.kill()
    peers.wait()
    print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
