"""What a client of the socket gets to hear."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.attach.conversation import LONGEST, PATIENCE, Conversation
from heartbeat.graph.attach.language import question, refusal

Answer = Callable[[str], Deferred[Iterator[bytes]]]


def three(word: str) -> Deferred[Iterator[bytes]]:
    """An answer of three lines."""
    return succeed(iter([f"{word}\n".encode(), b"2\n", b"3\n"]))


class ConversationCase(SynchronousTestCase):
    """A client on a transport in memory, and a clock."""

    def setUp(self) -> None:
        """Nobody is lost yet."""
        self.clock = Clock()
        self.lost: list[Conversation] = []

    def connect(self, answer: Answer = three) -> Conversation:
        """A client that has connected."""
        client = Conversation(self.clock, answer, self.lost.append)
        self.transport: Any = StringTransport()
        client.makeConnection(self.transport)
        return client

    def read_all(self, client: Conversation) -> bytes:
        """All the client gets, which reads everything at once."""
        for _ in range(10):
            if self.transport.producer is not None:
                client.resumeProducing()
        data: bytes = self.transport.value()
        return data

    def lose(self, client: Conversation) -> None:
        """The connection is gone."""
        client.connectionLost()
        self.assertEqual(self.lost, [client])
        self.assertEqual(self.clock.getDelayedCalls(), [])


class AnswerTests(ConversationCase):
    """One question, one answer."""

    def test_answer(self) -> None:
        """The lines are said one by one as the client reads, and that is the end."""
        client = self.connect()
        client.dataReceived(question("a dance"))
        client.resumeProducing()
        self.assertEqual(self.transport.value(), b"a dance\n")
        client.resumeProducing()
        self.assertEqual(self.transport.value(), b"a dance\n2\n")

        self.assertEqual(self.read_all(client), b"a dance\n2\n3\n")
        self.assertTrue(self.transport.disconnecting)
        self.lose(client)

    def test_in_parts(self) -> None:
        """A question may come byte by byte."""
        client = self.connect()
        for byte in question("word"):
            client.dataReceived(bytes([byte]))

        self.assertEqual(self.read_all(client), b"word\n2\n3\n")

    def test_later(self) -> None:
        """An answer may take its time, in which no timer runs."""
        making: Deferred[Iterator[bytes]] = Deferred()
        client = self.connect(lambda _: making)
        client.dataReceived(question("word"))
        self.assertEqual(self.clock.getDelayedCalls(), [])

        making.callback(iter([b"there\n"]))

        self.assertEqual(self.read_all(client), b"there\n")
        self.lose(client)

    def test_name(self) -> None:
        """What is in the log is ours by its name."""
        name = Conversation(self.clock, three, self.lost.append).logPrefix()

        self.assertEqual(name, "heartbeat.graph.attach.conversation.Conversation")


class RefusalTests(ConversationCase):
    """No answer."""

    def test_nonsense(self) -> None:
        """What is no question is refused, and why; nothing is logged."""
        client = self.connect()
        client.dataReceived(b"GET / HTTP/1.1\r\n")

        self.assertIn(b"not a line of JSON", self.read_all(client))
        self.assertTrue(self.transport.disconnecting)

    def test_long(self) -> None:
        """A question without an end is refused."""
        client = self.connect()
        client.dataReceived(b"x" * (LONGEST + 1))

        expected = refusal(f"a question of more than {LONGEST} bytes")
        self.assertEqual(self.read_all(client), expected)

    def test_failed(self) -> None:
        """An answer that fails is refused, and logged."""
        client = self.connect(lambda _: 1 / 0)  # type: ignore[arg-type, return-value]
        client.dataReceived(question("word"))

        self.assertEqual(self.read_all(client), refusal("division by zero"))
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_broken_off(self) -> None:
        """One that fails in the middle ends with a refusal, and is logged."""

        def two() -> Iterator[bytes]:
            yield b"1\n"
            raise ValueError("no more")

        client = self.connect(lambda _: succeed(two()))
        client.dataReceived(question("word"))

        expected = b"1\n" + refusal("ValueError: no more")
        self.assertEqual(self.read_all(client), expected)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)


class BoundsTests(ConversationCase):
    """A client that hangs, or does not stop."""

    def test_says_nothing(self) -> None:
        """Who does not ask is sent away."""
        client = self.connect()
        self.clock.advance(PATIENCE - 1)
        self.assertFalse(self.transport.disconnected)
        self.clock.advance(1)

        self.assertTrue(self.transport.disconnected)
        self.lose(client)

    def test_reads_nothing(self) -> None:
        """Who does not read on is sent away."""
        client = self.connect()
        client.dataReceived(question("word"))
        client.resumeProducing()
        self.clock.advance(PATIENCE - 1)
        client.resumeProducing()
        self.clock.advance(PATIENCE - 1)
        self.assertFalse(self.transport.disconnected)
        self.clock.advance(1)

        self.assertTrue(self.transport.disconnected)
        client.stopProducing()
        self.lose(client)

    def test_says_more(self) -> None:
        """Who says more than its question is sent away."""
        for first, second in ((question("word"), b"x"), (question("word") + b"x", b"")):
            client = self.connect()
            client.dataReceived(first)
            if second:
                client.dataReceived(second)

            self.assertTrue(self.transport.disconnected)
            client.connectionLost()

    def test_gone(self) -> None:
        """If the client goes before there is an answer, nobody works on it."""
        making: Deferred[Iterator[bytes]] = Deferred(lambda _: cancelled.append(True))
        cancelled: list[bool] = []
        client = self.connect(lambda _: making)
        client.dataReceived(question("word"))

        self.lose(client)

        self.assertEqual(cancelled, [True])
