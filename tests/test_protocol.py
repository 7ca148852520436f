"""The mixin: what a user may do, and forget to do, without losing a timer."""

# mypy: disable-error-code="mutable-override"
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.protocols import policies
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.errors import PeerLostError, ScopeClosedError
from heartbeat.policy import Keepalive
from heartbeat.protocol import HeartbeatMixin, connection_of, hand_over
from heartbeat.testing import advance, connect, inject
from heartbeat.timeouts import TimeoutMixin
from heartbeat.wires import Lines
from tests.connections import global_reactor

if TYPE_CHECKING:
    from heartbeat.verdict import Verdict

REASON = Failure(ConnectionLost())


class Chat(HeartbeatMixin, LineReceiver):
    """What a user writes."""

    keepalive = Keepalive(interval=30, timeout=10, jitter=0)
    wire: Lines | None = Lines()

    def __init__(self, clock: Clock | None = None) -> None:
        self.lines: list[bytes] = []
        if clock is not None:
            self.reactor = clock

    def lineReceived(self, line: bytes) -> None:
        """Keep it."""
        self.lines.append(line)


class Case(SynchronousTestCase):
    def setUp(self) -> None:
        """A clock, on which nothing may be left."""
        self.clock = Clock()
        self.addCleanup(lambda: self.assertEqual(self.clock.getDelayedCalls(), []))

    def connected(self, protocol: Any) -> Any:
        """*protocol*, connected to a string transport."""
        protocol.makeConnection(StringTransport())
        return protocol


class StoryTests(Case):
    def test_timers(self) -> None:
        """Timers run while the connection lives, and not after."""
        chat = self.connected(Chat(self.clock))
        for delay in (5, 15):
            chat.clock.callLater(delay, chat.lineReceived, b"%d" % delay)
        self.clock.advance(10)
        chat.connectionLost(REASON)
        self.clock.advance(10)
        self.assertEqual(chat.lines, [b"5"])

    def test_pair(self) -> None:
        """Two of them keep each other alive, and neither sees the other's pings."""
        pair = connect(Chat(), Chat(), self.clock)
        pair.advance(300)
        pings = pair.client.heartbeat.counters.pings_sent
        self.assertEqual(
            (pings > 0, pair.client.lines, pair.server.lines), (True, [], [])
        )
        pair.lose()

    def test_cut(self) -> None:
        """When the link is cut they give each other up, and say why."""

        class Asking(Chat):
            reason: Failure | None = None

            def connectionLost(self, reason: Failure = REASON) -> None:
                """Keep it."""
                self.reason = reason

        pair = connect(Asking(), Asking(), self.clock)
        pair.cut()
        pair.advance(60)
        for end in (pair.client, pair.server):
            assert end.reason is not None
            end.reason.trap(PeerLostError)

    def test_hot_path(self) -> None:
        """The transport is Twisted's own while the connection lives."""
        transport = StringTransport()
        chat = Chat(self.clock)
        chat.makeConnection(transport)
        self.assertIs(chat.transport, transport)
        chat.connectionLost(REASON)


class ForgettingTests(Case):
    def test_no_super(self) -> None:
        """Neither ``__init__`` nor any hook has to call ``super()``, nor to return."""

        class Careless(Chat):
            def __init__(self) -> None:
                pass

            def connectionMade(self) -> None:
                raise ZeroDivisionError

            def dataReceived(self, data: bytes) -> None:
                raise ZeroDivisionError

            def connectionLost(self, reason: object = None, more: int = 0) -> None:
                raise ZeroDivisionError

        chat = Careless()
        chat.reactor = self.clock
        self.assertRaises(ZeroDivisionError, self.connected, chat)
        chat.clock.callLater(5, list)
        self.assertRaises(ZeroDivisionError, chat.dataReceived, b"!")
        self.assertEqual(len(self.clock.getDelayedCalls()), 2)
        self.assertRaises(ZeroDivisionError, chat.connectionLost, REASON, more=1)

    def test_base_by_name(self) -> None:
        """A base that is called by its name is found, as AMP's are."""

        class Explicit(Chat):
            def makeConnection(self, transport: Any) -> None:
                HeartbeatMixin.makeConnection(self, transport)

            def connectionLost(self, reason: Failure = REASON) -> None:
                LineReceiver.connectionLost(self, reason)

        chat = self.connected(Explicit(self.clock))
        chat.clock.callLater(5, list)
        chat.connectionLost(REASON)

    def test_replaced_before(self) -> None:
        """A ``connectionLost`` set on the object before the connection is called."""
        chat: Any = Chat(self.clock)
        reasons: list[object] = []
        chat.connectionLost = reasons.append
        self.connected(chat)
        chat.connectionLost(REASON)
        self.assertEqual(reasons, [REASON])
        self.assertEqual(vars(chat)["connectionLost"], reasons.append)

    def test_not_touched(self) -> None:
        """A protocol that is never connected is as it was."""
        chat: Any = Chat()
        chat.connectionLost(REASON)
        self.assertEqual(set(vars(chat)), {"lines"})


