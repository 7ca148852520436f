"""The tools that users test their own protocols with."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionAborted, ConnectionDone, ConnectionLost
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import Kind, LateWriteError, ScopedClock, late
from heartbeat.evidence import Source
from heartbeat.testing import (
    ROUNDS,
    advance,
    advance_to_next,
    assert_nothing_left,
    connect,
    inject,
    late_writes_raise,
)
from tests.chat import Chat, alone, together
from tests.connections import Sink


class ClockTests(SynchronousTestCase):
    def test_to_next(self) -> None:
        """The clock moves to the next deadline, runs it, and says how far that was."""
        clock = Clock()
        ran: list[str] = []
        clock.callLater(3, ran.append, "a")
        clock.callLater(7, ran.append, "b")
        self.assertEqual(advance_to_next(clock), 3.0)
        self.assertEqual(ran, ["a"])

    def test_nothing_pending(self) -> None:
        """Without a deadline the clock stands still."""
        self.assertEqual(advance_to_next(Clock()), 0.0)

    def test_step_by_step(self) -> None:
        """Each call finds the time it asked for, and the clock ends where it should."""
        clock = Clock()
        times: list[float] = []
        for delay in (1, 2, 5):
            clock.callLater(delay, lambda: times.append(clock.seconds()))
        advance(clock, 4)
        self.assertEqual((times, clock.seconds()), ([1.0, 2.0], 4.0))

    @settings(deadline=None)
    @given(
        st.floats(0, 1e9),
        st.lists(st.floats(0, 1e6), max_size=5),
        st.floats(0, 1e6),
    )
    def test_ends(self, start: float, delays: list[float], seconds: float) -> None:
        """Whatever the numbers, it ends, and has run all that was due."""
        clock = Clock()
        ran: list[float] = []
        clock.advance(start)
        for delay in delays:
            clock.callLater(delay, ran.append, delay)
        advance(clock, seconds)
        self.assertTrue(all(delay in ran for delay in delays if delay < seconds * 0.99))


class PairTests(SynchronousTestCase):
    def test_connects(self) -> None:
        """Bytes travel both ways; protocols with the mixin run on the clock."""
        pair = together()
        pair.client.sendLine(b"to the server")
        pair.server.sendLine(b"to the client")
        pair.flush()
        self.assertEqual(pair.server.lines, [b"to the server"])
        self.assertEqual(pair.client.lines, [b"to the client"])
        self.assertIs(pair.client.clock.parent, pair.clock)

    def test_own_reactor(self) -> None:
        """A protocol that has a reactor keeps it."""
        chat, clock = Chat(), Clock()
        chat.reactor = clock
        connect(chat, Sink(), Clock())
        self.assertIs(chat.clock.parent, clock)

    def test_too_late(self) -> None:
        """One that runs on the global reactor already is refused."""
        chat = Chat()
        call = chat.clock.callLater(1, list)
        error = self.assertRaises(ValueError, connect, chat, Chat(), Clock())
        self.assertIn("set reactor", str(error))
        call.cancel()

    def test_cut_and_mended(self) -> None:
        """Over a cut link bytes vanish; when it is mended, new ones arrive."""
        pair = together()
        pair.cut()
        pair.client.sendLine(b"lost")
        pair.advance(5)
        pair.mend()
        pair.client.sendLine(b"found")
        pair.flush()
        self.assertEqual(pair.server.lines, [b"found"])

    def test_ends_over_a_cut_link(self) -> None:
        """Over a cut link each side ends for itself, and the other learns nothing."""
        pair = alone()
        pair.cut()
        pair.client.transport.abortConnection()
        pair.flush()
        self.assertIsInstance(pair.client.reasons[0].value, ConnectionAborted)
        self.assertEqual(pair.server.lost, [])
        pair.mend()
        pair.server.transport.write(b"hello?")  # type: ignore[union-attr]
        pair.flush()
        self.assertIsInstance(pair.server.lost[0].value, ConnectionLost)

    def test_lose(self) -> None:
        """Both ends lose the connection, once."""
        pair = together()
        pair.lose()
        pair.lose()
        self.assertEqual(len(pair.client.reasons) + len(pair.server.reasons), 2)

    def test_endless_traffic(self) -> None:
        """Two sides that answer each other for ever are an error, not a hang."""

        class Echo(Sink):
            def dataReceived(self, data: bytes) -> None:
                self.transport.write(data)  # type: ignore[union-attr]

        pair = connect(Echo(), Echo(), Clock())
        pair.client.transport.write(b"?")  # type: ignore[union-attr]
        with self.assertRaisesRegex(AssertionError, str(ROUNDS)):
            pair.flush()

    def test_close_reaches_the_other(self) -> None:
        """A close ends both sides cleanly."""
        pair = together()
        pair.client.transport.loseConnection()
        pair.flush()
        self.assertIsInstance(pair.server.reasons[0].value, ConnectionDone)


class InjectedTests(SynchronousTestCase):
    def test_says_what_it_was_told(self) -> None:
        """Evidence is what the test says, and time goes by itself."""
        pair = alone()
        probe = inject(pair.client.heartbeat)
        pair.advance(3)
        probe.set(unsent=4096, window=0)
        evidence = probe.look()
        self.assertEqual((evidence.unsent, evidence.window), (4096, 0))
        self.assertEqual((evidence.heard_ago, evidence.source), (3.0, Source.INJECTED))

    def test_hear(self) -> None:
        """Bytes arrive when the test says so."""
        pair = alone()
        probe = inject(pair.client.heartbeat)
        for _ in range(5):
            pair.advance(20)
            probe.hear(10)
        self.assertEqual(probe.look().received, 50)
        self.assertEqual(pair.client.heartbeat.counters.pings_sent, 0)
        probe.close()

    def test_leads_to_a_verdict(self) -> None:
        """A verdict rests on it."""
        pair = alone()
        inject(pair.client.heartbeat).set(unsent=4096, ack_ago=0.1, window=0)
        pair.advance(41)
        self.assertEqual(pair.client.kinds, [Kind.PEER_NOT_READING])


class NothingLeftTests(SynchronousTestCase):
    def test_nothing(self) -> None:
        """Where nothing is left it says nothing."""
        pair = together()
        pair.lose()
        assert_nothing_left(pair.clock, pair.client, pair.server, ScopedClock(Clock()))

    def test_calls(self) -> None:
        """Pending calls are named, of clocks, scopes and protocols."""
        pair = alone()
        pair.client.clock.callLater(5, self.test_calls)
        for owner in (pair.clock, pair.client, pair.client.clock):
            with self.assertRaisesRegex(AssertionError, "test_calls"):
                assert_nothing_left(owner)

    def test_deferreds(self) -> None:
        """Owned Deferreds are counted, those of inner scopes included."""
        scope = ScopedClock(Clock(), name="login")
        first: Deferred[None] = scope.own(Deferred())
        second: Deferred[None] = scope.child("step").own(Deferred())
        with self.assertRaisesRegex(AssertionError, "'login': 2"):
            assert_nothing_left(scope)
        first.callback(None)
        second.callback(None)
        assert_nothing_left(scope)


class LateWriteTests(SynchronousTestCase):
    def test_raise(self) -> None:
        """Within it a write to a lost connection raises; afterwards it does not."""
        pair = together()
        pair.lose()
        with late_writes_raise(), self.assertRaises(LateWriteError):
            pair.client.sendLine(b"late")
        self.assertIs(late.mode, late.Mode.COUNT)
        pair.client.sendLine(b"late")
