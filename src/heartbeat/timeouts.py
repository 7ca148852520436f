"""A drop-in for Twisted's `TimeoutMixin` whose timer dies with its connection.

Change the import, nothing else:

.. code-block:: python

    from heartbeat.timeouts import TimeoutMixin
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.protocols import policies

from heartbeat.protocol import TimeoutHook, current_connection_of

if TYPE_CHECKING:
    from heartbeat.connection import Connection

__all__ = ["TimeoutMixin"]


class TimeoutMixin(policies.TimeoutMixin):
    """Twisted's own mixin, with the hook it schedules by on a scope.

    Unlike `HeartbeatMixin` it may stand anywhere in the bases: the scope is
    made, and the protocol's ``connectionLost`` shadowed, when the first timeout
    is set. Without `HeartbeatMixin` it runs on the global reactor, as Twisted's
    does, or on the one whose ``callLater`` is set. A timeout that is set after the
    loss is dropped; one that is set when the protocol is connected again is not.

    Source:
        ``twisted.protocols.policies.TimeoutMixin``: ``setTimeout``,
        ``resetTimeout``, ``timeoutConnection`` and ``timeOut`` are inherited.
    """

    _heartbeat_connection: Connection | None = None
    callLater: Any = TimeoutHook()

    def setTimeout(self, period: float | None) -> float | None:
        """Change the timeout; see Twisted's.

        Args:
            period: Seconds; None for no timeout.

        Returns:
            What it was.
        """
        current_connection_of(self)
        return super().setTimeout(period)  # type: ignore[no-any-return, no-untyped-call]