class Failing(Chat):
    """Every hook of it fails."""

    keepalive = Keepalive(interval=5, timeout=5, beacon=7, jitter=0)
    wire = None

    def send_ping(self, payload: bytes) -> None:
        """Fail."""
        raise ZeroDivisionError

    def send_beat(self) -> None:
        """Fail."""
        raise ZeroDivisionError


class FailingHookTests(Case):
    def test_voice(self) -> None:
        """What cannot be said is reported, and nobody is given up for it."""
        chat = self.connected(Failing(self.clock))
        advance(self.clock, 100)
        self.assertIsNone(chat.heartbeat.verdict)
        self.assertGreater(chat.heartbeat.counters.hook_failures, 10)
        chat.connectionLost(REASON)
        self.assertTrue(self.flushLoggedErrors(ZeroDivisionError))

    def test_warnings(self) -> None:
        """Hooks for suspicion and loss may fail: the connection ends anyway."""

        class Told(Failing):
            def send_ping(self, payload: bytes) -> None:
                """Ask."""

            def peer_suspected(self, verdict: Verdict) -> None:
                raise ZeroDivisionError

            def peer_lost(self, verdict: Verdict) -> None:
                raise ZeroDivisionError

        chat = self.connected(Told(self.clock))
        inject(chat.heartbeat)
        advance(self.clock, 30)
        self.assertTrue(chat.transport.disconnecting)
        self.assertGreater(len(self.flushLoggedErrors(ZeroDivisionError)), 2)
        chat.connectionLost(REASON)

    def test_timer(self) -> None:
        """A timer may fail: the next one runs."""
        chat = self.connected(Chat(self.clock))
        chat.clock.every(1, lambda: 1 / 0)
        chat.clock.callLater(3, chat.lines.append, b"next")
        advance(self.clock, 5)
        self.assertEqual(chat.lines, [b"next"])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 5)
        chat.connectionLost(REASON)


class ReactorTests(Case):
    def test_global(self) -> None:
        """Without one of its own the protocol runs on the global reactor."""
        chat = self.connected(Chat())
        self.assertIs(chat.clock.parent, global_reactor())
        chat.connectionLost(REASON)

    def test_other(self) -> None:
        """What is no reactor is refused when it is needed."""
        chat: Any = Chat()
        chat.reactor = "global"
        error = self.assertRaises(TypeError, lambda: chat.clock)
        self.assertIn("Chat.reactor is 'global'", str(error))


class SettingTests(Case):
    def test_refused(self) -> None:
        """The clock and the keepalive are not to be set; the error says what is."""
        chat: Any = Chat()
        for name in ("clock", "heartbeat"):
            error = self.assertRaises(AttributeError, setattr, chat, name, self.clock)
            self.assertIn(f"Chat sets self.{name} to", str(error))


class AgainTests(Case):
    def test_early(self) -> None:
        """Timers made between two connections are refused, for they have no owner."""
        chat = self.connected(Chat(self.clock))
        chat.connectionLost(REASON)
        self.assertRaises(ScopeClosedError, chat.clock.callLater, 1, list)
        self.connected(chat)
        chat.clock.callLater(1, list)
        chat.connectionLost(REASON)

    def test_keepalive(self) -> None:
        """Each connection has a keepalive of its own, which starts anew."""
        chat = self.connected(Chat(self.clock))
        first = chat.heartbeat
        chat.connectionLost(REASON)
        self.connected(chat)
        self.assertIsNot(chat.heartbeat, first)
        advance(self.clock, 60)
        self.assertEqual(first.counters.pings_sent, 0)
        self.assertTrue(chat.heartbeat.verdict)
        chat.connectionLost(REASON)


