"""What is done about what is found: questions, answers, verdicts, the end."""

from __future__ import annotations

from typing import Any

import attrs
from structlog.testing import capture_logs
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import Keepalive, Kind, PeerLostError, Proof, State, Verdict
from heartbeat.answering import BURST, STRIKES
from heartbeat.errors import NotReadyError
from heartbeat.response import Phase
from heartbeat.testing import assert_nothing_left, connect
from tests.chat import STEADY, Chat, Producer, alone, injected, producing, together
from tests.connections import adopted, tcp_pair, until
from tests.reactors import fresh

DRY = attrs.evolve(STEADY, enforce=False)
AGED = Keepalive(interval=None, max_age=50, jitter=0)


class VerdictTests(SynchronousTestCase):
    def test_reason(self) -> None:
        """A silent peer is given up, and the reason of the loss is the verdict."""
        pair = alone()
        pair.advance(41)
        (reason,) = pair.client.reasons
        self.assertIsInstance(reason.value, PeerLostError)
        self.assertIsInstance(reason.value, ConnectionLost)
        self.assertEqual(pair.client.kinds, [Kind.PEER_SILENT])
        (verdict,) = pair.client.verdicts
        self.assertEqual((verdict.attempt, verdict.attempts), (1, 1))
        assert_nothing_left(pair.clock, pair.client)

    def test_early_warning(self) -> None:
        """The application is warned at the first passed deadline, before the verdict."""
        pair = alone(attrs.evolve(STEADY, attempts=3))
        pair.advance(41)
        self.assertEqual(len(pair.client.suspicions), 1)
        self.assertEqual(pair.client.verdicts, [])
        pair.advance(21)
        self.assertEqual([each.attempt for each in pair.client.suspicions], [1, 2, 3])
        self.assertEqual(pair.client.kinds, [Kind.PEER_SILENT])
        self.assertEqual(pair.client.heartbeat.counters.suspicions, 3)

    def test_second_look(self) -> None:
        """A byte that was in the kernel when the deadline passed saves the peer."""
        pair, probe = injected()
        pair.client.peer_suspected = lambda verdict: probe.hear()  # type: ignore[method-assign]
        pair.advance(45)
        self.assertEqual(pair.client.verdicts, [])
        self.assertEqual(pair.client.heartbeat.counters.cleared, 1)
        self.assertIs(pair.client.heartbeat.state, State.ALIVE)

    def test_silence(self) -> None:
        """The hard limit on silence needs no question."""
        pair = alone(Keepalive(interval=None, silence=20, jitter=0))
        pair.advance(21)
        self.assertEqual(pair.client.kinds, [Kind.PEER_SILENT])
        self.assertEqual(pair.server.received, b"")

    def test_reply_wanted(self) -> None:
        """With proof REPLY a peer that talks but does not answer is given up."""
        pair = alone(attrs.evolve(STEADY, proof=Proof.REPLY))
        for _ in range(6):
            pair.server.transport.write(b"chatter\r\n")  # type: ignore[union-attr]
            pair.advance(7)
        self.assertEqual(len(pair.client.kinds), 1)

    def test_traffic_suffices(self) -> None:
        """With proof TRAFFIC any bytes keep the same peer."""
        pair = alone()
        for _ in range(20):
            pair.server.transport.write(b"chatter\r\n")  # type: ignore[union-attr]
            pair.advance(7)
        self.assertEqual(pair.client.reasons, [])
        self.assertEqual(pair.client.heartbeat.counters.pings_sent, 0)

    def test_held(self) -> None:
        """Our own back-pressure is reported once, kills nobody, and ends by reading."""
        pair = alone()
        pair.client.pauseProducing()
        with capture_logs() as events:
            pair.advance(500)
        self.assertEqual([each["event"] for each in events], ["reading_paused"])
        self.assertIs(pair.client.heartbeat.state, State.HELD)
        pair.client.resumeProducing()
        pair.advance(60)
        self.assertEqual(pair.client.kinds, [Kind.PEER_SILENT])

    def test_backlog_is_nudged(self) -> None:
        """Behind a backlog in the peer's kernel, further pings look for progress."""
        pair, probe = injected(acked=0, in_flight=0, window=1000)
        probe.set(acked=100_000)
        pair.advance(39)
        self.assertGreater(pair.client.heartbeat.counters.pings_sent, 1)
        probe.set(window=50_000)
        pair.advance(5)
        self.assertEqual(pair.client.verdicts, [])


