"""The search: levels, bounds, containers, keys, owners, and what it learns."""

from __future__ import annotations

import functools
import itertools
import weakref
from typing import TYPE_CHECKING, Any

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.application.service import Service
from twisted.internet.base import BaseConnector
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock, Cooperator
from twisted.logger import Logger
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.clock import ScopedClock
from heartbeat.graph.kinds import DECIDING, Kind, State, Strength
from heartbeat.graph.search import walk
from heartbeat.graph.search.edges import LARGE
from heartbeat.graph.search.keys import Keys
from heartbeat.graph.search.walk import BEYOND_OWNER, MAX_DEPTH, MAX_STEPS, Walker
from heartbeat.graph.values import Endpoint

if TYPE_CHECKING:
    from heartbeat.graph.search.steps import Found


class Chat(Protocol):
    """A connection."""

    def ping(self) -> None:
        """What a call is for."""


class Connector(BaseConnector):
    """Makes no transports."""

    def _makeTransport(self) -> Any:  # noqa: N802 - Twisted's
        """Nothing."""


class Node:
    """An object of the program."""

    def __init__(self, **attributes: object) -> None:
        vars(self).update(attributes)

    def ping(self) -> None:
        """What a call is for."""


class World:
    """Knows the endpoints of one test."""

    def __init__(self) -> None:
        self.met: list[object] = []
        self.owners: list[object] = []
        self.scopes: dict[int, Endpoint] = {}
        self._kept: list[object] = []

    def walker(self) -> Walker:
        return Walker(self.meet, self.scope_owner, self.owners.append)

    def meet(self, thing: Any) -> Endpoint | None:
        self.met.append(thing)
        if thing.connected < 0:
            return None
        self._kept.append(thing)
        return self.end(thing)

    def end(self, thing: Any) -> Endpoint:
        state = State.FAILED if thing.connected > 1 else State.CONNECTED
        return Endpoint(id=f"c{id(thing)}", kind=Kind.TCP, state=state)

    def scope_owner(self, scope: object) -> Endpoint | None:
        return self.scopes.get(id(scope))


def chain(length: int, last: object) -> Any:
    """So many objects, one in the other, and then the last."""
    for _ in range(length):
        last = Node(inner=last)
    return last


class WalkCase(SynchronousTestCase):
    def setUp(self) -> None:
        self.world = World()
        self.walker = self.world.walker()
        self.chat = Chat()

    def search(self, *roots: object, **kwargs: Any) -> Found:
        return self.walker.search([("", each) for each in roots], **kwargs)

    def links(self, *roots: object, **kwargs: Any) -> list[tuple[Strength, int, int]]:
        """Strength, depth and sharers of links to the one; there must be no others."""
        found = self.search(*roots, **kwargs)
        self.assertEqual(found.owners, [])
        for link in found.links:
            self.assertEqual(link.target, f"c{id(self.chat)}")
        return [(link.strength, link.depth, link.sharers) for link in found.links]


