"""What changed from one snapshot to the next."""

from __future__ import annotations

import attrs
from hypothesis import HealthCheck, given, settings
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.model import CallVerdict, Link, Snapshot, State, Strength, Task
from heartbeat.graph.pictures.diff import Change, Difference, Growth, diff
from tests.graph import scenes
from tests.graph.arbitrary import snapshots


class SameProcessTests(SynchronousTestCase):
    """Two snapshots of one process."""

    def test_nothing(self) -> None:
        """Nothing changed."""
        found = diff(scenes.seed(), scenes.seed())

        self.assertEqual(found, Difference(same_process=True, seconds=0.0))
        self.assertEqual(found.to_text(), "0 ms later\nNothing changed.\n")

    def test_appeared_and_gone(self) -> None:
        """What is in one of them only, by its id."""
        old, new = scenes.seed(), scenes.seed()
        old = attrs.evolve(old, endpoints=old.endpoints[:2], timers=old.timers[:1])
        new = attrs.evolve(new, endpoints=new.endpoints[1:], timers=new.timers[1:])

        found = diff(old, new)

        self.assertEqual([e.id for e in found.ends_appeared], ["c2"])
        self.assertEqual([e.id for e in found.ends_gone], ["l1"])
        self.assertEqual([t.id for t in found.calls_appeared], ["t3"])
        self.assertEqual([t.id for t in found.calls_gone], ["t1"])

    def test_repeated(self) -> None:
        """A repeated call that has a new object is neither new nor gone."""
        old = scenes.three()
        again = [attrs.evolve(timer, id=f"t1{timer.id[1:]}") for timer in old.timers]
        new = attrs.evolve(old, timers=tuple(again))

        self.assertEqual(diff(old, new), Difference(same_process=True, seconds=0.0))
        one_more = attrs.evolve(again[1], id="t99")
        new = attrs.evolve(old, timers=(*again, one_more))
        self.assertEqual([t.id for t in diff(old, new).calls_appeared], ["t99"])

    def test_changes(self) -> None:
        """Another state, another verdict."""
        new = scenes.seed()
        stray, client = new.timers[1], new.endpoints[2]
        old = attrs.evolve(
            new,
            endpoints=(
                *new.endpoints[:2],
                attrs.evolve(client, state=State.CONNECTED),
            ),
            timers=(new.timers[0], attrs.evolve(stray, verdict=CallVerdict.OK)),
        )
        self.assertEqual(
            diff(old, new).changes,
            (
                Change("c2", "ClientAPI", "connected", "disconnected"),
                Change("t3", "ClientAPI.postConnectionLostCall", "ok", "stray"),
            ),
        )


class GrowthTests(SynchronousTestCase):
    """Groups of which there are more, or fewer."""

    def test_order(self) -> None:
        """Strays first, then what grew most."""
        found = diff(scenes.some(), scenes.many())

        self.assertEqual(
            found.grew[0], Growth("Chat.send_stats", "stray, every 60 s", 3, 40, True)
        )
        by = [growth.by for growth in found.grew[1:]]
        self.assertEqual(by, sorted(by, reverse=True))
        self.assertEqual(found.shrank, ())
        back = diff(scenes.many(), scenes.some())
        self.assertEqual(len(back.shrank), len(found.grew))
        self.assertEqual(back.grew, ())

    def test_other_process(self) -> None:
        """Of another process nothing but the groups can be compared."""
        other = attrs.evolve(scenes.many(), process=attrs.evolve(scenes.PROCESS, pid=7))

        found = diff(scenes.some(), other)

        self.assertFalse(found.same_process)
        self.assertTrue(found.grew)
        self.assertEqual((found.ends_appeared, found.changes), ((), ()))
        self.assertTrue(found.to_text().startswith("0 ms later, another process\n"))

    def test_all_kinds(self) -> None:
        """Connections, calls and tasks, each said to be what it is."""
        scene = scenes.everything()
        owner = (Link(owner="service app.Pump", strength=Strength.OWNED),)
        owned = Task(id="a3", name="Task-3", coroutine="app.own", links=owner)
        empty = attrs.evolve(scene, endpoints=(), timers=(), tasks=())

        found = diff(empty, attrs.evolve(scene, tasks=(*scene.tasks, owned)))

        said = {(growth.what, growth.about) for growth in found.grew}
        self.assertLessEqual(
            {
                ("pump", "task"),
                ("own", "task, service Pump"),
                ("Judged.factory", "factory, factory Site"),
                ("Sorter", "connected"),
            },
            said,
        )

    @given(snapshots(), snapshots())
    @settings(
        deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow]
    )
    def test_anything(self, old: Snapshot, new: Snapshot) -> None:
        """Any two can be compared; what grew one way shrank the other."""
        there, back = diff(old, new), diff(new, old)

        self.assertEqual(
            sorted((g.before, g.after) for g in there.grew),
            sorted((g.after, g.before) for g in back.shrank),
        )
        there.to_text().encode()


