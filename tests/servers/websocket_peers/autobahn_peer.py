"""Autobahn itself on Twisted, with its auto-ping and nothing of ours."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from twisted.internet.protocol import ReconnectingClientFactory

reactor: Any = importlib.import_module("twisted.internet.reactor")
websocket: Any = importlib.import_module("autobahn.twisted.websocket")

# Its deadlines are cut to whole seconds of the clock: the one comes after 4 to 5 s.
RULE = {"autoPingInterval": 1, "autoPingTimeout": 5}


class Echo:
    """Sends everything back."""

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803
        """Do it."""
        self.sendMessage(payload, isBinary)  # type: ignore[attr-defined]


class Server(Echo, websocket.WebSocketServerProtocol):
    """Of one connection."""


class Client(Echo, websocket.WebSocketClientProtocol):
    """Of one connection."""


class Visits(websocket.WebSocketClientFactory, ReconnectingClientFactory):
    """Stays connected as long as it lasts, and comes again."""

    protocol = Client


def run_server(port: str) -> None:
    """Listen for ever."""
    factory = websocket.WebSocketServerFactory()
    factory.protocol = Server
    factory.setProtocolOptions(**RULE)
    reactor.listenTCP(int(port), factory, interface="127.0.0.1")


def run_client(*ports: str) -> None:
    """Visit them all."""
    for port in ports:
        factory: Any = Visits(f"ws://127.0.0.1:{port}")
        factory.initialDelay = factory.maxDelay = 0.2
        factory.setProtocolOptions(**RULE)
        websocket.connectWS(factory)


sys.stderr.write("begins\n")
run: Any = {"server": run_server, "client": run_client}[sys.argv[1]]
run(*sys.argv[2:])
reactor.run()
