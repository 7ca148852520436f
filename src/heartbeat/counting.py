"""Count the bytes that pass one method of one object, for what no kernel tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heartbeat.shadow import Shadow

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Arrivals", "Departures"]


class Arrivals:
    """Counts what comes in by *protocol*'s ``dataReceived``.

    Only outermost calls with bytes count: ``LineReceiver`` calls itself again
    with what it has left over, and once with nothing when it is resumed. Nor do calls
    with more than the bytes: those are the protocol's own, like txredisapi's.

    Args:
        protocol: Whose instance is shadowed until `stop`.
        now: Monotonic seconds.

    Attributes:
        total: Bytes so far.
        last_at: When the last of them came; before any, when counting began.
    """

    __slots__ = ("_depth", "_now", "_protocol", "_shadow", "last_at", "total")

    def __init__(self, protocol: object, now: Callable[[], float]) -> None:
        self._protocol: object | None = protocol
        self._now = now
        self._depth = 0
        self.total = 0
        self.last_at = now()
        self._watch()

    def refresh(self) -> None:
        """Go on counting if the protocol has set another ``dataReceived`` since.

        What came in meanwhile was not seen, so it counts as having come now.
        """
        if self._protocol is not None and not self._shadow.on_top:
            self.last_at = self._now()
            self._watch()

    def below(self, change: Callable[[], None]) -> None:
        """Let *change* set another ``dataReceived``, and count above that."""
        self._shadow.remove()
        change()
        if self._protocol is not None:
            self._watch()

    def stop(self) -> None:
        """Count no more, and keep nothing of the protocol."""
        if self._protocol is not None:
            self._protocol = None
            self._shadow.remove()

    def _watch(self) -> None:
        self._shadow = Shadow(self._protocol, "dataReceived", self._counted)

    def _counted(self, receive: Callable[..., object]) -> Callable[..., object]:
        def counted(data: bytes, *more: object) -> object:
            own = self._depth > 0 or more
            if data and not own and self._protocol is not None:
                self.last_at = self._now()
                self.total += len(data)
            self._depth += 1
            try:
                return receive(data, *more)
            finally:
                self._depth -= 1

        return counted


class Departures:
    """Counts what a descriptor hands to the kernel by ``writeSomeData``.

    Args:
        descriptor: Whose instance is shadowed until `stop`.
        now: Monotonic seconds.

    Attributes:
        total: Bytes so far.
        last_at: When the last of them went; None before any.
    """

    __slots__ = ("_now", "_shadow", "last_at", "total")

    def __init__(self, descriptor: object, now: Callable[[], float]) -> None:
        self._now = now
        self.total = 0
        self.last_at: float | None = None
        self._shadow = Shadow(descriptor, "writeSomeData", self._counted)

    def stop(self) -> None:
        """Count no more, and keep nothing of the descriptor."""
        self._shadow.remove()

    def _counted(self, write: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
        def counted(data: bytes) -> Any:
            moved = write(data)
            if isinstance(moved, int) and moved > 0:
                self.last_at = self._now()
                self.total += moved
            return moved

        return counted
