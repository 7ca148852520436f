"""redis-server: a client that is idle for its ``timeout`` is closed."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from heartbeat import Keepalive, Kind
from tests.servers.acts import Case, Play
from tests.servers.clients.redis import RedisClient
from tests.servers.installed import Redis
from tests.servers.scenes import ServerTests, faults, steady

CASE = Case(
    name="redis-server",
    rule="a command at least every 4 s (timeout 4)",
    sends="PING after 1 s of silence",
    client=lambda policy, _: RedisClient(policy),
    policy=Keepalive(interval=1, timeout=3, jitter=0),
    hears=False,
    server_rule=Keepalive(interval=None, silence=4),
    slowest=7,
    span=20,
    frozen=Kind.PEER_HUNG,
)

PLAY = Play(Redis, [CASE], [steady, faults])


class RedisTests(ServerTests, SynchronousTestCase):
    """Redis."""

    play, case = PLAY, CASE
