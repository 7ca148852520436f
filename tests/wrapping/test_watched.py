"""One connection: what is done when it begins, and what is left when it ends."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING, Any

import attrs
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.protocols.basic import LineReceiver
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from twisted.words.protocols.irc import IRCClient

from heartbeat import Keepalive, Kind, Lines, PeerLostError, State
from heartbeat.testing import Pair, connect
from heartbeat.timeouts import TimeoutMixin
from heartbeat.wrapping import heartbeat_of, marks, watch_factory
from heartbeat.wrapping.watched import Opening, Watched
from tests.connections import adopted, descriptor, global_reactor, tcp_pair, until
from tests.wrapping.cases import LISTEN, Notes, Plain, Rigid, factory_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from heartbeat.keepalive import Heartbeat

HASTY = Keepalive(interval=None, silence=0.1)

ASK = Keepalive(interval=30, timeout=10, jitter=0, grace=5)


class Talk(LineReceiver):
    """A line protocol of somebody's."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def lineReceived(self, line: bytes) -> None:
        """Keep it."""
        self.lines.append(line)


class Early(Plain):
    """Calls its own ``connectionLost`` when it is told to, like some of Twisted's."""

    def end(self) -> None:
        """Close, and do not wait to be told."""
        self.connectionLost(Failure(ConnectionDone()))


class Twice(Plain):
    """Its ``connectionLost`` calls itself once more."""

    def connectionLost(self, reason: Any = None) -> None:
        """Once more."""
        super().connectionLost(reason)
        if len(self.reasons) == 1:
            self.connectionLost(reason)


class Timed(TimeoutMixin, Plain):
    """Has a timer of Twisted's, on our scope."""

    def connectionMade(self) -> None:
        """Set it."""
        self.setTimeout(10)

    def timeoutConnection(self) -> None:
        """Nothing."""


class Case(SynchronousTestCase):
    """Connections in memory."""

    def setUp(self) -> None:
        self.clock: Any = Clock()
        self.notes = Notes()

    def watch(
        self, protocol: Any, policy: Keepalive = LISTEN, **terms: Any
    ) -> Pair[Any, Plain]:
        """Connect *protocol*, watched, to one that says nothing."""
        factory = watch_factory(
            factory_of(protocol), policy, reactor=self.clock, **terms
        )
        return connect(factory.buildProtocol(None), Plain(), self.clock)


