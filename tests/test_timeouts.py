"""Idle timeouts that die with their connection: Twisted's own, and the drop-in."""

from __future__ import annotations

import gc
import weakref
from typing import Any

from twisted.cred.portal import Portal
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import ProcessProtocol, Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport, StringTransportWithDisconnection
from twisted.mail.imap4 import IAccount, IMAP4Server
from twisted.mail.pop3 import POP3
from twisted.protocols import policies
from twisted.protocols.basic import LineReceiver
from twisted.protocols.memcache import MemCacheProtocol
from twisted.protocols.postfix import PostfixTCPMapServer
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.protocol import HeartbeatMixin
from heartbeat.timeouts import TimeoutMixin
from tests.connections import global_reactor

REASON = Failure(ConnectionDone())


def lost(protocol: Any, clock: Clock) -> Any:
    """*protocol*, connected and lost, its timeouts on *clock*."""
    protocol.callLater = clock.callLater
    protocol.makeConnection(StringTransport())
    protocol.connectionLost(REASON)
    return protocol


class Factory:
    """What servers ask of theirs."""

    noisy = False


def memcache(kind: Any, clock: Clock) -> None:
    """A command is pending when the connection is lost."""
    protocol = kind(timeOut=60)
    protocol.callLater = clock.callLater
    protocol.makeConnection(StringTransport())
    pending = protocol.get(b"key")
    protocol.connectionLost(REASON)
    pending.addErrback(lambda _: None)


def postfix(kind: Any, clock: Clock) -> None:
    """Every client leaves one behind."""
    lost(kind(), clock)


class Slow(Portal):
    """A portal that takes its time."""

    def __init__(self) -> None:
        self.answer: Deferred[Any] = Deferred()

    def login(self, *args: object) -> Any:
        """Later."""
        return self.answer


def imap(kind: Any, clock: Clock) -> None:
    """A login succeeds after the loss."""
    server = kind()
    server.callLater = clock.callLater
    server.portal = portal = Slow()
    server.makeConnection(StringTransport())
    server.dataReceived(b"1 LOGIN user word\r\n")
    server.connectionLost(REASON)
    portal.answer.callback((IAccount, None, lambda: None))


def pop(kind: Any, clock: Clock) -> None:
    """A long operation is over after the loss."""
    server = kind()
    server.factory = Factory()
    server.timeOut = 300
    server.callLater = clock.callLater
    server.makeConnection(StringTransport())
    operation: Deferred[None] = Deferred()
    server._longOperation(operation)
    server.connectionLost(REASON)
    operation.callback(None)


LEAKS = {
    MemCacheProtocol: (memcache, 60),
    PostfixTCPMapServer: (postfix, 600),
    IMAP4Server: (imap, IMAP4Server.POSTAUTH_TIMEOUT),
    POP3: (pop, 300),
}
"""Protocols of Twisted's that leave a timeout behind: how, and of how many seconds.

Source:
    Each shown by running it on Twisted 26.10.
"""


class TwistedLeakTests(SynchronousTestCase):
    def left_by(self, kind: Any, story: Any) -> list[float]:
        """The seconds of the timeouts that are pending after the story."""
        clock = Clock()
        story(kind, clock)
        return [call.getTime() for call in clock.getDelayedCalls()]

    def test_leaks(self) -> None:
        """Without us each of them leaves its timeout behind."""
        for base, (story, seconds) in LEAKS.items():
            self.assertEqual(self.left_by(base, story), [seconds], base)

    def test_owned(self) -> None:
        """With the mixin listed first, and nothing else, none does."""
        for base, (story, _) in LEAKS.items():
            kind = type(f"Owned{base.__name__}", (HeartbeatMixin, base), {})
            self.assertEqual(self.left_by(kind, story), [], base)

    def test_drop_in(self) -> None:
        """Nor with the drop-in, wherever it is listed."""
        for base, (story, _) in LEAKS.items():
            for bases in ((TimeoutMixin, base), (base, TimeoutMixin)):
                kind = type(f"Owned{base.__name__}", bases, {})
                self.assertEqual(self.left_by(kind, story), [], bases)


