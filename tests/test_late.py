"""Behaviour of writes to a connection that is gone."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import weakref
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import structlog
from structlog.testing import capture_logs
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import (
    SSL4ClientEndpoint,
    SSL4ServerEndpoint,
    TCP4ClientEndpoint,
)
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import ISSLTransport, ITCPTransport, ITransport
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.protocols.basic import LineReceiver, NetstringReceiver
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase, TestCase

from heartbeat import late
from heartbeat.errors import LateWriteError, PolicyError
from heartbeat.late import LateTransport, Mode
from tests.reactors import REACTORS, fresh, run
from tests.tls import client_options, server_options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence


def line_of(function: Callable[..., object], offset: int) -> str:
    """The call site *offset* lines below the ``def`` line of *function*."""
    code = function.__code__
    return f"{code.co_filename}:{code.co_firstlineno + offset} in {code.co_name}"


class LateTestCase(SynchronousTestCase):
    """Nothing was written late yet; a transport was lost at 10 s, it is 12.5 s."""

    def setUp(self) -> None:
        """Forget late writes of other tests, now and afterwards."""
        structlog.reset_defaults()
        self.addCleanup(structlog.reset_defaults)
        self.patch(late, "mode", Mode.COUNT)
        late.forget()
        self.addCleanup(late.forget)
        self.clock = Clock()
        self.clock.advance(12.5)
        self.transport = StringTransport()

    def stand_in(
        self, transport: object = None, on_late: Callable[[int], None] | None = None
    ) -> Any:
        """A stand-in for *transport*, by default for the lost one."""
        return LateTransport(
            self.transport if transport is None else transport,
            peer="192.0.2.1:7",
            reason="peer closed",
            lost_at=10.0,
            now=self.clock.seconds,
            on_late=on_late,
        )


class ModeTests(LateTestCase):
    """The setting of the process."""

    def test_assigned_by_name(self) -> None:
        """A mode assigned by its name is that Mode from then on."""
        for each in Mode:
            late.mode = each.value
            self.assertIs(late.mode, each)

    def test_assigned(self) -> None:
        """A Mode can be assigned as it is."""
        late.mode = Mode.RAISE

        self.assertIs(late.mode, Mode.RAISE)

    def test_bogus(self) -> None:
        """A wrong mode is refused where it is assigned; the old one stays."""
        error = self.assertRaises(PolicyError, setattr, late, "mode", "bogus")

        self.assertEqual(
            str(error),
            "heartbeat.late.mode='bogus': must be one of 'count', 'report', 'raise'; "
            "use 'count' only to count",
        )
        self.assertIs(late.mode, Mode.COUNT)

    def test_not_even_a_name(self) -> None:
        """None, a number and a list are no modes either."""
        values: tuple[object, ...] = (None, 1, [])
        for value in values:
            self.assertRaises(PolicyError, setattr, late, "mode", value)

    def import_with(self, value: str) -> subprocess.CompletedProcess[str]:
        """Print the mode in a process whose environment asks for *value*."""
        return subprocess.run(
            [sys.executable, "-c", "import heartbeat.late as l; print(l.mode.name)"],
            check=False,
            capture_output=True,
            env={**os.environ, "HEARTBEAT_LATE_WRITES": value},
            timeout=60,
            text=True,
        )

    def test_environment(self) -> None:
        """The environment sets the mode; empty means the default."""
        names = {value: self.import_with(value).stdout for value in ("raise", "")}

        self.assertEqual(names, {"raise": "RAISE\n", "": "COUNT\n"})

    def test_bogus_environment(self) -> None:
        """A wrong value in the environment is refused, naming the variable."""
        process = self.import_with("loud")

        self.assertIn("PolicyError: HEARTBEAT_LATE_WRITES='loud'", process.stderr)
        self.assertNotEqual(process.returncode, 0)


class CountTests(LateTestCase):
    """The default: late writes are counted and dropped, no more."""

    def test_counted(self) -> None:
        """Each write is counted for the process."""
        first, second = self.stand_in(), self.stand_in(StringTransport())

        first.write(b"ping")
        second.write(b"ping")

        self.assertEqual(late.count, 2)

    def test_owner_is_told(self) -> None:
        """Whoever made the stand-in is told the number of bytes of each write."""
        sizes: list[int] = []
        stand_in = self.stand_in(on_late=sizes.append)

        stand_in.write(b"ping")
        stand_in.write(b"pong\r\n")

        self.assertEqual(sizes, [4, 6])

    def test_other_buffers(self) -> None:
        """What some transports take beside bytes is counted as well."""
        written: list[object] = []
        stand_in = self.stand_in(SimpleNamespace(write=written.append))

        stand_in.write(bytearray(b"ping"))
        stand_in.write(memoryview(b"ping"))

        self.assertEqual((late.count, len(written)), (2, 2))

    def test_sequence_is_one_write(self) -> None:
        """``writeSequence`` counts once, with the bytes of all pieces."""
        sizes: list[int] = []

        self.stand_in(on_late=sizes.append).writeSequence([b"ping", b"\r\n"])

        self.assertEqual((late.count, sizes), (1, [6]))

    def test_delegated(self) -> None:
        """What happens to the bytes is the lost transport's business."""
        stand_in = self.stand_in()

        stand_in.write(b"ping")
        stand_in.writeSequence(each for each in [b"-", b"pong"])

        self.assertEqual(self.transport.value(), b"ping-pong")

    def test_nothing_written(self) -> None:
        """A write of no bytes loses nothing, and is not noted."""
        stand_in = self.stand_in()

        stand_in.write(b"")
        stand_in.writeSequence([])

        self.assertEqual(late.count, 0)

    def test_not_bytes(self) -> None:
        """Twisted judges what is no bytes, as if we were not there."""
        stand_in = self.stand_in()

        self.assertRaises(TypeError, stand_in.write, "text")
        self.assertRaises(TypeError, stand_in.write, None)
        self.assertRaises(TypeError, stand_in.writeSequence, None)
        self.assertEqual(late.count, 0)

    def test_no_event(self) -> None:
        """Nothing is logged."""
        with capture_logs() as captured:
            self.stand_in().write(b"ping")

        self.assertEqual(captured, [])

    def test_forget(self) -> None:
        """Counting starts from 0 again when asked to."""
        self.stand_in().write(b"ping")

        late.forget()

        self.assertEqual(late.count, 0)


