"""A function before a method of one object, and no trace of it afterwards."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.shadow import Shadow


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
