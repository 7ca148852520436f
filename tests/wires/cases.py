"""What every wire of messages promises, for the tests of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock

from heartbeat import HeartbeatMixin, Keepalive
from heartbeat.answering import BURST, MAX_PAYLOAD
from heartbeat.testing import Pair, connect
from tests.connections import Sink

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FUZZ", "Receiving", "WireCases"]

FUZZ = st.lists(
    st.one_of(
        st.binary(max_size=200),
        st.sampled_from(
            [b"PING", b"PONG", b"PING ", b"PONG ", b"PINGX", b"\r\n", b"4:"]
        ),
        st.just(b"PING " + b"x" * 5000),
    ),
    max_size=40,
).map(b"".join)
"""Anything a peer may send, rich in what looks like ours."""


class Receiving(HeartbeatMixin):
    """Keeps the messages its class hands over; list it before a protocol."""

    keepalive = Keepalive(interval=30, timeout=10, jitter=0)

    def __init__(self) -> None:
        self.messages: list[bytes] = []

    def stringReceived(self, string: bytes) -> None:
        """Keep it."""
        self.messages.append(string)

    def lineReceived(self, line: bytes) -> None:
        """Keep it."""
        self.messages.append(line)


class WireCases:
    """Mixed into a test case for one kind of protocol.

    Attributes:
        make: A protocol of that kind with its wire.
    """

    make: Callable[[], Any]

    def framed(self, message: bytes) -> bytes:
        """The bytes of one message."""
        raise NotImplementedError

    def open(self: Any) -> Pair[Any, Sink]:
        """One side with the wire, and one that keeps the bytes."""
        return connect(self.make(), Sink(), Clock())

    def says(self: Any, *messages: bytes) -> tuple[list[bytes], bytes]:
        """What the user's hook gets and what the peer gets if it says *messages*."""
        pair = self.open()
        pair.server.transport.write(b"".join(map(self.framed, messages)))
        pair.flush()
        return pair.client.messages, pair.server.received

    def test_answers(self: Any) -> None:
        """A ping is answered with its payload, and consumed."""
        self.assertEqual(self.says(b"PING 42"), ([], self.framed(b"PONG 42")))

    def test_without_payload(self: Any) -> None:
        """A ping with none, or an empty one, is answered with none."""
        for ping in (b"PING", b"PING "):
            self.assertEqual(self.says(ping), ([], self.framed(b"PONG")))

    def test_payload_with_spaces(self: Any) -> None:
        """A payload is echoed to its last space."""
        self.assertEqual(self.says(b"PING a  b "), ([], self.framed(b"PONG a  b ")))

    def test_others_words(self: Any) -> None:
        """What only looks like ours is the user's, untouched."""
        words = [b"PINGX", b"PONGS 1", b"ping 1", b" PING", b"PIN", b"", b"PING\t1"]
        messages, answers = self.says(*words)
        self.assertEqual(messages, words)
        self.assertEqual(answers, b"")

    def test_pongs_are_consumed(self: Any) -> None:
        """Answers to nothing, and beats, are consumed and harmless."""
        self.assertEqual(self.says(b"PONG", b"PONG 1", b"PONG 1"), ([], b""))

    def test_echo_is_bounded(self: Any) -> None:
        """A payload that is too long is not echoed."""
        long, longer = b"x" * MAX_PAYLOAD, b"x" * (MAX_PAYLOAD + 1)
        messages, answers = self.says(b"PING " + longer, b"PING " + long)
        self.assertEqual((messages, answers), ([], self.framed(b"PONG " + long)))

    def test_flood_is_bounded(self: Any) -> None:
        """A flood gets no more answers than the burst."""
        _, answers = self.says(*[b"PING 1"] * 200)
        self.assertEqual(answers, self.framed(b"PONG 1") * BURST)

    def test_asks_and_is_answered(self: Any) -> None:
        """Two sides of the same wire keep each other alive, unseen by the users."""
        pair = connect(self.make(), self.make(), Clock())
        pair.advance(1000)
        self.assertEqual(pair.client.messages + pair.server.messages, [])
        for side in (pair.client, pair.server):
            self.assertEqual(side.heartbeat.verdict, None)
        asked = pair.client.heartbeat.counters.pings_sent
        answered = pair.client.heartbeat.counters.pongs
        self.assertEqual(asked, answered)

    def test_beat(self: Any) -> None:
        """A beat asks nothing, and is consumed."""
        pair = connect(self.make(), self.make(), Clock())
        pair.client.send_beat()
        pair.flush()
        self.assertEqual(pair.server.messages, [])
        self.assertEqual(pair.server.heartbeat.counters.unsolicited_pongs, 1)
        self.assertEqual(pair.server.heartbeat.counters.pings_received, 0)

    def test_detached(self: Any) -> None:
        """After the loss the protocol is as if there had been no wire."""
        pair = self.open()
        pair.lose()
        hook = "lineReceived" if hasattr(pair.client, "sendLine") else "stringReceived"
        self.assertNotIn(hook, vars(pair.client))

    def __init_subclass__(cls) -> None:
        """Hypothesis wants a function of its own for each class."""

        @settings(deadline=None)
        @given(FUZZ)
        def test_fuzz(self: Any, data: bytes) -> None:
            self.fuzz(data)

        test_fuzz.__doc__ = WireCases.fuzz.__doc__
        cls.test_fuzz = test_fuzz  # type: ignore[attr-defined]

    def fuzz(self: Any, data: bytes) -> None:
        """Whatever comes, nothing is raised, and the answers stay within bounds."""
        pair = self.open()
        pair.server.transport.write(data)
        pair.flush()
        limit = BURST * len(self.framed(b"PONG " + b"x" * MAX_PAYLOAD))
        self.assertLessEqual(len(pair.server.received), limit)