class RaiseTests(LateTestCase):
    """For tests: a late write fails where it is made."""

    def setUp(self) -> None:
        """Late writes raise."""
        super().setUp()
        late.mode = "raise"

    def test_raised(self) -> None:
        """The error says who, why, how late and how much."""
        error = self.assertRaises(LateWriteError, self.stand_in().write, b"ping")

        self.assertEqual(
            (error.peer, error.reason, error.lost_ago, error.size),
            ("192.0.2.1:7", "peer closed", 2.5, 4),
        )

    def test_sequence(self) -> None:
        """``writeSequence`` raises too."""
        self.assertRaises(LateWriteError, self.stand_in().writeSequence, [b"a", b"b"])

    def test_not_written(self) -> None:
        """The write that raised did not reach the lost transport."""
        self.assertRaises(LateWriteError, self.stand_in().write, b"ping")

        self.assertEqual(self.transport.value(), b"")

    def test_counted(self) -> None:
        """It is counted all the same."""
        self.assertRaises(LateWriteError, self.stand_in().write, b"ping")

        self.assertEqual(late.count, 1)


class ReportTests(LateTestCase):
    """For debugging: one event for each place that writes late."""

    def setUp(self) -> None:
        """Late writes are reported, and the events collected."""
        super().setUp()
        late.mode = "report"
        capturing = capture_logs()
        self.events = capturing.__enter__()
        self.addCleanup(capturing.__exit__, None, None, None)

    def sites(self) -> list[str]:
        """Where the events say the late writes came from."""
        return [event["site"] for event in self.events]

    def test_event(self) -> None:
        """The event says who, why, how late, how much, and where."""
        self.stand_in().write(b"ping")

        self.assertEqual(
            self.events,
            [
                {
                    "event": "late_write",
                    "log_level": "warning",
                    "peer": "192.0.2.1:7",
                    "reason": "peer closed",
                    "lost_ago_s": 2.5,
                    "bytes": 4,
                    "site": line_of(ReportTests.test_event, 2),
                }
            ],
        )

    def test_still_dropped_by_twisted(self) -> None:
        """The write reaches the lost transport as ever."""
        self.stand_in().write(b"ping")

        self.assertEqual(self.transport.value(), b"ping")

    def test_once_a_site(self) -> None:
        """The second write from a place is counted only, on any connection."""
        for _ in range(1000):
            self.stand_in().write(b"ping")

        self.assertEqual((len(self.events), late.count), (1, 1000))

    def test_each_site(self) -> None:
        """Another place is another event."""
        stand_in = self.stand_in()

        stand_in.write(b"ping")
        stand_in.write(b"ping")

        self.assertEqual(len(set(self.sites())), 2)

    def test_sites_are_bounded(self) -> None:
        """Beyond so many places, late writes are only counted."""
        self.patch(late, "SITES", 1)
        stand_in = self.stand_in()

        stand_in.write(b"ping")
        stand_in.write(b"ping")

        self.assertEqual((len(self.events), late.count), (1, 2))

    def test_forget(self) -> None:
        """After forgetting, the same place is reported again."""
        for _ in range(2):
            self.stand_in().write(b"ping")
            late.forget()

        self.assertEqual(len(self.events), 2)

    def test_through_send_line(self) -> None:
        """Under Twisted's own methods, the user's line is the site."""
        protocol = LineReceiver()
        protocol.transport = self.stand_in()

        protocol.sendLine(b"ping")

        self.assertEqual(self.sites(), [line_of(ReportTests.test_through_send_line, 5)])

    def test_through_send_string(self) -> None:
        """The same holds for length-prefixed strings."""
        protocol = NetstringReceiver()
        protocol.transport = self.stand_in()

        protocol.sendString(b"ping")

        self.assertEqual(
            self.sites(), [line_of(ReportTests.test_through_send_string, 5)]
        )

    def test_timer_of_users_function(self) -> None:
        """In a timed call, the line of the user's function is the site."""
        protocol = LineReceiver()
        protocol.transport = self.stand_in()

        def ask() -> None:
            protocol.sendLine(b"ping")

        self.clock.callLater(1, ask)
        self.clock.advance(1)

        self.assertEqual(self.sites(), [line_of(ask, 1)])

    def test_timer_of_twisteds_method(self) -> None:
        """``callLater(1, self.sendLine, …)``: who advanced the clock is not blamed."""
        protocol = LineReceiver()
        protocol.transport = self.stand_in()

        self.clock.callLater(1, protocol.sendLine, b"ping")
        self.clock.advance(1)

        [site] = self.sites()
        self.assertRegex(site, r"twisted/protocols/basic\.py:\d+ in sendLine$")

    def test_logger_writes(self) -> None:
        """A logger that itself writes to the lost connection ends."""
        stand_in = self.stand_in()

        def tell(_logger: object, _method: str, event_dict: Any) -> Any:
            stand_in.write(b"told\r\n")
            return event_dict

        structlog.get_config()["processors"].insert(0, tell)

        stand_in.write(b"ping")

        self.assertEqual(late.count, 2)
        self.assertEqual([event["bytes"] for event in self.events], [4])

    def test_logger_raises(self) -> None:
        """A logger that raises does not reach the code that wrote."""

        def broken(*_args: object) -> Any:
            raise ZeroDivisionError

        structlog.get_config()["processors"].insert(0, broken)

        self.stand_in().write(b"ping")

        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        self.assertEqual(self.transport.value(), b"ping")


