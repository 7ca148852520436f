"""A peer process of the demo: ``python peer.py MODE PORT``.

Plain blocking sockets, neither Twisted nor anything of ours: it reads lines,
answers every PING, and works on all other lines for a while.
"""

from __future__ import annotations

import contextlib
import ctypes
import enum
import select
import signal
import socket
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Mode", "end_with_parent", "main", "serve"]

WORK = 0.015
"""Seconds a peer works on a line that is no PING."""

_PR_SET_PDEATHSIG = 1


class Mode(enum.Enum):
    """What a peer does."""

    ANSWERS = "answers"
    """Reads everything and answers every PING when it comes to it."""

    DEAF = "deaf"
    """Answers one PING, then reads no more."""


def main(arguments: Sequence[str]) -> None:
    """Connect to PORT and serve in MODE until the connection is gone."""
    mode, port = arguments
    with socket.create_connection(("127.0.0.1", int(port))) as connection:
        serve(connection, Mode(mode))


def serve(connection: socket.socket, mode: Mode, work: float = WORK) -> None:
    """Serve until *connection* is gone, taking *work* seconds for a line."""
    with contextlib.suppress(ConnectionError), connection.makefile("rb") as lines:
        if mode is Mode.DEAF:
            _answer(connection, [lines.readline()], work)
            _wait_for_the_end(connection)
        else:
            _answer(connection, lines, work)


def _answer(connection: socket.socket, lines: Iterable[bytes], work: float) -> None:
    for line in lines:
        word, _, payload = line.partition(b" ")
        if word == b"PING":
            connection.sendall(b"PONG " + payload)
        else:
            time.sleep(work)


def _wait_for_the_end(connection: socket.socket) -> None:
    poller = select.poll()
    poller.register(connection, 0)  # hang-ups only: it does not read
    poller.poll()


def end_with_parent(number: int) -> None:
    """Have this process get a signal when its parent ends; 0 for none.

    On Linux, see prctl(2). Elsewhere the end of the connection has to do.
    """
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:  # pragma: no branch - where the tests run, there is one
        prctl(_PR_SET_PDEATHSIG, number)


if __name__ == "__main__":  # pragma: no cover - only in a process of its own
    # Ctrl-C is the demo's to handle; and one that is stopped would outlive the demo.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent(signal.SIGKILL)
    main(sys.argv[1:])
