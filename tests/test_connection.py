"""What ends with a connection, in which order, whatever the protocol does."""

# mypy: disable-error-code="mutable-override"
from __future__ import annotations

import contextlib
import gc
import socket
import weakref
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock, LoopingCall
from twisted.internet.testing import StringTransport, StringTransportWithDisconnection
from twisted.protocols.policies import TimeoutMixin
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import late
from heartbeat.clock import ScopedClock
from heartbeat.connection import Connection, Standing
from heartbeat.errors import (
    NotConnectedError,
    PeerLostError,
    ScopeClosedError,
)
from heartbeat.late import LateTransport
from heartbeat.policy import Keepalive
from heartbeat.protocol import HeartbeatMixin, connection_of
from heartbeat.states import State
from heartbeat.testing import InjectedProbe, advance
from tests.connections import adopted, descriptor
from tests.reactors import fresh

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heartbeat.verdict import Verdict

REASON = Failure(ConnectionLost("test"))


class Diary(HeartbeatMixin, Protocol):
    """Writes down what happens to it."""

    transport: Any

    def __init__(self, clock: Clock) -> None:
        self.reactor = clock
        self.diary: list[object] = []

    def write(self, *entry: object) -> None:
        """Note what happens."""
        self.diary.append(entry[0] if len(entry) == 1 else entry)

    def connectionMade(self) -> None:
        """Note it."""
        self.write("made")

    def connectionLost(self, reason: Any = None) -> None:
        """Note it, and the state of affairs."""
        self.write("lost")


class Case(SynchronousTestCase):
    def setUp(self) -> None:
        """A clock, on which nothing may be left."""
        self.clock = Clock()
        self.transport = StringTransport()
        self.addCleanup(self.nothing_left)
        self.addCleanup(late.forget)

    def nothing_left(self) -> None:
        """Fail if a call is pending."""
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def connected(self, kind: Any = Diary) -> Any:
        """A protocol of this kind, connected to a string transport."""
        protocol = kind(self.clock)
        protocol.makeConnection(self.transport)
        return protocol


