"""What is known of a connection: from the kernel, and counted where it is mute."""

from __future__ import annotations

import gc
import math
import socket
import sys
import time
import weakref
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet import interfaces
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.protocols.policies import WrappingFactory
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from heartbeat import kernel
from heartbeat.evidence import (
    CountingProbe,
    Evidence,
    KernelProbe,
    Probe,
    Source,
    probe_for,
)
from tests.connections import (
    Sink,
    adopted,
    descriptor,
    global_reactor,
    tcp_pair,
    until,
)
from tests.reactors import REACTORS, fresh
from tests.tls import client_options, server_options

SKIP = None if sys.platform == "linux" else "TCP_INFO is Linux's"

TICK = 0.02
"""Seconds, two of the longest ticks of a kernel: what an age may be off by."""


def factory(protocol: Protocol) -> Any:
    """A factory of *protocol* and nothing else."""
    made: Any = Factory()
    made.buildProtocol = lambda _: protocol
    return made


class EvidenceTests(SynchronousTestCase):
    def test_injected(self) -> None:
        """A test needs to say nothing but what it is about."""
        injected = Evidence(heard_ago=3.0)
        self.assertIs(injected.source, Source.INJECTED)
        self.assertEqual((injected.unsent, injected.unread), (0, 0))
        self.assertTrue(injected.reading and injected.writable)
        self.assertIsNone(injected.acked)

    def test_probes_conform(self) -> None:
        """Both probes are what `Probe` asks for."""
        sink = Sink()
        sink.makeConnection(StringTransport())
        clock = Clock()
        counting: Probe = CountingProbe(sink, sink.transport, clock.seconds)
        self.assertEqual(counting.look().heard_ago, counting.heard_ago())
        counting.close()


class KernelTestCase(SynchronousTestCase):
    """A protocol over TCP, a peer that is a bare socket, and no running reactor."""

    skip: str | None = SKIP

    family = socket.AF_INET

    def setUp(self) -> None:
        """Connect."""
        self.reactor: Any = self.enter(fresh("epoll"))
        ours, self.peer = tcp_pair(self.family)
        self.addCleanup(self.peer.close)
        self.sink: Any = self.enter(adopted(self.reactor, self.protocol(), ours))
        self.transport = self.sink.transport
        self.probe = self.probing()

    def protocol(self) -> Sink:
        """The protocol to connect."""
        return Sink()

    def enter(self, context: Any) -> Any:
        """What *context* gives, until the test is over."""
        value = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        return value

    def probing(self) -> Any:
        """The probe for the connection, which must be the kernel's."""
        probe = probe_for(self.sink, self.transport, self.reactor.seconds)
        self.assertIsInstance(probe, KernelProbe)
        return probe

    def full(self) -> None:
        """Write more than a peer that does not read has room for."""
        self.transport.write(bytes(32 * 2**20))
        until(self.reactor, self.is_full)

    def is_full(self) -> bool:
        """Whether the peer's window is closed, and nothing is on its way."""
        seen = self.probe.look()
        return seen.window == 0 and not seen.in_flight


