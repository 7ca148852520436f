"""What an application and a wire see of the keepalive of one connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from twisted.internet.defer import CancelledError
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import Heartbeat, Keepalive, Kind, Proof, State
from heartbeat.host import Host
from heartbeat.response import Phase
from heartbeat.testing import Pair, assert_nothing_left, connect, inject
from tests.chat import STEADY, Chat, alone, injected, together
from tests.connections import Sink

if TYPE_CHECKING:
    from heartbeat import Evidence

MANUAL = attrs.evolve(STEADY, autostart=False)


class StartTests(SynchronousTestCase):
    def test_starts_by_itself(self) -> None:
        """A policy with autostart runs from when the connection is made."""
        chat = together().client
        self.assertIs(chat.heartbeat.phase, Phase.RUNNING)
        self.assertIs(chat.heartbeat.state, State.ALIVE)

    def test_waits_to_be_started(self) -> None:
        """Without autostart nothing is asked, and nothing is pending, before start()."""
        pair = together(MANUAL)
        chat = pair.client
        pair.advance(100)
        self.assertIs(chat.heartbeat.phase, Phase.WAITING)
        self.assertEqual(chat.heartbeat.counters.pings_sent, 0)
        chat.heartbeat.start()
        pair.advance(31)
        self.assertEqual(chat.heartbeat.counters.pongs, 1)

    def test_start_twice(self) -> None:
        """Starting what runs, or what is lost, changes nothing."""
        pair = alone()
        pair.advance(20)
        pair.client.heartbeat.start()
        pair.advance(11)
        self.assertEqual(pair.client.heartbeat.counters.pings_sent, 1)
        pair.lose()
        pair.client.heartbeat.start()
        self.assertIs(pair.client.heartbeat.phase, Phase.ENDED)
        assert_nothing_left(pair.clock, pair.client)

    def test_pause_and_resume(self) -> None:
        """Paused, nothing is asked or judged; resumed, the peer counts as heard."""
        pair = alone()
        pair.advance(35)  # a question is open
        pair.client.heartbeat.pause()
        assert_nothing_left(pair.clock)
        pair.advance(1000)
        pair.client.heartbeat.resume()
        self.assertEqual(pair.client.heartbeat.last_heard, pair.clock.seconds())
        pair.advance(29)
        self.assertEqual(pair.client.heartbeat.counters.pings_sent, 1)
        pair.advance(12)
        self.assertEqual(pair.client.kinds, [Kind.PEER_SILENT])

    def test_pause_before_start(self) -> None:
        """Pausing what does not run is harmless."""
        pair = together(MANUAL)
        pair.client.heartbeat.pause()
        self.assertIs(pair.client.heartbeat.phase, Phase.WAITING)

    def test_refuses_policy_without_voice(self) -> None:
        """By composition, too, a policy that asks needs somebody who can."""
        with self.assertRaisesRegex(TypeError, "send_ping"):
            Heartbeat(Host(), StringTransport(), STEADY, Clock())

    def test_receiver(self) -> None:
        """A host that receives nothing says who does."""
        receiver, transport, clock = Sink(), StringTransport(), Clock()
        silent = Keepalive(interval=None, silence=60)
        heartbeat = Heartbeat(Host(), transport, silent, clock, receiver=receiver)
        receiver.dataReceived(b"bytes")
        self.assertEqual(heartbeat.probe.look().received, 5)


class ConfigureTests(SynchronousTestCase):
    def test_counts_from_last_heard(self) -> None:
        """A new interval is measured from the last sign of life, not from now."""
        pair = alone()
        pair.advance(20)
        pair.client.heartbeat.configure(attrs.evolve(STEADY, interval=25))
        self.assertEqual(pair.client.heartbeat.policy.interval, 25)
        pair.advance(4)
        self.assertIs(pair.client.heartbeat.state, State.ALIVE)
        pair.advance(2)
        self.assertIs(pair.client.heartbeat.state, State.ASKED)

    def test_passed_already(self) -> None:
        """An interval that has passed already asks at once."""
        pair = alone()
        pair.advance(20)
        pair.client.heartbeat.configure(attrs.evolve(STEADY, interval=5))
        pair.advance(0.1)
        self.assertIs(pair.client.heartbeat.state, State.ASKED)

    def test_switches_on_and_off(self) -> None:
        """Limits and beats that were off can be switched on, and off again."""
        pair = alone(Keepalive(interval=None))
        beating = Keepalive(interval=None, beacon=10, idle=100, jitter=0)
        pair.client.heartbeat.configure(beating)
        pair.advance(11)
        self.assertEqual(pair.server.received, b"PONG\r\n")
        pair.client.heartbeat.configure(Keepalive(interval=None, grace=None))
        assert_nothing_left(pair.clock)
        pair.client.heartbeat.configure(beating)
        pair.advance(101)
        self.assertEqual(pair.client.kinds, [Kind.APP_IDLE])

    def test_refuses_what_is_no_policy(self) -> None:
        """Anything but a Keepalive is refused, with the way out; the old one stays."""
        heartbeat = alone().client.heartbeat
        nonsense: Any = {"interval": 10}
        with self.assertRaisesRegex(TypeError, "attrs.evolve"):
            heartbeat.configure(nonsense)
        self.assertIs(heartbeat.policy, STEADY)

    def test_refuses_policy_without_voice(self) -> None:
        """A policy the protocol cannot speak is refused, and the old one stays."""

        class Dumb(Chat):
            wire = None

        chat = alone(chat=Dumb(Keepalive(interval=None))).client
        with self.assertRaisesRegex(TypeError, "no way to speak"):
            chat.heartbeat.configure(STEADY)
        self.assertIsNone(chat.heartbeat.policy.interval)

    def test_grace_of_a_close_under_way(self) -> None:
        """A close under way goes by the new grace, from its last progress."""
        pair = alone()
        pair.client.transport.registerProducer(object(), True)
        pair.client.heartbeat.close()
        pair.client.heartbeat.configure(attrs.evolve(STEADY, grace=None))
        pair.advance(1000)
        self.assertEqual(pair.client.kinds, [])
        pair.client.transport.unregisterProducer()
        pair.flush()
        self.assertIsInstance(pair.client.reasons[0].value, ConnectionDone)

    def test_dry_run_ends(self) -> None:
        """Once verdicts are enforced, the one that had fallen is, at once."""
        pair = alone(attrs.evolve(STEADY, enforce=False))
        pair.advance(41)
        pair.client.heartbeat.configure(STEADY)
        pair.flush()
        self.assertEqual(
            [each.enforced for each in pair.client.verdicts], [False, True]
        )
        self.assertEqual(len(pair.client.reasons), 1)

    def test_dry_run_was_wrong(self) -> None:
        """A peer that was heard since is not ended for it."""
        pair = alone(attrs.evolve(STEADY, enforce=False))
        pair.advance(41)
        pair.server.transport.write(b"here\r\n")  # type: ignore[union-attr]
        pair.flush()
        pair.client.heartbeat.configure(STEADY)
        self.assertIs(pair.client.heartbeat.state, State.ALIVE)
        self.assertEqual(pair.client.reasons, [])


class PingTests(SynchronousTestCase):
    def test_measures(self) -> None:
        """A ping fires with the seconds until its answer, and gives the first sample."""
        pair = together()
        heartbeat = pair.client.heartbeat
        self.assertIsNone(heartbeat.rtt)
        ping = heartbeat.ping()
        pair.clock.advance(0.25)
        pair.flush()
        self.assertEqual(self.successResultOf(ping), 0.25)
        rtt = heartbeat.rtt
        assert rtt is not None
        self.assertEqual((rtt.latest, rtt.least), (0.25, 0.25))

    def test_shares(self) -> None:
        """Calls while one is under way share its question, and cancel on their own."""
        pair = together()
        first, second = pair.client.heartbeat.ping(), pair.client.heartbeat.ping()
        first.cancel()
        pair.flush()
        self.failureResultOf(first, CancelledError)
        self.assertEqual(self.successResultOf(second), 0.0)
        self.assertEqual(pair.client.heartbeat.counters.pings_sent, 1)

    def test_fails_with_the_loss(self) -> None:
        """If the connection is lost first, whoever waits gets the reason."""
        pair = alone()
        ping = pair.client.heartbeat.ping()
        pair.lose()
        self.failureResultOf(ping, ConnectionLost)
        self.failureResultOf(pair.client.heartbeat.ping(), ConnectionLost)

    def test_again_from_the_failure(self) -> None:
        """A ping asked for by the failure of another one fails, too, and ends there."""
        pair = alone()
        heartbeat = pair.client.heartbeat
        ping = heartbeat.ping().addErrback(lambda _: heartbeat.ping())
        pair.lose()
        self.failureResultOf(ping, ConnectionLost)

    def test_cannot_be_written(self) -> None:
        """If send_ping raises, the ping fails with that; an open question stays open."""
        pair = together(attrs.evolve(STEADY, proof=Proof.REPLY))
        chat = pair.client

        def refuse(payload: bytes) -> None:
            raise ValueError(payload)

        pair.clock.advance(30)  # asks; the answer is on its way
        chat.send_ping = refuse  # type: ignore[method-assign]
        self.failureResultOf(chat.heartbeat.ping(), ValueError)
        pair.flush()
        self.assertEqual(chat.heartbeat.counters.pongs, 1)
        self.assertIs(chat.heartbeat.state, State.ALIVE)

    def test_while_closing(self) -> None:
        """On a connection that is being closed nothing is written; it waits for the loss."""
        pair = alone()
        pair.client.transport.registerProducer(object(), True)
        pair.client.heartbeat.close()
        ping = pair.client.heartbeat.ping()
        pair.flush()
        self.assertEqual(pair.server.received, b"")
        self.assertNoResult(ping)
        pair.client.transport.unregisterProducer()
        pair.flush()
        self.failureResultOf(ping, ConnectionDone)

    def test_does_not_need_to_run(self) -> None:
        """A ping works before start() and while paused."""
        pair = together(MANUAL)
        ping = pair.client.heartbeat.ping()
        pair.flush()
        self.assertEqual(self.successResultOf(ping), 0.0)


class PongTests(SynchronousTestCase):
    def asked(self) -> Pair[Chat, Sink]:
        """A chat that has asked, and what it asked with."""
        pair = alone(attrs.evolve(STEADY, proof=Proof.REPLY, attempts=2))
        pair.advance(31)
        self.payload = pair.server.received.split()[1]
        return pair

    def test_answer(self) -> None:
        """The payload that was asked answers the question."""
        pair = self.asked()
        pair.client.heartbeat.pong(self.payload)
        self.assertIs(pair.client.heartbeat.state, State.ALIVE)
        self.assertEqual(pair.client.heartbeat.counters.pongs, 1)

    def test_without_payload(self) -> None:
        """On a wire whose answers name no ping any answer counts."""
        pair = self.asked()
        pair.client.heartbeat.pong()
        self.assertIs(pair.client.heartbeat.state, State.ALIVE)

    def test_answer_to_nothing(self) -> None:
        """Foreign, empty and repeated answers are counted, and prove nothing."""
        pair = self.asked()
        for payload in (b"", b"foreign", b"x" * 10**6):
            pair.client.heartbeat.pong(payload)
            self.assertIs(pair.client.heartbeat.state, State.ASKED)
        pair.client.heartbeat.pong(self.payload)
        pair.client.heartbeat.pong(self.payload)
        self.assertEqual(pair.client.heartbeat.counters.unsolicited_pongs, 4)
        self.assertEqual(pair.client.heartbeat.counters.pongs, 1)

    def test_late(self) -> None:
        """An answer to the question before is counted as late, and is life."""
        pair = self.asked()
        pair.advance(10)  # the second question is out
        self.assertEqual(pair.client.heartbeat.counters.pings_sent, 2)
        pair.client.heartbeat.pong(self.payload)
        self.assertEqual(pair.client.heartbeat.counters.late_pongs, 1)
        self.assertIs(pair.client.heartbeat.state, State.ALIVE)

    def test_takes_back_a_dry_verdict(self) -> None:
        """In a dry run the answer after the verdict takes it back."""
        policy = attrs.evolve(STEADY, proof=Proof.REPLY, enforce=False)
        pair = alone(policy)
        pair.advance(41)
        payload = pair.server.received.split()[1]
        self.assertIs(pair.client.heartbeat.state, State.LOST)
        pair.client.heartbeat.pong(payload)
        self.assertIs(pair.client.heartbeat.state, State.ALIVE)
        self.assertEqual(pair.client.heartbeat.counters.cleared, 1)

    def test_after_the_loss(self) -> None:
        """An answer that comes when all is over does nothing."""
        pair = self.asked()
        pair.lose()
        pair.client.heartbeat.pong(self.payload)
        self.assertIs(pair.client.heartbeat.state, State.OFF)
        assert_nothing_left(pair.clock)


class ActivityTests(SynchronousTestCase):
    POLICY = Keepalive(interval=None, idle=60, jitter=0)

    def test_only_active_counts(self) -> None:
        """Bytes, pings and pongs keep no idle application's connection."""
        pair = together(self.POLICY)
        for _ in range(5):
            pair.advance(11)
            pair.server.sendLine(b"PING 1")
            pair.server.sendLine(b"chatter")
        pair.advance(6)
        self.assertEqual(pair.client.kinds, [Kind.APP_IDLE])

    def test_active(self) -> None:
        """An active application keeps it."""
        pair = together(self.POLICY)
        for _ in range(10):
            pair.advance(59)
            pair.client.heartbeat.active()
        self.assertEqual(pair.client.reasons, [])

    def test_without_limit(self) -> None:
        """Being active is harmless where nobody counts."""
        pair = together()
        pair.client.heartbeat.active()
        self.assertIs(pair.client.heartbeat.state, State.ALIVE)


