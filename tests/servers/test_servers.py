"""All servers of others that are here, at the same time.

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

__all__ = [
    "AmqpTests",
    "IrcTests",
    "Mqtt3Tests",
    "Mqtt5Tests",
    "NatsTests",
    "RedisTests",
    "SshTests",
    "StompTests",
]
