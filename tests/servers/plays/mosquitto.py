"""mosquitto: it asks nothing, and counts one and a half times what a client said."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import attrs
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import Keepalive, Kind
from heartbeat.profiles import mqtt_client, mqtt_server
from tests.servers.acts import Case, Company, Play
from tests.servers.clients.mqtt import MqttClient
from tests.servers.installed import Mosquitto
from tests.servers.meeting import connected
from tests.servers.scenes import ListeningTests, faults, steady

if TYPE_CHECKING:
    from tests.servers.daemons import Daemon

LEVELS = {"3.1.1": 4, "5": 5}


def _client(level: int, policy: Keepalive | None, _: Any) -> MqttClient:
    return MqttClient(policy, level=level)


CASES = {
    version: Case(
        name=f"mosquitto, MQTT {version}",
        rule="1.5 times the Keep Alive of CONNECT, 5 s, looking every 5 s",
        sends="PINGREQ after 5 s of silence of either side",
        client=partial(_client, level),
        policy=Keepalive(interval=None),  # the client takes the profile's
        server_rule=mqtt_server(5),
        slowest=13.5,
        span=24,
        frozen=Kind.PEER_HUNG,
    )
    for version, level in LEVELS.items()
}


async def negotiation(server: Daemon, case: Case, company: Company) -> None:
    """A client wants a minute, and the server, whose longest are 10 s, says so."""
    if case is CASES["5"]:
        await company.scene(case, "negotiates", _negotiated(server, case))


async def _negotiated(server: Daemon, case: Case) -> tuple[int | None, Keepalive]:
    def client(policy: Keepalive | None, _: Any) -> MqttClient:
        return MqttClient(policy, keep_alive=60, level=5)

    made: Any = await connected(
        attrs.evolve(case, client=client), server, Keepalive(interval=None)
    )
    found = made.server_keep_alive, made.heartbeat.policy
    made.transport.abortConnection()
    await made.over
    return found


PLAY = Play(Mosquitto, list(CASES.values()), [steady, faults, negotiation])


class Mqtt3Tests(ListeningTests, SynchronousTestCase):
    """MQTT 3.1.1."""

    play, case = PLAY, CASES["3.1.1"]


class Mqtt5Tests(ListeningTests, SynchronousTestCase):
    """MQTT 5."""

    play, case = PLAY, CASES["5"]

    def test_negotiates(self) -> None:
        """The server's Keep Alive holds, if it says one."""
        said, policy = self.play.outcome(self.case, "negotiates")

        self.assertEqual(said, 10)
        self.assertEqual(policy, mqtt_client(60, 10, response=4))
        self.assertEqual((policy.interval, policy.beacon), (10, 10))
        self._record(
            "Server Keep Alive 10 s for 60 s asked",
            "taken over",
            sends=f"PINGREQ after {policy.interval:g} s of silence of either side",
        )
