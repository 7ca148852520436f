"""A program with many connections and pending calls that is looked at.

``looking_program COUNT WHAT [ROUNDS]`` connects COUNT sockets from another process to a factory
of this one, on an epoll reactor, and makes two calls for each: one of a method of the
protocol, one of a method of an object that has the protocol. WHAT is

* ``once``: snapshots in one go; prints seconds of each, and how much was seen;
* ``slices``: snapshots in slices; prints seconds of each, the longest turn of each,
  with and without what the garbage collector took;
* ``page``: a live page with one watcher, while one in fifty connections makes new calls
  each second; prints the bytes and the seconds of the processor for each second;
* ``tracked`` or ``bare``: ``callLater`` and ``cancel`` from a method of a protocol, with
  a tracker or without; prints seconds and count.
"""

from __future__ import annotations

import contextlib
import gc
import http.client
import json
import os
import random
import socket
import sys
import threading
import time
import urllib.request
from typing import Any

from twisted.internet.epollreactor import EPollReactor
from twisted.internet.protocol import Factory, Protocol

from heartbeat.graph.survey import snapshot, snapshot_soon

__all__: list[str] = []

CALLS = 20_000
LATER = 3600.0
WARM, WATCHED = 3.0, 20.0


class Session:
    """Between a call and a connection."""

    def __init__(self, chat: Chat) -> None:
        self.chat = chat

    def ping(self) -> None:
        """Never called."""


class Chat(Protocol):
    """A connection with two pending calls."""

    reactor: Any

    def connectionMade(self) -> None:
        """Make them."""
        self.session = Session(self)
        self.calls: list[Any] = []
        self.again()

    def again(self) -> None:
        """Cancel those there are, and make new ones."""
        for call in self.calls:
            call.cancel()
        self.calls = [
            self.reactor.callLater(LATER, self.ping),
            self.reactor.callLater(LATER, self.session.ping),
        ]

    def ping(self) -> None:
        """Never called."""

    def schedule(self, count: int) -> None:
        """What is timed with and without a tracker."""
        call_later, ping = self.reactor.callLater, self.ping
        for _ in range(count):
            call_later(30, ping).cancel()


class Peers:
    """The other ends, in a process of their own, which ends with this one."""

    def __init__(self, address: tuple[str, int], count: int) -> None:
        self._read, self._write = os.pipe()
        self._pid = os.fork()
        if not self._pid:
            os.close(self._write)
            held = [socket.create_connection(address) for _ in range(count)]
            os.read(self._read, 1)
            os._exit(len(held) != count)

    def close(self) -> None:
        """Let them go."""
        os.close(self._write)
        os.waitpid(self._pid, 0)


def connected(reactor: Any, count: int) -> tuple[list[Any], Peers]:
    """The protocols of so many connections."""
    protocols: list[Any] = []
    factory = Factory.forProtocol(type("Chat", (Chat,), {"reactor": reactor}))
    build: Any = factory.buildProtocol

    def remember(address: Any) -> Any:
        protocols.append(build(address))
        return protocols[-1]

    factory.buildProtocol = remember  # type: ignore[assignment, method-assign]
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as server:
        peers = Peers(server.getsockname(), count)
        for _ in range(count):
            accepted, _ = server.accept()
            with accepted:
                accepted.setblocking(False)
                reactor.adoptStreamConnection(
                    accepted.fileno(), socket.AF_INET, factory
                )
    return protocols, peers


def once(reactor: Any, rounds: int) -> dict[str, Any]:
    """Snapshots in one go."""
    seconds = []
    seen = 0
    for _ in range(rounds):
        began_at = time.perf_counter()
        found = snapshot(reactor)
        seconds.append(time.perf_counter() - began_at)
        seen = len(found.endpoints) + len(found.timers)
    return {"seconds": seconds, "seen": seen}


class Collector:
    """How long the garbage collector worked, and the longest time it did so."""

    def __init__(self) -> None:
        self.took = 0.0
        self._began_at = 0.0
        gc.callbacks.append(self._noted)

    def _noted(self, phase: str, _info: object) -> None:
        if phase == "start":
            self._began_at = time.perf_counter()
        else:
            self.took += time.perf_counter() - self._began_at


