"""The ways in which programs make timed calls, and what is right to say of each.

Each is a function that makes calls for ``crowd.one``, among sixty live connections of
one factory, and returns the one that is asked about. `Right` says what is to be found.
"""
# ruff: noqa: PLW0108 - the lambdas are what is looked at

from __future__ import annotations

import functools
import gc
import operator
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs
from twisted.application.service import Service
from twisted.internet.defer import (
    Deferred,
    DeferredList,
    ensureDeferred,
    gatherResults,
    inlineCallbacks,
)
from twisted.internet.task import Cooperator, LoopingCall, deferLater
from twisted.logger import Logger

from heartbeat.clock import ScopedClock
from heartbeat.graph.model import CallVerdict, Strength
from tests.graph.crowd import SIZE

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from tests.graph.crowd import Chat, Crowd

__all__ = ["PATTERNS", "Right", "pattern"]

LATER = 30.0


@attrs.frozen
class Right:
    """What is to be found.

    Attributes:
        strength: Of the link to ``crowd.one``; None if there must be none.
        verdict: While it is connected.
        stray: The verdict once it is not.
        others: How many other connections are linked, by links that decide nothing.
        beside: How many other connections it truly touches as well.
    """

    strength: Strength | None = None
    verdict: CallVerdict = CallVerdict.OK
    stray: CallVerdict = CallVerdict.STRAY
    others: int = 0
    beside: int = 0


Pattern = Callable[["Crowd", "Chat"], Any]
PATTERNS: dict[str, tuple[Pattern, Right]] = {}

DIRECT = Right(Strength.DIRECT)
OWNED = Right(Strength.OWNED)
# Once it is lost, only a search of the whole heap finds who keeps the call.
HELD = Right(Strength.HELD, stray=CallVerdict.UNATTACHED)
WEAK = Right(Strength.WEAK)
KEYED = Right(Strength.KEYED)


def nothing(verdict: CallVerdict) -> Right:
    """No connection is linked, and that is all to be said."""
    return Right(None, verdict, verdict)


def shared(by: int) -> Right:
    """So many connections are linked, and none of them more than the others."""
    verdict = CallVerdict.SHARED
    return Right(Strength.SHARED, verdict, verdict, others=by - 1)


def pattern(
    right: Right, table: dict[str, tuple[Pattern, Right]] = PATTERNS
) -> Callable[[Pattern], Pattern]:
    """Enter a function into the table."""

    def enter(function: Pattern) -> Pattern:
        name = getattr(function, "__name__", "")
        table[name] = function, right
        return function

    return enter


# What calls are made of.


def ping(chat: object = None, *args: object) -> None:
    """A function of a module."""


def later(crowd: Crowd, function: Any, *args: object, **kwargs: object) -> Any:
    """A timed call on the reactor."""
    return crowd.reactor.callLater(LATER, function, *args, **kwargs)


def newest(crowd: Crowd) -> Any:
    """The call that was made last."""
    return crowd.reactor.getDelayedCalls()[-1]


@pattern(DIRECT)
def bound_method(crowd: Crowd, chat: Chat) -> Any:
    """A method of the protocol: the seed of the story."""
    return later(crowd, chat.ping)


@pattern(DIRECT)
def bound_method_with_arguments(crowd: Crowd, chat: Chat) -> Any:
    """The same, with arguments that lead nowhere."""
    return later(crowd, chat.ping, b"payload", 3, name="x")


@pattern(DIRECT)
def function_with_argument(crowd: Crowd, chat: Chat) -> Any:
    """A function, the protocol in its arguments."""
    return later(crowd, ping, chat)


@pattern(DIRECT)
def function_with_keyword(crowd: Crowd, chat: Chat) -> Any:
    """A function, the protocol in its keywords."""
    return later(crowd, ping, chat=chat)


@pattern(DIRECT)
def lambda_closure(crowd: Crowd, chat: Chat) -> Any:
    """A lambda that has the protocol in a variable."""
    return later(crowd, lambda: chat.ping())


@pattern(DIRECT)
def default_argument(crowd: Crowd, chat: Chat) -> Any:
    """A function that has the protocol as a default."""

    def check(who: Any = chat) -> None:
        who.ping()

    return later(crowd, check)


@pattern(DIRECT)
def transport_method(crowd: Crowd, chat: Chat) -> Any:
    """A method of the transport."""
    transport: Any = chat.transport
    return later(crowd, transport.loseConnection)


@pattern(DIRECT)
def closure_over_write(crowd: Crowd, chat: Chat) -> Any:
    """A function that has the transport's method in a variable."""
    transport: Any = chat.transport
    write = transport.write
    return later(crowd, lambda: write(b"x"))