class DryRunTests(SynchronousTestCase):
    def test_lives_on(self) -> None:
        """A dry run reports what would have been closed, once, and closes nothing."""
        pair = alone(DRY)
        pair.advance(500)
        self.assertEqual([each.enforced for each in pair.client.verdicts], [False])
        self.assertEqual(pair.client.reasons, [])
        self.assertIs(pair.client.heartbeat.phase, Phase.RUNNING)

    def test_cleared(self) -> None:
        """When the peer is heard again the verdict is taken back, and may fall anew."""
        pair = alone(DRY)
        pair.advance(41)
        with capture_logs() as events:
            pair.server.transport.write(b"here\r\n")  # type: ignore[union-attr]
            pair.advance(15)
            self.assertIs(pair.client.heartbeat.state, State.ALIVE)
            pair.advance(60)
        names = [each["event"] for each in events]
        expected = ["peer_cleared", "peer_suspected", "connection_given_up"]
        self.assertEqual(names, expected)

    def test_reason_is_left_alone(self) -> None:
        """After a dry verdict a loss has its own reason."""
        pair = alone(DRY)
        pair.advance(41)
        pair.client.heartbeat.close()
        pair.flush()
        self.assertIsInstance(pair.client.reasons[0].value, ConnectionDone)

    def test_enforced_later(self) -> None:
        """A close that gets stuck after a dry verdict is a verdict of its own."""
        pair = alone(DRY)
        pair.advance(41)
        producing(pair)
        pair.client.heartbeat.close()
        pair.client.heartbeat.configure(STEADY)
        pair.advance(11)
        self.assertEqual(pair.client.kinds, [Kind.CLOSE_STALLED])

    def test_stuck_close(self) -> None:
        """In a dry run a stuck close is reported, and left alone."""
        pair = alone(DRY)
        producing(pair)
        pair.client.heartbeat.close()
        pair.advance(100)
        self.assertEqual(
            [each.kind for each in pair.client.verdicts], [Kind.CLOSE_STALLED]
        )
        self.assertEqual(pair.client.reasons, [])


class LimitTests(SynchronousTestCase):
    def test_last_word(self) -> None:
        """When the age is reached, what peer_lost writes still arrives."""

        class Polite(Chat):
            def peer_lost(self, verdict: Verdict) -> None:
                super().peer_lost(verdict)
                self.sendLine(b"bye")

        pair = connect(Polite(AGED), Chat(Keepalive(interval=None)), Clock())
        pair.advance(51)
        self.assertEqual(pair.server.lines, [b"bye"])
        self.assertEqual(pair.client.kinds, [Kind.MAX_AGE])
        self.assertEqual(pair.client.verdicts[0].waited, 50.0)
        assert_nothing_left(pair.clock, pair.client, pair.server)

    def test_drained_close_that_sticks(self) -> None:
        """A graceful close that gets stuck is aborted, for the reason it began with."""
        pair = alone(AGED)
        producer = producing(pair)
        pair.advance(62)
        self.assertEqual(pair.client.kinds, [Kind.MAX_AGE])
        self.assertEqual(len(pair.client.verdicts), 1)
        self.assertTrue(producer.stopped)

    def test_idle(self) -> None:
        """An idle application's connection is closed, saying since when."""
        pair = alone(Keepalive(interval=None, idle=20, jitter=0))
        pair.advance(10)
        pair.client.heartbeat.active()
        pair.advance(21)
        self.assertEqual(pair.client.kinds, [Kind.APP_IDLE])
        self.assertEqual(pair.client.verdicts[0].waited, 20.0)

    def test_hook_ends_it_itself(self) -> None:
        """A peer_lost that ends the connection itself is not ended once more."""

        class Impatient(Chat):
            def peer_lost(self, verdict: Verdict) -> None:
                super().peer_lost(verdict)
                self.transport.lose(ConnectionLost())

        pair = alone(chat=Impatient(AGED))
        pair.advance(51)
        self.assertEqual(len(pair.client.reasons), 1)
        self.assertIsInstance(pair.client.reasons[0].value, ConnectionLost)
        assert_nothing_left(pair.clock, pair.client)

    def test_abort_by_the_application(self) -> None:
        """If the application aborts while we close gracefully, the reason is its own."""
        pair = alone(AGED)
        producing(pair)
        pair.advance(51)
        pair.client.transport.abortConnection()
        pair.flush()
        self.assertIsInstance(pair.client.reasons[0].value, ConnectionAborted)


