"""From a protocol to the keepalive that watches its connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from heartbeat.errors import NotConnectedError
from heartbeat.protocol import HeartbeatMixin
from heartbeat.wrapping import marks

if TYPE_CHECKING:
    from heartbeat.keepalive import Heartbeat

__all__ = ["heartbeat_of"]


def heartbeat_of(subject: Any) -> Heartbeat:
    """The keepalive of a connection, from ``connectionMade`` to ``connectionLost``.

    Args:
        subject: A protocol with a ``transport``, or the transport. One that has
            `HeartbeatMixin` answers for itself.

    Raises:
        NotConnectedError: It is a protocol without a connection; this is a
            `LookupError`, too.
        LookupError: Its connection is not watched, or not any more.
    """
    if isinstance(subject, HeartbeatMixin):
        return subject.heartbeat
    transport = getattr(subject, "transport", subject)
    if transport is None:
        raise NotConnectedError(type(subject).__name__)
    watched = marks.at(transport)
    if watched is None:
        raise LookupError(
            f"the connection of {subject!r} is not watched: ask from connectionMade to "
            "connectionLost, with watch_factory(), watch_client() or watch_server() "
            "around its factory or endpoint"
        )
    return watched.heartbeat
