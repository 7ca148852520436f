"""What is left of a connection that is over."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

from heartbeat.shadow import below

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["NO_PAST", "Past"]


class Past:
    """A lost connection, remembered; it keeps neither end of it alive.

    Args:
        protocol: What was connected.
        own: What it had set as its own ``connectionLost``; None for its class's.
        transport: What it was connected to.
    """

    __slots__ = ("_own", "_protocol", "_transport")

    def __init__(
        self, protocol: Any, own: Callable[..., Any] | None, transport: Any
    ) -> None:
        self._protocol = _weakly(protocol)
        self._own = own
        self._transport = _weakly(transport)

    @property
    def transport(self) -> Any:
        """What it was connected to, or None if that is gone."""
        return self._transport()

    def connection_lost(self, *args: Any, **kwargs: Any) -> Any:
        """Be the protocol's ``connectionLost`` for whoever keeps calling it."""
        protocol = self._protocol()
        if protocol is None:
            return None
        return below(protocol, "connectionLost", self._own)(*args, **kwargs)


def _weakly(target: Any) -> Callable[[], Any]:
    try:
        return weakref.ref(target)
    except TypeError:
        return lambda: target


NO_PAST = Past(None, None, None)
"""That of a connection which is not over."""
