"""The processes at the other ends, and what each is doing: it is always one thing."""

from __future__ import annotations

import enum
import signal
import subprocess
from typing import IO, TYPE_CHECKING, cast

from benchmarks.children import ROOT, python

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Condition", "Peer"]


class Condition(enum.Enum):
    """What a peer does; only one that is `SERVING` can be done something to."""

    SERVING = "serves"
    PAUSED = "is stopped, and will soon go on"
    RECOVERING = "goes on, and has to catch up"
    STOPPED = "is stopped for good"
    KILLED = "is gone"


_NEXT = {
    Condition.SERVING: {Condition.PAUSED, Condition.STOPPED, Condition.KILLED},
    Condition.PAUSED: {Condition.RECOVERING},
    Condition.RECOVERING: {Condition.SERVING},
    Condition.STOPPED: {Condition.KILLED},
    Condition.KILLED: set[Condition](),
}
"""What can follow: so one that is stopped for good is never let go on."""


class Peer:
    """One process that listens.

    Args:
        command: What to run; it prints its port, and ends with its standard input.

    Attributes:
        port: Where, on the loopback interface.
        condition: What it does.
        pid: The number of its process.
    """

    def __init__(self, command: Sequence[str] | None = None) -> None:
        self._process = subprocess.Popen(
            command or python("benchmarks.soak.peer"),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.port = int(cast("IO[bytes]", self._process.stdout).readline())
        self.pid = self._process.pid
        self.condition = Condition.SERVING

    @property
    def lives(self) -> bool:
        """Whether it serves whoever is patient: not stopped for good, and not gone."""
        return self.condition not in {Condition.STOPPED, Condition.KILLED}

    def pause(self) -> None:
        """Stop it for a moment."""
        self._become(Condition.PAUSED)
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._become(Condition.RECOVERING)
        self._process.send_signal(signal.SIGCONT)

    def recovered(self) -> None:
        """It has caught up."""
        self._become(Condition.SERVING)

    def stop(self) -> None:
        """Stop it for good; its kernel goes on acknowledging."""
        self._become(Condition.STOPPED)
        self._process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        """End it; its connections are closed by its kernel."""
        self._become(Condition.KILLED)
        self.close()

    def close(self) -> None:
        """Leave no process, whatever it does."""
        self._process.kill()
        self._process.communicate()

    def _become(self, condition: Condition) -> None:
        if condition not in _NEXT[self.condition]:
            raise ValueError(
                f"a peer that {self.condition.value} cannot become one that "
                f"{condition.value}: only one that serves can be done something to"
            )
        self.condition = condition
