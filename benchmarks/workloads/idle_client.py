"""The peers of a server of idle connections: bare sockets that answer pings.

    python -m benchmarks.workloads.idle_client DIALECT

Requests: ``connect`` up to a ``count``, evenly within ``seconds``; ``talk``, a message
on each connection ``every`` so many seconds, or 0 for none; ``usage``: the pings
answered and the connections lost so far.
"""

from __future__ import annotations

import queue
import select
import socket
import sys
import time

from benchmarks.workloads.idle_dialects import DIALECTS, Dialect
from benchmarks.workloads.idle_gauge import HOST, allow_many_files
from benchmarks.workloads.idle_pipe import Answers, answer_requests

STEP = 0.01
"""Seconds between two batches of connections or messages."""

GREETING = 64
"""Connections at most that wait for the answer to their greeting."""


class Pace:
    """So many things evenly in so many seconds each."""

    def __init__(self, count: float, seconds: float) -> None:
        self._rate = count / seconds
        self._started = time.monotonic()
        self._done = 0

    def due(self) -> int:
        """How many are to be done now."""
        due = int((time.monotonic() - self._started) * self._rate) - self._done
        self._done += due
        return due


class Peers:
    """All peers of one server; a loop in one thread, requests from another."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._epoll = select.epoll()
        self._greeting: dict[int, bytes] = {}
        self._sockets: dict[int, socket.socket] = {}
        self._order: list[socket.socket] = []
        self._wanted = 0
        self._owed = 0
        self._port = 0
        self._connecting: Pace | None = None
        self._talking: Pace | None = None
        self._next = 0
        self._connected: queue.Queue[int] = queue.Queue()
        self.pings = 0
        self.lost = 0

    def connect(self, port: int, count: int, seconds: float) -> Answers:
        """Have *count* connections in all; answers when they are there."""
        self._port = port
        self._wanted = count
        self._connecting = Pace(count - len(self._order), seconds)
        return {"connected": self._connected.get()}

    def talk(self, every: float) -> Answers:
        """Begin to send messages, or stop."""
        self._talking = Pace(len(self._order), every) if every else None
        return {}

    def usage(self) -> Answers:
        """What was counted so far."""
        return {"pings": self.pings, "lost": self.lost}

    def run(self) -> None:
        """Work until the process ends."""
        while True:
            for fd, _ in self._epoll.poll(STEP):
                self._hear(fd)
            if self._connecting is not None:
                self._connect_some(self._connecting)
            if self._talking is not None:
                self._say(self._talking.due())

    def _hear(self, fd: int) -> None:
        try:
            data = self._sockets[fd].recv(4096)
        except BlockingIOError:
            return
        except ConnectionError:
            data = b""
        if not data:
            self._lose(fd)
        elif fd in self._greeting:
            self._welcome(fd, data)
        else:
            pings, answer = self._dialect.answers(data)
            self.pings += pings
            self._sockets[fd].send(answer)

    def _welcome(self, fd: int, data: bytes) -> None:
        self._greeting[fd] += data
        if self._dialect.welcomes(self._greeting[fd]):
            del self._greeting[fd]

    def _lose(self, fd: int) -> None:
        self.lost += 1
        self._epoll.unregister(fd)
        self._order.remove(self._sockets.pop(fd))

    def _connect_some(self, pace: Pace) -> None:
        self._owed += pace.due()
        while self._wanted > len(self._order) and self._owed > 0:
            if len(self._greeting) >= GREETING:
                return
            self._connect_one()
            self._owed -= 1
        if len(self._order) >= self._wanted and not self._greeting:
            self._connecting = None
            self._owed = 0
            self._connected.put(len(self._order))

    def _connect_one(self) -> None:
        peer = socket.create_connection((HOST, self._port))
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.setblocking(False)
        self._sockets[peer.fileno()] = peer
        self._order.append(peer)
        self._epoll.register(peer, select.EPOLLIN)
        if self._dialect.greeting:
            self._greeting[peer.fileno()] = b""
            peer.send(self._dialect.greeting)

    def _say(self, count: int) -> None:
        for _ in range(count):
            self._next = (self._next + 1) % len(self._order)
            self._order[self._next].send(self._dialect.message)


def main(dialect: str) -> None:
    """Answer pings until killed."""
    allow_many_files()
    peers = Peers(DIALECTS[dialect]())
    answer_requests(
        {"connect": peers.connect, "talk": peers.talk, "usage": peers.usage}
    )
    peers.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
