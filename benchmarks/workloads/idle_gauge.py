"""What the measured servers have in common: a port, and what they have used so far."""

from __future__ import annotations

import os
import resource
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.workloads.idle_pipe import Answers, answer_requests

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "ALLOWED",
    "BACKLOG",
    "HOST",
    "allow_many_files",
    "answer_for",
    "usage",
]

HOST = "127.0.0.1"
BACKLOG = 4096
"""Connections that wait to be accepted: none has to be made twice."""

ALLOWED = 20.0
"""Seconds for an answer to a ping, in all candidates: the policy's default."""


def allow_many_files() -> None:
    """Let this process have as many open files as the system lets it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def usage() -> Answers:
    """Seconds of CPU and bytes of memory so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return {
        "cpu": used.ru_utime + used.ru_stime,
        "memory": pages * os.sysconf("SC_PAGE_SIZE"),
    }


def answer_for(port: int, **more: Callable[[], float]) -> None:
    """Answer ``port``, and ``usage`` with *more* in it."""
    answer_requests(
        {
            "port": lambda: {"port": port},
            "usage": lambda: {**usage(), **{name: f() for name, f in more.items()}},
        }
    )
