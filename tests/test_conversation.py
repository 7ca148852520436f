"""What is said to the peer: questions, answers and beats."""

from __future__ import annotations

import attrs
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import Keepalive, Kind
from heartbeat.answering import BURST, FULL, STRIKES
from heartbeat.conversation import Conversation
from heartbeat.testing import InjectedProbe
from heartbeat.wheel import wheel_of
from tests.chat import STEADY, Chat, alone, injected, producing, together

DRY = attrs.evolve(STEADY, enforce=False)


class QuestionTests(SynchronousTestCase):
    def test_forgotten_when_answered(self) -> None:
        """Between two questions nothing is kept but what was measured."""
        pair = together()
        pair.advance(31)
        heartbeat = pair.client.heartbeat
        self.assertEqual((heartbeat.log.sent, heartbeat.log.answered), (1, 1))
        self.assertIsNone(heartbeat._pings)
        self.assertIsNotNone(heartbeat.log.round_trip)

    def test_answer_to_nothing(self) -> None:
        """An answer to nothing is counted, whether or not anything was asked."""
        pair = alone()
        heartbeat = pair.client.heartbeat
        self.assertIsNone(heartbeat.take_answer(b"foreign", 1.0))
        pair.advance(31)
        self.assertIsNone(heartbeat.take_answer(b"foreign", 1.0))
        self.assertEqual(heartbeat.counters.unsolicited_pongs, 2)

    def test_answer_to_an_earlier_one(self) -> None:
        """A later question stays open."""
        heartbeat = alone().client.heartbeat
        first, second = heartbeat.pings.send(1.0), heartbeat.pings.send(2.0)
        self.assertEqual(heartbeat.take_answer(first, 3.0), 1.0)
        self.assertEqual(heartbeat.take_answer(second, 4.0), 2.0)
        self.assertEqual(heartbeat.log.answered, 2)

    def test_nobody_to_flood(self) -> None:
        """Without the layers above a flood has no consequences."""
        clock = Clock()
        probe = InjectedProbe(clock.seconds)
        alone = Conversation(Chat(), StringTransport(), probe, STEADY, wheel_of(clock))
        for _ in range(BURST + STRIKES):
            alone.questioned(b"1", lambda _: None, 0.0)
        self.assertEqual(alone.extras.counters.pings_received, BURST + STRIKES)
        self.assertIsNone(alone.extras.verdict)

    def test_send_ping_raises(self) -> None:
        """A question that could not be written is reported; nothing follows from it."""

        class Bad(Chat):
            def send_ping(self, payload: bytes) -> None:
                raise ValueError

        pair = alone(chat=Bad())
        pair.advance(100)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 3)
        self.assertEqual(pair.client.heartbeat.counters.pings_sent, 0)
        self.assertEqual(pair.client.verdicts, [])

    def test_send_beat(self) -> None:
        """Beats are counted if they were written, and reported if they could not be."""
        pair = alone(Keepalive(interval=None, beacon=10, jitter=0))
        pair.advance(11)
        self.assertEqual(pair.client.heartbeat.counters.beats_sent, 1)

        def refuse() -> None:
            raise ValueError

        pair.client.send_beat = refuse  # type: ignore[method-assign]
        pair.advance(10)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
        self.assertEqual(pair.client.heartbeat.counters.beats_sent, 1)

    def test_asking_while_closing(self) -> None:
        """Once the connection is being closed no question is written."""
        pair = alone()
        producing(pair)
        pair.client.heartbeat.close()
        pair.client.heartbeat.ping().addErrback(lambda _: None)
        self.assertEqual(pair.client.heartbeat.counters.pings_sent, 0)


class AnswerTests(SynchronousTestCase):
    def pinged(self, chat: Chat, *payloads: bytes) -> list[bytes]:
        """The peer asks with each of *payloads*; where the answers go."""
        answers: list[bytes] = []
        for payload in payloads:
            chat.heartbeat.pinged(payload, answers.append)
        return answers

    def test_answered(self) -> None:
        """Pings are answered and counted."""
        chat = alone().client
        self.assertEqual(self.pinged(chat, b"1", b"2"), [b"1", b"2"])
        counters = chat.heartbeat.counters
        self.assertEqual((counters.pings_received, counters.pings_answered), (2, 2))

    def test_bounded(self) -> None:
        """Beyond the burst nothing is answered, and an endless payload never is."""
        chat = alone().client
        payloads = [str(number).encode() for number in range(BURST + 50)]
        self.assertEqual(len(self.pinged(chat, *payloads)), BURST)
        self.assertEqual(self.pinged(alone().client, b"x" * 10**6), [])

    def test_flood(self) -> None:
        """A peer that goes on regardless is closed, politely."""
        pair = alone()
        self.pinged(pair.client, *[b"1"] * (BURST + STRIKES))
        self.pinged(pair.client, b"1")
        pair.flush()
        self.assertEqual(pair.client.kinds, [Kind.PING_FLOOD])

    def test_flood_in_a_dry_run(self) -> None:
        """In a dry run a flood is reported once."""
        pair = alone(DRY)
        self.pinged(pair.client, *[b"1"] * (BURST + 3 * STRIKES))
        self.assertEqual(
            [each.kind for each in pair.client.verdicts], [Kind.PING_FLOOD]
        )

    def test_put_off(self) -> None:
        """Behind a full queue the newest answer waits until the way is free."""
        pair, probe = injected(unsent=FULL + 1)
        answers = self.pinged(pair.client, b"old", b"new")
        pair.advance(3)
        self.assertEqual(answers, [])
        probe.set(unsent=0)
        pair.advance(2)
        self.assertEqual(answers, [b"new"])
        self.assertEqual(pair.client.heartbeat.counters.pings_answered, 1)

    def test_waits_for_the_start(self) -> None:
        """Before start(), and while paused, the newest answer waits."""
        pair = alone(attrs.evolve(STEADY, autostart=False))
        answers = self.pinged(pair.client, b"1", b"2")
        self.assertEqual(answers, [])
        pair.client.heartbeat.start()
        pair.advance(0.1)
        self.assertEqual(answers, [b"2"])

    def test_reply_raises(self) -> None:
        """An answer that cannot be written is reported, not raised into the parser."""
        pair = alone()

        def refuse(payload: bytes) -> None:
            raise ValueError(payload)

        pair.client.heartbeat.pinged(b"1", refuse)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
        self.assertEqual(pair.client.heartbeat.counters.pings_answered, 0)

    def test_reply_that_asks(self) -> None:
        """An answer that leads to another question at once is counted once each."""
        chat = alone().client

        def echo(payload: bytes) -> None:
            if payload:
                chat.heartbeat.pinged(payload[1:], echo)

        chat.heartbeat.pinged(b"xxx", echo)
        self.assertEqual(chat.heartbeat.counters.pings_answered, 4)

    def test_while_closing(self) -> None:
        """Once the connection is being closed nothing is answered."""
        pair = alone()
        producing(pair)
        pair.client.heartbeat.close()
        self.assertEqual(self.pinged(pair.client, b"1"), [])
