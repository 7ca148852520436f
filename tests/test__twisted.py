"""What Twisted keeps behind an underscore, on the Twisted that is installed."""

from __future__ import annotations

import gc
import os
import socket
import tempfile
from typing import TYPE_CHECKING, Any

from twisted.internet import interfaces, stdio
from twisted.internet.defer import Deferred, fail
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.testing import (
    MemoryReactorClock,
    StringTransport,
    StringTransportWithDisconnection,
)
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from heartbeat import _twisted
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

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.posixbase import PosixReactorBase


class ForgetUnhandledTests(SynchronousTestCase):
    def test_unhandled_is_logged(self) -> None:
        """Twisted still logs what is not forgotten, or this file is pointless."""
        fail(ValueError("loud"))
        gc.collect()
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_forgotten(self) -> None:
        """A failure nobody handled is collected in silence."""
        deferred: Deferred[None] = fail(ValueError("quiet"))
        _twisted.forget_unhandled(deferred)
        del deferred
        gc.collect()
        self.assertEqual(self.flushLoggedErrors(ValueError), [])

    def test_later_callback_gets_it(self) -> None:
        """A callback added afterwards still gets the failure."""
        deferred: Deferred[None] = fail(ValueError("late"))
        _twisted.forget_unhandled(deferred)
        self.failureResultOf(deferred, ValueError)

    def test_later_callback_is_loud(self) -> None:
        """A callback added afterwards that leaves a failure is reported as ever."""
        deferred: Deferred[None] = fail(ValueError("late"))
        _twisted.forget_unhandled(deferred)
        deferred.addCallback(lambda _: None)
        del deferred
        gc.collect()
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_nothing_to_forget(self) -> None:
        """One that has not fired, or did well, is left as it is."""
        pending: Deferred[int] = Deferred()
        _twisted.forget_unhandled(pending)
        pending.callback(1)
        _twisted.forget_unhandled(pending)
        self.assertEqual(self.successResultOf(pending), 1)


def tls_factory(protocol: Protocol, *, client: bool) -> TLSMemoryBIOFactory:
    """A factory that connects *protocol* over TLS."""
    options = client_options() if client else server_options()
    return TLSMemoryBIOFactory(options, client, factory(protocol))


def factory(protocol: Protocol) -> Any:
    """A factory of *protocol* and nothing else."""
    made: Any = Factory()
    made.buildProtocol = lambda _: protocol
    return made


class EachReactorTests(SynchronousTestCase):
    """Each on every reactor of this platform."""

    def on_each(self, check: Callable[[Any, Sink, socket.socket], None]) -> None:
        """Run *check* with a connected protocol and its peer, on each reactor."""
        for name in REACTORS:
            ours, peer = tcp_pair()
            with (
                self.subTest(reactor=name),
                fresh(name) as reactor,
                peer,
                adopted(reactor, Sink(), ours) as sink,
            ):
                check(reactor, sink, peer)

    def test_reading(self) -> None:
        """Pausing and resuming is seen at once, and other descriptors do not count."""

        def check(reactor: Any, sink: Sink, _: socket.socket) -> None:
            ours, peer = tcp_pair()
            with peer, adopted(reactor, Sink(), ours):
                transport: Any = sink.transport
                seen = [_twisted.is_reading(transport)]
                transport.pauseProducing()
                seen.append(_twisted.is_reading(transport))
                transport.resumeProducing()
                seen.append(_twisted.is_reading(transport))
                self.assertEqual(seen, [True, False, True])

        self.on_each(check)

    def test_reading_agrees_with_reactor(self) -> None:
        """The answer is that of the reactor's public ``getReaders``."""

        def check(reactor: Any, sink: Sink, _: socket.socket) -> None:
            transport: Any = sink.transport
            for change in (transport.pauseProducing, transport.resumeProducing):
                change()
                self.assertEqual(
                    _twisted.is_reading(transport), transport in reactor.getReaders()
                )

        self.on_each(check)

    def test_not_reading_once_closing(self) -> None:
        """Plain TCP stops reading at ``loseConnection``."""

        def check(_: Any, sink: Sink, __: socket.socket) -> None:
            transport: Any = sink.transport
            transport.loseConnection()
            self.assertFalse(_twisted.is_reading(transport))
            self.assertTrue(_twisted.is_closing(transport))
            self.assertTrue(_twisted.is_connected(transport))

        self.on_each(check)

    def test_not_reading_once_lost(self) -> None:
        """A connection that is lost is not read, whatever its number is now."""

        def check(reactor: Any, sink: Sink, peer: socket.socket) -> None:
            transport: Any = sink.transport
            peer.close()
            until(reactor, lambda: sink.lost)
            self.assertFalse(_twisted.is_reading(transport))
            self.assertFalse(_twisted.is_connected(transport))
            self.assertTrue(_twisted.is_gone(transport))
            self.assertTrue(_twisted.is_closing(transport))
            self.assertFalse(_twisted.is_writable(transport, transport))

        self.on_each(check)

    def test_unsent(self) -> None:
        """What waits in Twisted is counted, whichever buffer it is in."""

        def check(reactor: Any, sink: Sink, _: socket.socket) -> None:
            transport: Any = sink.transport
            total = 32 * 2**20
            transport.write(bytes(total))
            self.assertEqual(_twisted.unsent(transport, transport), total)
            until(reactor, lambda: transport.dataBuffer)
            left = _twisted.unsent(transport, transport)
            self.assertLess(left, total)
            transport.writeSequence([b"12", b"345"])
            self.assertEqual(_twisted.unsent(transport, transport), left + 5)

        self.on_each(check)

    def test_flushed(self) -> None:
        """Nothing is unsent once the kernel has taken it."""

        def check(reactor: Any, sink: Sink, peer: socket.socket) -> None:
            transport: Any = sink.transport
            transport.write(b"12345")
            until(reactor, lambda: _twisted.unsent(transport, transport) == 0)
            self.assertEqual(peer.recv(9), b"12345")

        self.on_each(check)


