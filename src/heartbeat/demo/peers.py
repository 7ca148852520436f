"""The peer processes: started, frozen, killed, and reaped whatever happens."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import attrs

from heartbeat.demo import peer

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

__all__ = ["Process", "Processes"]

PATIENCE = 2.0
"""Seconds a process has to end by itself, once its connection is gone."""


@attrs.frozen(eq=False)
class Process:
    """One peer."""

    _popen: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._popen.pid

    @property
    def reaped(self) -> bool:
        """Whether it has ended and the system has forgotten it."""
        return self.status is not None

    @property
    def status(self) -> int | None:
        """Its exit status, or minus the signal that ended it, once it is reaped."""
        return self._popen.returncode

    def freeze(self) -> None:
        """Stop it where it is; its kernel goes on."""
        self._popen.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        """End it without a chance to say goodbye."""
        self._popen.kill()

    def end(self, patience: float) -> None:
        """See it end: by itself within *patience* seconds, or by force."""
        self._popen.send_signal(signal.SIGCONT)
        try:
            self._popen.wait(patience)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()


class Processes:
    """All peers of a performance; within a ``with`` statement none is left behind.

    Attributes:
        patience: Seconds each has to end by itself.
    """

    def __init__(self, patience: float = PATIENCE) -> None:
        self.patience = patience
        self._started: list[Process] = []

    def start(self, mode: peer.Mode, port: int) -> Process:
        """Start a peer that connects to *port* of this host."""
        # As a script: importing our package would only make it slow to start.
        command = [sys.executable, "-I", peer.__file__, mode.value, str(port)]
        popen = subprocess.Popen(  # noqa: S603 - our own program
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        process = Process(popen)
        self._started.append(process)
        return process

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End them all; the connections are gone by now, or never will be."""
        del error, traceback
        patience = self.patience if kind is None else 0.0
        for process in self._started:
            process.end(patience)
