"""The live page: opened, and closed without a trace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, execute, maybeDeferred

from heartbeat.calls import ScopedCall
from heartbeat.clock import ScopedClock
from heartbeat.graph.live.assets import load
from heartbeat.graph.live.guard import Guard
from heartbeat.graph.live.recorder import SHARE, Recorder
from heartbeat.graph.live.site import Site
from heartbeat.graph.static import attribute, is_a

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.interfaces import IListeningPort

    from heartbeat.graph.model import Snapshot

__all__ = ["HOST", "SCOPE", "LivePage", "serve"]

HOST = "127.0.0.1"
"""Where it listens: no other machine can connect to it."""

SCOPE = "heartbeat.graph.live"
"""The name of the scope in which all its timers are."""


class LivePage:
    """A page that shows what the reactor is doing, while it does it.

    Made by `serve`.

    Attributes:
        url: Where it is. Whoever has it can read the page.
    """

    def __init__(
        self, clock: ScopedClock, site: Site, port: IListeningPort, url: str
    ) -> None:
        self.url = url
        self._clock = clock
        self._site = site
        self._port = port
        self._waiting: list[Deferred[None]] | None = []
        self._closing: Deferred[None] | None = None

    def is_own(self, thing: object) -> bool:
        """Whether a port, transport, protocol, clock or timed call is of the page."""
        own: list[object] = [self._clock, self._port, self._site]
        own += self._site.channels
        own += [channel.transport for channel in self._site.channels]
        if any(thing is each for each in own):
            return True
        # The reactor's call has ours as its function.
        call: Any = thing if is_a(thing, ScopedCall) else attribute(thing, "func")
        return is_a(call, ScopedCall) and call.scope is self._clock

    def close(self) -> Deferred[None]:
        """End it; may be called again.

        Returns:
            Fires when its port, connections and timers are gone.
        """
        waiting: Deferred[None] = Deferred()
        if self._waiting is None:
            waiting.callback(None)
            return waiting
        self._waiting.append(waiting)
        if self._closing is None:
            self._closing = Deferred.fromCoroutine(self._close())
        return waiting

    async def _close(self) -> None:
        await maybeDeferred(self._port.stopListening)
        await self._site.hang_up()
        self._clock.close("the live page was closed")
        waiting, self._waiting = self._waiting or [], None
        for each in waiting:
            each.callback(None)


def serve(
    reactor: Any,
    *,
    port: int = 0,
    source: Callable[[], Deferred[Snapshot]] | None = None,
    share: float = SHARE,
) -> Deferred[LivePage]:
    """Show what *reactor* is doing in a browser on this machine.

    A snapshot is taken only while a page is open, at most every second.

    Args:
        reactor: What is shown, and what serves the page.
        port: Where to listen; 0 is any free one.
        source: Takes a snapshot; by default that of *reactor*.
        share: The part of the reactor's time that may be used to take snapshots:
            if one takes 10 ms, 0.02 means one each half second, were that allowed.

    Returns:
        Fires with the page, or fails as ``reactor.listenTCP`` does.
    """
    return execute(_open, reactor, port, source or _survey_of(reactor), share)


def _open(
    reactor: Any, port: int, source: Callable[[], Deferred[Snapshot]], share: float
) -> LivePage:
    # Dropping, for connections have their timeouts here and end after the clock.
    clock = ScopedClock(reactor, name=SCOPE, after_close="drop")
    guard = Guard()
    site = Site(clock, guard, load(), Recorder(clock, source, share))
    listening = reactor.listenTCP(port, site, interface=HOST)
    url = f"http://{HOST}:{listening.getHost().port}/{guard.token}/"
    return LivePage(clock, site, listening, url)


def _survey_of(reactor: Any) -> Callable[[], Deferred[Snapshot]]:
    def survey() -> Deferred[Snapshot]:
        from heartbeat.graph.survey import snapshot_soon  # noqa: PLC0415

        return snapshot_soon(reactor)

    return survey
