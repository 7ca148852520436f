"""What objects are to a search, by their real type alone."""

from __future__ import annotations

import asyncio
import collections
import contextvars
import enum
import functools
import logging
import socket
import threading
import types
import weakref
from typing import Any, cast

from twisted.application.internet import ClientService
from twisted.application.service import Service
from twisted.internet.base import ThreadedResolver
from twisted.internet.defer import Deferred, _CancellationStatus
from twisted.internet.endpoints import TCP4ClientEndpoint
from twisted.internet.interfaces import (
    IListeningPort,
    IProtocolFactory,
    IReactorTime,
)
from twisted.internet.protocol import (
    ClientFactory,
    DatagramProtocol,
    Factory,
    ProcessProtocol,
    Protocol,
)
from twisted.internet.task import Clock, Cooperator, LoopingCall
from twisted.internet.testing import MemoryReactorClock, StringTransport
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.client import HTTPConnectionPool
from zope.interface import Interface, classImplements

from heartbeat.clock import ScopedClock
from heartbeat.graph import static
from heartbeat.graph.search import roles
from heartbeat.graph.search.roles import Role, owner_of, register_owner, role_of
from heartbeat.late import LateTransport
from tests.graph.traps import TRAP, armed, watched
from tests.reactors import REACTORS, fresh


class Color(enum.Enum):
    """A closed list of the program."""

    RED = 1


class Slotted:
    """Nothing in it, and no place for it."""

    __slots__ = ()


class Pair(collections.namedtuple("Pair", "one two")):  # noqa: PYI024 - the usual kind
    """A tuple with names."""

    __slots__ = ()


class Port:
    """A port of the program's own."""


class Time:
    """A clock of the program's own."""


classImplements(Port, IListeningPort)  # type: ignore[misc]
classImplements(Time, IReactorTime)  # type: ignore[misc]


def generator() -> Any:
    """A generator."""
    yield


async def agen() -> Any:
    """An asynchronous generator."""
    yield


def late(transport: object) -> LateTransport:
    """What stands for a transport after its connection was lost."""
    return LateTransport(transport, peer="", reason="", lost_at=0.0, now=float)


class RoleTests(SynchronousTestCase):
    """`role_of`."""

    def expect(self, role: Role, *things: object) -> None:
        """All of *things* have that role, also the second time."""
        for thing in (*things, *things):
            self.assertIs(role_of(thing), role, static.type_name(thing))

    def test_endpoints(self) -> None:
        """Protocols, transports, ports, processes, and what stands for one."""
        self.expect(
            Role.ENDPOINT,
            *(Protocol(), DatagramProtocol(), ProcessProtocol(), StringTransport()),
            *(Port(), late(StringTransport())),
        )

    def test_owners(self) -> None:
        """Factories, services, pools and resolvers."""
        self.expect(
            Role.OWNER,
            *(Factory(), ClientFactory(), Service(), ThreadPool()),
            *(HTTPConnectionPool(Clock()), ThreadedResolver(cast("Any", Clock()))),
        )

    def test_walls(self) -> None:
        """What leads everywhere, or nowhere."""
        loop = asyncio.new_event_loop()
        loop.close()
        with socket.socket() as bare:
            self.expect(
                Role.WALL,
                *(types, Protocol, type, Color, Interface, loop, bare, Time(), Clock()),
                *(MemoryReactorClock(), ValueError(), Failure(ValueError()), Logger()),
                *(logging.getLogger(), threading.Lock(), threading.current_thread()),
                *(contextvars.copy_context(), weakref.WeakSet(), vars(type)),
                *(property(), threading.local(), weakref.WeakValueDictionary()),
            )

    def test_reactors(self) -> None:
        """Each reactor is one."""
        for name in REACTORS:
            with self.subTest(name), fresh(name) as reactor:
                self.expect(Role.WALL, reactor)

    def test_values(self) -> None:
        """Plain ones, and those of derived classes."""
        self.expect(
            Role.VALUE,
            *(1, 1.5, True, "a", b"a", None, ..., range(3), slice(1)),
            *(Color.RED, Role.VALUE, armed(str)("a"), armed(int)(3)),
        )

    def test_ways_on(self) -> None:
        """Each kind of way has a role of its own."""
        scope = ScopedClock(Clock())
        self.addCleanup(scope.close)
        coroutine = agen()
        for role, thing in {
            Role.METHOD: self.test_ways_on,
            Role.FUNCTION: generator,
            Role.BUILTIN: len,
            Role.PARTIAL: functools.partial(len),
            Role.CELL: types.CellType(1),
            Role.WEAK: weakref.ref(self),
            Role.MAPPING: {},
            Role.MEMBERS: [],
            Role.CALL: Clock().callLater(0, len),
            Role.SCOPED_CALL: scope.callLater(1, len),
            Role.LOOPING_CALL: LoopingCall(len),
            Role.DEFERRED: Deferred(),
            Role.SUSPENDED: generator(),
            Role.STATUS: _CancellationStatus(Deferred()),
            Role.COOPERATOR: Cooperator(),
            Role.SCOPE: scope,
            Role.INSTANCE: types.SimpleNamespace(),
            Role.OPAQUE: object(),
        }.items():
            self.expect(role, thing)
        self.expect(Role.SUSPENDED, coroutine)
        self.expect(Role.OPAQUE, Slotted(), weakref.proxy(self), iter([]))
        self.expect(Role.BUILTIN, [].append, "".__len__)

    def test_derived(self) -> None:
        """Derived classes of containers and the like are what their bases are."""
        self.expect(Role.MAPPING, collections.OrderedDict(), collections.Counter())
        self.expect(Role.MEMBERS, Pair(1, 2), frozenset(), collections.deque())
        self.expect(Role.WEAK, weakref.WeakMethod(self.setUp))
        self.expect(Role.DEFERRED, armed(Deferred)())
        self.expect(Role.INSTANCE, collections.UserDict())

    def test_modules(self) -> None:
        """Classes of some modules are walls, or owners, whatever they are."""
        tls = type("Context", (), {"__module__": "OpenSSL.SSL"})
        near = type("Context", (), {"__module__": "OpenSSL.SSLother"})
        core = type("C", (), {"__module__": "twisted.application._client_service"})

        self.expect(Role.WALL, tls())
        self.expect(Role.INSTANCE, near())
        self.expect(Role.OWNER, core())

    def test_layers(self) -> None:
        """What is known to be a layer over a transport is an endpoint."""
        channel = type("SSHChannel", (), {"__module__": "twisted.conch.ssh.channel"})

        self.expect(Role.ENDPOINT, channel())

    def test_traps(self) -> None:
        """Nothing of an object, its class, or the class of that is asked."""
        instance, member = TRAP(), TRAP
        things = [
            *(instance, member, armed(dict)(), armed(list)(), armed(tuple)()),
            *(armed(str)("a"), armed(Protocol)(), armed(Factory)()),
            armed(functools.partial)(len),
        ]
        with watched() as ran:
            found = [role_of(thing) for thing in things]
            names = [owner_of(thing) for thing in things]

        self.assertEqual(ran, [])
        self.assertEqual(len(names), len(things))
        self.assertEqual(
            [role.name for role in found],
            [
                *("INSTANCE", "WALL", "MAPPING", "MEMBERS", "MEMBERS"),
                *("VALUE", "ENDPOINT", "OWNER", "PARTIAL"),
            ],
        )


