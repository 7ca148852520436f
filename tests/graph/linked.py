"""Real connections between two protocols of ours, on one reactor."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import attrs
from twisted.internet.protocol import ClientFactory, Protocol

from tests.connections import descriptor, until
from tests.tls import client_options, server_options

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Chat", "Chats", "Link", "closed", "linked"]


class Chat(Protocol):
    """A protocol that does nothing."""


class Chats(ClientFactory):
    """Builds the protocols it was given, or one of a class."""

    protocol = Chat
    noisy = False

    def __init__(self, protocol: Any = None) -> None:
        self.built: list[Any] = []
        self._given = protocol

    def buildProtocol(self, addr: Any) -> Any:
        """The protocol that was given, or a new one."""
        protocol = self._given or super().buildProtocol(addr)
        if isinstance(protocol, Protocol):
            protocol.factory = self
        self.built.append(protocol)
        return protocol


@attrs.define
class Link:
    """Both ends of a connection, and what made them."""

    reactor: Any
    port: Any
    connector: Any
    server: Any
    client: Any
    ends: tuple[Any, Any]

    def close(self) -> None:
        """Close what is not closed."""
        self.lose()
        closed(self.reactor, self.port)

    def lose(self) -> None:
        """Lose the connection."""
        for end in self.ends:
            if end.connected:
                end.abortConnection()
        until(self.reactor, lambda: not any(end.connected for end in self.ends))


def closed(reactor: Any, port: Any) -> None:
    """Stop *port* listening, and wait for that."""
    done: list[object] = []
    stopping = port.stopListening()
    if stopping is not None:
        stopping.addBoth(done.append)
        until(reactor, lambda: done)


@contextlib.contextmanager
def linked(
    reactor: Any,
    server: Any = None,
    client: Any = None,
    *,
    tls: bool = False,
    unix: str = "",
) -> Iterator[Link]:
    """A connection over the loopback interface, and at the end not any more."""
    servers, clients = Chats(server), Chats(client)
    if unix:
        port = reactor.listenUNIX(unix, servers)
        connector = reactor.connectUNIX(unix, clients)
    elif tls:
        port = reactor.listenSSL(0, servers, server_options(), interface="127.0.0.1")
        number = port.getHost().port
        connector = reactor.connectSSL("127.0.0.1", number, clients, client_options())
    else:
        port = reactor.listenTCP(0, servers, interface="127.0.0.1")
        connector = reactor.connectTCP("127.0.0.1", port.getHost().port, clients)
    until(reactor, lambda: servers.built and clients.built)
    server, client = servers.built[0], clients.built[0]
    ends = (descriptor(server), descriptor(client))
    link = Link(reactor, port, connector, server, client, ends)
    try:
        yield link
    finally:
        link.close()
