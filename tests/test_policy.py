"""What a policy accepts, refuses and promises."""

from __future__ import annotations

import math
import pickle
from decimal import Decimal
from fractions import Fraction
from typing import Any

import attrs
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import Keepalive, PolicyError, Proof
from heartbeat.policy import LONGEST, SHORTEST

DURATIONS = ("interval", "timeout", "beacon", "silence", "idle", "max_age", "grace")
FIELDS = tuple(field.name for field in attrs.fields(Keepalive))


class Vague:
    """Compares like an array of numbers: to something without a truth value."""

    def __eq__(self, other: object) -> Any:
        """No bool."""
        return self

    def __hash__(self) -> int:
        """Of the identity."""
        return id(self)

    def __bool__(self) -> bool:
        """As numpy's arrays do."""
        raise ValueError("ambiguous")


ANYTHING: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**400),
    st.floats(),
    st.fractions(),
    st.decimals(),
    st.complex_numbers(),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.lists(st.integers(), max_size=2),
    st.sampled_from(Proof),
    st.builds(Vague),
)


def make(field: str, value: object) -> Keepalive:
    """A policy of defaults, but for one field."""
    changed: dict[str, Any] = {field: value}
    return Keepalive(**changed)


class KeepaliveTests(SynchronousTestCase):
    def refuse(self, field: str, value: object) -> PolicyError:
        """The error that *value* for *field* is."""
        error: PolicyError = self.assertRaises(PolicyError, make, field, value)
        self.assertEqual((error.field, error.value), (field, value))
        return error

    def test_defaults(self) -> None:
        """Ask after 30 s, wait 20 s, once; abort a close after 10 s."""
        policy = Keepalive()

        self.assertEqual((policy.interval, policy.timeout), (30, 20))
        self.assertEqual((policy.attempts, policy.grace), (1, 10))
        self.assertEqual((policy.proof, policy.jitter), (Proof.TRAFFIC, 0.1))
        self.assertTrue(policy.enforce and policy.autostart)
        for off in ("beacon", "silence", "idle", "max_age"):
            self.assertIsNone(getattr(policy, off))

    def test_zero_is_off(self) -> None:
        """0, of any sign and type, is the same as None in every duration."""
        for field in DURATIONS:
            for zero in (0, 0.0, -0.0, Fraction(0)):
                self.assertIsNone(getattr(make(field, zero), field))
                self.assertEqual(make(field, zero), make(field, None))

    def test_durations_accepted(self) -> None:
        """Whole and broken seconds within the range are kept as they are."""
        for field in DURATIONS:
            for value in (SHORTEST, 1, 2.5, Fraction(1, 3), LONGEST):
                self.assertEqual(getattr(make(field, value), field), value)

    def test_durations_refused(self) -> None:
        """NaN, infinite, negative, absurd, and what is no number of seconds."""
        absurd = (-1, -1e-9, 1e-9, 1e10, 10**400, math.inf, -math.inf, Decimal(1))
        for field in DURATIONS:
            for value in (*absurd, True, False, "30", b"", [], 1j, object()):
                self.refuse(field, value)
            with self.assertRaises(PolicyError):
                make(field, math.nan)

    def test_what_has_no_truth_value(self) -> None:
        """Something that cannot even be compared is refused like anything else."""
        for field in DURATIONS:
            with self.assertRaises(PolicyError):
                make(field, Vague())

    def test_attempts(self) -> None:
        """A whole number from 1 to 1000."""
        self.assertEqual(Keepalive(attempts=1000).attempts, 1000)
        for value in (0, -1, 1001, 10**400, 1.0, True, None, "2", math.nan):
            self.refuse("attempts", value)

    def test_jitter(self) -> None:
        """A share from 0 up to, but not including, 1."""
        self.assertEqual(Keepalive(jitter=0).jitter, 0)
        self.assertEqual(Keepalive(jitter=0.999).jitter, 0.999)
        for value in (1, -0.1, 10**400, True, None, "0.1"):
            self.refuse("jitter", value)

    def test_switches(self) -> None:
        """Only a bool: an integer may be meant for something else."""
        for field in ("enforce", "autostart"):
            self.assertFalse(getattr(make(field, False), field))
            for value in (0, 1, None, "no"):
                self.refuse(field, value)

    def test_proof(self) -> None:
        """A member of the enum, not its name."""
        self.assertIs(Keepalive(proof=Proof.REPLY).proof, Proof.REPLY)
        for value in ("reply", None, 1):
            self.refuse("proof", value)

    def test_error_names_everything(self) -> None:
        """The message holds field, value, rule and way out."""
        error = self.refuse("interval", -5)

        self.assertEqual(
            str(error),
            "interval=-5: must be a number of seconds, 0.001 up to 1e+09; "
            "give seconds, or None (or 0) to switch it off",
        )
        self.assertIsInstance(error, ValueError)

    def test_every_rule_has_a_way_out(self) -> None:
        """Whatever the field, the message starts with it and ends with advice."""
        for field in FIELDS:
            error = self.refuse(field, "x")
            self.assertTrue(str(error).startswith(f"{field}='x': must be "))
            self.assertTrue(error.way_out.startswith("give "))

    @given(st.sampled_from(FIELDS), ANYTHING)
    def test_anything(self, field: str, value: object) -> None:
        """Whatever is given, it is a usable policy or a PolicyError about it."""
        try:
            policy = make(field, value)
        except PolicyError as error:
            self.assertEqual(error.field, field)
            self.assertIn(error.rule, str(error))
        else:
            self.assertGreaterEqual(policy.within or 1, SHORTEST)

    def test_frozen_and_keyword_only(self) -> None:
        """A policy cannot change, and no number goes without its name."""
        positional: Any = Keepalive
        with self.assertRaises(attrs.exceptions.FrozenInstanceError):
            Keepalive().interval = 5  # type: ignore[misc]
        self.assertRaises(TypeError, positional, 30)

    def test_evolve(self) -> None:
        """A derived policy is checked like a new one."""
        self.assertEqual(attrs.evolve(Keepalive(), timeout=0).timeout, None)
        with self.assertRaises(PolicyError):
            attrs.evolve(Keepalive(), timeout=-1)

    def test_value(self) -> None:
        """Equal by value, usable as a key, copied by pickle."""
        policy = Keepalive(interval=5, proof=Proof.REPLY)
        copy = pickle.loads(pickle.dumps(policy))  # noqa: S301 - our own

        self.assertEqual(copy, policy)
        self.assertEqual({policy: 1}[copy], 1)

    def test_voice(self) -> None:
        """It asks with an interval, and beats with a beacon."""
        self.assertTrue(Keepalive().asks)
        self.assertFalse(Keepalive(interval=None).asks)
        self.assertTrue(Keepalive(beacon=5).beats)
        self.assertFalse(Keepalive().beats)


class WithinTests(SynchronousTestCase):
    def test_question(self) -> None:
        """The interval, and every attempt's timeout."""
        self.assertEqual(Keepalive().within, 50)
        self.assertEqual(Keepalive(interval=5, timeout=2, attempts=3).within, 11)

    def test_silence(self) -> None:
        """The hard limit, if it comes first or is alone."""
        self.assertEqual(Keepalive(silence=40).within, 40)
        self.assertEqual(Keepalive(silence=60).within, 50)
        self.assertEqual(Keepalive(interval=None, silence=60).within, 60)
        self.assertEqual(Keepalive(timeout=None, silence=60).within, 60)

    def test_never(self) -> None:
        """Without a limit there is no promise."""
        self.assertIsNone(Keepalive(interval=None).within)
        self.assertIsNone(Keepalive(timeout=None, idle=5, max_age=5).within)
