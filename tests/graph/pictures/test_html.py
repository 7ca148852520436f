"""A snapshot as one file of HTML."""

from __future__ import annotations

import html
import json
import re

import attrs
from hypothesis import HealthCheck, given, settings
from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.pictures.codec import from_json
from heartbeat.graph.pictures.html import _policy, _resource, to_html
from tests.graph import scenes
from tests.graph.arbitrary import named, names
from tests.graph.tools import in_browser

NASTY = [
    "</script><script>document.title = 'owned'</script>",
    "<!-- <script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "]]>",
    "&lt;b&gt;",
    "\u2028\u202e",
]


class PageTests(SynchronousTestCase):
    """What is in the file."""

    def setUp(self) -> None:
        # What an earlier test has made them remember is not seen to be done.
        _policy.cache_clear()
        _resource.cache_clear()

    def test_data(self) -> None:
        """The whole snapshot."""
        for scene in (scenes.everything(), named(NASTY)):
            self.assertEqual(from_json(_data(to_html(scene))), scene)

    def test_contained(self) -> None:
        """It asks nobody for anything, and may not."""
        page = to_html(scenes.everything())

        bare = page.replace("http://www.w3.org/2000/svg", "")
        self.assertEqual(re.findall(r"https?://|\bsrc=|\bhref=", bare), [])
        self.assertIn("default-src 'none'", page)
        self.assertEqual(page.count("<script"), 2)

    def test_words(self) -> None:
        """Every verdict, strength and state is explained."""
        page = to_html(scenes.seed())

        self.assertIn("<dt><code>half-closed</code></dt>", page)
        self.assertIn("<dt><code>maybe-stray</code></dt>", page)

    def test_without_scripts(self) -> None:
        """Who runs no scripts gets the text."""
        page = to_html(scenes.seed())

        (text,) = re.findall(r"(?s)<noscript><pre>(.*?)</pre>", page)
        self.assertIn("STRAY CALLS", text)

    @given(names)
    @settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    def test_names(self, texts: list[str]) -> None:
        """Whatever things are called, there are two scripts, and the data is whole."""
        scene = named(texts)
        page = to_html(scene)

        self.assertEqual(page.lower().count("<script"), 2)
        self.assertEqual(page.lower().count("</script"), 2)
        self.assertEqual(from_json(_data(page)), scene)


class BrowserTests(SynchronousTestCase):
    """What a browser makes of it."""

    def test_tables(self) -> None:
        """Every thing has its row, strays first."""
        scene = scenes.everything()
        found = _rows(in_browser(to_html(scene)))

        self.assertEqual(len(found["calls"]), len(scene.timers))
        self.assertEqual(len(found["connections"]), len(scene.endpoints))
        self.assertEqual(len(found["tasks"]), 2)
        self.assertEqual(len(found["services"]), 2)
        self.assertIn('class="stray"', found["calls"][0])
        self.assertIn("app.Judged.stray", found["calls"][0])

    def test_hidden(self) -> None:
        """A table without rows is not there."""
        page = in_browser(to_html(scenes.seed()))

        for name in ("tasks", "services"):
            self.assertRegex(page, rf'<section id="{name}"[^>]* hidden=""')

    def test_many(self) -> None:
        """Of thousands the first are shown, and a button for the rest."""
        page = in_browser(to_html(scenes.many()))

        self.assertEqual(len(_rows(page)["calls"]), 200)
        self.assertIn("Show all 6,000", page)
        self.assertIn("9,042 rows", page)

    def test_hostile(self) -> None:
        """Names are text: nothing of them runs, and nothing is hidden or turned."""
        page = in_browser(to_html(named(NASTY)))

        self.assertNotIn("<title>owned", page)
        rows = " ".join(_rows(page)["calls"])
        for name in NASTY[:-1]:
            self.assertIn(html.escape(name, quote=False), rows)
        self.assertIn("\\u2028\\u202e", rows)

    def test_odd_numbers(self) -> None:
        """A call that is never due is one as well."""
        seed = scenes.seed()
        endless = attrs.evolve(seed.timers[0], due=float("inf"))
        page = in_browser(to_html(attrs.evolve(seed, timers=(endless,))))

        self.assertIn("in for ever", " ".join(_rows(page)["calls"]))


def _data(page: str) -> str:
    (data,) = re.findall(r'(?s)id="snapshot">(.*?)</script>', page)
    json.loads(data)
    return str(data)


def _rows(page: str) -> dict[str, list[str]]:
    """The rows of each table, as they are written."""
    sections = re.findall(r'(?s)<section id="(\w+)".*?<tbody>(.*?)</tbody>', page)
    return {name: re.findall(r"(?s)<tr.*?</tr>", body) for name, body in sections}
