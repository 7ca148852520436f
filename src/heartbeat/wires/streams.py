"""What wires have in common whose protocol frames its bytes in ``dataReceived``.

Such a protocol has no hook for one message. A `Stream` stands before its
``dataReceived``, follows the frames of what arrives, takes ours out, and hands on
everything else: unchanged, in order, and the very object that arrived if nothing of
ours is in it. What cannot be told yet waits for more, and is handed on before the end
of the connection, as everything that arrived.

Before the peer has opened the conversation (CONNACK, CONNECTED, INFO, Tune), the
wires of this package say nothing: a keepalive need not be started by hand after a login.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, ClassVar, Final

from twisted.python.failure import Failure

from heartbeat.errors import NotReadyError
from heartbeat.evidence import CountingProbe
from heartbeat.shadow import cover, uncover
from heartbeat.wires import attached

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat.keepalive import Heartbeat

__all__ = ["KEPT", "MORE", "Following", "Stream", "StreamWire"]

KEPT = 256
"""Bytes that wait for more to arrive, at most: twice the longest payload that is echoed.
A longer header breaks the framing, and a longer frame is none of ours."""

MORE: Final = 0
"""What `Stream.split` returns if only more bytes can tell."""


class Following(enum.Enum):
    """What becomes of a call of ``dataReceived``."""

    OUTSIDE = "outside"
    """It is followed."""
    INSIDE = "inside"
    """It is of one that is being followed: bytes that were seen already."""
    OVER = "over"
    """It goes straight through, as do all after it."""


class Stream:
    """Follows what one connection receives, until removed; yours overrides `split`.

    Only outermost calls of ``dataReceived`` are followed: a `LineReceiver` calls itself
    again with what is left over. What it puts back later, from a timer, is seen twice.

    Args:
        protocol: Its ``dataReceived`` is shadowed, on the instance.
        heartbeat: Hears of our frames.

    Attributes:
        protocol: As given; None when removed.
        heartbeat: As given; None when removed.
        ready: Whether the conversation is open, so that we may speak.
    """

    __slots__ = (
        *("_following", "_kept", "_own", "_receive", "_skip"),
        *("heartbeat", "protocol", "ready"),
    )

    def __init__(self, protocol: Any, heartbeat: Heartbeat) -> None:
        self.protocol: Any = protocol
        self.heartbeat: Any = heartbeat
        self.ready = True
        self._following = Following.OUTSIDE
        self._kept = b""
        self._skip = 0  # bytes to come that belong to what was handed on
        self._rearrange(self._cover)
        attached.attach(protocol, self)

    def split(self, data: bytes, at: int) -> int:
        """How many bytes from *at* on belong together.

        Args:
            data: What has arrived.
            at: Where a frame begins; less than ``len(data)``.

        Returns:
            Their number, which may reach beyond *data*, to hand them on; minus their
            number to have them `taken` when all have arrived, unless they are more than
            `KEPT`: then they are handed on; `MORE` to be asked again when more have
            arrived, with ``data[at:]`` and that.

        Raises:
            ValueError: These are no frames. All that follows is handed on, to the end
                of the connection: the protocol itself will complain.
        """
        raise NotImplementedError

    def taken(self, frame: bytes) -> None:
        """All of a *frame* of ours has come; the protocol does not see it."""

    def stop(self) -> None:
        """Follow no further: what comes goes to the protocol as if there was no wire.

        What has waited goes there at once.
        """
        if self._following is not Following.OVER:
            self._following = Following.OVER
            self._rearrange(self._uncover)
            self._release()

    def remove(self) -> None:
        """Stop, and keep nothing of the protocol; idempotent.

        To be called before the protocol hears of the loss: what has waited arrived
        before that, too.
        """
        self.stop()
        if self.protocol is not None:
            attached.detach(self.protocol, self)
        self.protocol = self.heartbeat = None

    def receive(self, data: bytes, *more: Any) -> Any:
        """Be the protocol's ``dataReceived``; calls with *more* are its own."""
        if self._following is not Following.OUTSIDE:
            return self._receive(data, *more)
        self._following = Following.INSIDE
        try:
            if more or not data:  # it takes up what was followed when it came
                return self._receive(data, *more)
            return self._follow(data)
        finally:
            if self._following is Following.INSIDE:
                self._following = Following.OUTSIDE

    def _cover(self) -> None:
        self._receive = self.protocol.dataReceived
        self._own = cover(self.protocol, "dataReceived", self.receive)

    def _uncover(self) -> None:
        uncover(self.protocol, "dataReceived", self.receive, self._own)
        self._own = None

    def _rearrange(self, change: Callable[[], None]) -> None:
        """Make a *change* below what counts bytes, where no kernel does."""
        probe = self.heartbeat.probe
        if isinstance(probe, CountingProbe):
            probe.below(change)
        else:
            change()

    def _release(self) -> None:
        """Hand on what has waited; there is nobody here who could handle an error."""
        kept, self._kept = self._kept, b""
        try:
            self._hand_on(kept)
        except BaseException:  # noqa: BLE001 - the protocol's: reported
            self.heartbeat.raised("dataReceived", Failure())

    def _follow(self, data: bytes) -> Any:
        # Nothing waits from here to the end: whoever stops us meanwhile, out of the
        # protocol's dataReceived, releases nothing out of order.
        if self._kept:
            data, self._kept = self._kept + data, b""
        try:
            return self._sort(data)
        except BaseException:
            # Twisted ends the connection; if not, we do not know where we are.
            self.stop()
            raise

    def _sort(self, data: bytes) -> Any:
        """Take out what is ours, and hand on the rest."""
        begin, look, result = 0, self._skip, None
        while True:
            at, size = self._next(data, look)
            result = self._hand_on(data[begin:at]) or result
            if self._following is Following.OVER:  # nothing is ours any more
                return self._hand_on(data[at:]) or result
            if not size:
                self._kept = data[at:]
                return result
            begin = look = at + size
            self._take(data[at:begin])

    def _next(self, data: bytes, at: int) -> tuple[int, int]:
        """Where the next frame of ours is, and its size.

        Without one: up to where *data* can be handed on, and 0.
        """
        while at < len(data):
            size = self._measure(data, at)
            if size > 0 or size < -KEPT:
                at += abs(size)
            elif size < 0 and at - size <= len(data):
                return at, -size
            else:
                return self._wait(data, at), 0
        self._skip = at - len(data)
        return len(data), 0

    def _measure(self, data: bytes, at: int) -> int:
        """What `split` says; all that is left, if it cannot."""
        if self._following is not Following.OVER:
            try:
                return self.split(data, at)
            except ValueError:
                self.stop()
            except Exception:  # noqa: BLE001 - of anybody's wire: reported
                self._raised("split")
                self.stop()
        return len(data) - at

    def _wait(self, data: bytes, at: int) -> int:
        """Up to where *data* can be handed on, with something unknown at *at*."""
        self._skip = 0
        if len(data) - at > KEPT:
            self.stop()
            return len(data)
        return at

    def _hand_on(self, data: bytes) -> Any:
        return self._receive(data) if data else None

    def _take(self, frame: bytes) -> None:
        try:
            self.taken(frame)
        except Exception:  # noqa: BLE001 - of anybody's wire: reported
            self._raised("taken")

    def _raised(self, method: str) -> None:
        if self.heartbeat is not None:
            self.heartbeat.raised(f"{type(self).__name__}.{method}", Failure())


