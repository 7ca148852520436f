"""What objects lead on to, read in ways that run and keep nothing."""

from __future__ import annotations

import asyncio
import collections
import functools
import gc
import operator
import types
import weakref
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred, ensureDeferred, inlineCallbacks
from twisted.internet.task import Clock, Cooperator, LoopingCall
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.clock import ScopedClock
from heartbeat.graph.search import edges
from heartbeat.graph.search.edges import (
    LARGE,
    SAMPLE,
    TRANSPARENT,
    edges_of,
    globals_of,
    register_edges,
)
from heartbeat.graph.search.roles import Role, role_of
from tests.graph.traps import TRAP, armed, watched

if TYPE_CHECKING:
    from collections.abc import Generator


class Thing:
    """Something to lead to, and to have attributes."""

    def method(self, *args: object) -> None:
        """Nothing."""


THING = Thing()
NUMBER = 3


def names_globals(*_: object, **__: object) -> object:
    """Names of all kinds."""
    return THING, NUMBER, functools, ends, Thing, len, absent  # type: ignore[name-defined]  # noqa: F821


def ends(thing: object) -> list[tuple[str, Any]]:
    """The steps from *thing*."""
    return list(edges_of(thing, role_of(thing)))


def leads_to(thing: object, end: object) -> list[str]:
    """The names of the steps from *thing* to *end*."""
    return [name for name, each in ends(thing) if each is end]


def forgets(make: Any) -> bool:
    """Whether a local variable that was looked at dies when it is replaced."""
    suspended, weak = make()
    list(edges_of(suspended, role_of(suspended)))
    suspended.send(None)
    gc.collect()
    gone = weak() is None
    suspended.close()
    return gone


class CallableTests(SynchronousTestCase):
    """Functions, methods, and what wraps them."""

    def test_method(self) -> None:
        """Its instance, and its function."""
        self.assertEqual(ends(THING.method), [("self", THING), ("", Thing.method)])

    def test_function(self) -> None:
        """What it closes over and its defaults, never its module."""
        thing = Thing()

        def function(a: object = thing, *, b: object = THING) -> object:
            return thing, names_globals

        found = ends(function)

        self.assertEqual(
            [name for name, _ in found], ["variable thing", "default", "default b"]
        )
        self.assertEqual(leads_to(found[0][1], thing), [""])
        self.assertIs(found[1][1], thing)
        self.assertIs(found[2][1], THING)
        self.assertEqual(ends(names_globals), [])

    def test_defaults_of_program(self) -> None:
        """Defaults in containers of the program's own classes are not asked."""

        def function(a: object = 1, *, b: object = 2) -> None:
            pass

        thing = TRAP()
        function.__defaults__ = armed(tuple)((thing,))
        function.__kwdefaults__ = armed(dict)({armed(str)("b"): thing})
        with watched() as ran:
            found = [(name, each is thing) for name, each in ends(function)]
            kinds = {type(name) for name, _ in ends(function)}

        self.assertEqual((found, ran), ([("default", True), ("default b", True)], []))
        self.assertEqual(kinds, {str})

    def test_empty_cell(self) -> None:
        """A variable that has no value yet leads nowhere."""
        self.assertEqual(ends(types.CellType()), [])

    def test_builtin(self) -> None:
        """The object that a method in C is bound to."""
        items: list[object] = []

        self.assertEqual(leads_to(items.append, items), ["self"])
        self.assertEqual(leads_to(items.__len__, items), ["self"])

    def test_partial(self) -> None:
        """Its function, and its arguments."""
        found = ends(functools.partial(names_globals, THING, a=3))

        self.assertEqual(
            found, [("", names_globals), ("argument", THING), ("argument a", 3)]
        )

    def test_partial_of_program(self) -> None:
        """One whose attributes are code is not asked for them."""
        raising = {name: property(lambda _: 1 / 0) for name in ("func", "args")}
        thing = armed(functools.partial, **raising)(names_globals, b=2)
        with watched() as ran:
            found = ends(thing)[1:]

        self.assertEqual((found, ran), ([("argument b", 2)], []))

    def test_names_of_arguments(self) -> None:
        """Names of arguments become plain text."""
        named: dict[Any, Any] = {armed(str)("a"): 1}
        partial = functools.partial(names_globals, **named)
        with watched() as ran:
            ((_, _), (name, _)) = ends(partial)
            kind = type(name)

        self.assertEqual((name, kind, ran), ("argument a", str, []))

    def test_weak(self) -> None:
        """What it refers to, while that lives, without a call of what is derived."""
        thing = Thing()
        derived = armed(weakref.ref)(thing)
        with watched() as ran:
            found = [(name, each is thing) for name, each in ends(derived)]

        self.assertEqual((found, ran), ([("weak reference", True)], []))
        self.assertEqual(
            leads_to(weakref.WeakMethod(thing.method), thing), ["weak reference"]
        )
        del thing, found
        gc.collect()
        self.assertEqual(ends(derived), [("weak reference", None)])