class WatchedTests(Case):
    """From the connection to its loss."""

    def test_nothing_in_between(self) -> None:
        """The protocol is what Twisted connects; only its last method is ours."""
        protocol: Any = Plain()
        pair = self.watch(protocol)
        self.assertIs(pair.client, protocol)
        self.assertEqual(protocol.makeConnection.__func__, Protocol.makeConnection)
        self.assertIsInstance(protocol.connectionLost, Watched)
        pair.lose()
        self.assertEqual(protocol.connectionLost.__func__, Plain.connectionLost)
        self.assertNotIn("connectionLost", vars(protocol))

    def test_silence(self) -> None:
        """The peer falls silent: suspected, given up, lost, each with the reason."""
        protocol = Plain()
        hooks = self.notes
        pair = self.watch(
            protocol, on_suspected=hooks.on_suspected, on_lost=hooks.on_lost
        )
        pair.advance(50)
        pair.server.transport.write(b"bytes")
        pair.advance(59)
        self.assertEqual((hooks.suspected, protocol.reasons), ([], []))
        pair.advance(3)
        ((told, verdict),) = hooks.lost
        self.assertIs(told, protocol)
        self.assertIs(verdict.kind, Kind.PEER_SILENT)
        self.assertEqual([told for told, _ in hooks.suspected], [protocol])
        (reason,) = protocol.reasons
        reason.trap(PeerLostError)
        self.assertIs(reason.value.verdict, verdict)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_no_hooks(self) -> None:
        """Nobody has to be told."""
        protocol = Rigid()
        pair = self.watch(protocol)
        pair.advance(65)
        protocol.reasons[0].trap(PeerLostError)

    def test_idle(self) -> None:
        """The application says when it is at work, by the keepalive."""
        protocol = Plain()
        pair = self.watch(protocol, Keepalive(interval=None, idle=60))
        pair.advance(50)
        heartbeat_of(protocol).active()
        pair.advance(50)
        self.assertEqual(protocol.reasons, [])
        pair.advance(12)
        self.assertIs(protocol.reasons[0].value.verdict.kind, Kind.APP_IDLE)

    def test_max_age(self) -> None:
        """A connection can be too old, however much is said on it."""
        protocol = Plain()
        pair = self.watch(protocol, Keepalive(interval=None, max_age=60, jitter=0))
        for _ in range(13):
            pair.server.transport.write(b"bytes")
            pair.advance(5)
        self.assertIs(protocol.reasons[0].value.verdict.kind, Kind.MAX_AGE)

    def test_reason_of_others(self) -> None:
        """A loss that is not our doing keeps its reason, whatever it is."""
        for reason in (Failure(ConnectionLost()), None, "words"):
            protocol: Any = Plain()
            self.watch(protocol)
            protocol.connectionLost(reason)
            self.assertEqual(protocol.reasons, [reason])

    def test_by_name(self) -> None:
        """The reason may come by its name, or not at all."""
        protocol: Any = Plain()
        reason = Failure(ConnectionLost())
        self.watch(protocol)
        protocol.connectionLost(reason=reason)
        self.watch(protocol)
        protocol.connectionLost()
        self.assertIs(protocol.reasons[0], reason)
        protocol.reasons[1].trap(ConnectionDone)

    def test_raises(self) -> None:
        """Whatever the protocol's own method does, nothing of ours is left."""
        protocol: Any = Plain()
        protocol.reasons = None
        pair = self.watch(protocol)
        heartbeat = heartbeat_of(protocol)
        with self.assertRaises(AttributeError):
            protocol.connectionLost(Failure(ConnectionLost()))
        self.assertIsNone(marks.at(pair.client.transport))
        self.assertIs(heartbeat.state, State.OFF)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_own_method(self) -> None:
        """What an instance had set as its own is called, and stays."""
        protocol: Any = Plain()
        reasons: list[Any] = []
        protocol.connectionLost = own = reasons.append
        self.watch(protocol).lose()
        self.assertEqual(len(reasons), 1)
        self.assertEqual(protocol.connectionLost, own)

    def test_calls_itself(self) -> None:
        """A method that calls itself ends what there is to end once."""
        protocol = Twice()
        self.watch(protocol).lose()
        self.assertEqual(len(protocol.reasons), 2)
        self.assertNotIn("connectionLost", vars(protocol))

    def test_kept(self) -> None:
        """Whoever has kept a reference reaches the protocol's own method."""
        protocol: Any = Plain()
        pair = self.watch(protocol)
        kept = protocol.connectionLost
        self.assertEqual(kept.__name__, "connectionLost")
        pair.lose()
        kept("once more")
        self.assertEqual(protocol.reasons[1], "once more")

    def test_again(self) -> None:
        """The same object may be connected again, to be watched again."""
        protocol = Plain()
        factory = watch_factory(factory_of(protocol), LISTEN, reactor=self.clock)
        for _ in range(2):
            pair = connect(factory.buildProtocol(None), Plain(), self.clock)
            pair.advance(65)
        first, second = protocol.reasons
        self.assertIsNot(first.value.verdict, second.value.verdict)

    def test_autostart(self) -> None:
        """A policy may wait to be started."""
        protocol = Plain()
        pair = self.watch(
            protocol, Keepalive(interval=None, silence=60, autostart=False)
        )
        pair.advance(100)
        self.assertEqual(protocol.reasons, [])
        heartbeat_of(protocol).start()
        pair.advance(65)
        protocol.reasons[0].trap(PeerLostError)

    def test_in_connection_made(self) -> None:
        """The keepalive is there when the protocol is told of its connection."""
        found: list[Heartbeat] = []

        class Curious(Plain):
            def connectionMade(self) -> None:
                found.append(heartbeat_of(self))

        protocol = Curious()
        pair = self.watch(protocol)
        self.assertEqual(found, [heartbeat_of(protocol)])
        pair.lose()

    def test_connection_made_raises(self) -> None:
        """A connection is watched all the same."""

        class Clumsy(Plain):
            def connectionMade(self) -> None:
                raise ValueError("clumsy")

        protocol: Any = Clumsy()
        with self.assertRaises(ValueError):
            self.watch(protocol)
        self.assertTrue(heartbeat_of(protocol).watching)
        protocol.connectionLost(Failure(ConnectionDone()))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_configure(self) -> None:
        """Other numbers at once; not such as nobody could say."""
        protocol = Plain()
        pair = self.watch(protocol)
        heartbeat = heartbeat_of(protocol)
        with self.assertRaisesRegex(TypeError, "needs a question"):
            heartbeat.configure(ASK)
        heartbeat.configure(Keepalive(interval=None, silence=5))
        pair.advance(10)
        protocol.reasons[0].trap(PeerLostError)
        heartbeat.configure(ASK)  # over: it has no effect, and no harm

    def test_counted(self) -> None:
        """It is counted under the class of the protocol, to its end."""
        for protocol, name in ((Plain(), "Plain"), (Rigid(), "Rigid")):
            pair = self.watch(protocol)
            tallies = heartbeat_of(protocol).wheel.tallies
            pair.advance(65)
            tally = tallies.by_name[f"tests.wrapping.cases.{name}"]
            self.assertEqual((tally.opened, tally.ended), (1, 1))
            self.assertEqual(tally.verdicts, {"PEER_SILENT": 1})

    def test_handed_over(self) -> None:
        """Who took the transport over is told of the loss; it is counted all the same."""
        pair = self.watch(Plain(), attrs.evolve(LISTEN, autostart=False))
        other, transport = Plain(), pair.client.transport
        transport.protocol = other
        other.makeConnection(transport)
        tallies = heartbeat_of(other).wheel.tallies
        pair.lose()
        self.assertEqual(len(other.reasons), 1)
        del pair, other, transport
        gc.collect()
        tally = tallies.by_name["tests.wrapping.cases.Plain"]
        self.assertEqual((tally.opened, tally.ended), (1, 1))

    def test_mute(self) -> None:
        """Without a wire a ping by hand says so, and a beat is none."""
        protocol: Any = Plain()
        pair = self.watch(protocol)
        failure = self.failureResultOf(heartbeat_of(protocol).ping(), TypeError)
        self.assertIn("Plain has no way to ask: give a wire=", str(failure.value))
        protocol.connectionLost.send_beat()
        pair.lose()

    def test_hook_raises(self) -> None:
        """A hook that raises is reported, and the connection ended."""

        def fail(*_: object) -> None:
            raise ValueError("hook")

        protocol = Plain()
        self.watch(protocol, on_lost=fail).advance(65)
        protocol.reasons[0].trap(PeerLostError)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_irc(self) -> None:
        """IRCClient asks for the name of its ``connectionLost`` and ``makeConnection``."""
        client: Any = IRCClient()
        client.performLogin = 0
        Opening(client, None)  # type: ignore[arg-type]
        self.assertEqual(client.makeConnection.__name__, "makeConnection")

    def test_timeout_mixin(self) -> None:
        """Twisted's timer on our scope, and a watch, end together."""
        protocol: Any = Timed()
        protocol.callLater = self.clock.callLater
        pair = self.watch(protocol)
        self.assertNotEqual(self.clock.getDelayedCalls(), [])
        pair.lose()
        self.assertEqual(len(protocol.reasons), 1)
        self.assertEqual(self.clock.getDelayedCalls(), [])