class LossTests(Case):
    def test_order(self) -> None:
        """Timers, the protocol's own code, ``on_close``, owned Deferreds, pings."""

        class Asking(Diary):
            def send_ping(self, payload: bytes) -> None:
                """Ask nobody."""

            def connectionLost(self, reason: Any = None) -> None:
                """Note what is left, and what stands for the transport."""
                pending = len(self.clock.getDelayedCalls())
                self.write("lost", pending, type(self.transport) is LateTransport)
                self.clock.on_close(lambda _: self.write("hook of the body"))

        protocol = self.connected(Asking)
        protocol.clock.callLater(5, protocol.write, "timer")
        protocol.clock.on_close(lambda reason: protocol.write("hook", reason))
        protocol.clock.own(Deferred()).addErrback(lambda _: protocol.write("owned"))
        protocol.heartbeat.ping().addErrback(lambda _: protocol.write("ping"))
        protocol.connectionLost(REASON)
        self.assertEqual(
            protocol.diary,
            [
                "made",
                ("lost", 0, True),
                ("hook", REASON),
                "hook of the body",
                "owned",
                "ping",
            ],
        )

    def test_inert(self) -> None:
        """Hand-written clean-up in ``connectionLost`` goes on working."""

        class Careful(Diary):
            def connectionMade(self) -> None:
                """Make timers as of old."""
                self.timer = self.clock.callLater(5, self.write, "timer")
                self.loop = LoopingCall(self.write, "tick")
                self.loop.clock = self.clock
                self.loop.start(3, now=False)

            def connectionLost(self, reason: Any = None) -> None:
                """Cancel them as of old."""
                if self.timer.active():
                    self.timer.cancel()
                self.timer.cancel()
                self.timer.reset(1)
                self.loop.stop()

        protocol = self.connected(Careful)
        protocol.connectionLost(REASON)
        self.clock.advance(9)
        self.assertEqual(protocol.diary, [])

    def test_exception(self) -> None:
        """An exception of the protocol's own code comes through; all ends anyway."""

        class Raising(Diary):
            def connectionLost(self, reason: Any = None) -> None:
                """Fail."""
                raise ZeroDivisionError

        protocol = self.connected(Raising)
        protocol.clock.callLater(5, list)
        protocol.clock.on_close(lambda _: protocol.write("hook"))
        with self.assertRaises(ZeroDivisionError):
            protocol.connectionLost(REASON)
        self.assertEqual(protocol.diary, ["made", "hook"])

    def test_exceptions_after(self) -> None:
        """A hook that raises is reported and stops nothing."""
        protocol = self.connected()
        protocol.clock.on_close(lambda _: 1 / 0)
        protocol.clock.on_close(lambda _: protocol.write("second"))
        protocol.connectionLost(REASON)
        self.assertEqual(protocol.diary, ["made", "lost", "second"])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_twice(self) -> None:
        """A second call goes to the protocol's own code, as it always did."""
        protocol = self.connected()
        protocol.clock.on_close(lambda _: protocol.write("hook"))
        protocol.connectionLost(REASON)
        protocol.connectionLost(REASON)
        self.assertEqual(protocol.diary, ["made", "lost", "hook", "lost"])

    def test_twice_by_a_copy(self) -> None:
        """Whoever took the method before calls it twice: the loss stays the loss."""
        protocol = self.connected()
        lose, connection = protocol.connectionLost, connection_of(protocol)
        lose(REASON)
        lose(REASON)
        self.assertFalse(connection.outlived_by(protocol.transport))

    def test_from_within(self) -> None:
        """It may call itself: the rest comes when the outer call is over."""

        class Twice(Diary):
            def connectionLost(self, reason: Any = None) -> None:
                """Call itself once."""
                if "lost" not in self.diary:
                    super().connectionLost(reason)
                    self.connectionLost(reason)
                self.write("over")

        protocol = self.connected(Twice)
        protocol.clock.on_close(lambda _: protocol.write("hook"))
        protocol.connectionLost(REASON)
        self.assertEqual(protocol.diary, ["made", "lost", "over", "over", "hook"])

    def test_synchronous(self) -> None:
        """A timer may close a transport that loses the connection there and then."""
        protocol = Diary(self.clock)
        transport: Any = StringTransportWithDisconnection()
        transport.protocol = protocol
        protocol.makeConnection(transport)
        protocol.clock.callLater(5, transport.loseConnection)
        protocol.clock.callLater(5, protocol.write, "same instant")
        self.clock.advance(5)
        self.assertEqual(protocol.diary, ["made", "lost"])

    def test_lost_while_made(self) -> None:
        """``connectionMade`` may lose the connection; no keepalive is started then."""

        class Hasty(Diary):
            keepalive = Keepalive(interval=None, silence=5)

            def connectionMade(self) -> None:
                """Leave."""
                self.clock.callLater(1, self.write, "timer")
                self.connectionLost(REASON)

        protocol = self.connected(Hasty)
        self.assertEqual(protocol.heartbeat.state, State.OFF)
        self.assertIs(connection_of(protocol).standing, Standing.LOST)

    def test_never_connected(self) -> None:
        """Without ``makeConnection``, timers made before end with ``connectionLost``."""
        protocol = Diary(self.clock)
        protocol.clock.callLater(5, protocol.write, "timer")
        protocol.connectionLost(REASON)
        self.assertEqual((protocol.diary, protocol.transport), (["lost"], None))
        self.assertRaises(ScopeClosedError, protocol.clock.callLater, 1, list)

    def test_probe_that_raises(self) -> None:
        """A probe whose end fails is reported; everybody hears of the loss."""

        class Broken(InjectedProbe):
            def close(self) -> None:
                """Fail."""
                raise ZeroDivisionError

        protocol = self.connected(Silent)
        protocol.clock.on_close(lambda _: protocol.write("hook"))
        protocol.heartbeat.probe = Broken(protocol.heartbeat.now)
        protocol.connectionLost(REASON)
        self.assertEqual(protocol.diary[-2:], [REASON, "hook"])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_names_the_end(self) -> None:
        """Who uses the clock later is told whose it was, of whom, and why it closed."""
        protocol = self.connected()
        protocol.connectionLost(REASON)
        error = self.assertRaises(ScopeClosedError, protocol.clock.callLater, 1, list)
        self.assertEqual((error.name, error.peer), ("Diary", "192.168.1.1:54321"))
        self.assertIn("test", error.reason)


