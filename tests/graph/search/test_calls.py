"""Which connection each call will touch: found, kept, made by, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.client import HTTPConnectionPool

from heartbeat.clock import ScopedClock
from heartbeat.graph.endpoints.census import Census
from heartbeat.graph.endpoints.ids import id_of
from heartbeat.graph.kinds import CallVerdict, Kind, Source, State, Strength
from heartbeat.graph.search import roles
from heartbeat.graph.search.calls import CallSurvey, is_ours
from heartbeat.graph.search.pending import Pending, Waiting
from heartbeat.graph.search.walk import MAX_STEPS
from heartbeat.graph.tracking.expecting import expect
from heartbeat.graph.tracking.tracker import track
from heartbeat.graph.values import Endpoint
from heartbeat.wheel import Wheel
from tests.chat import Chat as Beating

if TYPE_CHECKING:
    from heartbeat.graph.timers import Timer

LATER = 30.0
REGISTRY: dict[str, Any] = {}
CURRENT: list[Any] = []


class Chat(Protocol):
    """A connection."""

    clock: Any = None

    def ping(self) -> None:
        """What a call is for."""

    def make(self) -> Any:
        """A call that leads nowhere."""
        return self.clock.callLater(LATER, work)


class Ours(Chat):
    """Stands for a connection of the live page."""


Ours.__module__ = "heartbeat.graph.live"


def work(*args: object) -> None:
    """A function of a module, which leads nowhere."""


def ping_by_name(name: str) -> None:
    """Finds its target in a global registry."""
    REGISTRY[name].ping()


def ping_current() -> None:
    """Finds its target in a global variable."""
    CURRENT[0].ping()


class CallCase(SynchronousTestCase):
    deep = False

    def setUp(self) -> None:
        self.clock = Clock()
        self.tracker: Any = None
        self.chat = self.connected(Chat())

    def connected(self, chat: Any) -> Any:
        chat.clock = self.clock
        chat.makeConnection(StringTransport())
        return chat

    def lose(self, chat: Any) -> None:
        chat.transport.connected = False
        chat.transport.disconnected = True

    def survey(self) -> tuple[Census, CallSurvey]:
        census = Census(self.clock)
        census.begin()
        survey = CallSurvey(census, self.tracker, deep=self.deep)
        self.addCleanup(census.close)
        self.addCleanup(survey.close)
        return census, survey

    def judged(self, *met: object) -> list[Timer]:
        """What is said of all calls, where the census has met some things before."""
        census, survey = self.survey()
        for thing in met:
            census.endpoint_of(thing)
        for pending in Waiting(self.clock):
            assert pending is not None
            survey.add(pending)
        for _ in survey.search_back():
            pass
        return list(survey.timers())

    def one(self, *met: object) -> Timer:
        (timer,) = self.judged(*met)
        return timer

    def said(self, *met: object) -> tuple[CallVerdict, list[Strength]]:
        timer = self.one(*met)
        return timer.verdict, [link.strength for link in timer.links]


class Wide:
    """Something with so many attributes."""

    def __init__(self, size: int) -> None:
        vars(self).update({f"n{n}": Wide(0) for n in range(size)})


class NoteTests(CallCase):
    """What is not looked at is said."""

    def test_cut_short(self) -> None:
        """A call from which too much can be reached."""
        _, survey = self.survey()
        few = Wide(3)
        survey.add(Pending(object(), 1.0, print, (few,)))
        self.assertEqual(survey.notes, [])
        survey.add(Pending(object(), 1.0, print, (Wide(MAX_STEPS),)))
        (note,) = survey.notes
        self.assertIn("1 of the calls", note)


class FoundTests(CallCase):
    def test_told(self) -> None:
        """All that is told of a call."""
        call = self.clock.callLater(LATER, self.chat.dataReceived, b"x", who=self)
        timer = self.one()
        self.assertEqual(timer.id, id_of(call, "t"))
        self.assertEqual((timer.due, timer.repeat), (LATER, None))
        self.assertEqual(timer.function, "Chat.dataReceived")
        self.assertEqual(timer.arguments[0], "bytes")
        self.assertEqual(timer.source, Source.CLOCK)
        self.assertEqual((timer.created, timer.origin, timer.expected), (None,) * 3)

    def test_direct(self) -> None:
        """A call of a connection is fine as long as that is there, and stray then."""
        self.clock.callLater(LATER, self.chat.ping)
        self.assertEqual(self.said(), (CallVerdict.OK, [Strength.DIRECT]))
        self.lose(self.chat)
        self.assertEqual(self.said(), (CallVerdict.STRAY, [Strength.DIRECT]))

    def test_order(self) -> None:
        """The next one comes first."""
        for due in (3, 1, 2):
            self.clock.callLater(due, self.chat.ping)
        self.assertEqual([timer.due for timer in self.judged()], [1, 2, 3])

    def test_owner(self) -> None:
        """A factory's call is the factory's."""
        self.clock.callLater(LATER, Factory().buildProtocol, None)
        self.assertEqual(self.said(), (CallVerdict.FACTORY, [Strength.DIRECT]))

    def test_scope(self) -> None:
        """A scope's call is its connection's, once that was met."""
        kept: Any = Beating()
        kept.reactor = self.clock
        kept.makeConnection(StringTransport())
        for call in self.clock.getDelayedCalls():
            call.cancel()
        kept.clock.callLater(LATER, work)
        self.assertEqual(self.said(kept), (CallVerdict.OK, [Strength.SCOPED]))
        self.assertEqual(self.said(), (CallVerdict.SCOPE, [Strength.SCOPED]))

    def test_nobodys_scope(self) -> None:
        """That of a scope of nobody is the scope's."""
        ScopedClock(self.clock).callLater(LATER, work)
        self.assertEqual(self.said(), (CallVerdict.SCOPE, [Strength.SCOPED]))

    def test_expected(self) -> None:
        """What is expected is so, whatever it reaches."""
        expect(self.clock.callLater(LATER, self.chat.ping), "retry")
        self.lose(self.chat)
        timer = self.one()
        self.assertEqual(
            (timer.verdict, timer.expected), (CallVerdict.EXPECTED, "retry")
        )
        self.assertEqual(len(timer.links), 1)

    def test_links_from(self) -> None:
        """Anything else leads somewhere by the same rules."""
        _, survey = self.survey()
        (link,) = survey.links_from(self.chat.ping)
        self.assertIs(link.strength, Strength.DIRECT)
        (link,) = survey.links_from(Factory())
        self.assertEqual(link.target, None)
        self.assertEqual(survey.links_from(7), ())