class ReadingTests(SynchronousTestCase):
    def test_unknown_reactor(self) -> None:
        """A reactor of an unknown kind is asked in public."""
        reactor: Any = MemoryReactorClock()
        with fresh("select") as real:
            ours, peer = tcp_pair()
            with peer, adopted(real, Sink(), ours) as sink:
                transport: Any = sink.transport
                transport.reactor = reactor
                self.assertFalse(_twisted.is_reading(transport))
                reactor.addReader(transport)
                self.assertTrue(_twisted.is_reading(transport))
                transport.reactor = real

    def test_file(self) -> None:
        """A file that the kernel cannot watch is read by the clock, and seen."""
        for name in REACTORS:
            with self.subTest(reactor=name), fresh(name) as reactor:
                self.check_file(reactor)

    def check_file(self, reactor: Any) -> None:
        """Standard input from a file."""
        with tempfile.TemporaryFile() as file:
            standard_io: Any = stdio.StandardIO
            null = os.open(os.devnull, os.O_WRONLY)
            transport: Any = standard_io(Sink(), os.dup(file.fileno()), null, reactor)
            reader, writer = _twisted.halves_of(transport)
            assert reader is not None
            assert writer is not None
            self.assertTrue(_twisted.is_producing(transport, reader))
            transport.pauseProducing()
            self.assertFalse(_twisted.is_producing(transport, reader))
            transport.connectionLost(Failure(ConnectionDone()))
            self.assertEqual(_twisted.halves_of(transport), (None, None))

    def test_in_memory(self) -> None:
        """A transport in memory says itself whether it is paused."""
        transport = StringTransport()
        self.assertTrue(_twisted.is_producing(transport, None))
        transport.pauseProducing()
        self.assertFalse(_twisted.is_producing(transport, None))
        self.assertTrue(_twisted.is_producing(object(), None))


