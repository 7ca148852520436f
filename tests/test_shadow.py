"""A function before a method of one object, and no trace of it afterwards."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.shadow import Shadow, below, cover, uncover


class Named:
    def name(self) -> str:
        """What it is called."""
        return "class"


def louder(name: Any) -> Any:
    """A function that stands before *name*."""
    return lambda: name().upper()


class ShadowTests(SynchronousTestCase):
    def test_stands_before(self) -> None:
        """The shadow is called, on this instance only, and calls the method."""
        named = Named()
        Shadow(named, "name", louder)
        self.assertEqual((named.name(), Named().name()), ("CLASS", "class"))

    def test_removed(self) -> None:
        """Nothing is left on the instance once it is removed, also twice."""
        named = Named()
        shadow = Shadow(named, "name", louder)
        shadow.remove()
        shadow.remove()
        self.assertEqual(vars(named), {})

    def test_covers_instance_attribute(self) -> None:
        """What the instance had set itself is called, and is given back."""
        named: Any = Named()
        named.name = own = lambda: "own"
        shadow = Shadow(named, "name", louder)
        self.assertEqual(named.name(), "OWN")
        shadow.remove()
        self.assertIs(named.name, own)

    def test_covered_by_another(self) -> None:
        """Somebody else's function on top of it is left alone."""
        named: Any = Named()
        shadow = Shadow(named, "name", louder)
        below = named.name
        named.name = other = lambda: below() + "!"
        self.assertFalse(shadow.on_top)
        shadow.remove()
        self.assertIs(named.name, other)
        self.assertEqual(named.name(), "CLASS!")

    def test_static_method(self) -> None:
        """What is no method of the instance is given back as it was."""

        class Fixed:
            @staticmethod
            def name() -> str:
                return "fixed"

        fixed = Fixed()
        shadow = Shadow(fixed, "name", louder)
        self.assertEqual(fixed.name(), "FIXED")
        shadow.remove()
        self.assertEqual(fixed.name(), "fixed")


class CoverTests(SynchronousTestCase):
    def test_below(self) -> None:
        """What is covered can be called: the method of the class, or the instance's."""
        named: Any = Named()
        own = cover(named, "name", str)
        self.assertEqual((named.name(), below(named, "name", own)()), ("", "class"))
        uncover(named, "name", str, own)
        self.assertEqual(named.name(), "class")
        named.name = lambda: "own"
        own = cover(named, "name", str)
        self.assertEqual(below(named, "name", own)(), "own")

    def test_only_on_the_instance(self) -> None:
        """What the class does not have at all, the instance may have."""
        space: Any = SimpleNamespace(name=lambda: "own")
        own = cover(space, "name", str)
        self.assertEqual(below(space, "name", own)(), "own")
