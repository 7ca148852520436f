"""One page that watches: it is sent what it can take, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.internet.interfaces import IPushProducer
from zope.interface import implementer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twisted.python.failure import Failure
    from twisted.web.http import Request

    from heartbeat.graph.live.recorder import Recorder

__all__ = ["PATIENCE", "Watcher"]

PATIENCE = 60.0
"""Seconds that a page may leave unread what it was sent."""


@implementer(IPushProducer)
class Watcher:
    """Writes pictures to a request while the other side reads.

    If it is slow, pictures are left out; when it reads again it gets what it missed,
    or the whole picture if it missed much. Nothing piles up meanwhile.

    Args:
        request: What to write to; it stays open.
        recorder: Takes the pictures.
        seconds: The time, on any clock.
    """

    def __init__(
        self, request: Request, recorder: Recorder, seconds: Callable[[], float]
    ) -> None:
        self._request = request
        self._recorder = recorder
        self._seconds = seconds
        self._version = 0
        self._frames: Iterator[bytes] = iter(())
        self._paused_at: float | None = None

    def begin(self) -> None:
        """Send what there is, and each picture from now on."""
        self._request.notifyFinish().addErrback(self._over)
        self._request.registerProducer(self, True)
        self._recorder.join(self)
        self._write()

    def tell(self) -> None:
        """There is a new picture."""
        if self._paused_at is None:
            self._write()
        elif self._seconds() - self._paused_at > PATIENCE:
            transport: Any = self._request.transport
            transport.abortConnection()

    def pauseProducing(self) -> None:
        """The other side is behind."""
        self._paused_at = self._seconds()

    def resumeProducing(self) -> None:
        """The other side has read it."""
        self._paused_at = None
        self._write()

    def stopProducing(self) -> None:
        """The connection is closing."""
        self._frames = iter(())
        self._recorder.leave(self)

    def _write(self) -> None:
        """Until there is nothing to write, or the other side is behind."""
        while self._paused_at is None:
            frame = next(self._frames, None) or self._next()
            if frame is None:
                return
            self._request.write(frame)

    def _next(self) -> bytes | None:
        """The first frame of the news."""
        news = self._recorder.album.news(self._version)
        if news is None:
            return None
        self._version, self._frames = news.version, news.frames
        return next(self._frames)

    def _over(self, _: Failure) -> None:
        # The request has no channel any more, so there is nothing to unregister from.
        self.stopProducing()
