"""A client of AMQP 0-9-1 that publishes to a queue of its own."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from twisted.internet.protocol import Protocol

from heartbeat.profiles import amqp, amqp_tune_ok
from heartbeat.wires.amqp import Amqp
from tests.servers.clients.watched import Watched

if TYPE_CHECKING:
    from heartbeat import Keepalive

__all__ = ["AmqpClient"]

_FRAME = struct.Struct(">BHI")
_METHOD, _HEADER, _BODY = 1, 2, 3
_END = b"\xce"

_START, _TUNE, _OPEN_OK, _CLOSE = (10, 10), (10, 30), (10, 41), (10, 50)
_CHANNEL_OPEN_OK, _DECLARE_OK, _CONSUME_OK = (20, 11), (50, 11), (60, 21)


class AmqpClient(Watched, Protocol):
    """Frames; a connection, a channel, a queue, a consumer.

    Args:
        policy: As of `Watched`; the profile's holds as soon as Tune-Ok is written.
        wanted: Seconds of heartbeat; 0 is off, None follows the server.

    Attributes:
        proposed: The heartbeat of the server's Tune, seconds.
        agreed: That of our Tune-Ok, seconds.

    Source:
        AMQP 0-9-1 sections 1.4 (connection), 1.5 (channel), 1.7 (queue) and 1.8 (basic)
        of its reference, and section 4.2.3 (frames).
    """

    wire = Amqp()

    def __init__(self, policy: Keepalive | None, wanted: int | None = None) -> None:
        super().__init__(policy)
        self.wanted = wanted
        self.proposed = self.agreed = 0
        self.queue = b""
        self._buffer = b""
        self._on = {
            _START: self._started,
            _TUNE: self._tuned,
            _OPEN_OK: self._opened,
            _CHANNEL_OPEN_OK: self._channel_opened,
            _DECLARE_OK: self._declared,
            _CONSUME_OK: lambda _: self.let_in(),
            _CLOSE: self._closed,
        }

    def connectionMade(self) -> None:
        """Say which protocol this is."""
        self.transport.write(b"AMQP\x00\x00\x09\x01")

    def dataReceived(self, data: bytes) -> None:
        """Take frame after frame."""
        self._buffer += data
        while len(self._buffer) >= _FRAME.size:
            kind, _, size = _FRAME.unpack_from(self._buffer)
            end = _FRAME.size + size + 1
            if len(self._buffer) < end:
                return
            frame, self._buffer = self._buffer[:end], self._buffer[end:]
            self._received(kind, frame[_FRAME.size : -1])

    @property
    def address(self) -> bytes:
        """Of our own."""
        return self.queue

    def tell(self, address: bytes, payload: bytes) -> None:
        """Publish it."""
        publish = struct.pack(">HHH", 60, 40, 0) + _short(b"") + _short(address)
        header = struct.pack(">HHQH", 60, 0, len(payload), 0)
        frames = ((_METHOD, publish + b"\x00"), (_HEADER, header), (_BODY, payload))
        self.transport.write(b"".join(_frame(kind, 1, body) for kind, body in frames))

    def _received(self, kind: int, body: bytes) -> None:
        if kind == _BODY:
            self.heard(body)
        elif kind == _METHOD:
            react = self._on.get(struct.unpack_from(">HH", body))
            if react is not None:
                react(body[4:])

    def _started(self, _: bytes) -> None:
        secret = b"\x00guest\x00guest"
        self._call(
            (10, 11),
            struct.pack(">I", 0)
            + _short(b"PLAIN")
            + struct.pack(">I", len(secret))
            + secret
            + _short(b"en_US"),
            channel=0,
        )

    def _tuned(self, body: bytes) -> None:
        channels, size, self.proposed = struct.unpack(">HIH", body)
        self.agreed = amqp_tune_ok(self.wanted, self.proposed)
        tuned = struct.pack(">HIH", channels, size, self.agreed)
        self._call((10, 31), tuned, channel=0)
        if not self.alone:
            self.heartbeat.configure(amqp(self.agreed))
        self._call((10, 40), _short(b"/") + _short(b"") + b"\x00", channel=0)

    def _opened(self, _: bytes) -> None:
        self._call((20, 10), _short(b""))

    def _channel_opened(self, _: bytes) -> None:
        exclusive = b"\x04"
        no_arguments = struct.pack(">I", 0)
        self._call((50, 10), b"\x00\x00" + _short(b"") + exclusive + no_arguments)

    def _declared(self, body: bytes) -> None:
        self.queue = body[1 : 1 + body[0]]
        no_acknowledgement = b"\x02"
        queue = b"\x00\x00" + _short(self.queue) + _short(b"")
        self._call((60, 20), queue + no_acknowledgement + struct.pack(">I", 0))

    def _closed(self, body: bytes) -> None:
        self.last_words = body[3 : 3 + body[2]].decode()

    def _call(self, method: tuple[int, int], body: bytes, channel: int = 1) -> None:
        payload = struct.pack(">HH", *method) + body
        self.transport.write(_frame(_METHOD, channel, payload))


def _frame(kind: int, channel: int, payload: bytes) -> bytes:
    return _FRAME.pack(kind, channel, len(payload)) + payload + _END


def _short(words: bytes) -> bytes:
    return bytes([len(words)]) + words
