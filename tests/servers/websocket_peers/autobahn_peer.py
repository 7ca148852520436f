"""Autobahn itself on Twisted, with its auto-ping and nothing of ours."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

from twisted.internet.protocol import Protocol, connectionDone
from twisted.internet.stdio import StandardIO
from twisted.internet.task import LoopingCall

if TYPE_CHECKING:
    from twisted.python.failure import Failure

reactor: Any = importlib.import_module("twisted.internet.reactor")
websocket: Any = importlib.import_module("autobahn.twisted.websocket")

# Its deadlines are cut to whole seconds of the clock: this one comes after 1 to 2 s.
OPTIONS = {"autoPingInterval": 1, "autoPingTimeout": 2}


class Echo(websocket.WebSocketServerProtocol):
    """Sends everything back."""

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803
        """Do it."""
        self.sendMessage(payload, isBinary)


class Visitor(websocket.WebSocketClientProtocol):
    """Stays connected as long as it lasts."""

    def onOpen(self) -> None:  # noqa: N802
        """Be busy where that is wanted."""
        if self.factory.url.endswith("/busy"):
            self.talk = LoopingCall(self.sendMessage, b"busy")
            self.talk.start(0.02)

    def onClose(self, *_: object) -> None:  # noqa: N802
        """Be quiet."""
        if self.factory.url.endswith("/busy"):
            self.talk.stop()


class EndWithInput(Protocol):
    """Leaves when whoever started this does."""

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Leave."""
        reactor.stop()


def run_server(port: str) -> None:
    """Listen for ever."""
    factory = websocket.WebSocketServerFactory()
    factory.protocol = Echo
    factory.setProtocolOptions(**OPTIONS)
    reactor.listenTCP(int(port), factory, interface="127.0.0.1")


def run_clients(*urls: str) -> None:
    """Visit them all."""
    for url in urls:
        factory = websocket.WebSocketClientFactory(url)
        factory.protocol = Visitor
        factory.setProtocolOptions(**OPTIONS)
        websocket.connectWS(factory)


StandardIO(EndWithInput())
run: Any = {"server": run_server, "client": run_clients}[sys.argv[1]]
run(*sys.argv[2:])
reactor.run()