class GlobalTests(CallCase):
    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(REGISTRY.clear)
        self.addCleanup(CURRENT.clear)

    def test_key(self) -> None:
        """With a key, a global registry leads to one."""
        REGISTRY.update(one=self.chat, two=self.connected(Chat()))
        self.clock.callLater(LATER, ping_by_name, "one")
        self.assertEqual(self.said(), (CallVerdict.OK, [Strength.KEYED]))

    def test_hint(self) -> None:
        """Without, what a global leads to is a hint only."""
        CURRENT.append(self.chat)
        self.clock.callLater(LATER, ping_current)
        self.assertEqual(self.said(), (CallVerdict.UNATTACHED, [Strength.GLOBAL]))
        self.lose(self.chat)
        self.assertEqual(self.said(), (CallVerdict.MAYBE_STRAY, [Strength.GLOBAL]))

    def test_nothing(self) -> None:
        """A function that names no globals leads nowhere."""
        self.clock.callLater(LATER, work)
        self.assertEqual(self.said(), (CallVerdict.UNATTACHED, []))


class BackTests(CallCase):
    def test_kept(self) -> None:
        """What led nowhere is its protocol's that keeps it, if that was met."""
        self.chat.timer = self.clock.callLater(LATER, work)
        self.assertEqual(self.said(), (CallVerdict.UNATTACHED, []))
        self.assertEqual(self.said(self.chat), (CallVerdict.OK, [Strength.HELD]))
        self.lose(self.chat)
        self.assertEqual(self.said(self.chat), (CallVerdict.STRAY, [Strength.HELD]))

    def test_kept_on_the_way(self) -> None:
        """So is what leads to a Deferred that it keeps."""
        self.chat.waiting = Deferred()
        self.clock.callLater(LATER, self.chat.waiting.callback, None)
        self.assertEqual(self.said(self.chat), (CallVerdict.OK, [Strength.HELD]))

    def test_kept_by_many(self) -> None:
        """What leads to the Deferreds of many is not the first one's."""
        chats = [self.chat, self.connected(Chat())]
        for chat in chats:
            chat.waiting = Deferred()
        waiting = [chat.waiting for chat in chats]
        self.clock.callLater(LATER, lambda: waiting)
        self.assertEqual(self.said(*chats), (CallVerdict.UNATTACHED, []))

    def test_deep(self) -> None:
        """A search of the heap finds who keeps it, without having met it."""
        self.deep = True
        self.chat.timer = self.clock.callLater(LATER, work)
        self.assertEqual(self.said(), (CallVerdict.OK, [Strength.HELD]))

    def test_over(self) -> None:
        """A call that is over by then is left out."""
        call = self.clock.callLater(LATER, work)
        _, survey = self.survey()
        for pending in Waiting(self.clock):
            assert pending is not None
            survey.add(pending)
        steps = survey.search_back()
        call.cancel()
        self.assertEqual(list(steps), [])
        self.assertEqual(survey.timers(), ())

    def test_over_in_loop(self) -> None:
        """So is one of an event loop, which has another way to say so."""

        class Handle:
            """As asyncio has them."""

            _scheduled = False

        _, survey = self.survey()
        survey.add(Pending(Handle(), LATER, work, source=Source.ASYNCIO))
        self.assertEqual((list(survey.search_back()), survey.timers()), ([], ()))


