"""Server processes of others: started, stopped where they are, killed, started again.

Each has a warden, by which all that it started ends with it, and with the tests.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import ClassVar

from tests.servers.warden import descendants

__all__ = ["HOST", "Daemon", "free_port", "is_listening", "why_not"]

HOST = "127.0.0.1"

WARDEN = Path(__file__).with_name("warden.py")

_PORTS = (20_000, 30_000)
"""Below what Linux gives to outgoing connections: a client that tries again while the
server is away would else connect to itself sooner or later, and keep it away."""

_given: set[int] = set()
"""Of these ports; nobody may listen there yet."""

_PLACES = os.pathsep.join(["/usr/sbin", "/usr/local/sbin"])

_PATIENCE = 60.0
"""Seconds in which a killed process is gone."""


def free_port() -> int:
    """A port of the loopback interface that nobody listens on, another each time."""
    for _ in range(100):
        port = random.randrange(*_PORTS)  # noqa: S311 - no secret
        if port in _given:
            continue
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((HOST, port))
            _given.add(port)
            return port
    raise AssertionError(f"no free port in {_PORTS}")


def is_listening(port: int) -> bool:
    """Whether a connection is accepted there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def program(name: str) -> str | None:
    """Where a server is installed: it is not in everybody's PATH."""
    return shutil.which(name) or shutil.which(name, path=_PLACES)


class Daemon:
    """One server with a folder and ports of its own.

    Yours says what the program is called, how it is configured and how it is run.

    Attributes:
        name: Of the software.
        executable: The program.
        folder: Where its configuration and data are.
        port: Where it listens; for one with several protocols see `ports`.
        ports: All of them; it is up when each accepts connections.
        places: Of one that calls: those ports, for one listener after the other.
    """

    name: ClassVar[str]
    executable: ClassVar[str]
    protocols: ClassVar[int] = 1
    """How many ports it listens on."""
    running: ClassVar[set[Daemon]] = set()
    """Those that were started and not closed, of every kind."""
    cheap: ClassVar[bool] = True
    """Whether a second one costs next to nothing."""
    calls: ClassVar[bool] = False
    """Whether it is the one that connects, to whoever listens at its ports."""
    tls: ClassVar[bool] = False
    """Whether it speaks TLS, with the certificate of `tests.tls`."""

    def __init__(self) -> None:
        self.ports = tuple(free_port() for _ in range(self.protocols))
        self.port = self.ports[0]
        self.places = iter(self.ports)
        self._temporary = tempfile.TemporaryDirectory(
            prefix="heartbeat-server-", ignore_cleanup_errors=True
        )
        self.folder = Path(self._temporary.name)
        self._log = self.folder / "log"
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def where(cls) -> str | None:
        """The path of the program; None if it is not installed."""
        return program(cls.executable)

    @classmethod
    def version(cls) -> str:
        """As it says itself."""
        raise NotImplementedError

    def configure(self) -> None:
        """Write what it needs into the folder; once."""

    def command(self) -> list[str]:
        """What runs it in the foreground."""
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        """What it sees of ours, and more."""
        return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self.folder)}

    def start(self) -> None:
        """Run it; it is not up at once."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", str(WARDEN), *self.command()],
                cwd=self.folder,
                env=self.environment(),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.running.add(self)

    def is_up(self) -> bool:
        """Whether it accepts connections.

        Raises:
            AssertionError: It has ended, and never will.
        """
        self.check()
        return all(map(is_listening, self.ports))

    def check(self) -> None:
        """Raise `AssertionError` if it has ended, with what it said last."""
        status = self._running().poll()
        if status is not None:
            raise AssertionError(f"{self.name} ended with {status}:\n{self.log()}")

    def freeze(self) -> None:
        """Stop it where it is: its kernel goes on, its application does not."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it, and all that it started; its kernel closes its connections.

        That takes a moment; see `is_gone`.
        """
        stdin = self._running().stdin
        assert stdin is not None
        stdin.close()  # the sign

    def is_gone(self) -> bool:
        """Whether nothing of it runs."""
        if self._process is not None and self._process.poll() is not None:
            self._process = None
        return self._process is None

    def close(self) -> None:
        """Leave nothing of it; idempotent."""
        self.running.discard(self)
        if self._process is not None:
            self.kill()
            self._process.wait(_PATIENCE)
            self._process = None
        self._temporary.cleanup()

    def log(self) -> str:
        """The end of what it said."""
        return self._log.read_text(errors="replace")[-4000:]

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, f"{self.name} was not started"
        return self._process

    def _signal(self, number: signal.Signals) -> None:
        """Give it to all of them but the warden."""
        for process in descendants(self._running().pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, number)


def why_not(daemon: type[Daemon]) -> str:
    """Why it cannot be run here; empty if it can.

    Raises:
        AssertionError: It cannot, and it has to: ``HEARTBEAT_ALL_TESTS`` is set.
    """
    reason = ""
    if not Path("/proc/self/stat").exists():
        reason = "processes are found by Linux' /proc, which is not here"
    elif daemon.where() is None:
        reason = f"{daemon.executable} is not installed"
    if reason and "HEARTBEAT_ALL_TESTS" in os.environ:
        raise AssertionError(f"{reason}, and HEARTBEAT_ALL_TESTS is set")
    return reason
