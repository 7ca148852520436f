"""Runs a command, and leaves nothing of it: neither when told, nor if the tests die.

``python -I -S warden.py COMMAND…`` ends, with all that the command has started in whatever
session, when its standard input does, and when the command itself ends. Its exit status is
the command's then. Linux only: whatever loses its parent becomes a child of this one.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

__all__ = ["descendants", "main"]

_PR_SET_CHILD_SUBREAPER = 36
"""Of ``prctl(2)``."""

_INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What is for the tests, and does not concern the warden."""

_STEP = 0.1
"""Seconds until an end of the command is noticed."""


def main(command: list[str]) -> int:
    """Watch over *command*."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    # Only what is handled is reset for the command, what is ignored stays so.
    for number in _INTERRUPTS:
        signal.signal(number, lambda *_: None)
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    while server.poll() is None and not _input_ended():
        pass
    status = server.poll()
    _end_all()
    return 0 if status is None else status % 256


def descendants(parent: int) -> list[int]:
    """Whatever it started, and what these did, each after its parent."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (of := _parent_of(folder)):
            children.setdefault(of, []).append(int(folder.name))
    found: list[int] = []
    generation = children.get(parent, [])
    while generation:
        found += generation
        generation = [new for old in generation for new in children.get(old, [])]
    return found


def _input_ended() -> bool:
    ready, _, _ = select.select([sys.stdin], [], [], _STEP)
    return bool(ready) and not os.read(sys.stdin.fileno(), 1)


def _end_all() -> None:
    """Kill, and wait, until there is nobody: who is killed may just have forked."""
    while family := descendants(os.getpid()):
        for process in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(-1, 0)


def _parent_of(folder: Path) -> int:
    """0 for one that is gone."""
    try:
        # The name of the program, in parentheses, may have any character in it.
        return int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError):
        return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
