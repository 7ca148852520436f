"""The load on a server: bare sockets that echo, send and receive in slices.

A slice is a number of messages in one go. What it costs besides the server is small,
and the same for all variants.
"""

from __future__ import annotations

import select
import socket
import struct
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import attrs

from benchmarks.workloads.idle_gauge import HOST
from benchmarks.workloads.programs_roles import READY

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FRAMES", "PEERS", "Peer", "Slice"]

UNIT = 2**18
"""Bytes of a stream that are sent, or acknowledged, at once."""

CONNECTIONS = 8
"""Of an echo: so many messages are under way, and the server always has work."""

FRAMES: dict[str, Callable[[bytes], bytes]] = {
    "lines": lambda message: message + b"\r\n",
    "int32": lambda message: struct.pack(">I", len(message)) + message,
    "plain": lambda message: message,
}
"""How a message looks, by the kind of server."""


@attrs.frozen
class Slice:
    """What was found in one.

    Attributes:
        seconds: How long it took.
        messages: How many there were.
        latencies: Seconds of each, for an echo.
    """

    seconds: float
    messages: int
    latencies: list[float] = attrs.field(factory=list)


class Peer(ABC):
    """All connections of one measurement to one variant.

    Args:
        port: The server's.
        kind: Of server.
        size: Bytes of a message.
    """

    connections = 1

    def __init__(self, port: int, kind: str, size: int) -> None:
        self._frame = FRAMES[kind]
        self._kind = kind
        self._size = size
        self._buffer = bytearray(2**20)
        self._sockets = [self._connect(port) for _ in range(self.connections)]

    def run(self, units: int) -> Slice:
        """So much work in one slice."""
        started = time.perf_counter()
        latencies = self._work(units)
        seconds = time.perf_counter() - started
        return Slice(seconds, units * self.messages, latencies)

    def close(self) -> None:
        """Leave the server alone."""
        for each in self._sockets:
            each.close()

    @property
    @abstractmethod
    def messages(self) -> int:
        """In one unit of work."""

    @property
    @abstractmethod
    def request(self) -> bytes:
        """The role that the server is asked to play."""

    @abstractmethod
    def _work(self, units: int) -> list[float]:
        """Do it; the latencies, if there are any."""

    def _connect(self, port: int) -> socket.socket:
        made = socket.create_connection((HOST, port))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.settimeout(30.0)
        made.sendall(self._frame(self.request))
        self._receive(made, len(self._frame(READY)))
        return made

    def _receive(self, source: socket.socket, size: int) -> None:
        while size:
            got = source.recv_into(self._buffer, min(size, len(self._buffer)))
            assert got, "the server closed the connection"
            size -= got


class Echoed(Peer):
    """One message under way on each of several connections."""

    connections = CONNECTIONS
    messages = CONNECTIONS
    request = b"echo 0"

    def _work(self, units: int) -> list[float]:
        message = self._frame(b"x" * self._size)
        sockets = {each.fileno(): each for each in self._sockets}
        started = dict.fromkeys(sockets, 0.0)
        missing = dict.fromkeys(sockets, len(message))
        latencies: list[float] = []
        left = (units - 1) * len(sockets)
        clock = time.perf_counter
        with select.epoll() as epoll:
            for fd, each in sockets.items():
                epoll.register(fd, select.EPOLLIN)
                started[fd] = clock()
                each.sendall(message)
            waiting = len(sockets)
            while waiting:
                for fd, _ in epoll.poll(30.0):
                    missing[fd] -= sockets[fd].recv_into(self._buffer, missing[fd])
                    if missing[fd]:
                        continue
                    now = clock()
                    latencies.append(now - started[fd])
                    if left:
                        left -= 1
                        missing[fd] = len(message)
                        started[fd] = now
                        sockets[fd].sendall(message)
                    else:
                        waiting -= 1
        return latencies


class Sent(Peer):
    """A stream to the server, who acknowledges each unit."""

    @property
    def messages(self) -> int:
        """In one unit."""
        return UNIT // self._size

    @property
    def request(self) -> bytes:
        """Messages, or bytes, for each acknowledgement."""
        return b"sink %d" % (UNIT if self._kind == "plain" else self.messages)

    def _work(self, units: int) -> list[float]:
        (connection,) = self._sockets
        unit = self._frame(b"x" * self._size) * self.messages
        for _ in range(units):
            connection.sendall(unit)
        self._receive(connection, units * len(self._frame(READY)))
        return []


class Received(Peer):
    """A stream from the server."""

    @property
    def messages(self) -> int:
        """In one unit."""
        return UNIT // self._size

    @property
    def request(self) -> bytes:
        """Bytes of a message."""
        return b"source %d" % self._size

    def _work(self, units: int) -> list[float]:
        (connection,) = self._sockets
        count = units * self.messages
        connection.sendall(self._frame(b"%d" % count))
        self._receive(connection, count * len(self._frame(b"x" * self._size)))
        return []


PEERS: dict[str, type[Peer]] = {"echo": Echoed, "sent": Sent, "received": Received}
