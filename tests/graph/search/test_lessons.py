"""What is learnt from a search, and what is not."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.kinds import Strength
from heartbeat.graph.search.edges import LARGE
from heartbeat.graph.search.lessons import Lessons, Past
from heartbeat.graph.search.steps import Step
from heartbeat.graph.timers import Link

LINKS = [Link(target="c1", strength=Strength.SHARED, sharers=2)]


def way(*things: object, hub: object = None) -> list[Step]:
    """The steps from the first to the last."""
    steps: list[Step] = []
    for thing in things:
        before = steps[-1] if steps else None
        steps.append(Step(thing, before, "", Strength.OWNED, hub))
    return steps


class NothingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.lessons = Lessons()
        self.first, self.second, self.third = object(), object(), object()
        self.met = [(self.first, 5), (self.second, 4), (self.third, 3)]
        self.steps = way(self.first, self.second, self.third)

    def known(self, thing: object, levels: int = 0) -> tuple[bool, bool]:
        lessons = self.lessons
        return lessons.is_bare(thing, levels), lessons.is_barren(thing, levels)

    def test_unknown(self) -> None:
        """At first nothing is known."""
        self.assertEqual(self.known(self.first), (False, False))

    def test_levels(self) -> None:
        """It is known as deep as was looked, and no deeper."""
        self.lessons.nothing_from(self.met, Past(steps=self.steps))

        for thing, levels in self.met:
            self.assertTrue(self.lessons.is_bare(thing, levels))
            self.assertFalse(self.lessons.is_bare(thing, levels + 1))
        self.assertEqual(self.known(object()), (False, False))

    def test_on_the_way(self) -> None:
        """What leads to something else is not bare, only barren; the rest is."""
        for name in ("kept", "owned", "skipped"):
            self.lessons = Lessons()
            past = Past(steps=self.steps)
            getattr(past, name).append(self.steps[1])
            self.lessons.nothing_from(self.met, past)

            self.assertEqual(self.known(self.first), (False, True))
            self.assertEqual(self.known(self.second), (False, True))
            self.assertEqual(self.known(self.third), (True, False))

    def test_every_way(self) -> None:
        """So is what leads there on a way that was not followed a second time."""
        other = object()
        steps = [*self.steps, *way(other, self.second)]
        past = Past(steps=steps, kept=[self.steps[2]])
        self.lessons.nothing_from([*self.met, (other, 5)], past)
        self.assertEqual(self.known(other), (False, True))

    def test_circle(self) -> None:
        """A circle has an end."""
        steps = [*self.steps, Step(self.first, self.steps[2])]
        self.lessons.nothing_from(self.met, Past(steps=steps, kept=[steps[1]]))
        self.assertEqual(self.known(self.third), (False, True))

    def test_large(self) -> None:
        """A dictionary of which only some members were seen may have more for others."""
        for size in (LARGE, LARGE + 1):
            registry: dict[int, Any] = dict.fromkeys(range(size))
            steps = way(self.first, registry)
            self.lessons = Lessons()
            past = Past(steps=steps, mappings=[steps[1]])
            self.lessons.nothing_from([(self.first, 5)], past)
            self.assertEqual(self.known(self.first), (size == LARGE, size > LARGE))

    def test_keys(self) -> None:
        """What depended on the keys of the call teaches nothing."""
        self.lessons.nothing_from(self.met, Past(steps=self.steps, chosen=True))
        self.assertEqual(self.known(self.first), (False, False))

    def test_identity(self) -> None:
        """Things are kept, and neither compared nor hashed."""

        class Proud:
            __hash__ = None  # type: ignore[assignment]

            def __eq__(self, other: object) -> bool:
                raise AssertionError

        self.lessons.nothing_from([(Proud(), 1)], Past())
        for _ in range(10):
            # Each in the place of the one before, unless that is taken.
            self.assertEqual(self.known(Proud()), (False, False))


class ComparableTests(SynchronousTestCase):
    """Whether keys can be looked for is found out once."""

    def test_remembered(self) -> None:
        """For a mapping that keeps its size."""
        lessons, mapping = Lessons(), {"one": 1}
        self.assertTrue(lessons.is_comparable(mapping))
        del mapping["one"]
        mapping[object()] = 2  # type: ignore[index]
        self.assertTrue(lessons.is_comparable(mapping))

    def test_grown(self) -> None:
        """Not for one that has changed its size, nor for another one."""
        lessons, mapping = Lessons(), {"one": 1}
        self.assertTrue(lessons.is_comparable(mapping))
        mapping[object()] = 2  # type: ignore[index]
        self.assertFalse(lessons.is_comparable(mapping))
        self.assertTrue(lessons.is_comparable({b"two": 2}))


class SharedTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.lessons = Lessons()
        self.hub: list[Any] = []

    def learn(self, past: Past) -> None:
        self.lessons.is_shared(self.hub, 3, LINKS, past)

    def known(self, *, keyed: bool = False) -> object:
        return self.lessons.shared_through(self.hub, keyed=keyed)

    def test_unknown(self) -> None:
        """At first nothing is known."""
        self.assertIsNone(self.known())

    def test_known(self) -> None:
        """The links are known, and how deep they are, by the container itself."""
        self.learn(Past())
        for keyed in (False, True):
            self.assertEqual(self.known(keyed=keyed), (3, LINKS))
        self.assertIsNone(self.lessons.shared_through([], keyed=False))

    def test_dictionaries_inside(self) -> None:
        """A call that carries a key may find its own in a dictionary beyond."""
        self.learn(Past(mappings=way({}, hub=self.hub)))
        self.assertEqual(self.known(), (3, LINKS))
        self.assertIsNone(self.known(keyed=True))

    def test_dictionaries_before(self) -> None:
        """One on the way to the container does not matter: it comes first."""
        self.learn(Past(mappings=way({})))
        self.assertEqual(self.known(keyed=True), (3, LINKS))

    def test_owners(self) -> None:
        """Where there are owners beyond, or what is not known, nothing is learnt."""
        for name in ("owned", "skipped"):
            past = Past()
            getattr(past, name).extend(way(object(), hub=self.hub))
            self.learn(past)
            self.assertIsNone(self.known())
        self.learn(Past(owned=way(object())))
        self.assertEqual(self.known(), (3, LINKS))

    def test_keys(self) -> None:
        """What depended on the keys of the call teaches nothing."""
        self.learn(Past(chosen=True))
        self.assertIsNone(self.known())