class HookTests(SynchronousTestCase):
    def test_hooks_that_raise(self) -> None:
        """Hooks that raise are reported and counted, and change nothing."""

        class Bad(Chat):
            def peer_suspected(self, verdict: Verdict) -> None:
                raise ValueError

            def peer_lost(self, verdict: Verdict) -> None:
                raise ValueError

        pair = alone(chat=Bad())
        pair.advance(41)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 2)
        self.assertEqual(pair.client.heartbeat.counters.hook_failures, 2)
        self.assertEqual(pair.client.kinds, [Kind.PEER_SILENT])

    def test_not_ready_to_ask(self) -> None:
        """A protocol that cannot ask now is not judged by it, and is tried again."""

        class Shy(Chat):
            ready = False

            def send_ping(self, payload: bytes) -> None:
                if not self.ready:
                    raise NotReadyError("a handshake is under way")
                super().send_ping(payload)

        shy = Shy()
        pair = alone(chat=shy)
        pair.advance(100)
        self.assertEqual((shy.kinds, shy.heartbeat.counters.pings_sent), ([], 0))
        self.failureResultOf(shy.heartbeat.ping(), NotReadyError)
        shy.ready = True
        pair.advance(41)
        self.assertEqual(shy.kinds, [Kind.PEER_SILENT])
        self.assertEqual(shy.heartbeat.counters.hook_failures, 0)

    def test_hooks_that_exit(self) -> None:
        """``SystemExit`` in a hook, which a reactor survives, saves no dead peer."""

        class Leaving(Chat):
            def send_ping(self, payload: bytes) -> None:
                raise SystemExit

            def peer_suspected(self, verdict: Verdict) -> None:
                raise SystemExit

            def peer_lost(self, verdict: Verdict) -> None:
                raise SystemExit

        policy = Keepalive(interval=30, silence=40, jitter=0)
        pair = alone(chat=Leaving(policy))
        pair.advance(41)
        self.assertEqual(len(self.flushLoggedErrors(SystemExit)), 3)
        self.assertEqual(pair.client.kinds, [Kind.PEER_SILENT])

    def test_nudge_raises(self) -> None:
        """A further ping that cannot be written is reported; the question stands."""
        pair, probe = injected(acked=0, in_flight=0, window=1000)
        probe.set(acked=100_000)
        pair.advance(31)

        def refuse(payload: bytes) -> None:
            raise ValueError(payload)

        pair.client.send_ping = refuse  # type: ignore[method-assign]
        pair.advance(10)
        self.assertTrue(self.flushLoggedErrors(ValueError))
        self.assertEqual(pair.client.kinds, [Kind.PEER_HUNG])

    def test_pausing_while_asking(self) -> None:
        """A send_ping that pauses the keepalive, and raises, is survived."""

        class Bad(Chat):
            def send_ping(self, payload: bytes) -> None:
                self.heartbeat.pause()
                raise ValueError

        pair = alone(chat=Bad())
        pair.advance(31)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
        self.assertIs(pair.client.heartbeat.state, State.OFF)
        assert_nothing_left(pair.clock)


class FloodTests(SynchronousTestCase):
    def test_judged(self) -> None:
        """A peer that asks far too much is closed, and told apart from a silent one."""
        pair = alone()
        for _ in range(BURST + STRIKES):
            pair.client.heartbeat.pinged(b"1", lambda _: None)
        pair.flush()
        self.assertEqual(pair.client.kinds, [Kind.PING_FLOOD])


class ClosingTests(SynchronousTestCase):
    def test_verdict_before_any(self) -> None:
        """There is none, whatever else has happened."""
        heartbeat = alone().client.heartbeat
        self.assertIsNone(heartbeat.verdict)
        heartbeat.configure(attrs.evolve(STEADY, max_age=500, grace=3))
        self.assertIsNone(heartbeat.verdict)

    def test_configured_while_closing(self) -> None:
        """A close that is under way goes by the new grace."""
        pair = alone()
        producing(pair)
        pair.client.heartbeat.close()
        pair.client.heartbeat.configure(attrs.evolve(STEADY, grace=1))
        pair.advance(2)
        self.assertEqual(pair.client.kinds, [Kind.CLOSE_STALLED])


