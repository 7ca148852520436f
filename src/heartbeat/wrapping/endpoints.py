"""Endpoints that watch every connection they make or accept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, execute
from twisted.internet.interfaces import IStreamClientEndpoint, IStreamServerEndpoint
from zope.interface import implementer

from heartbeat.wrapping.factories import WatchedFactory
from heartbeat.wrapping.proxies import unveiled
from heartbeat.wrapping.terms import Terms

if TYPE_CHECKING:
    from twisted.internet.interfaces import IListeningPort, IReactorTime

    from heartbeat.host import Wire
    from heartbeat.policy import Keepalive
    from heartbeat.wrapping.terms import Hook

__all__ = [
    "WatchedClientEndpoint",
    "WatchedServerEndpoint",
    "watch_client",
    "watch_server",
]


def watch_client(
    endpoint: Any,
    policy: Keepalive,
    *,
    wire: Wire | None = None,
    reactor: IReactorTime | None = None,
    on_suspected: Hook | None = None,
    on_lost: Hook | None = None,
) -> WatchedClientEndpoint:
    """An endpoint that connects as *endpoint* does, and watches the connection.

    Args:
        endpoint: Any stream client endpoint.
        policy: The numbers; without a wire ``interval=None``.
        wire: How the protocol asks and shows life, if it is to.
        reactor: Where timers run; None is the global reactor.
        on_suspected: Called with the protocol and the verdict that threatens.
        on_lost: Called with the protocol and the verdict, before the close.

    Raises:
        TypeError: *policy* makes the protocol speak, and there is no wire; or the
            endpoint is watched already.
    """
    terms = Terms(
        policy=policy,
        wire=wire,
        reactor=reactor,
        on_suspected=on_suspected,
        on_lost=on_lost,
    )
    return WatchedClientEndpoint(endpoint, terms)


def watch_server(
    endpoint: Any,
    policy: Keepalive,
    *,
    wire: Wire | None = None,
    reactor: IReactorTime | None = None,
    on_suspected: Hook | None = None,
    on_lost: Hook | None = None,
) -> WatchedServerEndpoint:
    """An endpoint that listens as *endpoint* does, and watches what it accepts.

    Args:
        endpoint: Any stream server endpoint.
        policy: The numbers; without a wire ``interval=None``.
        wire: How the protocol asks and shows life, if it is to.
        reactor: Where timers run; None is the global reactor.
        on_suspected: Called with the protocol and the verdict that threatens.
        on_lost: Called with the protocol and the verdict, before the close.

    Raises:
        TypeError: *policy* makes the protocol speak, and there is no wire; or the
            endpoint is watched already.
    """
    terms = Terms(
        policy=policy,
        wire=wire,
        reactor=reactor,
        on_suspected=on_suspected,
        on_lost=on_lost,
    )
    return WatchedServerEndpoint(endpoint, terms)


@implementer(IStreamClientEndpoint)
class WatchedClientEndpoint:
    """Connects by another endpoint.

    Args:
        endpoint: The other one.
        terms: What is promised about its connections.
    """

    def __init__(self, endpoint: Any, terms: Terms) -> None:
        _check_endpoint(endpoint, "connect")
        self._endpoint = endpoint
        self._terms = terms

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._endpoint!r}>"

    def connect(self, protocolFactory: Any) -> Deferred[Any]:  # noqa: N803 - Twisted's
        """Connect a protocol of *protocolFactory*.

        Returns:
            Fires with the protocol that the factory built; fails as that of the other
            endpoint does, or with `TypeError` if it cannot be watched.
        """
        deferred: Deferred[Any] = execute(WatchedFactory, protocolFactory, self._terms)
        return deferred.addCallback(self._endpoint.connect).addCallback(unveiled)


@implementer(IStreamServerEndpoint)
class WatchedServerEndpoint:
    """Listens by another endpoint.

    Args:
        endpoint: The other one.
        terms: What is promised about the connections it accepts.
    """

    def __init__(self, endpoint: Any, terms: Terms) -> None:
        _check_endpoint(endpoint, "listen")
        self._endpoint = endpoint
        self._terms = terms

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._endpoint!r}>"

    def listen(self, protocolFactory: Any) -> Deferred[IListeningPort]:  # noqa: N803 - Twisted's
        """Accept connections for *protocolFactory*.

        Returns:
            Fires with the port; fails as that of the other endpoint does, or with
            `TypeError` if the factory's protocols cannot be watched.
        """
        deferred: Deferred[Any] = execute(WatchedFactory, protocolFactory, self._terms)
        return deferred.addCallback(self._endpoint.listen)


def _check_endpoint(endpoint: object, method: str) -> None:
    if isinstance(endpoint, WatchedClientEndpoint | WatchedServerEndpoint):
        raise TypeError(f"{endpoint!r} is watched already: configure that one")
    if not callable(getattr(endpoint, method, None)):
        raise TypeError(
            f"{endpoint!r} has no {method}(): make an endpoint first, as by "
            f"{'clientFromString' if method == 'connect' else 'serverFromString'}()"
        )
