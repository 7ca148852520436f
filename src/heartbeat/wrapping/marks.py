"""Where a watch is found: at the lowest layer of the connection's transport.

All that stands on one connection leads there: the user's protocol, those that Twisted
put before it, and TLS, inside or outside of the watch.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from heartbeat import _twisted

if TYPE_CHECKING:
    from heartbeat.wrapping.watched import Watched

__all__ = ["at", "put", "remove"]

_MARK = "_heartbeat_watched"


def put(transport: object, watched: Watched) -> None:
    """Let *watched* be found from everything that is connected to *transport*.

    A transport whose attributes cannot be set goes without.
    """
    with contextlib.suppress(AttributeError):
        setattr(_lowest(transport), _MARK, watched)


def at(transport: object) -> Watched | None:
    """What was put there last, and not removed."""
    return getattr(_lowest(transport), _MARK, None)


def remove(transport: object, watched: Watched) -> None:
    """Leave nothing of *watched* there."""
    if at(transport) is watched:
        delattr(_lowest(transport), _MARK)


def _lowest(transport: object) -> Any:
    """What *transport* ends in: its descriptor, or the last layer if there is none."""
    lowest: Any = _twisted.descriptor_of(transport)
    for _ in range(_twisted.MAX_LAYERS):
        if lowest is not None:
            break
        below = getattr(transport, "transport", None)
        transport, lowest = below, transport if below is None else None
    return lowest
