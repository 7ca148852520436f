"""What is said of a call that was left over."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import attrs
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.model import CallVerdict, Link, Site, Snapshot, Strength, Timer
from heartbeat.graph.tracking.explaining import (
    SHOWN,
    Explainer,
    connections_of,
    describe,
)
from heartbeat.graph.tracking.tracker import track
from tests.graph.scenes import PROCESS, seed


class Chat(Protocol):
    """A protocol that makes one call."""

    clock: Any = None

    def connectionMade(self) -> None:
        self.call = self.clock.callLater(30, self.ping)

    def ping(self) -> None:
        """Make a call of a function that knows no connection."""
        self.other = self.clock.callLater(30, print)


def connected(clock: Clock) -> Chat:
    """A protocol with a transport in memory."""
    chat = Chat()
    chat.clock = clock
    chat.makeConnection(StringTransport())
    return chat


class SnapshotTests(SynchronousTestCase):
    """Of calls that are in a snapshot."""

    def setUp(self) -> None:
        self.seed = seed()
        (self.stray,) = self.seed.strays()

    def test_stray(self) -> None:
        """The function, when it is due, the connection, and the line that made it."""
        created = Site("/home/ann/chat/chat.py", 41, "ClientAPI.connectionMade")
        stray = attrs.evolve(self.stray, created=created)
        first, connection, made = describe(stray, self.seed)
        self.assertIn("postConnectionLostCall in ", first)
        self.assertIn("  for ClientAPI ", connection)
        self.assertIn(", disconnected", connection)
        self.assertIn("(direct", connection)
        self.assertEqual(
            made, "  made at /home/ann/chat/chat.py:41 in ClientAPI.connectionMade"
        )

    def test_not_tracked(self) -> None:
        """Without that line, it is the one where the function stands."""
        site = Site("/home/ann/chat/chat.py", 7)
        lines = describe(attrs.evolve(self.stray, created=None, site=site), self.seed)
        self.assertEqual(lines[-1], "  defined at /home/ann/chat/chat.py:7")

    def test_no_line(self) -> None:
        """Without either there is none."""
        lines = describe(attrs.evolve(self.stray, created=None, site=None), self.seed)
        self.assertEqual(len(lines), 2)

    def test_several(self) -> None:
        """A call of many connections has some of them named."""
        links = self.stray.links * (SHOWN + 2)
        lines = connections_of(attrs.evolve(self.stray, links=links), self.seed)
        self.assertEqual(lines[-1], "and 2 more connections")

    def test_origin(self) -> None:
        """One of which only that is known is of whoever made it."""
        target = self.stray.links[0].target
        link = Link(target=target, strength=Strength.CREATED, path=("made by it",))
        timer = Timer(id="t9", due=1.0, function="chat.f", links=(link,))
        (line,) = connections_of(timer, self.seed)
        self.assertIn("made by code of ClientAPI ", line)

    def test_owner(self) -> None:
        """One that belongs to something else says so."""
        link = Link(owner="factory chat.Chats", strength=Strength.DIRECT)
        timer = Timer(id="t9", due=1.0, function="chat.f", links=(link,))
        seen = attrs.evolve(self.seed, timers=(timer,))
        self.assertEqual(connections_of(timer, seen), ["for factory Chats"])

    def test_nothing(self) -> None:
        """One of which nothing is known says nothing."""
        timer = Timer(
            id="t9", due=1.0, function="chat.f", verdict=CallVerdict.UNATTACHED
        )
        empty = Snapshot(taken_at=0.0, process=PROCESS)
        self.assertEqual(connections_of(timer, empty), [])

    def test_unsafe(self) -> None:
        """What a terminal would obey is escaped."""
        site = Site("/home/\x1b[31m.py", 1)
        lines = describe(attrs.evolve(self.stray, created=site), self.seed)
        self.assertIn("\\x1b[31m", lines[-1])


class ReprTests(SynchronousTestCase):
    """Of calls that are shown by Twisted."""

    def setUp(self) -> None:
        self.clock = Clock()
        tracker = track(self.clock)
        self.addCleanup(tracker.stop)

    def test_connection(self) -> None:
        """The connection it reaches is named, in the state it is in."""
        chat = connected(self.clock)
        self.assertIn("    for Chat, connected", repr(chat.call))
        chat.transport.connected = False  # type: ignore[union-attr]
        self.assertIn("    for Chat, disconnected", repr(chat.call))

    def test_origin(self) -> None:
        """If it reaches none, the one whose code made it."""
        chat = connected(self.clock)
        chat.ping()
        del chat.other
        (call,) = (c for c in self.clock.getDelayedCalls() if c is not chat.call)
        self.assertIn("    made by code of Chat, connected", repr(call))

    def test_over(self) -> None:
        """One that has run is no more in any list: who made it is known still."""
        chat = connected(self.clock)
        call = chat.call
        self.clock.advance(30)
        self.assertIn("    made by code of Chat", repr(call))

    def test_unattached(self) -> None:
        """If there is no connection, there is the line alone."""
        text = repr(self.clock.callLater(1, print))
        self.assertTrue(text.endswith("callLater(1, print))\n>"), text)

    def test_no_reactor(self) -> None:
        """A call may be looked at when its clock is gone."""
        chat = connected(self.clock)
        call, chat.clock = chat.call, None
        text = "".join(call.creator)
        self.assertIn("for Chat", text)
        gone = Explainer(_gone())
        self.assertIn("made by code of Chat", gone(call.creator))

    def test_broken(self) -> None:
        """What goes wrong is said, and not raised."""
        chat = connected(self.clock)
        self.patch(self.clock, "getDelayedCalls", None)
        self.assertIn("could not be found: TypeError", repr(chat.call))

    def test_keeps_nothing(self) -> None:
        """What was shown is not kept."""
        chat = connected(self.clock)
        repr(chat.call)
        ref = weakref.ref(chat)
        chat.call.cancel()
        del chat
        gc.collect()
        self.assertIsNone(ref())


def _gone() -> Any:
    clock = Clock()
    return weakref.ref(clock)