class LayersTests(SynchronousTestCase):
    """Over real sockets, on the global reactor: TLS flushes by that one."""

    def setUp(self) -> None:
        """Two ends of a TCP connection."""
        self.reactor: PosixReactorBase = global_reactor()
        self.ours, peer = tcp_pair()
        self.peer = Sink()
        self.theirs = peer
        self.addCleanup(peer.close)
        self.addCleanup(self.ours.close)

    def connected(self, sink: Sink, connecting: Any) -> None:
        """Connect *sink* by a factory; it is lost at the end of the test."""
        context = adopted(self.reactor, sink, self.ours, connecting)
        context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)

    def serve(self, serving: Any) -> None:
        """Connect the peer by a factory likewise."""
        context = adopted(self.reactor, self.peer, self.theirs, serving)
        context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)

    def arrives(self, expected: bytes) -> None:
        """The peer receives *expected*."""
        until(self.reactor, lambda: self.peer.received == expected)

    def test_plain(self) -> None:
        """The transport of plain TCP is the descriptor, and both its halves."""
        sink = Sink()
        self.connected(sink, factory(sink))
        transport: Any = sink.transport
        self.assertIs(_twisted.descriptor_of(transport), transport)
        self.assertEqual(_twisted.halves_of(transport), (transport, transport))

    def test_wrapped(self) -> None:
        """Protocol wrappers are seen through, and what is below counts once."""
        sink = Sink()
        wrapping = WrappingFactory(WrappingFactory(factory(sink)))
        self.connected(sink, wrapping)
        below = descriptor(sink)
        transport: Any = sink.transport
        self.assertIsInstance(transport, ProtocolWrapper)
        transport.write(b"12345")
        self.assertEqual(_twisted.unsent(transport, below), 5)
        transport.pauseProducing()
        self.assertFalse(_twisted.is_reading(below))

    def test_wrapper_closing(self) -> None:
        """A wrapper that was told to close is closing, and so is what is below."""
        sink = Sink()
        self.connected(sink, WrappingFactory(factory(sink)))
        assert sink.transport is not None
        self.assertFalse(_twisted.is_closing(sink.transport))
        sink.transport.loseConnection()
        self.assertTrue(_twisted.is_closing(sink.transport))

    def test_tls(self) -> None:
        """Before the handshake, and in the writes TLS keeps back, bytes are unsent."""
        sink = Sink()
        self.serve(tls_factory(self.peer, client=False))
        self.connected(sink, tls_factory(sink, client=True))
        transport: Any = sink.transport
        below = descriptor(sink)
        hello = _twisted.unsent(transport, below)
        transport.write(b"12345")
        self.assertEqual(_twisted.unsent(transport, below), hello + 5)

        self.arrives(b"12345")
        self.assertEqual(_twisted.unsent(transport, below), 0)
        transport.write(b"678")
        transport.writeSequence([b"9", b"0"])
        self.assertGreaterEqual(_twisted.unsent(transport, below), 5)
        self.arrives(b"1234567890")

    def test_tls_waits_for_handshake(self) -> None:
        """A peer that does not speak TLS keeps what was written unsent."""
        sink = Sink()
        self.connected(sink, tls_factory(sink, client=True))
        transport: Any = sink.transport
        transport.write(b"12345")
        below = descriptor(sink)
        until(self.reactor, lambda: not below.dataBuffer and self.flushed(below))
        self.assertEqual(_twisted.unsent(transport, below), 5)

    def flushed(self, below: Any) -> bool:
        """Whether nothing is left in the descriptor itself."""
        return _twisted.unsent(below, below) == 0

    def test_wrapper_over_tls(self) -> None:
        """What TLS keeps back is counted once, though the wrapper answers for it."""
        sink = Sink()
        tls = TLSMemoryBIOFactory(
            client_options(), True, WrappingFactory(factory(sink))
        )
        self.connected(sink, tls)
        transport: Any = sink.transport
        below = descriptor(sink)
        until(self.reactor, lambda: self.flushed(below))
        transport.write(b"12345")
        self.assertEqual(_twisted.unsent(transport, below), 5)

    def test_tls_over_tls(self) -> None:
        """The descriptor is found under two layers of TLS, and both are counted."""
        sink = Sink()
        self.serve(
            TLSMemoryBIOFactory(
                server_options(), False, tls_factory(self.peer, client=False)
            )
        )
        self.connected(
            sink,
            TLSMemoryBIOFactory(client_options(), True, tls_factory(sink, client=True)),
        )
        transport: Any = sink.transport
        transport.write(b"12345")
        below = descriptor(sink)
        self.assertGreater(_twisted.unsent(transport, below), 5)
        self.arrives(b"12345")
        until(self.reactor, lambda: _twisted.unsent(transport, below) == 0)

    def test_start_tls(self) -> None:
        """After ``startTLS`` the descriptor stays, and TLS above it is counted."""
        sink = Sink()
        self.serve(tls_factory(self.peer, client=False))
        self.connected(sink, factory(sink))
        transport: Any = sink.transport
        transport.startTLS(client_options(), False)
        transport.write(b"12345")
        self.assertIs(_twisted.descriptor_of(transport), transport)
        self.assertGreater(_twisted.unsent(transport, transport), 5)

        self.arrives(b"12345")
        transport.write(b"678")
        self.assertGreaterEqual(_twisted.unsent(transport, transport), 3)

        self.arrives(b"12345678")
        self.assertFalse(_twisted.is_closing(transport))
        transport.loseConnection()
        self.assertTrue(_twisted.is_closing(transport))
        self.assertFalse(_twisted.is_aborted(transport))
        until(self.reactor, lambda: sink.lost)
        self.assertEqual(_twisted.unsent(transport, transport), 0)
        self.assertFalse(_twisted.is_connected(transport))

    def test_below_start_tls(self) -> None:
        """The descriptor is found from the TLS layer of ``startTLS`` too."""
        sink = Sink()
        self.connected(sink, factory(sink))
        transport: Any = sink.transport
        transport.startTLS(client_options(), False)
        self.assertIs(_twisted.descriptor_of(transport.protocol), transport)

    def test_tls_closing(self) -> None:
        """TLS is closing while it waits for the peer's close, connected still."""
        sink = Sink()
        self.serve(tls_factory(self.peer, client=False))
        self.connected(sink, tls_factory(sink, client=True))
        transport: Any = sink.transport
        transport.write(b"1")
        self.arrives(b"1")
        self.assertTrue(_twisted.is_writable(transport, descriptor(sink)))
        transport.loseConnection()
        self.assertTrue(_twisted.is_closing(transport))
        self.assertFalse(_twisted.is_writable(transport, descriptor(sink)))
        self.assertTrue(_twisted.is_connected(transport))

    def test_aborted(self) -> None:
        """An abort is told from a close, over TCP and over TLS, also afterwards."""
        for connecting in (factory, lambda sink: tls_factory(sink, client=True)):
            ours, peer = tcp_pair()
            sink = Sink()
            with peer, adopted(self.reactor, sink, ours, connecting(sink)):
                transport: Any = sink.transport
                self.assertFalse(_twisted.is_aborted(transport))
                transport.abortConnection()
                self.assertTrue(_twisted.is_aborted(transport))
                self.assertTrue(_twisted.is_closing(transport))
                until(self.reactor, lambda lost=sink.lost: lost)  # type: ignore[misc]
                self.assertTrue(_twisted.is_aborted(transport))

    def test_half_closed(self) -> None:
        """Once our side is half-closed nothing can be written, and reading goes on."""
        sink = HalfClosing()
        self.connected(sink, factory(sink))
        transport: Any = sink.transport
        self.assertFalse(_twisted.write_closed(transport))
        transport.loseWriteConnection()
        self.assertTrue(_twisted.write_closed(transport))
        until(self.reactor, lambda: sink.write_lost)
        self.assertTrue(_twisted.write_closed(transport))
        self.assertFalse(_twisted.is_writable(transport, transport))
        self.assertTrue(_twisted.is_reading(transport))
        self.assertFalse(_twisted.is_closing(transport))


