"""The keepalive of Daphne's WebSockets, rewritten: Autobahn, ping and pong frames.

    python examples/rewrites/daphne.py tcp:8000:interface=127.0.0.1

A ping after 20 s of silence, 30 s for the pong, a day at most for a connection, and
20 s for the application to accept it.
"""

from __future__ import annotations

import sys
from typing import Any

from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from autobahn.websocket.types import ConnectionDeny
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.task import react

from heartbeat import HeartbeatMixin, Keepalive
from heartbeat.wires.websocket import WebSocket

ACCEPT_TIME = 20
"""Seconds the application has to accept a connection."""


class Socket(HeartbeatMixin, WebSocketServerProtocol):  # type: ignore[misc]
    """A WebSocket that an application accepts, and that echoes.

    Attributes:
        closed: Why it ended, in words, once it has.
    """

    keepalive = Keepalive(interval=20, timeout=30, max_age=86_400, jitter=0)
    wire = WebSocket()
    closed: str | None = None

    def onConnect(self, _request: Any) -> Any:  # noqa: N802 - Autobahn's word
        """Wait for the application, but not for ever."""
        self.accepted: Deferred[None] = Deferred()
        self.deciding = self.clock.callLater(ACCEPT_TIME, self.reject)
        return self.accepted

    def accept(self) -> None:
        """The application takes it."""
        self.deciding.cancel()
        self.accepted.callback(None)

    def reject(self) -> None:
        """It does not, or not in time."""
        self.accepted.errback(ConnectionDeny(403, "Access denied"))

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803
        """Echo."""
        self.sendMessage(payload, isBinary)

    def onClose(self, _clean: bool, _code: int | None, reason: str | None) -> None:  # noqa: N802
        """Keep the reason: of a dead peer it says how it died."""
        self.closed = reason or "closed"


class EagerSocket(Socket):
    """One whose application accepts everybody."""

    def onConnect(self, request: Any) -> Any:  # noqa: N802
        """Accept."""
        decision = super().onConnect(request)
        self.accept()
        return decision


async def main(reactor: Any, endpoint: str) -> None:
    """Listen until interrupted."""
    factory = WebSocketServerFactory(reactor=reactor)
    factory.protocol = EagerSocket
    port = await serverFromString(reactor, endpoint).listen(factory)
    print(f"listening on {port.getHost()}", flush=True)
    await Deferred()


if __name__ == "__main__":
    react(main, sys.argv[1:])
