"""Counts by reactor and class add up whatever becomes of connections."""

from __future__ import annotations

import gc
import json
import threading
import weakref
from typing import Any

import attrs
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import Keepalive
from heartbeat.counters import Counters
from heartbeat.metrics import ClassMetrics, Metrics, collect
from heartbeat.testing import Pair, connect
from heartbeat.wheel import wheel_of
from heartbeat.wrapping import watch_factory
from tests.chat import STEADY, Chat

NAME = "tests.chat.Chat"


class Other(Chat):
    """Another class."""


class _Cases(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()

    def together(self, kind: type[Chat] = Chat) -> Pair[Any, Any]:
        """Two connected ends."""
        return connect(kind(), kind(), self.clock)

    def let_pass(self, seconds: int, pairs: list[Pair[Any, Any]]) -> None:
        """Seconds go by on all connections."""
        for _ in range(seconds):
            self.clock.advance(1)
            for pair in pairs:
                pair.flush()

    def of(self, name: str = NAME) -> ClassMetrics:
        """What is known of a class."""
        return collect(self.clock).classes[name]


class ClassTests(_Cases):
    def test_connections(self) -> None:
        """Those open, those made and those gone."""
        first, _ = self.together(), self.together()
        self.assertEqual((self.of().open, self.of().opened), (4, 4))
        first.client.transport.loseConnection()
        first.flush()
        found = self.of()
        self.assertEqual((found.open, found.opened, found.ended), (2, 4, 2))

    def test_pings(self) -> None:
        """Questions and answers of all connections, of those gone as well."""
        pair = self.together()
        pair.advance(65)
        found = self.of()
        both = (pair.client.heartbeat, pair.server.heartbeat)
        counted = [each.counters for each in both]
        for name, field in (
            ("pings_sent", "pings_sent"),
            ("pongs", "pongs"),
            ("pings_received", "pings_received"),
            ("pings_answered", "pings_answered"),
        ):
            total = sum(getattr(each, field) for each in counted)
            self.assertEqual(getattr(found, name), total)
            self.assertGreater(total, 0)
        self.assertEqual(found.round_trips.count, found.pongs)
        self.assertEqual(found.round_trips.least, 0.0)
        pair.client.transport.loseConnection()
        pair.flush()
        self.assertEqual(self.of().pings_sent, found.pings_sent)

    def test_sum_of_all(self) -> None:
        """Every count is the sum of what the connections counted."""
        beating, dry, raising = pairs = [self.together() for _ in range(3)]
        beating.client.heartbeat.configure(attrs.evolve(STEADY, beacon=5))
        dry.client.heartbeat.configure(attrs.evolve(STEADY, enforce=False))
        raising.client.peer_suspected = None  # so calling it raises
        self.let_pass(35, pairs)
        dry.cut()
        raising.cut()
        self.let_pass(80, pairs)
        dry.client.heartbeat.pong(None)
        dry.client.heartbeat.pong(b"foreign")
        raising.client.transport.write(b"late")
        found = wheel_of(self.clock).tallies.by_name[NAME]
        ends = [end for pair in pairs for end in (pair.client, pair.server)]
        counted = [end.heartbeat.counters for end in ends]
        for field in attrs.fields(Counters):
            total = sum(getattr(each, field.name) for each in counted)
            self.assertEqual(getattr(found, field.name), total, field.name)
            self.assertGreater(total, 0, field.name)
        self.assertEqual(len(self.flushLoggedErrors(TypeError)), 1)

    def test_never_smaller(self) -> None:
        """A connection that is paused takes nothing away."""
        pair = self.together()
        pair.advance(65)
        before = self.of()
        pair.client.heartbeat.pause()
        pair.server.heartbeat.pause()
        self.assertEqual(self.of(), before)

    def test_verdicts(self) -> None:
        """Suspicions, and verdicts by their kind."""
        pair = self.together()
        pair.cut()
        pair.advance(100)
        found = self.of()
        self.assertEqual((found.suspicions, found.cleared), (2, 0))
        self.assertEqual((found.verdicts, found.dry_verdicts), ({"PEER_SILENT": 2}, {}))

    def test_dry_run(self) -> None:
        """A verdict without consequences is counted by itself, and when it was wrong."""
        pair = self.together()
        pair.client.heartbeat.configure(attrs.evolve(STEADY, enforce=False))
        pair.cut()
        pair.advance(41)
        pair.client.dataReceived(b"PING 1\r\n")
        self.assertEqual(self.of().dry_verdicts, {"PEER_SILENT": 1})
        pair.client.heartbeat.pong(b"foreign")
        self.assertEqual(self.of().unsolicited_pongs, 1)

    def test_late_write(self) -> None:
        """What is written to a connection that is gone counts for its class."""
        pair = self.together()
        pair.client.transport.loseConnection()
        pair.flush()
        pair.client.transport.write(b"late")
        self.assertEqual(self.of().late_writes, 1)

    def test_classes(self) -> None:
        """Each class by itself."""
        self.together(), self.together(Other)
        found = collect(self.clock).classes
        self.assertEqual(set(found), {NAME, f"{__name__}.Other"})
        self.assertEqual({each.open for each in found.values()}, {2})

    def test_watched(self) -> None:
        """A protocol that was wrapped counts for its own class."""
        policy = Keepalive(interval=None, silence=60)
        factory = watch_factory(
            Factory.forProtocol(Protocol), policy, reactor=self.clock
        )
        pair = connect(factory.buildProtocol(None), Protocol(), self.clock)
        name = "twisted.internet.protocol.Protocol"
        self.assertEqual(self.of(name).open, 1)
        pair.advance(70)
        self.assertEqual((self.of(name).open, self.of(name).ended), (0, 1))
        self.assertEqual(list(collect(self.clock).classes), [name])

    def test_no_round_trip(self) -> None:
        """Before the first one, there is no least."""
        self.together()
        trips = self.of().round_trips
        self.assertEqual((trips.count, trips.sum, trips.least), (0, 0.0, None))

    def test_keeps_nobody(self) -> None:
        """Counts refer to no connection."""
        pair = self.together()
        gone = [weakref.ref(pair.client), weakref.ref(pair.client.heartbeat)]
        pair.client.transport.loseConnection()
        pair.flush()
        del pair
        gc.collect()
        self.assertEqual([each() for each in gone], [None, None])
        self.assertEqual(self.of().ended, 2)


class ReactorTests(_Cases):
    def test_calls_and_checks(self) -> None:
        """What is pending."""
        self.together()
        self.clock.callLater(3, int)
        found = collect(self.clock).reactor
        self.assertEqual((found.checks, found.calls), (2, 2))

    def test_stalls(self) -> None:
        """How often the reactor was late, and for how long."""
        self.together()
        self.clock.advance(50)
        found = collect(self.clock).reactor
        self.assertEqual(found.stalls, 1)
        self.assertGreater(found.stall_seconds, 10)
        self.assertEqual((found.suspends, found.suspend_seconds), (0, 0.0))

    def test_behind(self) -> None:
        """A reactor that should have woken and did not is behind."""
        self.together()
        self.assertEqual(collect(self.clock).reactor.behind, 0.0)
        self.clock.rightNow += 100
        self.assertGreater(collect(self.clock).reactor.behind, 60)

    def test_nothing(self) -> None:
        """A reactor without connections has no classes, and is not behind."""
        found = collect(self.clock)
        self.assertEqual(found.classes, {})
        self.assertEqual(found.reactor.behind, 0.0)
        self.assertEqual(wheel_of(self.clock).scheduled, 0)


class MetricsTests(_Cases):
    def test_json(self) -> None:
        """All of it is plain: it becomes JSON as it is."""
        self.together().advance(65)
        told = json.loads(json.dumps(attrs.asdict(collect(self.clock))))
        self.assertEqual(told["classes"][NAME]["open"], 2)
        self.assertEqual(told["reactor"]["checks"], 2)

    def test_a_moment(self) -> None:
        """What was read does not change."""
        pair = self.together()
        before = collect(self.clock)
        pair.cut()
        pair.advance(100)
        self.assertEqual(before.classes[NAME].verdicts, {})

    def test_no_reactor(self) -> None:
        """What cannot have connections has no counts: that is said at once."""
        for bad in (None, 3, Clock):
            with self.assertRaises(TypeError) as caught:
                collect(bad)  # type: ignore[arg-type]
            self.assertIn(f"{bad!r} is no reactor; ", str(caught.exception))

    def test_other_thread(self) -> None:
        """Another thread reads the same."""
        self.together().advance(65)
        found: list[Metrics] = []
        thread = threading.Thread(target=lambda: found.append(collect(self.clock)))
        thread.start()
        thread.join()
        self.assertEqual(found, [collect(self.clock)])