class KernelProbeTests(KernelTestCase):
    def test_at_first(self) -> None:
        """A new connection was heard just now, and nothing is anywhere."""
        seen = self.probe.look()
        self.assertIs(seen.source, Source.KERNEL)
        self.assertEqual((seen.received, seen.unsent, seen.unread), (0, 0, 0))
        self.assertEqual((seen.in_flight, seen.retransmits, seen.probes), (0, 0, 0))
        self.assertEqual(seen.tcp_state, "ESTABLISHED")
        self.assertTrue(seen.reading and seen.writable)
        self.assertLess(self.probe.heard_ago(), 30)

    def test_untouched(self) -> None:
        """Neither the protocol nor the transport is changed."""
        untouched = Sink()
        with fresh("select") as reactor:
            ours, peer = tcp_pair()
            with peer, adopted(reactor, untouched, ours):
                before = (set(vars(untouched)), set(vars(descriptor(untouched))))
                probe_for(untouched, untouched.transport, reactor.seconds).look()
                after = (set(vars(untouched)), set(vars(descriptor(untouched))))
        self.assertEqual(after, before)

    def test_paused(self) -> None:
        """Bytes that we do not read, because we paused, are heard all the same."""
        self.transport.pauseProducing()
        self.peer.sendall(b"12345")
        until(self.reactor, lambda: self.probe.look().unread == 5)
        seen = self.probe.look()
        self.assertEqual((seen.received, seen.reading), (5, False))
        self.assertEqual(self.sink.received, b"")

        self.transport.resumeProducing()
        until(self.reactor, lambda: self.sink.received)
        seen = self.probe.look()
        self.assertEqual((seen.received, seen.unread), (5, 0))
        self.assertTrue(seen.reading)

    def test_heard(self) -> None:
        """The age of the last byte starts again when one arrives."""
        until(self.reactor, lambda: self.probe.heard_ago() > 0.04)
        self.assertGreater(self.probe.look().heard_ago, 0.04)
        before = time.monotonic()
        self.peer.sendall(b"1")
        until(self.reactor, lambda: self.sink.received)
        age = self.probe.heard_ago()
        self.assertLessEqual(age, time.monotonic() - before + TICK)

    def test_sent(self) -> None:
        """What we write counts as sent once, then as acknowledged; then we are silent."""
        before = self.probe.look()
        self.transport.write(b"12345")
        queued = self.probe.look()
        self.assertEqual((queued.unsent, queued.progress), (5, before.progress))

        until(self.reactor, lambda: self.probe.look().unsent == 0)
        self.peer.recv(5)
        until(self.reactor, lambda: self.probe.look().acked == before.acked + 5)
        after = self.probe.look()
        self.assertNotEqual(after.progress, before.progress)
        self.assertIsNotNone(after.ack_ago)
        self.assertLessEqual(after.sent_ago, 30)
        self.assertGreater(after.rtt, 0)

    def test_positions(self) -> None:
        """The end of the queue is where acknowledgements come to when all is sent."""
        start = self.probe.look().acked
        total = 5 * 2**20
        self.transport.write(bytes(total))
        until(self.reactor, lambda: self.probe.look().in_flight)
        got = 0
        while got < total:
            seen = self.probe.look()
            self.assertLessEqual(
                seen.acked + seen.in_flight + seen.unsent, start + total
            )
            self.reactor.iterate(0)
            got += len(self.peer.recv(2**20))
        until(self.reactor, lambda: self.probe.look().acked == start + total)
        seen = self.probe.look()
        self.assertEqual((seen.in_flight, seen.unsent), (0, 0))

    def test_not_read(self) -> None:
        """A peer that does not read closes its window, and probes are sent."""
        self.full()
        until(self.reactor, lambda: self.probe.look().probes)
        seen = self.probe.look()
        self.assertEqual((seen.window, seen.in_flight, seen.retransmits), (0, 0, 0))
        self.assertGreater(seen.unsent, 2**20)
        self.assertTrue(seen.writable)

    def test_read_again(self) -> None:
        """Progress is seen when the peer reads, and not while it does not."""
        self.full()
        stuck = self.probe.look()
        for _ in range(5):
            self.reactor.iterate(0)
        self.assertEqual(self.probe.look().progress, stuck.progress)

        self.peer.setblocking(False)

        def moved() -> bool:
            with_room = self.probe.look()
            try:
                self.peer.recv(2**20)
            except BlockingIOError:
                return False
            return bool(with_room.progress != stuck.progress)

        until(self.reactor, moved)
        self.assertGreater(self.probe.look().acked, stuck.acked)
        self.assertLess(self.probe.look().unsent, stuck.unsent)

    def test_more_to_write_is_no_progress(self) -> None:
        """Writing more to a peer that is stuck is not progress."""
        self.full()
        stuck = self.probe.look()
        self.transport.write(bytes(1000))
        more = self.probe.look()
        self.assertEqual(more.progress, stuck.progress)
        self.assertGreaterEqual(more.unsent, stuck.unsent)

    def test_closing(self) -> None:
        """Once we are told to close nothing more can be written."""
        self.transport.loseConnection()
        seen = self.probe.look()
        self.assertFalse(seen.writable or seen.reading)
        self.assertEqual(seen.tcp_state, "ESTABLISHED")

    def test_lost(self) -> None:
        """Of a lost connection nothing is known but that it is lost."""
        self.peer.sendall(b"12345")
        self.peer.close()
        until(self.reactor, lambda: self.sink.lost)
        seen = self.probe.look()
        self.assertFalse(seen.writable or seen.reading)
        self.assertEqual((seen.heard_ago, seen.acked), (math.inf, None))
        self.assertIs(seen.source, Source.KERNEL)
        self.assertEqual(self.probe.heard_ago(), math.inf)

    def test_kernel_forgets(self) -> None:
        """A kernel that stops filling in the struct is treated like a lost socket."""
        self.patch(kernel, "tcp", lambda _: None)
        self.assertFalse(self.probe.look().reading)

    def test_close(self) -> None:
        """Closed, it knows nothing, and keeps neither transport nor protocol."""
        self.probe.close()
        self.probe.close()
        self.assertEqual(self.probe.heard_ago(), math.inf)
        self.assertFalse(self.probe.look().writable)
        self.assertNotIn(self.transport, gc.get_referents(self.probe))

    def test_signs(self) -> None:
        """What liveness looks at agrees with the evidence."""
        self.peer.sendall(b"12345")
        until(self.reactor, lambda: self.probe.signs().received == 5)
        signs, seen = self.probe.signs(), self.probe.look()
        for name in ("received", "acked", "in_flight", "unsent", "unread", "window"):
            self.assertEqual(getattr(signs, name), getattr(seen, name), name)
        self.assertTrue(signs.reading and signs.writable)

    def test_signs_of_a_lost_connection(self) -> None:
        """They say that nothing can be said."""
        self.probe.close()
        self.assertFalse(self.probe.signs().reading)

    def test_keeps_no_evidence(self) -> None:
        """What it has seen it forgets: an idle connection costs no evidence."""
        last = self.probe.look()
        self.assertNotIn(last, gc.get_referents(self.probe))

    def test_small(self) -> None:
        """It has no dictionary, and refers to nothing of the protocol's own."""
        self.assertFalse(hasattr(self.probe, "__dict__"))
        self.assertNotIn(self.sink, gc.get_referents(self.probe))

    def test_lets_go_of_protocol(self) -> None:
        """It does not keep a protocol whose connection is lost."""
        gone = weakref.ref(self.sink)
        self.transport.connectionLost(Failure(ConnectionDone()))
        self.sink = None
        self._cleanups.clear()
        self.addCleanup(self.peer.close)
        gc.collect()
        self.assertIsNone(gone())


