"""The colours of a drawing."""

from __future__ import annotations

import re

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.pictures.svg_style import STYLE


class StyleTests(SynchronousTestCase):
    """The style sheet."""

    def test_themes(self) -> None:
        """Every colour that is used is there, for light and for dark."""
        light, dark = STYLE.split("@media (prefers-color-scheme:dark)")
        dark = dark.partition("}}")[0]
        used = set(re.findall(r"var\((--\w+)\)", STYLE))

        self.assertEqual(set(re.findall(r"(--\w+):", light)), used)
        self.assertEqual(set(re.findall(r"(--\w+):", dark)), used)

    def test_scoped(self) -> None:
        """No rule reaches what is outside of the drawing."""
        rules = re.findall(r"(?m)^([^{}@\n-][^{}\n]*)\{", STYLE)

        selectors = [part for rule in rules for part in rule.split(",")]
        self.assertEqual([s for s in selectors if not s.startswith(".hb")], [])

    def test_contained(self) -> None:
        """It fetches nothing."""
        self.assertNotIn("url(", STYLE)
        self.assertNotIn("@import", STYLE)
