"""What an object is to a search: an end, an owner, a wall, or a way on.

A search goes from a timed call through what it refers to. By its type alone, an object

- ends it: a protocol, a transport or a port, and what stands for one (`Role.ENDPOINT`);
- says who the call belongs to, without being a way to connections, for it is a way to
  all of them: factories, services, pools (`Role.OWNER`);
- leads everywhere or nowhere, and is not looked into: modules, classes, the reactor,
  loggers, locks, exceptions (`Role.WALL`);
- is a plain value (`Role.VALUE`);
- or leads on, in a way of its own kind, which is what `heartbeat.graph.search.edges` knows.

Source:
    The rules R1, R4 and R5 were found by experiment: without them, five of six strong
    links between 47 kinds of timers and 60 connections of one factory were false.
"""

from __future__ import annotations

import asyncio
import collections
import contextvars
import enum
import functools
import io
import logging
import socket
import threading
import types
import weakref
from typing import TYPE_CHECKING, Any

from twisted.application.service import IService
from twisted.internet.base import BaseConnector, DelayedCall, ReactorBase
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IListeningPort,
    IProcessProtocol,
    IProcessTransport,
    IProtocol,
    IProtocolFactory,
    IReactorCore,
    IReactorTime,
    IResolver,
    IResolverSimple,
    ITransport,
)
from twisted.internet.protocol import AbstractDatagramProtocol, BaseProtocol, Factory
from twisted.internet.task import Clock, Cooperator, LoopingCall
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool
from zope.interface.interface import InterfaceClass

from heartbeat.calls import ScopedCall
from heartbeat.graph import static
from heartbeat.graph.endpoints import layers
from heartbeat.late import LateTransport
from heartbeat.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Container

__all__ = ["Role", "owner_of", "register_owner", "role_of"]


class Role(enum.Enum):
    """What objects of a type are to a search."""

    ENDPOINT = "endpoint"
    OWNER = "owner"
    SCOPE = "scope"
    WALL = "wall"
    VALUE = "value"
    # What leads on.
    METHOD = "method"
    FUNCTION = "function"
    BUILTIN = "builtin"
    PARTIAL = "partial"
    CELL = "cell"
    WEAK = "weak reference"
    MAPPING = "mapping"
    MEMBERS = "list, tuple, set or deque"
    CALL = "timed call"
    SCOPED_CALL = "call of a scope"
    LOOPING_CALL = "looping call"
    DEFERRED = "deferred"
    SUSPENDED = "generator or coroutine"
    STATUS = "what links a coroutine to the Deferred that waits for it"
    COOPERATOR = "cooperator"
    INSTANCE = "instance of a class"
    OPAQUE = "object without attributes"

    __hash__ = object.__hash__


_EXACT_TYPES: dict[type, Role] = {
    **dict.fromkeys(
        (
            *(int, float, complex, bool, str, bytes, bytearray, range, slice),
            *(type(None), type(NotImplemented), type(...), types.CodeType),
        ),
        Role.VALUE,
    ),
    **dict.fromkeys(
        (
            *(types.ModuleType, types.TracebackType, types.MappingProxyType),
            *(contextvars.Context, contextvars.ContextVar, contextvars.Token),
            *(weakref.WeakKeyDictionary, weakref.WeakValueDictionary, weakref.WeakSet),
            *(type(threading.Lock()), type(threading.RLock()), threading.local),
            *(Logger, Failure, types.FrameType, property, staticmethod, classmethod),
        ),
        Role.WALL,
    ),
    types.MethodType: Role.METHOD,
    types.FunctionType: Role.FUNCTION,
    types.BuiltinFunctionType: Role.BUILTIN,
    types.MethodWrapperType: Role.BUILTIN,
    types.CellType: Role.CELL,
    types.GeneratorType: Role.SUSPENDED,
    types.CoroutineType: Role.SUSPENDED,
    types.AsyncGeneratorType: Role.SUSPENDED,
    DelayedCall: Role.CALL,
}
_EXACT = {id(cls): role for cls, role in _EXACT_TYPES.items()}

_WALLS = (
    *(type, InterfaceClass, ReactorBase, Clock, asyncio.AbstractEventLoop),
    *(BaseException, threading.Thread, socket.socket, io.IOBase),
    *(logging.Logger, logging.Handler, types.ModuleType),
)

_BASES: list[tuple[tuple[type, ...], Role]] = [
    ((BaseProtocol, AbstractDatagramProtocol, BaseConnector), Role.ENDPOINT),
    ((LateTransport,), Role.ENDPOINT),
    ((Scope,), Role.SCOPE),
    (_WALLS, Role.WALL),
    ((Factory, ThreadPool), Role.OWNER),
    ((ScopedCall,), Role.SCOPED_CALL),
    ((DelayedCall,), Role.CALL),
    ((LoopingCall,), Role.LOOPING_CALL),
    ((Deferred,), Role.DEFERRED),
    ((Cooperator,), Role.COOPERATOR),
    ((functools.partial,), Role.PARTIAL),
    ((weakref.ref,), Role.WEAK),
    ((dict,), Role.MAPPING),
    ((list, tuple, set, frozenset, collections.deque), Role.MEMBERS),
    ((int, float, complex, str, bytes, bytearray, enum.Enum), Role.VALUE),
]
"""Roles of classes and of what is derived from them; the first that fits counts."""