class HandOverTests(Case):
    def test_ends(self) -> None:
        """All that belongs to the old protocol ends; the transport is the new one's."""
        old, new = self.connected(Chat(self.clock)), Chat(self.clock)
        transport = old.transport
        old.clock.callLater(5, list)
        owned, ping = old.clock.own(Deferred()), old.heartbeat.ping()
        transport.clear()
        hand_over(old)
        for deferred in (owned, ping):
            failure = self.failureResultOf(deferred, ConnectionDone)
            self.assertIn("handed over", str(failure.value))
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertFalse(transport.disconnecting)
        new.makeConnection(transport)
        advance(self.clock, 30)
        self.assertTrue(transport.value().startswith(b"PING"))
        self.assertIs(new.transport, transport)
        new.connectionLost(REASON)

    def test_not_told(self) -> None:
        """The old one's ``connectionLost`` is not called by us, nor in the way later."""
        chat: Any = Chat(self.clock)
        reasons: list[object] = []
        chat.connectionLost = reasons.append
        self.connected(chat)
        hand_over(chat, "upgraded")
        hand_over(chat)
        self.assertEqual(reasons, [])
        chat.connectionLost(REASON)
        self.assertEqual(reasons, [REASON])
        error = self.assertRaises(ScopeClosedError, chat.clock.callLater, 1, list)
        self.assertIn("upgraded", error.reason)

    def test_timeout(self) -> None:
        """An idle timeout ends, too."""

        class Idle(TimeoutMixin, Protocol):
            pass

        idle: Any = Idle()
        idle.callLater = self.clock.callLater
        self.connected(idle)
        idle.setTimeout(5)
        hand_over(idle)


class HookTests(Case):
    def test_runs_on_reactor(self) -> None:
        """``callLater`` schedules on the protocol's reactor."""
        chat: Any = self.connected(Chat(self.clock))
        chat.callLater(5, chat.lines.append, b"5")
        self.clock.advance(5)
        chat.connectionLost(REASON)
        chat.callLater(5, chat.lines.append, b"10")
        self.assertEqual(chat.lines, [b"5"])

    def test_set(self) -> None:
        """It can be set, also before the connection and for the next."""
        chat: Any = Chat(Clock())
        chat.callLater = self.clock.callLater
        for _ in range(2):
            chat.callLater(5, list)
            self.connected(chat)
            chat.callLater(5, list)
            self.assertTrue(self.clock.getDelayedCalls())
            chat.connectionLost(REASON)
            self.assertEqual(chat.clock.getDelayedCalls(), [])

    def test_hidden(self) -> None:
        """What a base behind has put there decides where; the calls are owned."""

        class Old(LineReceiver, policies.TimeoutMixin):
            def callLater(_, period: float, func: Any) -> Any:  # noqa: N805
                return self.clock.callLater(period, func)

        class New(HeartbeatMixin, Old):
            pass

        new: Any = self.connected(New())
        new.setTimeout(5)
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        new.connectionLost(REASON)

    def test_twisted(self) -> None:
        """Behind us, Twisted's own is not asked."""

        class Timed(HeartbeatMixin, LineReceiver, policies.TimeoutMixin):
            reactor = self.clock

        timed: Any = self.connected(Timed())
        timed.setTimeout(5)
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        timed.connectionLost(REASON)

    def test_outlived(self) -> None:
        """Where nobody tells us of the next connection, another transport does."""

        class Idle(TimeoutMixin, Protocol):
            pass

        idle: Any = self.connected(Idle())
        idle.callLater = self.clock.callLater
        idle.setTimeout(5)
        before = connection_of(idle)
        idle.connectionLost(REASON)
        idle.callLater(5, list)
        self.assertIs(connection_of(idle), before)
        self.connected(idle)
        idle.callLater(5, list)
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        idle.connectionLost(REASON)

    def test_on_class(self) -> None:
        """On the class it is the hook."""
        self.assertIs(Chat.callLater, HeartbeatMixin.callLater)
