"""Taking a snapshot: what it shows, and that it leaves nothing behind."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import weakref
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import ClientFactory, Factory, Protocol
from twisted.internet.task import Clock, LoopingCall
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.protocols.basic import LineOnlyReceiver
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import HeartbeatMixin
from heartbeat.clock import ScopedClock
from heartbeat.graph import static
from heartbeat.graph.endpoints.ids import id_of
from heartbeat.graph.model import CallVerdict, Snapshot, Source, State, Strength
from heartbeat.graph.search import edges
from heartbeat.graph.survey import SLICE, snapshot, snapshot_soon
from heartbeat.graph.tracking.expecting import expect
from heartbeat.graph.tracking.tracker import track
from tests.chat import Chat as Beating
from tests.connections import global_reactor, until
from tests.graph.crowd import crowd
from tests.graph.linked import Chat, linked
from tests.reactors import REACTORS, fresh
from tests.tls import client_options, server_options

LATER = 30.0

SMALL = 0.001
"""Seconds: enough for a few steps."""


class ServerAPI(LineOnlyReceiver):
    """Greets, and hangs up on who answers."""

    transport: Any

    def connectionMade(self) -> None:
        self.sendLine(b"hello")

    def lineReceived(self, line: bytes) -> None:
        self.transport.loseConnection()


class ClientAPI(LineOnlyReceiver):
    """Has a timed call that it forgets to cancel."""

    transport: Any
    clock: Any
    lost = False

    def connectionMade(self) -> None:
        self.clock.callLater(LATER, self.postConnectionLostCall)

    def lineReceived(self, line: bytes) -> None:
        self.sendLine(b"bye")

    def postConnectionLostCall(self) -> None:  # noqa: N802 - the story's name
        """Writes to a connection that is gone."""

    def connectionLost(self, reason: Failure = Failure(ConnectionDone())) -> None:  # noqa: B008
        self.lost = True


class Story:
    """The program of the story, until the server has closed."""

    def __init__(self, reactor: Any, *, tls: bool) -> None:
        self.reactor = reactor
        server, client = Factory.forProtocol(ServerAPI), ClientFactory()
        client.noisy = server.noisy = False
        self.api = ClientAPI()
        self.api.clock = reactor
        client.buildProtocol = lambda _: self.api  # type: ignore[method-assign,assignment]
        if tls:
            self.port = reactor.listenSSL(
                0, server, server_options(), interface="127.0.0.1"
            )
            number = self.port.getHost().port
            reactor.connectSSL("127.0.0.1", number, client, client_options())
        else:
            self.port = reactor.listenTCP(0, server, interface="127.0.0.1")
            number = self.port.getHost().port
            reactor.connectTCP("127.0.0.1", number, client)
        until(reactor, lambda: self.api.lost)
        until(reactor, lambda: len(reactor.getReaders()) <= len(self.idle()))

    def idle(self) -> list[Any]:
        """What is read when there is no connection."""
        return [*self.reactor._internalReaders, self.port]

    def close(self) -> None:
        for call in self.reactor.getDelayedCalls():
            call.cancel()
        done: list[object] = []
        self.port.stopListening().addBoth(done.append)
        until(self.reactor, lambda: done)


def soon(reactor: Any, **kwargs: Any) -> Snapshot:
    """A snapshot in very small slices."""
    taken: list[Snapshot] = []
    snapshot_soon(reactor, **{"slice": SMALL, **kwargs}).addCallback(taken.append)
    until(reactor, lambda: taken)
    return taken[0]


def said(seen: Snapshot) -> object:
    """All of a snapshot that does not change with time."""
    return (
        sorted((e.id, e.state, e.protocol, e.layers) for e in seen.endpoints),
        [(t.id, t.function, t.verdict, t.links, t.arguments) for t in seen.timers],
        [(task.id, task.coroutine, task.links) for task in seen.tasks],
        seen.services,
        seen.notes,
    )


class Turning(Clock):
    """A clock that, like a reactor, makes one turn at a time."""

    def turn(self) -> None:
        """Run the first call that is due."""
        self._sortCalls()
        call = self.calls[0]
        if call.getTime() <= self.seconds():
            self.calls.remove(call)
            call.called = 1
            call.func(*call.args, **call.kw)


class StoryTests(SynchronousTestCase):
    """The server hangs up, and a call of the client is left."""

    def check(self, seen: Snapshot, *, tls: bool) -> None:
        (stray,) = seen.strays()
        self.assertEqual(stray.function, "ClientAPI.postConnectionLostCall")
        assert stray.site is not None
        self.assertEqual(stray.site.file, __file__)
        (link,) = stray.links
        self.assertIs(link.strength, Strength.DIRECT)
        self.assertEqual((link.depth, link.path), (0, ("self",)))
        end = seen.endpoint(link.target or "")
        self.assertIs(end.state, State.DISCONNECTED)
        self.assertEqual(end.protocol, f"{__name__}.ClientAPI")
        self.assertEqual(any("TLS" in layer for layer in end.layers), tls)
        self.assertEqual(seen.timers_of(end.id), (stray,))
        (port,) = (e for e in seen.endpoints if e.local and not e.peer)
        self.assertEqual(port.protocol.rpartition(".")[2], "ServerAPI")

    def test_story(self) -> None:
        """There is one stray, of a disconnected ``ClientAPI``, on every reactor."""
        for name in REACTORS:
            for tls in (False, True):
                with self.subTest(name, tls=tls), fresh(name) as reactor:
                    # TLS writes small pieces together, by the global reactor.
                    self.patch(global_reactor(), "callLater", reactor.callLater)
                    story = Story(reactor, tls=tls)
                    try:
                        self.check(snapshot(reactor), tls=tls)
                        self.check(soon(reactor), tls=tls)
                        self.check(snapshot(reactor, deep=True), tls=tls)
                        self.assertEqual(said(snapshot(reactor)), said(soon(reactor)))
                    finally:
                        story.close()

    def test_over(self) -> None:
        """Once the call is cancelled, nothing is left to be seen but the port."""
        with fresh("epoll") as reactor:
            story = Story(reactor, tls=False)
            for call in reactor.getDelayedCalls():
                call.cancel()
            seen = snapshot(reactor)
            story.close()
        self.assertEqual((seen.timers, len(seen.endpoints)), ((), 1))


class SameTests(SynchronousTestCase):
    """Both ways to take a snapshot show the same."""

    def test_crowd(self) -> None:
        """Of sixty connections and all kinds of calls, on every reactor."""
        for name in REACTORS:
            with self.subTest(name), crowd(name) as people:
                reactor, chats = people.reactor, people.chats
                for chat in chats:
                    reactor.callLater(LATER, chat.ping)
                    reactor.callLater(LATER, chat.session.ping)
                    vars(chat)["kept"] = reactor.callLater(LATER, list)
                sessions, key = people.factory.sessions, people.one.key
                reactor.callLater(LATER, lambda s=sessions, k=key: s[k])
                reactor.callLater(LATER, people.factory.ping_all)
                people.lose(people.one)

                whole, sliced = snapshot(reactor), soon(reactor)

                self.assertEqual(said(whole), said(sliced))
                self.assertEqual(len(whole.timers), 3 * len(chats) + 2)
                self.assertEqual(len(whole.strays()), 4)
                self.assertGreaterEqual(whole.took, whole.longest)
                self.assertGreater(sliced.took, sliced.longest)

    def test_facts(self) -> None:
        """The process, its threads, and when it was."""
        seen = snapshot(Clock())
        self.assertEqual(seen.process.reactor, "twisted.internet.task.Clock")
        self.assertGreater(seen.taken_at, 1_700_000_000)
        self.assertEqual(seen.took, seen.longest)
        self.assertEqual((seen.endpoints, seen.timers, seen.notes), ((), (), ()))

    def test_sockets(self) -> None:
        """Sockets of nobody are counted, where the system tells."""
        clock = Clock()
        before = snapshot(clock).unowned_sockets
        with socket.socket():
            more = snapshot(clock).unowned_sockets
        if before is not None:
            self.assertEqual(more, before + 1)

        def denied(_: object) -> list[str]:
            raise OSError

        self.patch(os, "listdir", denied)
        self.assertIsNone(snapshot(clock).unowned_sockets)

    def test_at_once(self) -> None:
        """A small program needs no second slice."""
        clock = Clock()
        clock.callLater(1, list)
        seen = self.successResultOf(snapshot_soon(clock, slice=LATER))
        self.assertEqual(len(seen.timers), 1)
        self.assertLess(SLICE, 0.01)


class BetweenTests(SynchronousTestCase):
    """The program goes on between the slices."""

    def test_goes_on(self) -> None:
        """A chain of calls advances, step by step, while a snapshot is taken."""
        with crowd() as people:
            turns: list[Snapshot | None] = []
            taken: list[Snapshot] = []

            def turn() -> None:
                turns.append(taken[0] if taken else None)
                if not taken:
                    people.reactor.callLater(0, turn)

            people.reactor.callLater(0, turn)
            snapshot_soon(people.reactor, slice=0).addCallback(taken.append)
            until(people.reactor, lambda: turns and turns[-1])
            self.assertGreater(len(turns), len(people.chats))

    def test_cancelled(self) -> None:
        """A call that is cancelled before it is looked at is left out."""
        clock = Turning()
        calls = [clock.callLater(LATER, Chat().dataReceived) for _ in range(9)]
        done = snapshot_soon(clock, slice=0)
        for call in calls[1:]:
            call.cancel()
        self.advance(clock, done)
        seen = self.successResultOf(done)
        self.assertEqual([timer.id for timer in seen.timers], [id_of(calls[0], "t")])

    def test_fired(self) -> None:
        """One that runs meanwhile is left out as well."""
        for name in REACTORS:
            with self.subTest(name), fresh(name) as reactor:
                ran: list[int] = []
                for number in range(9):
                    reactor.callLater(0, ran.append, number)
                later = reactor.callLater(LATER, list)
                seen = soon(reactor, slice=0)
                self.assertEqual([t.id for t in seen.timers], [id_of(later, "t")])
                later.cancel()

    def test_kept_and_over(self) -> None:
        """So is one that led nowhere, and is over when it is searched back."""
        for name, delay in (("cancel", ()), ("reset", (0,))):
            clock = Turning()
            chat: Any = Chat()
            chat.timer = clock.callLater(LATER, list)
            holder = clock.callLater(LATER, chat.dataReceived)
            done = snapshot_soon(clock, slice=0)
            while not self.is_unsure(done):
                clock.turn()
            getattr(chat.timer, name)(*delay)
            self.advance(clock, done)
            clock.turn()
            seen = self.successResultOf(done)
            self.assertEqual([t.id for t in seen.timers], [id_of(holder, "t")])

    def is_unsure(self, done: Any) -> bool:
        """Whether there is a call that has to wait for the others."""
        calls = done._canceller.__self__._survey._calls
        return bool(calls._unsure and calls._timers)

    def test_lost(self) -> None:
        """A connection that is lost meanwhile, with its calls, is no false stray."""
        for name in REACTORS:
            with self.subTest(name), crowd(name) as people:
                calls = {
                    chat: people.reactor.callLater(LATER, chat.ping)
                    for chat in people.chats
                }
                taken: list[Snapshot] = []
                snapshot_soon(people.reactor, slice=SMALL).addCallback(taken.append)
                for chat, call in list(calls.items())[::2]:
                    people.reactor.iterate(0)
                    call.cancel()
                    people.lose(chat)
                until(people.reactor, taken.__len__)
                self.assertEqual(taken[0].strays(), ())
                for timer in taken[0].timers:
                    taken[0].endpoint(timer.targets[0])

    def test_made(self) -> None:
        """What is made meanwhile is in the next snapshot."""
        clock = Turning()
        done = snapshot_soon(clock, slice=0)
        clock.callLater(LATER, list)
        self.advance(clock, done)
        self.assertEqual(self.successResultOf(done).timers, ())
        self.assertEqual(len(snapshot(clock).timers), 1)

    def test_two(self) -> None:
        """Two snapshots at a time do not disturb, and do not see, each other."""
        clock = Turning()
        clock.callLater(LATER, Chat().dataReceived)
        dones = [snapshot_soon(clock, slice=0) for _ in range(2)]
        between = snapshot(clock)
        for done in dones:
            self.advance(clock, done)
            self.assertEqual(said(self.successResultOf(done)), said(between))
        self.assertEqual(len(between.timers), 1)

    def advance(self, clock: Turning, done: Deferred[Snapshot]) -> None:
        for _ in range(1000):
            if done.called:
                return
            clock.turn()
        raise AssertionError


class EndTests(SynchronousTestCase):
    """Nothing is left, however it ends."""

    def test_cancel(self) -> None:
        """A snapshot that is cancelled half way leaves no call, and keeps nothing."""
        with linked_clock() as (clock, gone):
            for turns in range(16):
                done = snapshot_soon(clock, slice=0)
                for _ in range(turns):
                    clock.turn()
                calls = len(clock.getDelayedCalls())
                done.cancel()
                self.failureResultOf(done, CancelledError)
                self.assertEqual(len(clock.getDelayedCalls()), calls - 1)
            clock.calls.clear()
            gone(done)

    def test_cancelled_call(self) -> None:
        """So does one whose call somebody else has cancelled."""
        clock = Clock()
        done = snapshot_soon(clock, slice=0)
        for call in clock.getDelayedCalls():
            call.cancel()
        done.cancel()
        self.failureResultOf(done, CancelledError)

    def test_cancel_after(self) -> None:
        """Once it is taken, there is nothing to cancel."""
        done = snapshot_soon(Clock(), slice=LATER)
        done.cancel()
        self.assertEqual(self.successResultOf(done).endpoints, ())

    def test_failing(self) -> None:
        """A step that fails is told, leaves no call, and keeps nothing."""

        class Broken:
            """Has a rule that does not work."""

        edges.register_edges(Broken, lambda _: [("", 1 // 0)])
        self.addCleanup(edges._registered.pop, id(Broken))
        for at_once in (True, False):
            with linked_clock() as (clock, gone):
                clock.fails = at_once
                clock.callLater(LATER, Chat().dataReceived)
                clock.callLater(LATER, list, Broken())
                failures: list[Failure] = []
                done = snapshot_soon(clock, slice=0)
                self.assertEqual(done.called, at_once)
                while not done.called:
                    clock.turn()
                done.addErrback(failures.append)
                self.assertIs(failures[0].type, ZeroDivisionError)
                self.assertIn("survey.py", failures[0].getTraceback())
                self.assertEqual(len(clock.calls), 12)
                clock.calls.clear()
                gone(done, failures)

    def test_failing_at_once(self) -> None:
        """The snapshot in one go raises, and nothing is left either."""
        with linked_clock() as (clock, gone):
            clock.fails = True
            try:
                snapshot(clock)
            except ZeroDivisionError:
                clock.calls.clear()
            else:
                self.fail("it has to raise")
            gone()

    def test_keeps_nothing(self) -> None:
        """With a snapshot held, all of the program can end, its classes included."""
        for take in (snapshot, soon, lambda reactor: snapshot(reactor, deep=True)):
            for name in REACTORS:
                with self.subTest(name), fresh(name) as reactor:
                    seen, references = self.program(reactor, take)
                    gc.collect()
                    left = [each() for each in references if each() is not None]
                    self.assertEqual(left, [])
                    self.assertEqual(len(seen.timers), 4)

    def program(self, reactor: Any, take: Any) -> tuple[Any, list[weakref.ref[Any]]]:
        """A snapshot of a small program, which is over then, and what it was of."""

        class Talk(Protocol):
            """A class that nobody else has."""

        class Session:
            """Another one."""

            def __init__(self, talk: Any) -> None:
                self.talk = talk

            def ping(self) -> None:
                """What a call is for."""

        with linked(reactor, Talk(), Talk()) as link:
            session = Session(link.client)
            link.client.kept = reactor.callLater(LATER, list)
            calls = [
                reactor.callLater(LATER, session.ping),
                reactor.callLater(LATER, link.server.makeConnection),
                reactor.callLater(LATER, lambda: {"s": session}),
                link.client.kept,
            ]
            seen = take(reactor)
            things = [link.client, link.server, link.client.transport, session]
            things += [link.port, link.connector, Talk, Session]
            for call in calls:
                call.cancel()
        return seen, [weakref.ref(each) for each in things]

    def test_collector(self) -> None:
        """The collector is on again after a slice, or stays off if it was."""
        self.addCleanup(gc.enable)
        for enabled in (True, False):
            (gc.enable if enabled else gc.disable)()
            clock = Watchful()
            for take in (snapshot, snapshot_soon):
                take(clock)
                self.assertEqual(gc.isenabled(), enabled)
            self.assertEqual(clock.collecting, [False, False])
            clock.fails = True
            self.assertRaises(ZeroDivisionError, snapshot, clock)
            self.assertEqual(gc.isenabled(), enabled)

    def test_forgets(self) -> None:
        """What was found out about classes is forgotten."""
        clock = Clock()
        clock.callLater(LATER, Chat().dataReceived)
        snapshot(clock)
        self.assertEqual([len(each) for each in static._memories if each], [])


class Watchful(Turning):
    """A clock that fails when it is told to, and sees whether the collector is on."""

    fails = False

    def __init__(self) -> None:
        super().__init__()
        self.collecting: list[bool] = []

    def getDelayedCalls(self) -> Any:
        self.collecting.append(gc.isenabled())
        if self.fails:
            raise ZeroDivisionError
        return super().getDelayedCalls()


class linked_clock:  # noqa: N801 - a context
    """A clock with a call that leads to a protocol, and a check that all are gone."""

    def __enter__(self) -> tuple[Any, Any]:
        clock = Watchful()
        chat: Any = Chat()
        chat.makeConnection(StringTransport())
        clock.callLater(LATER, chat.dataReceived)
        for _ in range(9):
            clock.callLater(LATER, chat.dataReceived)
        references = [weakref.ref(e) for e in (chat, chat.transport, *clock.calls)]

        def gone(*_: object) -> None:
            gc.collect()
            assert {each() for each in references} == {None}

        return clock, gone

    def __exit__(self, *_: object) -> None:
        """Nothing: the test has let go of all."""


class Kept(HeartbeatMixin, Protocol):
    """A connection with our mixin."""


class ProgramTests(SynchronousTestCase):
    """Programs of all sorts."""

    def timer(self, seen: Snapshot, call: Any) -> Any:
        (found,) = (each for each in seen.timers if each.id == id_of(call, "t"))
        return found

    def test_clocks(self) -> None:
        """On clocks for tests: the protocol, its transport in memory, and the stray."""
        for reactor in (Clock(), MemoryReactorClock()):
            chat: Any = Chat()
            transport = StringTransport()
            chat.makeConnection(transport)
            call = reactor.callLater(LATER, chat.dataReceived)
            timer = self.timer(snapshot(reactor), call)
            self.assertIs(timer.verdict, CallVerdict.OK)
            self.assertIs(timer.source, Source.CLOCK)
            self.assertEqual(timer.due, LATER)

            transport.disconnected = transport.disconnecting = True
            transport.connected = False
            seen = snapshot(reactor)
            self.assertEqual(len(seen.strays()), 1)
            self.assertEqual(said(soon_on_clock(reactor)), said(seen))

    def test_mixin(self) -> None:
        """A call of a connection's clock is that connection's, whatever it leads to."""
        for name in REACTORS:
            kept: Any = Beating()
            with self.subTest(name), fresh(name) as reactor:
                kept.reactor = reactor
                with linked(reactor, kept, Chat()) as link:
                    kept.clock.callLater(LATER, list)
                    inner = kept.clock.child("login")
                    inner.callLater(LATER, link.client.dataReceived)
                    seen = snapshot(reactor)
                    scoped = [
                        timer
                        for timer in seen.timers
                        if timer.links and timer.links[0].strength is Strength.SCOPED
                    ]
                    self.assertEqual(len(scoped), 2)
                    (target,) = {timer.targets for timer in scoped}
                    end = seen.endpoint(target[0])
                    self.assertEqual(end.protocol, "tests.chat.Chat")
                    self.assertEqual([s.name for s in end.scopes][1:], ["login"])
                    self.assertEqual(end.scopes[0].pending, 2)
                    assert end.keepalive is not None
                    self.assertEqual(end.keepalive.interval, 30)
                    self.assertEqual(said(soon(reactor)), said(seen))
                # Its calls end with it.
                self.assertEqual(snapshot(reactor).strays(), ())
                for call in reactor.getDelayedCalls():
                    call.cancel()

    def test_wheel(self) -> None:
        """The timer of all keepalives is ours, and belongs to no connection."""
        kept: Any = Beating()
        with fresh("epoll") as reactor:
            kept.reactor = reactor
            with linked(reactor, kept, Chat()):
                seen = snapshot(reactor)
                self.assertEqual(seen.strays(), ())
                for timer in seen.timers:
                    self.assertIn(timer.source, (Source.WHEEL, Source.REACTOR))
            for call in reactor.getDelayedCalls():
                call.cancel()

    def test_nobodys_scope(self) -> None:
        """A scope of no connection owns its calls."""
        clock = Clock()
        scope = ScopedClock(clock, name="nightly")
        call: Any = scope.callLater(LATER, list, 7, key="x")
        timer = self.timer(snapshot(clock), call._call)
        self.assertIs(timer.verdict, CallVerdict.SCOPE)
        self.assertEqual(timer.links[0].owner, "scope 'nightly'")
        self.assertEqual(timer.arguments, ("int", "key=str"))

    def test_tracker(self) -> None:
        """With a tracker, a call has the line and the connection that made it."""
        with fresh("epoll") as reactor:
            tracker = track(reactor)
            self.addCleanup(tracker.stop)
            client: Any = ClientAPI()
            client.clock = reactor
            with linked(reactor, Chat(), client) as link:
                seen = snapshot(reactor)
                timer: Any = seen.timers[0]
                self.assertEqual(timer.created.file, __file__)
                function = timer.created.function
                # Python 3.10 does not know the class.
                self.assertEqual(function.rpartition(".")[2], "connectionMade")
                self.assertEqual(timer.origin, timer.targets[0])
                self.assertGreaterEqual(seen.endpoint(timer.origin).opened_ago or 0, 0)
                link.client.transport.pauseProducing()
                paused = snapshot(reactor).endpoint(timer.origin)
                self.assertTrue(paused.paused)
                link.lose()
                lost = snapshot(reactor).endpoint(timer.origin)
                self.assertIs(lost.state, State.DISCONNECTED)
                self.assertIsNotNone(lost.lost_ago)
            for call in reactor.getDelayedCalls():
                call.cancel()

    def test_tracked_transports(self) -> None:
        """With a tracker, a paused connection is seen that nothing else leads to."""
        with fresh("epoll") as reactor:
            tracker = track(reactor)
            with linked(reactor) as link:
                link.client.transport.pauseProducing()
                self.assertEqual(len(snapshot(reactor).endpoints), 3)
                self.assertEqual(len(soon(reactor).endpoints), 3)
                tracker.stop()
                self.assertEqual(len(snapshot(reactor).endpoints), 2)

    def test_expected(self) -> None:
        """A call that is expected is no stray, and says why."""
        clock = Clock()
        chat: Any = Chat()
        chat.connected = 1
        call = expect(clock.callLater(LATER, chat.dataReceived), "tries again")
        seen = snapshot(clock)
        self.assertEqual(seen.strays(), ())
        timer = self.timer(seen, call)
        self.assertIs(timer.verdict, CallVerdict.EXPECTED)
        self.assertEqual(timer.expected, "tries again")

    def test_own(self) -> None:
        """What looks is not shown: neither its calls, nor its connections."""
        with fresh("epoll") as reactor:
            with linked(reactor, Ours(), Ours()) as link:
                reactor.callLater(LATER, link.client.dataReceived)
                other = reactor.callLater(LATER, list)
                done = snapshot_soon(reactor, slice=0)
                seen = snapshot(reactor)
                self.assertEqual([t.id for t in seen.timers], [id_of(other, "t")])
                self.assertEqual(len(seen.endpoints), 1)
                done.cancel()
                self.failureResultOf(done, CancelledError)
            for call in reactor.getDelayedCalls():
                call.cancel()

    def test_asyncio(self) -> None:
        """Timers and tasks of the event loop are shown, those of the reactor once."""
        with fresh("asyncio") as made:
            reactor: Any = made
            loop = reactor._asyncioEventloop
            with linked(reactor) as link:
                client = link.client

                async def talk() -> None:
                    await asyncio.sleep(LATER)
                    client.dataReceived(b"")

                task = loop.create_task(talk())
                handle = loop.call_later(LATER, client.dataReceived, b"")
                call = reactor.callLater(LATER, list)
                reactor.iterate(0)
                seen = snapshot(reactor)

                self.assertIs(self.timer(seen, handle).source, Source.ASYNCIO)
                self.assertIs(self.timer(seen, call).source, Source.REACTOR)
                (found,) = seen.tasks
                self.assertEqual(found.coroutine, "talk")
                self.assertEqual(
                    found.links[0].target, self.timer(seen, handle).targets[0]
                )
                self.assertEqual(said(soon(reactor)), said(seen))
                link.lose()
                # The other one is that of the sleep, which leads to the task.
                strays = snapshot(reactor).strays()
                self.assertEqual(len(strays), 2)
                self.assertIn(id_of(handle, "t"), [each.id for each in strays])
                handle.cancel()
                call.cancel()
                task.cancel()
                until(reactor, task.done)

    def test_repeated(self) -> None:
        """Calls that come again and again are strays first."""
        clock = Clock()
        chat: Any = Chat()
        chat.connected = 1
        looping = LoopingCall(chat.dataReceived)
        looping.clock = clock
        clock.callLater(1, chat.dataReceived)
        looping.start(LATER, now=False)
        repeats = [timer.repeat for timer in snapshot(clock).strays()]
        self.assertEqual(repeats, [LATER, None])


class Ours(Protocol):
    """Stands for a connection of the live page."""


Ours.__module__ = "heartbeat.graph.live"


def soon_on_clock(clock: Any) -> Snapshot:
    """A snapshot on a clock, which runs all slices in one go."""
    taken: list[Snapshot] = []
    snapshot_soon(clock, slice=0).addCallback(taken.append)
    clock.advance(0)
    return taken[0]


# A program that does not want to be looked at.

heard: list[str] = []


def hostile(base: type, name: str, **namespace: object) -> Any:
    """A class each of whose special methods writes down that it was called."""

    class Proud(type(base)):  # type: ignore[misc]
        """A class with opinions."""

    def method(called: str, inherited: Any) -> Any:
        def record(*args: Any, **kwargs: Any) -> Any:
            heard.append(f"{name}.{called}")
            if called == "__bool__":
                return True
            if inherited is None:
                raise AttributeError(called)
            return inherited(*args, **kwargs)

        return record

    every = [
        "__repr__",
        "__str__",
        "__eq__",
        "__ne__",
        "__lt__",
        "__hash__",
        "__bool__",
        "__len__",
        "__iter__",
        "__contains__",
        "__getitem__",
        "__getattr__",
        "__getattribute__",
        "__setattr__",
        "__call__",
        "__delattr__",
        "__dir__",
        "__format__",
        "__sizeof__",
        "__reduce_ex__",
        "__index__",
        "__int__",
        "__enter__",
        "__await__",
        "__next__",
        "__add__",
        "__get__",
        "__conform__",
        "__adapt__",
        "__float__",
    ]
    body = {each: method(each, getattr(base, each, None)) for each in every}
    body["__class__"] = property(method("__class__", lambda _: dict))
    body["secret"] = body["transport_"] = property(method("secret", None))
    for each in ("__repr__", "__eq__", "__hash__", "__getattribute__", "__bool__"):
        recorder = method(f"type.{each}", getattr(type, each, None))
        setattr(Proud, each, recorder)
    Proud.__instancecheck__ = method("type.__instancecheck__", None)
    Proud.__subclasscheck__ = method("type.__subclasscheck__", None)
    return Proud(name, (base,), {**body, **namespace})


class HostileTests(SynchronousTestCase):
    def test_nothing_runs(self) -> None:
        """A whole snapshot runs nothing of the program, deep or not, alive or lost."""
        things, reactor_calls = [], []
        with fresh("epoll") as reactor:
            session, talk, maker, value = (
                hostile(object, "Session"),
                hostile(Protocol, "Talk"),
                hostile(Factory, "Maker"),
                hostile(object, "Value"),
            )
            some, words = hostile(dict, "Some"), hostile(str, "Words")
            many = hostile(list, "Many")
            with linked(reactor, talk(), talk()) as link:
                one, factory = session(), maker()
                for thing in (link.client, link.server, one):
                    fill(thing, "many", many([value(), thing]))
                    fill(thing, "some", some({"a": one, words("b"): value()}))
                    fill(thing, "factory", factory)
                fill(one, "talk", link.client)
                fill(factory, "one", one)
                later = reactor.callLater
                inner = session()
                fill(inner, "value", value())
                reactor_calls = [
                    later(LATER, link.client.dataReceived, value(), words("x"), k=one),
                    later(LATER, inner, value(), a=value()),
                    later(LATER, list, inner, some({words("b"): 1}), words("a")),
                    later(LATER, lambda: (one, inner)),
                    later(LATER, value()),
                    later(LATER, deferred_of(one).callback, None),
                    later(LATER, factory.buildProtocol),
                    later(LATER, many([value()]).append, 1),
                ]
                things += [one, inner, factory]
                fill(link.client, "kept", later(LATER, list))
                self.look(reactor)
                tracker = track(reactor)
                self.look(reactor)
                tracker.stop()
                link.lose()
                self.look(reactor)
            for call in reactor.getDelayedCalls():
                call.cancel()
        self.assertEqual(len(reactor_calls), 8)
        heard.clear()

    def look(self, reactor: Any) -> None:
        taken: list[Snapshot] = []
        heard.clear()
        taken.append(snapshot(reactor))
        self.assertEqual(sorted(set(heard)), [])
        taken.append(snapshot(reactor, deep=True))
        self.assertEqual(sorted(set(heard)), [])
        self.assertEqual(len(taken[0].timers), 9)


def fill(thing: Any, name: str, value: object) -> None:
    """Set an attribute, whatever the class says to that."""
    object.__setattr__(thing, name, value)


def deferred_of(one: Any) -> Deferred[None]:
    """A Deferred that leads to it."""
    deferred: Deferred[None] = Deferred()
    deferred.addCallback(lambda _: one)
    return deferred