class KernelProbeIPv6Tests(KernelTestCase):
    family = socket.AF_INET6

    def test_heard(self) -> None:
        """The kernel tells of IPv6 what it tells of IPv4."""
        self.transport.pauseProducing()
        self.peer.sendall(b"12345")
        until(self.reactor, lambda: self.probe.look().unread == 5)
        self.assertEqual(self.probe.look().received, 5)


@implementer(interfaces.IHalfCloseableProtocol)
class HalfClosing(Sink):
    """Goes on when one direction is closed."""

    closed = ""

    def writeConnectionLost(self) -> None:
        """Our direction is closed."""
        self.closed = "write"

    def readConnectionLost(self) -> None:
        """The peer's direction is closed."""
        self.closed = "read"


class HalfCloseTests(KernelTestCase):
    def protocol(self) -> HalfClosing:
        """One that goes on."""
        return HalfClosing()

    def test_ours(self) -> None:
        """With our side half-closed nothing is writable, and we go on hearing."""
        self.transport.loseWriteConnection()
        self.assertFalse(self.probe.look().writable)
        until(self.reactor, lambda: self.sink.closed)
        self.peer.sendall(b"12345")
        until(self.reactor, lambda: self.probe.look().received == 5)
        seen = self.probe.look()
        self.assertEqual((seen.reading, seen.writable), (True, False))
        self.assertIn(seen.tcp_state, ("FIN_WAIT1", "FIN_WAIT2"))

    def test_theirs(self) -> None:
        """With the peer's side half-closed we can write, and hear no more."""
        self.peer.shutdown(socket.SHUT_WR)
        until(self.reactor, lambda: self.sink.closed)
        seen = self.probe.look()
        self.assertEqual((seen.tcp_state, seen.writable), ("CLOSE_WAIT", True))
        self.assertEqual((seen.reading, seen.finished), (False, True))


class EachReactorTests(SynchronousTestCase):
    def test_looks(self) -> None:
        """Under every reactor bytes and pauses are seen."""
        for name in REACTORS:
            ours, peer = tcp_pair()
            with (
                self.subTest(reactor=name),
                fresh(name) as reactor,
                peer,
                adopted(reactor, Sink(), ours) as sink,
            ):
                self.check(reactor, sink, peer)

    def check(self, reactor: Any, sink: Sink, peer: socket.socket) -> None:
        """Bytes arrive, then we pause."""
        probe = probe_for(sink, sink.transport, reactor.seconds)
        peer.sendall(b"12345")
        until(reactor, lambda: sink.received)
        transport: Any = sink.transport
        transport.pauseProducing()
        seen = probe.look()
        self.assertEqual((seen.received, seen.reading), (5, False))
        probe.close()


