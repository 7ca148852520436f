"""Asking a program that has announced itself what its reactor does.

Without a reactor, as the ``heartbeat`` command does: these calls block.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from heartbeat.errors import HeartbeatError
from heartbeat.graph.attach.announce import PRINTED, socket_of
from heartbeat.graph.attach.language import (
    REFUSAL,
    LanguageError,
    RefusedError,
    answer_in,
    question,
)
from heartbeat.graph.pictures.codec import from_json
from heartbeat.graph.pictures.pieces import joined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heartbeat.graph.model import Snapshot

__all__ = ["AskingError", "page_of", "snapshot_of"]

TIMEOUT: Final = 10.0
"""Seconds for a whole answer, unless told otherwise."""

LONGEST: Final = 1 << 24
"""Bytes of a line of an answer: a piece of a snapshot has a few ten thousand."""


class AskingError(HeartbeatError):
    """A process could not be asked.

    Attributes:
        pid: The process.
        problem: Why.
        way_out: What to do about it.
    """

    def __init__(self, pid: int, problem: str, way_out: str) -> None:
        super().__init__(pid, problem, way_out)
        self.pid = pid
        self.problem = problem
        self.way_out = way_out

    def __str__(self) -> str:
        """The process, why, and the way out."""
        return f"process {self.pid} {self.problem}; {self.way_out}"


def snapshot_of(pid: int, timeout: float = TIMEOUT) -> Snapshot:
    """What the reactor of a process is doing.

    Args:
        pid: The process, which has announced itself.
        timeout: Seconds until it has answered, all in all.

    Raises:
        AskingError: It cannot be asked, or has not answered.
    """
    with _call(pid, timeout) as call:
        count = call.ask("snapshot")["pieces"]
        return joined(from_json(call.line().decode()) for _ in range(int(count)))


def page_of(pid: int, timeout: float = TIMEOUT) -> str:
    """The address of the live page of a process, which opens it if need be.

    The address has a token in it: who knows it can look.

    Args:
        pid: The process, which has announced itself.
        timeout: Seconds until it has answered.

    Raises:
        AskingError: It cannot be asked, or has not answered.
    """
    with _call(pid, timeout) as call:
        return str(call.ask("page")["url"])


@contextmanager
def _call(pid: int, timeout: float) -> Iterator[_Call]:
    """A connection to a process; whatever goes wrong with it is an `AskingError`."""
    path = socket_of(pid)
    if path is None:
        raise _unannounced(pid)
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(timeout)
            client.connect(str(path))
            yield _Call(client, time.monotonic() + timeout)
    except TimeoutError as error:
        raise _silent(pid, timeout, path) from error
    except RefusedError as error:
        raise AskingError(pid, f"does not answer: {error}", "see its log") from error
    except OSError as error:
        problem = f"was gone before it had answered ({error})"
        raise AskingError(pid, problem, "see whether it still runs") from error
    except (LanguageError, KeyError, TypeError, ValueError) as error:
        problem = f"answered what is not understood here ({error})"
        way_out = "use the heartbeat command of the environment that it runs in"
        raise AskingError(pid, problem, way_out) from error


class _Call:
    """A connection on which one thing is asked."""

    def __init__(self, client: socket.socket, deadline: float) -> None:
        self._client = client
        self._deadline = deadline
        self._heard = b""

    def ask(self, word: str) -> dict[str, Any]:
        """What the first line of the answer says."""
        self._client.sendall(question(word))
        return answer_in(self.line(), word)

    def line(self) -> bytes:
        """The next line, without its end."""
        parts = [self._heard]
        size = len(self._heard)
        while b"\n" not in parts[-1]:
            parts.append(self._hear())
            size += len(parts[-1])
            if size > LONGEST:
                raise LanguageError(f"a line of the answer is over {LONGEST} bytes")
        line, _, self._heard = b"".join(parts).partition(b"\n")
        if line.startswith(REFUSAL):
            answer_in(line, "")
        return line

    def _hear(self) -> bytes:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._client.settimeout(left)
        data = self._client.recv(1 << 16)
        if not data:
            raise LanguageError("the answer has no end")
        return data


def _unannounced(pid: int) -> AskingError:
    try:
        # Signal 0 is none: it is only looked whether there is such a process.
        os.kill(pid, 0)
    except ProcessLookupError:
        way_out = "`heartbeat ps` lists those that can be asked"
        return AskingError(pid, "does not exist", way_out)
    except PermissionError:
        return AskingError(pid, "belongs to another user", "ask as that user")
    return AskingError(
        pid,
        "has not announced itself",
        "add `import heartbeat.graph; heartbeat.graph.install()` to the program, or "
        "start it with `heartbeat run`, or with `--reactor=heartbeat` if it is twist, "
        "twistd or trial",
    )


def _silent(pid: int, timeout: float, path: Path) -> AskingError:
    problem = (
        f"has not answered for {timeout:g} s: it is stopped, or its reactor is blocked"
    )
    way_out = "see what it runs with a debugger"
    if _catches(pid, signal.SIGUSR2):
        way_out = (
            f"`kill -USR2 {pid}` makes it print what it runs, to its standard error "
            f"or if it has none to {path.with_suffix(PRINTED)}"
        )
    return AskingError(pid, problem, way_out)


def _catches(pid: int, number: int) -> bool:
    """Whether the process has a handler for a signal, which else would end it.

    Source:
        ``SigCgt`` in ``/proc/PID/status``, see proc(5); Linux only.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    _, _, rest = status.partition("SigCgt:")
    return bool(rest) and bool(int(rest.split()[0], 16) >> (number - 1) & 1)
