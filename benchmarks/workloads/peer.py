"""The far end of a measured connection: a bare socket.

It lives in the measured process, so it does as little as possible, and prepares what
it will send beforehand.
"""

from __future__ import annotations

import contextlib
import fcntl
import select
import socket
import struct
import termios

__all__ = ["ROOM", "Peer", "wait_for"]

ROOM = 2**20
"""Bytes asked for as the kernel's buffers: a batch fits in."""


class Peer:
    """A bare socket, connected to *port*."""

    def __init__(self, port: int) -> None:
        self.socket = socket.socket()
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            self.socket.setsockopt(socket.SOL_SOCKET, option, ROOM)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)

    @property
    def port(self) -> int:
        """Its own."""
        return int(self.socket.getsockname()[1])

    def connected(self) -> bool:
        """Whether both sides may speak."""
        return True

    def packed(self, data: bytes) -> bytes:
        """What has to be sent for *data*."""
        return data

    def drain(self) -> None:
        """Throw away what has come; wait for it if need be."""
        # Loopback may take a moment, and an empty read would not be counted alike.
        select.select([self.socket], [], [], 1.0)
        with contextlib.suppress(BlockingIOError):
            self.socket.recv(2**20)


def wait_for(descriptor: int, size: int) -> None:
    """Wait until *size* bytes can be read."""
    while True:
        select.select([descriptor], [], [])
        (there,) = struct.unpack(
            "i", fcntl.ioctl(descriptor, termios.FIONREAD, b"1234")
        )
        if there >= size:
            return