class WireTests(Case):
    """A protocol that cannot be subclassed can still be taught to ask."""

    def test_asks(self) -> None:
        """Questions are answered, and neither side's application sees them."""
        protocol = Talk()
        factory = watch_factory(
            factory_of(protocol), ASK, wire=Lines(), reactor=self.clock
        )
        other = watch_factory(factory_of(Talk()), ASK, wire=Lines(), reactor=self.clock)
        pair = connect(
            factory.buildProtocol(None), other.buildProtocol(None), self.clock
        )
        pair.advance(100)
        self.assertGreater(heartbeat_of(protocol).counters.pings_sent, 0)
        self.assertIsNone(heartbeat_of(protocol).verdict)
        self.assertEqual(protocol.lines, [])
        pair.lose()
        self.assertNotIn("lineReceived", vars(protocol))

    def test_not_answered(self) -> None:
        """Whoever does not answer is given up; who waits for a pong hears it."""
        protocol: Any = Talk()
        reasons: list[Failure] = []
        protocol.connectionLost = reasons.append
        pair = self.watch(protocol, ASK, wire=Lines())
        asked = heartbeat_of(protocol).ping()
        pair.advance(50)
        self.failureResultOf(asked, PeerLostError)
        reasons[0].trap(PeerLostError)

    def test_beats(self) -> None:
        """Our side shows life."""
        protocol = Talk()
        pair = self.watch(protocol, Keepalive(interval=None, beacon=10), wire=Lines())
        pair.advance(25)
        self.assertIn(b"PONG\r\n", pair.server.received)
        pair.lose()

    def test_unwire_raises(self) -> None:
        """A wire that cannot be undone is reported; the rest ends as ever."""

        class Sticky(Lines):
            def attach(self, protocol: Any, heartbeat: Heartbeat) -> Callable[[], None]:
                super().attach(protocol, heartbeat)

                def stick() -> None:
                    raise ValueError("sticky")

                return stick

        self.watch(Talk(), ASK, wire=Sticky()).lose()
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
        self.assertEqual(self.clock.getDelayedCalls(), [])


