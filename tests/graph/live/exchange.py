"""Requests to the page without a socket."""

from __future__ import annotations

from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionDone
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from heartbeat.clock import ScopedClock
from heartbeat.graph.live.assets import load
from heartbeat.graph.live.guard import Guard
from heartbeat.graph.live.recorder import Recorder
from heartbeat.graph.live.site import Channel, Site
from tests.graph.live.made_up import Story
from tests.graph.live.reader import Reader

__all__ = ["PORT", "Exchange", "unchunked"]

PORT = 8123


class Exchange:
    """A page on a clock, and browsers that are none.

    Args:
        source: Of the snapshots; a story by default.
    """

    def __init__(self, source: Any = None) -> None:
        self.reactor = Clock()
        self.story = Story()
        self.clock = ScopedClock(self.reactor, name="test", after_close="drop")
        self.recorder = Recorder(self.clock, source or self.story.source)
        self.guard = Guard()
        self.site = Site(self.clock, self.guard, load(), self.recorder)

    def connect(self) -> tuple[Channel, StringTransport]:
        """A new connection."""
        channel = self.site.buildProtocol(None)
        assert channel is not None
        here = IPv4Address("TCP", "127.0.0.1", PORT)
        transport = StringTransport(here, here)
        # As a socket does, when it is aborted.
        transport.abortConnection = lambda: self.lose(channel)  # type: ignore[method-assign]
        channel.makeConnection(transport)
        return channel, transport

    def lose(self, channel: Channel) -> None:
        """End a connection."""
        if channel in self.site.channels:
            channel.connectionLost(Failure(ConnectionDone()))

    def request(self, name: str, method: str = "GET", *more: str) -> bytes:
        """The bytes of a request that is welcome."""
        lines = [
            f"{method} /{self.guard.token}/{name} HTTP/1.1",
            f"Host: 127.0.0.1:{PORT}",
            *more,
        ]
        return "\r\n".join([*lines, "", ""]).encode()

    def ask(self, name: str, method: str = "GET") -> tuple[int, str, bytes]:
        """Status, headers and body of an answer."""
        channel, transport = self.connect()
        channel.dataReceived(self.request(name, method))
        head, _, body = transport.value().partition(b"\r\n\r\n")
        self.lose(channel)
        return int(head.split(b" ")[1]), head.decode().lower(), body

    def watch(self) -> tuple[Channel, StringTransport]:
        """A page that watches."""
        channel, transport = self.connect()
        channel.dataReceived(self.request("events"))
        return channel, transport

    def close(self) -> None:
        """End it all."""
        for channel in list(self.site.channels):
            self.lose(channel)
        self.clock.close()

    def pass_time(self, seconds: float) -> None:
        """In steps, so that what is due is done in order."""
        for _ in range(round(seconds * 10)):
            self.story.now += 0.1
            self.reactor.advance(0.1)


def unchunked(answer: bytes) -> Reader:
    """What a page has that was sent that."""
    reader = Reader()
    _, _, body = answer.partition(b"\r\n\r\n")
    while body:
        size, _, body = body.partition(b"\r\n")
        reader.feed(body[: int(size, 16)])
        body = body[int(size, 16) + 2 :]
    return reader
