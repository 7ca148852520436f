"""A server of idle WebSockets: Autobahn's on Twisted, and who keeps it alive.

python -m benchmarks.workloads.idle_websocket CANDIDATE INTERVAL
"""

# mypy: disable-error-code="no-untyped-call"
from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol

from benchmarks.workloads.idle_gauge import ALLOWED
from benchmarks.workloads.idle_reactor import SharedTimer, run
from heartbeat import HeartbeatMixin, Keepalive

if TYPE_CHECKING:
    from collections.abc import Callable


def nothing(_interval: float) -> Any:
    """Nobody asks."""
    factory = WebSocketServerFactory()
    factory.protocol = WebSocketServerProtocol
    return factory


def ours(interval: float) -> Any:
    """The mixin, with Autobahn's pings as its voice."""

    class Ours(HeartbeatMixin, WebSocketServerProtocol):  # type: ignore[misc]
        keepalive = Keepalive(interval=interval, timeout=ALLOWED, autostart=False)

        def onOpen(self) -> None:  # noqa: N802 - Autobahn's
            self.heartbeat.start()

        def send_ping(self, payload: bytes) -> None:
            self.sendPing(payload)

        def onPong(self, payload: bytes) -> None:  # noqa: N802 - Autobahn's
            self.heartbeat.pong(payload)

    factory = nothing(interval)
    factory.protocol = Ours
    return factory


def auto_ping(interval: float) -> Any:
    """Autobahn's own."""
    factory = nothing(interval)
    factory.setProtocolOptions(autoPingInterval=interval, autoPingTimeout=ALLOWED)
    return factory


CANDIDATES: dict[str, Callable[[float], Any]] = {
    "nothing": nothing,
    "ours": ours,
    "auto-ping": auto_ping,
}


def main(candidate: str, interval: str) -> None:
    """Serve until killed."""
    factory = CANDIDATES[candidate](float(interval))
    run(factory, SharedTimer() if candidate == "ours" else None)


if __name__ == "__main__":
    main(*sys.argv[1:])