class LevelTests(WalkCase):
    def test_nothing(self) -> None:
        """Plain values and what leads nowhere have no links."""
        for root in (7, "x", None, len, Logger(), Node(), Node, self, object()):
            if root is not self:
                self.assertEqual(self.links(root), [])

    def test_direct(self) -> None:
        """What only passes a call on does not count."""
        ping: Any = self.chat.ping

        def run() -> None:
            ping()

        passing: tuple[Any, ...] = (
            *(self.chat, ping, run, functools.partial(ping, 1)),
            functools.partial(functools.partial(list, key=ping)),
        )
        for root in passing:
            self.assertEqual(self.links(root), [(Strength.DIRECT, 0, 1)])

    def test_owned(self) -> None:
        """Every object of the program in between counts."""
        for length in range(1, MAX_DEPTH + 1):
            self.walker = self.world.walker()
            found = self.links(chain(length, self.chat).ping)
            self.assertEqual(found, [(Strength.OWNED, length, 1)])

    def test_too_deep(self) -> None:
        """It gives up where nobody would see a connection any more."""
        self.assertEqual(self.links(chain(MAX_DEPTH + 1, self.chat)), [])
        self.assertEqual(self.world.met, [])

    def test_weak(self) -> None:
        """A weak reference is followed, and the link says so."""
        self.assertEqual(self.links(weakref.ref(self.chat)), [(Strength.WEAK, 0, 1)])
        self.assertEqual(
            self.links(weakref.WeakMethod(self.chat.ping)), [(Strength.WEAK, 0, 1)]
        )

    def test_nearest(self) -> None:
        """The nearest level counts, and nothing beyond is looked at."""
        other = Chat()
        self.assertEqual(
            self.links(self.chat, Node(chat=other)), [(Strength.DIRECT, 0, 1)]
        )
        self.assertEqual(self.world.met, [self.chat])

    def test_several(self) -> None:
        """All of one level count."""
        found = self.search(Node(left=self.chat, right=Chat()))
        self.assertEqual([link.strength for link in found.links], [Strength.OWNED] * 2)

    def test_not_through(self) -> None:
        """An endpoint is an end: what it refers to is not the call's."""
        self.chat.factory = Factory()
        self.assertEqual(self.links(self.chat), [(Strength.DIRECT, 0, 1)])

    def test_connector(self) -> None:
        """A connector says nothing of a connection that is gone: it makes the next."""
        made: Any = Connector
        connector = made(Factory(), None, Clock())
        connector.connected = 0
        self.assertEqual(len(self.search(connector).links), 1)
        connector.connected = 2
        found = self.search(connector)
        self.assertEqual((found.links, len(found.owners)), ([], 1))

    def test_no_endpoint(self) -> None:
        """What looks like an endpoint but is none is an object like others."""
        false: Any = Chat()
        false.connected, false.chat = -1, self.chat
        self.assertEqual(self.links(false), [(Strength.OWNED, 1, 1)])

    def test_path(self) -> None:
        """The path names the steps."""
        root = Node(session=Node(chat=self.chat)).ping
        (link,) = self.search(root).links
        self.assertEqual(link.path, ("self", ".session", ".chat"))

    def test_way(self) -> None:
        """How sure the beginning is, nothing beyond it is surer."""
        found = self.links(self.chat, way=Strength.GLOBAL)
        self.assertEqual(found, [(Strength.GLOBAL, 0, 1)])

    def test_circle(self) -> None:
        """Circles end."""
        one, two = Node(), Node()
        vars(one)["two"], vars(two)["one"] = two, one
        members: list[object] = [one]
        members.append(members)
        self.assertEqual(self.links(one, members), [])

    def test_kept(self) -> None:
        """Deferreds and the like on the way are noted, for somebody may keep those."""
        waiting: Deferred[None] = Deferred()
        call = Clock().callLater(1, list)
        found = self.search(Node(waiting=waiting), call)
        self.assertEqual(set(map(id, found.kept)), {id(waiting), id(call)})

    def test_functions(self) -> None:
        """Functions called first are noted, for their globals; others are not."""

        def run() -> None:
            """Nothing."""

        found = self.search(run, Node(run=lambda: None))
        self.assertEqual(found.functions, [run])


class BoundTests(WalkCase):
    def test_steps(self) -> None:
        """After very many objects it goes no deeper, and says so."""
        wide = Node(**{f"n{n}": Node(deep=Node()) for n in range(MAX_STEPS + 1)})
        found = self.search(wide)
        self.assertFalse(found.complete)
        self.assertTrue(self.search(Node(inner=Node())).complete)

    def test_level_complete(self) -> None:
        """What is on the level at which it stops is still found."""
        wide = Node(**{f"n{n}": Node() for n in range(MAX_STEPS)}, chat=self.chat)
        self.assertEqual(self.links(wide), [(Strength.OWNED, 1, 1)])

    def test_not_beyond(self) -> None:
        """What is beyond that level is not."""
        many = {f"n{n}": Node(chat=self.chat) for n in range(MAX_STEPS + 1)}
        self.assertEqual(self.links(Node(**many)), [])

    def test_large_containers(self) -> None:
        """Of large containers only some members are looked at."""
        many = [Node() for _ in range(10 * MAX_STEPS)]
        self.assertTrue(self.search(lambda: many).complete)


