"""What a peer and we go through together: life, a stop, an end, a return."""

from __future__ import annotations

import contextlib
import importlib
from typing import TYPE_CHECKING, Any

import attrs
from twisted.application.internet import ClientService
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.task import deferLater

from heartbeat import HeartbeatMixin, Keepalive, Kind, PeerLostError, Proof
from heartbeat.wires.websocket import WebSocket
from tests.servers.websocket_peers.process import Peer, free_port

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.python.failure import Failure

    from heartbeat import Verdict

__all__ = ["Witness", "with_a_client", "with_a_server"]

websocket: Any = importlib.import_module("autobahn.twisted.websocket")

ASKING = Keepalive(interval=0.3, timeout=2, jitter=0, proof=Proof.REPLY)
"""An answer is asked for all the time, whatever else comes."""

LISTENING = attrs.evolve(ASKING, proof=Proof.TRAFFIC)
"""As long as the peer asks, we need not."""

ANSWERING = attrs.evolve(LISTENING, interval=30)
"""It is the peer who asks."""

WAYS = ("quiet", "idle", "busy")
"""Of being connected: only answering, asking as well, and with messages besides."""

ROUNDS = 8
"""Answers that make many intervals."""

SLACK = 2.0
"""Seconds beyond its promise that a verdict may take here: machines are busy."""

PATIENCE = 1000
"""Turns of 20 ms that anything may take."""


@attrs.define(eq=False)
class Witness:
    """What happened to the connections of one factory.

    Attributes:
        opened: Every protocol that opened.
        suspected: Early warnings.
        verdicts: What we gave up for.
        reasons: Why connections were lost that had been open.
    """

    opened: list[Any] = attrs.Factory(list)
    suspected: list[Verdict] = attrs.Factory(list)
    verdicts: list[Verdict] = attrs.Factory(list)
    reasons: list[Failure] = attrs.Factory(list)

    @property
    def living(self) -> list[Any]:
        """Connections that are open."""
        return [each for each in self.opened if each.state == each.STATE_OPEN]


class Talking:
    """An application: counts, and echoes if it is a server."""

    factory: Any
    messages = 0

    def onOpen(self) -> None:  # noqa: N802
        """It can begin."""
        self.factory.witness.opened.append(self)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:  # noqa: N802, N803
        """Count it."""
        self.messages += 1
        if self.factory.isServer:
            self.sendMessage(payload, isBinary)  # type: ignore[attr-defined]

    def connectionLost(self, reason: Failure) -> None:
        """Keep why."""
        if self in self.factory.witness.opened:
            self.factory.witness.reasons.append(reason)
        super().connectionLost(reason)  # type: ignore[misc]


class Ours(HeartbeatMixin, Talking):
    """With our keepalive."""

    keepalive = ASKING
    wire = WebSocket()
    way = ""

    def onOpen(self) -> None:  # noqa: N802
        """Be as is wanted here."""
        super().onOpen()
        if self.way == "quiet":
            self.heartbeat.configure(ANSWERING)
        elif self.way == "busy" and not self.factory.isServer:
            self.clock.every(0.02, self.sendMessage, b"busy")  # type: ignore[attr-defined]

    def peer_suspected(self, verdict: Verdict) -> None:
        """Keep it."""
        self.factory.witness.suspected.append(verdict)

    def peer_lost(self, verdict: Verdict) -> None:
        """Keep it."""
        self.factory.witness.verdicts.append(verdict)


class OurClient(Ours, websocket.WebSocketClientProtocol):
    """Goes by the address."""

    def onConnecting(self, details: Any) -> None:  # noqa: N802
        """Note the way."""
        self.way = self.factory.path.removeprefix("/")


class OurServer(Ours, websocket.WebSocketServerProtocol):
    """Goes by what was asked for."""

    def onConnect(self, request: Any) -> None:  # noqa: N802
        """Note the way."""
        self.way = request.path.removeprefix("/")


class Mute(Talking):
    """Without it, and answering no ping."""

    asked = 0

    def onPing(self, payload: bytes) -> None:  # noqa: N802
        """Say nothing."""
        self.asked += 1


class MuteClient(Mute, websocket.WebSocketClientProtocol):
    """Mute."""


class MuteServer(Mute, websocket.WebSocketServerProtocol):
    """Mute."""


async def with_a_server(library: str, reactor: Any) -> str:
    """The peer listens; clients of ours, and a mute one, come.

    Returns:
        What was observed.
    """
    port = free_port()
    url = f"ws://127.0.0.1:{port}"
    ours, mute = Witness(), Witness()
    factories = [_factory(OurClient, ours, f"{url}/{way}") for way in WAYS]
    factories.append(_factory(MuteClient, mute, url))
    services = [_service(reactor, port, factory) for factory in factories]
    for service in services:
        service.startService()
    try:
        with contextlib.closing(Peer(library, "server", str(port))) as peer:
            await _live(reactor, peer, ours, mute)
            await _freeze(reactor, peer, ours)
        with contextlib.closing(Peer(library, "server", str(port))) as peer:
            await _end(reactor, peer, ours)
    finally:
        for service in services:
            await service.stopService()
    return f"{_seen(ours)}; ClientService came back when it did"


