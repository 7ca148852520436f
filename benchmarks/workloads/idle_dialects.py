"""How a peer answers pings, with as little work as possible."""

from __future__ import annotations

from abc import ABC, abstractmethod

__all__ = ["DIALECTS", "Dialect"]

TEXT = b"twenty bytes of text"


class Dialect(ABC):
    """One protocol, as the peer of a server speaks it.

    Attributes:
        greeting: What it sends first.
        message: One message of the application.
    """

    greeting = b""
    message = b""

    def welcomes(self, data: bytes) -> bool:
        """Whether *data* completes the answer to the greeting."""
        del data
        return True

    @abstractmethod
    def answers(self, data: bytes) -> tuple[int, bytes]:
        """The number of pings in *data*, and what answers them."""


class LineDialect(Dialect):
    """Lines, with ``PING`` and ``PONG``."""

    message = TEXT + b"\r\n"

    def answers(self, data: bytes) -> tuple[int, bytes]:
        """Turn every question into an answer."""
        return data.count(b"PING"), data.replace(b"PING", b"PONG")


class WebSocketDialect(Dialect):
    """Frames after a handshake, masked with zeros; :rfc:`6455`."""

    greeting = (
        b"GET / HTTP/1.1\r\n"
        b"Host: 127.0.0.1\r\n"
        b"Upgrade: websocket\r\n"
        b"Connection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"Sec-WebSocket-Version: 13\r\n\r\n"
    )
    message = bytes((0x81, 0x80 | len(TEXT))) + bytes(4) + TEXT

    def welcomes(self, data: bytes) -> bool:
        """Whether the server has switched protocols."""
        return data.startswith(b"HTTP/1.1 101 ") and data.endswith(b"\r\n\r\n")

    def answers(self, data: bytes) -> tuple[int, bytes]:
        """Echo the payload of each ping; all frames are short."""
        pongs = []
        at = 0
        while at < len(data):
            head, size = data[at], data[at + 1]
            payload = data[at + 2 : at + 2 + size]
            at += 2 + size
            assert head == 0x89, "only pings are expected"
            pongs.append(bytes((0x8A, 0x80 | size)) + bytes(4) + payload)
        return len(pongs), b"".join(pongs)


class BananaDialect(Dialect):
    """Foolscap's tokens, of which ping and pong are one byte each."""

    def answers(self, data: bytes) -> tuple[int, bytes]:
        """Turn every question into an answer."""
        return data.count(b"\x8e"), b"\x8f" * data.count(b"\x8e")


DIALECTS: dict[str, type[Dialect]] = {
    "line": LineDialect,
    "websocket": WebSocketDialect,
    "banana": BananaDialect,
}