@pattern(DIRECT)
def partial(crowd: Crowd, chat: Chat) -> Any:
    """A partial of a function."""
    return later(crowd, functools.partial(ping, chat))


@pattern(DIRECT)
def partial_of_partial(crowd: Crowd, chat: Chat) -> Any:
    """A partial of a partial of a method."""
    return later(crowd, functools.partial(functools.partial(chat.ping, 1), 2))


@pattern(DIRECT)
def method_caller(crowd: Crowd, chat: Chat) -> Any:
    """A method by its name, the protocol in the arguments."""
    return later(crowd, operator.methodcaller("ping"), chat)


@pattern(DIRECT)
def decorated(crowd: Crowd, chat: Chat) -> Any:
    """A method behind a decorator."""

    @functools.wraps(chat.ping)
    def wrapper() -> None:
        chat.ping()

    return later(crowd, wrapper)


@pattern(OWNED)
def callable_instance(crowd: Crowd, chat: Chat) -> Any:
    """An object that can be called and has the protocol."""

    class Pinger:
        def __init__(self, target: Chat) -> None:
            self.target = target

        def __call__(self) -> None:
            self.target.ping()

    return later(crowd, Pinger(chat))


@pattern(OWNED)
def session_method(crowd: Crowd, chat: Chat) -> Any:
    """A method of an object between."""
    return later(crowd, chat.session.ping)


@pattern(OWNED)
def session_with_slots(crowd: Crowd, chat: Chat) -> Any:
    """The same, and the object has slots."""

    @attrs.define
    class Slotted:
        chat: Any

        def ping(self) -> None:
            self.chat.ping()

    return later(crowd, Slotted(chat).ping)


@pattern(OWNED)
def three_objects_away(crowd: Crowd, chat: Chat) -> Any:
    """Three objects between, and beside the last a manager of all."""

    class Node:
        def __init__(self, inner: Any) -> None:
            self.inner = inner

        def ping(self) -> None:
            self.inner.ping()

    return later(crowd, Node(Node(chat.session)).ping)


@pattern(DIRECT)
def looping_call_of_method(crowd: Crowd, chat: Chat) -> Any:
    """A ``LoopingCall`` of a method."""
    looping = LoopingCall(chat.ping)
    looping.clock = crowd.reactor
    looping.start(LATER, now=False)
    return newest(crowd)


@pattern(DIRECT)
def looping_call_of_lambda(crowd: Crowd, chat: Chat) -> Any:
    """A ``LoopingCall`` of a lambda."""
    looping = LoopingCall(lambda: chat.ping())
    looping.clock = crowd.reactor
    looping.start(LATER, now=False)
    return newest(crowd)


@pattern(OWNED)
def looping_call_with_errback(crowd: Crowd, chat: Chat) -> Any:
    """A ``LoopingCall`` of a function, whose failure the protocol handles."""
    looping = LoopingCall(ping)
    looping.clock = crowd.reactor
    looping.start(LATER, now=False).addErrback(chat.failed)
    return newest(crowd)


@pattern(OWNED)
def defer_later(crowd: Crowd, chat: Chat) -> Any:
    """``deferLater`` of a method."""
    deferLater(crowd.reactor, LATER, chat.ping).addErrback(lambda _: None)
    return newest(crowd)


@pattern(OWNED)
def defer_later_callback(crowd: Crowd, chat: Chat) -> Any:
    """``deferLater`` alone, and the method as a callback."""
    deferred: Deferred[Any] = deferLater(crowd.reactor, LATER)
    deferred.addCallback(chat.ping).addErrback(lambda _: None)
    return newest(crowd)


@pattern(OWNED)
def timeout_of_deferred(crowd: Crowd, chat: Chat) -> Any:
    """``addTimeout`` of a Deferred whose callbacks are the protocol's."""
    deferred: Deferred[Any] = Deferred()
    deferred.addTimeout(LATER, crowd.reactor)
    deferred.addCallbacks(chat.ping, chat.failed)
    return newest(crowd)


@pattern(HELD)
def timeout_of_kept_deferred(crowd: Crowd, chat: Any) -> Any:
    """``addTimeout`` of a Deferred that the protocol keeps, and nothing else."""
    chat.pending = Deferred()
    chat.pending.addTimeout(LATER, crowd.reactor)
    chat.pending.addErrback(lambda _: None)
    return newest(crowd)


@pattern(HELD)
def kept_call(crowd: Crowd, chat: Any) -> Any:
    """A function of the module; the protocol keeps the call."""
    chat.timer = later(crowd, ping)
    return chat.timer


@pattern(HELD)
def kept_looping_call(crowd: Crowd, chat: Any) -> Any:
    """A function of the module; the protocol keeps the ``LoopingCall``."""
    chat.loop = LoopingCall(ping)
    chat.loop.clock = crowd.reactor
    chat.loop.start(LATER, now=False)
    return newest(crowd)