class LayeredTests(SynchronousTestCase):
    """Over TLS and wrappers, on the global reactor: TLS flushes by that one."""

    skip: str | None = SKIP

    def check(self, connecting: Any, serving: Any, start: Any = None) -> None:
        """Connect two protocols; what one writes the other's probe has heard."""
        reactor = global_reactor()
        ours, theirs = tcp_pair()
        sink, peer = Sink(), Sink()
        with (
            adopted(reactor, peer, theirs, serving(peer)),
            adopted(reactor, sink, ours, connecting(sink)),
        ):
            if start is not None:
                start(sink.transport)
            self.exchange(reactor, sink, peer)

    def exchange(self, reactor: Any, sink: Sink, peer: Sink) -> None:
        """One message there and one back, looked at on the way."""
        probe = probe_for(sink, sink.transport, reactor.seconds)
        self.assertIsInstance(probe, KernelProbe)
        assert sink.transport is not None
        assert peer.transport is not None
        sink.transport.write(b"ping")
        self.assertGreaterEqual(probe.look().unsent, 4)
        until(reactor, lambda: peer.received == b"ping")

        peer.transport.write(b"pong")
        until(reactor, lambda: sink.received == b"pong")
        until(reactor, lambda: probe.look().in_flight == 0)
        seen = probe.look()
        self.assertGreaterEqual(seen.received, 4)
        self.assertEqual((seen.unsent, seen.unread), (0, 0))
        self.assertTrue(seen.reading and seen.writable)
        probe.close()

    def test_wrapped(self) -> None:
        """The kernel is asked under protocol wrappers."""
        self.check(lambda sink: WrappingFactory(factory(sink)), factory)

    def test_tls(self) -> None:
        """The kernel is asked under TLS."""
        self.check(tls_client, tls_server)

    def test_tls_over_tls(self) -> None:
        """The kernel is asked under TLS over TLS."""
        self.check(
            lambda sink: TLSMemoryBIOFactory(client_options(), True, tls_client(sink)),
            lambda peer: TLSMemoryBIOFactory(server_options(), False, tls_server(peer)),
        )

    def test_start_tls(self) -> None:
        """The kernel is asked after STARTTLS."""
        self.check(
            factory, tls_server, lambda tcp: tcp.startTLS(client_options(), False)
        )

    def test_start_tls_later(self) -> None:
        """A probe made before STARTTLS knows what TLS holds back after it."""
        reactor = global_reactor()
        ours, theirs = tcp_pair()
        with theirs, adopted(reactor, Sink(), ours) as sink:
            transport: Any = sink.transport
            probe = probe_for(sink, transport, reactor.seconds)
            transport.startTLS(client_options(), False)
            hello = probe.look().unsent
            transport.write(b"ping")
            self.assertEqual(probe.look().unsent, hello + 4)


def tls_client(protocol: Protocol) -> TLSMemoryBIOFactory:
    """A factory that speaks TLS as the client."""
    return TLSMemoryBIOFactory(client_options(), True, factory(protocol))


def tls_server(protocol: Protocol) -> TLSMemoryBIOFactory:
    """A factory that speaks TLS as the server."""
    return TLSMemoryBIOFactory(server_options(), False, factory(protocol))


class CountingProbeTests(SynchronousTestCase):
    def setUp(self) -> None:
        """A protocol connected in memory, and a clock that is not at 0."""
        self.clock = Clock()
        self.clock.advance(100)
        self.sink = Sink()
        self.transport = StringTransport()
        self.sink.makeConnection(self.transport)
        probe = probe_for(self.sink, self.transport, self.clock.seconds)
        assert isinstance(probe, CountingProbe)
        self.probe = probe

    def test_at_first(self) -> None:
        """Before any byte the peer counts as heard when watching began."""
        self.clock.advance(5)
        self.assertEqual(
            self.probe.look(), Evidence(source=Source.COUNTED, heard_ago=5.0)
        )

    def test_heard(self) -> None:
        """Bytes are counted, and their age."""
        self.sink.dataReceived(b"12345")
        self.clock.advance(2)
        seen = self.probe.look()
        self.assertEqual((seen.received, seen.heard_ago), (5, 2.0))

    def test_clock_steps_back(self) -> None:
        """An age is never negative."""
        self.clock.rightNow = 50.0
        self.assertEqual(self.probe.heard_ago(), 0.0)

    @given(st.lists(st.tuples(st.floats(0, 100), st.binary(max_size=5)), max_size=20))
    def test_any_arrivals(self, arrivals: list[tuple[float, bytes]]) -> None:
        """The age is that of the last bytes, whatever arrives and when."""
        clock = Clock()
        sink = Sink()
        sink.makeConnection(StringTransport())
        probe = CountingProbe(sink, sink.transport, clock.seconds)
        last = 0.0
        for wait, data in arrivals:
            clock.advance(wait)
            sink.dataReceived(data)
            last = clock.seconds() if data else last
        self.assertEqual(probe.heard_ago(), clock.seconds() - last)
        self.assertEqual(probe.look().received, len(sink.received))

    def test_paused(self) -> None:
        """A paused transport in memory is not read."""
        self.transport.pauseProducing()
        self.assertFalse(self.probe.look().reading)

    def test_closing(self) -> None:
        """A transport that was told to close is not writable."""
        self.transport.loseConnection()
        self.assertFalse(self.probe.look().writable)

    def test_below(self) -> None:
        """What is set below it gets the bytes that are counted."""
        got: list[bytes] = []
        self.probe.below(lambda: setattr(self.sink, "dataReceived", got.append))
        self.sink.dataReceived(b"12")
        self.assertEqual((self.probe.look().received, got), (2, [b"12"]))

    def test_close(self) -> None:
        """Closed, it leaves no trace, keeps nothing, and says what it knew."""
        self.sink.dataReceived(b"12345")
        self.probe.look()
        self.probe.close()
        self.probe.close()
        self.assertNotIn("dataReceived", vars(self.sink))
        self.assertNotIn(self.transport, gc.get_referents(self.probe))
        seen = self.probe.look()
        self.assertEqual((seen.received, seen.writable), (5, False))


