"""Units, off, limits: what becomes of a number before any profile sees it."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import PolicyError, profiles
from heartbeat.policy import LONGEST, SHORTEST
from heartbeat.profiles.numbers import (
    LIMITS,
    Limits,
    Unit,
    check_limits,
    factor,
    fitted,
    own,
)
from tests.profiles.arbitrary import ANYTHING, LIMITED


class ClampTests(SynchronousTestCase):
    """A peer's number."""

    def test_zero_is_off(self) -> None:
        """Of every kind of number."""
        for zero in (0, 0.0, -0.0, Fraction(0)):
            self.assertIsNone(LIMITS.clamp("number", zero))

    def test_units(self) -> None:
        """It is seconds that come out."""
        self.assertEqual(LIMITS.clamp("number", 3), 3.0)
        self.assertEqual(LIMITS.clamp("number", 3000, Unit.MILLISECONDS), 3.0)
        self.assertAlmostEqual(LIMITS.clamp("number", 30, Unit.DECISECONDS), 3.0)

    def test_clamped(self) -> None:
        """A peer that proposes too much or too little gets the limit."""
        limits = Limits(shortest=2, longest=100)
        for proposed, expected in (
            (1, 2), (2, 2), (50, 50), (100, 100), (101, 100), (math.inf, 100), (10**400, 100)
        ):  # fmt: skip
            self.assertEqual(limits.clamp("number", proposed), expected)

    def test_refused(self) -> None:
        """What no protocol can mean is an error that names the number."""
        for value in (-1, -0.5, math.nan, -math.inf, "30", None, True, 1j):
            error = self.assertRaises(PolicyError, LIMITS.clamp, "ping_max", value)
            self.assertEqual(error.field, "ping_max")
            self.assertEqual(
                error.rule, "the peer's seconds must be a number, and not negative"
            )

    @given(ANYTHING, LIMITED, st.sampled_from(Unit))
    def test_anything(self, value: object, limits: Limits, unit: Unit) -> None:
        """The limits hold whatever comes; nothing else is raised."""
        try:
            seconds = limits.clamp("number", value, unit)
        except PolicyError:
            return
        if seconds is not None:
            self.assertTrue(limits.shortest <= seconds <= limits.longest)


class LimitsTests(SynchronousTestCase):
    """The limits themselves are the user's."""

    def test_defaults_let_16_bits_pass(self) -> None:
        """A day is more than AMQP or MQTT can say."""
        self.assertEqual(LIMITS.clamp("heartbeat", 65_535), 65_535)

    def test_refused(self) -> None:
        """No number, no time, and the wrong order."""
        for bad in ({"shortest": 0}, {"longest": math.inf}, {"shortest": True},
                    {"longest": "1"}, {"shortest": 5, "longest": 4}):  # fmt: skip
            self.assertRaises(PolicyError, Limits, **bad)

    def test_others(self) -> None:
        """What is given as limits and is none is refused, with the way out."""
        check_limits(Limits())
        for value in (3, None, Limits, (0.5, 60)):
            error = self.assertRaises(PolicyError, check_limits, value)
            self.assertEqual((error.field, error.value), ("limits", value))
            self.assertIn("give Limits(shortest=", str(error))

    def test_each_profile(self) -> None:
        """Every profile that takes limits refuses anything else, used or not."""
        for profile, numbers in (
            (profiles.amqp, (60,)),
            (profiles.amqp_tune_ok, (60, 60)),
            (profiles.engine_io_client, (1000, 1000)),
            (profiles.fix, (30,)),
            (profiles.mqtt_client, (60,)),
            (profiles.mqtt_server, (60,)),
            (profiles.stomp, ((1, 1), (1, 1))),
            (profiles.zmtp, (1000,)),
        ):
            function: Any = profile
            error = self.assertRaises(PolicyError, function, *numbers, limits=3)
            self.assertEqual(error.field, "limits")


class OwnTests(SynchronousTestCase):
    """A number of one's own."""

    def test_off(self) -> None:
        """None and 0."""
        for off in (None, 0, 0.0):
            self.assertIsNone(own("interval", off))

    def test_units(self) -> None:
        """It is seconds that come out."""
        self.assertEqual(own("interval", 1.5), 1.5)
        self.assertEqual(own("interval", 1500, Unit.MILLISECONDS), 1.5)

    def test_refused(self) -> None:
        """What cannot be meant, named as the caller wrote it, with the way out."""
        for value in (-1, math.nan, math.inf, 1e-4, 2e9, 10**400, "1", True):
            error = self.assertRaises(PolicyError, own, "keep_alive", value)
            self.assertEqual(
                (error.field, error.way_out[:12]), ("keep_alive", "give seconds")
            )

    def test_most(self) -> None:
        """What the protocol's field cannot carry is refused too."""
        self.assertEqual(own("keep_alive", 65_535, most=65_535), 65_535)
        self.assertRaises(PolicyError, own, "keep_alive", 65_536, most=65_535)


class FactorTests(SynchronousTestCase):
    def test_taken(self) -> None:
        """1 up to 1000."""
        self.assertEqual([factor("scale", n) for n in (1, 1.5, 1000)], [1, 1.5, 1000])

    def test_refused(self) -> None:
        """Anything else."""
        for value in (0.99, 1001, math.nan, None, "2", True):
            self.assertRaises(PolicyError, factor, "scale", value)


class FittedTests(SynchronousTestCase):
    def test_fitted(self) -> None:
        """Into what a policy takes."""
        self.assertEqual([fitted(n) for n in (1e-9, 5, 1e12)], [SHORTEST, 5, LONGEST])
