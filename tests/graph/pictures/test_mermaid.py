"""A snapshot as a Mermaid flowchart, which Mermaid's own parser reads."""

from __future__ import annotations

import attrs
from hypothesis import HealthCheck, given, settings
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.model import Snapshot
from heartbeat.graph.pictures.mermaid import CHARACTERS, to_mermaid
from tests.graph import scenes
from tests.graph.arbitrary import named, names, snapshots
from tests.graph.tools import mermaid_errors

NASTY = [
    '"] --> x["',
    "`code` **bold**",
    "end",
    "1. one",
    "- item",
    "%%{init: {}}%%",
    "<img src=x onerror=alert(1)>",
    "a\\b\nc\x00",
    "#quot;#35;&amp;",
    "---\ntitle: x\n---",
    "ünïcode 中文 🙂 ²",
    "\ud800\u202e",
    "o--o x--x",
    ":::stray",
    "click e0 callback",
]


class ParserTests(SynchronousTestCase):
    """What Mermaid reads."""

    def test_valid(self) -> None:
        """Every scene is valid, and so is every name, alone and among others."""
        charts = [
            *(to_mermaid(scene) for scene in _scenes()),
            *(to_mermaid(scene, group=False) for scene in _scenes()),
            to_mermaid(named(NASTY)),
            *(to_mermaid(named([name])) for name in NASTY),
            to_mermaid(Snapshot(taken_at=0.0, process=scenes.PROCESS)),
        ]
        self.assertEqual(mermaid_errors(charts), [])

    def test_any_name(self) -> None:
        """So is whatever Hypothesis thinks of."""
        charts = []

        @settings(deadline=None, max_examples=60, derandomize=True, database=None)
        @given(names)
        def collect(texts: list[str]) -> None:
            charts.append(to_mermaid(named(texts)))

        collect()

        self.assertEqual(mermaid_errors(charts), [])

    def test_parser(self) -> None:
        """What is not valid is found by that parser."""
        self.assertEqual(len(mermaid_errors(['flowchart LR\n a["'])), 1)


class ChartTests(SynchronousTestCase):
    """What is written."""

    def test_stray(self) -> None:
        """A stray is red, and so is its line."""
        lines = to_mermaid(scenes.seed()).splitlines()

        self.assertEqual(lines[3], "flowchart RL")
        self.assertIn('  subgraph strays["1 stray call"]', lines)
        self.assertEqual(sum(":::stray" in line for line in lines), 1)
        self.assertIn("  w0 --> e2", lines)
        self.assertIn("  linkStyle 0 stroke:#cf222e,stroke-width:3px", lines)

    def test_fine(self) -> None:
        """Without strays nothing is red."""
        text = to_mermaid(scenes.three())

        self.assertNotIn("linkStyle", text)
        self.assertNotIn(":::stray", text)

    def test_arrows(self) -> None:
        """Hints are dashed, what is shared says so."""
        text = to_mermaid(scenes.everything())

        for arrow in (" --> ", " -.-> ", " -. shared .-> ", " --- "):
            self.assertIn(arrow, text)

    def test_bounds(self) -> None:
        """It never is more than Mermaid draws, however long the names are."""
        many = scenes.many()
        timers = tuple(
            attrs.evolve(timer, function="<" * 50 + str(n))
            for n, timer in enumerate(many.timers[:400])
        )
        text = to_mermaid(attrs.evolve(many, timers=timers))

        self.assertLess(len(text), CHARACTERS)
        self.assertIn("No room for", text)

    def test_edges(self) -> None:
        """A call that reaches too many has few of its lines."""
        some = scenes.some()
        links = tuple(
            attrs.evolve(some.timers[0].links[0], target=end.id)
            for end in some.endpoints
        )
        timers = tuple(attrs.evolve(timer, links=links) for timer in some.timers)
        text = to_mermaid(attrs.evolve(some, timers=timers))

        self.assertLess(text.count(" --> "), 500)

    def test_no_bounds(self) -> None:
        """There is an end to leaving things out."""
        endless = attrs.evolve(scenes.PROCESS, program="<" * CHARACTERS)
        text = to_mermaid(Snapshot(taken_at=0.0, process=endless))

        self.assertGreater(len(text), CHARACTERS)

    @given(snapshots())
    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_anything(self, snapshot: Snapshot) -> None:
        """Any content is written, and quotes stand only around labels."""
        for line in to_mermaid(snapshot).splitlines():
            self.assertIn(line.count('"'), (0, 2))
            line.encode()


def _scenes() -> list[Snapshot]:
    return [
        scenes.seed(),
        scenes.three(),
        scenes.some(),
        scenes.many(),
        scenes.everything(),
    ]