class OwnerTests(WalkCase):
    def test_owner(self) -> None:
        """An owner is no passage, and is told of."""
        factory: Any = Factory()
        factory.chats = [self.chat]
        found = self.search(factory.buildProtocol)

        (owner,) = found.owners
        self.assertEqual(owner.owner, "factory twisted.internet.protocol.Factory")
        self.assertEqual((owner.strength, owner.depth), (Strength.DIRECT, 0))
        self.assertEqual(found.links, [])
        self.assertEqual(self.world.owners, [factory])

    def test_beyond(self) -> None:
        """Beyond an owner, the call may still carry something near."""
        for length in range(BEYOND_OWNER + 2):
            self.walker = self.world.walker()
            found = self.search(Factory(), chain(length, self.chat))
            self.assertEqual(len(found.links), length <= BEYOND_OWNER)
            self.assertEqual(len(found.owners), 1)

    def test_owners(self) -> None:
        """The nearest owner comes first."""
        found = self.search(Node(service=Service(), inner=Node(factory=Factory())))
        names = [(each.owner or "").partition(" ")[0] for each in found.owners]
        self.assertEqual(names, ["service", "factory"])

    def test_default(self) -> None:
        """Nobody need be told of owners."""
        walker = Walker(self.world.meet, self.world.scope_owner)
        self.assertEqual(len(walker.search([("", Factory())]).owners), 1)


class ScopeTests(WalkCase):
    def setUp(self) -> None:
        super().setUp()
        self.scope = ScopedClock(Clock(), name="login")
        self.world.scopes[id(self.scope)] = self.world.end(self.chat)

    def test_call(self) -> None:
        """A call of a scope is the scope's, whatever it leads to."""
        call = self.scope.callLater(1, Chat().ping)
        self.assertEqual(self.links(call), [(Strength.SCOPED, 0, 1)])

    def test_clock(self) -> None:
        """Who only has the clock touches the connection as any object does."""
        self.assertEqual(self.links(self.scope), [(Strength.DIRECT, 0, 1)])
        self.assertEqual(self.links(Node(clock=self.scope)), [(Strength.OWNED, 1, 1)])

    def test_nobody(self) -> None:
        """A scope of no connection is an owner, with its name."""
        scope = ScopedClock(Clock(), name="nightly")
        (owner,) = self.search(scope.callLater(1, list)).owners
        self.assertEqual((owner.owner, owner.target), ("scope 'nightly'", None))
        self.assertIs(owner.strength, Strength.SCOPED)

    def test_strange_name(self) -> None:
        """A name that is no text is not asked what it looks like."""

        class Name:
            def __repr__(self) -> str:
                raise AssertionError

        strange: Any = Name()
        (owner,) = self.search(ScopedClock(Clock(), name=strange)).owners
        self.assertEqual(owner.owner, "scope ''")

    def test_several_calls(self) -> None:
        """Calls of several scopes in one container are not one of these's."""
        other, calls = ScopedClock(Clock()), []
        self.world.scopes[id(other)] = self.world.end(Chat())
        calls = [each.callLater(1, list) for each in (self.scope, other)]
        found = self.search(lambda: calls)
        self.assertEqual([link.sharers for link in found.links], [2, 2])
        self.assertEqual({link.strength for link in found.links}, {Strength.SHARED})

    def test_several_scopes(self) -> None:
        """Nor are the scopes themselves."""
        other = ScopedClock(Clock())
        self.world.scopes[id(other)] = self.world.end(Chat())
        found = self.search(Node(scopes=[self.scope, other]))
        self.assertEqual({link.strength for link in found.links}, {Strength.SHARED})


