"""Cases between the parts: those of docs/tests.md that no other file covers."""

from __future__ import annotations

from typing import Any

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionAborted
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import Keepalive, Kind, ScopeClosedError, ScopedClock, State, late
from heartbeat.late import LateTransport
from heartbeat.testing import advance, assert_nothing_left
from tests.chat import STEADY, Chat, alone, together


class Aborting(StringTransport):
    """Loses the connection inside ``abortConnection``, before that returns."""

    protocol: Chat

    def abortConnection(self) -> None:
        """Lose it."""
        super().abortConnection()
        self.protocol.connectionLost(Failure(ConnectionAborted()))


class EndTests(SynchronousTestCase):
    def test_call_later_at_the_end(self) -> None:
        """The scope takes no call any more, whoever asks while the connection ends."""
        errors: list[ScopeClosedError] = []
        scope: ScopedClock

        def late_call(*_: object) -> None:
            try:
                scope.callLater(1, list)
            except ScopeClosedError as error:
                errors.append(error)

        class Released:
            __del__ = late_call

        class Late(Chat):
            def connectionLost(self, reason: object = None) -> None:
                late_call()

        pair = alone(chat=Late())
        scope = pair.client.clock
        scope.callLater(5, list, Released())
        scope.own(Deferred()).addErrback(late_call)
        scope.on_close(late_call)
        pair.lose()

        self.assertEqual(len(errors), 4)
        assert_nothing_left(pair.clock, pair.client)

    def test_abort_that_loses_at_once(self) -> None:
        """A transport may lose the connection inside ``abortConnection``."""
        chat = Chat(Keepalive(interval=None, silence=5))
        chat.reactor = clock = Clock()
        transport = Aborting()
        transport.protocol = chat
        chat.makeConnection(transport)
        advance(clock, 6)

        self.assertEqual((chat.kinds, len(chat.verdicts)), ([Kind.PEER_SILENT], 1))
        assert_nothing_left(clock, chat)

    def test_bytes_while_closing(self) -> None:
        """Bytes that come after our close, as over TLS, do not revive anybody."""
        chat = alone().client
        chat.heartbeat.close()
        chat.dataReceived(b"hello\r\n")

        self.assertEqual(chat.lines, [b"hello"])
        self.assertIs(chat.heartbeat.state, State.OFF)

    def test_ping_while_closing(self) -> None:
        """A ping that comes after our close is consumed, and not answered."""
        pair = alone()
        pair.client.heartbeat.close()
        pair.client.dataReceived(b"PING 1\r\n")
        pair.flush()

        self.assertEqual((pair.client.lines, pair.server.received), ([], b""))

    def test_write_while_closing(self) -> None:
        """A write between the close and the loss is the transport's: it leaves."""
        late.forget()
        pair = alone()
        transport: Any = pair.client.transport
        transport.loseConnection()
        transport.write(b"last word")
        pair.flush()

        self.assertEqual((pair.server.received, late.count), (b"last word", 0))

    def test_cached_write(self) -> None:
        """A ``write`` kept since before the loss is Twisted's, which drops it."""
        late.forget()
        pair = alone()
        transport: Any = pair.client.transport
        write = transport.write
        pair.lose()
        write(b"late")

        self.assertIs(type(pair.client.transport), LateTransport)
        self.assertEqual((pair.server.received, late.count), (b"", 0))


class QuestionTests(SynchronousTestCase):
    def test_asking_from_send_ping(self) -> None:
        """A ``send_ping`` that itself asks and reconfigures does not go in circles."""

        class Nested(Chat):
            def send_ping(self, payload: bytes) -> None:
                self.heartbeat.ping().addErrback(lambda _: None)
                self.heartbeat.configure(STEADY)
                super().send_ping(payload)

        pair = alone(chat=Nested())
        pair.advance(31)

        self.assertEqual(pair.client.heartbeat.counters.pings_sent, 2)
        self.assertIs(pair.client.heartbeat.state, State.ASKED)
        pair.lose()

    def test_own_ping_costs_no_attempt(self) -> None:
        """A ping of the user's just before the keepalive's does not shorten anything."""
        pair = alone()
        pair.advance(29)
        pair.client.heartbeat.ping().addErrback(lambda _: None)
        pair.advance(10.5)

        self.assertEqual(pair.client.verdicts, [])
        pair.advance(1)
        self.assertEqual(pair.client.kinds, [Kind.PEER_SILENT])

    def test_own_ping_takes_no_deadline(self) -> None:
        """While a ping of the user's is unanswered the keepalive judges as ever."""
        pair = alone()
        pair.client.heartbeat.ping().addErrback(lambda _: None)
        pair.advance(41)

        self.assertEqual(pair.client.kinds, [Kind.PEER_SILENT])

    def test_answer_in_other_words(self) -> None:
        """A peer that does not know our ping, and says so, lives."""
        pair = alone()
        for _ in range(10):
            pair.advance(31)
            pair.client.dataReceived(b"ERROR unknown command\r\n")

        self.assertEqual(pair.client.suspicions, [])
        self.assertEqual(len(pair.client.lines), 10)
        pair.lose()

    def test_peer_that_never_asks(self) -> None:
        """A peer that answers, and never asks anything itself, lives."""
        pair = together()
        pair.advance(1000)

        self.assertEqual(pair.client.heartbeat.counters.pings_received, 0)
        self.assertIs(pair.client.heartbeat.state, State.ALIVE)
        pair.lose()


class ClockTests(SynchronousTestCase):
    def test_one_big_step(self) -> None:
        """A test that moves its clock in one big step has stalled: the peer is asked."""
        pair = together(attrs.evolve(STEADY, timeout=5))
        pair.clock.advance(100)
        self.assertEqual(pair.client.verdicts, [])
        pair.advance(6)

        self.assertEqual(pair.client.heartbeat.counters.pongs, 1)
        self.assertEqual(pair.client.verdicts, [])
        pair.lose()

    def test_list_of_calls(self) -> None:
        """The list of pending calls is the caller's, to do with as it likes."""
        scope = ScopedClock(Clock())
        call = scope.callLater(1, list)
        scope.getDelayedCalls().clear()  # type: ignore[attr-defined]

        self.assertEqual(list(scope.getDelayedCalls()), [call])
        scope.close()
