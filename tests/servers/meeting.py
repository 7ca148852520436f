"""How a client of ours and the other program come together, whoever of them calls."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar

from twisted.application.internet import ClientService, StreamServerEndpointService
from twisted.internet.endpoints import (
    TCP4ClientEndpoint,
    TCP4ServerEndpoint,
    wrapClientTLS,
)
from twisted.internet.protocol import Factory
from twisted.internet.task import deferLater

from tests.connections import global_reactor
from tests.servers.daemons import HOST
from tests.tls import client_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from twisted.internet.defer import Deferred

    from heartbeat import Keepalive
    from tests.servers.acts import Case
    from tests.servers.clients.watched import Watched
    from tests.servers.daemons import Daemon

__all__ = ["ALLOWANCE", "STARTING", "Returning", "after", "connected", "in_time"]

T = TypeVar("T")

ALLOWANCE = 20.0
"""Seconds a busy machine may take beyond what is promised."""

STARTING = 120.0
"""Seconds a server may take to be there."""

RETRY = 0.2
"""Seconds between two attempts to connect."""


class Returning:
    """A client that is there again whenever the server is.

    Where the other program is the one that calls, this listens.

    Args:
        case: The protocol.
        server: The other program.

    Attributes:
        clients: All there were, the present one last.
    """

    def __init__(self, case: Case, server: Daemon) -> None:
        self.clients: list[Watched] = []

        def build() -> Watched:
            self.clients.append(case.client(case.policy, server))
            return self.clients[-1]

        factory = _factory(build)
        self._service: Any
        if server.calls:
            self._service = StreamServerEndpointService(_answered(server), factory)
        else:
            self._service = ClientService(
                _called(case, server), factory, lambda _: RETRY, global_reactor()
            )

    def start(self) -> None:
        """Be there from now on."""
        self._service.startService()

    async def stop(self) -> None:
        """Leave, and come no more."""
        await in_time(self._service.stopService(), ALLOWANCE)
        for client in self.clients:
            if client.connected and client.reason is None:
                client.transport.abortConnection()
                await in_time(client.over, ALLOWANCE)

    async def present(self) -> Watched:
        """The client that the server has let in; waits for it."""
        deadline = time.monotonic() + STARTING
        while not (self.clients and _is_in(self.clients[-1])):
            assert time.monotonic() < deadline, "nobody was let in"
            await after(0.02)
        return self.clients[-1]


async def connected(case: Case, server: Daemon, policy: Keepalive | None) -> Watched:
    """A client that the server has let in."""
    client = case.client(policy, server)
    expected = [client]
    # One that calls may do so again, before it is heard that nobody listens any more.
    factory = _factory(lambda: expected.pop() if expected else None)
    if server.calls:
        port = await _answered(server).listen(factory)
        try:
            await in_time(client.ready, ALLOWANCE)
        finally:
            await port.stopListening()
    else:
        await in_time(_called(case, server).connect(factory), ALLOWANCE)
        await in_time(client.ready, ALLOWANCE)
    return client


def after(seconds: float) -> Deferred[Any]:
    """Fires then."""
    return deferLater(global_reactor(), seconds)


def in_time(deferred: Deferred[T], seconds: float) -> Deferred[T]:
    """Give up after *seconds*."""
    return deferred.addTimeout(seconds, global_reactor())


def _factory(build: Callable[[], Watched | None]) -> Any:
    factory: Any = Factory()
    factory.noisy = False
    factory.buildProtocol = lambda _: build()
    return factory


def _called(case: Case, server: Daemon) -> Any:
    """Where the server of *case* is."""
    where = TCP4ClientEndpoint(global_reactor(), HOST, server.ports[case.port])
    return wrapClientTLS(client_options(), where) if server.tls else where


def _answered(server: Daemon) -> TCP4ServerEndpoint:
    """One of the places that *server* calls, and where nobody is yet."""
    return TCP4ServerEndpoint(global_reactor(), next(server.places), interface=HOST)


def _is_in(client: Watched) -> bool:
    return bool(client.ready_at) and client.reason is None