class OwnerTests(SynchronousTestCase):
    """What owns calls."""

    def test_names(self) -> None:
        """For people: what it is, and its class."""

        class Hub(Factory):
            pass

        name = f"{__name__}.Hub"

        self.assertEqual(owner_of(Hub()), f"factory {name}")
        self.assertEqual(
            owner_of(ThreadPool()), "thread pool twisted.python.threadpool.ThreadPool"
        )
        self.assertEqual(
            owner_of(HTTPConnectionPool(Clock())),
            "HTTP connection pool twisted.web.client.HTTPConnectionPool",
        )
        self.assertEqual(
            owner_of(Service()), "service twisted.application.service.Service"
        )

    def test_client_service(self) -> None:
        """What is inside of a ``ClientService`` is named after that."""
        reactor = MemoryReactorClock()
        service = ClientService(
            TCP4ClientEndpoint(reactor, "h", 7), Factory(), None, reactor
        )

        name = "service twisted.application.internet.ClientService"
        self.assertEqual(owner_of(service), name)
        self.assertEqual(owner_of(vars(service)["_machine"]), name)

    def test_declared(self) -> None:
        """What is declared to be a factory is one."""

        class Maker:
            pass

        classImplements(Maker, IProtocolFactory)  # type: ignore[misc]
        self.assertIs(role_of(Maker()), Role.OWNER)
        self.assertEqual(owner_of(Maker()), f"factory {__name__}.Maker")

    def test_register(self) -> None:
        """A class of the program, and those derived from it, also if met before."""
        self.patch(roles, "_BASES", list(roles._BASES))
        self.patch(roles, "_OWNERS", dict(roles._OWNERS))
        self.addCleanup(static.forget)
        manager = armed(collections.UserDict)
        derived = type("Derived", (manager,), {"__module__": __name__})
        thing = derived()
        self.assertIs(role_of(thing), Role.INSTANCE)

        with watched() as ran:
            register_owner(manager, "session manager")
            found = role_of(thing), owner_of(thing)

        self.assertEqual(ran, [])
        self.assertEqual(found[0], Role.OWNER)
        self.assertEqual(found[1], f"session manager {__name__}.Derived")
