"""PING and PONG of the NATS client protocol, for clients and for servers.

An application asks by PING, too, to learn that all before it was processed (a flush).
Answers name no question, and come in the questions' order, so the wire takes as many
PONGs away from the protocol as it has asked for, and hands on the others.

Source:
    NATS client protocol, docs.nats.io/reference/nats-protocol/nats-protocol:
    "Protocol conventions", INFO, CONNECT, PUB, HPUB, MSG, HMSG, PING and PONG.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, ClassVar, Final

import attrs

from heartbeat.wires.nameless import NamelessStream, NamelessWire
from heartbeat.wires.streams import MORE, Stream

if TYPE_CHECKING:
    from heartbeat.keepalive import Heartbeat

__all__ = ["Line", "Nats", "NatsServer", "NatsServerStream", "NatsStream"]

_PING: Final = b"PING\r\n"
_PONG: Final = b"PONG\r\n"

_WORD = 4
"""Bytes that tell the operation of a line."""

_LONGEST = 16
"""Bytes of a PING or PONG line with spaces at its end, at most."""

_TAIL = 24
"""Bytes of the end of a line in which the size of its payload is looked for."""

_DIGITS = 9
"""Digits of the size of a payload, at most.

Source:
    nats-server, ``parseSize`` in ``server/util.go``.
"""

_SIZED: Final = (b"MSG ", b"MSG\t", b"HMSG", b"PUB ", b"PUB\t", b"HPUB")
_OPENING: Final = (b"INFO", b"CONN")


class Line(enum.Enum):
    """Where in a line we are."""

    BETWEEN = "between"
    PLAIN = "plain"
    """Of one without a payload, or after a payload."""
    SIZED = "sized"
    """Of one that ends with the size of its payload."""


class NatsStream(NamelessStream):
    """Follows the lines and payloads that a client receives."""

    __slots__ = ("_line", "_tail")

    answer: ClassVar[bytes] = _PONG

    def __init__(self, protocol: Any, heartbeat: Heartbeat) -> None:
        super().__init__(protocol, heartbeat)
        self.ready = False
        self._line = Line.BETWEEN
        self._tail = b""

    def split(self, data: bytes, at: int) -> int:
        """A line with its payload, or as much of the line as is there."""
        if self._line is not Line.BETWEEN:
            return self._through_line(data, at)
        word = bytes(data[at : at + _WORD]).upper()
        if len(word) < _WORD and b"\n" not in word:
            return MORE
        size = self._of_ours(data, at) if self.takes(word) else None
        if size is not None:
            return size
        self.ready = self.ready or word in _OPENING
        self._line = Line.SIZED if word in _SIZED else Line.PLAIN
        return self._through_line(data, at)

    def takes(self, word: bytes) -> bool:
        """Whether a line that begins with *word* is ours."""
        asked = word == b"PING" and self.ready
        return asked or (word == b"PONG" and bool(self.owed))

    def taken(self, frame: bytes) -> None:
        """A question of the peer's, or an answer to ours."""
        if frame[:_WORD].upper() == b"PONG":
            self.answered()
        else:
            self.asked()

    def _of_ours(self, data: bytes, at: int) -> int | None:
        """What `split` returns for a PING or PONG; None if it is something else."""
        after = data[at + _WORD : at + _LONGEST]
        blank, newline, _ = after.partition(b"\n")
        if blank.strip():
            return None
        if newline:
            return -(_WORD + len(blank) + 1)
        return MORE if _WORD + len(after) < _LONGEST else None

    def _through_line(self, data: bytes, at: int) -> int:
        end = data.find(b"\n", at)
        if self._line is Line.SIZED:
            upto = len(data) if end < 0 else end
            self._tail = (self._tail + data[max(at, upto - _TAIL) : upto])[-_TAIL:]
        if end < 0:
            return len(data) - at
        return end + 1 - at + self._payload()

    def _payload(self) -> int:
        """The line is over: how many bytes of payload follow it."""
        if self._line is Line.PLAIN:
            self._line = Line.BETWEEN
            return 0
        # CR and LF after the payload are what is left of the line.
        self._line = Line.PLAIN
        words, self._tail = self._tail.split(), b""
        size = words[-1] if len(words) > 1 else b""  # after a word it is whole
        if not size.isdigit() or len(size) > _DIGITS:
            raise ValueError(size)
        return int(size)


class NatsServerStream(NatsStream):
    """Follows the lines and payloads that a server receives."""

    __slots__ = ()

    def takes(self, word: bytes) -> bool:
        """Whether a line that begins with *word* is an answer to us."""
        return word == b"PONG" and bool(self.owed)


@attrs.frozen
class Nats(NamelessWire):
    """A client's: asks by PING once INFO has come, and answers the server's PINGs.

    A beat is a PING as well: a PONG that nobody asked for is not in the protocol, and
    makes nats-server report a wrong round-trip time. INFO is taken for the opening,
    though CONNECT is: what a client sends cannot be seen. So let ``interval`` be longer
    than your client takes from the one to the other. The server's PINGs are answered
    within the bounds of ``heartbeat.pinged``, each, and up to 20 at once if they had to
    wait.

    Bytes go out between two of your writes: write a PUB and its payload in one.
    """

    question: ClassVar[bytes] = _PING
    stream: ClassVar[type[Stream]] = NatsStream


@attrs.frozen
class NatsServer(Nats):
    """A server's: asks by PING once CONNECT has come.

    A client's PINGs are the server's own to answer, each of them and after all that
    came before has been processed, which only the server knows: they are what the
    client's flush waits for. Nor are they counted: a client that flushes a thousand
    times a second is no flood. What they cost, a PONG for a PING, is the server's own
    to bound.
    """

    stream: ClassVar[type[Stream]] = NatsServerStream
