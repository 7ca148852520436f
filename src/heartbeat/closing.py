"""How a connection is ended, and who ended it.

``loseConnection`` waits for the write queue, for a registered producer, and
over TLS for the peer; with a peer that does not read, or that ignores the TLS
close, it waits for ever. A `Closing` watches it: after ``grace`` seconds without
progress it aborts. Slow is not stuck: a long download that was closed behind
its last byte goes on as long as bytes are acknowledged.

It belongs to the transport, not to the scope that dies with the protocol's
``connectionLost``, and ends when the transport does: some protocols call their
own while the transport lives on.

Source:
    twisted#8902, twisted#5619, twisted#9526 (a fixed abort timer cut long
    downloads), buildbot#8743, synapse#1778.
"""

from __future__ import annotations

import enum
import math
from typing import TYPE_CHECKING, Any

from heartbeat import _twisted
from heartbeat.wheel import Check, Wheel

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat.evidence import Probe

__all__ = ["LOOKS", "Closing", "Way"]

LOOKS = 4
"""Looks in a ``grace``: progress is dated by the look that finds it, and so an abort
comes later than promised by at most this part of it."""


class Way(enum.Enum):
    """Who ends the connection, and how."""

    WATCHED = "watched"
    """The application closes; we only see to it that it comes to an end."""
    CLOSED = "closed"
    """We close, gracefully."""
    ABORTED = "aborted"
    """We have aborted."""


class Closing(Check):
    """One connection on its way out.

    Args:
        transport: The protocol's transport.
        probe: What knows of progress.
        wheel: The shared timer.
        grace: Seconds without progress before the abort; None for never.
        stuck: Asked with the seconds since the last progress whether to abort.

    Attributes:
        way: Who ends it, and how.
    """

    __slots__ = (
        "_grace",
        "_moved_at",
        "_probe",
        "_progress",
        "_stuck",
        "_transport",
        "_wheel",
        "way",
    )

    def __init__(
        self,
        transport: Any,
        probe: Probe,
        wheel: Wheel,
        grace: float | None,
        stuck: Callable[[float], bool],
    ) -> None:
        super().__init__()
        self._transport = transport
        self._probe = probe
        self._wheel = wheel
        self._stuck = stuck
        self._moved_at = wheel.now()
        self._progress = probe.signs().progress
        self.way = Way.WATCHED
        self.configure(grace)

    def configure(self, grace: float | None) -> None:
        """Go by another *grace*, counted from the last progress."""
        self._grace = math.inf if grace is None else grace
        self._watch()

    def close(self) -> None:
        """Close gracefully; may lose the connection before it returns."""
        self.way = Way.CLOSED
        self._transport.loseConnection()

    def abort(self) -> None:
        """End it at once; may lose the connection before it returns."""
        self.way = Way.ABORTED
        self.end()
        hard = getattr(self._transport, "abortConnection", None)
        (hard or self._transport.loseConnection)()

    def end(self) -> None:
        """Watch no longer, and let go of what knows of progress; idempotent."""
        self._wheel.cancel(self)
        self._probe.close()

    def explains_loss(self) -> bool:
        """Whether the connection was lost because we ended it."""
        if self.way is Way.CLOSED:
            return not _twisted.is_aborted(self._transport)
        return self.way is Way.ABORTED

    def fire(self, now: float) -> None:  # it sees to the next look itself
        """Abort, unless bytes have moved since the last look."""
        if not self._stands():
            self.end()
            return
        # Should a look raise, another one comes.
        self._wheel.schedule(self, now + self._grace)
        progress = self._probe.signs().progress
        if progress != self._progress:
            self._progress = progress
            self._moved_at = now
        if now < self._moved_at + self._grace:
            self._watch()
        elif self._stuck(now - self._moved_at) and self._stands():
            self.abort()
        else:
            self._wheel.cancel(self)

    def _stands(self) -> bool:
        return _twisted.is_connected(self._transport)

    def _watch(self) -> None:
        if self._grace < math.inf:
            look = self._wheel.now() + self._grace / LOOKS
            self._wheel.schedule(self, min(look, self._moved_at + self._grace))
        else:
            self._wheel.cancel(self)
