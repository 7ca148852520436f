"""Runs an example in a process of its own and listens to what it says."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Self

__all__ = [
    "EXAMPLES",
    "PATIENCE",
    "STANDSTILL",
    "Program",
    "connection_from",
    "listening",
]

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

PATIENCE = 60.0
"""Seconds until a test stops waiting; none takes a tenth of it."""

STANDSTILL = 2.5
"""Seconds, longer than a process that lives stands still, however busy the machine:
whoever has to be heard in a test has so long."""


class Program:
    """A running example.

    Args:
        name: Its file in ``examples``, or what else Python takes (``-m``).
        arguments: The rest of the command line.
        cwd: Where it runs.
    """

    def __init__(self, name: str, *arguments: object, cwd: Path = EXAMPLES) -> None:
        self.heard = ""
        self.name = name
        self._process = subprocess.Popen(
            [sys.executable, name, *map(str, arguments)],
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing of it, whatever the test came to."""
        self._process.kill()
        self._process.communicate()

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self._process.pid

    def hear(self, text: str) -> None:
        """Wait until it says *text*, after what was waited for before."""
        assert self._process.stdout is not None
        heard = ""
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            end = time.monotonic() + PATIENCE
            # Byte by byte: what comes after *text* is for the next call.
            while text not in heard:
                if not selector.select(end - time.monotonic()):
                    raise AssertionError(f"{self.name}: no {text!r} in {heard!r}")
                byte = os.read(self._process.stdout.fileno(), 1).decode("latin-1")
                if not byte:
                    raise AssertionError(f"{self.name} ended after {heard!r}")
                heard += byte
        self.heard += heard

    def port(self, after: str = "listening on ") -> int:
        """Where it says that it listens."""
        self.hear(after)
        self.hear("\n")
        return int(self.heard.split()[-1])

    def say(self, line: str) -> None:
        """Type *line*."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()

    def end(self) -> int:
        """End its input and wait until it ends by itself; its exit status."""
        rest, _ = self._process.communicate(timeout=PATIENCE)
        self.heard += rest.decode("latin-1")
        return self._process.returncode

    def interrupt(self) -> int:
        """Press ctrl-C; its exit status."""
        self._process.send_signal(signal.SIGINT)
        return self.end()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Within it the program does nothing at all; its kernel goes on."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)


@contextlib.contextmanager
def listening() -> Iterator[socket.socket]:
    """A port of ours that a program can connect to."""
    with socket.create_server(("127.0.0.1", 0)) as port:
        port.settimeout(PATIENCE)
        yield port


@contextlib.contextmanager
def connection_from(port: socket.socket) -> Iterator[socket.socket]:
    """The next connection made to *port*."""
    connection, _ = port.accept()
    with connection:
        connection.settimeout(PATIENCE)
        yield connection
