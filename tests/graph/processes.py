"""Real programs in processes of their own, with a folder of their own for sockets."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import socket

    from twisted.trial.unittest import SynchronousTestCase

__all__ = [
    "HEARTBEAT",
    "SERVER",
    "STRAY",
    "Running",
    "call",
    "closed_later",
    "folder",
    "until_announced",
]

PATIENCE = 120.0
"""Seconds after which a program that hangs is killed, and its test fails."""

HEARTBEAT = [sys.executable, "-m", "heartbeat"]

SERVER = """\
from twisted.internet import reactor
from twisted.internet.protocol import Factory
port = reactor.listenTCP(0, Factory(), interface="127.0.0.1")
reactor.callWhenRunning(print, "ready", flush=True)
reactor.run()
print("end", flush=True)
"""
"""Listens, and says when it is there and when it ends."""

STRAY = """\
from twisted.internet import reactor
from twisted.internet.endpoints import clientFromString, connectProtocol
from twisted.internet.protocol import Factory, Protocol
class Client(Protocol):
    def connectionMade(self):
        self.transport.loseConnection()
    def connectionLost(self, reason):
        reactor.callLater(1000, self.ping)
        print("ready", flush=True)
    def ping(self):
        pass
port = reactor.listenTCP(0, Factory.forProtocol(Protocol), interface="127.0.0.1")
endpoint = clientFromString(reactor, f"tcp:127.0.0.1:{port.getHost().port}")
connectProtocol(endpoint, Client())
reactor.run()
"""
"""Has a stray call, once it is ready."""


def folder(case: SynchronousTestCase) -> Path:
    """A folder for this test, short enough for sockets; removed after it."""
    path = tempfile.mkdtemp(prefix="hb-")
    case.addCleanup(shutil.rmtree, path)
    return Path(path)


def closed_later(case: SynchronousTestCase, one: socket.socket) -> socket.socket:
    """The socket itself, which is closed after the test."""
    case.addCleanup(one.close)
    return one


class Running:
    """A program that runs, its output and errors in one.

    Args:
        case: Whose it is; it is killed after the test.
        home: Where it runs and announces itself.
        arguments: The command.
        environment: More variables.
    """

    def __init__(
        self,
        case: SynchronousTestCase,
        home: Path,
        *arguments: str,
        environment: dict[str, str] | None = None,
    ) -> None:
        self.process = subprocess.Popen(
            arguments,
            cwd=home,
            env=_environment(home, environment or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.pid = self.process.pid
        self.output = ""
        self._guard = threading.Timer(PATIENCE, self.process.kill)
        self._guard.start()
        case.addCleanup(self.kill)

    def until(self, pattern: str) -> str:
        """Read on until a line matches, which is returned."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line
            if re.search(pattern, line):
                return line
        raise AssertionError(f"{pattern} is not in {self.output}")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end, with all the output; the status."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Wait for the end, with all the output; the status."""
        assert self.process.stdout is not None
        self.output += self.process.stdout.read()
        return self.process.wait()

    def kill(self) -> None:
        """Whatever has become of it."""
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        self._guard.cancel()
        self._guard.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


def call(
    home: Path, *arguments: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, in the surroundings of a `Running`."""
    return subprocess.run(
        arguments,
        cwd=home,
        env=_environment(home, environment or {}),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )


def until_announced(home: Path, pid: int) -> None:
    """Wait for the socket of a process; nothing that a program prints tells of it."""
    path = home / "sockets" / f"{pid}.sock"
    pause = threading.Event()
    for _ in range(int(PATIENCE / 0.01)):
        if path.exists():
            return
        pause.wait(0.01)
    raise AssertionError(f"{path} is not there")


def _environment(home: Path, more: dict[str, str]) -> dict[str, str]:
    unwanted = ("COLUMNS", "FORCE_COLOR", "HEARTBEAT_REACTOR", "HEARTBEAT_TRACK")
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    return {**kept, "HEARTBEAT_SOCKETS": str(home / "sockets"), **more}