class ViewTests(SynchronousTestCase):
    def test_last_heard(self) -> None:
        """It is the time of the last byte, while it runs and after."""
        pair = together()
        pair.advance(10)
        pair.server.sendLine(b"hello")
        pair.flush()
        pair.advance(5)
        self.assertEqual(pair.client.heartbeat.last_heard, 10.0)
        pair.client.heartbeat.pause()
        self.assertLessEqual(pair.client.heartbeat.last_heard, 10.0)

    def test_probe_can_be_replaced(self) -> None:
        """A test's evidence takes the place of the real one, which is let go."""
        pair = together()
        probe = inject(pair.client.heartbeat)
        self.assertIs(pair.client.heartbeat.probe, probe)
        self.assertNotIn("dataReceived", vars(pair.client))

    def test_verdict(self) -> None:
        """The last verdict stays to be seen."""
        pair, _ = injected()
        self.assertIsNone(pair.client.heartbeat.verdict)
        pair.advance(41)
        verdict = pair.client.heartbeat.verdict
        assert verdict is not None
        evidence: Evidence = verdict.evidence
        self.assertEqual((verdict.kind, evidence.heard_ago), (Kind.PEER_SILENT, 40.0))

    def test_pinged(self) -> None:
        """The wire hands over a question and how to answer it."""
        pair = together()
        answers: list[bytes] = []
        pair.client.heartbeat.pinged(b"42", answers.append)
        self.assertEqual(answers, [b"42"])


