"""What liveness looks at, of a TCP connection whose kernel tells.

An `Evidence` costs several system calls and twenty objects. An idle connection is looked
at twice in every interval, and nearly always all is well: so this asks for what is
needed in any case, and for the rest when somebody wants it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heartbeat import _twisted, kernel

if TYPE_CHECKING:
    from heartbeat.tcp_info import Vitals

__all__ = ["KernelSigns"]


class KernelSigns:
    """`heartbeat.question.Signs` of one instant; out of date once anything happens.

    Args:
        transport: What the protocol writes to.
        descriptor: What *transport* ends in.
        vitals: What the kernel said of it just now.

    Attributes:
        acked: Bytes the peer's kernel acknowledged.
        received: Bytes received so far.
        window: Bytes the peer is ready to take; None where nobody knows.
    """

    __slots__ = ("_descriptor", "_transport", "_vitals", "acked", "received", "window")

    def __init__(self, transport: Any, descriptor: Any, vitals: Vitals) -> None:
        self._transport = transport
        self._descriptor = descriptor
        self._vitals = vitals
        self.acked = vitals.acked
        self.received = vitals.received
        self.window = vitals.window

    @property
    def heard_ago(self) -> float:
        """Seconds since the peer's last byte."""
        return self._vitals.heard_ago * 1e-3

    @property
    def in_flight(self) -> int:
        """Bytes sent and not acknowledged."""
        if not self._vitals.segments:
            return 0
        # Asked after TCP_INFO: what was acknowledged in between makes the sum
        # of the positions too small, never too large.
        queued = kernel.unacknowledged(self._descriptor)
        return max(0, queued - self._vitals.not_sent)

    @property
    def unsent(self) -> int:
        """Bytes that have not left this host."""
        waiting = _twisted.unsent(self._transport, self._descriptor)
        return self._vitals.not_sent + waiting

    @property
    def progress(self) -> int:
        """Changes whenever our bytes moved on."""
        return self.acked

    @property
    def reading(self) -> bool:
        """Whether we read what the peer sends."""
        return _twisted.is_reading(self._descriptor)

    @property
    def finished(self) -> bool:
        """Whether the peer will send no more; while we do not read."""
        return kernel.finished(self._descriptor)

    @property
    def writable(self) -> bool:
        """Whether our side may still write."""
        return _twisted.is_writable(self._transport, self._descriptor)

    @property
    def unread(self) -> int:
        """Bytes received by our kernel that we have not read."""
        return kernel.unread(self._descriptor)
