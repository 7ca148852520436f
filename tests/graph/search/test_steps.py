"""A step of a search knows its way, and a search begins with nothing found."""

from __future__ import annotations

from typing import Any

from twisted.internet.task import Cooperator
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.kinds import Strength
from heartbeat.graph.search.roles import Role
from heartbeat.graph.search.steps import Found, Step, opened


class StepTests(SynchronousTestCase):
    def test_first(self) -> None:
        """The first step is owned, and hangs on no container."""
        thing = object()
        step = Step(thing)

        self.assertIs(step.thing, thing)
        self.assertEqual((step.before, step.hub), (None, None))
        self.assertIs(step.way, Strength.OWNED)
        self.assertEqual(step.path(), ())

    def test_path(self) -> None:
        """The path has the names of the steps, first to last, without nameless ones."""
        first = Step("call", None, "self")
        second = Step("function", first, "")
        third = Step("chat", second, ".chat", Strength.WEAK, [])

        self.assertEqual(third.path(), ("self", ".chat"))
        self.assertEqual(first.path(), ("self",))

    def test_small(self) -> None:
        """Thousands of steps are made, so none has a dictionary."""
        self.assertFalse(hasattr(Step("call"), "__dict__"))


class FoundTests(SynchronousTestCase):
    def test_nothing(self) -> None:
        """At first nothing is found, and nothing was left out."""
        found = Found()

        self.assertEqual((found.links, found.owners, found.kept), ([], [], []))
        self.assertEqual((found.functions, list(found.keys)), ([], []))
        self.assertTrue(found.complete)

    def test_identity(self) -> None:
        """What is found may be anything, so two are never compared by content."""
        self.assertNotEqual(Found(), Found())


class Node:
    """An object of the program."""

    def __init__(self, **attributes: object) -> None:
        vars(self).update(attributes)


class OpenedTests(SynchronousTestCase):
    def test_attributes(self) -> None:
        """An object leads to what its attributes are, as surely as the way to it."""
        hub: list[Any] = []
        step = Step(Node(left=1, right=2), None, "", Strength.WEAK, hub)

        after = opened(step, Role.INSTANCE)

        self.assertEqual([each.thing for each in after], [1, 2])
        self.assertEqual([each.path() for each in after], [(".left",), (".right",)])
        for each in after:
            self.assertIs(each.before, step)
            self.assertIs(each.way, Strength.WEAK)
            self.assertIs(each.hub, hub)

    def test_container(self) -> None:
        """What is in a container hangs on that, and is owned."""
        for container in ([1], {"one": 1}):
            role = Role.MEMBERS if type(container) is list else Role.MAPPING
            (after,) = opened(Step(container), role)
            self.assertIs(after.hub, container)
            self.assertIs(after.way, Strength.OWNED)

    def test_outermost(self) -> None:
        """What is in a container in a container hangs on the outer one."""
        inner: list[Any] = [1]
        outer = [inner]
        (middle,) = opened(Step(outer), Role.MEMBERS)
        (after,) = opened(middle, Role.MEMBERS)
        self.assertIs(after.hub, outer)

    def test_registry(self) -> None:
        """A container that is an attribute is a registry, a variable is none."""
        registry = [1]
        before = Step(Node(registry=registry))
        (step,) = opened(before, Role.INSTANCE)
        (after,) = opened(step, Role.MEMBERS)
        self.assertIs(after.way, Strength.POSSIBLE)

        (after,) = opened(Step(registry, Step(lambda: registry)), Role.MEMBERS)
        self.assertIs(after.way, Strength.OWNED)

    def test_cooperator(self) -> None:
        """A cooperator is a container, and no registry wherever it is."""
        cooperator = Cooperator(started=False)
        cooperator.cooperate(iter([1]))
        (step,) = opened(Step(Node(cooperator=cooperator)), Role.INSTANCE)
        (after,) = opened(step, Role.COOPERATOR)
        self.assertIs(after.hub, cooperator)
        self.assertIs(after.way, Strength.OWNED)