class OwnTests(CallCase):
    """What comes with the looking is not shown."""

    def test_calls(self) -> None:
        """Calls of this package's own functions."""
        self.clock.callLater(LATER, is_ours, None)
        self.assertEqual(self.judged(), [])

    def test_connections(self) -> None:
        """Calls that lead to connections of it."""
        ours = self.connected(Ours())
        self.clock.callLater(LATER, ours.ping)
        self.clock.callLater(LATER, work, ours, Factory())
        self.assertEqual(self.judged(), [])

    def test_both(self) -> None:
        """A call that also leads to the program's is shown, without ours."""
        ours = self.connected(Ours())
        self.clock.callLater(LATER, work, ours, self.chat)
        timer = self.one()
        self.assertEqual(timer.verdict, CallVerdict.OK)
        self.assertEqual(len(timer.links), 1)

    def test_links_from(self) -> None:
        """Nothing else is linked to ours either."""
        _, survey = self.survey()
        self.assertEqual(survey.links_from(self.connected(Ours())), ())

    def test_is_ours(self) -> None:
        """It is told by the protocol, the factory, or any layer."""
        name, other = "heartbeat.graph.live.site.Channel", "heartbeat.graphics.Chat"

        def end(**parts: Any) -> Endpoint:
            return Endpoint(id="c1", kind=Kind.TCP, state=State.CONNECTED, **parts)

        self.assertTrue(is_ours(end(protocol=name)))
        self.assertTrue(is_ours(end(factory=name)))
        self.assertTrue(is_ours(end(layers=("twisted.Layer", name))))
        self.assertFalse(is_ours(end(protocol="chat.Chat", factory="chat.Chats")))
        self.assertFalse(is_ours(end()))
        self.assertIsNotNone(other)


class MachineryTests(CallCase):
    def test_twisted(self) -> None:
        """A function of Twisted that leads nowhere is Twisted's own business."""
        self.clock.callLater(LATER, StringTransport)
        self.clock.callLater(LATER, HTTPConnectionPool.__init__)
        verdicts = {timer.function: timer.verdict for timer in self.judged()}
        self.assertIs(verdicts["HTTPConnectionPool.__init__"], CallVerdict.INTERNAL)

    def test_work(self) -> None:
        """One that does the program's work is not: its Deferreds, for one."""
        deferred: Deferred[None] = Deferred()
        self.clock.callLater(LATER, deferred.callback, None)
        self.assertEqual(self.said(), (CallVerdict.UNATTACHED, []))

    def test_reactor(self) -> None:
        """Nor is what the program has the reactor do."""
        self.clock.callLater(LATER, self.clock.advance, 1)
        self.assertEqual(self.said(), (CallVerdict.UNATTACHED, []))

    def test_wheel(self) -> None:
        """The timer that all keepalives share is told apart."""
        wheel = Wheel.__init__
        self.clock.callLater(LATER, wheel)
        timer = self.one()
        self.assertEqual(
            (timer.source, timer.verdict), (Source.WHEEL, CallVerdict.INTERNAL)
        )


class TrackerTests(CallCase):
    def setUp(self) -> None:
        super().setUp()
        self.tracker = track(self.clock)
        self.addCleanup(self.tracker.stop)

    def test_created(self) -> None:
        """What leads nowhere has at least who made it: a hint."""
        self.chat.make()
        timer = self.one()
        (link,) = timer.links
        self.assertIs(link.strength, Strength.CREATED)
        self.assertEqual(link.path, ("made by its code",))
        self.assertEqual(timer.origin, link.target)
        assert timer.created is not None
        # Python 3.10 does not know the class.
        self.assertIn(timer.created.function, ("Chat.make", "make"))
        self.assertIs(timer.verdict, CallVerdict.UNATTACHED)
        self.lose(self.chat)
        self.assertIs(self.one().verdict, CallVerdict.MAYBE_STRAY)

    def test_linked(self) -> None:
        """Beside a link, who made it is told, but is no link."""
        other = self.connected(Chat())
        self.chat.make().func = other.ping
        timer = self.one()
        (link,) = timer.links
        self.assertIs(link.strength, Strength.DIRECT)
        self.assertNotEqual(timer.origin, link.target)

    def test_nobody(self) -> None:
        """A call that no connection made has the line, and no origin."""
        self.clock.callLater(LATER, work)
        timer = self.one()
        self.assertEqual((timer.origin, timer.links), (None, ()))
        self.assertIsNotNone(timer.created)

    def test_ours(self) -> None:
        """A connection that is not shown has made nothing."""
        ours = self.connected(Ours())
        ours.make()
        timer = self.one()
        self.assertEqual((timer.origin, timer.links), (None, ()))

    def test_no_endpoint(self) -> None:
        """Nor has what the program has said is no connection."""

        class Hub(Chat):
            """Knows many."""

        hub = self.connected(Hub())
        hub.make()
        roles.register_owner(Hub, "hub")
        self.addCleanup(roles._roles.clear)
        self.addCleanup(roles._OWNERS.pop, id(Hub))
        self.addCleanup(roles._BASES.pop, 0)
        self.assertEqual(self.one().origin, None)
