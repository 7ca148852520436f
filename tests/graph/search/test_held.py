"""What exactly one protocol keeps is taken for that protocol's."""

from __future__ import annotations

import gc
from typing import Any

from twisted.internet.base import DelayedCall
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Protocol
from twisted.internet.task import Clock, LoopingCall
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.clock import ScopedClock
from heartbeat.graph.kinds import Kind, State, Strength
from heartbeat.graph.search import held
from heartbeat.graph.search.edges import LARGE
from heartbeat.graph.search.held import Held
from heartbeat.graph.timers import Link
from heartbeat.graph.values import Endpoint


class Chat(Protocol):
    """Keeps things under names that its methods use."""

    timer: Any = None
    timers: Any = None

    def stop(self) -> None:
        self.timer.cancel()
        for each in self.timers:
            each.cancel()


class Slotted:
    """A protocol without a dictionary, whose names no method uses."""

    __slots__ = ("__weakref__", "timer")


def end(number: int) -> Endpoint:
    """A connection."""
    return Endpoint(id=f"c{number}", kind=Kind.TCP, state=State.CONNECTED)


def call() -> DelayedCall:
    """A timed call."""
    made = Clock().callLater(1, list)
    assert isinstance(made, DelayedCall)
    return made


def link(path: str, number: int = 1) -> Link:
    """What is said of something that is kept."""
    return Link(target=f"c{number}", strength=Strength.HELD, path=(f"kept by {path}",))


class HeldTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.held = Held()
        self.chat: Any = Chat()
        self.call = call()

    def links(self, *things: object) -> list[Link]:
        return self.held.links(things or (self.call,))

    def test_nobody(self) -> None:
        """What nobody keeps has no link."""
        self.held.add(self.chat, end(1))
        self.assertEqual(self.links(), [])

    def test_attribute(self) -> None:
        """An attribute keeps it, and the link says which."""
        self.chat.timer = self.call
        self.held.add(self.chat, end(1))
        self.assertEqual(self.links(), [link("self.timer")])

    def test_kinds(self) -> None:
        """Calls, looping calls, Deferreds, generators, and calls of a scope tell."""

        async def run() -> None:
            """Nothing."""

        coroutine = run()
        self.addCleanup(coroutine.close)
        generator = (each for each in (1, 2))
        scoped = ScopedClock(Clock()).callLater(1, list)
        kept: tuple[Any, ...] = (
            self.call,
            LoopingCall(list),
            Deferred(),
            coroutine,
            generator,
            scoped,
        )
        for thing in kept:
            self.chat.timer = thing
            self.held = Held()
            self.held.add(self.chat, end(1))
            self.assertEqual(self.links(thing), [link("self.timer")], thing)

    def test_others(self) -> None:
        """What is no call, and leads to none by itself, does not."""
        for thing in (object(), "call", list, Clock()):
            self.chat.timer = thing
            self.held.add(self.chat, end(1))
            self.assertEqual(self.links(thing), [])

    def test_containers(self) -> None:
        """A container that is an attribute keeps it, and one in that."""
        containers = (
            [self.call],
            (self.call,),
            {"one": self.call},
            {self.call},
            [[self.call]],
            {"some": [self.call]},
        )
        for container in containers:
            self.chat.timers = container
            self.held = Held()
            self.held.add(self.chat, end(1))
            (found,) = self.links()
            self.assertEqual(found.target, "c1")

    def test_container_named(self) -> None:
        """Of a container, the attribute is named."""
        self.chat.timers = [self.call]
        self.held.add(self.chat, end(1))
        self.assertEqual(self.links(), [link("self.timers")])

    def test_beside(self) -> None:
        """What else is in a container does not matter."""
        self.chat.timers = ["one", Clock(), [Clock(), self.call], None]
        self.held.add(self.chat, end(1))
        (found,) = self.links()
        self.assertEqual(found.target, "c1")

    def test_large_container(self) -> None:
        """A very large container is not looked through."""
        self.chat.timers = [self.call, *([None] * 2 * LARGE)]
        self.held.add(self.chat, end(1))
        self.assertEqual(self.links(), [])

    def test_slots(self) -> None:
        """A slot keeps it; a name that no method uses is not known."""
        slotted: Any = Slotted()
        slotted.timer = self.call
        self.held.add(slotted, end(1))
        self.assertEqual(self.links(), [link("it")])

    def test_two(self) -> None:
        """What two keep is neither's."""
        for number in (1, 2):
            chat = Chat()
            chat.timer = self.call
            self.held.add(chat, end(number))
        self.assertEqual(self.links(), [])

    def test_twice(self) -> None:
        """One that keeps it twice, or is added twice, is one."""
        self.chat.timer = self.call
        self.chat.timers = [self.call]
        self.held.add(self.chat, end(1))
        self.held.add(self.chat, end(1))
        self.assertEqual(self.links(), [link("self.timer")])

    def test_first(self) -> None:
        """Of several things, the first that one protocol keeps counts."""
        waiting: Deferred[None] = Deferred()
        other = Chat()
        self.chat.timer, other.timer = self.call, waiting
        self.held.add(self.chat, end(1))
        self.held.add(other, end(2))

        self.assertEqual(self.links(waiting, self.call), [link("self.timer", 2)])
        self.assertEqual(self.links(object(), self.call), [link("self.timer")])

    def test_unchanged(self) -> None:
        """The protocol has not got a dictionary by being looked at."""
        self.chat.timer = self.call
        before = {id(each) for each in gc.get_referents(self.chat)}
        self.held.add(self.chat, end(1))
        self.links()
        self.assertEqual({id(each) for each in gc.get_referents(self.chat)}, before)

    def test_properties(self) -> None:
        """A property, even of a name that a method uses, is not asked."""
        asked: list[str] = []

        class Proud(Protocol):
            @property
            def timer(self) -> None:
                asked.append("timer")

            def __eq__(self, other: object) -> bool:
                asked.append("==")
                return True

            __hash__ = None  # type: ignore[assignment]

            def stop(self) -> object:
                return self.timer

        proud: Any = Proud()
        proud.other = self.call
        self.held.add(proud, end(1))

        self.assertEqual(self.links(), [link("it")])
        self.assertEqual(asked, [])

    def test_names(self) -> None:
        """Names are found once for a class, those of its bases included."""

        class Talk(Chat):
            """Has no methods of its own."""

        talk = Talk()
        talk.timer = self.call
        self.assertEqual(held.name_in(talk, self.call), "self.timer")
        self.assertEqual(held.name_in(talk, self.call), "self.timer")
        self.assertEqual(held.name_in(talk, talk), "it")
