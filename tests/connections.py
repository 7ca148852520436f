"""Real connections without a running reactor: one end Twisted's, one end ours."""

from __future__ import annotations

import contextlib
import socket
import time
from typing import TYPE_CHECKING, Any, TypeVar

from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Factory, Protocol
from twisted.python.failure import Failure

from heartbeat import _twisted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twisted.internet.abstract import FileDescriptor
    from twisted.internet.base import ReactorBase

__all__ = ["Sink", "adopted", "descriptor", "global_reactor", "tcp_pair", "until"]

P = TypeVar("P", bound=Protocol)

PATIENCE = 60.0
"""Seconds that `until` waits."""


class Sink(Protocol):
    """Keeps what it receives."""

    def __init__(self) -> None:
        self.received = b""
        self.lost: list[Failure] = []

    def dataReceived(self, data: bytes) -> None:
        """Keep it."""
        self.received += data

    def connectionLost(self, reason: Failure = Failure(ConnectionDone())) -> None:  # noqa: B008
        """Keep why."""
        self.lost.append(reason)


def global_reactor() -> Any:
    """The global reactor: TLS has it flush small writes, whatever reactor is used."""
    from twisted.internet import reactor  # noqa: PLC0415, TID251

    return reactor


def tcp_pair(family: int = socket.AF_INET) -> tuple[socket.socket, socket.socket]:
    """Both ends of a TCP connection over the loopback interface, ours first."""
    host = "::1" if family == socket.AF_INET6 else "127.0.0.1"
    with socket.socket(family) as listener:
        listener.bind((host, 0))
        listener.listen()
        peer = socket.create_connection(listener.getsockname()[:2])
        ours, _ = listener.accept()
    return ours, peer


@contextlib.contextmanager
def adopted(
    reactor: ReactorBase, protocol: P, ours: socket.socket, factory: Any = None
) -> Iterator[P]:
    """*protocol* connected to the socket *ours*, and at the end not any more.

    Args:
        reactor: Not running; drive it with `until`.
        protocol: The protocol.
        ours: Any stream socket.
        factory: Something other than the protocol itself to connect; it leads
            to the protocol.
    """
    with ours:
        adopt: Any = reactor.adoptStreamConnection  # type: ignore[attr-defined]
        adopt(ours.fileno(), ours.family, factory or _factory(protocol))
    lowest = descriptor(protocol)
    try:
        yield protocol
    finally:
        if lowest.connected:
            lowest.connectionLost(Failure(ConnectionDone()))


def descriptor(protocol: Protocol) -> FileDescriptor:
    """The descriptor under *protocol*'s transport."""
    found = _twisted.descriptor_of(protocol.transport)
    assert found is not None
    return found


def until(reactor: Any, condition: Callable[[], object]) -> None:
    """Turn *reactor* until *condition* holds."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"{condition} never held"
        reactor.iterate(0.01)


def _factory(protocol: Protocol) -> Factory:
    factory: Any = Factory()
    factory.buildProtocol = lambda _: protocol
    return factory  # type: ignore[no-any-return]