class ContainerTests(WalkCase):
    def test_own(self) -> None:
        """A container of the call's own, with one endpoint, owns it."""
        targets = [self.chat]
        for root in (lambda: targets, targets, (self.chat,), {"x": self.chat}):
            self.assertEqual(self.links(root), [(Strength.OWNED, 1, 1)])

    def test_registry(self) -> None:
        """One that is an attribute is a registry, which may have more tomorrow."""
        for registry in ([self.chat], {"x": self.chat}, {self.chat}):
            found = self.links(Node(registry=registry))
            self.assertEqual(found, [(Strength.POSSIBLE, 2, 1)])

    def test_hub(self) -> None:
        """What hangs on one together with others is shared, however deep."""
        chats = [Chat() for _ in range(3)]
        for hub in (chats, [Node(chat=each) for each in chats], dict(enumerate(chats))):
            found = self.search(Node(hub=hub))
            self.assertEqual([link.sharers for link in found.links], [3, 3, 3])

    def test_hub_and_own(self) -> None:
        """Beside those, the call's own is its own."""
        chats = [Chat() for _ in range(3)]
        found = self.search(Node(all=chats, inner=Node(chat=self.chat)))
        (first, *rest) = found.links
        self.assertEqual(first.target, f"c{id(self.chat)}")
        self.assertIs(first.strength, Strength.OWNED)
        self.assertEqual({link.strength for link in rest}, {Strength.SHARED})

    def test_overlap(self) -> None:
        """One that is in a second container only is shared by all in that one."""
        chats = [Chat() for _ in range(3)]
        some, whole = chats[:2], [*chats]
        false = Chat()
        false.connected = -1
        for first, second in ((some, [false, *whole]), (whole, some)):
            found = self.search(first, second)
            self.assertEqual(len(found.links), 3)
            self.assertEqual({link.strength for link in found.links}, {Strength.SHARED})

    def test_no_endpoint_again(self) -> None:
        """What is no endpoint is none on another way either."""
        false: Any = Chat()
        false.connected = -1
        self.assertEqual(self.links([false], [false]), [])

    def test_large(self) -> None:
        """A large registry is shared even if only one endpoint is seen in it."""
        members = [self.chat, *range(LARGE)]
        found = self.links(Node(all=members))
        self.assertEqual(found, [(Strength.SHARED, 2, LARGE + 1)])

    def test_cooperator(self) -> None:
        """A cooperator is a container, but no registry."""

        def work(chat: Chat) -> Any:
            while True:
                yield chat

        cooperator = Cooperator(started=False)
        cooperator.cooperate(work(self.chat))
        found = self.links(Node(cooperator=cooperator))
        self.assertEqual(found, [(Strength.OWNED, 3, 1)])
        cooperator.cooperate(work(Chat()))
        self.assertEqual(len(self.search(Node(cooperator=cooperator)).links), 2)

    def test_kept_by_many(self) -> None:
        """What hangs on a container together with others is not kept for the call."""
        waiting = [Deferred[None]() for _ in range(3)]
        self.assertEqual(self.search(Node(waiting=waiting)).kept, [])
        self.assertEqual(self.search(Node(waiting=waiting[:1])).kept, waiting[:1])


class KeyTests(WalkCase):
    def setUp(self) -> None:
        super().setUp()
        self.registry = {"one": self.chat, "two": Chat(), "three": Chat()}

    def test_key(self) -> None:
        """A call that carries a key touches what the key is for."""
        registry, key = self.registry, "one"
        found = self.links(lambda: registry[key])
        self.assertEqual(found, [(Strength.KEYED, 1, 1)])

    def test_far(self) -> None:
        """Wherever the registry is."""
        root = Node(application=Node(registry=self.registry))
        self.assertEqual(self.links(root, "one"), [(Strength.KEYED, 3, 1)])

    def test_member(self) -> None:
        """The member may be something else that leads there."""
        sessions = {"one": Node(chat=self.chat), "two": Node(chat=Chat())}
        self.assertEqual(self.links(sessions, "one"), [(Strength.KEYED, 2, 1)])

    def test_other_key(self) -> None:
        """With a key of something else, it is a registry like others."""
        found = self.search(self.registry, "four")
        self.assertEqual([link.sharers for link in found.links], [3, 3, 3])

    def test_given(self) -> None:
        """Keys may be given, and those far away are none."""
        keys = Keys()
        keys.add("one")
        self.assertEqual(self.links(self.registry, keys=keys), [(Strength.KEYED, 1, 1)])
        found = self.search(self.registry, Node(name="one"))
        self.assertEqual(len(found.links), 3)
        self.assertEqual(list(self.search("one").keys), ["one"])