class StandInTests(LateTestCase):
    """The stand-in is the lost transport in every respect."""

    def test_attributes(self) -> None:
        """Attributes, Twisted's private ones included, are the transport's."""
        stand_in = self.stand_in()

        self.assertEqual(stand_in.getPeer(), self.transport.getPeer())
        self.assertEqual(stand_in.disconnecting, self.transport.disconnecting)
        self.assertIs(vars(stand_in), vars(self.transport))
        self.assertRaises(AttributeError, getattr, stand_in, "no_such_thing")

    def test_set(self) -> None:
        """Setting and deleting an attribute reaches the transport."""
        stand_in = self.stand_in()

        stand_in.disconnecting = True
        self.assertTrue(self.transport.disconnecting)
        stand_in.mine = 1
        del stand_in.mine

        self.assertFalse(hasattr(self.transport, "mine"))

    def test_producers(self) -> None:
        """Producers are registered with the transport."""
        stand_in, producer = self.stand_in(), object()

        stand_in.registerProducer(producer, streaming=True)
        self.assertIs(self.transport.producer, producer)
        stand_in.unregisterProducer()

        self.assertIsNone(self.transport.producer)

    def test_class(self) -> None:
        """It is an instance of the transport's class, and of its own."""
        stand_in = self.stand_in()

        self.assertIsInstance(stand_in, StringTransport)
        self.assertIsInstance(stand_in, LateTransport)

    def test_interfaces(self) -> None:
        """It provides exactly what the transport provides."""
        stand_in = self.stand_in()

        self.assertTrue(ITransport.providedBy(stand_in))
        self.assertFalse(ISSLTransport.providedBy(stand_in))

    def test_equal(self) -> None:
        """It equals the transport, from either side, and other stand-ins for it."""
        stand_in = self.stand_in()

        self.assertTrue(stand_in == self.transport)
        self.assertTrue(self.transport == stand_in)
        self.assertTrue(stand_in == self.stand_in())
        self.assertTrue(stand_in != StringTransport())
        self.assertTrue(stand_in != self.stand_in(StringTransport()))

    def test_found_in_collections(self) -> None:
        """Clean-up by transport finds it: sets, lists and dicts keyed by transport."""
        transports, by_transport = {self.transport}, {self.transport: "user"}

        transports.remove(self.stand_in())

        self.assertEqual(transports, set())
        self.assertEqual(by_transport[self.stand_in()], "user")

    def test_found_in_weak_collections(self) -> None:
        """Weak collections of transports find it too."""
        names = weakref.WeakKeyDictionary({self.transport: "user"})

        self.assertEqual(names[self.stand_in()], "user")

    def test_repr(self) -> None:
        """Its repr shows the transport, and that it is late."""
        self.assertEqual(repr(self.stand_in()), f"<late {self.transport!r}>")

    def test_own_memory(self) -> None:
        """It has no attributes of its own to grow by."""
        self.assertNotIn("__dict__", dir(LateTransport))