class Behaviour:
    """An existing class, but for its bases; it does not think of ``connectionLost``."""

    transport: Any

    def connectionMade(self: Any) -> None:
        """Have patience for ten seconds."""
        self.setTimeout(10)

    def dataReceived(self: Any, data: bytes) -> None:
        """Have patience again."""
        self.resetTimeout()


class First(Behaviour, TimeoutMixin, Protocol):
    pass


class Last(Behaviour, LineReceiver, TimeoutMixin):
    dataReceived = Behaviour.dataReceived


class Both(HeartbeatMixin, Behaviour, Protocol, TimeoutMixin):
    pass


class BothReversed(Behaviour, TimeoutMixin, HeartbeatMixin, Protocol):
    pass


class Original(Behaviour, policies.TimeoutMixin, Protocol):
    pass


class OriginalOwned(HeartbeatMixin, Original):
    pass


KINDS: tuple[Any, ...] = (First, Last, Both, BothReversed, OriginalOwned)


class Case(SynchronousTestCase):
    def setUp(self) -> None:
        """A clock, on which nothing may be left."""
        self.clock = Clock()
        self.addCleanup(lambda: self.assertEqual(self.clock.getDelayedCalls(), []))

    def made(self, kind: Any) -> Any:
        """A protocol of this kind, its timeouts on the clock."""
        protocol = kind()
        protocol.callLater = self.clock.callLater
        return protocol

    def connect(self, protocol: Any) -> Any:
        """Connect *protocol* to a new transport."""
        transport: Any = StringTransportWithDisconnection()
        transport.protocol = protocol
        protocol.makeConnection(transport)
        return transport

    def pending(self) -> list[float]:
        """When timeouts are due."""
        return [call.getTime() for call in self.clock.getDelayedCalls()]


class DropInTests(Case):
    def test_same(self) -> None:
        """It times out, is put off, changed and switched off as Twisted's is."""
        for kind in (*KINDS, Original):
            start = self.clock.seconds()
            protocol = self.made(kind)
            transport = self.connect(protocol)
            self.clock.advance(6)
            protocol.dataReceived(b"!")
            self.assertEqual(self.pending(), [start + 16])
            self.assertEqual(protocol.setTimeout(None), 10)
            self.assertEqual((self.pending(), protocol.timeOut), ([], None))
            self.assertIsNone(protocol.setTimeout(3))
            protocol.setTimeout(4)
            self.assertEqual(self.pending(), [start + 10])
            self.clock.advance(4)
            self.assertFalse(transport.connected, kind)

    def test_dies(self) -> None:
        """It ends with the connection; hand-written clean-up does no harm."""
        for kind in KINDS:
            protocol = self.made(kind)
            self.connect(protocol)
            protocol.connectionLost(REASON)
            self.assertEqual(self.pending(), [], kind)
            protocol.resetTimeout()
            protocol.setTimeout(None)

    def test_late(self) -> None:
        """One that is set after the loss is dropped."""
        for kind in KINDS:
            protocol = self.made(kind)
            self.connect(protocol)
            protocol.connectionLost(REASON)
            protocol.setTimeout(5)
            protocol.callLater(5, list)
            self.assertEqual((self.pending(), protocol.timeOut), ([], 5), kind)

    def test_early(self) -> None:
        """One that is set before the connection ends with it."""
        for kind in KINDS:
            protocol = self.made(kind)
            protocol.setTimeout(7)
            self.assertEqual(len(self.pending()), 1)
            self.connect(protocol)
            protocol.connectionLost(REASON)
            self.assertEqual(self.pending(), [], kind)

    def test_again(self) -> None:
        """A protocol that is connected again has a timeout that works, each time."""
        for kind in KINDS:
            protocol = self.made(kind)
            for _ in range(3):
                transport = self.connect(protocol)
                protocol.connectionLost(REASON)
                protocol.setTimeout(5)
                transport = self.connect(protocol)
                self.assertEqual(len(self.pending()), 1, kind)
                self.clock.advance(10)
                self.assertFalse(transport.connected, kind)

    def test_again_without_loss(self) -> None:
        """Also when it did not notice the loss."""
        for kind in KINDS:
            protocol = self.made(kind)
            self.connect(protocol)
            transport = self.connect(protocol)
            self.assertEqual(len(self.pending()), 1, kind)
            self.clock.advance(10)
            self.assertFalse(transport.connected, kind)

    def test_no_transport(self) -> None:
        """Without a connection there is a timeout, until that is lost."""
        for kind in KINDS:
            protocol = self.made(kind)
            protocol.setTimeout(5)
            protocol.connectionLost(REASON)
            protocol.setTimeout(5)
            self.assertEqual(self.pending(), [], kind)

    def test_dropped(self) -> None:
        """A protocol with a timeout of its own outlives it no longer than Twisted's."""
        for kind in (*KINDS, Original):
            protocol = self.made(kind)
            protocol.setTimeout(5)
            protocol.timeoutConnection = lambda: None
            gone = weakref.ref(protocol)
            del protocol
            self.clock.advance(5)
            gc.collect()
            self.assertIsNone(gone(), kind)