class LessonTests(WalkCase):
    """What one search learns does not change what the next one finds."""

    def test_barren(self) -> None:
        """Where nothing was, nothing is looked at again."""
        wide = Node(**{f"n{n}": Node() for n in range(MAX_STEPS)})
        self.assertFalse(self.search(Node(inner=wide)).complete)
        inner = Node(inner=Node())
        self.assertTrue(self.search(inner).complete)
        vars(inner)["chat"] = self.chat
        self.assertEqual(self.links(Node(deep=inner)), [])

    def test_deeper(self) -> None:
        """But deeper than it was, it is."""
        end = chain(3, self.chat)
        self.assertEqual(self.links(chain(MAX_DEPTH - 2, end)), [])
        self.assertEqual(
            self.links(chain(MAX_DEPTH - 3, end)), [(Strength.OWNED, 8, 1)]
        )

    def test_key_of_another(self) -> None:
        """A key that led nowhere does not hide what others lead to."""
        application = Node(sessions={"gone": Node(), "here": Node(chat=self.chat)})
        self.assertEqual(self.links(application, "gone"), [])
        self.assertEqual(self.links(application, "here"), [(Strength.KEYED, 3, 1)])
        self.assertEqual(self.links(application), [(Strength.POSSIBLE, 3, 1)])

    def test_key_in_large(self) -> None:
        """A key finds what nobody without it would see."""
        sessions = {str(n): Node() for n in range(LARGE + 1)}
        vars(sessions["64"])["chat"] = self.chat
        application = Node(sessions=sessions)
        self.assertEqual(self.links(application), [])
        self.assertEqual(self.links(application, "64"), [(Strength.KEYED, 3, 1)])

    def test_owner(self) -> None:
        """Who comes later has the same owner."""
        shared = chain(4, Node(factory=Factory()))
        for length in (0, 1, 2, 3):
            (owner,) = self.search(chain(length, shared)).owners
            self.assertEqual(owner.depth, 5 + length)

    def test_beyond_owner(self) -> None:
        """Who has an owner already need not look where there is none."""
        shared = Node(factory=Factory(), waiting=Deferred())
        self.search(shared)
        for roots, owners in (((Service(), shared), 1), ((Service(), shared, "x"), 2)):
            self.assertEqual(len(self.search(*roots).owners), owners)

    def test_kept(self) -> None:
        """Who comes later meets the same Deferred, for somebody may keep that."""
        request = Node(waiting=Deferred())
        for _ in range(2):
            self.assertEqual(self.search(request).kept, [vars(request)["waiting"]])

    def test_shared(self) -> None:
        """Who comes later shares the same, with a path and a depth of its own."""
        manager = Node(chats=[Node(chat=Chat()) for _ in range(3)])
        first = self.search(manager).links
        self.world.met.clear()
        second = self.search(Node(manager=manager)).links

        self.assertEqual(self.world.met, [])
        self.assertEqual({each.target for each in first}, {e.target for e in second})
        self.assertEqual({(e.depth, e.sharers) for e in second}, {(4, 3)})
        self.assertEqual({e.path for e in second}, {(".manager", ".chats")})

    def test_shared_too_deep(self) -> None:
        """Nobody shares what is too far away."""
        manager = Node(chats=[Node(chat=Chat()) for _ in range(3)])
        self.assertEqual(len(self.search(chain(MAX_DEPTH - 3, manager)).links), 3)
        self.assertEqual(self.search(chain(MAX_DEPTH - 2, manager)).links, [])

    def test_shared_and_own(self) -> None:
        """What is reached beside counts as if nothing had been learnt."""
        manager = Node(chats=[Node(chat=Chat()) for _ in range(3)])
        self.search(manager)
        session = Node(manager=manager, a=chain(3, self.chat))
        found = self.search(session).links
        self.assertEqual(found[0].strength, Strength.OWNED)
        self.assertEqual(len(found), 4)

    def test_shared_twice(self) -> None:
        """Two containers, each known, together are as if neither were."""
        chats = [Chat() for _ in range(3)]
        one, other = [Node(chat=c) for c in chats], [Node(chat=c) for c in chats[1:]]
        for hub in (one, other):
            self.search(Node(hub=hub))
        found = self.search(Node(one=one, other=other)).links
        self.assertEqual(len(found), 3)

    def test_shared_in_container(self) -> None:
        """A container in a larger one is not all there is."""
        inner, others = [Chat(), Chat()], [Chat(), Chat()]
        self.search(Node(inner=inner))
        found = self.search(Node(all=[inner, others])).links
        self.assertEqual([link.sharers for link in found], [4] * 4)

    def test_nearer(self) -> None:
        """What is nearer than what is shared is found first."""
        manager = Node(chats=[Node(chat=Chat()) for _ in range(3)])
        self.search(manager)
        self.assertEqual(
            self.links(Node(manager=manager, chat=self.chat)), [(Strength.OWNED, 1, 1)]
        )


# Any program.

SIZE = 8
KINDS = ("node", "list", "dict", "chat", "factory", "deferred", "scope")