class ContainerTests(SynchronousTestCase):
    """Containers."""

    def test_members(self) -> None:
        """Each of a few, some of many."""
        for kind in (list, tuple, set, frozenset, collections.deque):
            few: Any = kind(range(LARGE))
            many: Any = kind(range(LARGE + 1))

            self.assertEqual(len(ends(few)), LARGE)
            self.assertEqual(len(ends(many)), SAMPLE)

    def test_mapping(self) -> None:
        """Values, and keys that are more than values."""
        key = Thing()

        self.assertEqual(
            ends({1: THING, key: 2}), [("[...]", THING), ("[...]", 2), ("key", key)]
        )
        self.assertEqual(len(ends(dict.fromkeys(range(LARGE + 1)))), SAMPLE)

    def test_overridden(self) -> None:
        """Those of the program's classes are read as what they are."""
        thing = TRAP()
        for kind in (list, tuple, set, frozenset, collections.deque):
            container = armed(kind)([thing])
            with watched() as ran:
                found = [each is thing for _, each in ends(container)]

            self.assertEqual((found, ran), ([True], []), kind)
        mapping = armed(dict)({thing: thing})
        with watched() as ran:
            found = [each is thing for _, each in ends(mapping)]

        self.assertEqual((found, ran), ([True, True], []))

    @given(
        st.recursive(
            st.integers() | st.text(max_size=2),
            lambda inner: (
                st.lists(inner, max_size=4)
                | st.dictionaries(st.integers(), inner, max_size=4)
                | st.lists(inner, max_size=4).map(tuple)
            ),
        )
    )
    def test_nested(self, container: Any) -> None:
        """All that is in it is found, and nothing else."""
        found, todo = [], [container]
        while todo:
            thing = todo.pop()
            if role_of(thing) is Role.VALUE:
                found.append(thing)
            else:
                todo += [each for _, each in ends(thing)]

        self.assertEqual(sorted(map(repr, found)), sorted(map(repr, flat(container))))


def flat(container: Any) -> list[Any]:
    """The values in nested containers."""
    if isinstance(container, dict):
        container = list(container.values())
    if not isinstance(container, list | tuple):
        return [container]
    return [value for each in container for value in flat(each)]


