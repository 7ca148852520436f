"""A snapshot as a drawing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import attrs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.model import Snapshot
from heartbeat.graph.pictures.svg import to_svg
from heartbeat.graph.pictures.svg_layout import WIDTH
from heartbeat.graph.pictures.svg_text import width_of
from heartbeat.graph.pictures.words import UnknownWordError
from tests.graph import scenes
from tests.graph.arbitrary import named, names, snapshots
from tests.graph.tools import parsed

if TYPE_CHECKING:
    from xml.etree import ElementTree as ET

SVG = "{http://www.w3.org/2000/svg}"


class SceneTests(SynchronousTestCase):
    """What there is to see."""

    def test_seed(self) -> None:
        """The stray call is said at the top, in the lane, and to those who listen."""
        root = parsed(to_svg(scenes.seed()))

        texts = _texts(root)
        for text in ("1 stray call", "Stray", "1 call still pending,"):
            self.assertIn(text, texts)
        self.assertEqual(len(root.findall(f".//{SVG}rect[@class='lane']")), 1)
        description = root.findtext(f"{SVG}desc") or ""
        self.assertIn(
            "Stray calls: ClientAPI.postConnectionLostCall in 2.3 s.", description
        )

    def test_fine(self) -> None:
        """Without strays there is no lane, and a good word."""
        root = parsed(to_svg(scenes.three()))

        self.assertEqual(root.findall(f".//{SVG}rect[@class='lane']"), [])
        self.assertIn("0 stray calls", _texts(root))

    def test_legend(self) -> None:
        """Kinds of lines are explained if they are there."""

        def legend(scene: Snapshot) -> list[str]:
            found = ("will touch it", "may touch it: a hint only")
            return [text for text in _texts(parsed(to_svg(scene))) if text in found]

        self.assertEqual(legend(scenes.seed()), ["will touch it"])
        self.assertEqual(len(legend(scenes.everything())), 2)
        empty = Snapshot(taken_at=0.0, process=scenes.PROCESS)
        self.assertEqual(legend(empty), [])

    def test_many(self) -> None:
        """Three thousand connections fit on a screen."""
        root = parsed(to_svg(scenes.many()))

        self.assertLess(float(root.attrib["height"]), 900)
        self.assertIn("2,400 \N{MULTIPLICATION SIGN} Chat", _texts(root))

    def test_limit(self) -> None:
        """What has no room is counted."""
        root = parsed(to_svg(scenes.many(), group=False, limit=20))

        self.assertIn(
            "No room for 3,022 connections and 5,980 calls: the text has them all.",
            _texts(root),
        )

    def test_only(self) -> None:
        """Nothing but strays, if that is what is wanted."""
        root = parsed(to_svg(scenes.everything(), only="stray"))

        self.assertEqual(len(root.findall(f".//{SVG}g")), 2)
        self.assertRaises(UnknownWordError, to_svg, scenes.seed(), only="red")


class PromiseTests(SynchronousTestCase):
    """What holds for every drawing."""

    def test_accessible(self) -> None:
        """It has a role, a title and a description; each box has a title."""
        root = parsed(to_svg(scenes.everything()))

        self.assertEqual(root.attrib["role"], "img")
        ids = {each.attrib.get("id") for each in root}
        self.assertLessEqual(set(root.attrib["aria-labelledby"].split()), ids)
        boxes = root.findall(f".//{SVG}g")
        self.assertEqual([box for box in boxes if box[0].tag != f"{SVG}title"], [])

    def test_contained(self) -> None:
        """It asks nobody for anything, and runs nothing."""
        text = to_svg(scenes.everything())

        self.assertEqual(re.findall(r"https?://(?!www\.w3\.org/2000/svg\")", text), [])
        for word in ("href", "url(", "<script", "<image", "@import", "onload"):
            self.assertNotIn(word, text)

    @given(names)
    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_names(self, texts: list[str]) -> None:
        """Whatever things are called, it is well-formed, with as many boxes."""
        root = parsed(to_svg(named(texts)))

        self.assertEqual(len(root.findall(f".//{SVG}g")), 2 * len(texts))
        tags = {each.tag.removeprefix(SVG) for each in root.iter()}
        expected = {"svg", "title", "desc", "style", "rect", "text", "path", "g"}
        self.assertLessEqual(tags, expected)

    @given(snapshots(), st.booleans())
    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_anything(self, snapshot: Snapshot, group: bool) -> None:
        """With any content no text leaves the page."""
        self.check_texts(parsed(to_svg(snapshot, group=group)))

    def test_scenes(self) -> None:
        """Nor in the scenes; a long name is cut."""
        long = attrs.evolve(scenes.PROCESS, program="p" * 300)
        scene = attrs.evolve(scenes.everything(), process=long, notes=("n" * 400,))
        self.check_texts(parsed(to_svg(scene)))

    def check_texts(self, root: ET.Element) -> None:
        """Between the left and the right side, by the widest font."""
        for each in root.iter(f"{SVG}text"):
            classes = each.attrib["class"].split()
            size = float(each.attrib["font-size"])
            wide = width_of(each.text or "", size, classes[0], bold="b" in classes)
            x = float(each.attrib["x"])
            left = x - wide if "text-anchor" in each.attrib else x
            self.assertGreaterEqual(left, 0.0)
            self.assertLessEqual(left + wide, WIDTH)


def _texts(root: ET.Element) -> list[str]:
    return [each.text or "" for each in root.iter(f"{SVG}text")]
