"""RabbitMQ: beats both ways, over AMQP 0-9-1 and over STOMP 1.2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import Keepalive, Kind
from heartbeat.profiles import amqp, stomp
from tests.servers.acts import Case, Company, Play
from tests.servers.clients.amqp import AmqpClient
from tests.servers.clients.stomp import OURS, StompClient
from tests.servers.installed import RabbitMq
from tests.servers.meeting import connected
from tests.servers.scenes import ListeningTests, faults, steady

if TYPE_CHECKING:
    from tests.servers.clients.watched import Watched
    from tests.servers.daemons import Daemon

AMQP = Case(
    name="RabbitMQ, AMQP 0-9-1",
    rule="a byte at least every 6 s (heartbeat 3 s)",
    sends="a heartbeat frame after 1.5 s of our silence",
    client=lambda policy, _: AmqpClient(policy),
    policy=Keepalive(interval=None),  # the client takes the profile's
    server_rule=amqp(3),
    slowest=12,
    span=18,
    frozen=Kind.PEER_SILENT,
)
STOMP = Case(
    name="RabbitMQ, STOMP 1.2",
    rule="a byte at least every 6 s (heart-beat 3000,5000)",
    sends="an end of line after 3 s of our silence",
    client=lambda policy, _: StompClient(policy),
    policy=Keepalive(interval=None),
    server_rule=stomp((0, OURS[0]), (OURS[0], 0), tolerance=2),
    slowest=12,
    span=18,
    frozen=Kind.PEER_SILENT,
    port=1,
)


WISHES = [(0, 0), (4000, 0), (0, 4000), (2500, 3500), (60_000, 500)]
"""Heart-beat headers of clients, milliseconds."""


async def negotiation(server: Daemon, case: Case, company: Company) -> None:
    """What the server says, and what the profile makes of it."""
    scene = _tuned(server) if case is AMQP else _agreed(server)
    await company.scene(case, "negotiates", scene)


async def _tuned(server: Daemon) -> dict[int | None, tuple[int, Keepalive]]:
    """By what we want: what the server proposes, and the policy it comes to."""
    found = {}
    for wanted in (None, 0, 30):
        client = AmqpClient(Keepalive(interval=None), wanted)
        await _visit(server, AMQP, client)
        found[wanted] = client.proposed, client.heartbeat.policy
    return found


async def _agreed(server: Daemon) -> dict[tuple[int, int], tuple[Any, Any]]:
    """By our header: the server's, and the policy they come to."""
    found = {}
    for ours in WISHES:
        client = StompClient(None, ours)
        await _visit(server, STOMP, client)
        found[ours] = client.theirs, client.agreed
    return found


async def _visit(server: Daemon, case: Case, client: Watched) -> None:
    await connected(attrs.evolve(case, client=lambda *_: client), server, None)
    client.transport.abortConnection()
    await client.over


PLAY = Play(RabbitMq, [AMQP, STOMP], [negotiation, steady, faults])


class AmqpTests(ListeningTests, SynchronousTestCase):
    """AMQP 0-9-1."""

    play, case = PLAY, AMQP

    def test_negotiates(self) -> None:
        """The lower heartbeat holds: half of it for us, twice for the server; 0 is off."""
        found = self.play.outcome(self.case, "negotiates")

        self.assertEqual({proposed for proposed, _ in found.values()}, {3})
        numbers = {wanted: (p.beacon, p.silence) for wanted, (_, p) in found.items()}
        self.assertEqual(numbers, {None: (1.5, 6), 0: (None, None), 30: (1.5, 6)})


class StompTests(ListeningTests, SynchronousTestCase):
    """STOMP 1.2."""

    play, case = PLAY, STOMP

    def test_negotiates(self) -> None:
        """The server takes what we say, in whole seconds; 0 of either side is off."""
        found = self.play.outcome(self.case, "negotiates")

        self.assertEqual(
            {ours: theirs for ours, (theirs, _) in found.items()},
            {
                (0, 0): (0, 0),
                (4000, 0): (0, 4000),
                (0, 4000): (4000, 0),
                (2500, 3500): (3000, 2000),
                (60_000, 500): (1000, 60_000),
            },
        )
        self.assertEqual(
            {ours: (p.beacon, p.silence) for ours, (_, p) in found.items()},
            {
                (0, 0): (None, None),
                (4000, 0): (4, None),
                (0, 4000): (None, 6),
                (2500, 3500): (2.5, 5.25),
                (60_000, 500): (60, 1.5),
            },
        )