@attrs.frozen
class Program:
    """Objects, what each refers to, and the parts of each call."""

    kinds: list[str]
    edges: list[tuple[int, int]]
    calls: list[tuple[list[int], list[str]]]


def programs() -> st.SearchStrategy[Program]:
    """Programs of a few objects, most of which are known to several."""
    index = st.integers(0, SIZE - 1)
    kinds = st.sampled_from(["node"] * 3 + ["chat"] + list(KINDS))
    keys = st.lists(st.integers(0, 3).map(str), max_size=1)
    calls = st.tuples(st.lists(index, min_size=1, max_size=2), keys)
    return st.builds(
        Program,
        st.lists(kinds, min_size=SIZE, max_size=SIZE),
        st.lists(st.tuples(index, index), max_size=20),
        st.lists(calls, min_size=2, max_size=5),
    )


class Running:
    """A program that was made from its description."""

    def __init__(self, program: Program) -> None:
        self.things = [self._made(kind) for kind in program.kinds]
        self.after: dict[int, list[object]] = {}
        self.world = World()
        for number, (one, other) in enumerate(program.edges):
            self._refer(self.things[one], self.things[other], number)

    def _made(self, kind: str) -> Any:
        if kind == "scope":
            return ScopedClock(Clock(), name="nobody's")
        made = {"list": list, "dict": dict, "chat": Chat, "factory": Factory}
        return {**made, "deferred": Deferred, "node": Node}[kind]()

    def _refer(self, one: Any, other: object, number: int) -> None:
        if type(one) is list:
            one.append(other)
        elif type(one) is dict:
            one[str(number % 4)] = other
        elif type(one) is Deferred:
            one.addCallback(functools.partial(list, other))
        elif type(one) is not ScopedClock:
            vars(one)[f"a{number}"] = other
        self.after.setdefault(id(one), []).append(other)

    def reachable(self, roots: list[object]) -> set[str]:
        """The chats that any way at all leads to."""
        seen: dict[int, object] = {}
        waiting = [*roots]
        while waiting:
            thing = waiting.pop()
            if id(thing) not in seen:
                seen[id(thing)] = thing
                waiting += self.after.get(id(thing), ())
        return {f"c{number}" for number, each in seen.items() if type(each) is Chat}

    def roots(self, call: tuple[list[int], list[str]]) -> list[object]:
        numbers, keys = call
        return [*(self.things[number] for number in numbers), *keys]


def answer(found: Found) -> object:
    """All that is said of a call: its links in no order, its nearest owner."""
    links = {(e.target, e.strength, e.depth, e.sharers) for e in found.links}
    owner = found.owners[0].owner if found.owners else None
    sure = owner or {link.strength for link in found.links} & DECIDING
    # Who keeps what is only asked where nothing sure was found.
    kept = set() if sure else set(map(id, found.kept))
    return links, owner, kept


class AnyProgramTests(SynchronousTestCase):
    @settings(max_examples=400)
    @given(programs())
    def test_lessons(self, program: Program) -> None:
        """Whatever came before, a call has the answer of a search without lessons."""
        running = Running(program)
        learned = running.world.walker()
        for call in itertools.chain(program.calls, program.calls):
            roots = [("", each) for each in running.roots(call)]
            fresh = running.world.walker().search(roots)
            self.assertEqual(answer(learned.search(roots)), answer(fresh))

    @settings(max_examples=200)
    @given(programs())
    def test_truth(self, program: Program) -> None:
        """Links lead to what can be reached, each once, and shared ones are shared."""
        running = Running(program)
        walker = running.world.walker()
        for call in program.calls:
            roots = running.roots(call)
            links = walker.search([("", each) for each in roots]).links
            targets = [link.target for link in links]
            self.assertEqual(len(targets), len(set(targets)))
            self.assertLessEqual(set(targets), running.reachable(roots))
            for link in links:
                self.assertLessEqual(link.depth, walk.MAX_DEPTH)
                self.assertEqual(link.sharers > 1, link.strength is Strength.SHARED)

    @given(programs())
    def test_unchanged(self, program: Program) -> None:
        """The program is as it was."""
        running = Running(program)
        before = [dict(vars(e)) for e in running.things if type(e) in (Node, Chat)]
        walker = running.world.walker()
        for call in program.calls:
            walker.search([("", each) for each in running.roots(call)])
        after = [vars(e) for e in running.things if type(e) in (Node, Chat)]
        self.assertEqual(after, before)
