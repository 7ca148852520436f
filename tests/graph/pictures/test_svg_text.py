"""How wide text is at most, and its escape."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.pictures.labels import plain
from heartbeat.graph.pictures.svg_text import (
    MONO,
    SANS,
    attribute,
    element,
    fitted,
    packed,
    width_of,
)
from tests.graph.tools import parsed


class WidthTests(SynchronousTestCase):
    """Widths of text in pixels."""

    def test_mono(self) -> None:
        """Every letter of a name is as wide as the others; wide ones are wider."""
        self.assertEqual(width_of("iiii", 10, MONO), width_of("WWWW", 10, MONO))
        self.assertGreater(width_of("中", 10, MONO), width_of("W", 10, MONO))
        self.assertGreater(width_of("ж", 10, MONO), width_of("W", 10, MONO))

    def test_sans(self) -> None:
        """Letters of other text are not, and bold ones are wider."""
        self.assertLess(width_of("i", 10), width_of("W", 10))
        self.assertLess(width_of("W", 10), width_of("中", 10))
        self.assertLess(width_of("a", 10), width_of("a", 10, bold=True))
        self.assertEqual(width_of("ж", 10), 10.0)

    @given(st.text(), st.floats(20, 300), st.sampled_from([MONO, SANS]), st.booleans())
    def test_fitted(self, text: str, room: float, font: str, bold: bool) -> None:
        """What was cut has room, and says that it was cut."""
        found = fitted(text, room, 12, font, bold=bold)

        self.assertLessEqual(width_of(found, 12, font, bold=bold), room + 0.001)
        self.assertTrue(found == text or found.endswith("…"))


class PackedTests(SynchronousTestCase):
    """Facts in lines."""

    def test_lines(self) -> None:
        """As many to a line as there is room for; no more lines than asked."""
        facts = ["heard 1 s ago", "sent 2 s ago", "rtt 3 ms"]

        self.assertEqual(packed(facts, 500, 12, 2), [" · ".join(facts)])
        self.assertEqual(packed(facts, 100, 12, 3), facts)
        self.assertEqual(packed(facts, 100, 12, 2)[0], facts[0])
        self.assertTrue(packed(facts, 100, 12, 2)[1].endswith("…"))
        self.assertEqual(packed([], 100, 12, 2), [])


class ElementTests(SynchronousTestCase):
    """Pieces of XML."""

    def test_element(self) -> None:
        """A text at a place."""
        found = parsed(element("a<b", 1, 2.5, 12, "s b", end=True))

        self.assertEqual(found.text, "a<b")
        self.assertEqual(
            found.attrib,
            {
                "x": "1",
                "y": "2.5",
                "font-size": "12",
                "class": "s b",
                "text-anchor": "end",
            },
        )

    def test_squeezed(self) -> None:
        """Letters of unknown width are told how wide they are."""
        for classes in ("s", "m b"):
            found = parsed(element("\ufdfd", 0, 0, 10, classes))
            self.assertIn("textLength", found.attrib)
        self.assertNotIn("textLength", element("Grüße · a → b …", 0, 0, 10, "s"))

    @given(st.text())
    def test_attribute(self, text: str) -> None:
        """Whatever it is, it comes back."""
        safe = plain(text)

        found = parsed(f"<a b={attribute(safe)}>{element(safe, 0, 0, 9, 'm')}</a>")

        self.assertEqual(found.attrib["b"], safe)
        self.assertEqual(found[0].text or "", safe)
