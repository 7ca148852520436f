"""``assert_no_strays``: names what a test has left behind."""

from __future__ import annotations

from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock, LoopingCall
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import HeartbeatMixin
from heartbeat.graph.testing.asserting import assert_no_strays
from heartbeat.graph.tracking.expecting import expect
from heartbeat.graph.tracking.tracker import track
from heartbeat.testing import connect
from tests.graph.linked import linked
from tests.reactors import REACTORS, fresh

ADDRESS = IPv4Address("TCP", "127.0.0.1", 80)


class Chat(Protocol):
    """Forgets its call, and tries to hide that."""

    clock: Any = None

    def connectionMade(self) -> None:
        self.call = self.clock.callLater(30, self.ping)

    def ping(self) -> None:
        """Write to a connection that is gone."""

    def __repr__(self) -> str:
        raise AssertionError("shown")

    def __eq__(self, other: object) -> bool:
        raise AssertionError("compared")

    def __hash__(self) -> int:
        raise AssertionError("hashed")


class Owning(HeartbeatMixin, Protocol):
    """Makes its call on its own clock."""

    def connectionMade(self) -> None:
        self.clock.callLater(30, list)


class AssertTests(SynchronousTestCase):
    def complaint(self, reactor: Any) -> str:
        error = self.assertRaises(AssertionError, assert_no_strays, reactor)
        return str(error)

    def chat(self, clock: Any) -> Chat:
        chat = Chat()
        chat.clock = clock
        return chat

    def lost_in_memory(self, clock: Any) -> Chat:
        chat = self.chat(clock)
        pair = connect(chat, Protocol(), clock)
        assert_no_strays(clock)
        pair.lose()
        return chat

    def test_nothing(self) -> None:
        """Where there is nothing, it says nothing."""
        assert_no_strays(Clock())

    def test_clock(self) -> None:
        """On a clock: the function, its time, the connection, and the way there."""
        clock = Clock()
        self.lost_in_memory(clock)
        text = self.complaint(clock)
        self.assertIn("1 pending call for connections that are gone:", text)
        self.assertIn("Chat.ping in 30 s", text)
        self.assertIn("for Chat", text)
        self.assertIn("disconnected", text)
        self.assertIn("(direct: self)", text)
        self.assertIn(f"defined at {__file__}:", text)
        self.assertIn("heartbeat.graph.expect", text)

    def test_tracked(self) -> None:
        """With a tracker, also the line that made the call."""
        clock = Clock()
        tracker = track(clock)
        self.lost_in_memory(clock)
        line = Chat.connectionMade.__code__.co_firstlineno + 1
        # Before Python 3.11 the class of a function is not known.
        self.assertRegex(
            self.complaint(clock),
            rf"made at {__file__}:{line} in (Chat\.)?connectionMade",
        )
        tracker.stop()

    def test_expected(self) -> None:
        """One that is wanted is none."""
        clock = Clock()
        expect(self.lost_in_memory(clock).call, "a last word")
        assert_no_strays(clock)

    def test_looping(self) -> None:
        """One that never stops by itself says how often it comes."""
        clock = Clock()
        chat = self.lost_in_memory(clock)
        loop = LoopingCall(chat.ping)
        loop.clock = clock
        loop.start(5)
        self.assertIn("2 pending calls", self.complaint(clock))
        self.assertIn("Chat.ping in 5 s, every 5 s", self.complaint(clock))

    def test_owned(self) -> None:
        """A call on the connection's own clock is gone with it."""
        clock = Clock()
        owning = Owning()
        pair = connect(owning, Protocol(), clock)
        pair.lose()
        assert_no_strays(clock)
        self.assertEqual(list(clock.getDelayedCalls()), [])

    def test_memory_reactor(self) -> None:
        """On the reactor that tests use, with the transport that tests use."""
        reactor = MemoryReactorClock()
        chat = self.chat(reactor)
        factory = Factory.forProtocol(lambda: chat)
        reactor.listenTCP(80, factory)
        built: Any = reactor.tcpServers[0][1].buildProtocol(ADDRESS)
        transport = StringTransport()
        built.makeConnection(transport)
        assert_no_strays(reactor)
        transport.connected = False
        text = self.complaint(reactor)
        self.assertIn("Chat.ping in 30 s", text)

    def test_real(self) -> None:
        """On every reactor, with the addresses of the connection."""
        for name in REACTORS:
            with self.subTest(name), fresh(name) as reactor:
                chat = self.chat(reactor)
                with linked(reactor, client=chat) as link:
                    peer = f"127.0.0.1:{link.port.getHost().port}"
                    assert_no_strays(reactor)
                    link.lose()
                    text = self.complaint(reactor)
                    chat.call.cancel()
                    assert_no_strays(reactor)
                self.assertIn("Chat.ping in ", text)
                self.assertIn(f"Chat to {peer}, disconnected", text)