async def with_a_client(library: str, reactor: Any) -> str:
    """We listen, once as we should and once mute; the peer's clients come.

    Returns:
        What was observed.
    """
    ours, mute = Witness(), Witness()
    ports = [
        reactor.listenTCP(0, _factory(kind, witness), interface="127.0.0.1")
        for kind, witness in ((OurServer, ours), (MuteServer, mute))
    ]
    here, there = (f"ws://127.0.0.1:{port.getHost().port}" for port in ports)
    visits = [f"{here}/{way}" for way in WAYS]
    try:
        with contextlib.closing(
            Peer(library, "client", *visits, f"{there}/mute")
        ) as peer:
            await _live(reactor, peer, ours, mute)
            await _freeze(reactor, peer, ours)
        with contextlib.closing(Peer(library, "client", *visits)) as peer:
            await _end(reactor, peer, ours)
    finally:
        for port in ports:
            await port.stopListening()
    return _seen(ours)


def _factory(kind: Any, witness: Witness, *url: str) -> Any:
    client = issubclass(kind, websocket.WebSocketClientProtocol)
    factory = getattr(websocket, f"WebSocket{'Client' if client else 'Server'}Factory")(
        *url
    )
    if issubclass(kind, Ours):
        # Were it not switched off by our wire, it would drop our connections.
        factory.setProtocolOptions(autoPingInterval=1, autoPingTimeout=0.001)
    factory.protocol = kind
    factory.witness = witness
    return factory


def _service(reactor: Any, port: int, factory: Any) -> ClientService:
    endpoint = TCP4ClientEndpoint(reactor, "127.0.0.1", port)
    return ClientService(endpoint, factory, retryPolicy=lambda _: 0.1, clock=reactor)


async def _live(reactor: Any, peer: Peer, ours: Witness, mute: Witness) -> None:
    """Many intervals without a suspicion, until the peer has dropped the mute one."""

    def counters(way: str) -> Any:
        (one,) = (each for each in ours.living if each.way == way)
        return one.heartbeat.counters

    def lived() -> bool:
        if len(ours.living) < len(WAYS):
            return False
        asked = min(counters(way).pongs for way in ("idle", "busy"))
        told = max(each.messages for each in ours.living)
        return min(asked, told) >= ROUNDS and bool(mute.reasons)

    await _until(reactor, peer, lived)
    assert not ours.suspected, f"{peer}: {ours.suspected}"
    assert not ours.reasons, f"{peer}: {ours.reasons}"
    assert mute.opened[0].asked > 0, f"{peer} dropped whom it had not asked"
    assert counters("quiet").pings_answered > 0, f"{peer} never asked"
    assert counters("quiet").pings_sent == 0, f"{peer}: we did"


async def _freeze(reactor: Any, peer: Peer, ours: Witness) -> None:
    """It is stopped: hung, and that soon enough."""
    for each in ours.living:
        if each.way == "quiet":
            each.heartbeat.configure(LISTENING)
    peer.freeze()
    await _until(reactor, peer, lambda: len(ours.reasons) == len(WAYS))
    assert ASKING.within is not None
    for verdict in ours.verdicts:
        assert verdict.kind is Kind.PEER_HUNG, f"{peer}: {verdict}"
        assert verdict.waited <= ASKING.within + SLACK, f"{peer}: {verdict}"
    for reason in ours.reasons:
        assert reason.check(PeerLostError), f"{peer}: {reason}"


async def _end(reactor: Any, peer: Peer, ours: Witness) -> None:
    """It is back, and killed: its kernel says so, and there is nothing to judge."""
    await _until(reactor, peer, lambda: len(ours.living) == len(WAYS))
    judged = len(ours.verdicts)
    ours.reasons.clear()
    peer.kill()
    await _until(reactor, peer, lambda: len(ours.reasons) == len(WAYS))
    assert len(ours.verdicts) == judged, f"{peer}: {ours.verdicts}"
    for reason in ours.reasons:
        assert not reason.check(PeerLostError), f"{peer}: {reason}"


def _seen(ours: Witness) -> str:
    counters = [each.heartbeat.counters for each in ours.opened]
    return (
        f"{sum(each.pings_answered for each in counters)} pings of its answered, "
        f"{sum(each.pongs for each in counters)} of ours; drops a mute peer; "
        "stopped: PEER_HUNG; killed: no verdict"
    )


async def _until(reactor: Any, peer: Peer, condition: Callable[[], object]) -> None:
    for _ in range(PATIENCE):
        if condition():
            return
        await deferLater(reactor, 0.02)
    raise AssertionError(f"never: {peer}")