class TwistedTests(SynchronousTestCase):
    """What Twisted and this package call and wait with."""

    def test_call(self) -> None:
        """Its function and arguments."""
        clock = Clock()
        call = clock.callLater(1, names_globals, THING, a=3)

        self.assertEqual(
            ends(call), [("", names_globals), ("argument", THING), ("argument a", 3)]
        )
        call.cancel()
        self.assertEqual(leads_to(call, THING), [])

    def test_scoped_call(self) -> None:
        """Its scope, its function and arguments."""
        scope = ScopedClock(Clock())
        plain = scope.callLater(1, names_globals)
        called = scope.callLater(1, names_globals, THING, a=3)

        self.assertEqual(ends(plain), [("scope", scope), ("", names_globals)])
        self.assertEqual(
            ends(called),
            [
                *(("scope", scope), ("", names_globals)),
                *(("argument", THING), ("argument a", 3)),
            ],
        )
        scope.close()
        self.assertEqual(ends(called), [("scope", scope), ("", None)])

    def test_looping_call(self) -> None:
        """Its function, its arguments, and who waits for it."""
        looping = LoopingCall(names_globals, THING, a=3)
        looping.clock = Clock()
        deferred = looping.start(1, now=False)

        self.assertEqual(
            ends(looping),
            [
                *(("", names_globals), ("argument", THING)),
                *(("argument a", 3), ("deferred", deferred)),
            ],
        )
        looping.stop()

    def test_deferred(self) -> None:
        """Its callbacks, what it waits for, what cancels it; nothing deprecated."""
        inner: Deferred[Any] = Deferred(THING.method)
        outer: Deferred[Any] = Deferred()
        outer.addCallback(lambda _: inner)
        outer.callback(None)
        outer.addCallback(THING.method, 5)
        mine = [name for name, each in ends(outer) if each == THING.method]

        self.assertEqual(mine, ["callback"])
        self.assertIn(("argument", 5), ends(outer))
        self.assertEqual(leads_to(outer, inner), ["chained to"])
        self.assertEqual(leads_to(inner, outer)[0], "argument")
        self.assertIn(("canceller", THING.method), ends(inner))
        self.assertEqual(self.flushWarnings(), [])

    def test_cooperator(self) -> None:
        """What its tasks iterate over."""
        cooperator = Cooperator(scheduler=lambda _: Clock().callLater(1, int))
        iterator = iter([1])
        task = cooperator.cooperate(iterator)

        self.assertEqual(ends(cooperator), [("task", iterator)])
        task.stop()

    def test_status(self) -> None:
        """A generator under ``inlineCallbacks`` is found from what it waits for."""
        waits: Deferred[Any] = Deferred()

        @inlineCallbacks
        def run(thing: Thing) -> Generator[Any, Any, None]:
            yield waits
            thing.method()

        done = run(THING)
        found, todo, seen = False, [waits], []
        while todo and not found:
            thing: Any = todo.pop()
            seen.append(thing)
            for _, each in ends(thing):
                found = found or each is THING
                new = not any(each is other for other in seen)
                if new and role_of(each) not in (Role.WALL, Role.VALUE):
                    todo.append(each)

        self.assertTrue(found)
        waits.callback(None)
        self.successResultOf(done)


class SuspendedTests(SynchronousTestCase):
    """Generators and coroutines."""

    def test_locals(self) -> None:
        """Local variables, variables of the outer function, what is awaited."""
        thing, closed = Thing(), Thing()

        def generator(argument: object) -> Any:
            later = Thing()
            yield
            del later
            yield closed, argument

        async def waits(inner: Any) -> None:
            await inner

        made = generator(thing)
        self.assertEqual(leads_to(made, thing), ["local"])
        next(made)
        locals_ = [each for name, each in ends(made) if type(each) is Thing]
        self.assertEqual(len(locals_), 2)
        made.close()

        deferred: Deferred[Any] = Deferred()
        coroutine = waits(deferred)
        outer = ensureDeferred(waits(coroutine))
        reached = [each for _, each in ends(coroutine)]
        reached += [end for each in reached for _, end in opened(each)]
        self.assertTrue(any(each is deferred for each in reached))
        deferred.callback(None)
        self.successResultOf(outer)

    def test_closure(self) -> None:
        """What it closes over can be reached, its module cannot."""
        closed = Thing()

        def generator() -> Any:
            yield closed

        made = generator()
        ends_ = [each for _, each in ends(made)]
        for _ in range(2):
            ends_ += [end for each in ends_ for _, end in opened(each)]

        self.assertTrue(any(each is closed for each in ends_))
        self.assertFalse(any(each is globals() for each in ends_))
        made.close()

    def test_not_kept(self) -> None:
        """A local variable that is replaced later dies, though it was looked at."""

        def generator() -> Any:
            def make(thing: Thing) -> Any:
                yield
                thing = Thing()
                yield thing

            thing = Thing()
            made = make(thing)
            next(made)
            return made, weakref.ref(thing)

        def coroutine() -> Any:
            async def make(thing: Thing) -> Any:
                await pause()
                thing = Thing()
                await pause()
                return thing

            thing = Thing()
            made = make(thing)
            made.send(None)
            return made, weakref.ref(thing)

        self.assertTrue(forgets(generator))
        self.assertTrue(forgets(coroutine))

    def test_no_frame(self) -> None:
        """No frame is made of what is suspended, where Python does without one."""

        def generator() -> Any:
            yield

        made = generator()
        next(made)
        before = sum(type(each) is types.FrameType for each in gc.get_objects())
        list(ends(made))
        after = sum(type(each) is types.FrameType for each in gc.get_objects())

        self.assertLessEqual(after, before)
        made.close()

    def test_not_run(self) -> None:
        """What is suspended stays where it is."""
        ran = []

        def generator() -> Any:
            ran.append(1)
            yield

        made = generator()
        ends(made)
        self.assertEqual(ran, [])
        next(made)
        ends(made)
        self.assertEqual(list(made), [])
        ends(made)
        self.assertEqual(ran, [1])


