"""What a process holds: descriptors, calls, Deferreds, objects, memory."""

from __future__ import annotations

import gc
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import psutil
from twisted.internet.defer import Deferred

from heartbeat import Heartbeat, ScopedClock

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["HELD", "Census", "count", "gained", "growth"]

HELD = 25.0
"""Objects more that a connection may come to hold while it stands, however long that
is. Twenty are those of ten calls that have run: a scope of two throws them out when its
list would grow beyond twelve, see `heartbeat.calls.SeveralCalls`."""


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
        kinds: How many of these objects there are of each class.
    """

    descriptors: int
    calls: int
    deferreds: int
    keepalives: int
    scopes: int
    objects: int
    resident: int
    kinds: Counter[str] = attrs.field(factory=Counter, repr=False)

    @property
    def numbers(self) -> dict[str, int]:
        """All but the kinds."""
        return attrs.asdict(self, filter=lambda field, _: field.name != "kinds")


def count(reactor: Any) -> Census:
    """Count what this process holds now."""
    gc.collect()
    gc.collect()  # what finalizers have let go
    objects = gc.get_objects()
    of = Counter(map(type, objects))
    return Census(
        descriptors=len(list(Path("/proc/self/fd").iterdir())),
        calls=len(reactor.getDelayedCalls()),
        deferreds=of[Deferred],
        keepalives=of[Heartbeat],
        scopes=of[ScopedClock],
        objects=len(objects),
        resident=psutil.Process(os.getpid()).memory_info().rss,
        kinds=Counter({_name(kind): many for kind, many in of.items()}),
    )


def growth(before: Census, after: Census) -> Mapping[str, int]:
    """What there is more of."""
    first, last = before.numbers, after.numbers
    return {name: last[name] - first[name] for name in first}


def gained(before: Census, after: Census, least: int) -> Mapping[str, tuple[int, int]]:
    """The classes of which there are *least* more: how many before and after."""
    more = after.kinds - before.kinds
    return {
        name: (before.kinds[name], after.kinds[name])
        for name, many in more.most_common()
        if many >= least
    }


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
