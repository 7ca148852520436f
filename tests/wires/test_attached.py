"""What a wire keeps of one connection."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.errors import NotConnectedError
from heartbeat.wires.attached import attach, attached, detach


class Talk:
    """A protocol, as far as this goes."""


class AttachedTests(SynchronousTestCase):
    """Kept, found, forgotten."""

    def test_nothing(self) -> None:
        """Without a connection there is nothing, and the error says whose."""
        error = self.assertRaises(NotConnectedError, attached, Talk())
        self.assertEqual(error.protocol, "Talk")
        detach(Talk(), object())

    def test_kept_until_forgotten(self) -> None:
        """It is found until it is forgotten, which may happen twice."""
        talk, thing = Talk(), object()
        forget = attach(talk, thing)
        self.assertIs(attached(talk), thing)
        forget()
        forget()
        self.assertEqual(vars(talk), {})

    def test_connected_again(self) -> None:
        """Forgetting what an earlier connection left does not touch the present one."""
        talk, thing = Talk(), object()
        forget = attach(talk, object())
        attach(talk, thing)
        forget()
        self.assertIs(attached(talk), thing)