class ArgumentTests(Case):
    def lose(self, *args: Any, **kwargs: Any) -> tuple[list[Any], Any]:
        """What the protocol and its ``on_close`` get when it is lost so."""

        class Curious(Diary):
            def connectionLost(self, *args: Any, **kwargs: Any) -> str:  # type: ignore[override]
                """Note the arguments."""
                self.write((args, kwargs))
                return "result"

        protocol = self.connected(Curious)
        protocol.diary.clear()
        reasons: list[Any] = []
        protocol.clock.on_close(reasons.append)
        self.assertEqual(protocol.connectionLost(*args, **kwargs), "result")
        return protocol.diary, reasons[0]

    def test_through(self) -> None:
        """Arguments of any kind go through as they are."""
        for args, kwargs in (
            ((REASON,), {}),
            ((REASON, 1), {"_cancelTimeouts": False}),
            ((), {"reason": REASON}),
        ):
            given, reason = self.lose(*args, **kwargs)
            self.assertEqual(given, [(args, kwargs)])
            self.assertIs(reason, REASON)

    def test_no_reason(self) -> None:
        """Without a reason, or with what is none, the scope closes cleanly."""
        for args in ((), (None,), ("because",)):
            given, reason = self.lose(*args)
            self.assertEqual(given, [(args, {})])
            self.assertIsInstance(reason.value, ConnectionDone)

    def test_exception(self) -> None:
        """A bare exception is the reason."""
        error = ValueError()
        given, reason = self.lose(error)
        self.assertEqual(given, [((error,), {})])
        self.assertIs(reason.value, error)


class Silent(Diary):
    """Gives the peer up after 5 s of silence."""

    keepalive = Keepalive(interval=None, silence=5, jitter=0, grace=2)

    def connectionLost(self, *args: Any, **kwargs: Any) -> None:
        """Note the arguments."""
        self.write(*args, *kwargs.values())

    def peer_lost(self, verdict: Verdict) -> None:
        """Note what the verdict is about."""
        self.write("given up")


class ReasonTests(Case):
    def given_up(self) -> Any:
        """A protocol that has given up its peer."""
        protocol = self.connected(Silent)
        advance(self.clock, 6)
        self.assertEqual(protocol.diary, ["made", "given up"])
        return protocol

    def test_verdict(self) -> None:
        """The reason is our verdict if we ended the connection."""
        protocol = self.given_up()
        protocol.connectionLost(Failure(ConnectionLost()))
        reason = protocol.diary[-1]
        self.assertIsInstance(reason.value, PeerLostError)
        self.assertIs(reason.value.verdict, protocol.heartbeat.verdict)

    def test_verdict_among_arguments(self) -> None:
        """It takes the place of the reason, and of nothing else."""
        protocol = self.given_up()
        protocol.connectionLost(Failure(ConnectionLost()), "more")
        self.assertIsInstance(protocol.diary[-1][0].value, PeerLostError)
        self.assertEqual(protocol.diary[-1][1], "more")

    def test_verdict_by_name(self) -> None:
        """Also where the reason is given by name."""
        protocol = self.given_up()
        protocol.connectionLost(reason=Failure(ConnectionLost()))
        self.assertIsInstance(protocol.diary[-1].value, PeerLostError)

    def test_verdict_without_reason(self) -> None:
        """No argument is added to a call that has none; the scope knows why."""

        class Bare(Silent):
            def connectionLost(self) -> None:  # type: ignore[override]
                """Take none."""

        protocol = self.connected(Bare)
        reasons: list[Any] = []
        protocol.clock.on_close(reasons.append)
        advance(self.clock, 6)
        protocol.connectionLost()
        self.assertIsInstance(reasons[0].value, PeerLostError)

    def test_own_close(self) -> None:
        """The user's own close keeps the user's reason, also within our grace."""
        protocol = self.connected(Silent)
        protocol.transport.loseConnection()
        advance(self.clock, 1)
        protocol.connectionLost(REASON)
        self.assertIs(protocol.diary[-1], REASON)


