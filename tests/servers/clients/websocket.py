"""Our end of a WebSocket, on Autobahn's protocols: of what echoes, or is echoed."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from heartbeat.wires.websocket import WebSocket
from tests.servers.clients.watched import Watched

if TYPE_CHECKING:
    from heartbeat import Keepalive

__all__ = ["WebSocketClient", "WebSocketServer"]

websocket: Any = importlib.import_module("autobahn.twisted.websocket")


class WebSocketEnd(Watched):
    """What both ends have in common.

    Args:
        policy: As of `Watched`; without one, no ping is answered, which Autobahn would
            do by itself.

    Attributes:
        unanswered: How many those were.
    """

    factory: Any
    wire = WebSocket()

    def __init__(self, policy: Keepalive | None) -> None:
        super().__init__(policy)
        self.unanswered = 0
        if policy is not None:
            # Were it not switched off by our wire, it would drop our connections.
            self.factory.setProtocolOptions(autoPingInterval=1, autoPingTimeout=0.001)

    def tell(self, address: object, payload: bytes) -> None:
        """Send it, to be echoed."""
        self.sendMessage(payload, isBinary=True)  # type: ignore[attr-defined]

    def onOpen(self) -> None:  # noqa: N802
        """We are in."""
        self.let_in()

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803
        """It was echoed."""
        self.heard(payload)

    def onPing(self, payload: bytes) -> None:  # noqa: N802
        """Say nothing, where our wire does not."""
        if self.alone:
            self.unanswered += 1
        else:
            super().onPing(payload)  # type: ignore[misc]

    def onClose(self, wasClean: bool, code: int, reason: str) -> None:  # noqa: N802, N803
        """Keep what led to it."""
        said: str | None = self.remoteCloseReason  # type: ignore[attr-defined]
        self.last_words = f"unanswered pings: {self.unanswered}"
        if said:
            self.last_words += f"; {said!r}"


class WebSocketClient(WebSocketEnd, websocket.WebSocketClientProtocol):
    """Ours connects.

    Args:
        policy: As of `WebSocketEnd`.
        url: Where to.
    """

    def __init__(self, policy: Keepalive | None, url: str) -> None:
        websocket.WebSocketClientProtocol.__init__(self)
        self.factory = websocket.WebSocketClientFactory(url)
        super().__init__(policy)


class WebSocketServer(WebSocketEnd, websocket.WebSocketServerProtocol):
    """Ours is connected to.

    Args:
        policy: As of `WebSocketEnd`.
    """

    def __init__(self, policy: Keepalive | None) -> None:
        websocket.WebSocketServerProtocol.__init__(self)
        self.factory = websocket.WebSocketServerFactory()
        super().__init__(policy)
