"""Where a wheel keeps its checks: sorted into slots of time, found again at once.

A check knows its bucket and a bucket its slot, so that taking one out is two
dictionary operations however many there are. A bucket that becomes empty goes at once
and not when its time comes, which may be in a day. Nothing here has a clock.
"""

from __future__ import annotations

import math
from heapq import heapify, heappop, heappush
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DUE", "LATER", "SLOT", "Bucket", "Check", "Slots", "bucket_of"]

# By its inverse: n / 20 is the double nearest to the decimal that people write as a
# deadline, and n * 0.05 often is not.
_RATE = 20

SLOT = 1 / _RATE
"""Seconds, the width of a slot: how late a check may be on an idle reactor."""

DUE = -math.inf
"""In place of a slot: its time has come."""

LATER = math.inf
"""In place of a slot: waits for turns of the reactor, not for a time."""

_SLACK = 64
"""Forgotten slots the heap may hold before it is worth cleaning."""


class Bucket(dict["Check", None]):
    """The checks of one slot, in the order they came.

    Attributes:
        slot: It stands for the time ``slot / 20`` seconds; or `DUE`, or `LATER`.
    """

    __slots__ = ("slot",)

    def __init__(self, slot: float) -> None:
        self.slot = slot


class Check:
    """Something a wheel calls back; a subclass says what is to be done then.

    Costs one slot and an entry in a dict. Hashed by identity: a subclass must not
    define ``__eq__``. A check is in one place of one wheel at a time.
    """

    # Unset until scheduled for the first time, so that a subclass need not call any
    # __init__ of ours.
    __slots__ = ("_bucket",)
    _bucket: Bucket | None

    def fire(self, now: float) -> float | None:
        """Its time has come; it is off the wheel and may be scheduled again.

        Args:
            now: Seconds on the wheel's clock, at or after the time asked for.

        Returns:
            When to fire next, if that is known already, which is quicker than
            scheduling it; None otherwise.
        """
        del now
        return None

    def wake(self, now: float) -> None:
        """The reactor was stalled or the machine suspended; still scheduled.

        Args:
            now: Seconds on the wheel's clock.
        """


def bucket_of(check: Check) -> Bucket | None:
    """Where *check* is; None if it is on no wheel."""
    return getattr(check, "_bucket", None)


class Slots:
    """All checks of one wheel, those that wait for a time in order of time.

    Attributes:
        count: Checks put in and not taken out, wherever they are.
    """

    def __init__(self) -> None:
        self.count = 0
        # Invariant: a slot in _buckets is in _heap. The heap may also hold slots that
        # were emptied since, and hold a slot twice.
        self._buckets: dict[float, Bucket] = {}
        self._heap: list[float] = []
        self._earliest: float = -math.inf

    def put(self, check: Check, due: float) -> float:
        """Put *check*, taken out of where it was, into a slot.

        Returns:
            The time of its slot: *due* or up to `SLOT` seconds later. If that slot
            has been popped already, the first one that has not.
        """
        math.ceil(due)  # refuses what is no time before anything has changed
        self.take(check)
        return self.add(check, due)

    def add(self, check: Check, due: float) -> float:
        """The same, of a *check* that is nowhere."""
        slot: float = math.ceil(due * _RATE)
        if slot / _RATE < due:
            slot += 1  # the product was rounded
        slot = max(slot, self._earliest)
        bucket = self._buckets.get(slot)
        if bucket is None:
            bucket = self._buckets[slot] = Bucket(slot)
            self._push(slot)
        check._bucket = bucket  # noqa: SLF001 - of this module, see bucket_of()
        bucket[check] = None
        self.count += 1
        return slot / _RATE

    def put_into(self, check: Check, bucket: Bucket) -> None:
        """Put *check*, which is nowhere, into a bucket that may be one of ours."""
        check._bucket = bucket  # noqa: SLF001 - as in add()
        bucket[check] = None
        self.count += 1

    def take(self, check: Check) -> None:
        """Take *check* out of its bucket, if it is in one."""
        bucket: Bucket | None = getattr(check, "_bucket", None)
        if bucket is None:
            return
        del bucket[check]
        check._bucket = None  # noqa: SLF001 - as in add()
        self.count -= 1
        if not bucket:
            self._buckets.pop(bucket.slot, None)

    def release(self, check: Check) -> bool:
        """Take *check* out if its time has come, and it was not moved since."""
        bucket = check._bucket  # noqa: SLF001 - as in add()
        if bucket is None or bucket.slot != DUE:
            return False
        # It stays in the bucket, which nobody looks into any more.
        check._bucket = None  # noqa: SLF001 - as in add()
        self.count -= 1
        return True

    def pop_due(self, now: float) -> Iterator[Bucket]:
        """The buckets whose time is *now* or before, earliest first, now `DUE`."""
        while self._heap and self._heap[0] / _RATE <= now:
            bucket = self._buckets.pop(heappop(self._heap), None)
            if bucket is not None:
                bucket.slot = DUE
                yield bucket
        # A check that always asks for the past gets 20 calls a second, and not all
        # of the processor.
        self._earliest = math.floor(now * _RATE) + 1

    def next(self) -> float:
        """The time of the earliest slot in use, infinite if there is none."""
        while self._heap and self._heap[0] not in self._buckets:
            heappop(self._heap)
        return self._heap[0] / _RATE if self._heap else math.inf

    def __iter__(self) -> Iterator[Check]:
        """The checks that wait for a time, in no order; not to be changed meanwhile."""
        return chain.from_iterable(self._buckets.values())

    def _push(self, slot: float) -> None:
        heappush(self._heap, slot)
        if len(self._heap) > 2 * len(self._buckets) + _SLACK:
            self._heap = list(self._buckets)
            heapify(self._heap)