def slices(reactor: Any, rounds: int) -> dict[str, Any]:
    """Snapshots in slices, with the reactor running."""
    seconds: list[float] = []
    turns: list[float] = []
    without: list[float] = []
    collector = Collector()
    watch = {"at": 0.0, "collected": 0.0, "turn": 0.0, "without": 0.0, "on": True}

    def turn() -> None:
        now = time.perf_counter()
        gap, collected = now - watch["at"], collector.took - watch["collected"]
        watch["turn"] = max(watch["turn"], gap)
        watch["without"] = max(watch["without"], gap - collected)
        watch.update(at=now, collected=collector.took)
        if watch["on"]:
            reactor.callLater(0, turn)

    def again(_: object = None) -> None:
        if len(seconds) == rounds:
            watch["on"] = False
            reactor.stop()
            return
        watch.update(at=time.perf_counter(), turn=0.0, without=0.0)
        watch["collected"] = collector.took
        done: Any = snapshot_soon(reactor)
        done.addCallback(took).addCallback(again)

    def took(found: Any) -> None:
        seconds.append(found.took)
        turns.append(watch["turn"])
        without.append(watch["without"])

    reactor.callWhenRunning(turn)
    reactor.callWhenRunning(again)
    reactor.run()
    return {"seconds": seconds, "turns": turns, "without": without}


def calls(reactor: Any, protocols: list[Any], *, tracked: bool) -> dict[str, Any]:
    """What a tracker adds to a call."""
    if tracked:
        from heartbeat.graph.tracking.tracker import Tracker  # noqa: PLC0415

        Tracker(reactor).start()
    protocols[0].schedule(CALLS)
    began_at = time.perf_counter()
    protocols[0].schedule(CALLS)
    return {"seconds": time.perf_counter() - began_at, "count": CALLS}


class Watcher(threading.Thread):
    """Reads the events of a live page, and counts the bytes."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.read = 0
        self._url = url

    def run(self) -> None:
        """Until the page ends."""
        # It ends without a last chunk.
        with (
            contextlib.suppress(OSError, http.client.HTTPException),
            urllib.request.urlopen(f"{self._url}events", timeout=60) as events,  # noqa: S310 - ours
        ):
            while chunk := events.read1(2**16):
                self.read += len(chunk)


def page(reactor: Any, protocols: list[Any]) -> dict[str, Any]:
    """What a live page sends, while one in fifty connections makes new calls a second."""
    from heartbeat.graph.live import serve  # noqa: PLC0415 - not for the others

    found: dict[str, Any] = {}

    def churn() -> None:
        for protocol in random.sample(protocols, max(1, len(protocols) // 50)):
            protocol.again()
        reactor.callLater(1, churn)

    def begin(served: Any) -> None:
        watcher = Watcher(served.url)
        watcher.start()
        reactor.callLater(WARM, measure, served, watcher)

    def measure(served: Any, watcher: Watcher) -> None:
        found.update(before=watcher.read, processor=time.process_time())
        reactor.callLater(WATCHED, end, served, watcher)

    def end(served: Any, watcher: Watcher) -> None:
        found["bytes"] = (watcher.read - found.pop("before")) / WATCHED
        found["processor"] = (time.process_time() - found["processor"]) / WATCHED
        served.close().addBoth(lambda _: reactor.stop())

    reactor.callWhenRunning(churn)
    reactor.callWhenRunning(lambda: serve(reactor).addCallback(begin))
    reactor.run()
    return found


def main(count: int, what: str, rounds: int = 1) -> None:
    """Measure, and print."""
    reactor = EPollReactor()
    protocols, peers = connected(reactor, count)
    gc.collect()
    if what == "once":
        found = once(reactor, rounds)
    elif what == "page":
        found = page(reactor, protocols)
    elif what == "slices":
        found = slices(reactor, rounds)
    else:
        found = calls(reactor, protocols, tracked=what == "tracked")
    print(json.dumps(found))
    peers.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:]))