class TextTests(SynchronousTestCase):
    """How it is written."""

    def test_sections(self) -> None:
        """What grew first, then what changed, came and went."""
        old, new = scenes.seed(), scenes.seed()
        old = attrs.evolve(
            old, endpoints=old.endpoints[:2], timers=old.timers[:1], taken_at=0.0
        )
        new = attrs.evolve(
            new,
            endpoints=(
                attrs.evolve(new.endpoints[1], state=State.CLOSING),
                new.endpoints[2],
            ),
            timers=new.timers[1:],
            taken_at=180.0,
        )
        self.assertEqual(
            diff(old, new).to_text(),
            """\
3 min later

GREW
+1  ClientAPI.postConnectionLostCall  stray  0 → 1
+1  ServerAPI  closing  0 → 1
+1  ClientAPI  disconnected  0 → 1

SHRANK
-1  ServerFactory  listening  1 → 0
-1  ServerAPI  connected  1 → 0
-1  ServerAPI.expire  ok  1 → 0

CHANGED
c1  ServerAPI  connected → closing

NEW CALLS
t3  ClientAPI.postConnectionLostCall  stray  defined at …/ann/chat/chat.py:42, \
made at …/ann/chat/chat.py:31 in ClientAPI.connectionMade, by code of c2

CALLS THAT WENT
t1  ServerAPI.expire  ok  defined at …/ann/chat/chat.py:18

NEW CONNECTIONS
c2  ClientAPI  disconnected  to 127.0.0.1:8000  lost 0.7 s ago: Connection was \
closed cleanly.

CONNECTIONS THAT WENT
l1  ServerFactory  listening  127.0.0.1:8000
""",
        )

    def test_red(self) -> None:
        """More strays are red, and a call that became one; fewer are not."""
        few, many = scenes.some(), scenes.many()

        self.assertIn("\x1b[1;31m+37\x1b[0m", diff(few, many).to_text(color=True))
        self.assertNotIn("\x1b[1;31m-37", diff(many, few).to_text(color=True))
        self.assertIn("\x1b[1;31mok → stray", diff(many, few).to_text(color=True))

    def test_new_strays(self) -> None:
        """Of the new calls strays come first."""
        text = diff(scenes.three(), scenes.everything()).to_text()

        self.assertRegex(text, r"NEW CALLS\nt20  Judged.stray  stray")

    def test_bounds(self) -> None:
        """A section has twenty lines at most, a line no more columns than asked."""
        old = attrs.evolve(scenes.some(), taken_at=2_000_000_000.0)
        lines = diff(old, scenes.many()).to_text(width=50).splitlines()

        self.assertLess(len(lines), 90)
        self.assertLessEqual(max(map(len, lines)), 50)
        self.assertIn("and 2,987 more", lines)
        self.assertEqual(lines[0], "3472 days earlier")
