"""Answers that name no question, counted at both ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import Keepalive
from heartbeat.answering import BURST, MAX_PAYLOAD
from heartbeat.pings import MAX_PENDING
from heartbeat.policy import Proof
from heartbeat.testing import connect
from heartbeat.wires.nameless import NamelessStream, NamelessWire
from tests.wires.stream_cases import Streaming, opened

if TYPE_CHECKING:
    from heartbeat.testing import Pair
    from heartbeat.wires.streams import Stream

QUESTION, ANSWER = b"?", b"!"


class Marks(NamelessStream):
    """A question mark asks, an exclamation mark answers, and all else is data."""

    __slots__ = ()

    answer: ClassVar[bytes] = ANSWER

    def split(self, data: bytes, at: int) -> int:
        byte = data[at : at + 1]
        ours = byte == QUESTION or (byte == ANSWER and self.owed)
        return -1 if ours else 1

    def taken(self, frame: bytes) -> None:
        if frame == ANSWER:
            self.answered()
        else:
            self.asked()


class Marked(NamelessWire):
    """Question marks."""

    question: ClassVar[bytes] = QUESTION
    stream: ClassVar[type[Stream]] = Marks


class Asking(Streaming, Protocol):
    """Asks each 30 s, and counts only answers."""

    keepalive: Keepalive | None = Keepalive(
        interval=30, timeout=20, jitter=0, proof=Proof.REPLY
    )
    wire = Marked()


class Beating(Asking):
    """Shows life each 10 s as well."""

    keepalive = Keepalive(
        interval=60, timeout=20, beacon=10, jitter=0, proof=Proof.REPLY
    )


class Peer(Protocol):
    """Answers each question but some.

    Args:
        leaves_out: The numbers of those, from 0 on.
        lives: How many it hears before it hangs.
    """

    def __init__(self, *leaves_out: int, lives: float = float("inf")) -> None:
        self.leaves_out = leaves_out
        self.lives = lives
        self.heard = 0
        self.heard_at: list[float] = []
        self.reactor: Any = None

    def dataReceived(self, data: bytes) -> None:
        """Answer."""
        for _ in range(data.count(QUESTION)):
            if self.heard < self.lives and self.heard not in self.leaves_out:
                self.transport.write(ANSWER)  # type: ignore[union-attr]
            self.heard += 1


def talk(kind: type[Asking], peer: Protocol) -> Pair[Any, Any]:
    """One of that kind and its peer."""
    return connect(kind(), peer, Clock())


class AnsweredTests(SynchronousTestCase):
    """What answers to us are taken for."""

    def test_shared(self) -> None:
        """We take as many answers as we are owed, and the application the others."""
        pair = opened(Asking)
        pair.client.heartbeat.ping().addErrback(lambda _: None)
        pair.client.send_beat()
        self.assertEqual(pair.client._heartbeat_wire.owed, 2)
        pair.client.dataReceived(ANSWER * 3)
        self.assertEqual(pair.client.received, ANSWER)
        counters = pair.client.heartbeat.counters
        self.assertEqual((counters.pongs, counters.unsolicited_pongs), (2, 0))
        self.assertEqual(counters.pings_sent, 2)
        pair.lose()

    def test_bounded(self) -> None:
        """Of a peer that never answers only so much is remembered."""
        pair = opened(Asking)
        for _ in range(MAX_PENDING + 5):
            pair.client.send_beat()
        self.assertEqual(pair.client._heartbeat_wire.owed, MAX_PENDING)
        pair.client.dataReceived(ANSWER * (MAX_PENDING + 1))
        self.assertEqual(pair.client.received, ANSWER)
        self.assertEqual(pair.client.heartbeat.counters.unsolicited_pongs, 0)
        pair.lose()

    def test_beat_that_cannot_be_written(self) -> None:
        """An error of the transport comes out of the beat, and nothing is owed."""
        pair = opened(Asking)
        pair.client.transport.write = None
        self.assertRaises(TypeError, pair.client.send_beat)
        self.assertEqual(pair.client._heartbeat_wire.owed, 0)
        pair.client.dataReceived(ANSWER)
        self.assertEqual(pair.client.received, ANSWER)

    def test_one_left_out(self) -> None:
        """A peer that leaves out any one answer is not given up."""
        for number in range(8):
            pair = talk(Beating, Peer(number))
            pair.advance(400)
            self.assertIsNone(pair.client.heartbeat.verdict, number)
            self.assertEqual(pair.client.received, b"")
            pair.lose()

    def test_at_the_same_time(self) -> None:
        """Nor if a beat and a question go out nearly at once."""
        policy = Keepalive(
            interval=30, timeout=20, beacon=30, jitter=0, proof=Proof.REPLY
        )
        for number in range(4):
            pair = talk(type("Both", (Asking,), {"keepalive": policy}), Peer(number))
            pair.advance(400)
            self.assertIsNone(pair.client.heartbeat.verdict, number)
            pair.lose()

    def test_hung(self) -> None:
        """A peer that hangs is found in time after its last answer, whatever is owed."""
        for lives in range(2, 8):
            for left_out in range(lives - 1):
                peer = Peer(left_out, lives=lives)
                pair = talk(Beating, peer)
                while peer.heard < lives:
                    pair.advance(1)
                pair.advance(80.2)
                verdict = pair.client.heartbeat.verdict
                self.assertIsNotNone(verdict, (lives, left_out))
                self.assertLess(verdict.waited, 80.2)

    def test_late_answer_is_no_measure(self) -> None:
        """While another question is open, neither a ping ends nor is a time measured."""
        pair = talk(Asking, Peer(0))
        pair.client.send_beat()
        pair.advance(5)
        ping = pair.client.heartbeat.ping()
        pair.advance(5)
        self.assertNoResult(ping)
        self.assertIsNone(pair.client.heartbeat.rtt)
        self.assertEqual(pair.client.heartbeat.counters.pongs, 1)
        ping.addErrback(lambda _: None)
        pair.lose()

    def test_in_step_again(self) -> None:
        """What answers have passed is given up after as long as the policy waits."""
        pair = talk(Asking, Peer(0))
        pair.client.send_beat()
        pair.client.send_beat()
        pair.advance(20)
        self.assertEqual(pair.client._heartbeat_wire.owed, 1)
        pair.advance(0.1)
        self.assertEqual(pair.client._heartbeat_wire.owed, 0)
        ping = pair.client.heartbeat.ping()
        pair.flush()
        self.assertEqual(self.successResultOf(ping), 0.0)
        self.assertEqual(pair.client.heartbeat.rtt.latest, 0.0)
        pair.client.dataReceived(ANSWER)
        self.assertEqual(pair.client.received, ANSWER)
        pair.lose()

    def test_more_attempts(self) -> None:
        """That is for each attempt; without a timeout nothing is given up."""
        for attempts, timeout, owed in ((3, 20, 1), (1, 20, 0), (1, None, 1)):
            policy = Keepalive(interval=None, timeout=timeout, attempts=attempts)
            pair = talk(type("Patient", (Asking,), {"keepalive": policy}), Peer(1))
            pair.client.send_beat()
            pair.client.send_beat()
            pair.advance(59)
            self.assertEqual(pair.client._heartbeat_wire.owed, owed)
            pair.lose()

    def test_slow_peer(self) -> None:
        """What no answer has passed may still be answered, however late."""
        policy = Keepalive(interval=None, timeout=20)
        pair = opened(type("Waiting", (Asking,), {"keepalive": policy}))
        for _ in range(3):
            pair.client.send_beat()
            pair.advance(100)
        pair.client.dataReceived(ANSWER * 4)
        self.assertEqual(pair.client.received, ANSWER)
        self.assertEqual(pair.client.heartbeat.counters.pongs, 3)
        pair.lose()


class AskedTests(SynchronousTestCase):
    """What the peer asks."""

    def test_each(self) -> None:
        """Each question is answered, those beyond the bounds later, together."""
        pair = opened(Asking)
        pair.client.dataReceived(QUESTION * (BURST + 7))
        pair.flush()
        self.assertEqual(pair.server.received, ANSWER * BURST)
        pair.advance(1)
        self.assertEqual(pair.server.received, ANSWER * (BURST + 7))
        pair.lose()

    def test_paused(self) -> None:
        """So are those that came while we were paused."""
        pair = opened(Asking)
        pair.client.heartbeat.pause()
        pair.client.dataReceived(QUESTION * 7)
        pair.advance(100)
        self.assertEqual(pair.server.received, b"")
        pair.client.heartbeat.resume()
        pair.advance(1)
        self.assertEqual(pair.server.received.count(ANSWER), 7)
        pair.lose()

    def test_flood(self) -> None:
        """A flood is not: what waits is bounded, and no longer than an echo."""
        pair = opened(Asking)
        pair.client.heartbeat.pause()
        pair.client.dataReceived(QUESTION * 900)
        pair.client.heartbeat.resume()
        pair.advance(1)
        self.assertEqual(pair.server.received.count(ANSWER), BURST)
        self.assertLessEqual(len(b"PONG\r\n" * BURST), MAX_PAYLOAD)
        pair.lose()

    def test_both_ends_stay_in_step(self) -> None:
        """A pause at either end, however long, leaves nothing owed."""
        pair: Pair[Any, Any] = connect(Beating(), Beating(), Clock())
        for paused, seconds in ((0, 35), (1, 65), (0, 5), (1, 50)):
            side = (pair.client, pair.server)[paused]
            pair.advance(13)
            side.heartbeat.pause()
            pair.advance(seconds)
            side.heartbeat.resume()
            pair.advance(2)
            for each in (pair.client, pair.server):
                self.assertIsNone(each.heartbeat.verdict)
                self.assertEqual(each._heartbeat_wire.owed, 0)
                self.assertEqual(each.received, b"")
        pair.lose()