class SetCallLaterTests(Case):
    def test_patched(self) -> None:
        """A test may patch ``callLater`` and take it back, at any time."""
        for kind in KINDS:
            other = Clock()
            protocol = self.made(kind)
            protocol.callLater(1, list)
            before = protocol.callLater
            protocol.callLater = other.callLater
            self.connect(protocol)
            self.assertEqual(
                (len(self.pending()), len(other.getDelayedCalls())), (1, 1)
            )
            protocol.connectionLost(REASON)
            self.assertEqual((self.pending(), other.getDelayedCalls()), ([], []))
            protocol.callLater = before
            self.connect(protocol)
            self.assertEqual((len(self.pending()), other.getDelayedCalls()), (1, []))
            protocol.connectionLost(REASON)

    def test_class_attribute(self) -> None:
        """On the class it is the hook."""
        self.assertIs(First.callLater, First.callLater)

    def test_overridden(self) -> None:
        """A class with its own ``callLater`` is obeyed, and its timeout ends, too."""

        def call_later(_: object, period: float, function: Any) -> Any:
            return self.clock.callLater(period, function)

        def override(base: Any) -> Any:
            return type("Own", (base,), {"callLater": call_later})

        for kind in (
            *map(override, KINDS),
            type("Owned", (HeartbeatMixin, override(Original)), {}),
            type("Owned", (HeartbeatMixin, override(First)), {}),
        ):
            protocol = kind()
            protocol.setTimeout(3)
            self.assertEqual(len(self.pending()), 1, kind)
            self.connect(protocol)
            protocol.connectionLost(REASON)
            self.assertEqual(self.pending(), [], kind)

    def test_global(self) -> None:
        """Without a word it is the global reactor, looked up at each call."""
        for kind in (First, Last):
            self.patch(global_reactor(), "callLater", self.clock.callLater)
            protocol = kind()
            self.connect(protocol)
            self.assertEqual(len(self.pending()), 1)
            protocol.connectionLost(REASON)

    def test_reactor_of_mixin(self) -> None:
        """With `HeartbeatMixin` it is the reactor of that."""
        for kind in (Both, BothReversed, OriginalOwned):
            protocol = kind()
            protocol.reactor = self.clock
            self.connect(protocol)
            self.assertEqual(len(self.pending()), 1)
            protocol.connectionLost(REASON)


class OtherUseTests(Case):
    def test_process(self) -> None:
        """Who has no ``connectionLost``, like a process, has its timeout as before."""

        class Child(ProcessProtocol, TimeoutMixin):
            timed_out = False

            def timeoutConnection(self) -> None:
                """Note it."""
                self.timed_out = True

        child = self.made(Child)
        child.setTimeout(5)
        self.clock.advance(5)
        self.assertTrue(child.timed_out)