class Late(LineReceiver):
    """Speaks first; when the connection is lost, writes to it now and from a timer."""

    stand_in: Any = None
    original: Any = None

    def __init__(self, reactor: Any, finished: Callable[[Late], object]) -> None:
        self.reactor = reactor
        self.finished = finished

    def connectionMade(self) -> None:
        """Say something: over TLS that completes the handshake."""
        self.sendLine(b"hello")

    def connectionLost(self, reason: Failure = Failure(ConnectionDone())) -> None:  # noqa: B008
        """Put the stand-in in place, and write."""
        self.original = self.transport
        self.stand_in = LateTransport(
            self.original,
            peer=str(self.original.getPeer()),
            reason=reason.getErrorMessage(),
            lost_at=self.reactor.seconds(),
            now=self.reactor.seconds,
        )
        self.transport = self.stand_in
        self.sendLine(b"late")
        self.reactor.callLater(0, self.sendLine, b"later")
        self.reactor.callLater(0.01, self.finished, self)


LATE_SITE = line_of(Late.connectionLost, 11)


class HangUp(Protocol):
    """Ends a connection once it has heard something."""

    def __init__(self) -> None:
        self.gone: Deferred[None] = Deferred()

    def dataReceived(self, _data: bytes) -> None:
        """Hang up."""
        assert self.transport is not None
        self.transport.loseConnection()

    def connectionLost(self, _reason: Failure = Failure(ConnectionDone())) -> None:  # noqa: B008
        """Tell who waits for it."""
        self.gone.callback(None)


class RealTestCase(LateTestCase):
    """What holds for the transport of any real connection that was lost."""

    def check_stand_in(self, protocol: Late) -> None:
        """Class, interfaces, equality, addresses and state are the lost one's."""
        stand_in, original = protocol.stand_in, protocol.original

        self.assertIsInstance(stand_in, type(original))
        for interface in (ITCPTransport, ISSLTransport):
            self.assertEqual(
                interface.providedBy(stand_in), interface.providedBy(original)
            )
        self.assertTrue(stand_in == original)
        self.assertEqual(stand_in.getPeer(), original.getPeer())
        self.assertEqual(stand_in.connected, original.connected)

    def check_sites(self, events: Sequence[Mapping[str, Any]]) -> None:
        """The write in the hook names the hook, the one by the timer Twisted."""
        hook, timer = [event["site"] for event in events]

        self.assertEqual(hook, LATE_SITE)
        self.assertRegex(timer, r"twisted/protocols/basic\.py:\d+ in sendLine$")


