"""The latest picture, and the differences that led to it."""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Any

import attrs

from heartbeat.graph.live.frames import frame, whole
from heartbeat.graph.live.rows import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heartbeat.graph.live.rows import Rows
    from heartbeat.graph.model import Snapshot

__all__ = ["KEPT", "Album", "News", "Picture"]

KEPT = 8
"""The latest differences, for those who read slowly."""


@attrs.frozen(eq=False, kw_only=True)
class Picture:
    """A snapshot, and what it takes to show it.

    Attributes:
        version: Of the picture, from 1; 0 is none.
        snapshot: What it shows.
        rows: The same, as the page has it.
        facts: The rest: what is no row.
    """

    version: int = 0
    snapshot: Snapshot | None = None
    rows: Rows = attrs.Factory(dict)
    facts: dict[str, Any] = attrs.Factory(dict)

    def frames(self) -> Iterator[bytes]:
        """The frames for a page that has no picture."""
        beginning = {"version": self.version, "since": 0, "columns": COLUMNS}
        yield frame("begin", beginning | self.facts)
        yield from whole(self.rows)
        yield frame("end", self.version)


@attrs.frozen(eq=False)
class News:
    """What somebody has yet to be told.

    Attributes:
        version: Of the picture that they have then.
        frames: What to send.
    """

    version: int
    frames: Iterator[bytes]


class Album:
    """Pictures, one after the other.

    Attributes:
        picture: The latest.
    """

    def __init__(self) -> None:
        self.picture = Picture()
        self._differences: deque[tuple[bytes, ...]] = deque(maxlen=KEPT)

    def add(
        self,
        snapshot: Snapshot | None,
        rows: Rows,
        facts: dict[str, Any],
        changes: tuple[bytes, ...] = (),
    ) -> None:
        """The next picture.

        Args:
            snapshot: What it shows.
            rows: As in `Picture`.
            facts: As in `Picture`.
            changes: The frames that turn the rows of the last picture into these.
        """
        last = self.picture.version
        version = last + 1
        self.picture = Picture(
            version=version, snapshot=snapshot, rows=rows, facts=facts
        )
        begin = frame("begin", {"version": version, "since": last} | facts)
        self._differences.append((begin, *changes, frame("end", version)))

    def news(self, version: int) -> News | None:
        """What somebody with the picture of that *version* (0 for none) must be told.

        All differences since, if they are still there; otherwise the whole picture.
        None if there is nothing new.
        """
        latest = self.picture.version
        missed = latest - version
        if not missed:
            return None
        if not version or missed > len(self._differences):
            return News(latest, self.picture.frames())
        some = islice(self._differences, len(self._differences) - missed, None)
        return News(latest, iter([each for frames in some for each in frames]))
