"""Protocols that know nothing of us, and what is told about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.internet.interfaces import IProtocol
from twisted.internet.protocol import Factory, Protocol
from zope.interface import implementer

from heartbeat import Keepalive

if TYPE_CHECKING:
    from heartbeat import Verdict

__all__ = ["LISTEN", "Notes", "Plain", "Rigid", "factory_of"]

LISTEN = Keepalive(interval=None, silence=60, jitter=0, grace=5)
"""The one limit that needs no words."""


class Plain(Protocol):
    """Writes down what it is told."""

    transport: Any

    def __init__(self) -> None:
        self.received = b""
        self.reasons: list[Any] = []

    def dataReceived(self, data: bytes) -> None:
        """Keep it."""
        self.received += data

    def connectionLost(self, reason: Any = None) -> None:
        """Keep it, and do not call ``super()``."""
        self.reasons.append(reason)


@implementer(IProtocol)
class Rigid:
    """No attribute of it can be set but its own, and it is no `Protocol`."""

    __slots__ = ("__weakref__", "reasons", "received", "transport")

    def __init__(self) -> None:
        self.transport: Any = None
        self.received = b""
        self.reasons: list[Any] = []

    def makeConnection(self, transport: Any) -> None:
        """Keep it."""
        self.transport = transport

    def connectionMade(self) -> None:
        """Nobody calls this."""

    def dataReceived(self, data: bytes) -> None:
        """Keep it."""
        self.received += data

    def connectionLost(self, reason: Any = None) -> None:
        """Keep it."""
        self.reasons.append(reason)


class Notes:
    """Hooks that write down what they are told."""

    def __init__(self) -> None:
        self.suspected: list[tuple[Any, Verdict]] = []
        self.lost: list[tuple[Any, Verdict]] = []

    def on_suspected(self, protocol: Any, verdict: Verdict) -> None:
        """A verdict threatens."""
        self.suspected.append((protocol, verdict))

    def on_lost(self, protocol: Any, verdict: Verdict) -> None:
        """It has fallen."""
        self.lost.append((protocol, verdict))


def factory_of(protocol: Any) -> Factory:
    """A factory that builds *protocol*, always the same."""
    factory: Any = Factory()
    factory.buildProtocol = lambda _: protocol
    return factory  # type: ignore[no-any-return]
