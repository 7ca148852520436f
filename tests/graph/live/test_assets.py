"""The files of the page are there, and are all that it needs."""

from __future__ import annotations

import re
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from heartbeat.graph.live import assets
from heartbeat.graph.live.assets import FILES, load

FOLDER = Path(assets.__file__).parent / "assets"

LONGEST = 300
"""Lines of a file."""


class AssetTests(SynchronousTestCase):
    def test_all(self) -> None:
        """Each file of the folder can be asked for, and no other."""
        found = {path.name for path in FOLDER.iterdir()}
        self.assertEqual({file for file, _ in FILES.values()}, found)
        self.assertEqual(set(load()), set(FILES))

    def test_kinds(self) -> None:
        """The browser is told what each is."""
        loaded = load()
        self.assertEqual(loaded[b""].kind, b"text/html; charset=utf-8")
        self.assertEqual(loaded[b"page.js"].kind, b"text/javascript; charset=utf-8")
        self.assertIn(b"<!doctype html>", loaded[b""].content)

    def test_ours(self) -> None:
        """Nothing is fetched from elsewhere."""
        for path in FOLDER.iterdir():
            text = path.read_text().replace("http://www.w3.org/2000/svg", "")
            self.assertNotRegex(text, r"https?:|//[a-z0-9-]+\.[a-z]+/|url\(", path.name)

    def test_no_markup(self) -> None:
        """No text is ever made markup or code."""
        forbidden = (
            r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|Function\("
        )
        for path in FOLDER.glob("*.js"):
            self.assertNotRegex(path.read_text(), forbidden, path.name)

    def test_no_inline(self) -> None:
        """Neither script nor style stands in the markup: the policy forbids it."""
        page = (FOLDER / "page.html").read_text()
        self.assertNotRegex(page, r"<style|style=|\son[a-z]+=|<script(?![^>]*src=)")

    def test_imports(self) -> None:
        """Each script that is imported can be asked for."""
        for path in FOLDER.glob("*.js"):
            for name in re.findall(r'from "\./([^"]+)"', path.read_text()):
                self.assertIn(name.encode(), FILES)

    def test_length(self) -> None:
        """No file is long."""
        for path in FOLDER.iterdir():
            lines = path.read_text().count("\n")
            self.assertLessEqual(lines, LONGEST, path.name)
