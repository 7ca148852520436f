"""More ways to make timed calls, thought up after the rules of the search were fixed.

They say how well the rules do on what they were not made for. `Right` is what the
search says; where that is less than the truth, the pattern is in `MISSED` as well, with
the reason.
"""
# ruff: noqa: PLW0108 - the lambdas are what is looked at

from __future__ import annotations

import collections
import contextvars
import dataclasses
import functools
import weakref
from typing import TYPE_CHECKING, Any, NamedTuple

from twisted.application.internet import TimerService
from twisted.internet.defer import (
    Deferred,
    DeferredList,
    DeferredLock,
    DeferredQueue,
    ensureDeferred,
)
from twisted.internet.task import LoopingCall, deferLater

from heartbeat.graph.model import CallVerdict, Strength
from tests.graph.patterns import (
    DIRECT,
    KEYED,
    LATER,
    OWNED,
    Right,
    later,
    newest,
    nothing,
    pattern,
    ping,
    shared,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from tests.graph.crowd import Chat, Crowd
    from tests.graph.patterns import Pattern

__all__ = ["LATER_PATTERNS", "MISSED"]

LATER_PATTERNS: dict[str, tuple[Pattern, Right]] = {}
MISSED: dict[str, str] = {}
"""Patterns of which less is found than there is, and why."""

POSSIBLE = Right(Strength.POSSIBLE, CallVerdict.UNATTACHED, CallVerdict.MAYBE_STRAY)
GLOBAL = Right(Strength.GLOBAL, CallVerdict.UNATTACHED, CallVerdict.MAYBE_STRAY)


def entry(right: Right, missed: str = "") -> Callable[[Pattern], Pattern]:
    """Enter a function into the table, and why less is found, if that is so."""

    def enter(function: Pattern) -> Pattern:
        if missed:
            MISSED[getattr(function, "__name__", "")] = missed
        return pattern(right, LATER_PATTERNS)(function)

    return enter


# Functions and what is bound to them.


@entry(DIRECT)
def nested_closures(crowd: Crowd, chat: Chat) -> Any:
    """A function in the variable of a function in the variable of a function."""

    def outer() -> Any:
        def middle() -> Any:
            return lambda: chat.ping()

        return middle()

    return later(crowd, outer())


@entry(DIRECT)
def static_method(crowd: Crowd, chat: Chat) -> Any:
    """A static method, the protocol as its argument."""

    class Tools:
        @staticmethod
        def check(who: Chat) -> None:
            who.ping()

    return later(crowd, Tools.check, chat)


@entry(DIRECT)
def class_method(crowd: Crowd, chat: Chat) -> Any:
    """A class method, the protocol as its argument."""

    class Tools:
        @classmethod
        def check(cls, who: Chat) -> None:
            who.ping()

    return later(crowd, Tools.check, chat)


@entry(DIRECT)
def method_of_super(crowd: Crowd, chat: Chat) -> Any:
    """A method of a base class, through ``super``."""
    return later(crowd, super(type(chat), chat).connectionMade)


@entry(DIRECT)
def unbound_method(crowd: Crowd, chat: Chat) -> Any:
    """The function of a method, the protocol as its first argument."""
    return later(crowd, type(chat).ping, chat)


@entry(DIRECT)
def keyword_default(crowd: Crowd, chat: Chat) -> Any:
    """A default of a keyword-only argument."""

    def check(*, who: Any = chat) -> None:
        who.ping()

    return later(crowd, check)


@entry(DIRECT)
def partial_keyword(crowd: Crowd, chat: Chat) -> Any:
    """A partial with the protocol as a keyword."""
    return later(crowd, functools.partial(ping, chat=chat))


@entry(DIRECT)
def write_with_argument(crowd: Crowd, chat: Chat) -> Any:
    """``transport.write`` and what to write."""
    transport: Any = chat.transport
    return later(crowd, transport.write, b"PING")


@entry(DIRECT)
def call_later_later(crowd: Crowd, chat: Chat) -> Any:
    """A call that makes another call."""
    return later(crowd, crowd.reactor.callLater, 5, chat.ping)


@entry(DIRECT)
def in_another_context(crowd: Crowd, chat: Chat) -> Any:
    """A method, run in a copy of the context."""
    return later(crowd, contextvars.copy_context().run, chat.ping)


@entry(DIRECT)
def decorating_object(crowd: Crowd, chat: Chat) -> Any:
    """An object that stands for a method, and binds as one does."""

    class Logged:
        def __init__(self, function: Any) -> None:
            self.function = function

        def __get__(self, instance: Any, owner: Any = None) -> Any:
            return functools.partial(self, instance)

        def __call__(self, *args: Any) -> Any:
            return self.function(*args)

    return later(crowd, Logged(type(chat).ping).__get__(chat))


# Containers of the call's own.


@entry(OWNED)
def nested_tuples(crowd: Crowd, chat: Chat) -> Any:
    """A tuple in a tuple."""
    return later(crowd, ping, ((1, chat), 2))


@entry(OWNED)
def named_tuple(crowd: Crowd, chat: Chat) -> Any:
    """A named tuple."""

    class Job(NamedTuple):
        chat: Any
        name: str

    return later(crowd, ping, Job(chat, "x"))


@entry(OWNED)
def deque_of_work(crowd: Crowd, chat: Chat) -> Any:
    """A deque of methods."""
    return later(crowd, ping, collections.deque([chat.ping, chat.ping]))


@entry(OWNED)
def set_of_one(crowd: Crowd, chat: Chat) -> Any:
    """A set."""
    return later(crowd, ping, {chat})


@entry(OWNED)
def dictionary_by_protocol(crowd: Crowd, chat: Chat) -> Any:
    """A dictionary whose keys are protocols."""
    return later(crowd, ping, {chat: 3})


@entry(OWNED)
def dictionary_of_handlers(crowd: Crowd, chat: Chat) -> Any:
    """A dictionary of callbacks in a variable."""
    handlers: dict[str, Any] = {"ping": chat.ping, "failed": chat.failed}
    return later(crowd, lambda: [each() for each in handlers.values()])


@entry(shared(2))
def pair_of_sessions(crowd: Crowd, chat: Chat) -> Any:
    """A list with the sessions of two connections."""
    return later(crowd, ping, [chat.session, crowd.chats[0].session])


# Objects between.


@entry(OWNED)
def data_class(crowd: Crowd, chat: Chat) -> Any:
    """A method of a data class."""

    @dataclasses.dataclass(frozen=True)
    class Job:
        chat: Any

        def run(self) -> None:
            self.chat.ping()

    return later(crowd, Job(chat).run)


@entry(OWNED)
def proxy_object(crowd: Crowd, chat: Chat) -> Any:
    """An object that passes every attribute on."""

    class Proxy:
        def __init__(self, target: Any) -> None:
            self._target = target

        def __getattr__(self, name: str) -> Any:
            return getattr(self._target, name)

        def __call__(self) -> None:
            self._target.ping()

    return later(crowd, Proxy(chat))


@entry(OWNED)
def state_object(crowd: Crowd, chat: Any) -> Any:
    """A state that the protocol has, and that has the protocol."""

    class Waiting:
        def __init__(self, machine: Any) -> None:
            self.machine = machine

        def tick(self) -> None:
            self.machine.ping()

    chat.state = Waiting(chat)
    return later(crowd, chat.state.tick)


@entry(OWNED)
def producer_of_transport(crowd: Crowd, chat: Chat) -> Any:
    """A producer that has the transport as its consumer."""

    class Sender:
        def __init__(self, consumer: Any) -> None:
            self.consumer = consumer

        def resumeProducing(self) -> None:
            self.consumer.write(b"x")

    return later(crowd, Sender(chat.transport).resumeProducing)


@entry(OWNED)
def request_of_channel(crowd: Crowd, chat: Chat) -> Any:
    """A request that knows its channel and its site."""

    class Request:
        def __init__(self) -> None:
            self.site = crowd.factory
            self.channel = chat

        def finish(self) -> None:
            self.channel.ping()

    return later(crowd, Request().finish)


@entry(OWNED)
def argument_between(crowd: Crowd, chat: Chat) -> Any:
    """The function of a method, the session as its first argument."""
    return later(crowd, type(chat.session).ping, chat.session)


@entry(OWNED)
def watchdog_with_manager(crowd: Crowd, chat: Chat) -> Any:
    """An object that knows a session and the manager of all."""

    class Watchdog:
        def __init__(self) -> None:
            self.manager = crowd
            self.session = chat.session

        def bark(self) -> None:
            self.session.ping()

    return later(crowd, Watchdog().bark)


# Deferreds, generators, coroutines.


@entry(OWNED)
def chained_deferreds(crowd: Crowd, chat: Chat) -> Any:
    """A Deferred that waits for another one."""
    outer: Deferred[None] = Deferred()
    outer.addCallback(lambda _: deferLater(crowd.reactor, LATER))
    outer.addCallback(chat.ping).addErrback(lambda _: None)
    outer.callback(None)
    return newest(crowd)


@entry(OWNED)
def cancel_of_deferred(crowd: Crowd, chat: Chat) -> Any:
    """A Deferred is cancelled, and its canceller is the protocol's."""
    deferred: Deferred[None] = Deferred(chat.ping)
    return later(crowd, deferred.cancel)


@entry(OWNED)
def first_of_several(crowd: Crowd, chat: Chat) -> Any:
    """The first of several Deferreds to fire is what is waited for."""
    waits: list[Deferred[Any]] = [deferLater(crowd.reactor, LATER) for _ in range(2)]
    first = DeferredList(waits, fireOnOneCallback=True, consumeErrors=True)
    first.addCallback(chat.ping)
    return newest(crowd)


@entry(OWNED)
def derived_deferred(crowd: Crowd, chat: Chat) -> Any:
    """A class derived from ``Deferred``."""

    class Answer(Deferred[None]):
        pass

    answer = Answer()
    answer.addCallback(chat.ping)
    return later(crowd, answer.callback, None)


@entry(DIRECT)
def counted_looping_call(crowd: Crowd, chat: Chat) -> Any:
    """``LoopingCall.withCount`` of a method."""
    looping = LoopingCall.withCount(chat.ping)
    looping.clock = crowd.reactor
    looping.start(LATER, now=False)
    return newest(crowd)


@entry(DIRECT)
def timer_service(crowd: Crowd, chat: Chat) -> Any:
    """A ``TimerService`` that calls a method of the protocol."""
    service = TimerService(LATER, chat.ping)
    service.clock = crowd.reactor
    service.startService()
    return newest(crowd)


@entry(OWNED)
def next_of_generator(crowd: Crowd, chat: Chat) -> Any:
    """The next step of a generator."""

    def work() -> Iterator[None]:
        who = chat
        while True:
            yield who.ping()

    return later(crowd, work().__next__)


@entry(OWNED)
def step_of_map(crowd: Crowd, chat: Chat) -> Any:
    """The next step of an iterator of the interpreter's."""
    return later(crowd, next, map(chat.ping, [1, 2, 3]))


@entry(OWNED)
def async_iteration(crowd: Crowd, chat: Chat) -> Any:
    """A coroutine that iterates over an asynchronous generator."""

    async def beats() -> AsyncIterator[None]:
        while True:
            await deferLater(crowd.reactor, LATER)
            yield

    async def run(who: Chat) -> None:
        async for _ in beats():
            who.ping()

    ensureDeferred(run(chat)).addErrback(lambda _: None)
    return newest(crowd)


@entry(OWNED)
def under_a_lock(crowd: Crowd, chat: Chat) -> Any:
    """Work under a ``DeferredLock``, which nobody else waits for."""
    lock = DeferredLock()
    work: Any = lock.run(deferLater, crowd.reactor, LATER, chat.ping)
    work.addErrback(lambda _: None)
    return newest(crowd)


@entry(POSSIBLE, "what waits in a queue is in a list of the queue, a registry of one")
def put_into_queue(crowd: Crowd, chat: Chat) -> Any:
    """An object is put into a ``DeferredQueue`` that the protocol waits for."""
    queue: DeferredQueue[int] = DeferredQueue()
    queue.get().addCallback(chat.ping)
    return later(crowd, queue.put, 3)


@entry(POSSIBLE, "listeners are in a dictionary of the emitter, a registry of one")
def event_emitter(crowd: Crowd, chat: Chat) -> Any:
    """An object with listeners, of which the protocol is the only one."""

    class Emitter:
        def __init__(self) -> None:
            self.listeners = {"beat": [chat.ping]}

        def emit(self) -> None:
            """Tell them."""

    return later(crowd, Emitter().emit)


# Registries and keys.


@entry(KEYED)
def key_of_bytes(crowd: Crowd, chat: Chat) -> Any:
    """A registry by bytes."""
    known = {each.key.encode(): each for each in crowd.chats}
    name = chat.key.encode()
    return later(crowd, lambda: known[name].ping())


@entry(KEYED)
def key_of_number(crowd: Crowd, chat: Chat) -> Any:
    """A registry by number, the number as an argument."""
    known = dict(enumerate(crowd.chats, 100))

    def check(number: int) -> None:
        known[number].ping()

    return later(crowd, check, 100 + crowd.chats.index(chat))


@entry(KEYED)
def key_of_tuple(crowd: Crowd, chat: Chat) -> Any:
    """A registry by host and port."""
    known = {("127.0.0.1", each.key): each.session for each in crowd.chats}
    peer = ("127.0.0.1", chat.key)
    return later(crowd, lambda: known[peer].ping())


@entry(KEYED)
def two_registries(crowd: Crowd, chat: Chat) -> Any:
    """A registry of registries, and both keys."""
    rooms = {"lobby": {each.key: each for each in crowd.chats}, "attic": {}}

    def check(room: str, name: str) -> None:
        rooms[room][name].ping()

    return later(crowd, check, "lobby", chat.key)


@entry(KEYED)
def registry_of_object_and_key(crowd: Crowd, chat: Chat) -> Any:
    """A method of the object that has the registry, the key as an argument."""

    class Rooms:
        def __init__(self) -> None:
            self.sessions = dict(crowd.factory.sessions)

        def ping(self, name: str) -> None:
            self.sessions[name].ping()

    return later(crowd, Rooms().ping, chat.key)


@entry(shared(60), "the key is an attribute of an object, not the call's own")
def key_in_object(crowd: Crowd, chat: Chat) -> Any:
    """An object that has a registry of all, and the key of one."""

    class Job:
        def __init__(self) -> None:
            self.sessions = dict(crowd.factory.sessions)
            self.key = chat.key

        def run(self) -> None:
            self.sessions[self.key].ping()

    return later(crowd, Job().run)


@entry(nothing(CallVerdict.FACTORY), "a search does not go through a factory")
def factory_and_key(crowd: Crowd, chat: Chat) -> Any:
    """A method of the factory, and the key of one."""

    def check(name: str, factory: Any = crowd.factory) -> None:
        factory.sessions[name].ping()

    return later(crowd, check, chat.key)


@entry(nothing(CallVerdict.UNATTACHED), "weak registries are not looked into")
def weak_registry_and_key(crowd: Crowd, chat: Chat) -> Any:
    """A ``WeakValueDictionary`` of all, and the key of one."""
    known = weakref.WeakValueDictionary({each.key: each for each in crowd.chats})
    name = chat.key
    return later(crowd, lambda: known[name].ping())


@entry(nothing(CallVerdict.UNATTACHED), "what a proxy stands for cannot be seen")
def weak_proxy(crowd: Crowd, chat: Chat) -> Any:
    """A ``weakref.proxy`` in a variable."""
    who = weakref.proxy(chat)
    return later(crowd, lambda: who.ping())


# Globals.

CLIENT: Any = None


def ping_client() -> None:
    """Pings the one there is."""
    CLIENT.ping()


class Current:
    """Knows the one there is."""

    chat: Any = None


def ping_current() -> None:
    """Pings the one that a class knows."""
    Current.chat.ping()


@entry(GLOBAL)
def global_protocol(crowd: Crowd, chat: Chat) -> Any:
    """A function of a module that has the one connection as a global."""
    globals()["CLIENT"] = chat
    return later(crowd, ping_client)


@entry(nothing(CallVerdict.UNATTACHED), "classes are not looked into")
def class_attribute(crowd: Crowd, chat: Chat) -> Any:
    """A function that finds the connection in an attribute of a class."""
    Current.chat = chat
    return later(crowd, ping_current)


# What touches nobody.


@entry(nothing(CallVerdict.FACTORY))
def partial_of_factory(crowd: Crowd, chat: Chat) -> Any:
    """A partial of a method of the factory."""
    return later(crowd, functools.partial(crowd.factory.ping_all))


@entry(nothing(CallVerdict.UNATTACHED))
def stop_reactor(crowd: Crowd, chat: Chat) -> Any:
    """The end of the program."""
    return later(crowd, crowd.reactor.stop)


@entry(nothing(CallVerdict.UNATTACHED))
def statistics(crowd: Crowd, chat: Chat) -> Any:
    """An object that counts."""

    class Statistics:
        def __init__(self) -> None:
            self.counts = {each.key: 1 for each in crowd.chats}
            self.names = [each.key for each in crowd.chats]

        def write(self) -> None:
            """Into a file."""

    return later(crowd, Statistics().write)


@entry(nothing(CallVerdict.UNATTACHED))
def waiting_for_nobody(crowd: Crowd, chat: Chat) -> Any:
    """A Deferred without anybody who waits for it."""
    deferLater(crowd.reactor, LATER).addErrback(lambda _: None)
    return newest(crowd)


@entry(shared(60))
def sweep_of_all(crowd: Crowd, chat: Chat) -> Any:
    """A function that has the list of all connections."""
    everybody = crowd.chats
    return later(crowd, lambda: [each.ping() for each in everybody])
