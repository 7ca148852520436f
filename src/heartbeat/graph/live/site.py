"""HTTP, as far as the page needs it: GET and HEAD of what is in a table.

The factory is none of `twisted.web`'s, which would keep a call pending and log every
address with its token. All timeouts of the connections are on the page's own clock.
"""
# ruff: noqa: N802, N815 - twisted.web's names
# mypy: disallow-untyped-calls=False

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.internet.protocol import ServerFactory, connectionDone
from twisted.web import http

from heartbeat.graph.live.details import details, sentences
from heartbeat.graph.live.guard import HEADERS, Refusal
from heartbeat.graph.live.watcher import Watcher

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.interfaces import IAddress, IDelayedCall
    from twisted.python.failure import Failure

    from heartbeat.clock import ScopedClock
    from heartbeat.graph.live.assets import Asset
    from heartbeat.graph.live.guard import Guard
    from heartbeat.graph.live.recorder import Recorder

__all__ = ["BODY", "CHANNELS", "IDLE", "WATCHERS", "Channel", "Request", "Site"]

BODY = 2**16
"""Bytes that may come with a request; they are thrown away."""

CHANNELS = 64
"""Connections at a time."""

IDLE = 60
"""Seconds after which a connection without a request is closed."""

WATCHERS = 8
"""Pages at a time."""

_JSON, _TEXT = b"application/json", b"text/plain; charset=utf-8"
_FULL = Refusal(http.SERVICE_UNAVAILABLE, "Too many pages watch already.")
_UNKNOWN = Refusal(http.NOT_FOUND, "There is no such thing.")


class Request(http.Request):
    """A request, let in or not."""

    channel: Channel

    def gotLength(self, length: int | None) -> None:  # noqa: ARG002 - as its base
        """Make no room for a body, neither in memory nor on disk."""
        super().gotLength(0)
        self._thrown_away = 0

    def handleContentChunk(self, data: bytes) -> None:
        """Nobody reads it; who sends much is hung up on."""
        self._thrown_away += len(data)
        if self._thrown_away > BODY:
            self.channel.forceAbortClient()

    def process(self) -> None:
        """Answer it, or say why not."""
        site = self.channel.factory
        for name, value in HEADERS.items():
            self.setHeader(name, value)
        refusal = site.guard.refusal(
            self.method, self.path, self.requestHeaders, self.getHost().port
        )
        if refusal is None:
            refusal = site.answer(self, site.guard.name(self.path) or b"")
        if refusal is not None:
            self._refuse(refusal)

    def reply(self, kind: bytes, content: bytes) -> None:
        """The whole answer."""
        self.setHeader(b"Content-Type", kind)
        self.setHeader(b"Content-Length", b"%d" % len(content))
        self.write(content)
        self.finish()

    def _refuse(self, refusal: Refusal) -> None:
        self.setResponseCode(refusal.status)
        if refusal.status == http.NOT_ALLOWED:
            self.setHeader(b"Allow", b"GET, HEAD")
        self.reply(_TEXT, refusal.why.encode())


class Channel(http.HTTPChannel):
    """A connection of a browser."""

    factory: Site
    requestFactory = Request
    timeOut: Any = IDLE

    def callLater(
        self, period: float, func: Callable[..., object], *args: Any
    ) -> IDelayedCall:
        """The hook of ``TimeoutMixin``, on the clock of the page."""
        return self.factory.clock.callLater(period, func, *args)

    def connectionMade(self) -> None:
        """One more."""
        self.factory.channels.add(self)
        super().connectionMade()

    def timeoutConnection(self) -> None:
        """Close it without a word in the program's log."""
        self.forceAbortClient()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """One less."""
        super().connectionLost(reason)
        self.factory.lost(self)


class Site(ServerFactory):
    """All connections to the page, and what they may ask for.

    Args:
        clock: The scope of the page.
        guard: Who is let in.
        assets: The files of the page.
        recorder: Takes the pictures.

    Attributes:
        channels: The connections.
        clock: As given.
        guard: As given.
    """

    protocol: Any = Channel
    noisy = False

    def __init__(
        self,
        clock: ScopedClock,
        guard: Guard,
        assets: dict[bytes, Asset],
        recorder: Recorder,
    ) -> None:
        self.channels: set[Channel] = set()
        self.clock = clock
        self.guard = guard
        self._assets = assets
        self._recorder = recorder
        self._empty: Deferred[None] | None = None

    def buildProtocol(self, addr: IAddress | None) -> Any:
        """A connection, unless there are too many."""
        if len(self.channels) >= CHANNELS:
            return None
        return super().buildProtocol(addr)

    def log(self, request: http.Request) -> None:
        """Write nothing: the address of the page is a secret."""

    def answer(self, request: Request, name: bytes) -> Refusal | None:
        """Answer a request that was let in, or say why not."""
        asset = self._assets.get(name)
        if asset is not None:
            request.reply(asset.kind, asset.content)
            return None
        other = {
            b"events": self._events,
            b"details": self._details,
            b"words": self._words,
        }.get(name)
        return _UNKNOWN if other is None else other(request)

    def lost(self, channel: Channel) -> None:
        """A connection is gone."""
        self.channels.discard(channel)
        self._settle()

    def hang_up(self) -> Deferred[None]:
        """Drop all connections; fires when the last one is gone."""
        empty = self._empty = Deferred()
        for channel in list(self.channels):
            channel.forceAbortClient()
        self._settle()
        return empty

    def _settle(self) -> None:
        if self._empty is not None and not self.channels:
            empty, self._empty = self._empty, None
            empty.callback(None)

    def _events(self, request: Request) -> Refusal | None:
        if len(self._recorder.watchers) >= WATCHERS:
            return _FULL
        request.setHeader(b"Content-Type", b"text/event-stream")
        request.write(b": welcome\n\n")
        if request.method == b"HEAD":
            request.finish()
        else:
            Watcher(request, self._recorder, self.clock.seconds).begin()
        return None

    def _details(self, request: Request) -> Refusal | None:
        snapshot = self._recorder.album.picture.snapshot
        wanted = request.args.get(b"id", [b""])[0].decode("ascii", "replace")
        if snapshot is None:
            return _UNKNOWN
        found = details(snapshot, self._recorder.history, wanted)
        if found is None:
            return _UNKNOWN
        request.reply(_JSON, found)
        return None

    def _words(self, request: Request) -> None:
        request.reply(_JSON, json.dumps(sentences()).encode())