@pattern(HELD)
def kept_list_of_calls(crowd: Crowd, chat: Any) -> Any:
    """Functions of the module; the protocol keeps the calls in a list."""
    chat.timers = [later(crowd, ping), later(crowd, ping)]
    return chat.timers[1]


@pattern(DIRECT)
def timeout_mixin(crowd: Crowd, chat: Chat) -> Any:
    """Twisted's ``TimeoutMixin``."""
    vars(chat)["callLater"] = crowd.reactor.callLater
    chat.setTimeout(LATER)
    return newest(crowd)


async def _wait(crowd: Crowd) -> None:
    await deferLater(crowd.reactor, LATER)


@pattern(OWNED)
def coroutine_of_protocol(crowd: Crowd, chat: Chat) -> Any:
    """A coroutine that has the protocol in a variable."""

    async def run(who: Chat) -> None:
        await deferLater(crowd.reactor, LATER)
        who.ping()

    ensureDeferred(run(chat)).addErrback(lambda _: None)
    return newest(crowd)


@pattern(OWNED)
def nested_coroutines(crowd: Crowd, chat: Chat) -> Any:
    """A coroutine that waits for another, and only the outer has the protocol."""

    async def run(who: Chat) -> None:
        await _wait(crowd)
        who.ping()

    ensureDeferred(run(chat)).addErrback(lambda _: None)
    return newest(crowd)


@pattern(OWNED)
def inline_callbacks(crowd: Crowd, chat: Chat) -> Any:
    """A generator under ``inlineCallbacks``."""

    @inlineCallbacks
    def run(who: Chat) -> Generator[Any, Any, None]:
        yield deferLater(crowd.reactor, LATER)
        who.ping()

    run(chat).addErrback(lambda _: None)
    return newest(crowd)


@pattern(OWNED)
def generator_waits_for_coroutine(crowd: Crowd, chat: Chat) -> Any:
    """A generator that waits for a coroutine."""

    @inlineCallbacks
    def run(who: Chat) -> Generator[Any, Any, None]:
        yield ensureDeferred(_wait(crowd))
        who.ping()

    run(chat).addErrback(lambda _: None)
    return newest(crowd)


@pattern(OWNED)
def coroutine_and_callback(crowd: Crowd, chat: Chat) -> Any:
    """A coroutine without the protocol, whose Deferred has its method."""
    deferred = ensureDeferred(_wait(crowd))
    deferred.addCallback(chat.ping).addErrback(lambda _: None)
    return newest(crowd)


@pattern(OWNED)
def gathered(crowd: Crowd, chat: Chat) -> Any:
    """One of several Deferreds that the protocol waits for."""
    waits: list[Deferred[Any]] = [deferLater(crowd.reactor, LATER) for _ in range(3)]
    gathered = gatherResults(waits, consumeErrors=True)
    gathered.addCallback(chat.ping).addErrback(lambda _: None)
    return newest(crowd)


@pattern(OWNED)
def deferred_list(crowd: Crowd, chat: Chat) -> Any:
    """The same, with a ``DeferredList``."""
    waits: list[Deferred[Any]] = [deferLater(crowd.reactor, LATER) for _ in range(3)]
    waiting = DeferredList(waits, consumeErrors=True)
    waiting.addCallback(chat.ping)
    return newest(crowd)


@pattern(WEAK)
def weak_method(crowd: Crowd, chat: Chat) -> Any:
    """A weak method in a variable."""
    method = weakref.WeakMethod(chat.ping)
    return later(crowd, lambda: method())


@pattern(WEAK)
def weak_reference(crowd: Crowd, chat: Chat) -> Any:
    """A weak reference in a variable."""
    who = weakref.ref(chat)
    return later(crowd, lambda: who())


@pattern(OWNED)
def list_in_closure(crowd: Crowd, chat: Chat) -> Any:
    """A list of the call's own with the protocol in it."""
    targets = [chat]
    return later(crowd, lambda: [each.ping() for each in targets])


@pattern(DIRECT)
def delayed_cancel(crowd: Crowd, chat: Chat) -> Any:
    """A call that cancels another call, which is one of a method."""
    other = later(crowd, chat.ping)
    return later(crowd, other.cancel)


@pattern(OWNED)
def own_cooperator(crowd: Crowd, chat: Chat) -> Any:
    """A cooperator with one task, which has the protocol."""

    def work(who: Chat) -> Iterator[None]:
        while True:
            yield who.ping()

    cooperator = Cooperator(
        scheduler=lambda step: crowd.reactor.callLater(LATER, step),
        terminationPredicateFactory=lambda: lambda: True,
    )
    cooperator.cooperate(work(chat)).whenDone().addErrback(lambda _: None)
    return newest(crowd)


