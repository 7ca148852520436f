"""`assert_no_strays`: a test fails if it leaves calls for connections that are gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heartbeat.graph.pictures.labels import counted
from heartbeat.graph.tracking.explaining import describe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from heartbeat.graph.model import Snapshot, Timer

__all__ = ["assert_no_strays", "complaint"]


def assert_no_strays(reactor: Any) -> None:
    """Fail if a pending call reaches nothing but connections that are gone.

    Where `heartbeat.graph.tracking.tracker.track` was called before, the message names the line
    that made each call.

    Args:
        reactor: A reactor, a ``task.Clock``, a ``MemoryReactorClock``.

    Raises:
        AssertionError: There is one; the message names all, their connections, and the
            way there. One that is wanted is silenced by `heartbeat.graph.expect`.
    """
    from heartbeat.graph.survey import snapshot  # noqa: PLC0415 - only if it is asked

    seen = snapshot(reactor)
    strays = seen.strays()
    if strays:
        raise AssertionError(complaint(strays, seen))


def complaint(strays: Iterable[Timer], snapshot: Snapshot) -> str:
    """What is wrong with *strays*, all of them, and what to do about it."""
    found = [describe(stray, snapshot) for stray in strays]
    what = counted(len(found), "pending call")
    return "\n".join(
        [
            f"{what} for connections that are gone:",
            "",
            *(f"  {line}" for lines in found for line in lines),
            "",
            "Cancel it in connectionLost, or make it on the clock of the connection",
            "(self.clock of HeartbeatMixin, or a ScopedClock). If it is wanted, say so:",
            "heartbeat.graph.expect(call, reason).",
        ]
    )
