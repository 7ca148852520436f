"""WebSocket and Engine.IO: the cases of the libraries."""

from __future__ import annotations

import inspect
from typing import Any

from autobahn.twisted.websocket import WebSocketClientFactory
from hypothesis import given
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import Keepalive, PolicyError, Proof
from heartbeat.profiles import (
    LIMITS,
    Limits,
    autobahn,
    engine_io_client,
    engine_io_server,
    websockets,
)
from tests.profiles.arbitrary import ANYTHING, LIMITED, check
from tests.profiles.timing import LATE, timeline

WEBSOCKETS = [
    # ping_interval, ping_timeout, asked after, given up after
    ((20, 20), 20, 40),  # the defaults of websockets
    ((20, None), 20, None),  # its documentation: None disables the timeout
    ((None, 20), None, None),  # and the pings
    ((60, 5), 60, 65),
    ((5, 60), 5, 65),  # a timeout longer than the interval
]


class WebsocketsTests(SynchronousTestCase):
    def test_timing(self) -> None:
        """Ping at the interval; given up unless a Pong comes, whatever else comes."""
        for numbers, asked, end in WEBSOCKETS:
            for talks_every in (None, 1):
                seen = timeline(websockets(*numbers), 70, talks_every=talks_every)
                if asked is not None:
                    self.assertTrue(asked <= seen.asked[0] <= asked + LATE)
                self.assertEqual(bool(seen.asked), asked is not None)
                self.assertEqual(seen.given_up is None, end is None)
                if end is not None and seen.given_up is not None:
                    self.assertTrue(end <= seen.given_up <= end + LATE)

    def test_answered(self) -> None:
        """A Ping an interval for as long as Pongs come."""
        seen = timeline(websockets(), 110, answers=True)

        self.assertEqual((len(seen.asked), seen.given_up), (5, None))

    def test_defaults(self) -> None:
        """Those of the library."""
        self.assertEqual(websockets(), websockets(20, 20))

    @given(ANYTHING, ANYTHING)
    def test_anything(self, interval: Any, timeout: Any) -> None:
        """A sound policy, or the error that says what is wrong."""
        check(websockets, interval)
        check(websockets, 1, timeout)


class AutobahnTests(SynchronousTestCase):
    def test_fields(self) -> None:
        """Its own numbers; 0 is off, as it is there."""
        expected = Keepalive(interval=10, timeout=5, jitter=0)
        self.assertEqual(autobahn(10, 5), expected)
        self.assertFalse(autobahn(0, 5).asks)
        self.assertIsNone(autobahn(10).timeout)

    def test_defaults(self) -> None:
        """Autobahn's: no pings; data answers one."""
        factory = WebSocketClientFactory(reactor=Clock())
        self.assertEqual((factory.autoPingInterval, factory.autoPingTimeout), (0, 0))
        own = inspect.signature(autobahn).parameters["restart_on_any_traffic"].default
        self.assertEqual(factory.autoPingRestartOnAnyTraffic, own)

    def test_timing(self) -> None:
        """Data is as good as a Pong, or is not, as configured."""
        strict = autobahn(10, 5, restart_on_any_traffic=False)
        self.assertIs(strict.proof, Proof.REPLY)
        seen = timeline(strict, 30, talks_every=3)
        assert seen.given_up is not None
        self.assertTrue(15 <= seen.given_up <= 15 + LATE)
        self.assertIsNone(timeline(autobahn(10, 5), 30, talks_every=3).given_up)

    @given(ANYTHING, ANYTHING)
    def test_anything(self, interval: Any, timeout: Any) -> None:
        """A sound policy, or the error that says what is wrong."""
        check(autobahn, interval)
        check(autobahn, 1, timeout, restart_on_any_traffic=False)


class EngineIoTests(SynchronousTestCase):
    def test_server(self) -> None:
        """The server asks; only a pong counts."""
        seen = timeline(engine_io_server(25_000, 20_000), 50, talks_every=1)

        self.assertEqual(engine_io_server(), engine_io_server(25_000, 20_000))
        self.assertTrue(25 <= seen.asked[0] <= 25 + LATE)
        assert seen.given_up is not None
        self.assertTrue(45 <= seen.given_up <= 45 + LATE)

    def test_client(self) -> None:
        """The client asks nothing, and gives a silent server up after both times."""
        for (interval, timeout), silence in (
            ((25_000, 20_000), 45),  # the specification's open packet
            ((300, 200), 2 * LIMITS.shortest),  # its test suite's, below the limits
            ((1000, 500), 1.5),
        ):
            policy = engine_io_client(interval, timeout)
            self.assertEqual(
                policy, Keepalive(interval=None, silence=silence, jitter=0)
            )
            seen = timeline(policy, silence + 1)
            assert seen.given_up is not None
            self.assertTrue(silence <= seen.given_up <= silence + LATE)

    def test_client_off(self) -> None:
        """A server that says 0 for either promises no ping."""
        for numbers in ((0, 20_000), (25_000, 0), (0, 0)):
            self.assertIsNone(engine_io_client(*numbers).silence)

    def test_refuses(self) -> None:
        """JSON can say what time cannot be."""
        for value in (-1, None, "25000", float("nan")):
            self.assertRaises(PolicyError, engine_io_client, value, 20_000)

    @given(ANYTHING, ANYTHING, LIMITED)
    def test_anything(self, interval: Any, timeout: Any, limits: Limits) -> None:
        """A sound policy, or the error that says what is wrong."""
        check(engine_io_server, interval)
        check(engine_io_server, 1000, timeout)
        check(engine_io_client, interval, timeout, limits=limits)
