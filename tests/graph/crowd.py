"""Sixty live connections of one factory on a real reactor, without running it."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING, Any

from twisted.internet.error import ConnectionLost
from twisted.internet.protocol import Factory, Protocol
from twisted.protocols.policies import TimeoutMixin
from twisted.python.failure import Failure

from tests.reactors import fresh

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SIZE", "Chat", "Crowd", "Session", "crowd"]

SIZE = 60


class Session:
    """What the program knows of one user; between the call and the connection."""

    def __init__(self, chat: Chat, manager: Crowd) -> None:
        self.chat: Any = chat
        self.manager = manager
        self.name = "somebody"

    def ping(self) -> None:
        """Touch the connection."""
        self.chat.ping()


class Chat(TimeoutMixin, Protocol):
    """A connection like all the others; everything in it leads to all of them."""

    factory: Any

    def connectionMade(self) -> None:
        """Be known to everybody, in every usual way."""
        self.session = Session(self, self.factory.crowd)
        self.factory.chats.append(self)
        self.factory.sessions[self.key] = self.session
        self.factory.crowd.by_name[self.key] = self

    @property
    def key(self) -> str:
        """What the registries know it by."""
        peer: Any = self.transport
        return str(peer.getPeer().port)

    def ping(self, *args: object) -> Any:
        """What most calls are for."""

    def failed(self, reason: object) -> None:
        """An errback."""


class Chats(Factory):
    """Knows all of them."""

    protocol = Chat

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.chats: list[Chat] = []
        self.sessions: dict[str, Session] = {}

    def ping_all(self) -> None:
        """For calls of the factory itself."""


class Crowd:
    """The connections, what knows them, and the reactor they are on."""

    def __init__(self, reactor: Any) -> None:
        self.reactor = reactor
        self.by_name: dict[str, Chat] = {}
        self.factory = Chats(self)
        self._peers: list[socket.socket] = []
        with socket.create_server(("127.0.0.1", 0)) as server:
            for _ in range(SIZE):
                self._connect(server)

    @property
    def chats(self) -> list[Chat]:
        """All of them."""
        return self.factory.chats

    @property
    def one(self) -> Chat:
        """The one that the call is about: in the middle."""
        return self.chats[SIZE // 2]

    def lose(self, chat: Chat) -> None:
        """Its peer is gone, and the transport has noticed."""
        transport: Any = chat.transport
        transport.connectionLost(Failure(ConnectionLost()))

    def close(self) -> None:
        """End all connections and pending calls."""
        for call in self.reactor.getDelayedCalls():
            call.cancel()
        for chat in self.chats:
            transport: Any = chat.transport
            if transport.connected:
                self.lose(chat)
        for peer in self._peers:
            peer.close()

    def _connect(self, server: socket.socket) -> None:
        peer = socket.create_connection(server.getsockname())
        self._peers.append(peer)
        accepted, _ = server.accept()
        with accepted:
            accepted.setblocking(False)
            self.reactor.adoptStreamConnection(
                accepted.fileno(), socket.AF_INET, self.factory
            )


@contextlib.contextmanager
def crowd(reactor: str = "select") -> Iterator[Crowd]:
    """A crowd on a reactor of its own."""
    with fresh(reactor) as made:
        people = Crowd(made)
        try:
            yield people
        finally:
            people.close()
