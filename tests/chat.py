"""A line protocol with a keepalive that writes down what happens to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure

from heartbeat import HeartbeatMixin, Keepalive, Lines, PeerLostError, Verdict
from heartbeat.testing import InjectedProbe, Pair, connect, inject
from tests.connections import Sink

if TYPE_CHECKING:
    from heartbeat import Kind

__all__ = ["STEADY", "Chat", "Producer", "alone", "injected", "producing", "together"]

STEADY = Keepalive(interval=30, timeout=10, jitter=0)
"""Without chance, in round numbers."""


class Chat(HeartbeatMixin, LineReceiver):
    """Writes down lines, suspicions, verdicts and the end.

    Args:
        policy: Its keepalive.
    """

    wire: Any = Lines()
    transport: Any

    def __init__(self, policy: Keepalive = STEADY) -> None:
        self.keepalive = policy
        self.lines: list[bytes] = []
        self.suspicions: list[Verdict] = []
        self.verdicts: list[Verdict] = []
        self.reasons: list[Failure] = []

    def lineReceived(self, line: bytes) -> None:
        """Write it down."""
        self.lines.append(line)

    def peer_suspected(self, verdict: Verdict) -> None:
        """Write it down."""
        self.suspicions.append(verdict)

    def peer_lost(self, verdict: Verdict) -> None:
        """Write it down."""
        self.verdicts.append(verdict)

    def connectionLost(self, reason: Failure = Failure(ConnectionDone())) -> None:  # noqa: B008
        """Write it down."""
        self.reasons.append(reason)

    @property
    def kinds(self) -> list[Kind]:
        """The kinds of verdicts that ended it."""
        return [
            reason.value.verdict.kind
            for reason in self.reasons
            if isinstance(reason.value, PeerLostError)
        ]


def together(policy: Keepalive = STEADY) -> Pair[Chat, Chat]:
    """Two chats, connected in memory; the server asks nothing."""
    return connect(Chat(policy), Chat(Keepalive(interval=None)), Clock())


def alone(policy: Keepalive = STEADY, chat: Chat | None = None) -> Pair[Chat, Sink]:
    """A chat whose peer reads and never says a word."""
    return connect(Chat(policy) if chat is None else chat, Sink(), Clock())


def injected(
    policy: Keepalive = STEADY, **evidence: Any
) -> tuple[Pair[Chat, Sink], InjectedProbe]:
    """A chat that judges its silent peer by what a test makes up."""
    pair = alone(policy)
    probe = inject(pair.client.heartbeat)
    probe.set(**evidence)
    return pair, probe


class Producer:
    """Never done by itself."""

    def __init__(self) -> None:
        self.stopped = False

    def pauseProducing(self) -> None:
        """Harmless."""

    def resumeProducing(self) -> None:
        """Harmless."""

    def stopProducing(self) -> None:
        """Write it down."""
        self.stopped = True


def producing(pair: Pair[Any, Any]) -> Producer:
    """A producer that keeps the client from closing."""
    producer = Producer()
    pair.client.transport.registerProducer(producer, True)
    return producer
