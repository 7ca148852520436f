"""What is known of a pending call."""

from __future__ import annotations

import attrs
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.kinds import Strength
from heartbeat.graph.timers import Link, Site, Task, Timer

TO = Link(target="c1", strength=Strength.DIRECT)
OWNER = Link(owner="factory chat.Chats", strength=Strength.OWNED)


class TimerTests(SynchronousTestCase):
    """Frozen values."""

    def test_site(self) -> None:
        """A place reads like one, with the function if that is known."""
        self.assertEqual(str(Site("chat.py", 7)), "chat.py:7")
        self.assertEqual(str(Site("chat.py", 7, "ping")), "chat.py:7 in ping")

    def test_targets(self) -> None:
        """Those endpoints it is linked to, in the order of its links."""
        other = attrs.evolve(TO, target="c2")
        timer = Timer(id="t1", due=0.0, function="f", links=(other, OWNER, TO))

        self.assertEqual(timer.targets, ("c2", "c1"))
        self.assertEqual(attrs.evolve(timer, links=()).targets, ())

    def test_frozen(self) -> None:
        """None can be changed, and equal ones are equal."""
        task = Task(id="a1", name="Task-1", coroutine="run")
        for value in (Site("a", 1), TO, task, Timer(id="t1", due=0.0, function="f")):
            field = attrs.fields(type(value))[0].name

            self.assertEqual(value, attrs.evolve(value))
            self.assertEqual(hash(value), hash(attrs.evolve(value)))
            with self.assertRaises(attrs.exceptions.FrozenInstanceError):
                setattr(value, field, "x")
