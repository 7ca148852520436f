"""All protocols and transports of the process: dear, so only when asked for.

The reactor's lists do not have a connection that is paused, nor one that is lost and
only keeps a timer.
"""

from __future__ import annotations

import gc
from typing import Any

from heartbeat.graph.search.roles import Role, role_of

__all__ = ["endpoints_in_heap"]


def endpoints_in_heap() -> list[Any]:
    """What the collector knows that is a protocol, a transport, or stands for one."""
    return [thing for thing in gc.get_objects() if role_of(thing) is Role.ENDPOINT]
