"""What the arguments of a command stand for: a running process, or a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from heartbeat.errors import HeartbeatError

if TYPE_CHECKING:
    from heartbeat.graph.model import Snapshot

__all__ = ["SourceError", "is_process", "read"]


class SourceError(HeartbeatError):
    """There is no snapshot where one was looked for; the message says what is wrong."""


def is_process(source: str) -> bool:
    """Whether it is the number of a process, and not the name of a file."""
    return source.isascii() and source.isdecimal()


def read(source: str, timeout: float) -> Snapshot:
    """The snapshot of a process, or the one in a file of JSON.

    Args:
        source: A number or a path.
        timeout: Seconds for a process to answer.

    Raises:
        AskingError: The process cannot be asked.
        SnapshotError: There is something else in the file.
        SourceError: The file cannot be read.
    """
    if is_process(source):
        from heartbeat.graph.attach.asking import snapshot_of  # noqa: PLC0415 - not for help

        return snapshot_of(int(source), timeout)
    from heartbeat.graph.pictures.codec import from_json  # noqa: PLC0415

    try:
        text = Path(source).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise SourceError(
            f"{source} is neither the number of a process nor a file that can be "
            f"read: {why}"
        ) from error
    return from_json(text)
