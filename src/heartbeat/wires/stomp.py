"""Heart-beats of STOMP 1.1 and 1.2, for clients and for servers.

A heart-beat is one end of line between two frames. Nothing has to be read for it: any
byte of the peer's shows that it lives, and a parser of STOMP skips what stands between
frames. So only the peer's first words are looked at, by which we know when to begin;
then nothing of ours stands before ``dataReceived`` any more.

Source:
    STOMP 1.2, "Heart-beating", "Connecting", and "Augmented BNF".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

import attrs

from heartbeat.wires.streams import MORE, Stream, StreamWire

if TYPE_CHECKING:
    from heartbeat.keepalive import Heartbeat

__all__ = ["Stomp", "StompOpening"]

_EOL: Final = b"\n"

_OPENINGS: Final = (b"CONNECTED", b"CONNECT", b"STOMP")
"""What the first frame may be: a server's answer, or a client's wish."""

_LONGEST = len(b"CONNECTED\r\n")


class StompOpening(Stream):
    """Waits for the command of the peer's first frame."""

    __slots__ = ()

    def __init__(self, protocol: Any, heartbeat: Heartbeat) -> None:
        super().__init__(protocol, heartbeat)
        self.ready = False

    def split(self, data: bytes, at: int) -> int:
        """Ends of lines, or all there is."""
        if data[at] in b"\r\n":
            return 1
        begin = data[at : at + _LONGEST]
        line, newline, _ = begin.partition(b"\n")
        word = line.rstrip(b"\r")
        known = any(opening.startswith(word) for opening in _OPENINGS)
        if known and not newline and len(begin) < _LONGEST:
            return MORE
        self.ready = word in _OPENINGS
        self.stop()
        return len(data) - at


@attrs.frozen
class Stomp(StreamWire):
    """Beats by an end of line, once CONNECTED, or CONNECT, has come; asks nothing.

    STOMP has no question: judge the peer by `Keepalive.silence`.

    A beat goes out between two of your writes, and a frame that is written in two
    would get it inside: write each in one, or put ``self.heartbeat.pause()`` and
    ``resume()`` around it.

    A server that takes longer to accept a client than its ``beacon`` would beat before
    CONNECTED: give its policy ``autostart=False``, and call ``self.heartbeat.start()``
    after it wrote CONNECTED.
    """

    asks: ClassVar[bool] = False
    stream: ClassVar[type[Stream]] = StompOpening

    def send_beat(self, protocol: Any) -> None:
        """Show life."""
        self.ready_stream(protocol)
        protocol.transport.write(_EOL)