@implementer(interfaces.IHalfCloseableProtocol)
class HalfClosing(Sink):
    """Goes on when one direction is closed."""

    write_lost = False

    def writeConnectionLost(self) -> None:
        """Our direction is closed."""
        self.write_lost = True

    def readConnectionLost(self) -> None:
        """The peer's direction is closed."""


class OtherTransportsTests(SynchronousTestCase):
    def test_unix(self) -> None:
        """A UNIX socket is a descriptor like any other."""
        with fresh("select") as reactor:
            ours, peer = socket.socketpair()
            with peer, adopted(reactor, Sink(), ours) as sink:
                transport: Any = sink.transport
                self.assertIs(_twisted.descriptor_of(transport), transport)
                self.assertTrue(_twisted.is_reading(transport))
                self.assertTrue(_twisted.is_writable(transport, transport))

    def test_in_memory(self) -> None:
        """A transport in memory has no descriptor and nothing unsent."""
        transport = StringTransport()
        transport.write(b"12345")
        self.assertIsNone(_twisted.descriptor_of(transport))
        self.assertEqual(_twisted.halves_of(transport), (None, None))
        self.assertEqual(_twisted.unsent(transport, None), 0)
        self.assertTrue(_twisted.is_writable(transport, None))
        self.assertTrue(_twisted.is_connected(transport))

    def test_gone(self) -> None:
        """A descriptor knows whether it is gone; of others it is believed."""
        with fresh("select") as reactor:
            ours, peer = tcp_pair()
            with peer, adopted(reactor, Sink(), ours) as sink:
                self.assertFalse(_twisted.is_gone(sink.transport))
        self.assertTrue(_twisted.is_gone(StringTransport()))

    def test_in_memory_closing(self) -> None:
        """A transport in memory is closing when it says so."""
        transport = StringTransport()
        transport.loseConnection()
        self.assertTrue(_twisted.is_closing(transport))
        self.assertFalse(_twisted.is_writable(transport, None))

    def test_in_memory_lost(self) -> None:
        """One that calls ``connectionLost`` is not connected afterwards."""
        transport = StringTransportWithDisconnection()
        transport.protocol = Sink()
        transport.loseConnection()
        self.assertFalse(_twisted.is_connected(transport))
        self.assertFalse(_twisted.is_writable(transport, None))

    def test_anything(self) -> None:
        """An object that says nothing counts as an open transport."""
        anything = object()
        self.assertIsNone(_twisted.descriptor_of(anything))
        self.assertEqual(_twisted.halves_of(anything), (None, None))
        self.assertEqual(_twisted.unsent(anything, None), 0)
        self.assertTrue(_twisted.is_writable(anything, None))

    def test_endless(self) -> None:
        """A transport that is its own transport does not hang anybody."""
        loop: Any = Sink()
        loop.transport = loop
        self.assertIsNone(_twisted.descriptor_of(loop))
