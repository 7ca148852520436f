"""A narrow place in front of a peer, in the peer's host: a door that one must pass.

It accepts connections, makes one to the peer for each, and passes bytes on at a rate
of its own for each direction, with a small buffer, so that a subject that sends has to
wait.
The other end sees a kernel that acknowledges and an application that is slow. Run as
``python -m benchmarks.faults.throttle LISTEN CONNECT``, each HOST:PORT or the path of
a UNIX socket; it prints a line when it listens, takes ``up RATE`` (towards the peer)
and ``down RATE`` from standard input, in bytes a second of each connection, and ends
with it.
"""

from __future__ import annotations

import contextlib
import math
import os
import socket
import sys
import threading
import time

__all__ = ["Rate"]

BUFFER = 2**13
"""Bytes from a subject that our kernel may hold; Linux doubles it."""

STEP = 0.05
"""Seconds between two pieces, of rates that allow a byte in that time."""

PIECE = 2**14


class Rate:
    """How many bytes may pass in a second.

    Args:
        value: At first.
    """

    def __init__(self, value: float = math.inf) -> None:
        self._value = value
        self._credit = 0.0
        self._since = 0.0
        self._changed = threading.Condition()

    def set(self, value: float) -> None:
        """Change it, for pieces that wait as well."""
        with self._changed:
            self._value, self._credit, self._since = value, 0.0, time.monotonic()
            self._changed.notify_all()

    def piece(self) -> int:
        """Bytes that may pass now; waits until it is at least one."""
        with self._changed:
            while self._value < math.inf and not self._gain():
                self._changed.wait(max(STEP, 1 / self._value) if self._value else None)
            return PIECE if self._value == math.inf else int(self._credit)

    def spend(self, size: int) -> None:
        """So many have passed."""
        with self._changed:
            self._credit = max(0.0, self._credit - size)

    def _gain(self) -> bool:
        """Whether what time has brought is a byte, or a step's worth of them."""
        now = time.monotonic()
        most = max(1.0, 2 * STEP * self._value)
        self._credit = min(most, self._credit + (now - self._since) * self._value)
        self._since = now
        return self._credit >= max(1.0, STEP * self._value)


class Rates:
    """Of all connections, those to come as well: each has its own."""

    def __init__(self) -> None:
        self._values = {"up": math.inf, "down": math.inf}
        self._rates: list[tuple[str, Rate]] = []
        self._lock = threading.Lock()

    def add(self, direction: str) -> Rate:
        """That of one more connection."""
        with self._lock:
            rate = Rate(self._values[direction])
            self._rates.append((direction, rate))
            return rate

    def set(self, direction: str, value: float) -> None:
        """Change those of a direction."""
        with self._lock:
            self._values[direction] = value
            for known, rate in self._rates:
                if known == direction:
                    rate.set(value)


def pass_on(source: socket.socket, sink: socket.socket, rate: Rate) -> None:
    """Pass bytes in one direction, until there are no more."""
    with contextlib.suppress(OSError):
        while data := source.recv(rate.piece()):
            rate.spend(len(data))
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def serve(door: socket.socket, peer: str, rates: Rates) -> None:
    """Accept all connections."""
    while True:
        near, _ = door.accept()
        far = _connect(peer)
        for each in (near, far):
            if each.family == socket.AF_INET:
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for source, sink, direction in ((near, far, "up"), (far, near, "down")):
            ends = source, sink, rates.add(direction)
            threading.Thread(target=pass_on, args=ends, daemon=True).start()


def _connect(peer: str) -> socket.socket:
    far = socket.socket(socket.AF_UNIX if "/" in peer else socket.AF_INET)
    far.connect(_address(peer))
    return far


def _door(address: str) -> socket.socket:
    door = socket.socket(socket.AF_UNIX if "/" in address else socket.AF_INET)
    # What it accepts has the same.
    door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    door.bind(_address(address))
    door.listen()
    return door


def _address(address: str) -> str | tuple[str, int]:
    if "/" in address:
        return address
    host, _, port = address.rpartition(":")
    return host, int(port)


def main(listen: str, peer: str) -> None:
    """Open the door, say so, and obey."""
    rates = Rates()
    door = _door(listen)
    threading.Thread(target=serve, args=(door, peer, rates), daemon=True).start()
    print('{"event": "listening"}', flush=True)
    for command in sys.stdin:
        direction, rate = command.split()
        rates.set(direction, float(rate))
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
