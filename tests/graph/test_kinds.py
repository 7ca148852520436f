"""The words of a snapshot."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.kinds import (
    DECIDING,
    GONE,
    CallVerdict,
    Kind,
    Source,
    State,
    Strength,
)


class KindTests(SynchronousTestCase):
    """Closed lists."""

    def test_words(self) -> None:
        """Each has a value of its own, in small letters, that leads back to it."""
        for kind in (CallVerdict, Kind, Source, State, Strength):
            values = [each.value for each in kind]

            self.assertEqual(len(set(values)), len(kind.__members__))
            self.assertEqual(values, [value.lower() for value in values])
            self.assertEqual([kind(value) for value in values], list(kind))

    def test_strengths(self) -> None:
        """The sure ones come first, and of these alone a verdict is made."""
        order = list(Strength)

        self.assertEqual(set(order[: len(DECIDING)]), DECIDING)
        self.assertEqual((order[0], order[-1]), (Strength.SCOPED, Strength.SHARED))

    def test_gone(self) -> None:
        """Nothing leads back from these states, and from no other."""
        self.assertEqual(GONE, {State.DISCONNECTED, State.FAILED})
