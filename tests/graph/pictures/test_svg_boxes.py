"""What stands in the boxes of a drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.model import CallVerdict, Site, Snapshot
from heartbeat.graph.pictures.grouping import arrange
from heartbeat.graph.pictures.labels import Names
from heartbeat.graph.pictures.svg_boxes import (
    Box,
    draw,
    ends_box,
    service_box,
    work_box,
)
from tests.graph import scenes
from tests.graph.tools import parsed

if TYPE_CHECKING:
    from xml.etree import ElementTree as ET

TIMES = "\N{MULTIPLICATION SIGN}"


class EndsTests(SynchronousTestCase):
    """Ports and connections."""

    def test_gone(self) -> None:
        """One that is gone says so, and why."""
        box = _ends(scenes.seed())["c2"]

        self.assertEqual((box.title, box.corner, box.tone), ("ClientAPI", "c2", "gone"))
        self.assertEqual(
            box.lines,
            [
                "disconnected · to 127.0.0.1:8000",
                "lost 0.7 s ago: Connection was closed cleanly.",
            ],
        )
        self.assertIn("over twisted.internet.tcp.Client", box.tip)

    def test_tones(self) -> None:
        """What works is good, what is gone is gone, the rest is a warning."""
        tones = {box.tone for box in _ends(scenes.everything()).values()}

        self.assertEqual(tones, {"good", "gone", "warning"})

    def test_several(self) -> None:
        """Several are a stack, with a number and some ids."""
        box = _ends(scenes.many())["c1"]

        self.assertEqual((box.title, box.corner), (f"2,400 {TIMES} Chat", ""))
        self.assertTrue(box.stacked)
        self.assertEqual(box.lines[0], "connected · c1, c2, c3, c4, c6, c7, …")


class WorkTests(SynchronousTestCase):
    """Calls and tasks."""

    def test_stray(self) -> None:
        """When it runs, and where it was made."""
        box = _work(scenes.seed())["t3"]

        self.assertEqual(box.tone, "stray")
        self.assertEqual(
            box.lines,
            ["in 2.3 s · chat.py:42", "made at chat.py:31 in ClientAPI.connectionMade"],
        )
        self.assertIn("direct: self → c2", box.tip)

    def test_made_somewhere(self) -> None:
        """The function that made it may be unknown."""
        seed = scenes.seed()
        stray = seed.timers[1]
        call = attrs.evolve(stray, created=Site("/srv/chat.py", 31))
        box = _work(attrs.evolve(seed, timers=(call,)))["t3"]

        self.assertEqual(box.lines[1], "made at chat.py:31")

    def test_verdicts(self) -> None:
        """A verdict that is not plain is said, or who owns it."""
        boxes = _work(scenes.everything())

        self.assertEqual(boxes["t26"].lines[1:], ["factory Site"])
        self.assertEqual(boxes["t31"].lines[1:], ["expected: it reconnects"])
        self.assertEqual(boxes["t23"].lines[1:], [])
        self.assertEqual(boxes["t21"].tone, "warning")

    def test_task(self) -> None:
        """A task has no time."""
        boxes = _work(scenes.everything())

        self.assertEqual((boxes["a1"].title, boxes["a1"].tone), ("pump", "quiet"))
        self.assertEqual(boxes["a1"].lines, ["task · app.py:77"])
        self.assertEqual(boxes["a2"].lines, ["task"])

    def test_several(self) -> None:
        """Several are a stack: the first of them has the time."""
        box = _work(scenes.many())["t5961"]

        self.assertEqual(box.title, f"40 {TIMES} Chat.send_stats")
        self.assertEqual(box.lines[0], "first in 11 s, every 60 s · chat.py:55")
        self.assertIn("t5961, t5962, t5963, t5964, t5965, t5966, …", box.tip)


class ServiceTests(SynchronousTestCase):
    """Services."""

    def test_services(self) -> None:
        """What it makes, and what it is doing."""
        scene = scenes.everything()
        names = Names.of(scene)
        boxes = [service_box(service, names, 300) for service in scene.services]

        self.assertEqual([box.title for box in boxes], ["Feed", "ClientService"])
        self.assertEqual(boxes[0].lines[0], "service · waiting to retry")


class DrawTests(SynchronousTestCase):
    """The elements."""

    def test_escaped(self) -> None:
        """Whatever stands in a box, it is text."""
        nasty = '</g><script>alert("&")</script>'
        box = Box(nasty, nasty, [nasty], "good", [nasty, ""], nasty, False, 4000.0)

        group = _drawn(box)

        self.assertEqual(group.attrib["data-find"], nasty)
        self.assertEqual(group[0].text, f"{nasty}\n{nasty}")
        texts = [each.text for each in group.iter("text")]
        self.assertEqual(texts, [nasty, nasty, nasty])

    def test_cut(self) -> None:
        """A name that is too long ends in an ellipsis, and so does an id."""
        box = Box("n" * 99, "i" * 99, (), "good", (), "", True, 200.0)

        title, corner = [each.text or "" for each in _drawn(box).iter("text")]

        self.assertTrue(title.endswith("…"))
        self.assertTrue(corner.endswith("…"))

    def test_middle(self) -> None:
        """Lines arrive at the same height at high and at low boxes."""
        low = Box("n", "", (), "good", (), "", False, 200.0)
        high = Box("n", "", ("a", "b"), "good", (), "", False, 200.0)

        self.assertEqual(low.middle, high.middle)
        self.assertLess(low.height, high.height)

    def test_stack(self) -> None:
        """Several cards, one above the other."""
        one = Box("n", "", (), "good", (), "", False, 200.0)
        cards = [
            len(list(_drawn(box).iter("rect")))
            for box in (one, attrs.evolve(one, stacked=True))
        ]
        self.assertEqual(cards, [1, 3])


class VerdictTests(SynchronousTestCase):
    """Tones of calls."""

    def test_red(self) -> None:
        """Nothing but a stray has that tone."""
        scene = scenes.everything()
        verdicts = {timer.id: timer.verdict for timer in scene.timers}

        red = [id_ for id_, box in _work(scene).items() if box.tone == "stray"]
        self.assertEqual([verdicts[id_] for id_ in red], [CallVerdict.STRAY])


def _ends(scene: Snapshot) -> dict[str, Box]:
    names = Names.of(scene)
    return {e.first.id: ends_box(e, names, 360) for e in arrange(scene).ends}


def _work(scene: Snapshot) -> dict[str, Box]:
    names = Names.of(scene)
    return {w.first.id: work_box(w, names, 360) for w in arrange(scene).work}


def _drawn(box: Box) -> ET.Element:
    return parsed("".join(draw(box)))
