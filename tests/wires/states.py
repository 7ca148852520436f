"""The states of a keepalive in which a peer may send anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from twisted.internet.task import Clock

from heartbeat.testing import connect
from tests.connections import Sink

if TYPE_CHECKING:
    from heartbeat.testing import Pair

__all__ = ["STATES", "connected", "with_policy"]

STATES = ("running", "waiting", "paused", "dry")
"""A dry run is one that does not enforce its verdicts."""


def with_policy(protocol: Any, state: str) -> Any:
    """The *protocol*, not connected yet, whose keepalive will be in that *state*."""
    protocol.keepalive = attrs.evolve(
        protocol.keepalive, autostart=state != "waiting", enforce=state != "dry"
    )
    return protocol


def connected(protocol: Any, state: str, opening: bytes = b"") -> Pair[Any, Sink]:
    """It and a peer that keeps bytes and has said *opening*."""
    pair = connect(with_policy(protocol, state), Sink(), Clock())
    pair.server.transport.write(opening)  # type: ignore[union-attr]
    pair.flush()
    if state == "paused":
        protocol.heartbeat.pause()
    return pair