class TCPTests(SynchronousTestCase):
    """On a socket of Linux nothing is in the way, in either direction."""

    def setUp(self) -> None:
        self.reactor = global_reactor()
        ours, self.peer = tcp_pair()
        self.addCleanup(self.peer.close)
        self.ours = ours

    def test_untouched(self) -> None:
        """The transport is Twisted's, and neither writing nor reading is shadowed."""
        protocol = Plain()
        with self.connected(protocol):
            transport: Any = protocol.transport
            self.assertIs(transport, descriptor(protocol))
            self.assertIs(transport.protocol, protocol)
            for name in ("write", "writeSequence", "writeSomeData", "loseConnection"):
                self.assertNotIn(name, vars(transport))
            self.assertEqual(set(vars(protocol)) & {"dataReceived"}, set())

    def test_nothing_left(self) -> None:
        """What was watched goes with its last reference, without the collector."""
        left: list[weakref.ref[Any]] = []
        over: list[str] = []

        class Brief(Protocol):
            def connectionMade(self) -> None:
                left.extend(map(weakref.ref, (self, self.transport)))
                left.append(weakref.ref(heartbeat_of(self)))

            def connectionLost(self, reason: Any = None) -> None:
                over.append(str(reason.type.__name__))

        factory = watch_factory(Factory.forProtocol(Brief), HASTY)
        gc.collect()
        gc.disable()
        self.addCleanup(gc.enable)
        with self.ours as ours:
            self.reactor.adoptStreamConnection(ours.fileno(), ours.family, factory)
        until(self.reactor, lambda: over)
        self.assertEqual(over, ["PeerLostError"])
        self.assertEqual([reference() for reference in left], [None] * 3)

    def test_own_call(self) -> None:
        """A protocol that calls its own ``connectionLost`` is watched to the end."""
        protocol = Early()
        with self.connected(protocol):
            protocol.end()
            self.assertTrue(heartbeat_of(protocol).watching)
            self.peer.close()
            until(self.reactor, lambda: len(protocol.reasons) == 2)
            self.assertIsNone(marks.at(protocol.transport))

    def connected(self, protocol: Plain) -> Any:
        """Connect it, watched."""
        factory = watch_factory(factory_of(protocol), LISTEN)
        return adopted(self.reactor, protocol, self.ours, factory)
