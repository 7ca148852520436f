"""What is promised about connections, checked before there is one."""

from __future__ import annotations

from typing import Any, cast

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import Keepalive, Lines
from heartbeat.wrapping.terms import Terms, check_speech
from tests.connections import global_reactor
from tests.wrapping.cases import LISTEN, Notes


class Mute(Lines):
    """A wire without a question."""

    asks = False


class TermsTests(SynchronousTestCase):
    """Bad input is refused where it is given."""

    def test_defaults(self) -> None:
        """A policy is all that is needed; timers run on the global reactor."""
        terms = Terms(policy=LISTEN)
        self.assertIs(terms.clock, global_reactor())
        self.assertIsNone(terms.wire)

    def test_all(self) -> None:
        """Everything else is kept as it is given."""
        clock, notes = Clock(), Notes()
        reactor = cast("Any", clock)
        terms = Terms(
            policy=Keepalive(),
            wire=Lines(),
            reactor=reactor,
            on_suspected=notes.on_suspected,
            on_lost=notes.on_lost,
        )
        self.assertIs(terms.clock, clock)

    def test_no_policy(self) -> None:
        """What is no policy is named, with one that is."""
        with self.assertRaisesRegex(TypeError, r"not 60; write Keep|not 60: write"):
            Terms(policy=cast("Any", 60))

    def test_no_wire(self) -> None:
        """A class is no wire, nor is anything that cannot be attached."""
        for wire in (Lines, "Lines"):
            with self.assertRaisesRegex(TypeError, "give an instance of a wire"):
                Terms(policy=LISTEN, wire=cast("Any", wire))

    def test_no_hook(self) -> None:
        """What cannot be called is no hook."""
        for name in ("on_suspected", "on_lost"):
            with self.assertRaisesRegex(TypeError, f"{name}=5 cannot be called"):
                Terms(policy=LISTEN, **{name: cast("Any", 5)})

    def test_mute(self) -> None:
        """A policy that speaks needs a wire."""
        with self.assertRaisesRegex(TypeError, "interval=30.0 needs a question"):
            Terms(policy=Keepalive())
        with self.assertRaisesRegex(TypeError, "beacon=9 needs a one-way beat"):
            Terms(policy=Keepalive(interval=None, beacon=9))

    def test_unable(self) -> None:
        """And one that has words for it."""
        with self.assertRaisesRegex(TypeError, "needs a question, and Mute has none"):
            check_speech(Keepalive(), Mute())
        check_speech(Keepalive(interval=None, beacon=9), Mute())
