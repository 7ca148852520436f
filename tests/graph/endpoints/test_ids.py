"""Short names for objects."""

from __future__ import annotations

import gc
import weakref

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.endpoints import ids
from heartbeat.graph.endpoints.ids import id_of


class Thing:
    """Something to name, with opinions on equality."""

    def __eq__(self, other: object) -> bool:
        raise AssertionError("asked whether it is equal")

    def __hash__(self) -> int:
        raise AssertionError("asked for its hash")


class IdTests(SynchronousTestCase):
    """Names."""

    def test_same(self) -> None:
        """An object keeps its name; another one has another."""
        one, two = Thing(), Thing()

        self.assertEqual(id_of(one, "c"), id_of(one, "c"))
        self.assertNotEqual(id_of(one, "c"), id_of(two, "c"))
        self.assertRegex(id_of(one, "c"), r"^c\d+$")

    def test_letter(self) -> None:
        """The letter is a part of the name."""
        thing = Thing()

        self.assertEqual(id_of(thing, "l")[0], "l")
        self.assertEqual(id_of(thing, "c")[0], "c")

    def test_forgotten(self) -> None:
        """An object is not kept, nor is its name given to another."""
        gc.collect()
        thing = Thing()
        name, weak = id_of(thing, "c"), weakref.ref(thing)
        before = len(ids._named)
        del thing
        gc.collect()

        self.assertIsNone(weak())
        self.assertEqual(len(ids._named), before - 1)
        self.assertNotEqual(name, id_of(Thing(), "c"))

    def test_not_weak(self) -> None:
        """What cannot be referred to weakly has a new name each time."""
        thing = (1, 2)

        self.assertNotEqual(id_of(thing, "x"), id_of(thing, "x"))
