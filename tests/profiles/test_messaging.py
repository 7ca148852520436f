"""NATS and ZMTP 3.1: the cases of servers and clients."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import PolicyError, Proof
from heartbeat.profiles import Limits, nats_client, nats_server, zmtp
from tests.profiles.arbitrary import ANYTHING, LIMITED, check
from tests.profiles.timing import LATE, timeline

NATS = [
    # interval, PINGs out, given up after
    (120, 2, 360),  # the defaults of nats-server, nats.go and nats.py
    (20, 5, 120),  # nats.go's documentation of PingInterval and MaxPingsOutstanding
    (1, 1, 2),
]

ZMTP = [
    # ZMQ_HEARTBEAT_IVL, _TIMEOUT (milliseconds), the peer's TTL (tenths of a second);
    # then the interval, the timeout and the silence, in seconds.
    ((1000, None, 0), (1.0, 1.0, None)),  # libzmq: the timeout is the interval
    ((1000, 5000, 0), (1.0, 5.0, None)),
    ((1000, 0, 0), (1.0, None, None)),  # 0: no timeout
    ((0, None, 0), (None, None, None)),  # libzmq's defaults: off
    ((0, None, 30), (None, None, 3.0)),  # the peer's PING says 3 s
    ((50, 200, 65_535), (0.05, 0.2, 6553.5)),  # the largest the field holds
    ((50, 200, 1), (0.05, 0.2, 0.5)),  # 0.1 s, clamped
]


class NatsTests(SynchronousTestCase):
    def test_fields(self) -> None:
        """An interval for the question, one for each answer."""
        for interval, out, _ in NATS:
            for policy in (nats_client(interval, out), nats_server(interval, out)):
                self.assertEqual(
                    (policy.interval, policy.timeout), (interval, interval)
                )
                self.assertEqual(policy.attempts, out)

    def test_defaults(self) -> None:
        """Those of the server and its clients."""
        self.assertEqual(nats_client(), nats_client(120, 2))
        self.assertEqual(nats_server(), nats_server(120, 2))

    def test_proof(self) -> None:
        """A client counts PONGs, a server anything."""
        self.assertIs(nats_client().proof, Proof.REPLY)
        self.assertIs(nats_server().proof, Proof.TRAFFIC)

    def test_off(self) -> None:
        """0 is off."""
        self.assertFalse(nats_client(0).asks or nats_server(0).asks)

    def test_refuses(self) -> None:
        """A count that is none."""
        for count in (0, 1.5, True, 1001, None):
            self.assertRaises(PolicyError, nats_client, 120, count)

    def test_timing(self) -> None:
        """A PING each interval; given up an interval after the last."""
        for interval, out, total in NATS:
            seen = timeline(nats_client(interval, out), total + 1)
            self.assertEqual(len(seen.asked), out)
            for place, asked in enumerate(seen.asked, start=1):
                self.assertTrue(0 <= asked - place * interval <= place * LATE)
            assert seen.given_up is not None
            self.assertTrue(0 <= seen.given_up - total <= (out + 1) * LATE)

    def test_messages(self) -> None:
        """Messages keep a client's peer alive for a server, but not for a client."""
        self.assertIsNone(timeline(nats_server(10), 100, talks_every=3).given_up)
        self.assertIsNotNone(timeline(nats_client(10), 100, talks_every=3).given_up)

    @given(ANYTHING, ANYTHING)
    def test_anything(self, interval: Any, count: Any) -> None:
        """A sound policy, or the error that says what is wrong."""
        for profile in (nats_client, nats_server):
            check(profile, interval, count)
            check(profile, 1, count)


class ZmtpTests(SynchronousTestCase):
    def test_fields(self) -> None:
        """Milliseconds of ours, tenths of a second of the peer's."""
        for (ivl, timeout, ttl), expected in ZMTP:
            policy = zmtp(ivl, timeout, peer_ttl=ttl)
            fields = (policy.interval, policy.timeout, policy.silence)
            self.assertEqual(fields, expected)
            self.assertEqual(policy.beacon, policy.interval)

    def test_refuses(self) -> None:
        """A negative TTL, and numbers of ours that cannot be meant."""
        self.assertRaises(PolicyError, zmtp, 1000, peer_ttl=-1)
        self.assertRaises(PolicyError, zmtp, -1000)

    def test_clamped(self) -> None:
        """A peer that allows itself nearly two hours gets what the limits say."""
        policy = zmtp(0, peer_ttl=65_535, limits=Limits(longest=60))
        self.assertEqual(policy.silence, 60)

    def test_timing(self) -> None:
        """PING at the interval, given up after the timeout without any traffic."""
        seen = timeline(zmtp(10_000, 3000), 20)

        self.assertTrue(10 <= seen.asked[0] <= 10 + LATE)
        assert seen.given_up is not None
        self.assertTrue(13 <= seen.given_up <= 13 + LATE)

    def test_pings_leave_while_the_peer_talks(self) -> None:
        """The TTL that the peer was told is fed."""
        seen = timeline(zmtp(10_000), 100, talks_every=1)

        for beat, next_beat in zip([0.0, *seen.beaten], seen.beaten, strict=False):
            self.assertTrue(next_beat - beat <= 10)
        self.assertIsNone(seen.given_up)

    @given(ANYTHING, ANYTHING, ANYTHING, LIMITED)
    def test_anything(self, ivl: Any, timeout: Any, ttl: Any, limits: Limits) -> None:
        """A sound policy, or the error that says what is wrong."""
        check(zmtp, ivl, timeout, peer_ttl=ttl, limits=limits)
        check(zmtp, 1000, timeout, limits=limits)
        check(zmtp, 1000, peer_ttl=ttl, limits=limits)
