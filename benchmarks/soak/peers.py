"""The processes at the other ends: started, frozen, thawed, killed."""

from __future__ import annotations

import signal
import subprocess
from typing import IO, cast

from benchmarks.children import ROOT, python

__all__ = ["Peer"]


class Peer:
    """One process that listens.

    Attributes:
        port: Where, on the loopback interface.
        frozen: Whether it is stopped for good.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            python("benchmarks.soak.peer"),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.port = int(cast("IO[bytes]", self._process.stdout).readline())
        self.frozen = False

    def freeze(self) -> None:
        """Stop it; its kernel goes on acknowledging."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it; its connections are closed by its kernel."""
        self._process.kill()
        self._process.communicate()
