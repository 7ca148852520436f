"""Where the boxes of a drawing go."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import attrs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.model import Service, Snapshot
from heartbeat.graph.pictures.grouping import arrange
from heartbeat.graph.pictures.labels import Names
from heartbeat.graph.pictures.svg_layout import COLUMNS, Layout, lay_out
from tests.graph import scenes
from tests.graph.arbitrary import snapshots

if TYPE_CHECKING:
    from heartbeat.graph.pictures.svg_boxes import Box


class SceneTests(SynchronousTestCase):
    """What goes where."""

    def test_seed(self) -> None:
        """The stray and its connection are in the lane, side by side; all else below."""
        layout = _layout(scenes.seed())
        boxes = _by_corner(layout)
        top, height = layout.lane or (0.0, 0.0)

        self.assertEqual(boxes["t3"].y, boxes["c2"].y)
        self.assertTrue(top < boxes["t3"].y < top + height)
        for id_ in ("l1", "c1", "t1"):
            self.assertGreater(boxes[id_].y, top + height)
            self.assertEqual(boxes[id_].y, boxes["l1"].y)

    def test_columns(self) -> None:
        """Ports and services are left, calls and tasks right."""
        boxes = _by_corner(_layout(scenes.everything()))

        columns = {id_: [x for x, _ in COLUMNS].index(b.x) for id_, b in boxes.items()}
        expected = {"l": 0, "u": 0, "v": 0, "c": 1, "p": 1, "s": 1, "x": 1}
        wrong = {
            id_: column
            for id_, column in columns.items()
            if column != expected.get(id_[0], 2) and id_ != "c1"
        }
        self.assertEqual(wrong, {})
        self.assertEqual(columns["c1"], 0, "it listens")

    def test_no_lane(self) -> None:
        """Without strays there is no lane."""
        layout = _layout(scenes.three())

        self.assertIsNone(layout.lane)
        self.assertIsNotNone(layout.body)

    def test_nothing_else(self) -> None:
        """With nothing but strays there is nothing below the lane."""
        seed = scenes.seed()
        layout = _layout(
            attrs.evolve(seed, endpoints=seed.endpoints[2:], timers=seed.timers[1:])
        )
        self.assertIsNone(layout.body)

    def test_lines(self) -> None:
        """A stray's line is red; connections are tied to their ports."""
        layout = _layout(scenes.seed())

        self.assertEqual(
            [(n.start.corner, n.end.corner, n.classes) for n in layout.lines],
            [
                ("c1", "l1", "tie"),
                ("t3", "c2", "solid stray"),
                ("t1", "c1", "solid"),
            ],
        )

    def test_services(self) -> None:
        """A service is beside its next try, and tied to its connection."""
        boxes = _by_corner(_layout(scenes.everything()))
        self.assertEqual(boxes["v1"].y, boxes["t26"].y)

        seed = scenes.seed()
        services = tuple(
            Service(id=f"v{n}", state="x", timer="t1", connection="c1") for n in (1, 2)
        )
        layout = _layout(attrs.evolve(seed, services=services))
        lines = [(n.start.corner, n.end.corner) for n in layout.lines]
        for service in ("v1", "v2"):
            self.assertIn(("t1", service), lines)
            self.assertIn(("c1", service), lines)


class SpaceTests(SynchronousTestCase):
    """There is room for each."""

    def test_scenes(self) -> None:
        """No box is on another, in any scene."""
        for scene in (
            scenes.seed(),
            scenes.some(),
            scenes.many(),
            scenes.everything(),
        ):
            self.check(_layout(scene))

    @given(snapshots(), st.booleans())
    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_anything(self, snapshot: Snapshot, group: bool) -> None:
        """Nor with any other content."""
        self.check(_layout(snapshot, group=group))

    def check(self, layout: Layout) -> None:
        """Boxes of one column are below each other, and all above the bottom."""
        boxes = sorted(layout.boxes, key=lambda box: (box.x, box.y))
        for above, below in itertools.pairwise(boxes):
            if above.x == below.x:
                self.assertLess(above.y + above.height, below.y)
        for box in boxes:
            self.assertLess(box.y + box.height, layout.bottom)


def _layout(scene: Snapshot, *, group: bool | None = None) -> Layout:
    return lay_out(arrange(scene, group=group), Names.of(scene), 90.0)


def _by_corner(layout: Layout) -> dict[str, Box]:
    return {box.corner: box for box in layout.boxes}