@pattern(KEYED)
def registry_and_key(crowd: Crowd, chat: Chat) -> Any:
    """A registry of all in a variable, and the key of one."""
    sessions, peer = crowd.factory.sessions, chat.key
    return later(crowd, lambda: sessions[peer].ping())


GLOBAL_SESSIONS: dict[str, Any] = {}


def ping_by_name(name: str) -> None:
    """Finds its target in a global registry."""
    GLOBAL_SESSIONS[name].ping()


@pattern(KEYED)
def global_registry_and_key(crowd: Crowd, chat: Chat) -> Any:
    """A function that has a key, and finds the rest in a global registry."""
    GLOBAL_SESSIONS.clear()
    GLOBAL_SESSIONS.update(crowd.factory.sessions)
    return later(crowd, ping_by_name, chat.key)


@pattern(shared(SIZE))
def session_that_was_cleared(crowd: Crowd, chat: Chat) -> Any:
    """A session that has let go of its connection: only the manager is left."""
    session = chat.session
    session.chat = None
    return later(crowd, session.ping)


@pattern(nothing(CallVerdict.FACTORY))
def factory_method(crowd: Crowd, chat: Chat) -> Any:
    """A method of the factory."""
    return later(crowd, crowd.factory.ping_all)


@pattern(nothing(CallVerdict.FACTORY))
def looping_call_of_factory(crowd: Crowd, chat: Chat) -> Any:
    """A ``LoopingCall`` of a method of the factory."""
    looping = LoopingCall(crowd.factory.ping_all)
    looping.clock = crowd.reactor
    looping.start(LATER, now=False)
    return newest(crowd)


@pattern(nothing(CallVerdict.SERVICE))
def service_method(crowd: Crowd, chat: Chat) -> Any:
    """A method of a service that knows the factory."""

    class Chatting(Service):
        def __init__(self) -> None:
            self.factory = crowd.factory
            self.chats = crowd.chats

        def sweep(self) -> None:
            """Look at all."""

    return later(crowd, Chatting().sweep)


@pattern(shared(SIZE))
def scheduler_of_all(crowd: Crowd, chat: Chat) -> Any:
    """An object that has everybody's callbacks."""

    class Scheduler:
        def __init__(self) -> None:
            self.callbacks = [each.ping for each in crowd.chats]

        def run(self) -> None:
            """Call the next one."""

    return later(crowd, Scheduler().run)


@pattern(shared(5))
def cooperator_of_five(crowd: Crowd, chat: Chat) -> Any:
    """A cooperator with the tasks of five connections."""

    def work(who: Chat) -> Iterator[None]:
        while True:
            yield who.ping()

    cooperator = Cooperator(
        scheduler=lambda step: crowd.reactor.callLater(LATER, step),
        terminationPredicateFactory=lambda: lambda: True,
    )
    for each in [chat, *crowd.chats[:4]]:
        cooperator.cooperate(work(each)).whenDone().addErrback(lambda _: None)
    return newest(crowd)


@pattern(Right(Strength.OWNED, CallVerdict.OK, CallVerdict.MIXED, beside=1))
def bridge_of_two(crowd: Crowd, chat: Chat) -> Any:
    """An object between exactly two connections: it touches both."""

    class Bridge:
        def __init__(self) -> None:
            self.left = chat
            self.right = crowd.chats[0]

        def ping(self) -> None:
            """Both."""

    return later(crowd, Bridge().ping)


@pattern(nothing(CallVerdict.UNATTACHED))
def collector(crowd: Crowd, chat: Chat) -> Any:
    """A function of the interpreter."""
    return later(crowd, gc.collect)


@pattern(nothing(CallVerdict.UNATTACHED))
def surroundings(crowd: Crowd, chat: Chat) -> Any:
    """A function that knows a logger, the reactor and some settings."""
    log, reactor, settings = Logger(), crowd.reactor, {"verbose": True}
    return later(crowd, lambda: (log, reactor, settings))


@pattern(Right(Strength.POSSIBLE, CallVerdict.UNATTACHED, CallVerdict.MAYBE_STRAY))
def registry_of_one(crowd: Crowd, chat: Chat) -> Any:
    """An object for the whole program, in whose registry there is one connection."""

    class Application:
        def __init__(self) -> None:
            self.connections = {chat.key: chat}

        def sweep(self) -> None:
            """Look at all."""

    return later(crowd, Application().sweep)


@pattern(nothing(CallVerdict.SCOPE))
def scope_of_nobody(crowd: Crowd, chat: Chat) -> Any:
    """A call of a scope that belongs to no connection."""
    return ScopedClock(crowd.reactor, name="nightly").callLater(LATER, ping)
