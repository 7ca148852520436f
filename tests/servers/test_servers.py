"""All servers and clients of others that are here, at the same time.

They are in one module so that one process of a parallel run plays them all. One alone:
``pytest tests/servers/plays/nats.py``.
"""

from __future__ import annotations

from tests.servers.plays.mosquitto import Mqtt3Tests, Mqtt5Tests
from tests.servers.plays.nats import NatsTests
from tests.servers.plays.ngircd import IrcTests
from tests.servers.plays.openssh import SshTests
from tests.servers.plays.rabbitmq import AmqpTests, StompTests
from tests.servers.plays.redis import RedisTests
from tests.servers.plays.websocket import (
    AiohttpClientTests,
    AiohttpServerTests,
    AutobahnClientTests,
    AutobahnServerTests,
    WebsocketsClientTests,
    WebsocketsServerTests,
    WebsocketsTlsServerTests,
)

__all__ = [
    "AiohttpClientTests",
    "AiohttpServerTests",
    "AmqpTests",
    "AutobahnClientTests",
    "AutobahnServerTests",
    "IrcTests",
    "Mqtt3Tests",
    "Mqtt5Tests",
    "NatsTests",
    "RedisTests",
    "SshTests",
    "StompTests",
    "WebsocketsClientTests",
    "WebsocketsServerTests",
    "WebsocketsTlsServerTests",
]
