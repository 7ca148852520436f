"""MQTT 3.1.1 and 5: the specification's cases, and those of brokers and clients."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import Keepalive, PolicyError
from heartbeat.profiles import Limits, mqtt_client, mqtt_server
from tests.profiles.arbitrary import ANYTHING, LIMITED, check
from tests.profiles.timing import LATE, timeline

CLIENTS = [
    # Keep Alive, Server Keep Alive, what holds
    (60, None, 60.0),  # Paho's default
    (0, None, None),  # specification: 0 turns the mechanism off
    (60, 30, 30.0),  # MQTT 5: the server's replaces ours, if lower
    (60, 600, 600.0),  # and if higher
    (60, 0, None),  # and if it is 0
    (0, 30, 30.0),  # mosquitto's max_keepalive, to a client that wants none
    (65_535, None, 65_535.0),  # specification: 18 hours, 12 minutes and 15 seconds
]

SERVERS = [
    # Keep Alive, Server Keep Alive, silence
    (60, None, 90.0),  # specification: one and a half times
    (1, None, 1.5),
    (0, None, None),
    (65_535, None, 98_302.5),
    (0, 60, 90.0),  # mosquitto's max_keepalive 60
    (600, 60, 90.0),
    (60, 0, None),
]


class ClientTests(SynchronousTestCase):
    def test_fields(self) -> None:
        """Ask after, and never be silent for, what holds."""
        for ours, theirs, holds in CLIENTS:
            policy = mqtt_client(ours, theirs)
            self.assertEqual((policy.interval, policy.beacon), (holds, holds))
            self.assertEqual(policy.timeout, 20)

    def test_response(self) -> None:
        """Paho waits another Keep Alive; 0 waits for ever."""
        self.assertEqual(mqtt_client(60, response=60).timeout, 60)
        self.assertIsNone(mqtt_client(60, response=0).timeout)

    def test_refuses(self) -> None:
        """What does not fit the field, and a negative number from the server."""
        self.assertRaises(PolicyError, mqtt_client, 65_536)
        self.assertRaises(PolicyError, mqtt_client, 60, -1)

    def test_clamped(self) -> None:
        """What the server wants stays within the limits."""
        self.assertEqual(mqtt_client(60, 1, limits=Limits(shortest=5)).beacon, 5)

    def test_timing_of_a_dead_server(self) -> None:
        """PINGREQ before the Keep Alive is over, asked at it, given up after response."""
        seen = timeline(mqtt_client(10, response=5), 30)

        self.assertTrue(9.7 < seen.beaten[0] <= 10)
        self.assertTrue(10 <= seen.asked[0] <= 10 + LATE)
        assert seen.given_up is not None
        self.assertTrue(15 <= seen.given_up <= 15 + LATE)

    def test_timing_of_a_busy_server(self) -> None:
        """Messages that come in are no reason to be silent: the server counts ours."""
        seen = timeline(mqtt_client(10), 100, talks_every=1)

        self.assertEqual(seen.asked, [])
        for beat, next_beat in zip([0.0, *seen.beaten], seen.beaten, strict=False):
            self.assertTrue(next_beat - beat <= 10)

    @given(ANYTHING, ANYTHING, ANYTHING, LIMITED)
    def test_anything(
        self, ours: Any, theirs: Any, response: Any, limits: Limits
    ) -> None:
        """A sound policy, or the error that says what is wrong."""
        check(mqtt_client, ours, theirs, limits=limits)
        check(mqtt_client, ours, response=response)


class ServerTests(SynchronousTestCase):
    def test_fields(self) -> None:
        """One and a half times what holds; a server asks nothing."""
        for theirs, ours, silence in SERVERS:
            expected = Keepalive(interval=None, silence=silence, jitter=0)
            self.assertEqual(mqtt_server(theirs, ours), expected)

    def test_refuses(self) -> None:
        """A negative number from the client, and what does not fit the field."""
        self.assertRaises(PolicyError, mqtt_server, -1)
        self.assertRaises(PolicyError, mqtt_server, 60, 65_536)

    def test_clamped(self) -> None:
        """A client gets no more patience than the limits allow."""
        self.assertEqual(mqtt_server(60_000, limits=Limits(longest=100)).silence, 150)

    def test_timing(self) -> None:
        """Not before one and a half times, and not much later."""
        seen = timeline(mqtt_server(10), 20)

        assert seen.given_up is not None
        self.assertTrue(15 <= seen.given_up <= 15 + LATE)
        self.assertIsNone(timeline(mqtt_server(10), 100, talks_every=14).given_up)

    @given(ANYTHING, ANYTHING, LIMITED)
    def test_anything(self, theirs: Any, ours: Any, limits: Limits) -> None:
        """A sound policy, or the error that says what is wrong."""
        check(mqtt_server, theirs, ours, limits=limits)