class EndTests(SynchronousTestCase):
    def test_by_hand(self) -> None:
        """Whoever composes it by hand calls lost() and release()."""

        class Speaker(Host):
            def __init__(self) -> None:
                self.said: list[bytes] = []

            def send_ping(self, payload: bytes) -> None:
                self.said.append(payload)

            def dataReceived(self, data: bytes) -> None:
                """Nothing comes."""

        clock, speaker = Clock(), Speaker()
        heartbeat = Heartbeat(speaker, StringTransport(), STEADY, clock)
        heartbeat.release()  # too early: nothing happens
        heartbeat.start()
        ping = heartbeat.ping()
        reason = Failure(ConnectionDone())
        heartbeat.lost(reason)
        self.assertNoResult(ping)
        heartbeat.lost(Failure(ConnectionLost()))
        heartbeat.release()
        self.assertIs(self.failureResultOf(ping), reason)
        assert_nothing_left(clock)

    def test_close(self) -> None:
        """Closing lets what was written arrive, and leaves the reason alone."""
        pair = together()
        pair.client.sendLine(b"bye")
        pair.client.heartbeat.close()
        pair.client.heartbeat.close()
        pair.flush()
        self.assertEqual(pair.server.lines, [b"bye"])
        self.assertIsInstance(pair.client.reasons[0].value, ConnectionDone)
        assert_nothing_left(pair.clock, pair.client, pair.server)

    def test_both_sides_ask(self) -> None:
        """A question counts as life, so that the questions of two sides do not double."""
        pair = connect(Chat(), Chat(attrs.evolve(STEADY, interval=31)), Clock())
        pair.advance(300)
        sides = (pair.client.heartbeat.counters, pair.server.heartbeat.counters)
        self.assertEqual(sum(each.pings_sent for each in sides), 10)
        self.assertEqual(sum(each.pongs for each in sides), 10)


class LateTests(SynchronousTestCase):
    def test_late_writes(self) -> None:
        """Writes after the loss are counted, not their bytes."""
        pair = alone()
        pair.client.transport.abortConnection()
        pair.advance(0.1)
        pair.client.sendLine(b"nobody hears")
        pair.client.sendLine(b"nobody at all")
        self.assertEqual(pair.client.heartbeat.counters.late_writes, 2)

    def test_copy(self) -> None:
        """The counters are a copy: they do not change under their reader."""
        pair = alone()
        before = pair.client.heartbeat.counters
        pair.advance(31)
        self.assertEqual(before.pings_sent, 0)
        self.assertEqual(pair.client.heartbeat.counters.pings_sent, 1)
