"""What a page does with what it is sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from heartbeat.graph.live.rows import Rows

__all__ = ["Reader", "plain"]


def plain(rows: Rows) -> dict[str, list[Any]]:
    """Rows as they are after the way over the wire."""
    return json.loads(json.dumps(rows))  # type: ignore[no-any-return]


class Reader:
    """Applies frames in the order in which they come.

    Attributes:
        rows: As the page has them.
        facts: Those of the last ``begin``.
        version: That of the last ``end``; 0 before.
        versions: All of them.
    """

    def __init__(self) -> None:
        self.rows: dict[str, list[Any]] = {}
        self.facts: dict[str, Any] = {}
        self.version = 0
        self.versions: list[int] = []
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Some bytes of the stream."""
        *frames, self._rest = (self._rest + data).split(b"\n\n")
        for frame in frames:
            if not frame.startswith(b":"):
                self._apply(frame.decode())

    def take(self, frames: Iterable[bytes]) -> None:
        """Some frames."""
        for frame in frames:
            self.feed(frame)

    def _apply(self, frame: str) -> None:
        first, second = frame.split("\n")
        assert first.startswith("event: "), frame
        assert second.startswith("data: "), frame
        getattr(self, f"_{first[7:]}")(json.loads(second[6:]))

    def _begin(self, facts: dict[str, Any]) -> None:
        if facts["since"] == 0:
            self.rows = {}
        else:
            assert facts["since"] == self.version, (facts, self.version)
        self.facts = facts

    def _rows(self, rows: list[list[Any]]) -> None:
        for key, *row in rows:
            self.rows[key] = row

    def _patch(self, patches: list[list[Any]]) -> None:
        for key, *changes in patches:
            for place, value in zip(changes[::2], changes[1::2], strict=True):
                self.rows[key][place] = value

    def _gone(self, keys: list[str]) -> None:
        for key in keys:
            del self.rows[key]

    def _end(self, version: int) -> None:
        self.version = version
        self.versions.append(version)