class TCPTests(RealTestCase):
    """TCP connections over loopback, on every reactor of this platform."""

    def each_lost(self) -> Iterator[Late]:
        """A protocol that lost its connection and wrote to it, for each reactor."""
        for name in REACTORS:
            late.forget()
            with fresh(name) as reactor:
                yield self.lost_on(reactor)

    def lost_on(self, reactor: Any) -> Late:
        """Run *reactor* until a connection was made, lost and written to."""
        lost: list[Late] = []

        def finished(protocol: Late) -> None:
            lost.append(protocol)
            reactor.stop()

        port = reactor.listenTCP(0, Factory.forProtocol(HangUp), interface="127.0.0.1")
        client = Factory.forProtocol(partial(Late, reactor, finished))
        server = TCP4ClientEndpoint(reactor, "127.0.0.1", port.getHost().port)
        # The result would be kept, for the transport knows its connector.
        server.connect(client).addCallback(lambda _protocol: None)
        run(reactor)
        for reader in reactor.removeAll():
            reader.connectionLost(None)
        return lost.pop()

    def test_dropped_and_counted(self) -> None:
        """Late writes raise nothing, and are counted."""
        counts = [late.count for _ in self.each_lost()]

        self.assertEqual(counts, [2] * len(REACTORS))

    def test_reported(self) -> None:
        """Who wrote from a hook is named; who ran the reactor is not."""
        late.mode = "report"
        lost = self.each_lost()
        for _ in REACTORS:
            with capture_logs() as events:
                next(lost)

            self.check_sites(events)

    def test_stand_in(self) -> None:
        """It is the lost transport in every respect."""
        for protocol in self.each_lost():
            self.check_stand_in(protocol)

    def test_close_again(self) -> None:
        """Closing and aborting what is lost does nothing, as ever."""
        for protocol in self.each_lost():
            before = dict(vars(protocol.original))

            protocol.stand_in.loseConnection()
            protocol.stand_in.abortConnection()

            self.assertEqual(vars(protocol.original), before)

    def test_producer(self) -> None:
        """A producer registered too late is stopped by Twisted, as ever."""
        for protocol in self.each_lost():
            producer = Producer()

            protocol.stand_in.registerProducer(producer, streaming=True)

            self.assertTrue(producer.stopped)

    def test_holds_no_protocol(self) -> None:
        """A stand-in that is kept keeps no protocol."""
        for protocol in self.each_lost():
            stand_in, alive = protocol.stand_in, weakref.ref(protocol)
            del protocol
            gc.collect()

            self.assertIsNone(alive())
            stand_in.write(b"later still")


class Producer:
    """Notes that it was stopped."""

    stopped = False

    def stopProducing(self) -> None:
        """Note it."""
        self.stopped = True


class TLSTests(RealTestCase, TestCase):
    """A TLS connection over loopback.

    On the global reactor: with it Twisted sends small writes over TLS, whatever
    reactor the connection belongs to (``twisted.protocols.tls``).
    """

    async def lost(self) -> Late:
        """A protocol that lost its connection and wrote to it."""
        from twisted.internet import reactor  # noqa: PLC0415, TID251

        finished: Deferred[Late] = Deferred()
        server = HangUp()
        listen = SSL4ServerEndpoint(reactor, 0, server_options(), interface="127.0.0.1")
        port = await listen.listen(Factory.forProtocol(lambda: server))
        self.addCleanup(port.stopListening)
        client = Factory.forProtocol(partial(Late, reactor, finished.callback))
        address = port.getHost()
        connect = SSL4ClientEndpoint(
            reactor, "127.0.0.1", address.port, client_options()
        )
        await connect.connect(client)
        await server.gone
        protocol = await finished
        self.flush_deprecations()
        return protocol

    def flush_deprecations(self) -> None:
        """Forget what pyOpenSSL says of the way Twisted uses it; nothing else."""
        others = [
            each for each in self.flushWarnings() if "OpenSSL" not in each["message"]
        ]
        self.assertEqual(others, [])

    async def test_dropped_and_counted(self) -> None:
        """Late writes raise nothing, and are counted."""
        await self.lost()

        self.assertEqual(late.count, 2)

    async def test_reported(self) -> None:
        """Who wrote from a hook is named; who ran the reactor is not."""
        late.mode = "report"
        with capture_logs() as events:
            await self.lost()

        self.check_sites(events)

    async def test_stand_in(self) -> None:
        """It is the lost transport in every respect."""
        protocol = await self.lost()

        self.check_stand_in(protocol)
        self.assertTrue(ISSLTransport.providedBy(protocol.stand_in))

    async def test_close_again(self) -> None:
        """Closing what is lost does nothing, as ever."""
        protocol = await self.lost()
        before = dict(vars(protocol.original))

        protocol.stand_in.loseConnection()

        self.assertEqual(vars(protocol.original), before)
