"""nats-server: it asks, and so do we."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from heartbeat import Keepalive, Kind
from heartbeat.profiles import nats_client, nats_server
from tests.servers.acts import Case, Play
from tests.servers.clients.nats import NatsClient
from tests.servers.installed import Nats
from tests.servers.scenes import AskingTests, faults, steady

CASE = Case(
    name="nats-server",
    rule="PING every 2 s, two may be unanswered (ping_interval 2s, ping_max 2)",
    sends="PING every 3 s, PONG to every PING",
    client=lambda policy, _: NatsClient(policy),
    policy=nats_client(3, 2),
    answers=Keepalive(interval=None),
    hears=False,  # the server does not drop whom it sends messages
    server_rule=nats_server(2, 2),
    slowest=8,
    span=20,
    frozen=Kind.PEER_HUNG,
)

PLAY = Play(Nats, [CASE], [steady, faults])


class NatsTests(AskingTests, SynchronousTestCase):
    """NATS."""

    play, case = PLAY, CASE
