"""Libraries of WebSocket, as servers and as clients: they ask, and so do we."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.trial.unittest import SynchronousTestCase

from heartbeat import Keepalive, Kind, Proof
from tests.servers.acts import Case, Play
from tests.servers.clients.websocket import WebSocketClient, WebSocketServer
from tests.servers.daemons import HOST, Daemon
from tests.servers.scenes import AskingTests, faults, steady
from tests.servers.websocket_peers.programs import (
    AiohttpClient,
    AiohttpServer,
    AutobahnClient,
    AutobahnServer,
    WebsocketsClient,
    WebsocketsServer,
    WebsocketsTlsServer,
)

if TYPE_CHECKING:
    from tests.servers.clients.watched import Watched

RULES = {
    "websockets": "ping every 0.5 s, pong within 4 s (ping_interval, ping_timeout)",
    "aiohttp": "ping after 5 s of silence (heartbeat), pong within half of that, which "
    "cannot be chosen",
    "autobahn": "ping 1 s after the last pong, pong within 4 to 5 s (autoPingInterval, "
    "autoPingTimeout 5: it counts whole seconds of the clock)",
}
"""What each library demands, as its script configures it."""

NUMBERS = {"websockets": (0.5, 4), "aiohttp": (5, 2.5), "autobahn": (1, 4)}
"""Seconds of silence before it asks, and for the answer, at least."""


def _client(policy: Keepalive | None, server: Any) -> Watched:
    if server.calls:
        return WebSocketServer(policy)
    scheme = "wss" if server.tls else "ws"
    return WebSocketClient(policy, f"{scheme}://{HOST}:{server.port}")


def _play(daemon: type[Daemon]) -> tuple[Play, Case]:
    role = "client" if daemon.calls else "server over TLS" if daemon.tls else "server"
    interval, timeout = NUMBERS[daemon.executable]
    case = Case(
        name=f"{daemon.name}, {role}",
        rule=RULES[daemon.executable],
        sends="ping 0.5 s after its last pong, pong to every ping",
        client=_client,
        policy=Keepalive(interval=0.5, timeout=3, jitter=0, proof=Proof.REPLY),
        answers=Keepalive(interval=None),
        questions=5,
        hears=False,
        server_rule=Keepalive(interval=interval, timeout=timeout, jitter=0),
        slowest=interval + timeout + 3,
        span=20,
        frozen=Kind.PEER_HUNG,
    )
    return Play(daemon, [case], [steady, faults]), case


class WebSocketTests(AskingTests):
    """Those for WebSocket."""

    def test_alone(self) -> None:
        """It is dropped because the peer asked, and it did not answer."""
        dropped = self.play.outcome(self.case, "alone")

        assert "unanswered pings: " in dropped, dropped
        assert "unanswered pings: 0" not in dropped, dropped


class WebsocketsServerTests(WebSocketTests, SynchronousTestCase):
    """The library ``websockets``, which we call."""

    play, case = _play(WebsocketsServer)


class WebsocketsTlsServerTests(WebSocketTests, SynchronousTestCase):
    """The same over TLS."""

    play, case = _play(WebsocketsTlsServer)


class WebsocketsClientTests(WebSocketTests, SynchronousTestCase):
    """The library ``websockets``, which calls us."""

    play, case = _play(WebsocketsClient)


class AiohttpServerTests(WebSocketTests, SynchronousTestCase):
    """The library ``aiohttp``, which we call."""

    play, case = _play(AiohttpServer)


class AiohttpClientTests(WebSocketTests, SynchronousTestCase):
    """The library ``aiohttp``, which calls us."""

    play, case = _play(AiohttpClient)


class AutobahnServerTests(WebSocketTests, SynchronousTestCase):
    """Autobahn, which we call."""

    play, case = _play(AutobahnServer)


class AutobahnClientTests(WebSocketTests, SynchronousTestCase):
    """Autobahn, which calls us."""

    play, case = _play(AutobahnClient)
