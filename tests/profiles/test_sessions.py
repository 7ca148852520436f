"""FIX 4.4, OpenSSH and IRC: the specifications' cases, and those of implementations."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from twisted.trial.unittest import SynchronousTestCase
from twisted.words.protocols.irc import IRCClient

from heartbeat import Keepalive, PolicyError, Proof
from heartbeat.profiles import (
    LIMITS,
    Limits,
    fix,
    irc_client,
    irc_server,
    ssh_client,
    ssh_server,
)
from tests.profiles.arbitrary import ANYTHING, LIMITED, check
from tests.profiles.timing import LATE, timeline

FIX = [
    # HeartBtInt, factors, asked after, given up after
    (30, (1.2, 2.4), 36.0, 72.0),  # QuickFIX, the usual 30 s
    (30, (1.5, 2.4), 45.0, 72.0),  # QuickFIX/J
    (10, (1.2, 2.4), 12.0, 24.0),
    (3600, (1.2, 2.4), 4320.0, 8640.0),
]

SSH = [
    # interval, count, questions, given up after
    (15, 3, 3, 60),  # ssh_config(5)'s example: "approximately 45 seconds"
    (60, 1, 1, 120),
    (10, 5, 5, 60),
]


class FixTests(SynchronousTestCase):
    def test_fields(self) -> None:
        """Beat each HeartBtInt, ask and give up by the factors."""
        for number, (ask, end), asked, given_up in FIX:
            policy = fix(number, test_request=ask, disconnect=end)
            self.assertEqual((policy.beacon, policy.interval), (number, asked))
            assert policy.within is not None
            self.assertAlmostEqual(policy.within, given_up)

    def test_zero(self) -> None:
        """FIX 4.4: HeartBtInt of 0 is no heartbeats at all."""
        self.assertEqual(fix(0), Keepalive(interval=None, jitter=0))

    def test_refuses(self) -> None:
        """A negative HeartBtInt, as QuickFIX rejects its Logon; impossible factors."""
        self.assertRaises(PolicyError, fix, -30)
        self.assertRaises(PolicyError, fix, 30, test_request=0.5)
        error = self.assertRaises(PolicyError, fix, 30, test_request=2.4)
        self.assertEqual(error.field, "disconnect")

    def test_clamped(self) -> None:
        """An initiator that wants a beat each 1 ms gets what the limits say."""
        self.assertEqual(fix(0.001).beacon, LIMITS.shortest)

    def test_timing(self) -> None:
        """Heartbeats go on while a TestRequest is open; the verdict is at 2.4."""
        seen = timeline(fix(10), 30)

        self.assertEqual(len(seen.beaten), 2)
        for beat, next_beat in zip([0.0, *seen.beaten], seen.beaten, strict=False):
            self.assertTrue(next_beat - beat <= 10)
        self.assertTrue(12 <= seen.asked[0] <= 12 + LATE)
        assert seen.given_up is not None
        self.assertTrue(24 <= seen.given_up <= 24 + LATE)

    @given(ANYTHING, ANYTHING, ANYTHING, LIMITED)
    def test_anything(self, number: Any, ask: Any, end: Any, limits: Limits) -> None:
        """A sound policy, or the error that says what is wrong."""
        check(fix, number, limits=limits)
        check(fix, 1, test_request=ask, limits=limits)
        check(fix, 1, test_request=1, disconnect=end, limits=limits)


class SshTests(SynchronousTestCase):
    def test_timing(self) -> None:
        """A question an interval, and given up an interval after the last one."""
        for profile in (ssh_client, ssh_server):
            for interval, count, questions, end in SSH:
                seen = timeline(profile(interval, count), end + 2)
                self.assertEqual(len(seen.asked), questions)
                assert seen.given_up is not None
                self.assertTrue(end <= seen.given_up <= end + (count + 1) * LATE)

    def test_any_packet_counts(self) -> None:
        """A server that answers with UNIMPLEMENTED is alive."""
        self.assertIsNone(timeline(ssh_client(10), 100, talks_every=9).given_up)
        self.assertIs(ssh_client(10).proof, Proof.TRAFFIC)

    def test_off(self) -> None:
        """An interval of 0 is never, the default of ssh and of sshd."""
        for count in (0, 3):
            for policy in (ssh_client(0, count), ssh_server(0, count)):
                self.assertFalse(policy.asks)
                self.assertIsNone(policy.within)

    def test_count_of_zero_of_a_client(self) -> None:
        """``server_alive_check`` gives up before it asks."""
        seen = timeline(ssh_client(10, 0), 20)

        self.assertEqual(seen.asked, [])
        assert seen.given_up is not None
        self.assertTrue(10 <= seen.given_up <= 10 + LATE)

    def test_count_of_zero_of_a_server(self) -> None:
        """sshd_config(5): it disables termination; the questions go on."""
        seen = timeline(ssh_server(10, 0), 45)

        self.assertEqual((len(seen.asked), seen.given_up), (4, None))

    def test_refuses(self) -> None:
        """A count that is none."""
        for count in (-1, 1.5, False, None):
            for profile in (ssh_client, ssh_server):
                self.assertRaises(PolicyError, profile, 10, count)

    @given(ANYTHING, ANYTHING)
    def test_anything(self, interval: Any, count: Any) -> None:
        """A sound policy, or the error that says what is wrong."""
        for profile in (ssh_client, ssh_server):
            check(profile, interval, count)
            check(profile, 15, count)


class IrcServerTests(SynchronousTestCase):
    def test_defaults(self) -> None:
        """Those of ngircd."""
        self.assertEqual(irc_server(), Keepalive(interval=120, timeout=20, jitter=0))

    def test_off(self) -> None:
        """0 is off for the one, for ever for the other."""
        self.assertFalse(irc_server(0).asks)
        self.assertIsNone(irc_server(120, 0).timeout)

    def test_timing(self) -> None:
        """PING after silence, closed when nothing came for long enough."""
        seen = timeline(irc_server(), 150)

        self.assertTrue(120 <= seen.asked[0] <= 120 + LATE)
        assert seen.given_up is not None
        self.assertTrue(140 <= seen.given_up <= 140 + LATE)

    @given(ANYTHING, ANYTHING)
    def test_anything(self, ping: Any, pong: Any) -> None:
        """A sound policy, or the error that says what is wrong."""
        check(irc_server, ping)
        check(irc_server, 1, pong)


class IrcClientTests(SynchronousTestCase):
    def test_default(self) -> None:
        """Twisted's."""
        self.assertEqual(irc_client().interval, IRCClient.heartbeatInterval)

    def test_timing(self) -> None:
        """A PING an interval although the server talks; nobody is given up."""
        seen = timeline(irc_client(10), 45, talks_every=1)

        self.assertEqual((len(seen.asked), seen.given_up), (4, None))

    @given(ANYTHING)
    def test_anything(self, interval: Any) -> None:
        """A sound policy, or the error that says what is wrong."""
        check(irc_client, interval)
