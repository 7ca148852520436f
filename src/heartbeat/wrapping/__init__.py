"""Liveness for any protocol, without touching its class.

.. code-block:: python

    from heartbeat import Keepalive
    from heartbeat.wrapping import watch_factory
    from twisted.internet.protocol import Factory
    from twisted.protocols.wire import Echo

    policy = Keepalive(interval=None, silence=60)
    factory = watch_factory(Factory.forProtocol(Echo), policy)

The protocol stays the user's own object, with the transport that Twisted made. Nothing
is in the way of what it writes, and on Linux nothing in the way of what it reads.
"""

from heartbeat.wrapping.endpoints import (
    WatchedClientEndpoint,
    WatchedServerEndpoint,
    watch_client,
    watch_server,
)
from heartbeat.wrapping.factories import WatchedFactory, watch_factory
from heartbeat.wrapping.finding import heartbeat_of
from heartbeat.wrapping.terms import Terms

__all__ = [
    "Terms",
    "WatchedClientEndpoint",
    "WatchedFactory",
    "WatchedServerEndpoint",
    "heartbeat_of",
    "watch_client",
    "watch_factory",
    "watch_server",
]
