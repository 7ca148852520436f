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
    rule="a command at least every second (timeout 1)",
    sends="PING after 0.5 s of silence",
    client=lambda policy, _: RedisClient(policy),
    policy=Keepalive(interval=0.5, timeout=2, jitter=0),
    hears=False,
    server_rule=Keepalive(interval=None, silence=1),
    slowest=3,
    span=10,
    frozen=Kind.PEER_HUNG,
)

PLAY = Play(Redis, [CASE], [steady, faults])


class RedisTests(ServerTests, SynchronousTestCase):
    """Redis."""

    play, case = PLAY, CASE
