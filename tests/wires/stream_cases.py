"""What every wire of a byte stream promises, for the tests of each."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock

from heartbeat import HeartbeatMixin, Keepalive, NotConnectedError, NotReadyError
from heartbeat.answering import BURST
from heartbeat.testing import connect
from heartbeat.wires.nameless import Asked, NamelessStream
from heartbeat.wires.streams import KEPT
from tests.connections import Sink

if TYPE_CHECKING:
    from hypothesis.strategies import DataObject, SearchStrategy

    from heartbeat.testing import Pair
    from heartbeat.wires.streams import StreamWire

__all__ = ["BEATS", "StreamCases", "Streaming", "opened", "owe", "recording"]

BEATS = Keepalive(interval=None, beacon=30, silence=90)
"""For wires without a question."""


class Streaming(HeartbeatMixin):
    """Keeps what reaches it; list it before `Protocol`."""

    keepalive: Keepalive | None = Keepalive(interval=30, timeout=10, jitter=0)

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.frames: list[bytes] = []
        self.log: list[bytes] = []

    @property
    def received(self) -> bytes:
        """All of it."""
        return b"".join(self.pieces)

    def dataReceived(self, data: bytes) -> None:
        """Keep it."""
        self.pieces.append(data)
        self.log.append(data)


def recording(wire: StreamWire) -> type[Streaming]:
    """A protocol class with *wire*, whose taken frames are kept, too."""
    stream: Any = wire.stream

    class Recording(stream):
        __slots__ = ()

        def taken(self, frame: bytes) -> None:
            self.protocol.frames.append(frame)
            self.protocol.log.append(frame)
            super().taken(frame)

    class Recorded(type(wire)):  # type: ignore[misc]
        stream = Recording

    asks, beats = getattr(wire, "asks", True), getattr(wire, "beats", True)
    silent = BEATS if beats else Keepalive(interval=None, silence=90)
    policy = Streaming.keepalive if asks else silent
    body = {"wire": Recorded(), "keepalive": policy}
    return type("Recorded", (Streaming, Protocol), body)


def opened(protocol_class: type[Any], opening: bytes = b"") -> Pair[Any, Sink]:
    """One side of that class that has received *opening*, and one that keeps bytes."""
    pair = connect(protocol_class(), Sink(), Clock())
    if opening:
        pair.client.dataReceived(opening)
        pair.client.pieces.clear()
        pair.client.log.clear()
    return pair


def owe(protocol: Any, number: int) -> None:
    """The peer owes *protocol* so many answers, if there are any on its wire."""
    stream = protocol._heartbeat_wire
    if isinstance(stream, NamelessStream):
        stream._questions = (Asked(b""),) * number


def chunks_of(stream: bytes, cuts: list[int]) -> list[bytes]:
    """The *stream*, cut at the places of *cuts* that are in it."""
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    return [stream[a:b] for a, b in itertools.pairwise(places)]


class StreamCases:
    """Mixed into a test case for one wire.

    Attributes:
        wire: The wire.
        opening: What the peer says first.
        foreign: Frames that are not ours.
        taken: Frames that are ours.
        owed: Whether `taken` are answers, and ours only if we have asked.
        words: What arbitrary streams are rich in.
    """

    wire: StreamWire
    opening: bytes
    foreign: SearchStrategy[bytes]
    taken: tuple[bytes, ...] = ()
    owed: bool = False
    words: tuple[bytes, ...] = ()

    def test_any_cut(self: Any) -> None:
        """However a stream is cut, all but our frames arrives, in order."""

    def test_any_bytes(self: Any) -> None:
        """Whatever comes, nothing is lost, added, kept for long, or answered much."""

    def __init_subclass__(cls) -> None:
        """Hypothesis wants a function of its own for each class."""
        ours = st.sampled_from(cls.taken) if cls.taken else st.nothing()
        mixed = st.lists(cls.foreign | ours, max_size=12)
        any_bytes = st.lists(st.binary(max_size=40) | st.sampled_from(cls.words))
        cuts = st.lists(st.integers(1, 200), max_size=12)

        @settings(deadline=None, max_examples=60)
        @given(mixed, cuts)
        def test_any_cut(self: Any, frames: list[bytes], cuts: list[int]) -> None:
            self.any_cut(frames, cuts)

        @settings(deadline=None, max_examples=60)
        @given(st.data(), any_bytes, cuts)
        def test_any_bytes(
            self: Any, data: DataObject, pieces: list[bytes], cuts: list[int]
        ) -> None:
            self.any_bytes(b"".join(pieces), cuts)

        for test, doc in (
            (test_any_cut, StreamCases.test_any_cut),
            (test_any_bytes, StreamCases.test_any_bytes),
        ):
            test.__doc__ = doc.__doc__
            setattr(cls, doc.__name__, test)

    def any_cut(self: Any, frames: list[bytes], cuts: list[int]) -> None:
        """Feed *frames*, cut, and look at what has become of them."""
        pair = opened(recording(self.wire))
        client, stream = pair.client, pair.client._heartbeat_wire
        ours = [frame for frame in frames if frame in self.taken]
        if self.owed:
            owe(client, len(ours))
        others = [frame for frame in frames if frame not in self.taken]
        whole = b"".join([self.opening, *frames])
        for chunk in chunks_of(whole, cuts):
            client.dataReceived(chunk)
            self.assertLessEqual(len(stream._kept), KEPT)
        self.assertEqual(client.received, b"".join([self.opening, *others]))
        self.assertEqual(client.frames, ours)
        self.assertEqual(stream._kept, b"")

    def any_bytes(self: Any, whole: bytes, cuts: list[int]) -> None:
        """Feed anything."""
        for opening in (b"", self.opening):
            pair = opened(recording(self.wire))
            client, stream = pair.client, pair.client._heartbeat_wire
            if self.owed:
                owe(client, 3)
            for chunk in chunks_of(opening + whole, cuts):
                client.dataReceived(chunk)
                self.assertLessEqual(len(stream._kept), KEPT)
            pair.flush()
            self.assertLessEqual(len(pair.server.received), BURST * 6)
            pair.lose()
            self.assertEqual(b"".join(client.log), opening + whole)

    def test_untouched(self: Any) -> None:
        """A chunk with nothing of ours in it arrives as the very object it is."""
        pair = opened(recording(self.wire), self.opening)
        chunk = bytes(bytearray(self.opening))
        pair.client.dataReceived(chunk)
        self.assertEqual(len(pair.client.pieces), 1)
        self.assertIs(pair.client.pieces[0], chunk)

    def test_not_ready(self: Any) -> None:
        """Before the opening, and when the connection is gone, nothing is said."""
        pair = opened(recording(self.wire))
        speak = []
        if getattr(self.wire, "asks", True):
            speak.append(lambda: pair.client.send_ping(b"1"))
        if getattr(self.wire, "beats", True):
            speak.append(pair.client.send_beat)
        for say in speak:
            self.assertRaises(NotReadyError, say)
        pair.client.dataReceived(self.opening)
        pair.lose()
        for say in speak:
            self.assertRaises(NotConnectedError, say)
        self.assertEqual(pair.server.received, b"")
        self.assertFalse(hasattr(pair.client, "_heartbeat_wire"))