class StandInTests(Case):
    def test_transport_itself(self) -> None:
        """While it is connected, the transport is the one Twisted handed over."""
        protocol = self.connected(Silent)
        self.assertIs(protocol.transport, self.transport)
        protocol.connectionLost(REASON)
        self.assertIsNot(protocol.transport, self.transport)
        self.assertEqual(protocol.transport, self.transport)

    def test_counts(self) -> None:
        """Late writes are counted, for the process and for the connection."""
        for kind, counted in ((Silent, 2), (Diary, 0)):
            protocol = self.connected(kind)
            protocol.connectionLost(REASON)
            late.forget()
            protocol.transport.write(b"late")
            protocol.transport.writeSequence([b"la", b"ter"])
            self.assertEqual(late.count, 2)
            if counted:
                self.assertEqual(protocol.heartbeat.counters.late_writes, counted)

    def test_keeps_none(self) -> None:
        """A protocol that has set its transport to None keeps its None."""

        class Tidy(Diary):
            def connectionLost(self, reason: Any = None) -> None:
                """As AMP does."""
                self.transport = None

        before, during = self.connected(), self.connected(Tidy)
        before.transport = None
        for protocol in (before, during):
            protocol.connectionLost(REASON)
            self.assertIsNone(protocol.transport)

    def test_replaced(self) -> None:
        """A transport that took the place of the lost one is not blamed."""
        protocol = self.connected()
        protocol.transport = other = StringTransport()
        protocol.connectionLost(REASON)
        self.assertIs(protocol.transport, other)


class Fallible:
    """A wire whose end fails."""

    def check(self, protocol_class: type) -> None:
        """Anything will do."""

    def attach(self, protocol: Any, heartbeat: Any) -> Any:
        """Fail when it is undone."""
        return lambda: 1 / 0

    def send_ping(self, protocol: Any, payload: bytes) -> None:
        """Ask nobody."""

    def send_beat(self, protocol: Any) -> None:
        """Show nothing."""


class HeartbeatTests(Case):
    def test_too_early(self) -> None:
        """Before the connection there is no keepalive; the error says so."""
        protocol = Diary(self.clock)
        error = self.assertRaises(NotConnectedError, lambda: protocol.heartbeat)
        self.assertIn("keepalive of Diary belongs to a connection", str(error))

    def test_starts(self) -> None:
        """It starts when ``connectionMade`` has returned, and also if that raised."""

        class Looking(Silent):
            def connectionMade(self) -> None:
                """Note that it has not started, and fail."""
                self.write(self.heartbeat.state)
                raise ZeroDivisionError

        protocol = Looking(self.clock)
        with self.assertRaises(ZeroDivisionError):
            protocol.makeConnection(self.transport)
        states = (protocol.diary[0], protocol.heartbeat.state)
        self.assertEqual(states, (State.OFF, State.ALIVE))
        protocol.connectionLost(REASON)

    def test_waits(self) -> None:
        """With ``autostart=False`` it waits for the protocol."""

        class Waiting(Silent):
            keepalive = Keepalive(interval=None, silence=5, autostart=False)

        protocol = self.connected(Waiting)
        self.assertEqual(protocol.heartbeat.state, State.OFF)
        protocol.heartbeat.start()
        self.assertEqual(protocol.heartbeat.state, State.ALIVE)
        protocol.connectionLost(REASON)

    def test_without_transport(self) -> None:
        """Connected to nothing, as in unit tests, a protocol works without one."""
        protocol: Any = Silent(self.clock)
        protocol.makeConnection(None)
        protocol.clock.callLater(5, protocol.write, "timer")
        advance(self.clock, 5)
        protocol.connectionLost(REASON)
        self.assertEqual(protocol.diary[:2], ["made", "timer"])
        self.assertEqual(len(protocol.diary), 3)

    def test_on_demand(self) -> None:
        """A class without a policy has one when asked; it gives nobody up."""
        protocol = self.connected()
        self.assertEqual(protocol.heartbeat.state, State.ALIVE)
        advance(self.clock, 1000)
        self.assertIsNone(protocol.heartbeat.verdict)
        protocol.connectionLost(REASON)

    def test_asked_for_at_loss(self) -> None:
        """Made as late as in ``connectionLost``, it is over at once."""

        class Late(Diary):
            def send_ping(self, payload: bytes) -> None:
                """Ask nobody."""
                raise AssertionError

            def connectionLost(self, reason: Any = None) -> None:
                """Ask for a ping that nobody can answer."""
                self.failure = self.heartbeat.ping()

        protocol = self.connected(Late)
        protocol.connectionLost(REASON)
        self.assertIs(self.failureResultOf(protocol.failure), REASON)
        self.assertIs(self.failureResultOf(protocol.heartbeat.ping()), REASON)

    def test_asked_for_after_loss(self) -> None:
        """Once the connection is gone none is made any more."""
        protocol = self.connected()
        protocol.connectionLost(REASON)
        self.assertRaises(NotConnectedError, lambda: protocol.heartbeat)

    def test_wire(self) -> None:
        """A wire that raises when it is undone is reported and stops nothing."""

        class Wired(Diary):
            wire = Fallible()

        protocol = self.connected(Wired)
        protocol.connectionLost(REASON)
        self.assertEqual(protocol.diary, ["made", "lost"])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)