class EventTests(SynchronousTestCase):
    def test_one_for_each_change(self) -> None:
        """A verdict takes two events, with units in their keys, and pings take none."""
        pair = together()
        with capture_logs() as events:
            pair.advance(300)
            self.assertEqual(events, [])
            pair.cut()
            pair.advance(60)
        expected = {
            "attempt": 1,
            "attempts": 1,
            "enforced": True,
            "kind": "PEER_SILENT",
            "peer": "127.0.0.1:7",
        }
        names = [each.pop("event") for each in events]
        self.assertEqual(names, ["peer_suspected", "connection_given_up"])
        for event, level in zip(events, ("info", "warning"), strict=True):
            self.assertEqual(event.pop("log_level"), level)
            self.assertGreaterEqual(event.pop("waited_s"), 40.0)
            self.assertEqual(event, expected)


class UserCloseTests(SynchronousTestCase):
    def test_noticed(self) -> None:
        """The application's own close that gets stuck is aborted, as CLOSE_STALLED."""
        pair = alone()
        producing(pair)
        pair.client.transport.loseConnection()
        pair.advance(29)
        self.assertIs(pair.client.heartbeat.phase, Phase.RUNNING)
        pair.advance(2)
        self.assertIs(pair.client.heartbeat.phase, Phase.CLOSING)
        pair.advance(10)
        self.assertEqual(pair.client.kinds, [Kind.CLOSE_STALLED])
        assert_nothing_left(pair.clock, pair.client)

    def test_configured_meanwhile(self) -> None:
        """A close under way goes by a new grace; one that is over by none."""
        pair = alone()
        producing(pair)
        pair.client.heartbeat.close()
        pair.client.heartbeat.configure(attrs.evolve(STEADY, grace=3))
        pair.advance(4)
        self.assertEqual(pair.client.kinds, [Kind.CLOSE_STALLED])
        pair.client.heartbeat.configure(STEADY)
        assert_nothing_left(pair.clock, pair.client)

    def test_keeps_its_reason(self) -> None:
        """One that completes keeps its own reason, and leaves nothing."""
        pair = alone()
        producing(pair)
        pair.client.transport.loseConnection()
        pair.advance(31)
        pair.client.heartbeat.close()  # under way already
        pair.client.transport.unregisterProducer()
        pair.flush()
        self.assertIsInstance(pair.client.reasons[0].value, ConnectionDone)
        assert_nothing_left(pair.clock, pair.client)

    def test_stuck_hook_ends_it(self) -> None:
        """A peer_lost that ends a stuck close itself is not followed by an abort."""

        class Impatient(Chat):
            def peer_lost(self, verdict: Verdict) -> None:
                super().peer_lost(verdict)
                self.transport.lose(ConnectionDone())

        pair = alone(chat=Impatient())
        producing(pair)
        pair.client.heartbeat.close()
        pair.advance(11)
        self.assertEqual(len(pair.client.verdicts), 1)
        self.assertEqual(len(pair.client.reasons), 1)
        assert_nothing_left(pair.clock, pair.client)


class Early(Chat):
    """Calls its own ``connectionLost`` before the transport does."""

    def give_up(self) -> None:
        """Close, and do not wait for it."""
        self.transport.loseConnection()
        self.connectionLost(Failure(ConnectionDone()))


class EarlyLossTests(SynchronousTestCase):
    POLICY = Keepalive(interval=None, grace=0.2)

    def test_watched_to_the_end(self) -> None:
        """The transport's close is watched though the protocol's end has come."""
        with fresh("select") as reactor:
            chat = Early(self.POLICY)
            chat.reactor = reactor
            ours, peer = tcp_pair()
            with peer, adopted(reactor, chat, ours):
                transport: Any = chat.transport
                transport.registerProducer(Producer(), True)
                chat.give_up()
                self.assertIs(chat.heartbeat.phase, Phase.ENDED)
                self.assertTrue(transport.connected)
                until(reactor, lambda: not transport.connected)
                until(reactor, lambda: len(chat.reasons) == 2)
            assert_nothing_left(chat)
            self.assertEqual(chat.verdicts, [])
            self.assertEqual(reactor.getDelayedCalls(), [])

    def test_without_a_close(self) -> None:
        """A protocol that ends without closing is not watched any more."""
        with fresh("select") as reactor:
            chat = Early(self.POLICY)
            chat.reactor = reactor
            ours, peer = tcp_pair()
            with peer, adopted(reactor, chat, ours):
                chat.connectionLost(Failure(ConnectionDone()))
                self.assertIs(chat.heartbeat.phase, Phase.ENDED)
                self.assertEqual(reactor.getDelayedCalls(), [])
