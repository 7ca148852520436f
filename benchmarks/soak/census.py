"""What a process holds: descriptors, calls, Deferreds, objects, memory."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import psutil
from twisted.internet.defer import Deferred

from heartbeat import Heartbeat, ScopedClock

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Census", "count", "growth"]


@attrs.frozen
class Census:
    """Counts of one moment, after a full collection.

    Attributes:
        descriptors: Open files of the process.
        calls: Pending calls of the reactor.
        deferreds: Deferreds, fired or not.
        keepalives: Keepalives.
        scopes: Scoped clocks.
        objects: All objects that the collector knows.
        resident: Bytes of memory, resident.
    """

    descriptors: int
    calls: int
    deferreds: int
    keepalives: int
    scopes: int
    objects: int
    resident: int


def count(reactor: Any) -> Census:
    """Count what this process holds now."""
    gc.collect()
    gc.collect()  # what finalizers have let go
    objects = gc.get_objects()
    kinds = {Deferred: 0, Heartbeat: 0, ScopedClock: 0}
    for each in objects:
        for kind in kinds:
            if type(each) is kind:
                kinds[kind] += 1
    return Census(
        descriptors=len(list(Path("/proc/self/fd").iterdir())),
        calls=len(reactor.getDelayedCalls()),
        deferreds=kinds[Deferred],
        keepalives=kinds[Heartbeat],
        scopes=kinds[ScopedClock],
        objects=len(objects),
        resident=psutil.Process(os.getpid()).memory_info().rss,
    )


def growth(before: Census, after: Census) -> Mapping[str, int]:
    """What there is more of."""
    first, last = attrs.asdict(before), attrs.asdict(after)
    return {name: last[name] - first[name] for name in first}
