"""What every program of the fault bench understands and says, whatever runs it.

A subject connects as a client, a peer listens. Both print facts as lines of JSON to
standard output, take commands as lines from standard input, and end with it. Every
``at`` is of the monotonic clock, which all processes of a machine share.

A subject says, in this order::

    {"event": "ready", ...usage}        before it connects
    {"event": "connected"}              each connection, ready for traffic
    {"event": "suspected", "kind": K}   the first doubt, if its library has such a thing
    {"event": "lost", "kind": K, "reason": text}    K: null, or as in heartbeat.Kind
    {"event": "left", ...usage}         SETTLING seconds after the last loss
    {"event": "report", ...usage}       for the command "report"

With ``--count N``, N > 1, what happens to single connections is not said: one
``connected`` when all are, one ``lost`` with ``first`` and ``kinds`` when none is left.

A peer says ``{"event": "listening"}``, of each command ``obeyed`` or ``unable``, both
with ``"command"``, and ``misbehaved`` when it has, for the first time.
"""

from __future__ import annotations

import argparse
import collections
import ctypes
import gc
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "CHUNK",
    "SETTLING",
    "Actor",
    "Options",
    "Program",
    "emit",
    "options",
]

SETTLING = 0.5
"""Seconds after the last loss until it is counted what is left over."""

CHUNK = b"x" * 2**14
"""What a steady flow consists of; no library's frame delimiter is in it."""


class Actor(Protocol):
    """One connection of a subject; each method is a command from the bench.

    What a library cannot do is left out: the bench hears ``unable``.
    """

    def send(self, size: int) -> None:
        """Send one message of *size* bytes, without waiting for it to leave."""

    def flow(self) -> None:
        """Send as fast as the transport takes it, from now on."""

    def pause(self) -> None:
        """Cease to read from the transport, as a consumer that cannot keep up."""

    def resume(self) -> None:
        """Read again."""

    def producer(self) -> None:
        """Register a pull producer that never ends, then close."""

    def close(self) -> None:
        """Close gracefully."""


@attrs.frozen(kw_only=True)
class Options:
    """What a program is told when it is started.

    Attributes:
        transport: "tcp", "tls" or "unix".
        address: "HOST:PORT", or the path of a UNIX socket.
        certificate: PEM with key and certificate of a peer that speaks TLS; a subject
            believes any.
        interval: Subject: ask after so many seconds.
        timeout: Subject: give up an unanswered question after so many.
        count: Subject: how many connections.
        begin: Subject: seconds after which each is begun; empty if that is its own affair.
        extra: Subject: further fields of the policy, like ``proof=REPLY``.
        habit: Peer: how it misbehaves.
    """

    transport: str
    address: str
    certificate: str | None = None
    interval: float = 2.0
    timeout: float = 2.0
    count: int = 1
    begin: tuple[float, ...] = ()
    extra: dict[str, str] = attrs.Factory(dict)
    habit: str = "answer"

    @property
    def host(self) -> str:
        """Of a TCP or TLS address."""
        return self.address.rpartition(":")[0]

    @property
    def port(self) -> int:
        """Of a TCP or TLS address."""
        return int(self.address.rpartition(":")[2])


def options(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--transport", choices=("tcp", "tls", "unix"), required=True)
    parser.add_argument("--address", required=True)
    parser.add_argument("--certificate")
    parser.add_argument("--interval", type=float, default=2.0)
    parser.add_argument("--timeout", type=float, default=2.0)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--begin", default="", metavar="SECONDS,...")
    parser.add_argument("--extra", action="append", default=[], metavar="FIELD=VALUE")
    parser.add_argument("--habit", default="answer")
    found = vars(parser.parse_args(arguments))
    found["begin"] = tuple(map(float, filter(None, found["begin"].split(","))))
    found["extra"] = dict(each.split("=", 1) for each in found["extra"])
    return Options(**found)


def emit(event: str, **facts: object) -> None:
    """Say what happened, now."""
    said = {"event": event, "at": time.monotonic(), **facts}
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


class Program:
    """What a subject tells of all its connections, and what it does when told.

    Args:
        count: How many connections there will be.
        calls: How many timed calls (asyncio: and tasks) are pending that are not the
            program's own.
        later: Runs a function after some seconds, without being in *calls*.
        end: Ends the program.

    Attributes:
        actors: Of the connections that live.
        received: Bytes of messages, over all connections; subjects add to it.
    """

    def __init__(
        self,
        count: int,
        calls: Callable[[], int],
        later: Callable[[float, Callable[[], None]], object],
        end: Callable[[], object],
    ) -> None:
        self.actors: list[Any] = []
        self.received = 0
        self._count = count
        self._calls = calls
        self._later = later
        self._end = end
        self._made = 0
        self._doubted = False
        self._lost_at: list[float] = []
        self._kinds: collections.Counter[str] = collections.Counter()

    def connected(self, actor: Any) -> None:
        """A connection is ready for traffic."""
        self.actors.append(actor)
        self._made += 1
        if self._made == self._count:
            emit("connected")

    def suspected(self, kind: str | None = None) -> None:
        """A library has doubts; the first are told."""
        if not self._doubted:
            self._doubted = True
            emit("suspected", kind=kind)

    def lost(self, actor: Any, kind: str | None, reason: str) -> None:
        """A connection is over; *kind* is the name of a verdict, where there is one."""
        if actor in self.actors:
            self.actors.remove(actor)
        self._lost_at.append(time.monotonic())
        self._kinds[str(kind)] += 1
        if len(self._lost_at) < self._count:
            return
        more = {"first": self._lost_at[0], "kinds": dict(self._kinds)}
        emit(
            "lost", kind=kind, reason=reason[:500], **(more if self._count > 1 else {})
        )
        self._later(SETTLING, lambda: self.report("left"))

    def report(self, event: str = "report") -> None:
        """Say what this process holds."""
        gc.collect()
        emit(
            event,
            fds=len(os.listdir("/proc/self/fd")),  # noqa: PTH208 - cheaper
            calls=self._calls(),
            memory=_resident(),
            open=len(self.actors),
            received=self.received,
            wall=time.time(),  # noqa: TID251 - whether it was set
        )

    def command(self, line: str) -> None:
        """Do what the bench says."""
        name, _, argument = line.strip().partition(" ")
        if name == "block":
            time.sleep(float(argument))
        elif name == "report":
            self.report()
        elif name == "quit":
            self._end()
        elif name:
            self._act(name, argument)

    def _act(self, name: str, argument: str) -> None:
        for actor in list(self.actors):
            method = getattr(actor, name, None)
            if method is None:
                emit("unable", command=name)
            else:
                method(*([int(argument)] if argument else []))


def _resident() -> int:
    """Bytes of memory that are in use, without what the allocator keeps for later."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
