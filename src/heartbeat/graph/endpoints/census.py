"""All endpoints of a reactor: what it watches, and what a search meets elsewhere.

The reactor's lists are copied at once, and described one by one after that, so that the
reactor need not stand still for long. What is in no list is described when somebody
asks for it: a paused connection, a lost one, a protocol that waits for its transport.

A census refers to objects of the program, and is to be closed. What it found does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from heartbeat.graph.endpoints import description as endpoints
from heartbeat.graph.endpoints import layers, services
from heartbeat.graph.endpoints._names import PROXY
from heartbeat.graph.endpoints.context import Context
from heartbeat.graph.endpoints.mixin import outermost
from heartbeat.graph.endpoints.surroundings import unowned_sockets
from heartbeat.graph.endpoints.watching import Watching
from heartbeat.graph.search.roles import Role, role_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from heartbeat.graph.endpoints.description import Described
    from heartbeat.graph.model import Endpoint, Service

__all__ = ["Census"]

_PROXIES = frozenset(PROXY)


class Census:
    """What *reactor* is connected to.

    Args:
        reactor: Any reactor or clock.
    """

    def __init__(self, reactor: object) -> None:
        self._reactor: object = reactor
        self._context = Context(Watching(None))
        # By id, with the object itself, so that no other one has the same.
        self._met: dict[int, tuple[object, Described]] = {}
        self._all: list[Described] = []
        self._clocks: dict[int, Described] = {}
        self._services: dict[int, Service] = {}
        self._machines: dict[int, object] = {}

    @property
    def endpoints(self) -> list[Endpoint]:
        """Those described so far."""
        return [each.endpoint for each in self._all]

    @property
    def services(self) -> list[Service]:
        """The ``ClientService`` objects met so far."""
        return list({each.id: each for each in self._services.values()}.values())

    @property
    def notes(self) -> list[str]:
        """What could not be learnt, a sentence each."""
        return self._context.watching.notes

    def begin(self) -> None:
        """Take down what the reactor watches now."""
        self._context = Context(Watching(self._reactor))

    def steps(self) -> Iterator[None]:
        """Describe what was taken down, one with each step."""
        for thing in self._context.watching.things:
            self._described(thing)
            yield

    def endpoint_of(self, thing: object) -> Endpoint | None:
        """The endpoint that a protocol, transport, layer, connector or port is part of.

        It is described if it was not. None for anything else.
        """
        met = self._met.get(id(thing))
        if met is None:
            if role_of(thing) is not Role.ENDPOINT:
                return None
            return self._described(thing).endpoint
        return met[1].endpoint

    def protocols(self) -> Iterator[tuple[object, Endpoint]]:
        """The protocols that were met, connected or not, and their endpoints."""
        for each in list(self._all):
            if each.protocol is not None:
                yield each.protocol, each.endpoint

    def scope_owner(self, scope: object) -> Endpoint | None:
        """The endpoint whose clock is *scope*, or one around it."""
        for each in outermost(scope):
            found = self._clocks.get(id(each))
            if found is not None:
                return found.endpoint
        return None

    def service_of(self, thing: object) -> Service | None:
        """The ``ClientService`` that *thing* is, or is a part of."""
        known = self._services.get(id(thing))
        if known is not None:
            return known
        machine = services.machine_of(thing)
        if machine is None:
            return None
        known = self._services.get(id(machine))
        if known is None:
            known = services.describe(machine, self._id_of)
            for part in (machine, services.core_of(machine)):
                self._machines[id(part)] = part
                self._services[id(part)] = known
        return known

    def transports(self) -> Iterator[tuple[object, Endpoint]]:
        """The transports that were met, and their endpoints."""
        for each in list(self._all):
            if each.base is not None:
                yield each.base, each.endpoint

    def unowned_sockets(self) -> Iterator[bool] | None:
        """For each descriptor that no endpoint has, whether it is a socket.

        None if nobody can tell.
        """
        watching = self._context.watching
        known = {each.endpoint.fd for each in self._all}
        owned = {fd for fd in known if fd is not None}
        return unowned_sockets(owned | watching.descriptors() | watching.own_sockets())

    def close(self) -> None:
        """Let go of everything that is the program's."""
        self._context = Context(Watching(None))
        self._reactor = None
        for known in (self._met, self._clocks, self._machines):
            known.clear()
        for each in self._all:
            each.base = each.protocol = each.clock = None

    def _described(self, thing: object) -> Described:
        met = self._met.get(id(thing))
        if met is not None:
            return met[1]
        base = layers.base_of(thing)
        if base is None:
            found = self._alone(layers.topmost(thing))
        else:
            found = self._based(base)
            if found.protocol is None and layers.is_top(thing):
                endpoints.with_protocol(found, thing)
                self._remember(found)
        self._met[id(thing)] = thing, found
        return found

    def _alone(self, protocol: object) -> Described:
        met = self._met.get(id(protocol))
        if met is not None:
            return met[1]
        return self._add(endpoints.describe_alone(protocol, self._context))

    def _based(self, base: object) -> Described:
        met = self._met.get(id(base))
        if met is not None:
            return met[1]
        return self._add(endpoints.describe(base, self._context))

    def _add(self, found: Described) -> Described:
        self._all.append(found)
        if found.base is not None:
            self._met[id(found.base)] = found.base, found
        self._remember(found)
        if not _PROXIES.isdisjoint(found.endpoint.layers):
            for layer in layers.layers_over(found.base):
                self.service_of(layer)
        return found

    def _remember(self, found: Described) -> None:
        if found.protocol is not None:
            self._met[id(found.protocol)] = found.protocol, found
        if found.clock is not None:
            self._clocks[id(found.clock)] = found

    def _id_of(self, thing: object) -> str:
        return self._described(thing).endpoint.id