_INTERFACES: tuple[tuple[tuple[Any, ...], Role], ...] = (
    ((IProtocol, ITransport, IListeningPort), Role.ENDPOINT),
    ((IProcessProtocol, IProcessTransport), Role.ENDPOINT),
    ((IProtocolFactory, IService, IResolver, IResolverSimple), Role.OWNER),
    ((IReactorTime, IReactorCore), Role.WALL),
)

_MODULES = {
    "twisted.application._client_service": Role.OWNER,
    "OpenSSL.SSL": Role.WALL,
    "_ssl": Role.WALL,
    "structlog": Role.WALL,
    "twisted.logger": Role.WALL,
    "zope.interface": Role.WALL,
}
"""Modules, and packages with all that is in them, whose classes have one role."""

_CLIENT_SERVICE = "twisted.application._client_service."
_MACHINES = (
    "automat._typed.Typed<_Client>",
    "twisted.application.internet._ClientMachine",
)
"""What runs a ``ClientService``: since Twisted 24.7, and before."""

_NAMED = {
    "twisted.web.client.HTTPConnectionPool": "HTTP connection pool",
    "twisted.web.server.Session": "session",
    "twisted.internet.base.ThreadedResolver": "resolver",
    **dict.fromkeys(_MACHINES, "service"),
    "twisted.internet.posixbase._ContinuousPolling": "reactor",
    "twisted.internet.epollreactor._ContinuousPolling": "reactor",
}
"""Classes of Twisted that own calls, and what they are; importing all would be dear."""

_FAKES = {
    "twisted.internet.testing._FakeConnector",
    "twisted.internet.testing._FakePort",
}
"""What a ``MemoryReactor`` has for connectors and ports."""

_STATUSES = {"twisted.internet.defer._CancellationStatus"}
"""What ``inlineCallbacks`` keeps of a generator that waits; Twisted 22.10 to 26.10."""

_NAMES: tuple[tuple[Container[str], Role], ...] = (
    (_NAMED, Role.OWNER),
    (_FAKES, Role.ENDPOINT),
    (_STATUSES, Role.STATUS),
)

_OWNERS: dict[int, tuple[type, str]] = {
    id(cls): (cls, name)
    for cls, name in ((ThreadPool, "thread pool"), (Factory, "factory"))
}
"""Classes, with those derived from them, that own calls, and what they are."""

_roles = static.Memory()


def role_of(thing: object) -> Role:
    """What *thing* is to a search."""
    cls = type(thing)
    known = _roles.get(id(cls))
    role: Role = known[1] if known else _roles.note(id(cls), cls, _role_of_class(cls))
    return role


def register_owner(cls: type, description: str) -> None:
    """Let instances of *cls* own the calls that lead to them.

    For what knows many connections, and is responsible for its calls itself: a manager,
    a hub, a pool. A search does not go through it.

    Args:
        cls: The class; those derived from it count as well.
        description: What it is: ``"session manager"``.
    """
    _OWNERS[id(cls)] = cls, description
    _BASES.insert(0, ((cls,), Role.OWNER))
    _roles.clear()


def owner_of(thing: object) -> str:
    """What owns a call that leads to *thing*, for people: ``factory chat.Chats``."""
    cls = type(thing)
    name = static.class_name(cls)
    for base in static.mro_of(cls):
        if id(base) in _OWNERS:
            return f"{_OWNERS[id(base)][1]} {name}"
    if name in _MACHINES or name.startswith(_CLIENT_SERVICE):
        return "service twisted.application.internet.ClientService"
    if name in _NAMED:
        return f"{_NAMED[name]} {name}"
    if static.implements(cls, IProtocolFactory):
        return f"factory {name}"
    return f"service {name}"


def _role_of_class(cls: type) -> Role:
    exact = _EXACT.get(id(cls))
    return _role_of_bases(cls) if exact is None else exact


def _role_of_bases(cls: type) -> Role:
    # By id, for "in" would ask a metaclass for its opinion.
    mro = set(map(id, static.mro_of(cls)))
    for bases, role in _BASES:
        if any(id(base) in mro for base in bases):
            return role
    for interfaces, role in _INTERFACES:
        if static.implements(cls, *interfaces):
            return role
    if layers.is_layer(cls):
        return Role.ENDPOINT
    return _role_by_name(static.class_name(cls)) or (
        Role.INSTANCE if static.has_attributes(cls) else Role.OPAQUE
    )


def _role_by_name(name: str) -> Role | None:
    for names, role in _NAMES:
        if name in names:
            return role
    for module, role in _MODULES.items():
        if name.startswith(f"{module}."):
            return role
    return None