class CountingDescriptorTests(SynchronousTestCase):
    """Over a UNIX socket, of which the kernel tells little."""

    def setUp(self) -> None:
        """Connect."""
        context = fresh("select")
        self.reactor: Any = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        ours, self.peer = socket.socketpair()
        self.addCleanup(self.peer.close)
        connection = adopted(self.reactor, Sink(), ours)
        self.sink = connection.__enter__()
        self.addCleanup(connection.__exit__, None, None, None)
        self.transport: Any = self.sink.transport
        self.clock = Clock()
        probe = probe_for(self.sink, self.transport, self.clock.seconds)
        assert isinstance(probe, CountingProbe)
        self.probe = probe

    def test_unread(self) -> None:
        """Bytes that we do not read are in the kernel, though not counted."""
        self.transport.pauseProducing()
        self.peer.sendall(b"12345")
        seen = self.probe.look()
        self.assertEqual((seen.received, seen.unread, seen.reading), (0, 5, False))

        self.transport.resumeProducing()
        until(self.reactor, lambda: self.sink.received)
        seen = self.probe.look()
        self.assertEqual((seen.received, seen.unread, seen.reading), (5, 0, True))

    def test_sent(self) -> None:
        """What our kernel took is progress, and its age is known."""
        before = self.probe.look()
        self.assertIsNone(before.sent_ago)
        self.transport.write(b"12345")
        self.assertEqual(self.probe.look().unsent, 5)
        self.assertEqual(self.probe.look().progress, before.progress)

        until(self.reactor, lambda: self.probe.look().unsent == 0)
        self.clock.advance(3)
        after = self.probe.look()
        self.assertEqual((after.sent_ago, after.progress), (3.0, 5))
        self.assertEqual((after.acked, after.in_flight), (None, None))

    def test_same_queue_twice(self) -> None:
        """Progress is seen though the queue looks the same at both looks."""
        self.transport.write(b"12345")
        first = self.probe.look()
        until(self.reactor, lambda: self.probe.look().unsent == 0)
        self.transport.write(b"67890")
        second = self.probe.look()
        self.assertEqual(second.unsent, first.unsent)
        self.assertNotEqual(second.progress, first.progress)

    def test_not_read(self) -> None:
        """A peer that does not read leaves bytes unsent, and no progress."""
        self.transport.write(bytes(8 * 2**20))
        until(self.reactor, lambda: self.probe.look().progress)
        for _ in range(50):
            self.reactor.iterate(0)
        stuck = self.probe.look()
        self.reactor.iterate(0)
        self.assertEqual(self.probe.look().progress, stuck.progress)
        self.assertGreater(stuck.unsent, 2**20)

    def test_lost(self) -> None:
        """A lost connection is neither read nor written."""
        self.peer.close()
        until(self.reactor, lambda: self.sink.lost)
        seen = self.probe.look()
        self.assertFalse(seen.reading or seen.writable)
        self.assertEqual(self.probe.signs().received, seen.received)
        self.assertEqual(seen.unread, 0)

    def test_close(self) -> None:
        """Closed, it leaves no trace on the descriptor."""
        self.probe.close()
        self.assertNotIn("writeSomeData", vars(self.transport))