class StreamWire:
    """A wire that stands before ``dataReceived``; its `Stream` does the work.

    Attributes:
        stream: The kind that it makes for each connection.
    """

    stream: ClassVar[type[Stream]]

    def check(self, protocol_class: type) -> None:
        """Raise `TypeError` unless the class receives a stream of bytes."""
        if not callable(getattr(protocol_class, "dataReceived", None)):
            raise TypeError(
                f"{protocol_class.__name__} has no dataReceived(), which the wire "
                f"{type(self).__name__} needs: it is for protocols on a stream of bytes"
            )

    def attach(self, protocol: Any, heartbeat: Heartbeat) -> Callable[[], None]:
        """Put a stream before ``dataReceived``, on this instance, until undone."""
        return self.stream(protocol, heartbeat).remove

    def send_ping(self, protocol: Any, payload: bytes) -> None:
        """Ask; yours overrides it, unless it has ``asks = False``."""
        raise NotImplementedError

    def send_beat(self, protocol: Any) -> None:
        """Show life; yours overrides it, unless it has ``beats = False``."""
        raise NotImplementedError

    def ready_stream(self, protocol: Any) -> Any:
        """The stream of *protocol*, on which we may speak.

        Raises:
            NotReadyError: We may not yet.
            NotConnectedError: There is no connection.
        """
        stream = attached.attached(protocol)
        if not stream.ready:
            raise NotReadyError(f"{type(self).__name__} waits for the peer to begin")
        return stream