class AgainTests(Case):
    def test_after_loss(self) -> None:
        """A protocol that is connected again has a new clock, which works."""
        protocol = self.connected()
        protocol.connectionLost(REASON)
        before = protocol.clock
        protocol.makeConnection(StringTransport())
        self.assertIsNot(protocol.clock, before)
        protocol.clock.callLater(5, protocol.write, "timer")
        self.clock.advance(5)
        self.assertEqual(protocol.diary, ["made", "lost", "made", "timer"])
        protocol.connectionLost(REASON)

    def test_without_loss(self) -> None:
        """The timers of the connection before end; the protocol is not told."""
        protocol = self.connected(Silent)
        deferred = protocol.clock.own(Deferred())
        protocol.clock.callLater(2, protocol.write, "timer")
        protocol.makeConnection(other := StringTransport())
        self.failureResultOf(deferred, ConnectionDone)
        advance(self.clock, 3)
        self.assertEqual(protocol.diary, ["made", "made"])
        advance(self.clock, 3)
        self.assertEqual(
            (self.transport.disconnecting, other.disconnecting), (False, True)
        )
        protocol.connectionLost(REASON)
        self.assertEqual(vars(protocol).keys() & {"connectionLost"}, set())

    def test_stale_write(self) -> None:
        """A write to the new transport is not late."""
        protocol = self.connected()
        protocol.connectionLost(REASON)
        protocol.makeConnection(other := StringTransport())
        late.forget()
        protocol.transport.write(b"in time")
        self.assertEqual((late.count, other.value()), (0, b"in time"))


class EarlyTimerTests(Case):
    def test_in_init(self) -> None:
        """Timers made before the connection belong to it."""
        protocol = Diary(self.clock)
        scope = protocol.clock
        scope.callLater(1, protocol.write, "early")
        scope.callLater(5, protocol.write, "late")
        self.clock.advance(1)
        protocol.makeConnection(self.transport)
        self.assertIs(protocol.clock, scope)
        protocol.connectionLost(REASON)
        self.assertEqual(protocol.diary, ["early", "made", "lost"])

    def test_dropped(self) -> None:
        """A protocol that is never connected can be collected, and its timers end."""
        protocol = Diary(self.clock)
        protocol.clock.every(1, list)
        gone = weakref.ref(protocol)
        del protocol
        gc.collect()
        self.assertIsNone(gone())


class Reading(HeartbeatMixin, TimeoutMixin, Protocol):
    """Calls its own ``connectionLost`` early, as Twisted's HTTP/2 does."""

    keepalive = Keepalive(interval=None, silence=60)

    def __init__(self, clock: Clock) -> None:
        self.reactor = clock
        self.transports: list[Any] = []

    def connectionMade(self) -> None:
        """Have the peer thrown out by both kinds of timer."""
        self.setTimeout(30)
        self.clock.callLater(20, list)

    def connectionLost(self, *args: Any, **kwargs: Any) -> None:
        """Note what the transport is by then."""
        self.transports.append(self.transport)


class EarlyLossTests(Case):
    @contextlib.contextmanager
    def connection(self) -> Iterator[Any]:
        """A protocol on a real socket."""
        ours, peer = socket.socketpair()
        with (
            peer,
            fresh("select") as reactor,
            adopted(reactor, Reading(self.clock), ours) as protocol,
        ):
            yield protocol

    def test_alive(self) -> None:
        """The scope closes; the transport stays, and what will throw it out."""
        with self.connection() as protocol:
            protocol.connectionLost(REASON, _cancelTimeouts=False)
            self.assertIs(protocol.transport, descriptor(protocol))
            self.assertRaises(ScopeClosedError, protocol.clock.callLater, 1, list)
            times = [call.getTime() for call in self.clock.getDelayedCalls()]
            self.assertEqual(times, [30])
            advance(self.clock, 30)
            self.assertTrue(protocol.transport.disconnecting)

    def test_gone(self) -> None:
        """The rest ends when the transport does."""
        with self.connection() as protocol:
            real = protocol.transport
            protocol.connectionLost(REASON)
        types = [type(transport) for transport in protocol.transports]
        self.assertEqual(types, [type(real), LateTransport])
        self.assertEqual(vars(protocol).keys() & {"connectionLost"}, set())

    def test_late_timeout(self) -> None:
        """Nothing can be scheduled on a transport that is gone."""
        with self.connection() as protocol:
            pass
        protocol.setTimeout(10)
        protocol.callLater(10, list)
        protocol.resetTimeout()
        self.nothing_left()

    def test_heartbeat_after(self) -> None:
        """A keepalive first asked for in between is over."""
        with self.connection() as protocol:
            protocol.connectionLost(REASON)
            self.assertEqual(protocol.heartbeat.state, State.OFF)


