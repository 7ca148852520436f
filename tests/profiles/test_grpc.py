"""gRPC: the cases of proposals A8 and A9, and of grpc-go."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import given
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import Keepalive, PolicyError, Proof
from heartbeat.profiles import grpc_client, grpc_server
from tests.profiles.arbitrary import ANYTHING, check
from tests.profiles.timing import LATE, timeline

CLIENTS = [
    # KEEPALIVE_TIME, KEEPALIVE_TIMEOUT, interval, timeout
    ((math.inf, 20), (None, 20)),  # A8: the default is infinite
    ((60, 20), (60, 20)),
    ((1, 20), (10, 20)),  # A8: if smaller than ten seconds, ten seconds
    ((10, 5), (10, 5)),
    ((60, math.inf), (60, None)),
    ((0, 0), (None, None)),
]


class ClientTests(SynchronousTestCase):
    def test_fields(self) -> None:
        """Ten seconds at least; infinite is off."""
        for numbers, expected in CLIENTS:
            policy = grpc_client(*numbers)
            self.assertEqual((policy.interval, policy.timeout), expected)
            self.assertIs(policy.proof, Proof.TRAFFIC)

    def test_default(self) -> None:
        """Off."""
        self.assertFalse(grpc_client().asks)

    def test_timing(self) -> None:
        """Asked after the last byte read, closed if no byte comes in the timeout."""
        seen = timeline(grpc_client(30, 20), 60)

        self.assertTrue(30 <= seen.asked[0] <= 30 + LATE)
        assert seen.given_up is not None
        self.assertTrue(50 <= seen.given_up <= 50 + LATE)
        self.assertEqual(timeline(grpc_client(30), 100, talks_every=29).asked, [])

    @given(ANYTHING, ANYTHING)
    def test_anything(self, time: Any, timeout: Any) -> None:
        """A sound policy, or the error that says what is wrong."""
        check(grpc_client, time)
        check(grpc_client, 10, timeout)


class ServerTests(SynchronousTestCase):
    def test_defaults(self) -> None:
        """A9: two hours, 20 s, and infinite three times."""
        expected = Keepalive(interval=7200, timeout=20, grace=None, jitter=0)
        self.assertEqual(grpc_server(), expected)

    def test_least(self) -> None:
        """grpc-go: less than 1 s becomes 1 s."""
        self.assertEqual(grpc_server(0.1).interval, 1)

    def test_ends(self) -> None:
        """Idleness, age and grace; an age is spread by a tenth, and never exceeded."""
        policy = grpc_server(
            max_connection_idle=300, max_connection_age=1800, max_connection_age_grace=5
        )
        self.assertEqual((policy.idle, policy.max_age, policy.grace), (300, 1800, 5))
        self.assertEqual(policy.jitter, 0.1)

    def test_timing(self) -> None:
        """An idle connection is closed, pings or not."""
        seen = timeline(grpc_server(max_connection_idle=30), 40, talks_every=1)

        assert seen.given_up is not None
        self.assertTrue(30 <= seen.given_up <= 30 + LATE)

    def test_refuses(self) -> None:
        """A number of yours that cannot be meant, by the name you wrote."""
        error = self.assertRaises(PolicyError, grpc_server, max_connection_age=-1)
        self.assertEqual(error.field, "max_connection_age")

    @given(ANYTHING, ANYTHING, ANYTHING)
    def test_anything(self, number: Any, idle: Any, age: Any) -> None:
        """A sound policy, or the error that says what is wrong."""
        check(grpc_server, number)
        check(grpc_server, 1, number)
        check(grpc_server, max_connection_idle=idle)
        check(grpc_server, max_connection_age=age)
        check(grpc_server, max_connection_age_grace=number)
