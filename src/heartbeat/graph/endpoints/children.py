"""Child processes, and this process's own standard input and output."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from heartbeat.graph.endpoints import _twisted
from heartbeat.graph.endpoints.connections import producer_name
from heartbeat.graph.endpoints.ids import id_of
from heartbeat.graph.model import Kind, State
from heartbeat.graph.reading import flag, is_named, number, read

if TYPE_CHECKING:
    from collections.abc import Iterable

    from heartbeat.graph.endpoints.context import Context, Fields

__all__ = ["of_process", "of_pty", "of_stdio"]

_READER = "twisted.internet.process.ProcessReader"
_WRITER = "twisted.internet.process.ProcessWriter"


def of_process(process: object, context: Context) -> Fields:
    """A child process with pipes, all of them in one."""
    pipes = read(process, "pipes")
    open_pipes = list(pipes.values()) if type(pipes) is dict else []
    return {
        "id": id_of(process, "p"),
        "kind": Kind.PROCESS,
        **_of_pipes(open_pipes, _process_state(process, bool(open_pipes)), context),
        "peer": _program(process),
    }


def of_pty(process: object, context: Context) -> Fields:
    """A child process with a terminal."""
    fd = number(read(process, "fd"))
    alive = flag(read(process, "connected"))
    state = _process_state(process, alive)
    if state is State.CONNECTED and flag(read(process, "disconnecting")):
        state = State.CLOSING
    reading = context.watching.reads(process, fd)
    return {
        "id": id_of(process, "p"),
        "kind": Kind.PROCESS,
        "state": state,
        "peer": _program(process),
        "fd": fd if alive else None,
        "reading": reading,
        "writing": context.watching.writes(process, fd),
        "paused": state is State.CONNECTED and not reading,
        "buffered": _twisted.queued(read, process),
        "producer": producer_name(read(process, "producer")),
    }


def of_stdio(stdio: object, context: Context) -> Fields:
    """This process's own standard input and output, or files in their place."""
    pipes = list(_twisted.pipes(stdio))
    return {
        "id": id_of(stdio, "s"),
        "kind": Kind.STDIO,
        **_of_pipes(pipes, _stdio_state(stdio, len(pipes)), context),
    }


def _process_state(process: object, is_open: bool) -> State:
    if not flag(read(process, "lostProcess")):
        return State.CONNECTED
    # It has ended, but somebody has its pipes: children of its own.
    return State.CLOSING if is_open else State.DISCONNECTED


def _stdio_state(stdio: object, open_pipes: int) -> State:
    if flag(read(stdio, "disconnected")) or not open_pipes:
        return State.DISCONNECTED
    if flag(read(stdio, "disconnecting")):
        return State.CLOSING
    return State.CONNECTED if open_pipes > 1 else State.HALF_CLOSED


def _of_pipes(pipes: list[object], state: State, context: Context) -> Fields:
    readers = _of_class(pipes, _READER)
    writers = _of_class(pipes, _WRITER)
    watching = context.watching
    reading = any(watching.reads(p, number(read(p, "fd"))) for p in readers)
    return {
        "state": state,
        "reading": reading,
        "writing": any(watching.writes(p, number(read(p, "fd"))) for p in writers),
        "paused": state is State.CONNECTED and bool(readers) and not reading,
        "buffered": sum(_twisted.queued(read, p) for p in writers),
        "producer": next(filter(None, map(_producer, writers)), None),
    }


def _producer(pipe: object) -> str | None:
    return producer_name(read(pipe, "producer"))


def _of_class(pipes: Iterable[object], name: str) -> list[object]:
    return [pipe for pipe in pipes if is_named(type(pipe), name)]


def _program(process: object) -> str:
    """``cat (pid 123)``; without the number once it has ended."""
    pid = read(process, "pid")
    if type(pid) is not int:
        return ""
    try:
        name = Path(f"/proc/{pid}/comm").read_text(errors="replace").strip()
    except OSError:
        name = ""
    return f"{name} (pid {pid})".strip()
