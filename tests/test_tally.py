"""Totals by class: bounded in number, and of nothing but numbers."""

from __future__ import annotations

import gc
import math
import weakref

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.tally import CLASSES, OTHER, Tallies, Tally


class TallyTests(SynchronousTestCase):
    def test_answers(self) -> None:
        """What a round trip took is added up where somebody knows."""
        tally = Tally()
        self.assertEqual(tally.round_trip_least, math.inf)
        for seconds in (0.5, None, 0.25, 1.0):
            tally.answered(seconds)
        self.assertEqual((tally.pongs, tally.round_trips), (4, 3))
        self.assertEqual((tally.round_trip_sum, tally.round_trip_least), (1.75, 0.25))

    def test_verdicts(self) -> None:
        """Verdicts are told apart by kind, and those of a dry run from the others."""
        tally = Tally()
        for enforced in (True, True, False):
            tally.concluded("PEER_HUNG", enforced=enforced)
        self.assertEqual(tally.verdicts, {"PEER_HUNG": 2})
        self.assertEqual(tally.dry_verdicts, {"PEER_HUNG": 1})


class TalliesTests(SynchronousTestCase):
    def test_one_for_each_name(self) -> None:
        """A class is counted under its name; another of that name, with it."""
        tallies = Tallies()
        one, again, other = named("One"), named("One"), named("Other")
        self.assertIs(tallies.of(one), tallies.of(one))
        self.assertIs(tallies.of(one), tallies.of(again))
        self.assertIsNot(tallies.of(one), tallies.of(other))
        self.assertEqual(
            list(tallies.by_name), [f"{__name__}.One", f"{__name__}.Other"]
        )

    def test_bounded(self) -> None:
        """Beyond so many names all others are one, and those there were remain."""
        tallies = Tallies()
        classes = [named(f"Class{n}") for n in range(CLASSES + 3)]
        found = [tallies.of(each) for each in classes]
        self.assertEqual(len(tallies.by_name), CLASSES + 1)
        self.assertEqual(set(found[CLASSES:]), {tallies.by_name[OTHER]})
        self.assertIs(tallies.of(classes[0]), found[0])

    def test_classes_go(self) -> None:
        """Classes that are made by the thousand are not all kept."""
        tallies = Tallies()
        first = weakref.ref(named("Made"))
        made = named("Made")
        tallies.of(made)
        kept = weakref.ref(made)
        del made
        for _ in range(CLASSES):
            tallies.of(named("Made"))
        self.assertLessEqual(len(tallies._known), CLASSES)
        self.assertEqual(len(tallies.by_name), 1)
        self.assertIsNone(_collected(first))
        self.assertIsNone(_collected(kept))


def named(name: str) -> type:
    """A class of that name, of this module."""
    return type(name, (), {"__module__": __name__})


def _collected(reference: weakref.ref[type]) -> type | None:

    gc.collect()
    return reference()
