"""Starts a peer as a process, and stops, kills and ends it."""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

__all__ = ["Peer", "free_port", "missing", "version"]


PORTS = (15_000, 30_000)
"""Below ``net.ipv4.ip_local_port_range`` of Linux."""


class Peer:
    """One library as one process.

    Args:
        library: Its name.
        arguments: Of its script.
    """

    def __init__(self, library: str, *arguments: str) -> None:
        self._name = " ".join((library, *arguments))
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - closed below
        script = Path(__file__).with_name(f"{library}_peer.py")
        self._process: subprocess.Popen[Any] = subprocess.Popen(
            [sys.executable, "-I", str(script), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self._complaints,
        )

    def close(self) -> None:
        """End it and leave nothing of it."""
        self.kill()
        self._process.communicate()
        self._complaints.close()

    def freeze(self) -> None:
        """Stop it where it is: its kernel goes on, its application does not."""
        self._process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        """End it; its kernel closes its connections."""
        self._process.kill()

    def __str__(self) -> str:
        self._complaints.seek(0)
        complaints = self._complaints.read().decode(errors="replace")
        return f"{self._name}\n{complaints}"


def free_port() -> int:
    """A port that nobody listens on.

    None of those that connections are given: one might meet itself there.
    """
    for _ in range(100):
        port = random.randrange(*PORTS)  # noqa: S311 - no secret
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError(f"no port is free among {PORTS}")


def version(library: str) -> str:
    """Of the one that is installed."""
    return importlib.metadata.version(library)


def missing(library: str) -> str:
    """Why there are no tests with *library* here; empty if there are.

    Raises:
        AssertionError: It is missing where it must not be.
    """
    if importlib.util.find_spec(library) is not None:
        return ""
    assert "HEARTBEAT_ALL_TESTS" not in os.environ, f"{library} is not installed"
    return f"{library} is not installed"
