"""The process around the reactor: versions, threads, sockets of nobody here."""

from __future__ import annotations

import functools
import os
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from twisted.copyright import version as twisted_version

from heartbeat.graph import static
from heartbeat.graph.endpoints import _twisted
from heartbeat.graph.model import Process, Threads
from heartbeat.graph.reading import flag, number, read

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

__all__ = ["process_of", "threads_of", "unowned_sockets"]

_OPEN = "/proc/self/fd"


def process_of(reactor: object) -> Process:
    """The process, and its *reactor*."""
    return Process(
        pid=os.getpid(),
        program=Path(sys.argv[0]).name if sys.argv else "",
        reactor=static.type_name(reactor),
        running=flag(read(reactor, "running")),
        python=platform.python_version(),
        twisted=twisted_version,
        heartbeat=_own_version(),
    )


def threads_of(reactor: object) -> Threads:
    """The thread pool of *reactor*, if it was made, and what threads asked of it."""
    waiting = _twisted.calls_from_threads(reactor)
    pool = read(reactor, "threadpool")
    if pool is None:
        return Threads(from_threads=waiting)
    idle, busy, queued = _twisted.team(pool)
    return Threads(
        limit=number(read(pool, "max")),
        idle=idle,
        busy=busy,
        queued=queued,
        from_threads=waiting,
    )


def unowned_sockets(owned: Collection[int]) -> Iterator[bool] | None:
    """Open sockets of this process whose descriptors are not among those *owned*.

    Returns:
        For each other descriptor, when it comes to it, whether it is a socket; None
        where the system does not tell.
    """
    try:
        names = os.listdir(_OPEN)  # noqa: PTH208 - a third of the time
    except OSError:
        return None
    return (_is_socket(name) for name in names if int(name) not in owned)


@functools.cache
def _own_version() -> str:
    try:
        return metadata.version("txheartbeat")
    except metadata.PackageNotFoundError:
        # Run from its source, without having been installed.
        return "unknown"


def _is_socket(name: str) -> bool:
    try:
        target = os.readlink(f"{_OPEN}/{name}")  # noqa: PTH115 - as above
    except OSError:
        # The one that listed them, which is closed by now.
        return False
    return target.startswith("socket:")
