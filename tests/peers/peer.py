"""The other end of a connection, as a process of its own: plain sockets, no Twisted.

Run as ``peer.py HABIT [HOST [CERTIFICATE]]``: it prints the port it listens on, and
lives until its standard input is closed. Each connection is served by one thread.
"""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FOREVER = 3600.0


def answer(connection: socket.socket) -> None:
    """Answer every ping; when told of the end, keep the connection open."""
    _answer_all(connection, connection.recv)
    time.sleep(FOREVER)


def answer_and_part(connection: socket.socket) -> None:
    """Answer every ping; when told of the end, end it, too."""
    _answer_all(connection, connection.recv)


def answer_once(connection: socket.socket) -> None:
    """Answer one ping, and leave everything else in the kernel."""
    for line in _lines(connection.recv):
        _answer_line(connection, line)
        time.sleep(FOREVER)


def read_slowly(connection: socket.socket) -> None:
    """Take 50 ms for 64 KiB, through whatever lies before a ping."""

    def receive(size: int) -> bytes:
        data = connection.recv(size)
        time.sleep(0.05 * len(data) / 2**16)
        return data

    _answer_all(connection, receive)


def read_slowly_from_a_large_buffer(connection: socket.socket) -> None:
    """As `read_slowly`, but with megabytes of it in our kernel already."""
    read_slowly(connection)


def write_slowly(connection: socket.socket) -> None:
    """Push one long line, piece by piece, and answer no ping before its end."""
    for _ in range(290):
        connection.sendall(b"y" * 1000)
        time.sleep(0.01)
    connection.sendall(b"\r\n")
    _answer_all(connection, connection.recv)


def chatter(connection: socket.socket) -> None:
    """Say something all the time, and answer every ping."""

    # In one thread: OpenSSL does not let one read while another writes.
    def receive(size: int) -> bytes:
        while True:
            try:
                return connection.recv(size)
            except TimeoutError:  # noqa: PERF203 - it is the time to speak
                connection.sendall(b"still here\r\n")

    connection.settimeout(0.05)
    _answer_all(connection, receive)


def _answer_all(connection: socket.socket, receive: Callable[[int], bytes]) -> None:
    for line in _lines(receive):
        _answer_line(connection, line)


def _answer_line(connection: socket.socket, line: bytes) -> None:
    word, _, payload = line.partition(b" ")
    if word == b"PING":
        connection.sendall(b"PONG " + payload + b"\r\n")


def _lines(receive: Callable[[int], bytes]) -> Iterator[bytes]:
    rest = b""
    while data := receive(2**16):
        *lines, rest = (rest + data).split(b"\r\n")
        yield from lines


HABITS: dict[str, Callable[[socket.socket], None]] = {
    habit.__name__: habit
    for habit in (
        answer,
        answer_and_part,
        answer_once,
        chatter,
        read_slowly,
        read_slowly_from_a_large_buffer,
        write_slowly,
    )
}


class Listener:
    """Serves every connection to one port by one habit, over TLS if it has a pair."""

    def __init__(self, habit: str, host: str, certificate: str | None) -> None:
        self.socket = socket.create_server((host, 0), backlog=512)
        self._habit = HABITS[habit]
        if self._habit is read_slowly_from_a_large_buffer:
            # Before a connection is made, or its window cannot be as large.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * 2**20)
        self._context: ssl.SSLContext | None = None
        if certificate is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate)

    def accept_all(self) -> None:
        """One thread for each connection."""
        while True:
            connection, _ = self.socket.accept()
            threading.Thread(
                target=self._serve, args=(connection,), daemon=True
            ).start()

    def _serve(self, connection: socket.socket) -> None:
        # Whoever we help to test may reset the connection at any time.
        with contextlib.suppress(OSError), connection:
            if self._context is None:
                self._habit(connection)
                return
            with self._context.wrap_socket(connection, server_side=True) as secured:
                self._habit(secured)


def main(name: str, host: str = "127.0.0.1", certificate: str | None = None) -> None:
    """Serve until standard input is closed."""
    listener = Listener(name, host, certificate)
    sys.stdout.write(f"{listener.socket.getsockname()[1]}\n")
    sys.stdout.flush()
    threading.Thread(target=listener.accept_all, daemon=True).start()
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