@types.coroutine
def pause() -> Any:
    """Let others go on."""
    yield


def opened(thing: object) -> list[tuple[str, Any]]:
    """The steps from *thing*, if it is what a search opens."""
    closed = (Role.WALL, Role.VALUE, Role.OWNER, Role.SCOPE, Role.DEFERRED)
    return [] if role_of(thing) in closed else ends(thing)


class ObjectTests(SynchronousTestCase):
    """Other objects."""

    def test_instance(self) -> None:
        """Its attributes."""
        thing = Thing()
        thing.chat = THING  # type: ignore[attr-defined]

        self.assertEqual(ends(thing), [(".chat", THING)])
        self.assertEqual(ends(types.SimpleNamespace(a=THING)), [(".a", THING)])
        self.assertEqual(list(edges_of(thing, Role.ENDPOINT)), ends(thing))

    def test_opaque(self) -> None:
        """What an object of a C module refers to."""
        caller = operator.methodcaller("ping", THING)
        todo = [caller, *(each for _, each in ends(caller))]

        self.assertTrue(any(leads_to(each, THING) for each in todo if opened(each)))
        self.assertEqual(ends(weakref.proxy(THING)), [])

    def test_task(self) -> None:
        """A task of asyncio leads to its coroutine, a future to who waits for it."""

        async def wait(future: Any) -> None:
            await future

        loop = asyncio.new_event_loop()
        self.addCleanup(loop.close)
        future = loop.create_future()
        task = loop.create_task(wait(future))
        loop.run_until_complete(asyncio.sleep(0))
        reached, todo = [], [future]
        while todo:
            reached.append(todo.pop())
            found = [each for _, each in opened(reached[-1])]
            todo += [e for e in found if not any(e is other for other in reached)]

        self.assertIs(role_of(task), Role.OPAQUE)
        self.assertTrue(leads_to(task, task.get_coro()))
        self.assertTrue(any(each is task for each in reached))
        future.set_result(None)
        loop.run_until_complete(task)

    def test_registered(self) -> None:
        """A class of the program may say itself what it leads to."""

        class Session:
            def __init__(self) -> None:
                self.everybody = [Thing()]

        self.addCleanup(edges._registered.pop, id(Session), None)
        session = Session()
        register_edges(Session, lambda _: [(".mine", THING)])

        self.assertEqual(ends(session), [(".mine", THING)])

    def test_globals(self) -> None:
        """Objects that the function names, but no definitions, values, or modules."""
        self.assertEqual(list(globals_of(names_globals)), [("global THING", THING)])

    def test_globals_of_program(self) -> None:
        """A namespace of a class of the program's is read as the dictionary it is."""
        namespace = armed(dict)({"THING": THING})
        function = types.FunctionType(names_globals.__code__, namespace)
        with watched() as ran:
            found = list(globals_of(function))

        self.assertEqual((found, ran), ([("global THING", THING)], []))

    def test_complete(self) -> None:
        """There is a rule for whatever a search opens or passes through."""
        closed = {Role.OWNER, Role.SCOPE, Role.WALL, Role.VALUE}

        self.assertEqual(set(Role) - closed, set(edges._RULES))
        self.assertLessEqual(TRANSPARENT, set(edges._RULES))

    def test_traps(self) -> None:
        """Nothing of the program is run on the way to an object, or from it."""
        thing = TRAP()
        object.__setattr__(thing, "inner", TRAP())
        deferred: Any = armed(Deferred)()
        looping = armed(LoopingCall, func=1)(thing)
        things = [
            *(thing, deferred, looping, types.MethodType(thing, thing)),
            *(functools.partial(thing, thing), {"a": thing}, [thing]),
            *(armed(Cooperator)(started=False), operator.methodcaller("a", thing)),
        ]
        with watched() as ran:
            counts = [len(ends(each)) for each in things]

        self.assertEqual(ran, [])
        self.assertGreater(min(counts[:1]), 0)