class Slotted:
    """A transport that nothing can refer to weakly."""

    __slots__ = ("disconnecting",)

    def __init__(self) -> None:
        self.disconnecting = False

    def getPeer(self) -> Any:
        """There is none."""
        raise NotImplementedError


class ReferenceTests(Case):
    def lost(self, kind: Any) -> Any:
        """A protocol that had timers and waits for nothing any more."""
        protocol = self.connected(kind)
        protocol.clock.callLater(5, protocol.write)
        protocol.clock.on_close(lambda _, protocol=protocol: protocol.write("hook"))
        protocol.connectionLost(REASON)
        return protocol

    def test_nothing_kept(self) -> None:
        """Nothing is left that only the garbage collector could end."""
        gc.collect()
        gc.disable()
        self.addCleanup(gc.enable)
        protocol = self.lost(Diary)
        scope, connection = protocol.clock, connection_of(protocol)
        gone = weakref.ref(protocol), weakref.ref(self.transport)
        self.transport = StringTransport()
        del protocol
        self.assertEqual([each() for each in gone], [None, None])
        del scope, connection

    def test_keepalive(self) -> None:
        """Neither does a keepalive, or what is shared by all, keep the protocol."""
        protocol = self.lost(Silent)
        gone = weakref.ref(protocol), weakref.ref(self.transport)
        self.transport = StringTransport()
        scope = protocol.clock
        del protocol
        gc.collect()
        self.assertEqual([each() for each in gone], [None, None])
        del scope

    def test_stand_in(self) -> None:
        """The stand-in keeps the transport, but not the protocol."""
        protocol = self.lost(Silent)
        stand_in, gone = protocol.transport, weakref.ref(protocol)
        del protocol
        gc.collect()
        self.assertIsNone(gone())
        self.assertEqual(stand_in, self.transport)

    def test_unreferable(self) -> None:
        """A transport that cannot be referred to weakly does no harm."""
        protocol: Any = Diary(self.clock)
        protocol.makeConnection(Slotted())
        protocol.connectionLost(REASON)
        connection = connection_of(protocol)
        self.assertFalse(connection.outlived_by(protocol.transport))
        self.assertTrue(connection.outlived_by(StringTransport()))


class Hooked:
    """Has a timeout, and no connection that could be lost, as a process has none."""


class TimeoutsTests(Case):
    def setUp(self) -> None:
        """Something, and the scope of its timers."""
        super().setUp()
        self.connection = Connection(Hooked(), ScopedClock(self.clock))

    def test_no_connection(self) -> None:
        """What cannot lose a connection is left as it is."""
        self.connection.timeouts.callLater(1, list)
        self.clock.advance(1)

    def test_settled(self) -> None:
        """Where timeouts run is settled by the first, or by who sets it."""
        self.assertFalse(self.connection.has_timeouts)
        self.assertTrue(self.connection.timeouts)
        self.assertTrue(self.connection.has_timeouts)

    def test_set(self) -> None:
        """What was set counts, before the first and after, and in the next life."""
        for clock in (Clock(), Clock()):
            self.connection.schedule_timeouts_by(clock.callLater)
            self.assertTrue(self.connection.has_timeouts)
            later = Connection(Hooked(), ScopedClock(self.clock))
            later.follow(self.connection)
            for connection in (self.connection, later):
                connection.timeouts.callLater(1, list)
            self.assertEqual(len(clock.getDelayedCalls()), 2)

    def test_after(self) -> None:
        """When all is over they are dropped, also those never made before."""
        self.connection.leave(REASON)
        self.connection.leave(REASON)
        self.connection.timeouts.callLater(1, list)
