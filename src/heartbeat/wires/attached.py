"""What a wire keeps of one connection, on the protocol itself.

A wire has no state of a connection, since one instance serves a class. One that
needs some when it speaks leaves it under a private name on the protocol: that costs
one entry of the dictionary the protocol has anyway, and works for a protocol with the
mixin and for a `Host` with a `Heartbeat` made by hand alike.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from heartbeat.errors import NotConnectedError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["attach", "attached", "detach"]

_NAME = "_heartbeat_wire"


def attach(protocol: Any, thing: object) -> Callable[[], None]:
    """Keep *thing* for the connection that *protocol* has now.

    Returns:
        What forgets it; idempotent.
    """
    setattr(protocol, _NAME, thing)
    return partial(detach, protocol, thing)


def attached(protocol: Any) -> Any:
    """What is kept for the connection of *protocol*.

    Raises:
        NotConnectedError: Nothing is: there is no connection, or it was forgotten to
            ``attach`` the wire.
    """
    thing = getattr(protocol, _NAME, None)
    if thing is None:
        raise NotConnectedError(type(protocol).__name__)
    return thing


def detach(protocol: Any, thing: object) -> None:
    """Forget *thing*, unless something else is kept by now; idempotent."""
    if getattr(protocol, _NAME, None) is thing:
        delattr(protocol, _NAME)
