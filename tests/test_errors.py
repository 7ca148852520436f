"""Behaviour of the exceptions: what they say, carry, and are caught as."""

from __future__ import annotations

import copy
import inspect
import pickle

from twisted.internet.error import ConnectionLost
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from heartbeat import errors
from heartbeat.errors import (
    HeartbeatError,
    LateWriteError,
    NotConnectedError,
    NotReadyError,
    PeerLostError,
    PolicyError,
    ScopeClosedError,
)
from heartbeat.evidence import Evidence
from heartbeat.verdict import Kind, Verdict

VERDICT = Verdict(
    kind=Kind.PEER_SILENT,
    evidence=Evidence(heard_ago=40.0),
    peer="192.0.2.1:7",
    at=100.0,
    waited=40.0,
)

EXAMPLES: list[HeartbeatError] = [
    ScopeClosedError("chat", "192.0.2.1:7", 1.5, "peer closed"),
    PolicyError("interval", -1, "must not be negative", "use None to switch it off"),
    LateWriteError("192.0.2.1:7", "peer closed", 2.25, 6),
    NotConnectedError("Chat"),
    NotReadyError("the handshake is under way"),
    PeerLostError(VERDICT),
]


class TreeTests(SynchronousTestCase):
    """Who is caught as what."""

    def test_one_base(self) -> None:
        """``except HeartbeatError`` catches every exception of the module."""
        public = [getattr(errors, name) for name in errors.__all__]

        self.assertTrue(all(issubclass(each, HeartbeatError) for each in public))

    def test_the_examples_are_all(self) -> None:
        """These tests show every exception that can be raised."""
        public = {getattr(errors, name) for name in errors.__all__}

        self.assertEqual({type(each) for each in EXAMPLES}, public - {HeartbeatError})

    def test_tree_is_drawn(self) -> None:
        """The module's docstring names every exception."""
        text = inspect.getdoc(errors) or ""

        self.assertEqual([name for name in errors.__all__ if name not in text], [])

    def test_policy_error_is_a_value_error(self) -> None:
        """Code that expects ValueError for a bad value goes on working."""
        self.assertIsInstance(EXAMPLES[1], ValueError)

    def test_not_connected_is_a_lookup_error(self) -> None:
        """Nothing was found: code that looks for a keepalive expects LookupError."""
        self.assertIsInstance(EXAMPLES[3], LookupError)

    def test_peer_lost_is_a_connection_lost(self) -> None:
        """Code that traps Twisted's ConnectionLost goes on working."""
        failure = Failure(PeerLostError(VERDICT))

        self.assertIs(failure.check(ConnectionLost), ConnectionLost)


class CopyTests(SynchronousTestCase):
    """Exceptions cross process borders and are copied by frameworks."""

    def test_pickled(self) -> None:
        """A pickled exception keeps its class, its text and its data."""
        for each in EXAMPLES:
            other = pickle.loads(pickle.dumps(each))  # noqa: S301

            self.assertIs(type(other), type(each))
            self.assertEqual((str(other), vars(other)), (str(each), vars(each)))

    def test_copied(self) -> None:
        """A copied exception keeps its data."""
        for each in EXAMPLES:
            self.assertEqual(vars(copy.copy(each)), vars(each))


class ScopeClosedErrorTests(SynchronousTestCase):
    """A clock was used after its connection."""

    def test_names_everything(self) -> None:
        """The text names scope, peer, age, reason and the way out."""
        self.assertEqual(
            str(ScopeClosedError("chat", "192.0.2.1:7", 1.5, "peer closed")),
            "scope 'chat' of the connection to 192.0.2.1:7 closed 1.500 s ago "
            "(peer closed); for a timer that is meant to outlive the connection "
            "use clock.parent",
        )

    def test_without_name_and_peer(self) -> None:
        """A scope without name and peer still says when and why it closed."""
        self.assertEqual(
            str(ScopeClosedError("", "", 0.0, "closed")),
            "this scope closed 0.000 s ago (closed); for a timer that is meant to "
            "outlive the connection use clock.parent",
        )

    def test_data(self) -> None:
        """Everything the text says is an attribute too."""
        error = ScopeClosedError("chat", "192.0.2.1:7", 1.5, "peer closed")

        self.assertEqual(
            (error.name, error.peer, error.closed_ago, error.reason),
            ("chat", "192.0.2.1:7", 1.5, "peer closed"),
        )


class PolicyErrorTests(SynchronousTestCase):
    """A configured value cannot be meant."""

    def test_names_everything(self) -> None:
        """The text names the field, the value, the rule and the way out."""
        self.assertEqual(
            str(PolicyError("interval", -1, "must be >= 0", "use None for off")),
            "interval=-1: must be >= 0; use None for off",
        )

    def test_data(self) -> None:
        """Everything the text says is an attribute too."""
        error = PolicyError("interval", -1, "must be >= 0", "use None for off")

        self.assertEqual(
            (error.field, error.value, error.rule, error.way_out),
            ("interval", -1, "must be >= 0", "use None for off"),
        )


class LateWriteErrorTests(SynchronousTestCase):
    """A lost connection was written to."""

    def test_names_everything(self) -> None:
        """The text names size, peer, age, reason and the way out."""
        self.assertEqual(
            str(LateWriteError("192.0.2.1:7", "peer closed", 2.25, 6)),
            "6 bytes written to 192.0.2.1:7 2.250 s after the connection was lost "
            "(peer closed); let whatever wrote them end with the connection: "
            "self.clock.callLater for a timer, self.clock.own for a Deferred",
        )

    def test_data(self) -> None:
        """Everything the text says is an attribute too."""
        error = LateWriteError("192.0.2.1:7", "peer closed", 2.25, 6)

        self.assertEqual(
            (error.peer, error.reason, error.lost_ago, error.size),
            ("192.0.2.1:7", "peer closed", 2.25, 6),
        )


class PeerLostErrorTests(SynchronousTestCase):
    """We gave the peer up."""

    def test_says_the_verdict(self) -> None:
        """The text is the verdict's sentence, without Twisted's preamble."""
        self.assertEqual(str(PeerLostError(VERDICT)), str(VERDICT))

    def test_carries_the_verdict(self) -> None:
        """The verdict is the very object that was judged by."""
        self.assertIs(PeerLostError(VERDICT).verdict, VERDICT)


class NotReadyErrorTests(SynchronousTestCase):
    """A protocol that cannot speak now."""

    def test_says_why(self) -> None:
        """The text names the phase, and that it is no failure."""
        self.assertEqual(
            str(NotReadyError("the handshake is under way")),
            "nothing can be said now: the handshake is under way; it is tried again "
            "later",
        )
