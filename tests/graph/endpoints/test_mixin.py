"""What a connection of the mixin tells, read from outside."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import HeartbeatMixin, Keepalive
from heartbeat.clock import ScopedClock
from heartbeat.graph.endpoints import mixin
from heartbeat.graph.endpoints.mixin import (
    Mixed,
    lost_by_transport,
    mixed_in,
    outermost,
)
from heartbeat.testing import connect
from tests.graph.linked import Chat


class Beating(HeartbeatMixin, Protocol):
    """Asks, and is never answered."""

    keepalive = Keepalive(interval=10, timeout=5, jitter=0)

    def send_ping(self, payload: bytes) -> None:
        """Say nothing."""


class Quiet(HeartbeatMixin, Protocol):
    """Has only scopes."""


def opened(cls: type, clock: Clock) -> Any:
    """A protocol that is connected to nothing in particular."""
    protocol = cls()
    protocol.reactor = clock
    protocol.makeConnection(StringTransport())
    return protocol


def told(protocol: object) -> Mixed:
    """What the mixin tells, which is something."""
    mixed = mixed_in(protocol)
    assert mixed is not None
    return mixed


class ScopeTests(SynchronousTestCase):
    """Scopes."""

    def test_none(self) -> None:
        """Protocols without the mixin, and before their first connection."""
        impostor: Any = Chat()
        impostor._heartbeat_connection = Chat()

        for protocol in (Chat(), Quiet(), impostor):
            self.assertIsNone(mixed_in(protocol))

    def test_no_clock(self) -> None:
        """A connection without a scope is not one of ours."""
        protocol = opened(Quiet, Clock())
        connection, clock = protocol._heartbeat_connection, protocol.clock
        connection.clock = None
        mixed = mixed_in(protocol)
        connection.clock = clock

        self.assertIsNone(mixed)

    def test_scopes(self) -> None:
        """The connection's, and those in it; what is inside counts outside."""
        clock = Clock()
        protocol = opened(Quiet, clock)
        login = protocol.clock.child("login")
        login.callLater(5, int)
        protocol.clock.callLater(5, int)
        call = protocol.clock.callLater(6, int)
        call.cancel()
        login.own(Deferred()).addErrback(lambda _: None)

        mixed = told(protocol)

        self.assertIs(mixed.clock, protocol.clock)
        self.assertEqual(
            [(s.name, s.state, s.pending, s.owned) for s in mixed.scopes],
            [("Quiet", "open", 2, 1), ("login", "open", 1, 1)],
        )
        self.assertIsNone(mixed.keepalive)
        self.assertIsNone(mixed.lost_ago)

    def test_cancelled_elsewhere(self) -> None:
        """A call that was cancelled at the reactor does not count."""
        clock = Clock()
        protocol = opened(Quiet, clock)
        protocol.clock.callLater(5, int)
        for call in clock.getDelayedCalls():
            call.cancel()

        self.assertEqual(told(protocol).scopes[0].pending, 0)

    def test_other_clock(self) -> None:
        """On a clock of somebody's, whose calls are of another kind."""
        protocol = opened(Quiet, Clock())
        call = protocol.clock.callLater(5, int)
        behind = call._call
        call._call = Chat()
        pending = told(protocol).scopes[0].pending
        call._call = behind

        self.assertEqual(pending, 1)

    def test_many(self) -> None:
        """Not all of very many scopes are told of."""
        protocol = opened(Quiet, Clock())
        for _ in range(60):
            protocol.clock.child()

        self.assertEqual(len(told(protocol).scopes), mixin.SCOPES)

    def test_strange_name(self) -> None:
        """A name that is none is left out."""
        protocol = opened(Quiet, Clock())
        protocol.clock.name = Chat()

        self.assertEqual(told(protocol).scopes[0].name, "")

    def test_outermost(self) -> None:
        """From the inside out; a reactor is no scope."""
        outer = ScopedClock(Clock())
        inner = outer.child()

        self.assertEqual(list(map(id, outermost(inner))), [id(inner), id(outer)])
        self.assertEqual(list(outermost(Clock())), [])


class LossTests(SynchronousTestCase):
    """The end of a connection."""

    def test_lost(self) -> None:
        """When, and why, from the stand-in for the transport."""
        clock = Clock()
        protocol = opened(Quiet, clock)
        self.assertFalse(lost_by_transport(protocol))
        protocol.connectionLost(Failure(ConnectionDone()))
        clock.advance(3)

        mixed = told(protocol)

        self.assertTrue(lost_by_transport(protocol))
        self.assertEqual((mixed.scopes[0].state, mixed.lost_ago), ("closed", 3.0))
        self.assertEqual(mixed.lost_reason, "Connection was closed cleanly.")

    def test_reasons(self) -> None:
        """Without the stand-in: words as they are, of an exception the type only."""

        class Secretive(Exception):
            def __str__(self) -> str:
                raise AssertionError("was asked for its text")

        reasons = ("done", Secretive(), Failure(ConnectionDone()))
        words = []
        for reason in reasons:
            protocol = opened(Quiet, Clock())
            protocol.clock.close(reason)
            words.append(told(protocol).lost_reason)

        self.assertEqual(
            words,
            [
                "done",
                f"{__name__}.Secretive",
                "twisted.internet.error.ConnectionDone",
            ],
        )


class KeepaliveTests(SynchronousTestCase):
    """The keepalive."""

    def test_alive(self) -> None:
        """Its state, its numbers, and when it looks next."""
        clock = Clock()
        protocol = opened(Beating, clock)
        keepalive = told(protocol).keepalive

        assert keepalive is not None
        self.assertEqual(keepalive.state, "alive")
        self.assertEqual((keepalive.interval, keepalive.timeout), (10, 5))
        self.assertEqual((keepalive.asked, keepalive.answered), (0, 0))
        assert keepalive.due is not None
        self.assertAlmostEqual(keepalive.due, 10, places=1)
        self.assertIsNone(keepalive.verdict)

    def test_asked(self) -> None:
        """Questions are counted."""
        clock = Clock()
        protocol = opened(Beating, clock)
        for _ in range(21):
            clock.advance(0.5)
        keepalive = told(protocol).keepalive

        assert keepalive is not None
        self.assertEqual((keepalive.state, keepalive.asked), ("asked", 1))

    def test_soon(self) -> None:
        """What waits for the reactor's next turn is due now."""
        protocol = opened(Beating, Clock())
        heartbeat = protocol.heartbeat
        heartbeat.wheel.soon(heartbeat)
        keepalive = told(protocol).keepalive

        assert keepalive is not None
        self.assertEqual(keepalive.due, 0.0)

    def test_verdict(self) -> None:
        """A peer that was given up, and for what; nothing is looked at any more."""
        clock = Clock()
        pair = connect(Beating(), Chat(), clock)
        pair.cut()
        pair.advance(30)
        keepalive = told(pair.client).keepalive

        assert keepalive is not None
        self.assertIsNotNone(keepalive.verdict)
        self.assertRegex(keepalive.verdict or "", r"^[a-z]+(-[a-z]+)+$")
        self.assertIsNone(keepalive.due)
