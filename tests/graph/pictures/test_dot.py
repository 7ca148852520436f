"""A snapshot in the language of Graphviz, which has the last word on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from hypothesis import HealthCheck, given, settings
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.pictures.dot import RED, to_dot
from heartbeat.graph.pictures.labels import plain
from tests.graph import scenes
from tests.graph.arbitrary import named, names, snapshots
from tests.graph.tools import dot

if TYPE_CHECKING:
    from heartbeat.graph.model import Snapshot

NASTY = [
    '"];a->b[label="',
    "\\",
    "a\\N\\G\\l",
    "&amp;&#34;&lt;",
    "<b>bold</b>",
    "{|}",
    "line\nbreak\x00",
    "ünïcode 中文 🙂",
    "\ud800",
    "%s {0}",
]


class SceneTests(SynchronousTestCase):
    """What Graphviz reads."""

    def test_scenes(self) -> None:
        """Every scene is valid, and has a node for each box."""
        for scene, nodes in [
            (scenes.seed(), 5),
            (scenes.three(), 8),
            (scenes.some(), 75),
            (scenes.many(), 11),
            (scenes.everything(), 39),
        ]:
            self.assertEqual(len(_nodes(dot(to_dot(scene)))), nodes)

    def test_stray(self) -> None:
        """A stray is red, in a box with the connection that is gone."""
        found = dot(to_dot(scenes.seed()))

        cluster = next(o for o in found["objects"] if o["name"] == "cluster_strays")
        inside = [found["objects"][n] for n in cluster["nodes"]]
        self.assertEqual(cluster["label"], "1 stray call")
        self.assertEqual({node["color"] for node in inside}, {RED})
        (edge,) = [e for e in found["edges"] if e["color"] == RED]
        self.assertEqual((edge["label"], edge["style"]), ("direct", "solid"))

    def test_limit(self) -> None:
        """What has no room is counted in the title."""
        found = dot(to_dot(scenes.many(), group=False, limit=20))

        self.assertEqual(len(_nodes(found)), 40)
        self.assertIn("No room for 3,022 connections and 5,980 calls", found["label"])

    def test_only(self) -> None:
        """Nothing but strays, if that is what is wanted."""
        found = dot(to_dot(scenes.everything(), only="stray"))

        self.assertEqual(len(_nodes(found)), 2)


class EscapeTests(SynchronousTestCase):
    """Names that would be something else in that language."""

    def test_nasty(self) -> None:
        """Each is shown as it is."""
        found = dot(to_dot(named(NASTY)))

        labels = " ".join(node["label"] for node in _nodes(found))
        for name in NASTY:
            shown = plain(name).replace("\\", "\\\\").replace('"', '"')
            self.assertIn(shown.replace("&", "&amp;"), labels)
        self.assertEqual(len(_nodes(found)), 2 * len(NASTY))

    @given(names)
    @settings(
        deadline=None,
        max_examples=25,
        suppress_health_check=[HealthCheck.too_slow],
    )
    def test_any_name(self, texts: list[str]) -> None:
        """Whatever they are called, there are as many nodes as things."""
        self.assertEqual(len(_nodes(dot(to_dot(named(texts))))), 2 * len(texts))

    @given(snapshots())
    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_anything(self, snapshot: Snapshot) -> None:
        """Any content is written, in lines that each end as they should."""
        lines = to_dot(snapshot).splitlines()

        self.assertEqual([line[-1] for line in lines if line[-1] not in "{};"], [])
        for line in lines:
            bare = line.replace("\\\\", "").replace('\\"', "")
            self.assertEqual(bare.count('"') % 2, 0)


class GoneTests(SynchronousTestCase):
    """Connections that are gone."""

    def test_without_stray(self) -> None:
        """One that no stray reaches is among the others, dashed."""
        scene = attrs.evolve(scenes.seed(), timers=())

        text = to_dot(scene)

        self.assertNotIn("cluster", text)
        self.assertIn('style="rounded,dashed"', text)


def _nodes(found: dict[str, Any]) -> list[dict[str, Any]]:
    return [o for o in found.get("objects", []) if "nodes" not in o]
